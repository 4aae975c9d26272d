use marquee_outcomes::{
    FeedbackConfig, FeedbackLoop, LogBlock, ReportContext, Rule, WatchThrough, WatchThroughPicture,
    WatchThroughReport, feedback_page, watch_through_page,
};
use marquee_pages::Tone;

use crate::{by, fixture, hours, served, until, watch};

fn evaluated(log: &[u8]) -> (WatchThroughReport, WatchThroughPicture) {
    let mut evaluation = WatchThrough::new(by(Rule::Start)).unwrap();
    evaluation.take(LogBlock::read(log));
    evaluation.finish_with_picture(ReportContext {
        log_file: String::from("clean.log"),
        calculation_timestamp: String::from("2026-01-01T00:00:00Z"),
    })
}

fn online(log: &[u8]) -> String {
    let (report, picture) = evaluated(log);
    watch_through_page(&report, &picture).render()
}

fn feedback(log: &[u8], window: u64) -> String {
    let config = FeedbackConfig { window: hours(window), ..FeedbackConfig::default() };
    let mut analysis = FeedbackLoop::new(config).unwrap();
    analysis.take(LogBlock::read(log));
    feedback_page(&analysis.finish("clean.log").unwrap()).render()
}

fn assert_finite(html: &str) {
    for number in ["NaN", ">inf", ">null", "&lt;null"] {
        assert!(!html.contains(number), "{number}");
    }
}

#[test]
fn the_online_page_shows_verdict_variants_and_every_picture() {
    let log = fixture("clean.log");
    let (report, picture) = evaluated(&log);
    let html = watch_through_page(&report, &picture).render();
    assert_finite(&html);
    for name in ["als_model", "popgen_model", "unknown"] {
        assert!(html.contains(&format!("<bdi>{name}</bdi>")), "{name}");
    }
    let rate = report.watch_through_rate.unwrap().to_string();
    assert!(html.contains(&rate), "{rate}");
    for title in ["Watch-through rate", "Difference of", "Place in the list", "Time to", "Latency"]
    {
        assert!(html.contains(&format!("<h3>{title}")), "{title}");
    }
    assert!(!html.contains("Nothing to show"));
    assert_eq!(html, watch_through_page(&report, &picture).render());
}

#[test]
fn curves_rise_to_one_within_the_window() {
    let (report, picture) = evaluated(&fixture("clean.log"));
    for (name, curve) in &picture.seconds_to_start.0 {
        assert!(curve.is_sorted() && curve.len() < 110, "{name}");
        let last = *curve.last().unwrap();
        let longest = report.variants.get(name).unwrap().seconds_to_start.max.unwrap();
        assert_eq!(last, (longest as f64, 1.0), "{name}");
    }
}

#[test]
fn the_online_verdict_is_by_users() {
    let arms = |converted_a: u64, converted_b: u64| {
        let mut log = String::new();
        for (variant, converted, first) in [("a", converted_a, 1), ("b", converted_b, 1_000)] {
            for user in 0..100 {
                log += &served("08:00:00", first + user, variant, "f+1, g+2");
                if user < converted {
                    log += &watch("08:05:00", first + user, "g+2", 0);
                }
            }
        }
        let (report, picture) = evaluated((log + &until("12:00")).as_bytes());
        let page = watch_through_page(&report, &picture);
        (page.verdict.tone, report.verdict)
    };
    let (tone, verdict) = arms(50, 20);
    assert_eq!((tone, verdict.word), (Tone::Good, "difference shown"));
    assert!(
        verdict.because.starts_with("a does better than b (a less b: +30.0 points"),
        "{verdict}"
    );
    let (_, verdict) = arms(20, 50);
    assert!(
        verdict.because.starts_with("b does better than a (a less b: -30.0 points"),
        "{verdict}"
    );
    let (tone, verdict) = arms(30, 29);
    assert_eq!((tone, verdict.word), (Tone::Neutral, "no difference shown"));
    assert!(verdict.because.starts_with("a less b is +1.0 points"), "{verdict}");
    assert_eq!(arms(0, 0).1.word, "too little to judge");
}

#[test]
fn logs_that_say_little_have_a_page_that_says_so() {
    let list = served("08:00:00", 1, "<b>&\"", "a+1");
    let started = list.clone() + &watch("08:05", 1, "a+1", 0) + &until("12:00");
    for (log, said) in [
        (String::new(), "Nothing to judge"),
        (list, "none can be judged yet"),
        (started, "No comparison"),
    ] {
        let html = online(log.as_bytes());
        assert_finite(&html);
        assert!(html.contains(said), "{said}");
        assert!(!html.contains("<b>"));
    }
    let html = feedback(b"", 12);
    assert_finite(&html);
    assert!(html.contains("Too little to judge"));
}

#[test]
fn the_feedback_page_shows_verdict_effect_control_and_windows() {
    let html = feedback(&fixture("clean.log"), 48);
    assert_finite(&html);
    for text in
        ["No reinforcement shown", "beyond films alike", "Gini of watching", "Change per day"]
    {
        assert!(html.contains(text), "{text}");
    }
    assert!(!html.contains("Nothing to show"));
    assert!(!html.contains("not drawn"));
    // Far more windows than a page can show.
    let many = feedback(&fixture("clean.log"), 1);
    assert!(many.contains("windows are not drawn") && many.len() < 1_000_000, "{}", many.len());
}
