use std::collections::BTreeSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal};

use crate::{Movie, SynthConfig, sampling::shuffle};

/// Spread of users' activity: with it a tenth of the users has a quarter of the sessions.
const ACTIVITY_SIGMA: f64 = 0.6;

/// Ids in use on the platform lie below this unless there are too many users.
const USUAL_IDS: u64 = 1_000_000;

/// Share of a user's taste that goes to the first, second and third group.
const TASTE_WEIGHTS: [f64; 3] = [6.0, 3.0, 1.5];

/// How likely a user is to have 1, 2 or 3 taste groups: cumulative.
const TASTE_COUNT_BOUNDS: [f64; 2] = [0.35, 0.8];

/// A generated user and what they like.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub(crate) id: u64,
    pub(crate) taste_groups: Vec<u16>,
    pub(crate) activity: f64,
}

impl User {
    /// The id in the log, at least 1.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The one to three distinct taste groups of the user, the dearest first.
    #[must_use]
    pub fn taste_groups(&self) -> &[u16] {
        &self.taste_groups
    }

    /// How many sessions the user has, relative to the others; lognormal with median 1.
    #[must_use]
    pub fn activity(&self) -> f64 {
        self.activity
    }

    pub(crate) fn likes(&self, movie: &Movie) -> bool {
        self.taste_groups.contains(&movie.taste_group())
    }

    /// The group a pick by taste falls on.
    pub(crate) fn draw_group(&self, rng: &mut ChaCha8Rng) -> u16 {
        let weights = &TASTE_WEIGHTS[..self.taste_groups.len()];
        let mut point = rng.random::<f64>() * weights.iter().sum::<f64>();
        for (&group, weight) in self.taste_groups.iter().zip(weights) {
            point -= weight;
            if point < 0.0 {
                return group;
            }
        }
        self.taste_groups[0]
    }
}

/// Users in ascending order of id.
pub(crate) fn generate(config: &SynthConfig, rng: &mut ChaCha8Rng) -> Vec<User> {
    let highest = USUAL_IDS.max(2 * u64::from(config.users));
    let mut ids = BTreeSet::new();
    while ids.len() < config.users as usize {
        ids.insert(rng.random_range(1..=highest));
    }
    let mut groups: Vec<u16> = (0..config.taste_groups).collect();
    ids.into_iter()
        .map(|id| {
            let point: f64 = rng.random();
            let count = 1 + TASTE_COUNT_BOUNDS.iter().filter(|&&bound| point >= bound).count();
            shuffle(rng, &mut groups);
            let taste_groups = groups[..count.min(groups.len())].to_vec();
            User { id, taste_groups, activity: draw_activity(rng) }
        })
        .collect()
}

fn draw_activity(rng: &mut ChaCha8Rng) -> f64 {
    LogNormal::new(0.0, ACTIVITY_SIGMA).map_or(1.0, |activity| activity.sample(rng))
}
