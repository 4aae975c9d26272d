use std::{
    fmt,
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use marquee_dataset::Progress;

/// Whether SIGINT or SIGTERM asked the program to stop.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

/// 128 and the signal's number.
const KILLED_BY_SIGINT: i32 = 130;

impl Interrupt {
    /// Listens for the signals. The first asks steps to stop and clean up; the second ends the
    /// program at once with exit code 130, as a shell has it of a program that SIGINT ended: what
    /// was written by then stays as it is, and nothing is said of it.
    ///
    /// # Errors
    /// When the program listens already.
    pub fn install() -> anyhow::Result<Self> {
        let interrupt = Self::default();
        let flag = interrupt.clone();
        ctrlc::set_handler(move || {
            if flag.0.swap(true, Ordering::SeqCst) {
                std::process::exit(KILLED_BY_SIGINT);
            }
        })?;
        Ok(interrupt)
    }

    /// Whether a signal came.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Progress on stderr: a bar on a terminal, a log line every few seconds otherwise.
#[derive(Debug)]
pub struct TerminalProgress {
    interrupt: Interrupt,
    bar: Option<ProgressBar>,
    what: String,
    total: Option<u64>,
    done: u64,
    last_line: Instant,
}

/// Time between log lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

impl TerminalProgress {
    /// A display that stops steps when `interrupt` is set.
    #[must_use]
    pub fn new(interrupt: Interrupt) -> Self {
        Self {
            interrupt,
            bar: None,
            what: String::new(),
            total: None,
            done: 0,
            last_line: Instant::now(),
        }
    }

    /// Takes the bar away, if there is one.
    pub fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for TerminalProgress {
    fn begin(&mut self, what: &str, total: Option<u64>) {
        self.finish();
        what.clone_into(&mut self.what);
        (self.total, self.done, self.last_line) = (total, 0, Instant::now());
        if std::io::stderr().is_terminal() {
            let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
            let template = if total.is_some() {
                "{msg:28} [{bar:30}] {percent:>3} %  {rate}, {elapsed} elapsed, {eta} left"
            } else {
                "{msg:28} {spinner} {human_pos}  {elapsed} elapsed"
            };
            // The templates are fixed and known to be valid.
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
            }
            bar.set_message(self.what.clone());
            self.bar = Some(bar);
        }
    }

    fn advance(&mut self, units: u64) {
        self.done += units;
        match &self.bar {
            Some(bar) => bar.inc(units),
            None if self.last_line.elapsed() >= LINE_EVERY => {
                self.last_line = Instant::now();
                match self.total {
                    Some(total) if total > 0 => {
                        let percent = self.done.saturating_mul(100) / total;
                        tracing::info!("{}: {percent} %", self.what);
                    }
                    _ => tracing::info!("{}: {} done", self.what, self.done),
                }
            }
            None => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.interrupt.is_set()
    }
}

/// Whole units a second.
fn rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    // What a bar cannot show has nowhere else to go.
    let _ = write!(out, "{}/s", HumanCount(state.per_sec() as u64));
}

impl Drop for TerminalProgress {
    fn drop(&mut self) {
        self.finish();
    }
}
