use std::time::Duration;

use marquee_outcomes::{
    FeedbackConfig, FeedbackLoop, LogBlock, OutcomesError, Rule, WatchThrough, WatchThroughConfig,
};

use crate::{by, evaluate, served, shown, until, watch};

fn notes(log: &str, rule: Rule) -> String {
    let report = evaluate(by(rule), log);
    // Whatever the log: no NaN, which JSON cannot hold, and every count fits.
    serde_json::to_string(&report).unwrap();
    assert!(report.converted_recommendation_events <= report.total_recommendation_events);
    report.notes.join("; ")
}

#[test]
fn a_log_that_says_little_gets_words_and_null() {
    let list = served("08:00:00", 1, "als_model", "a+1");
    let other = served("08:00:00", 2, "popgen_model", "a+1");
    let start = watch("08:05", 1, "a+1", 0);
    for (log, said) in [
        (String::new(), "holds no line"),
        (String::from("rubbish\n\u{1}\n"), "no recommendation was shown"),
        (watch("08:00", 1, "a+1", 0), "no recommendation was shown"),
        (list.clone(), "can be judged yet"),
        (list.clone() + &until("12:00"), "no list was converted"),
        (list.clone() + &start + &until("12:00"), "no comparison: it needs two variants"),
        (list.clone() + &other + &until("12:00"), "no test: every list of both variants"),
        (list.clone() + &other + &start + &until("12:00"), "each variant needs at least two"),
    ] {
        let notes = notes(&log, Rule::Start);
        assert!(notes.contains(said), "{log:?}: {notes:?}");
    }
    let nothing = evaluate(by(Rule::Start), "");
    assert_eq!((nothing.watch_through_rate, nothing.watch_through_interval), (None, None));
    assert_eq!((nothing.z_test, nothing.first_event), (None, None));
    assert!(notes(&(list + &until("12:00")), Rule::Reference).contains("reference's rule"));
}

#[test]
fn one_conversion_of_each_has_an_interval_of_its_own_width() {
    let log = served("08:00:00", 1, "a", "f+1") + &served("08:00:00", 2, "a", "f+1");
    let report = evaluate(by(Rule::Start), log + &until("12:00"));
    assert_eq!(report.watch_through_rate, Some(0.0));
    let [low, high] = report.watch_through_interval.unwrap();
    assert!(low == 0.0 && high > 0.5, "{low} to {high}");
}

#[test]
fn lines_that_are_no_event_are_counted_by_reason() {
    let mut log = shown("08:00", 1, "a+1").into_bytes();
    log.extend(b"\n\xff\xfe\n2024-09-10T08:00,1,GET /rate/a+1=15\nrubbish\r\n");
    log.extend(until("12:00").trim_end().bytes());
    let report = evaluate(by(Rule::Start), &log);
    assert_eq!((report.total_log_lines, report.refused_lines), (6, 4));
    let reasons: Vec<_> = report.refused.into_iter().collect();
    let expected = [("bad_rating", 1), ("empty_line", 1), ("missing_field", 1), ("not_utf8", 1)];
    assert_eq!(reasons, expected);
    assert_eq!(report.total_recommendation_events, 1);
}

#[test]
fn times_at_the_ends_of_the_calendar_do_no_harm() {
    let log = "0000-01-01T00:00,1,GET /data/m/a+1/0.mpg\n\
               0000-01-01T00:00+23:59,1,GET /data/m/a+1/0.mpg\n\
               9999-12-31T23:59:59.999999999-23:59,1,GET /data/m/a+1/0.mpg\n";
    let report = evaluate(by(Rule::Start), log);
    assert_eq!(report.late_events, 1);
    let mut feedback = FeedbackLoop::new(FeedbackConfig::default()).unwrap();
    feedback.take(LogBlock::read(log.as_bytes()));
    let error = feedback.finish("far.log").unwrap_err();
    assert!(matches!(error, OutcomesError::TooManyWindows { .. }));
    assert!(error.to_string().contains("leave out events with a wrong time"), "{error}");
}

#[test]
fn settings_out_of_range_are_refused_by_name() {
    let config = WatchThroughConfig::default;
    let zero = Duration::ZERO;
    for (config, said) in [
        (WatchThroughConfig { window: zero, ..config() }, "window is 0 hours"),
        (WatchThroughConfig { play_gap: Duration::MAX, ..config() }, "play_gap"),
        (WatchThroughConfig { late_bound: Duration::MAX, ..config() }, "late_bound"),
        (WatchThroughConfig { alpha: 0.0, ..config() }, "alpha is 0"),
        (WatchThroughConfig { alpha: f64::NAN, ..config() }, "alpha is NaN"),
        (
            WatchThroughConfig {
                variant_a: Some(String::from("a")),
                variant_b: Some(String::from("a")),
                ..config()
            },
            "compared with itself",
        ),
    ] {
        let error = WatchThrough::new(config).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    assert!(WatchThroughConfig { late_bound: zero, ..config() }.validate().is_ok());
    let config = FeedbackConfig::default;
    for (config, said) in [
        (FeedbackConfig { window: Duration::from_millis(999), ..config() }, "window"),
        (FeedbackConfig { top_k: 0, ..config() }, "top_k is 0"),
        (FeedbackConfig { alpha: 1.0, ..config() }, "alpha is 1"),
        (FeedbackConfig { draws: 0, ..config() }, "bootstrap"),
    ] {
        let error = FeedbackLoop::new(config).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
