use std::time::Instant;

use marquee_dataset::Csr;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    AlsConfig, AlsError, Factors, Matrix, Observer, Progress, Side,
    cost::Choice,
    gram::gram,
    half_step::half_step,
    loss::loss_with,
    solve::{FixedSide, Prepared},
    triangle::Triangle,
};

/// Item factors start between 0 and this unless [`AlsConfig::init_scale`] says otherwise.
const START_RANGE: f32 = 0.01;

/// Where a training is taken up again: the state after some of its iterations.
#[derive(Debug, Clone, PartialEq)]
pub struct Resumption {
    /// Iterations that are done.
    pub iteration: usize,
    /// The factors after them, both sides: conjugate gradients go on from those of the users.
    pub factors: Factors,
}

/// Trains factors on ratings (users × items; a cell without an entry is unobserved).
///
/// A negative rating is a dislike: preference 0 with the confidence of its size. A user or item with
/// nothing but dislikes has factors of zero.
///
/// Runs `config.iterations` times through two half-steps, users first: so only the item factors
/// start at random. The observer may end the training after fewer ([`Observer::iteration`]).
///
/// A half-step costs, in multiplications, a Gram matrix of the fixed side (`f² / 2`
/// a row), where that is kept whitened as much again, and for each row with `n` ratings
/// `n f² / 2 + f³ / 6` by Cholesky, `n² f / 2 + n³ / 6 + n f` by Woodbury, `7 n f` by conjugate
/// gradients; further `f² / 2` to leave the whitened basis, `n f² / 2` for Woodbury to enter it where
/// rows are not kept, and `f² / 2` for conjugate gradients to start from the last factors. Beside
/// ratings and factors it needs the ratings a second time, by item, and the fixed side a second time
/// where it is gathered 16 times a row and more, or by conjugate gradients. With ν above 0 there are
/// `10 f³` more for a half-step, and `f²` instead of `f² / 2` to enter and to leave the basis. The
/// loss never rises from one half-step to the next, but for rounding.
///
/// The result depends on the arguments alone, not on threads or processor. A user or item without
/// ratings gets factors of exactly zero.
///
/// # Errors
/// One of a field out of range ([`AlsConfig::validate`]); [`AlsError::EmptyMatrix`],
/// [`AlsError::Rating`] for ratings that cannot be used; [`AlsError::NotPositiveDefinite`] or
/// [`AlsError::NonFinite`] where a row cannot be solved, the lowest such row of the half-step;
/// [`AlsError::Memory`] when there is no room for the factors, or for those of a fixed side once
/// more, whitened (room for the ratings by item and for the threads' systems is not checked);
/// [`AlsError::Cancelled`] when the observer says so.
pub fn train(
    ratings: &Csr,
    config: &AlsConfig,
    observer: &mut dyn Observer,
) -> Result<Factors, AlsError> {
    run(ratings, config, None, observer)
}

/// [`train`] from the state after some of the iterations, for the others: with the same ratings and
/// configuration the result has the bytes of a training that was not interrupted.
///
/// Iterations keep their numbers. Where as many are done as the configuration asks for, or more,
/// the factors come back as they are.
///
/// # Errors
/// Those of [`train`]; [`AlsError::Mismatch`] when the factors are not those of as many users and
/// items, or of another number of factors.
pub fn resume(
    ratings: &Csr,
    config: &AlsConfig,
    from: Resumption,
    observer: &mut dyn Observer,
) -> Result<Factors, AlsError> {
    from.factors.check_fits(ratings)?;
    if from.factors.factors()? != config.factors {
        return Err(AlsError::Mismatch {
            left: "the configuration",
            left_size: config.factors,
            right: crate::USER_FACTORS,
            right_size: from.factors.users.columns(),
            unit: "factors",
        });
    }
    run(ratings, config, Some(from), observer)
}

fn run(
    ratings: &Csr,
    config: &AlsConfig,
    from: Option<Resumption>,
    observer: &mut dyn Observer,
) -> Result<Factors, AlsError> {
    config.validate()?;
    let greatest = check_ratings(ratings, config)?;
    // First, so that too many factors are known before the work starts.
    let Resumption { iteration: done, factors } = match from {
        Some(from) => from,
        None => Resumption { iteration: 0, factors: start(ratings, config)? },
    };
    let by_item = ratings.transpose();
    let (by_user, by_item, grams) = (ratings, &by_item, [None, None]);
    let mut training = Training { by_user, by_item, config, greatest, factors, grams };
    for iteration in done + 1..=config.iterations {
        for side in [Side::User, Side::Item] {
            let started = Instant::now();
            training.solve(side)?;
            let progress = Progress {
                iteration,
                iterations: config.iterations,
                side,
                seconds: started.elapsed().as_secs_f64(),
                loss: observer.wants_loss(iteration, side).then(|| training.loss()),
            };
            if observer.half_step(&progress).is_break() {
                return Err(AlsError::Cancelled { iteration, side });
            }
        }
        if observer.iteration(iteration, &training.factors).is_break() {
            break;
        }
    }
    Ok(training.factors)
}

