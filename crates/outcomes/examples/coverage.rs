//! How often the intervals of a lift cover the true one, in simulated logs.
//!
//! `cargo run --release -p marquee-outcomes --example coverage [RUNS]` makes a log with a known lift
//! for each run (1,000 by default), evaluates it, and prints how many 95 % intervals hold the truth,
//! by list and by user, as JSON. Exits with 1 unless 93 to 97 % of those by user do.

use std::process::ExitCode;

use marquee_outcomes::{LogBlock, OutcomesError, ReportContext, WatchThrough, WatchThroughConfig};
use marquee_synth::{Synth, SynthConfig};
use rayon::prelude::*;

const LIFT: f64 = 0.06;

fn main() -> ExitCode {
    let runs = std::env::args().nth(1).map_or(Ok(1_000), |runs| runs.parse());
    let Ok(runs @ 1..) = runs else {
        return fail("the number of runs is not a number above 0");
    };
    let covered: Result<Vec<[bool; 2]>, String> = (1..=runs).into_par_iter().map(cover).collect();
    let covered = match covered {
        Ok(covered) => covered,
        Err(error) => return fail(&error),
    };
    let share = |by: usize| {
        covered.iter().filter(|covers| covers[by]).count() as f64 / covered.len() as f64
    };
    let (by_list, by_user) = (share(0), share(1));
    say(&format!(
        "{{\"runs\": {runs}, \"true_lift\": {LIFT}, \"covered_by_list\": {by_list}, \
         \"covered_by_user\": {by_user}}}"
    ));
    ExitCode::from(u8::from(!(0.93..=0.97).contains(&by_user)))
}

/// Whether the intervals by list and by user hold the true lift in one log.
fn cover(seed: u64) -> Result<[bool; 2], String> {
    let config = SynthConfig {
        users: 300,
        movies: 400,
        sessions: 3_000,
        recommendation_share: 0.5,
        mean_minutes: 1.0,
        effect: Some(LIFT),
        seed,
        ..SynthConfig::default()
    };
    let mut log = Vec::new();
    let written = Synth::new(config).and_then(|synth| synth.write_log(&mut log));
    written.map_err(|error| error.to_string())?;
    let config = WatchThroughConfig {
        variant_a: Some(String::from("als_model")),
        variant_b: Some(String::from("popgen_model")),
        ..WatchThroughConfig::default()
    };
    let mut evaluation =
        WatchThrough::new(config).map_err(|error: OutcomesError| error.to_string())?;
    evaluation.take(LogBlock::read(&log));
    let report = evaluation.finish(ReportContext::default());
    let by_list = report.z_test.map(|test| test.confidence_interval);
    let by_user = report.clustered_z_test.map(|test| test.test.confidence_interval);
    let holds = |interval: Option<[f64; 2]>| {
        interval.is_some_and(|[low, high]| (low..=high).contains(&LIFT))
    };
    Ok([holds(by_list), holds(by_user)])
}

#[expect(clippy::print_stdout, reason = "the answer of a program")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the error of a program")]
fn fail(text: &str) -> ExitCode {
    eprintln!("{text}");
    ExitCode::from(2)
}
