//! Lists in their windows, and what their users play.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    time::Duration,
};

use foldhash::fast::RandomState;

use super::{Rule, WatchThroughConfig, arms::Arms};
use crate::{block::Film, instant::Instant};

/// Entries of a map below which none is forgotten.
const FEW: usize = 4_096;

/// What is open at a time. Events come in order of time.
#[derive(Debug)]
pub(crate) struct Exposures {
    rule: Rule,
    window: Duration,
    play_gap: Duration,
    /// In the order they were shown, which is the order in which their windows end.
    open: VecDeque<OpenList>,
    /// The number of the first open list; lists are numbered in the order they were shown.
    first: u64,
    /// Of each user the numbers of their lists, in order; some at the front may be closed.
    lists: Kept<u64, VecDeque<u64>>,
    /// When each user last had a line of a film; only where starts matter.
    playing: Kept<(u64, Film), Instant>,
}

/// A map whose entries lapse. Once it is twice as long as it was after the last time, what has
/// lapsed is forgotten, so that the cost is spread over what came since.
#[derive(Debug)]
struct Kept<K, V> {
    entries: HashMap<K, V, RandomState>,
    sweep_at: usize,
}

#[derive(Debug)]
struct OpenList {
    user: u64,
    arm: usize,
    shown: Instant,
    /// The last instant of its window.
    until: Instant,
    films: Box<[Film]>,
    conversion: Option<Conversion>,
}

/// The first watch that counts for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conversion {
    /// The film's place in the list, from 1.
    pub(crate) position: u64,
    /// Whole seconds from the list to the watch.
    pub(crate) seconds: u64,
}

impl Exposures {
    pub(crate) fn new(config: &WatchThroughConfig) -> Self {
        Self {
            rule: config.rule,
            window: config.window,
            play_gap: config.play_gap,
            open: VecDeque::new(),
            first: 0,
            lists: Kept::default(),
            playing: Kept::default(),
        }
    }

    /// Closes the lists whose window ended before now.
    pub(crate) fn close_before(&mut self, now: Instant, arms: &mut Arms) {
        while let Some(list) = self.open.pop_front_if(|list| list.until < now) {
            self.first += 1;
            arms.settle(list.user, list.arm, list.conversion);
        }
        let (first, gap) = (self.first, self.play_gap);
        self.lists.sweep(|lists| lists.back().is_some_and(|&number| number >= first));
        self.playing.sweep(|last| last.plus(gap) >= now);
    }

    /// Opens the window of a list.
    pub(crate) fn show(&mut self, user: u64, shown: Instant, films: Box<[Film]>, arm: usize) {
        let number = self.first + self.open.len() as u64;
        let until = shown.plus(self.window);
        self.open.push_back(OpenList { user, arm, shown, until, films, conversion: None });
        let lists = self.lists.entries.entry(user).or_default();
        let first = self.first;
        while lists.pop_front_if(|number| *number < first).is_some() {}
        lists.push_back(number);
    }

    /// A watch line; gives the variant to which a start is attributed, if it is one and a list has
    /// the film.
    pub(crate) fn watch(&mut self, user: u64, film: Film, now: Instant) -> Option<usize> {
        match self.rule {
            Rule::Reference => {
                self.convert_all(user, film, now);
                None
            }
            Rule::Start => {
                let last = self.playing.entries.insert((user, film), now);
                if last.is_some_and(|last| last.plus(self.play_gap) >= now) {
                    return None;
                }
                let (lists, open) = (self.lists.entries.get(&user)?, &mut self.open);
                let mut lists = open_lists(lists, self.first).rev();
                let (place, position) = lists
                    .find_map(|place| Some((place, position_of(film, &open[place].films)?)))?;
                let list = &mut open[place];
                list.convert(position, now);
                Some(list.arm)
            }
        }
    }

    fn convert_all(&mut self, user: u64, film: Film, now: Instant) {
        let Some(lists) = self.lists.entries.get(&user) else { return };
        for place in open_lists(lists, self.first) {
            let list = &mut self.open[place];
            if list.shown < now
                && let Some(position) = position_of(film, &list.films)
            {
                list.convert(position, now);
            }
        }
    }

    /// Closes what is open when the log ends at `end`: a list whose window is not over is censored,
    /// which the reference does not know.
    pub(crate) fn finish(&mut self, end: Option<Instant>, arms: &mut Arms) {
        for list in self.open.drain(..) {
            if self.rule == Rule::Start && Some(list.until) > end {
                arms.censor(list.arm);
            } else {
                arms.settle(list.user, list.arm, list.conversion);
            }
        }
    }

    /// Entries that are held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.lists.entries.len().max(self.playing.entries.len())
    }
}

impl OpenList {
    fn convert(&mut self, position: usize, now: Instant) {
        let shown = self.shown;
        self.conversion.get_or_insert_with(|| Conversion {
            position: position as u64 + 1,
            seconds: now.seconds_since(shown),
        });
    }
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::default(), sweep_at: FEW }
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    /// Forgets the entries that are not needed any more, if there are many.
    fn sweep(&mut self, mut is_needed: impl FnMut(&V) -> bool) {
        if self.entries.len() > self.sweep_at {
            self.entries.retain(|_, value| is_needed(value));
            self.sweep_at = FEW.max(2 * self.entries.len());
        }
    }
}

/// Places of a user's open lists among all that are open.
fn open_lists(lists: &VecDeque<u64>, first: u64) -> impl DoubleEndedIterator<Item = usize> {
    let closed = lists.partition_point(|&number| number < first);
    lists.range(closed..).map(move |&number| (number - first) as usize)
}

fn position_of(film: Film, films: &[Film]) -> Option<usize> {
    films.iter().position(|&shown| shown == film)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_lapsed_is_forgotten() {
        let mut arms = Arms::new(None);
        let arm = arms.place_of(1, None);
        let mut exposures = Exposures::new(&WatchThroughConfig::default());
        let mut most = 0;
        for user in 0..200_000_u64 {
            let now = Instant { seconds: user as i64 * 10, nanos: 0 };
            exposures.close_before(now, &mut arms);
            if user % 2 == 0 {
                exposures.show(user, now, Box::new([1, 2]), arm);
            } else {
                exposures.watch(user, 7, now);
            }
            most = most.max(exposures.held());
        }
        // In an hour 360 of them come.
        assert!(most <= FEW + 1, "{most}");
    }
}