/// Checks that there are ratings and that each makes a confidence; gives the greatest of these.
fn check_ratings(ratings: &Csr, config: &AlsConfig) -> Result<f32, AlsError> {
    let (users, items, entries) = (ratings.rows(), ratings.columns(), ratings.entries());
    if users == 0 || items == 0 || entries == 0 {
        return Err(AlsError::EmptyMatrix { users, items, entries });
    }
    let mut greatest: f32 = 1.0;
    for user in 0..users {
        let (columns, values) = ratings.row(user);
        for (&item, &rating) in columns.iter().zip(values) {
            let confidence = config.confidence(rating);
            if !config.admits(rating) {
                return Err(AlsError::Rating { user, item: item as usize, rating });
            }
            greatest = greatest.max(confidence);
        }
    }
    Ok(greatest)
}

fn start(ratings: &Csr, config: &AlsConfig) -> Result<Factors, AlsError> {
    Ok(Factors {
        users: Matrix::zeros(ratings.rows(), config.factors)?,
        items: random_start(ratings.columns(), config)?,
    })
}

fn random_start(items: usize, config: &AlsConfig) -> Result<Matrix, AlsError> {
    let mut generator = ChaCha8Rng::seed_from_u64(config.random_state);
    let mut start = Matrix::zeros(items, config.factors)?;
    match config.init_scale {
        None => {
            for value in start.as_mut_slice() {
                *value = generator.random::<f32>() * START_RANGE;
            }
        }
        Some(scale) => {
            let deviation = scale / (config.factors as f64).sqrt();
            for pair in start.as_mut_slice().chunks_mut(2) {
                let normal = normal_pair(generator.random(), generator.random());
                for (value, normal) in pair.iter_mut().zip(normal) {
                    *value = (deviation * normal) as f32;
                }
            }
        }
    }
    Ok(start)
}

/// Two values of the standard normal distribution from two between 0 and 1 (Box and Muller, *A note
/// on the generation of random normal deviates*, 1958).
fn normal_pair(radius: f64, angle: f64) -> [f64; 2] {
    // Functions whose last digit is the same on every processor; 1 − radius is never 0.
    let radius = (-2.0 * libm::log(1.0 - radius)).sqrt();
    let (sine, cosine) = libm::sincos(std::f64::consts::TAU * angle);
    [radius * cosine, radius * sine]
}

struct Training<'a> {
    by_user: &'a Csr,
    by_item: &'a Csr,
    config: &'a AlsConfig,
    /// The greatest confidence of a rating.
    greatest: f32,
    factors: Factors,
    /// Gram matrices of the users and the items, while they are those of `factors`.
    grams: [Option<Triangle>; 2],
}

impl Training<'_> {
    fn solve(&mut self, side: Side) -> Result<(), AlsError> {
        let (ratings, fixed, solved, [gram_of_fixed, gram_of_solved]) =
            match (side, &mut self.grams) {
                (Side::User, [users, items]) => {
                    (self.by_user, &self.factors.items, &mut self.factors.users, [items, users])
                }
                (Side::Item, [users, items]) => {
                    (self.by_item, &self.factors.users, &mut self.factors.items, [users, items])
                }
            };
        *gram_of_solved = None;
        let gram = gram_of_fixed.get_or_insert_with(|| gram(fixed));
        let choice = Choice::new(ratings, self.config, self.greatest);
        let prepared = Prepared::new(gram, fixed.rows(), self.config, choice);
        let prepared = &prepared.keep_whitened(fixed)?;
        half_step(side, ratings, &FixedSide { factors: fixed, prepared }, solved)
    }

    fn loss(&mut self) -> f64 {
        let [users, items] = &mut self.grams;
        let users = users.get_or_insert_with(|| gram(&self.factors.users));
        let items = items.get_or_insert_with(|| gram(&self.factors.items));
        loss_with(self.by_user, &self.factors, self.config, users, items)
    }
}
