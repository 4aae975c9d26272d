use std::fmt::Display;

use clap::ValueEnum;
use marquee_als::{
    AlsConfig, AlsSettings, DEFAULT_ALPHA, DEFAULT_FACTORS, DEFAULT_FREQUENCY_SCALING,
    DEFAULT_INIT_SCALE, DEFAULT_ITERATIONS, DEFAULT_ROW_REGULARIZATION, DEFAULT_UNOBSERVED_WEIGHT,
    Solver,
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
    /// Weight λ of the squared factors in the loss, the same for all data [default: chosen by
    /// --row-regularization]
    #[arg(long, conflicts_with = "row_regularization")]
    regularization: Option<f64>,
    #[arg(long, help = told(
        "Choose the λ that users of the data have this regularization with on average, or less where \
         their ratings and the films are few",
        DEFAULT_ROW_REGULARIZATION,
    ))]
    row_regularization: Option<f64>,
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
    #[arg(long, help = told(
        "Start from a normal distribution with this deviation divided by the root of the factors",
        DEFAULT_INIT_SCALE,
    ))]
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
    pub fn settings(&self) -> AlsSettings {
        let base = match self.preset {
            Some(Preset::Reference) => AlsSettings::from(AlsConfig::reference()),
            None => AlsSettings::default(),
        };
        let AlsSettings { config, row_regularization } = base;
        AlsSettings {
            row_regularization: match self.regularization {
                Some(_) => None,
                None => self.row_regularization.or(row_regularization),
            },
            config: AlsConfig {
                factors: self.factors.unwrap_or(config.factors),
                regularization: self.regularization.unwrap_or(config.regularization),
                iterations: self.iterations.unwrap_or(config.iterations),
                alpha: self.alpha.unwrap_or(config.alpha),
                unobserved_weight: self.unobserved_weight.unwrap_or(config.unobserved_weight),
                frequency_scaling: self.frequency_scaling.unwrap_or(config.frequency_scaling),
                init_scale: self.init_scale.or(config.init_scale),
                random_state: self.random_state,
                solver: self.solver,
            },
        }
    }
}
