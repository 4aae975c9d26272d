use marquee_dataset::Csr;

use crate::{AlsConfig, AlsError, DEFAULT_ROW_REGULARIZATION, ROW_REGULARIZATION_LIMIT};

/// Settings of a training that may leave λ to the ratings.
///
/// A λ that is right for one data set is wrong by orders of magnitude for another, as with ν = 1
/// it is multiplied with a row's ratings and the number of items. What users are regularized with
/// on average carries over, down to some hundred of those products. Where they are smaller it would
/// leave nothing but popularity: with ν = 1 a taste is only found while λ is below its singular
/// value in the matrix of confidences divided by the roots of both sides' `n + α₀ m`, and these do
/// not grow with the data. So it is at most [`ROW_REGULARIZATION_LIMIT`] times their mean.
///
/// ```
/// use marquee_als::AlsSettings;
/// use marquee_dataset::Csr;
///
/// // Two users of three films, with two ratings and one.
/// let (ratings, _) = Csr::from_triplets(2, 3, vec![(0, 0, 1.0), (0, 1, 1.0), (1, 2, 1.0)]);
/// let settings = AlsSettings { row_regularization: Some(0.09), ..AlsSettings::default() };
/// // With ν = 1 and α₀ = 0.1 their scales are 2.3 and 1.3, 1.8 on average.
/// assert_eq!(settings.for_ratings(&ratings).regularization, 0.05);
/// // 8 would be far too much for so few.
/// assert_eq!(AlsSettings::default().for_ratings(&ratings).regularization, 0.08);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AlsSettings {
    /// The settings; `regularization` counts where `row_regularization` is `None`.
    pub config: AlsConfig,
    /// λ as it is to be for users on average, where that is within the limit: finite, above 0.
    /// `None` takes λ from `config`. Default [`DEFAULT_ROW_REGULARIZATION`].
    pub row_regularization: Option<f64>,
}

impl Default for AlsSettings {
    fn default() -> Self {
        Self { config: AlsConfig::default(), row_regularization: Some(DEFAULT_ROW_REGULARIZATION) }
    }
}

impl From<AlsConfig> for AlsSettings {
    /// The configuration as it is.
    fn from(config: AlsConfig) -> Self {
        Self { config, row_regularization: None }
    }
}

impl AlsSettings {
    /// Checks every field against its range.
    ///
    /// # Errors
    /// The variant of [`AlsError`] that belongs to the first field out of range.
    pub fn validate(&self) -> Result<(), AlsError> {
        self.config.validate()?;
        match self.row_regularization {
            Some(regularization) if !(regularization.is_finite() && regularization > 0.0) => {
                Err(AlsError::Regularization { regularization })
            }
            _ => Ok(()),
        }
    }

    /// The configuration for these ratings, as
    /// [`with_row_regularization`](AlsConfig::with_row_regularization) makes it. O(users).
    #[must_use]
    pub fn for_ratings(&self, ratings: &Csr) -> AlsConfig {
        match self.row_regularization {
            Some(given) => {
                let limit = ROW_REGULARIZATION_LIMIT * self.config.mean_row_weight(ratings);
                self.config.clone().with_row_regularization(given.min(limit), ratings)
            }
            None => self.config.clone(),
        }
    }
}
