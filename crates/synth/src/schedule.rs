use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::{SynthConfig, sampling::Weighted};

pub(crate) const SECONDS_PER_DAY: i64 = 86_400;

/// Share of sessions that begin in each hour of the day: little at night, most in the evening.
const HOURLY_WEIGHTS: [f64; 24] = [
    2.5, 1.4, 0.8, 0.5, 0.4, 0.5, 0.9, 1.5, 2.0, 2.4, 2.8, 3.2, 3.8, 4.0, 3.8, 3.9, 4.4, 5.4, 7.0,
    9.0, 10.0, 9.4, 7.2, 4.6,
];

/// The second at which each session begins, ascending.
pub(crate) fn session_starts(config: &SynthConfig, rng: &mut ChaCha8Rng) -> Vec<i64> {
    let hours = Weighted::new(HOURLY_WEIGHTS);
    let mut starts: Vec<i64> = (0..config.sessions)
        .map(|_| {
            let day = rng.random_range(0..i64::from(config.days));
            let hour = hours.draw(rng) as i64;
            let second = rng.random_range(0..3_600);
            config.start_second + day * SECONDS_PER_DAY + hour * 3_600 + second
        })
        .collect();
    starts.sort_unstable();
    starts
}
