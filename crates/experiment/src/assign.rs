use std::{collections::HashSet, io};

use sha2::{Digest, Sha256};

use crate::{ExperimentConfig, ExperimentError};

/// A checked experiment, ready to assign users.
#[derive(Debug, Clone)]
pub struct Experiment {
    config: ExperimentConfig,
    /// Upper end of each variant's part of the line; its lower end is the one before it.
    upper: Vec<f64>,
    /// The last variant anyone gets: it takes all that is left, 1 included.
    last: usize,
    /// The hash after the part of its input that is the same for every user.
    salted: Sha256,
}

/// Where a user falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assignment<'a> {
    /// The variant's name.
    pub variant: &'a str,
    /// The variant's place in the experiment, from 0.
    pub index: usize,
    /// The user's place on the line, from 0 to 1. Below 1 but for rounding: the 64 highest of the
    /// 16^15 places round to 1.
    pub bucket: f64,
}

impl Experiment {
    /// Checks a configuration.
    ///
    /// # Errors
    /// [`Empty`](ExperimentError::Empty), [`NoVariants`](ExperimentError::NoVariants),
    /// [`DuplicateVariant`](ExperimentError::DuplicateVariant),
    /// [`Weight`](ExperimentError::Weight) or [`WeightSum`](ExperimentError::WeightSum), by the
    /// first thing found wrong.
    pub fn new(config: ExperimentConfig) -> Result<Self, ExperimentError> {
        check_names(&config)?;
        let sum = weight_sum(&config)?;
        let mut reached = 0.0;
        let upper = config
            .variants
            .iter()
            .map(|variant| {
                reached += variant.weight / sum;
                reached
            })
            .collect();
        let last = config
            .variants
            .iter()
            .rposition(|variant| variant.weight > 0.0)
            .ok_or(ExperimentError::WeightSum { sum })?;
        let salted = Sha256::new().chain_update(&config.salt).chain_update(b":");
        Ok(Self { config, upper, last, salted })
    }

    /// The experiment itself, if every variant is one of `allowed`.
    ///
    /// # Errors
    /// [`ExperimentError::UnknownVariant`] names the first that is not, and those that are.
    pub fn restricted_to(self, allowed: &[&str]) -> Result<Self, ExperimentError> {
        let unknown =
            self.config.variants.iter().find(|variant| !allowed.contains(&variant.name.as_str()));
        match unknown {
            Some(variant) => Err(ExperimentError::UnknownVariant {
                name: variant.name.clone(),
                allowed: allowed.iter().copied().map(String::from).collect(),
            }),
            None => Ok(self),
        }
    }

    /// The configuration it was made from.
    #[must_use]
    pub fn config(&self) -> &ExperimentConfig {
        &self.config
    }

    /// The variant of a user: always the same for the same salt, weights and id.
    ///
    /// The bucket is the first 15 hexadecimal digits of SHA-256(`"{salt}:{user_id}"`) over 16^15.
    /// A variant takes `[lo, hi)` of the cumulative weights over their sum, in listed order; the
    /// last with a weight takes the rest up to and including 1. One SHA-256 block for salts of
    /// usual length; nothing is allocated.
    #[must_use]
    pub fn assign(&self, user_id: u64) -> Assignment<'_> {
        let bucket = self.bucket(user_id);
        let index = self.index_at(bucket);
        Assignment { variant: &self.config.variants[index].name, index, bucket }
    }

    fn index_at(&self, bucket: f64) -> usize {
        let before_last = &self.upper[..self.last];
        before_last.iter().position(|&upper| bucket < upper).unwrap_or(self.last)
    }

    fn bucket(&self, user_id: u64) -> f64 {
        let mut hash = HashWriter(self.salted.clone());
        // Writing into a hash cannot fail.
        let written = io::Write::write_fmt(&mut hash, format_args!("{user_id}"));
        debug_assert!(written.is_ok());
        let digest = hash.0.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        // 15 hexadecimal digits are 60 bits. Dividing by a power of two is exact, so the only
        // rounding is that of the integer, as in a correctly rounded division of integers.
        (u64::from_be_bytes(first) >> 4) as f64 / (1_u64 << 60) as f64
    }
}

/// Lets a number be formatted straight into the hash.
struct HashWriter(Sha256);

impl io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn check_names(config: &ExperimentConfig) -> Result<(), ExperimentError> {
    for (field, value) in [("experiment_id", &config.experiment_id), ("salt", &config.salt)] {
        if value.is_empty() {
            return Err(ExperimentError::Empty { field });
        }
    }
    if config.variants.is_empty() {
        return Err(ExperimentError::NoVariants);
    }
    let mut names = HashSet::new();
    for variant in &config.variants {
        if variant.name.is_empty() {
            return Err(ExperimentError::Empty { field: "variants[].name" });
        }
        if !names.insert(variant.name.as_str()) {
            return Err(ExperimentError::DuplicateVariant { name: variant.name.clone() });
        }
    }
    Ok(())
}

fn weight_sum(config: &ExperimentConfig) -> Result<f64, ExperimentError> {
    for variant in &config.variants {
        if !variant.weight.is_finite() || variant.weight < 0.0 {
            return Err(ExperimentError::Weight {
                name: variant.name.clone(),
                weight: variant.weight,
            });
        }
    }
    let sum: f64 = config.variants.iter().map(|variant| variant.weight).sum();
    if sum > 0.0 && sum.is_finite() { Ok(sum) } else { Err(ExperimentError::WeightSum { sum }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Variant;

    /// No user id is known to fall on the very end of the line, so the end is asked for here.
    #[test]
    fn the_last_variant_with_a_weight_takes_the_end_of_the_line() {
        let mut variants: Vec<Variant> =
            (0..10).map(|place| Variant { name: format!("v{place}"), weight: 0.1 }).collect();
        variants.push(Variant { name: String::from("nobody"), weight: 0.0 });
        let config = ExperimentConfig {
            experiment_id: String::from("end"),
            salt: String::from("end"),
            variants,
        };
        let experiment = Experiment::new(config).unwrap();
        assert_eq!(experiment.index_at(1.0), 9);
        assert_eq!(experiment.index_at(1.0_f64.next_down()), 9);
        assert_eq!(experiment.index_at(0.0), 0);
        assert_eq!(experiment.index_at(experiment.upper[0]), 1);
        assert_eq!(experiment.index_at(experiment.upper[0].next_down()), 0);
    }
}
