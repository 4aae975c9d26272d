use marquee_als::AlsConfig;
use marquee_dataset::Csr;
use marquee_tuning::{Range, Settings, Space};

pub(super) const FACTORS: &str = "factors";
pub(super) const ROW_REGULARIZATION: &str = "row_regularization";
pub(super) const ALPHA: &str = "alpha";
pub(super) const UNOBSERVED_WEIGHT: &str = "unobserved_weight";
pub(super) const FREQUENCY_SCALING: &str = "frequency_scaling";
pub(super) const HALF_LIFE_DAYS: &str = "half_life_days";

/// What a search varies unless told otherwise.
///
/// `row_regularization` is λ as it is for users on average, `λ · mean((n + α₀ m)^ν)`, so that one
/// range serves every ν and every size of data; [`TuningWinner`](crate::TuningWinner) has the
/// `regularization` this makes. `half_life_days` 0 is none.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "the ranges are written here")]
pub fn default_space() -> Space {
    Space::new([
        (FACTORS, Range::OneOf(vec![32.0, 64.0, 128.0])),
        (ROW_REGULARIZATION, Range::Log { low: 0.1, high: 100.0 }),
        (ALPHA, Range::Log { low: 0.1, high: 40.0 }),
        (UNOBSERVED_WEIGHT, Range::Log { low: 0.01, high: 1.0 }),
        (FREQUENCY_SCALING, Range::Linear { low: 0.0, high: 1.0 }),
        (HALF_LIFE_DAYS, Range::OneOf(vec![0.0])),
    ])
    .expect("these ranges hold values")
}

/// The configuration these settings mean for a training on these ratings.
pub(super) fn config(settings: &Settings, ratings: &Csr, base: &AlsConfig) -> AlsConfig {
    let value = |name: &str| settings[name];
    let config = AlsConfig {
        // Whatever is no number of factors becomes one that is refused.
        factors: value(FACTORS).round() as usize,
        alpha: value(ALPHA),
        unobserved_weight: value(UNOBSERVED_WEIGHT),
        frequency_scaling: value(FREQUENCY_SCALING),
        ..base.clone()
    };
    config.with_row_regularization(value(ROW_REGULARIZATION), ratings)
}

/// The settings that mean this configuration.
pub(super) fn of_config(config: &AlsConfig, ratings: &Csr) -> Settings {
    [
        (FACTORS, config.factors as f64),
        (ROW_REGULARIZATION, config.regularization * config.mean_row_scale(ratings)),
        (ALPHA, config.alpha),
        (UNOBSERVED_WEIGHT, config.unobserved_weight),
        (FREQUENCY_SCALING, config.frequency_scaling),
        (HALF_LIFE_DAYS, 0.0),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// The half-life of these settings, if they have one.
pub(super) fn half_life(settings: &Settings) -> Option<f64> {
    settings.get(HALF_LIFE_DAYS).copied().filter(|days| *days > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_becomes_settings_and_comes_back() {
        let (ratings, _) =
            Csr::from_triplets(3, 4, vec![(0, 0, 1.0), (0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0)]);
        for (regularization, weight, scaling) in
            [(0.01, 1.0, 0.0), (0.003, 0.25, 1.0), (0.5, 0.1, 0.5)]
        {
            let config_of = AlsConfig {
                regularization,
                unobserved_weight: weight,
                frequency_scaling: scaling,
                ..AlsConfig::default()
            };
            let settings = of_config(&config_of, &ratings);
            assert_eq!(config(&settings, &ratings, &AlsConfig::default()), config_of);
        }
        // Rows of 2, 1 and 1 ratings of 4 films at half weight: 4, 3 and 3.
        let settings = of_config(
            &AlsConfig {
                regularization: 0.3,
                unobserved_weight: 0.5,
                frequency_scaling: 1.0,
                ..AlsConfig::default()
            },
            &ratings,
        );
        assert!((settings[ROW_REGULARIZATION] - 1.0).abs() < 1e-12);
    }
}
