//! Plants faults of twelve kinds in a table of a million rows and says what was found.
//!
//! `cargo run --release -p marquee-data-quality --example seeded_faults -- [ROWS]`

#[path = "../tests/integration/seed.rs"]
mod seed;

use std::{error::Error, path::Path, time::Instant};

use marquee_data_quality::{RejectRecord, Repair, ValidationJob, validate};
use marquee_dataset::NoProgress;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = std::env::args().nth(1).map_or(Ok(1_000_000), |rows| rows.parse())?;
    let seeded = seed::seeded(rows);
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("in.csv");
    fs_err::write(&input, &seeded.bytes)?;
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let rejects = folder.path().join("rejects.jsonl");
    let job = ValidationJob {
        rejects: Some(rejects.clone()),
        repair: Repair::None,
        ..ValidationJob::new(
            input,
            schemas.join("interactions.schema.json"),
            folder.path().join("clean.parquet"),
            1_800_000_000,
        )
    };
    let started = Instant::now();
    let report = validate(&job, &mut NoProgress)?;
    let seconds = started.elapsed().as_secs_f64();
    let mut missed = seeded.bad.clone();
    let mut false_rejects = 0;
    for line in fs_err::read_to_string(rejects)?.lines() {
        let reject: RejectRecord = serde_json::from_str(line)?;
        let is_planted = missed.remove(&reject.line).is_some_and(|planted| {
            reject.reasons.iter().any(|it| match &it.column {
                Some(column) => planted == format!("{column}:{}", it.reason),
                None => planted == it.reason,
            })
        });
        false_rejects += u32::from(!is_planted);
    }
    let answer = json!({
        "rows": seeded.rows,
        "planted": seeded.kinds,
        "missed": missed.len(),
        "false_rejects": false_rejects,
        "duplicate_rows": {"planted": seeded.repeated, "found": report.duplicate_rows},
        "future_rows": {"planted": seeded.future, "found": report.future_rows},
        "seconds": seconds,
    });
    #[expect(clippy::print_stdout, reason = "the answer of an example")]
    {
        println!("{answer:#}");
    }
    Ok(())
}
