//! What was shown and watched in each window.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use foldhash::fast::RandomState;
use marquee_stats::gini;

use crate::block::{Answer, Film, LogEvent, What};

/// The films and windows of a log.
#[derive(Debug)]
pub(crate) struct Windows {
    /// The second at which the first window begins.
    pub(crate) origin: i64,
    /// Seconds of a window.
    pub(crate) length: u64,
    /// Films in order of first appearance, and the window of that.
    rows: HashMap<Film, u32, RandomState>,
    pub(crate) first_seen: Vec<u64>,
    /// Those with a list or a watch line, by number from 0.
    filled: BTreeMap<u64, Window>,
    nothing: Window,
}

#[derive(Debug, Default)]
pub(crate) struct Window {
    shown: HashMap<u32, Shown, RandomState>,
    watched: HashMap<u32, u64, RandomState>,
    /// Films in lists, repeated ones as often as they stand there.
    pub(crate) shown_total: u64,
    /// Watch lines.
    pub(crate) watched_total: u64,
}

#[derive(Debug, Clone, Copy)]
struct Shown {
    times: u64,
    /// How many different films were shown in the window before it.
    rank: u32,
}

impl Windows {
    pub(crate) fn new(origin: i64, length: Duration) -> Self {
        Self {
            origin,
            length: length.as_secs().max(1),
            rows: HashMap::default(),
            first_seen: Vec::new(),
            filled: BTreeMap::new(),
            nothing: Window::default(),
        }
    }

    /// Counts an event; whether it lies in a window, and not before the first.
    pub(crate) fn count(&mut self, event: &LogEvent) -> bool {
        let Some(number) = self.number_of(event.time.seconds) else { return false };
        match &event.what {
            What::Rate => {}
            What::Watch(film) => {
                let row = self.row(*film, number);
                let window = self.filled.entry(number).or_default();
                *window.watched.entry(row).or_default() += 1;
                window.watched_total += 1;
            }
            What::Answer(answer) if answer.status == Answer::OK => {
                for &film in &answer.films {
                    let row = self.row(film, number);
                    self.filled.entry(number).or_default().show(row);
                }
            }
            What::Answer(_) => {}
        }
        true
    }

    /// The window that holds a second; `None` before the first.
    pub(crate) fn number_of(&self, second: i64) -> Option<u64> {
        let since = u64::try_from(second.checked_sub(self.origin)?).ok()?;
        Some(since / self.length)
    }

    /// The second at which a window begins.
    pub(crate) fn start_of(&self, number: u64) -> i64 {
        self.origin.saturating_add_unsigned(number.saturating_mul(self.length))
    }

    pub(crate) fn window(&self, number: u64) -> &Window {
        self.filled.get(&number).unwrap_or(&self.nothing)
    }

    fn row(&mut self, film: Film, window: u64) -> u32 {
        let next = self.first_seen.len() as u32;
        let row = *self.rows.entry(film).or_insert(next);
        if row == next {
            self.first_seen.push(window);
        }
        row
    }
}

impl Window {
    fn show(&mut self, row: u32) {
        let rank = self.shown.len() as u32;
        self.shown.entry(row).or_insert(Shown { times: 0, rank }).times += 1;
        self.shown_total += 1;
    }

    /// How many different films were shown.
    pub(crate) fn coverage(&self) -> usize {
        self.shown.len()
    }

    pub(crate) fn is_shown(&self, row: u32) -> bool {
        self.shown.contains_key(&row)
    }

    /// The films shown most, at most `count`; of equal ones those shown first.
    pub(crate) fn most_shown(&self, count: usize) -> Vec<u32> {
        let mut films: Vec<(Reverse<u64>, u32, u32)> =
            self.shown.iter().map(|(&row, film)| (Reverse(film.times), film.rank, row)).collect();
        films.sort_unstable();
        films.into_iter().take(count).map(|(_, _, row)| row).collect()
    }

    /// Watch lines of a film.
    pub(crate) fn watches(&self, row: u32) -> u64 {
        self.watched.get(&row).copied().unwrap_or_default()
    }

    /// The films watched and how often.
    pub(crate) fn each_watched(&self) -> impl Iterator<Item = (u32, u64)> {
        self.watched.iter().map(|(&row, &times)| (row, times))
    }

    /// The films' share of all watch lines; `None` without any.
    pub(crate) fn share(&self, rows: impl IntoIterator<Item = u32>) -> Option<f64> {
        let watches: u64 = rows.into_iter().map(|row| self.watches(row)).sum();
        (self.watched_total > 0).then(|| watches as f64 / self.watched_total as f64)
    }

    /// How unequally the films shown share in what is shown.
    pub(crate) fn gini_shown(&self) -> Option<f64> {
        gini(self.shown.values().map(|film| film.times as f64))
    }

    /// How unequally the films watched share in the watch lines.
    pub(crate) fn gini_watched(&self) -> Option<f64> {
        gini(self.watched.values().map(|&times| times as f64))
    }

    /// The share of what is shown that the ten films shown most have.
    pub(crate) fn top10_shown(&self) -> Option<f64> {
        top10(self.shown.values().map(|film| film.times).collect(), self.shown_total)
    }

    /// The share of the watch lines that the ten films watched most have.
    pub(crate) fn top10_watched(&self) -> Option<f64> {
        top10(self.watched.values().copied().collect(), self.watched_total)
    }
}

fn top10(mut times: Vec<u64>, total: u64) -> Option<f64> {
    times.sort_unstable_by_key(|&times| Reverse(times));
    let top: u64 = times.iter().take(10).sum();
    (total > 0).then(|| top as f64 / total as f64)
}
