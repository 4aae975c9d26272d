use marquee_outcomes::{ListPosition, Rule, WatchThroughConfig, WatchThroughReport};

use crate::{by, evaluate, hours, shown, until, watch};

fn counts(report: &WatchThroughReport) -> (u64, u64, u64) {
    (
        report.total_recommendation_events,
        report.converted_recommendation_events,
        report.censored_recommendation_events,
    )
}

fn start(log: &[String]) -> WatchThroughReport {
    evaluate(by(Rule::Start), log.concat())
}

fn reference(log: &[String]) -> WatchThroughReport {
    evaluate(by(Rule::Reference), log.concat())
}

#[test]
fn a_film_already_playing_when_the_list_was_shown_does_not_count() {
    let log = [
        watch("08:00", 1, "a+1", 10),
        shown("08:00:30", 1, "a+1, b+2"),
        watch("08:01", 1, "a+1", 11),
        watch("08:02", 1, "a+1", 12),
        until("12:00"),
    ];
    assert_eq!(counts(&start(&log)), (1, 0, 0));
    assert_eq!(counts(&reference(&log)), (1, 1, 0));
    // At the gap's last instant it goes on still.
    let at_gap = [&log[..2], &[watch("09:00", 1, "a+1", 13), until("12:00")]].concat();
    assert_eq!(counts(&start(&at_gap)), (1, 0, 0));
    // After the gap it is started again.
    let log = [&log[..2], &[watch("09:00:01", 1, "a+1", 13), until("12:00")]].concat();
    assert_eq!(counts(&start(&log)), (1, 1, 0));
    let wider = WatchThroughConfig { play_gap: hours(2), ..by(Rule::Start) };
    assert_eq!(counts(&evaluate(wider, log.concat())), (1, 0, 0));
}

#[test]
fn one_start_counts_once_for_the_latest_list_that_holds_the_film() {
    let log = [
        shown("08:00", 1, "a+1, b+2"),
        shown("08:10", 1, "c+3, a+1"),
        shown("08:20", 1, "c+3, d+4"),
        watch("08:30", 1, "a+1", 0),
        watch("08:31", 1, "a+1", 1),
        until("12:00"),
    ];
    let report = start(&log);
    assert_eq!(counts(&report), (3, 1, 0));
    assert_eq!(report.attributed_starts, 1);
    let second = [(1, 0), (2, 1)].map(|(position, converted)| ListPosition { position, converted });
    assert_eq!(report.positions, second);
    assert_eq!(report.seconds_to_start.p50, Some(20 * 60));
    assert_eq!(counts(&reference(&log)), (3, 2, 0));
}

#[test]
fn a_second_start_makes_no_second_conversion() {
    let log = [
        shown("08:00", 1, "a+1, b+2"),
        watch("08:10", 1, "b+2", 0),
        watch("08:20", 1, "a+1", 0),
        until("12:00"),
    ];
    let report = start(&log);
    assert_eq!((counts(&report), report.attributed_starts), ((1, 1, 0), 2));
    assert_eq!(report.seconds_to_start.max, Some(600));
    assert_eq!(report.positions.last().unwrap().position, 2);
}

#[test]
fn the_window_holds_its_last_instant_and_nothing_before_the_list() {
    for (time, converted) in
        [("07:59:59", 0), ("08:00:00", 1), ("09:00:00", 1), ("09:00:00.000000001", 0)]
    {
        let list = shown("08:00:00", 1, "a+1");
        let start_line = watch(time, 1, "a+1", 0);
        let lines = if time < "08" { [start_line, list] } else { [list, start_line] };
        let log = [&lines[..], &[until("12:00")]].concat();
        assert_eq!(counts(&start(&log)), (1, converted, 0), "{time}");
        // The reference wants a watch strictly after the list.
        let after = converted * u64::from(time > "08:00:00");
        assert_eq!(counts(&reference(&log)), (1, after, 0), "{time}");
    }
}

/// The reference floors the time of the list, so a watch in the rest of its second is after it.
#[test]
fn the_reference_counts_from_the_second_of_the_list() {
    let log = [watch("08:00:00.2", 1, "a+1", 0), shown("08:00:00.9", 1, "a+1"), until("12:00")];
    assert_eq!(counts(&reference(&log)), (1, 1, 0));
    assert_eq!(counts(&start(&log)), (1, 0, 0));
}

#[test]
fn lists_whose_window_is_open_at_the_end_are_censored() {
    let lists = [shown("08:00", 1, "a+1"), shown("08:30", 2, "a+1"), watch("08:40", 2, "a+1", 0)];
    for (end, expected) in [("09:00", (1, 0, 1)), ("08:59:59", (0, 0, 2)), ("09:30", (2, 1, 0))] {
        let log = [&lists[..], &[until(end)]].concat();
        assert_eq!(counts(&start(&log)), expected, "{end}");
        assert_eq!(counts(&reference(&log)), (2, 1, 0), "{end}");
    }
}

#[test]
fn another_users_watch_does_not_count() {
    let log = [shown("08:00", 1, "a+1"), watch("08:10", 2, "a+1", 0), until("12:00")];
    assert_eq!(counts(&start(&log)), (1, 0, 0));
    assert_eq!(counts(&reference(&log)), (1, 0, 0));
}

#[test]
fn late_lines_are_put_in_order_up_to_the_bound_and_counted_beyond() {
    // The watch stands before its list in the log.
    let log = [watch("08:10", 1, "a+1", 0), shown("08:05", 1, "a+1"), until("12:00")];
    let report = start(&log);
    assert_eq!((counts(&report), report.late_events), ((1, 1, 0), 0));
    let log = [watch("08:10", 1, "a+1", 0), shown("07:59:59", 1, "a+1"), until("12:00")];
    let report = start(&log);
    assert_eq!((counts(&report), report.late_events), ((0, 0, 0), 1));
    assert!(report.notes.iter().any(|note| note.contains("out of order by more than 600 s")));
}

#[test]
fn answers_without_a_film_and_failures_are_no_lists() {
    let failed = crate::line(
        "08:20",
        1,
        "recommendation request host:8082, status 0, result: java.net.Timeout: a+1, 815 ms",
    );
    let empty =
        crate::line("08:10", 1, "recommendation request host:8082, status 200, result: , 12 ms");
    let log = [shown("08:00", 1, "a+1"), empty, failed, until("12:00")];
    let report = start(&log);
    assert_eq!(counts(&report), (1, 0, 0));
    assert_eq!(report.empty_recommendation_events, 1);
    assert_eq!(counts(&reference(&log)), (1, 0, 0));
}

#[test]
fn a_single_line_from_the_future_costs_no_other() {
    let log = [
        shown("08:00", 1, "a+1"),
        until("23:59"),
        watch("08:10", 1, "a+1", 0),
        shown("08:20", 1, "b+2"),
        until("12:00"),
    ];
    let report = start(&log);
    assert_eq!((counts(&report), report.late_events), ((2, 1, 0), 1));
    assert_eq!(report.last_event.as_deref(), Some("2024-09-10T12:00:00+00:00"));
}
