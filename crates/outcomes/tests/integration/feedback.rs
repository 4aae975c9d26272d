use marquee_outcomes::{FeedbackConfig, FeedbackLoop, FeedbackReport, LogBlock};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{hours, shown, until, watch};

fn analyse(config: FeedbackConfig, log: &str) -> FeedbackReport {
    let mut analysis = FeedbackLoop::new(config).unwrap();
    analysis.take(LogBlock::read(log.as_bytes()));
    analysis.finish("test.log").unwrap()
}

fn hourly(top_k: usize) -> FeedbackConfig {
    FeedbackConfig { window: hours(1), top_k, ..FeedbackConfig::default() }
}

fn watches(hour: u32, film: &str, times: u32) -> String {
    (0..times).map(|minute| watch(&format!("{hour:02}:30"), 1, film, minute)).collect()
}

/// Four windows: films a and b are shown in the third, c and d are not.
#[test]
fn shares_and_pairs_are_what_a_hand_computes() {
    let before = |hour| {
        watches(hour, "a+1", 4)
            + &watches(hour, "b+2", 2)
            + &watches(hour, "c+3", 3)
            + &watches(hour, "d+4", 1)
    };
    let log = before(8)
        + &before(9)
        + &shown("10:40", 1, "a+1, b+2, a+1")
        + &watches(11, "a+1", 6)
        + &watches(11, "c+3", 3)
        + &watches(11, "e+5", 1);
    let report = analyse(hourly(2), &log);
    assert_eq!((report.num_windows, report.mean_unique_recs), (4, Some(0.5)));
    let [result] = &report.popularity_reinforcement.window_results[..] else { panic!() };
    assert_eq!(
        (result.prev_watch_share_topk, result.next_watch_share_topk),
        (Some(0.6), Some(0.6))
    );
    assert_eq!((result.window_index, result.topk, result.unique_recs), (2, 2, 2));
    assert_eq!(result.window_start, "2024-09-10T10:30:00+00:00");
    // a (4) goes with c (3), b (2) with d (1); e is not known yet.
    let [pairs] = &report.control.windows[..] else { panic!() };
    assert_eq!((pairs.pairs, pairs.control_prev_share, pairs.control_next_share), (2, 0.4, 0.3));
    assert!((pairs.effect - 0.1).abs() < 1e-12);
    assert_eq!(report.control.avg_effect, Some(pairs.effect));
    assert_eq!((report.delta_interval, report.control.effect_interval), (None, None));
    assert!(
        report.verdict.to_string().starts_with("too little to judge: 1 windows"),
        "{}",
        report.verdict
    );
    let third = &report.window_summaries[2];
    assert_eq!((third.rec_count, third.coverage, third.watch_count), (3, 2, 0));
    assert!((third.gini - 1.0 / 6.0).abs() < 1e-12);
    assert_eq!(third.start, "2024-09-10 10:30:00+00:00");
    assert_eq!(report.window_summaries[3].end, report.window_summaries[3].start);
}

/// Popular films are shown and the others are not, and watching takes no notice: partners that are
/// alike by chance would move apart again, and look like an effect.
#[test]
fn chance_in_the_window_before_is_no_effect() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut log = String::new();
    let popular: Vec<String> = (0..20).map(|film| format!("popular+{film}")).collect();
    for hour in 0..20 {
        for (film, shown) in popular.iter().enumerate() {
            log += &watches(hour, shown, random.random_range(2..12));
            log += &watches(hour, &format!("rare+{film}"), random.random_range(0..10));
        }
        log += &shown(&format!("{hour:02}:45"), 1, &popular.join(", "));
    }
    let report = analyse(hourly(20), &(log + &until("23:59")));
    assert!(report.control.windows.iter().all(|window| window.pairs > 5));
    assert!(report.verdict.to_string().starts_with("no reinforcement shown"), "{}", report.verdict);
}

#[test]
fn of_films_shown_as_often_the_first_shown_is_taken() {
    let log = watches(8, "z+1", 1)
        + &watches(8, "y+2", 3)
        + &shown("09:40", 1, "y+2, z+1")
        + &watches(10, "z+1", 1);
    let result = &analyse(hourly(1), &log).popularity_reinforcement.window_results[0];
    assert_eq!(result.prev_watch_share_topk, Some(0.75));
}

