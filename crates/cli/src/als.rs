use std::fmt::Display;

use clap::ValueEnum;
use marquee_als::{
    AlsConfig, DEFAULT_ALPHA, DEFAULT_FACTORS, DEFAULT_FREQUENCY_SCALING, DEFAULT_ITERATIONS,
    DEFAULT_REGULARIZATION, DEFAULT_UNOBSERVED_WEIGHT, Solver,
};

/// The settings of an ALS model.
#[derive(Debug, Clone, clap::Args)]
pub struct AlsArgs {
    /// Settings to start from: reference are those of the Python system this replaces (50 factors,
    /// regularization 0.01, 20 iterations, alpha 40, no tricks); flags given beside it win
    #[arg(long, value_enum)]
    preset: Option<Preset>,
    #[arg(long, help = told("Length of the factor vectors", DEFAULT_FACTORS))]
    factors: Option<usize>,
    #[arg(long, help = told("Weight of the squared factors in the loss", DEFAULT_REGULARIZATION))]
    regularization: Option<f64>,
    #[arg(long, help = told("How often users and movies are each solved for", DEFAULT_ITERATIONS))]
    iterations: Option<usize>,
    #[arg(long, help = told("Confidence each rating point adds", DEFAULT_ALPHA))]
    alpha: Option<f64>,
    #[arg(long, help = told(
        "Confidence of a film that was not watched, up to 1; beside it a rating has 1 + alpha × rating",
        DEFAULT_UNOBSERVED_WEIGHT,
    ))]
    unobserved_weight: Option<f64>,
    #[arg(long, help = told(
        "How the regularization grows with a row's ratings, 0 (not) to 1 (in proportion)",
        DEFAULT_FREQUENCY_SCALING,
    ))]
    frequency_scaling: Option<f64>,
    /// Start from a normal distribution with this deviation divided by the root of the factors
    /// [default: uniform from 0 to 0.01]
    #[arg(long)]
    init_scale: Option<f64>,
    /// Seed of the random start of ALS
    #[arg(long, default_value_t = marquee_als::DEFAULT_RANDOM_STATE)]
    random_state: u64,
    /// How a row is solved: auto, cholesky, woodbury, cg
    #[arg(long, default_value = "auto")]
    solver: Solver,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Preset {
    /// 50 factors, regularization 0.01, 20 iterations, alpha 40, no tricks
    Reference,
}

fn told(what: &str, default: impl Display) -> String {
    format!("{what} [default: {default}]")
}

impl AlsArgs {
    /// The settings these arguments ask for: those of the preset or the defaults, but for the flags
    /// that were given.
    #[must_use]
    pub fn config(&self) -> AlsConfig {
        let base = match self.preset {
            Some(Preset::Reference) => AlsConfig::reference(),
            None => AlsConfig::default(),
        };
        AlsConfig {
            factors: self.factors.unwrap_or(base.factors),
            regularization: self.regularization.unwrap_or(base.regularization),
            iterations: self.iterations.unwrap_or(base.iterations),
            alpha: self.alpha.unwrap_or(base.alpha),
            unobserved_weight: self.unobserved_weight.unwrap_or(base.unobserved_weight),
            frequency_scaling: self.frequency_scaling.unwrap_or(base.frequency_scaling),
            init_scale: self.init_scale.or(base.init_scale),
            random_state: self.random_state,
            solver: self.solver,
        }
    }
}
