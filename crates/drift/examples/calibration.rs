//! How often calibrated thresholds call a table drifted that is not, and how often they find drift.
//!
//! ```sh
//! cargo run --release -p marquee-drift --example calibration -- --pairs 1000 --rate 0.05
//! ```
//!
//! Draws pairs of tables from one source, calibrates on the first of each and compares. Every other
//! pair is split without a common user; the others are drawn with replacement. Of `--planted`
//! larger pairs the second table is damaged in three ways. Prints JSON.
#![expect(clippy::print_stdout, reason = "an example shows its results")]

mod source;

use std::{collections::BTreeMap, error::Error};

use marquee_dataset::{Interactions, NoProgress};
use marquee_drift::{
    Calibration, CalibrationConfig, CurrentSize, DriftConfig, DriftReport, Keep, PsiBins,
    TableSummary, calibrate, compare,
};
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use source::Source;

struct Options {
    pairs: usize,
    users: usize,
    planted: usize,
    replicates: usize,
    rate: f64,
    seed: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut options =
        Options { pairs: 1_000, users: 2_000, planted: 5, replicates: 400, rate: 0.05, seed: 1 };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        let [flag, value] = pair else { return Err("every flag needs a value".into()) };
        match flag.as_str() {
            "--pairs" => options.pairs = value.parse()?,
            "--users" => options.users = value.parse()?,
            "--planted" => options.planted = value.parse()?,
            "--replicates" => options.replicates = value.parse()?,
            "--rate" => options.rate = value.parse()?,
            "--seed" => options.seed = value.parse()?,
            other => return Err(format!("unknown flag {other}").into()),
        }
    }
    let false_alarms = false_alarms(&options)?;
    let planted = planted(&options)?;
    println!(
        "{}",
        serde_json::to_string_pretty(&serde_json::json!({
            "stated_rate": options.rate,
            "replicates": options.replicates,
            "pairs": options.pairs,
            "users_a_table": options.users,
            "false_alarms": false_alarms,
            "planted": planted,
        }))?
    );
    Ok(())
}

/// Calibrates on the reference and compares.
fn check(
    reference: &Interactions,
    current: &Interactions,
    options: &Options,
) -> Result<(DriftReport, Calibration), Box<dyn Error>> {
    let reference = TableSummary::of(reference, Keep::Rows);
    let current = TableSummary::of(current, Keep::Counts);
    let how = CalibrationConfig {
        replicates: options.replicates,
        false_alarm_rate: options.rate,
        seed: options.seed,
    };
    let size = CurrentSize::of(&reference, &current);
    let base = DriftConfig::default();
    let calibration = calibrate(&reference, size, None, how, &base, &mut NoProgress)?;
    let config = calibration.clone().into_config(PsiBins::Open)?;
    Ok((compare(&reference, &current, None, &config)?.0, calibration))
}

/// Pairs called drifted, by the way of drawing and by the check that failed.
fn false_alarms(options: &Options) -> Result<serde_json::Value, Box<dyn Error>> {
    let source = Source::new(10 * options.users, 3_000, options.seed);
    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    let mut checks: BTreeMap<String, usize> = BTreeMap::new();
    let mut alarms = [0, 0];
    for pair in 0..options.pairs {
        let [reference, current] = if pair % 2 == 0 {
            source.split(0.1, &mut random)
        } else {
            [(); 2].map(|()| source.draw(options.users, &mut random))
        };
        let (report, _) = check(&reference, &current, options)?;
        alarms[pair % 2] += usize::from(report.drift_detected);
        for reason in report.drift_reasons {
            *checks.entry(reason.name).or_default() += 1;
        }
        if (pair + 1) % 50 == 0 {
            eprint_progress(pair + 1, alarms);
        }
    }
    let rate = |alarms: usize, pairs: usize| alarms as f64 / pairs.max(1) as f64;
    Ok(serde_json::json!({
        "rate": rate(alarms[0] + alarms[1], options.pairs),
        "rate_split": rate(alarms[0], options.pairs.div_ceil(2)),
        "rate_drawn": rate(alarms[1], options.pairs / 2),
        "by_check": checks,
    }))
}

#[expect(clippy::print_stderr, reason = "an example shows where it is")]
fn eprint_progress(pairs: usize, alarms: [usize; 2]) {
    eprintln!("{pairs} pairs, {} called drifted", alarms[0] + alarms[1]);
}

/// Planted drift that was found, of tables with about 100,000 rows.
fn planted(options: &Options) -> Result<serde_json::Value, Box<dyn Error>> {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    let mut random = ChaCha8Rng::seed_from_u64(options.seed + 1);
    for pair in 0..options.planted {
        let source = Source::new(25_000, 5_000, options.seed + pair as u64);
        let [reference, current] = source.split(0.5, &mut random);
        for (name, damaged) in [
            ("popularity", popularity_shift(&current, &mut random)),
            ("users", fewer_users(&current)),
            ("ratings", inflation(&current, &mut random)),
        ] {
            let (report, _) = check(&reference, &damaged, options)?;
            *found.entry(name).or_default() += usize::from(report.drift_detected);
        }
    }
    Ok(serde_json::json!({ "pairs": options.planted, "found": found }))
}

/// A tenth of the rows goes to films of the long tail.
fn popularity_shift(table: &Interactions, random: &mut ChaCha8Rng) -> Interactions {
    let mut table = table.clone();
    let films = table.movie_ids.len() as u32;
    for movie in &mut table.movies {
        if random.random::<f64>() < 0.1 {
            *movie = random.random_range(0..films);
        }
    }
    table
}

/// A fifth of the users is gone.
fn fewer_users(table: &Interactions) -> Interactions {
    let rows: Vec<u32> = (0..table.len() as u32)
        .filter(|&row| !table.user_ids[row as usize].is_multiple_of(5))
        .collect();
    table.select(&rows)
}

/// Every other rating is a star higher: half a star on average, but for fives.
fn inflation(table: &Interactions, random: &mut ChaCha8Rng) -> Interactions {
    let mut table = table.clone();
    for rating in &mut table.ratings {
        if random.random::<f64>() < 0.5 {
            *rating = (*rating + 1).min(5);
        }
    }
    table
}
