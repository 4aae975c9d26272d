use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Settings of [`PopGenModel`](crate::PopGenModel).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PopGenConfig {
    /// How much genres count: a film whose genres hold a share s of the user's weight has its
    /// popularity multiplied by 1 + `alpha` · s. From 0 (popularity alone); default 0.3.
    pub alpha: f64,
    /// How many of the most popular films are ranked. From 1; default 2000.
    pub pool: usize,
}

impl PopGenConfig {
    /// Default of [`alpha`](Self::alpha).
    pub const DEFAULT_ALPHA: f64 = 0.3;
    /// Default of [`pool`](Self::pool).
    pub const DEFAULT_POOL: usize = 2000;

    /// Checks every field.
    ///
    /// # Errors
    /// [`ConfigError`] for the first field out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !(self.alpha.is_finite() && self.alpha >= 0.0) {
            return Err(ConfigError::Alpha(self.alpha));
        }
        if self.pool == 0 {
            return Err(ConfigError::Pool);
        }
        Ok(())
    }
}

impl Default for PopGenConfig {
    fn default() -> Self {
        Self { alpha: Self::DEFAULT_ALPHA, pool: Self::DEFAULT_POOL }
    }
}

/// A setting out of range.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// `alpha` is negative or not finite.
    #[error("alpha {0} must be a finite number from 0")]
    Alpha(f64),
    /// `pool` is 0.
    #[error("the pool must hold at least one film")]
    Pool,
}
