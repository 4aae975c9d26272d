use std::{collections::BTreeMap, fmt, str::FromStr};

use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use serde::{Deserialize, Serialize};

use crate::TuningError;

/// Values of settings by name.
pub type Settings = BTreeMap<String, f64>;

/// The values a setting may have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Range {
    /// One of these, each as likely; of one it is always that.
    OneOf(Vec<f64>),
    /// Anything between, each as likely.
    Linear {
        /// The least.
        low: f64,
        /// The greatest.
        high: f64,
    },
    /// Anything between, each order of magnitude as likely.
    Log {
        /// The least, above 0.
        low: f64,
        /// The greatest.
        high: f64,
    },
}

impl Range {
    fn is_valid(&self) -> bool {
        match self {
            Self::OneOf(values) => !values.is_empty() && values.iter().all(|v| v.is_finite()),
            Self::Linear { low, high } => low.is_finite() && high.is_finite() && low <= high,
            Self::Log { low, high } => *low > 0.0 && high.is_finite() && low <= high,
        }
    }

    /// The value at a place between 0 and 1, with three significant digits, so that what is run is
    /// what is written down. Ends stay as they are.
    fn at(&self, place: f64) -> f64 {
        match self {
            Self::OneOf(values) => {
                let index = (place * values.len() as f64) as usize;
                values[index.min(values.len() - 1)]
            }
            Self::Linear { low, high } => {
                three_digits(low + place * (high - low)).clamp(*low, *high)
            }
            Self::Log { low, high } => {
                three_digits((low.ln() + place * (high / low).ln()).exp()).clamp(*low, *high)
            }
        }
    }

    /// Whether there is more than one value to choose from.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self {
            Self::OneOf(values) => values.iter().any(|value| *value != values[0]),
            Self::Linear { low, high } | Self::Log { low, high } => low < high,
        }
    }
}

fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneOf(values) => {
                let values: Vec<String> = values.iter().map(f64::to_string).collect();
                f.write_str(&values.join(","))
            }
            Self::Linear { low, high } => write!(f, "{low}..{high}"),
            Self::Log { low, high } => write!(f, "log:{low}..{high}"),
        }
    }
}

/// `0.5` (always that), `16,32,64` (one of them), `0..1`, or `log:0.001..10`.
impl FromStr for Range {
    type Err = TuningError;

    fn from_str(text: &str) -> Result<Self, TuningError> {
        let wrong = || TuningError::Range { name: "a range".to_owned(), range: text.to_owned() };
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
        let (is_log, ends) = match text.strip_prefix("log:") {
            Some(ends) => (true, ends),
            None => (false, text),
        };
        let range = match ends.split_once("..") {
            Some((low, high)) if is_log => Self::Log { low: number(low)?, high: number(high)? },
            Some((low, high)) => Self::Linear { low: number(low)?, high: number(high)? },
            None if is_log => return Err(wrong()),
            None => Self::OneOf(ends.split(',').map(number).collect::<Result<_, _>>()?),
        };
        if range.is_valid() { Ok(range) } else { Err(wrong()) }
    }
}

/// The settings of a search and their values, in an order that draws depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Space {
    settings: Vec<(String, Range)>,
}

impl Space {
    /// A space of these settings.
    ///
    /// # Errors
    /// [`TuningError`] when there is none, one twice, or a range without values.
    pub fn new<Name: Into<String>>(
        settings: impl IntoIterator<Item = (Name, Range)>,
    ) -> Result<Self, TuningError> {
        let settings: Vec<(String, Range)> =
            settings.into_iter().map(|(name, range)| (name.into(), range)).collect();
        if settings.is_empty() {
            return Err(TuningError::Space("there is no setting to search".to_owned()));
        }
        for (place, (name, range)) in settings.iter().enumerate() {
            if !range.is_valid() {
                let (name, range) = (name.clone(), range.to_string());
                return Err(TuningError::Range { name, range });
            }
            if settings[..place].iter().any(|(other, _)| other == name) {
                return Err(TuningError::Space(format!("{name} is there twice")));
            }
        }
        Ok(Self { settings })
    }

    /// Gives a setting of the space another range.
    ///
    /// # Errors
    /// [`TuningError`] when the space has no such setting, naming those it has, or the range no
    /// value.
    pub fn set(&mut self, name: &str, range: Range) -> Result<(), TuningError> {
        if !range.is_valid() {
            let range = range.to_string();
            return Err(TuningError::Range { name: name.to_owned(), range });
        }
        match self.settings.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = range,
            None => {
                let known: Vec<&str> = self.settings.iter().map(|(name, _)| &name[..]).collect();
                let known = known.join(", ");
                return Err(TuningError::Space(format!(
                    "there is no setting {name}; those are {known}"
                )));
            }
        }
        Ok(())
    }

    /// Names and ranges, in order.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Range)> {
        self.settings.iter().map(|(name, range)| (&name[..], range))
    }

    /// The settings of a trial: a stream of random numbers for each, so that the first trials of
    /// a search are those of a longer one.
    #[must_use]
    pub fn draw(&self, seed: u64, trial: usize) -> Settings {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(trial as u64);
        let at = |(name, range): &(String, Range)| (name.clone(), range.at(random.random()));
        self.settings.iter().map(at).collect()
    }
}
