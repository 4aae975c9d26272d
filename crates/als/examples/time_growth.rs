//! Times an iteration as the ratings, the users and the factors grow, with the memory of the process.
//!
//! usage: time_growth USERS ITEMS RATINGS [FACTORS [SOLVER]]
//!
//! Ratings are drawn from a seed: users watch about as many films each, by a power law of films. Of
//! repeated pairs one stays, so there are somewhat fewer ratings than asked for.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, error::Error, ops::ControlFlow};

use marquee_als::{AlsConfig, Observer, Progress, Side, train};
use marquee_dataset::Csr;
use nix::sys::resource::{UsageWho, getrusage};

/// Seconds of each iteration.
#[derive(Default)]
struct Seconds(Vec<f64>);

impl Observer for Seconds {
    fn half_step(&mut self, done: &Progress) -> ControlFlow<()> {
        match (done.side, self.0.last_mut()) {
            (Side::Item, Some(seconds)) => *seconds += done.seconds,
            _ => self.0.push(done.seconds),
        }
        ControlFlow::Continue(())
    }
}

/// A number that looks random, from 0 to 1: a step of SplitMix64 (Steele, Lea and Flood, 2014).
fn random(place: u64) -> f64 {
    let mut bits = place.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [users, items, ratings, options @ ..] = arguments.as_slice() else {
        return Err("usage: time_growth USERS ITEMS RATINGS [FACTORS [SOLVER]]".into());
    };
    let (users, items): (u64, u64) = (users.parse()?, items.parse()?);
    let count: u64 = ratings.parse()?;
    let config = AlsConfig {
        iterations: 3,
        factors: options.first().map_or("50", String::as_str).parse()?,
        solver: options.get(1).map_or("auto", String::as_str).parse()?,
        ..AlsConfig::reference()
    };
    let entries = (0..count).map(|place| {
        let item = (random(2 * place).powi(3) * items as f64) as u32;
        ((random(2 * place + 1) * users as f64) as u32, item, 1.0)
    });
    let (ratings, _) = Csr::from_entries(users as usize, items as usize, entries);
    let mut seconds = Seconds::default();
    train(&ratings, &config, &mut seconds)?;
    seconds.0.sort_by(f64::total_cmp);
    let memory = getrusage(UsageWho::RUSAGE_SELF)?.max_rss() / 1024;
    println!(
        "{users} users, {items} items, {} ratings, {} factors: {:.3} s an iteration, {memory} MiB",
        ratings.entries(),
        config.factors,
        seconds.0[seconds.0.len() / 2],
    );
    Ok(())
}
