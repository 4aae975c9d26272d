//! What a reader has to know of the numbers, in words.

use super::{
    Rule, WatchThroughConfig, WatchThroughReport,
    arms::{FURTHER, MOST_NAMES},
    verdict,
};

/// The share of events that came too late above which the bound is worth a word.
const MANY_LATE: f64 = 0.01;

pub(crate) fn of(report: &WatchThroughReport, config: &WatchThroughConfig) -> Vec<String> {
    let mut notes = Vec::new();
    if report.total_log_lines == 0 {
        notes.push(String::from("the log holds no line"));
    }
    about_lists(report, &mut notes);
    about_comparison(report, config, &mut notes);
    about_log(report, &mut notes);
    notes
}

fn about_lists(report: &WatchThroughReport, notes: &mut Vec<String>) {
    if report.total_recommendation_events == 0 {
        notes.push(verdict::nothing(report));
    } else if report.converted_recommendation_events == 0 {
        notes.push(String::from(
            "no list was converted: the rate is 0, and the interval says how much may be missed",
        ));
    }
    if report.rule == Rule::Reference {
        notes.push(String::from(
            "counted by the reference's rule: films that were playing already count, one watch \
             counts for every list before it, and lists at the end of the log are not censored; \
             rates are higher than by the rule start",
        ));
    }
}

fn about_comparison(
    report: &WatchThroughReport,
    config: &WatchThroughConfig,
    notes: &mut Vec<String>,
) {
    for name in [&config.variant_a, &config.variant_b].into_iter().flatten() {
        let lists = report.variant_breakdown.get(name);
        if lists.is_none_or(|arm| arm.total_recommendation_events == 0) {
            notes.push(format!("variant {name:?} has no list that can be judged"));
        }
    }
    match (&report.z_test, &report.clustered_z_test) {
        (None, _) if report.total_recommendation_events > 0 => notes.push(String::from(
            "no comparison: it needs two variants with lists that can be judged",
        )),
        (Some(test), _) if test.z_score.is_none() => notes.push(String::from(
            "no test: every list of both variants came out alike, and the interval of width 0 says \
             nothing",
        )),
        (Some(_), None) => {
            notes.push(String::from("no comparison by users: each variant needs at least two"));
        }
        (_, Some(test)) if test.users_in_both > 0 => notes.push(format!(
            "{} of {} users were shown lists of both variants that are compared",
            test.users_in_both, test.users
        )),
        _ => {}
    }
}

fn about_log(report: &WatchThroughReport, notes: &mut Vec<String>) {
    if report.contradicted_variants > 0 {
        notes.push(format!(
            "{} lines name another variant than the experiment gives their user: is this the \
             experiment that was run?",
            report.contradicted_variants
        ));
    }
    if report.variant_breakdown.get(FURTHER).is_some() {
        notes.push(format!("variants after the first {MOST_NAMES} are counted as {FURTHER:?}"));
    }
    let events = report.total_log_lines - report.refused_lines;
    if report.late_events as f64 > MANY_LATE * events as f64 {
        notes.push(format!(
            "{} of {events} events are out of order by more than {} s and were left out: are times in \
             the log wrong, or is the bound too short?",
            report.late_events, report.late_bound_seconds
        ));
    }
}
