//! Checks a table of interactions row by row against a schema.
//!
//! Prints the report as JSON. Exit codes: 0 done; 1 done, but too many rows were rejected or there
//! was none; 2 it could not run and wrote nothing.

mod args;

use std::process::ExitCode;

use anyhow::Context;
use args::{Args, Task};
use marquee_cli::{Interrupt, Outcome, TerminalProgress, print_written, set_threads};
use marquee_data_quality::{ValidationReport, validate};

fn main() -> ExitCode {
    marquee_cli::run(|args: Args| run(&args.into_task()?))
}

fn run(task: &Task) -> anyhow::Result<Outcome> {
    set_threads(task.threads)?;
    let mut progress = TerminalProgress::new(Interrupt::install()?);
    let report = validate(&task.job, &mut progress).context("failed to check the table")?;
    progress.finish();
    if task.verbose {
        explain(&report);
    }
    print_written(&report, task.job.report.as_deref().unwrap_or(&task.job.out));
    Ok(judge(&report))
}

/// Every reason with its first examples, on stderr.
fn explain(report: &ValidationReport) {
    for (column, reasons) in &report.columns {
        for (reason, rows) in reasons {
            tracing::info!("{column}: {reason}: {rows} rows");
        }
    }
    for example in &report.examples {
        let column = example.column.as_deref().unwrap_or("(line)");
        tracing::info!("line {}: {column}: {}: {:?}", example.line, example.reason, example.raw);
    }
}

fn judge(report: &ValidationReport) -> Outcome {
    let Some(rate) = report.reject_rate else {
        return Outcome::No(format!("{}: the input holds no row", report.input_path));
    };
    if report.passed {
        return Outcome::Done;
    }
    let (rejected, rows) = (report.reject_rows, report.input_rows);
    let limit = report.max_reject_rate;
    Outcome::No(format!(
        "{rejected} of {rows} rows were rejected, a rate of {rate:.4} where {limit} is the limit"
    ))
}
