use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use clap::Parser;
use marquee_outcomes::{Rule, WatchThroughConfig};

/// Count which recommended lists led to a film being watched, and compare variants.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Event log to read, also .gz or .zst; `-` is standard input
    #[arg(value_name = "LOG", required_unless_present = "log_file", conflicts_with = "log_file")]
    log: Option<PathBuf>,
    /// The same as a flag
    #[arg(long, value_name = "LOG")]
    log_file: Option<PathBuf>,
    /// Report to write, the JSON that is also printed
    #[arg(long, value_name = "FILE", default_value = "artifacts/online_evaluation.json")]
    output_file: PathBuf,
    /// The report as a page to write too
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
    /// How long after a list a watch counts for it, in hours
    #[arg(long, value_name = "HOURS", default_value = "1", value_parser = hours)]
    window: Duration,
    /// First variant of the comparison [default: the first of the experiment, else the one with most
    /// lists]
    #[arg(long, value_name = "NAME")]
    variant_a: Option<String>,
    /// Second variant of the comparison [default: the next one]
    #[arg(long, value_name = "NAME")]
    variant_b: Option<String>,
    /// Level of the tests; intervals have confidence 1 - alpha
    #[arg(long, default_value_t = WatchThroughConfig::DEFAULT_ALPHA)]
    alpha: f64,
    /// What counts: start (a film is started after the list, once) or reference (any watch line)
    #[arg(long, default_value_t)]
    rule: Rule,
    /// Experiment that says which variant each user gets, whatever the log says
    #[arg(long, value_name = "FILE")]
    experiment: Option<PathBuf>,
    /// A film counts as started again after this long without a line of it, in hours
    #[arg(long, value_name = "HOURS", default_value = "1", value_parser = hours)]
    play_gap: Duration,
    /// Put events in order that come at most this late, in seconds; later ones are left out
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    late_bound: u64,
    /// Threads to use [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// What is to be done, checked.
pub(crate) struct Job {
    pub(crate) log: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) html: Option<PathBuf>,
    pub(crate) experiment: Option<PathBuf>,
    pub(crate) config: WatchThroughConfig,
    pub(crate) threads: Option<usize>,
}

impl Args {
    pub(crate) fn into_job(self) -> anyhow::Result<Job> {
        let log = self.log.or(self.log_file).context("no log is named")?;
        let experiment = self.experiment.as_ref().map(marquee_experiment::load).transpose()?;
        let config = WatchThroughConfig {
            window: self.window,
            rule: self.rule,
            play_gap: self.play_gap,
            late_bound: Duration::from_secs(self.late_bound),
            alpha: self.alpha,
            variant_a: self.variant_a,
            variant_b: self.variant_b,
            experiment,
        };
        config.validate()?;
        Ok(Job {
            log,
            output: self.output_file,
            html: self.html,
            experiment: self.experiment,
            config,
            threads: self.threads,
        })
    }
}

fn hours(text: &str) -> Result<Duration, String> {
    let hours: f64 = text.parse().map_err(|_| String::from("not a number of hours"))?;
    Duration::try_from_secs_f64(hours * 3_600.0)
        .map_err(|_| String::from("not a number of hours above 0"))
}