/// Twenty windows; what is shown gains lines or loses them, its partner does not, or both do.
fn trend(shown_after: u32, other_after: u32) -> FeedbackReport {
    let mut log = String::new();
    for hour in 0..20 {
        let (film, other) = if hour % 4 < 2 { ("a+1", "b+2") } else { ("b+2", "a+1") };
        // Every other hour the films are shown; in the hour after they are watched.
        let after = hour % 2 == 1;
        let (film_lines, other_lines) = if after { (shown_after, other_after) } else { (10, 10) };
        // Without a pattern, and the same for both.
        log += &watches(hour, film, film_lines + (hour * hour * 7 + 3 * hour) % 11 % 4);
        log += &watches(hour, other, other_lines + (hour * hour * 5 + hour) % 13 % 4);
        log += &watches(hour, "rest+0", 40);
        if !after {
            log += &shown(&format!("{hour:02}:45"), 1, film);
        }
    }
    analyse(hourly(1), &(log + &until("23:59")))
}

#[test]
fn the_verdict_is_by_the_films_that_were_not_shown() {
    for (shown_after, other_after, said) in
        [(20, 10, "reinforcing: "), (10, 20, "dampening: "), (20, 20, "no reinforcement shown: ")]
    {
        let report = trend(shown_after, other_after);
        assert!(report.verdict.to_string().starts_with(said), "{}", report.verdict);
        let [low, high] = report.control.effect_interval.unwrap();
        let effect = report.control.avg_effect.unwrap();
        assert!(low <= effect && effect <= high);
        assert!(report.verdict.because.contains("beyond films alike"), "{}", report.verdict);
    }
}

#[test]
fn concentration_is_followed_over_time() {
    let mut log = String::new();
    for hour in 0..12 {
        log += &watches(hour, "a+1", 10 + 4 * hour);
        log += &watches(hour, "b+2", 10);
        log += &shown(&format!("{hour:02}:40"), 1, "a+1, b+2");
    }
    let report = analyse(hourly(2), &log);
    let trend = report.concentration_trend;
    assert!(trend.gini_watched_per_day.unwrap() > 0.1);
    assert_eq!(trend.gini_shown_per_day, Some(0.0));
    assert_eq!(report.concentration[0].gini_watched, Some(0.0));
    assert_eq!(report.concentration[0].top10_share_watched, Some(1.0));
}

#[test]
fn an_event_that_comes_late_moves_the_first_window_up_to_the_bound() {
    let starts = |late: &str| {
        let log = watch("08:10", 1, "a+1", 0) + &watch(late, 1, "a+1", 0);
        let mut analysis = FeedbackLoop::new(hourly(1)).unwrap();
        analysis.take(LogBlock::read(log.as_bytes()));
        analysis.take(LogBlock::read(until("08:30").as_bytes()));
        analysis.take(LogBlock::read(watch("07:00", 1, "a+1", 0).as_bytes()));
        let report = analysis.finish("late.log").unwrap();
        (report.window_summaries[0].start.clone(), report.late_events)
    };
    assert_eq!(starts("08:05"), (String::from("2024-09-10 08:05:00+00:00"), 1));
    assert_eq!(starts("08:20"), (String::from("2024-09-10 08:10:00+00:00"), 1));
}

#[test]
fn a_single_line_from_the_future_makes_no_windows() {
    let future = "9999-01-01T00:00,1,GET /data/m/a+1/0.mpg\n";
    let log = watches(8, "a+1", 3) + future + &watches(9, "a+1", 3);
    let report = analyse(hourly(1), &log);
    assert_eq!((report.num_windows, report.late_events), (2, 1));
}

#[test]
fn the_blocks_change_nothing() {
    // Lines that come too late for the first window and for others stand among the first ones too.
    let clean = crate::fixture("clean.log");
    let lines: Vec<&[u8]> = clean.split_inclusive(|&byte| byte == b'\n').collect();
    let late = watch("00:00", 1, "a+1", 0).replace("2024-09-10", "2020-01-01");
    let mut log = [&lines[..500], &[late.as_bytes()], &lines[400..]].concat();
    log.insert(2, lines[900]);
    let analysed = |block: usize| {
        let mut analysis = FeedbackLoop::new(hourly(50)).unwrap();
        for block in log.chunks(block) {
            analysis.take(LogBlock::read(&block.concat()));
        }
        analysis.finish("a").unwrap()
    };
    let whole = analysed(log.len());
    assert_eq!(whole.late_events, 2);
    for block in [1, 7, 1_000] {
        assert_eq!(analysed(block), whole, "{block}");
    }
}
