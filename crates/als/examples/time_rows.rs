//! Times what a row costs by solver, number of factors and number of ratings, on one thread: the
//! figures behind the cost model of `--solver auto`.
//!
//! usage: time_rows [FACTORS…]

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, error::Error, ops::ControlFlow};

use marquee_als::{AlsConfig, AlsError, Observer, Progress, Solver, train};
use marquee_dataset::Csr;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LENGTHS: [usize; 18] = [1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 256];

/// Rows solved for one figure, in ratings.
const RATINGS: usize = 200_000;

/// Takes the time of the first half-step and ends the training there.
struct FirstHalfStep(f64);

impl Observer for FirstHalfStep {
    fn half_step(&mut self, done: &Progress) -> ControlFlow<()> {
        self.0 = done.seconds;
        ControlFlow::Break(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut factors: Vec<usize> =
        env::args().skip(1).map(|count| count.parse()).collect::<Result<_, _>>()?;
    if factors.is_empty() {
        factors = vec![16, 32, 50, 64, 100, 128];
    }
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global()?;
    println!("nanoseconds a row; fresh: rows of the fixed side are not kept whitened");
    println!("factors  ratings  cholesky   fresh  woodbury   fresh  cg");
    for factors in factors {
        for length in LENGTHS {
            let few = ratings(length, 2_000);
            let many = ratings(length, 2 * RATINGS as u32);
            let cost = |ratings, solver| nanoseconds(ratings, factors, solver);
            let [cholesky, fresh_cholesky, woodbury, fresh_woodbury, cg] = [
                cost(&few, Solver::Cholesky)?,
                cost(&many, Solver::Cholesky)?,
                cost(&few, Solver::Woodbury)?,
                cost(&many, Solver::Woodbury)?,
                cost(&few, Solver::Cg)?,
            ];
            println!(
                "{factors:7}  {length:7}  {cholesky:8.0}  {fresh_cholesky:6.0}  {woodbury:8.0}  \
                 {fresh_woodbury:6.0}  {cg:.0}"
            );
        }
    }
    Ok(())
}

/// Users with as many ratings each, of some of the first 2,000 items.
fn ratings(length: usize, items: u32) -> Csr {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let users = (RATINGS / length).min(20_000);
    let mut triplets = Vec::new();
    for user in 0..users as u32 {
        let first = random.random_range(0..2_000 - length as u32);
        triplets.extend((0..length as u32).map(|place| (user, first + place, 1.0)));
    }
    Csr::from_triplets(users, items as usize, triplets).0
}

/// The least of several half-steps, for one row. What prepares a half-step is among it; it is
/// small for so many rows, but for items that are only there to prevent whitening all.
fn nanoseconds(ratings: &Csr, factors: usize, solver: Solver) -> Result<f64, AlsError> {
    let config = AlsConfig { factors, solver, iterations: 1, ..AlsConfig::reference() };
    let empty = Csr::from_triplets(1, ratings.columns(), vec![(0, 0, 1.0)]).0;
    let time = |ratings: &Csr| {
        let mut least = f64::INFINITY;
        for _ in 0..5 {
            let mut first = FirstHalfStep(0.0);
            match train(ratings, &config, &mut first) {
                Err(AlsError::Cancelled { .. }) => least = least.min(first.0),
                other => return other.map(|_| 0.0),
            }
        }
        Ok(least)
    };
    Ok((time(ratings)? - time(&empty)?) * 1e9 / ratings.rows() as f64)
}
