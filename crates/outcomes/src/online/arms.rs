//! What came of the lists of each variant, and of each user in it.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use marquee_experiment::Experiment;
use marquee_stats::{ClusteredArms, Proportion};

use super::exposure::Conversion;
use crate::{block::Answer, counts::Counts};

/// The variant of lines that name none.
pub(crate) const UNKNOWN: &str = "unknown";

/// The variant of lines that name one after [`MOST_NAMES`] others.
pub(crate) const FURTHER: &str = "(further variants)";

/// The most variants that lines may name: a log of nothing but names must not fill the memory.
pub(crate) const MOST_NAMES: usize = 256;

/// Latencies above this many milliseconds, ten minutes, count as this.
const MOST_MILLISECONDS: u64 = 600_000;

#[derive(Debug)]
pub(crate) struct Arms {
    experiment: Option<Experiment>,
    /// In the order of the experiment, or of first appearance.
    pub(crate) arms: Vec<Arm>,
    places: HashMap<Box<str>, usize>,
    users: HashMap<(u64, u32), Proportion, RandomState>,
    /// Lines that name another variant than the experiment gives their user.
    pub(crate) contradicted: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Arm {
    pub(crate) name: String,
    /// Whether the experiment has it, so that it is reported also without a list.
    pub(crate) planned: bool,
    pub(crate) lists: Proportion,
    pub(crate) censored: u64,
    pub(crate) empty: u64,
    pub(crate) starts: u64,
    pub(crate) requests: Proportion,
    pub(crate) positions: Counts,
    pub(crate) seconds: Counts,
    pub(crate) latencies: Counts,
}

impl Arms {
    pub(crate) fn new(experiment: Option<Experiment>) -> Self {
        let mut arms = Self {
            experiment: None,
            arms: Vec::new(),
            places: HashMap::new(),
            users: HashMap::default(),
            contradicted: 0,
        };
        let variants = experiment.iter().flat_map(|experiment| &experiment.config().variants);
        for variant in variants {
            let place = arms.add(&variant.name);
            arms.arms[place].planned = true;
        }
        arms.experiment = experiment;
        arms
    }

    /// The place of a user's variant: that of the experiment if there is one, else the line's.
    pub(crate) fn place_of(&mut self, user: u64, named: Option<&str>) -> usize {
        if let Some(experiment) = &self.experiment {
            let assigned = experiment.assign(user);
            self.contradicted += u64::from(named.is_some_and(|name| name != assigned.variant));
            return assigned.index;
        }
        let name = named.unwrap_or(UNKNOWN);
        match self.places.get(name) {
            Some(&place) => place,
            None if self.arms.len() < MOST_NAMES => self.add(name),
            None => self.places.get(FURTHER).copied().unwrap_or_else(|| self.add(FURTHER)),
        }
    }

    pub(crate) fn count_answer(&mut self, arm: usize, answer: &Answer) {
        let arm = &mut self.arms[arm];
        let answered = answer.status == Answer::OK;
        arm.requests.push(answered);
        arm.empty += u64::from(answered && answer.films.is_empty());
        arm.latencies.add(answer.latency_ms.min(MOST_MILLISECONDS));
    }

    pub(crate) fn count_start(&mut self, arm: usize) {
        self.arms[arm].starts += 1;
    }

    pub(crate) fn censor(&mut self, arm: usize) {
        self.arms[arm].censored += 1;
    }

    /// A list whose window is over.
    pub(crate) fn settle(&mut self, user: u64, arm: usize, conversion: Option<Conversion>) {
        self.users.entry((user, arm as u32)).or_default().push(conversion.is_some());
        let arm = &mut self.arms[arm];
        arm.lists.push(conversion.is_some());
        if let Some(conversion) = conversion {
            arm.positions.add(conversion.position);
            arm.seconds.add(conversion.seconds);
        }
    }

    /// All variants as one.
    pub(crate) fn all(&self) -> Arm {
        let mut all = Arm::default();
        for arm in &self.arms {
            all.lists = sum(all.lists, arm.lists);
            all.requests = sum(all.requests, arm.requests);
            all.censored += arm.censored;
            all.empty += arm.empty;
            all.starts += arm.starts;
            all.positions.merge(&arm.positions);
            all.seconds.merge(&arm.seconds);
            all.latencies.merge(&arm.latencies);
        }
        all
    }

    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// Two variants by users.
    pub(crate) fn clustered(&self, a: usize, b: usize) -> ClusteredArms {
        let (a, b) = (a as u32, b as u32);
        let mut clustered = ClusteredArms::default();
        for (&(user, arm), &lists) in &self.users {
            if arm == a {
                let others = self.users.get(&(user, b)).copied().unwrap_or_default();
                clustered.push([lists, others]);
            } else if arm == b && !self.users.contains_key(&(user, a)) {
                clustered.push([Proportion::default(), lists]);
            }
        }
        clustered
    }

    /// One variant by users.
    pub(crate) fn clustered_alone(&self, arm: usize) -> ClusteredArms {
        let mut clustered = ClusteredArms::default();
        for (&(_, of), &lists) in &self.users {
            if of == arm as u32 {
                clustered.push([lists, Proportion::default()]);
            }
        }
        clustered
    }

    /// All variants as one, by users.
    pub(crate) fn clustered_all(&self) -> ClusteredArms {
        let mut clustered = ClusteredArms::default();
        let arms = self.arms.len() as u32;
        for (&(user, arm), &lists) in &self.users {
            // Each user is counted where their first variant stands.
            if (0..arm).all(|before| !self.users.contains_key(&(user, before))) {
                let further = (arm + 1..arms).filter_map(|arm| self.users.get(&(user, arm)));
                let all = further.fold(lists, |all, &lists| sum(all, lists));
                clustered.push([all, Proportion::default()]);
            }
        }
        clustered
    }

    fn add(&mut self, name: &str) -> usize {
        let place = self.arms.len();
        self.arms.push(Arm { name: name.to_owned(), ..Arm::default() });
        self.places.insert(Box::from(name), place);
        place
    }
}

fn sum(a: Proportion, b: Proportion) -> Proportion {
    // Sums of proportions are proportions.
    Proportion::new(a.successes() + b.successes(), a.trials() + b.trials()).unwrap_or(a)
}
