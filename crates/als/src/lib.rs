//! Implicit-feedback matrix factorization by alternating least squares, and the model it gives.
//!
//! After Hu, Koren and Volinsky, *Collaborative Filtering for Implicit Feedback Datasets* (ICDM
//! 2008): every cell of the user × item matrix has the preference `p` 1 where there is a rating and
//! 0 where there is none, and the confidence `c = 1 + alpha · |rating|` (α₀ where there is none). A
//! negative rating is a dislike: preference 0, with the confidence of its size. [`train`] finds user
//! factors `x` and item factors `y` with a low
//!
//! ```text
//! Σ_observed c(p − x·y)² + α₀ Σ_unobserved (x·y)² + Σ_u λ_u‖x_u‖² + Σ_i λ_i‖y_i‖²
//! ```
//!
//! by solving for all users with the items fixed and the other way round, in turn. By default
//! `α₀ = 1` and all λ are the same, as in that paper; with an exponent ν above 0 a row with `n`
//! ratings of `m` possible ones has `λ (n + α₀ m)^ν`, after Rendle, Krichene, Zhang and Koren,
//! *Revisiting the Performance of iALS on Item Recommendation Benchmarks* (2021). [`loss`] is that
//! sum. [`resume`] takes a training up again after some of its iterations. [`AlsModel`] answers
//! requests from the [`Factors`]: an exact top-k that looks at few items. [`FoldIn`] finds factors
//! of users and items that were not in the training, and says which ratings a score comes from;
//! with [`AlsModel::with_fold_in`] a request that names what a user did since the training is
//! answered by it. [`write_npz`] and [`read_npz`] keep the factors in a file NumPy reads.
//!
//! The same ratings, configuration and seed give the same bytes, whatever the number of threads and
//! whichever vector instructions the processor has. Training runs on the current rayon thread pool.
//! It neither prints nor reads a clock for anything but [`Progress::seconds`]; an [`Observer`] hears
//! of every half-step and can stop it. No files but the one format above: where a model lives, and
//! that it appears whole or not at all, is the caller's.
//!
//! ```
//! use marquee_als::{AlsConfig, AlsModel, AlsSettings, Silent, train};
//! use marquee_dataset::{Csr, MovieVocabulary, UserVocabulary};
//! use marquee_recommender::{Recommender, Request};
//!
//! // Users 1 and 2 share a taste; user 3 has another.
//! let entries = vec![(0, 0, 5.0), (0, 1, 5.0), (1, 0, 4.0), (2, 2, 5.0)];
//! let (ratings, _) = Csr::from_triplets(3, 3, entries);
//! let config = AlsConfig { factors: 2, ..AlsSettings::default().for_ratings(&ratings) };
//! let factors = train(&ratings, &config, &mut Silent)?;
//!
//! let movies = MovieVocabulary::new(["alien+1979", "brazil+1985", "casablanca+1942"]);
//! let model = AlsModel::new(factors, UserVocabulary::new([1, 2, 3]), movies, None)?;
//! let best = model.recommend(&Request::unseen(model.user_row(2), 2));
//! let films: Vec<&str> = best.iter().flatten().map(|scored| model.movie_id(scored.item)).collect();
//! assert_eq!(films, ["alien+1979", "brazil+1985"]);
//! # Ok::<(), marquee_als::AlsError>(())
//! ```

mod answer;
mod config;
mod cost;
mod error;
mod fold_in;
mod gram;
mod half_step;
mod index;
#[cfg(test)]
mod instructions;
mod kernel;
mod lanes;
mod live;
mod loss;
mod matrix;
mod model;
mod npz;
mod observer;
mod prefetch;
mod rotation;
mod settings;
mod similar;
mod solve;
mod spectrum;
mod train;
mod triangle;
mod whitening;

pub use config::{
    AlsConfig, DEFAULT_ALPHA, DEFAULT_FACTORS, DEFAULT_FREQUENCY_SCALING, DEFAULT_INIT_SCALE,
    DEFAULT_ITERATIONS, DEFAULT_RANDOM_STATE, DEFAULT_REGULARIZATION, DEFAULT_ROW_REGULARIZATION,
    DEFAULT_UNOBSERVED_WEIGHT, MAX_FACTORS, ROW_REGULARIZATION_LIMIT, Solver,
};
pub use error::{AlsError, ModelFileFault};
pub use fold_in::{Contribution, Explanation, FoldIn};
pub use live::LiveRatings;
pub use loss::loss;
pub use matrix::{Factors, Matrix};
pub use model::AlsModel;
pub use npz::{ITEM_FACTORS, USER_FACTORS, read_npz, write_npz};
pub use observer::{Observer, Progress, Side, Silent};
pub use settings::AlsSettings;
pub use similar::SimilarUser;
pub use train::{Resumption, resume, train};
