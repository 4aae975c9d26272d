use crate::{SynthError, schedule::SECONDS_PER_DAY};

/// The first second of the year 10000, which the log's four-digit years can not hold.
const YEAR_10000: i64 = 253_402_300_800;

/// What to generate. The same configuration gives the same bytes.
///
/// ```
/// use marquee_synth::SynthConfig;
///
/// let config = SynthConfig { users: 0, ..SynthConfig::default() };
/// assert!(config.validate().is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SynthConfig {
    /// Number of users, 1..=[`MAX_USERS`](Self::MAX_USERS). Default
    /// [`DEFAULT_USERS`](Self::DEFAULT_USERS).
    ///
    /// Their ids are drawn from 1 to 1,000,000, or to twice their number if that is more.
    pub users: u32,
    /// Number of films, `taste_groups`..=[`MAX_MOVIES`](Self::MAX_MOVIES). Default
    /// [`DEFAULT_MOVIES`](Self::DEFAULT_MOVIES).
    pub movies: u32,
    /// Number of sessions; in each a user watches one film. 0 gives an empty log. Default
    /// [`DEFAULT_SESSIONS`](Self::DEFAULT_SESSIONS).
    pub sessions: u32,
    /// The seed of everything random. Default [`DEFAULT_SEED`](Self::DEFAULT_SEED).
    pub seed: u64,
    /// Whether one line in about seventy is one no reader may accept. The other lines are those of
    /// the same configuration without it. Default false.
    pub dirty: bool,
    /// When the log begins: seconds since 1970-01-01T00:00 UTC, at least 0. The daily rhythm
    /// counts hours from here, so it is a midnight. Default
    /// [`DEFAULT_START_SECOND`](Self::DEFAULT_START_SECOND).
    pub start_second: i64,
    /// Days over which sessions begin, at least 1. Default [`DEFAULT_DAYS`](Self::DEFAULT_DAYS).
    pub days: u32,
    /// Number of groups that films fall into and users have a taste for, at least 1. Default
    /// [`DEFAULT_TASTE_GROUPS`](Self::DEFAULT_TASTE_GROUPS).
    pub taste_groups: u16,
    /// Probability that a pick follows the user's taste instead of the popularity of all films,
    /// 0..=1. Default [`DEFAULT_TASTE_SHARE`](Self::DEFAULT_TASTE_SHARE).
    pub taste_share: f64,
    /// Zipf's exponent s of popularity: the film of rank r is picked in proportion to 1 / r^s,
    /// 0..=4. Default [`DEFAULT_POPULARITY_EXPONENT`](Self::DEFAULT_POPULARITY_EXPONENT).
    pub popularity_exponent: f64,
    /// Minutes watched of a film on average, where it is not [abandoned](Self::abandon_share),
    /// 1..=1000; each gives a line. Real viewers watch more, the default keeps logs small:
    /// [`DEFAULT_MEAN_MINUTES`](Self::DEFAULT_MEAN_MINUTES).
    pub mean_minutes: f64,
    /// Probability that a watch of a film outside the user's taste groups is abandoned: it lasts
    /// one to three minutes, all as likely, whatever [`mean_minutes`](Self::mean_minutes) is;
    /// 0..=1. Default 0: minutes say nothing of tastes.
    pub abandon_share: f64,
    /// Probability that a watch is followed by a rating, 0..=1. Default
    /// [`DEFAULT_RATING_SHARE`](Self::DEFAULT_RATING_SHARE).
    pub rating_share: f64,
    /// Probability that a session begins with a recommendation line, 0..=1. Default
    /// [`DEFAULT_RECOMMENDATION_SHARE`](Self::DEFAULT_RECOMMENDATION_SHARE).
    pub recommendation_share: f64,
    /// A true lift between the two variants, for trials of what measures one: lists of `als_model`
    /// hold the film that is started next with a probability that is this much above that of
    /// `popgen_model`, [`EFFECT_BASE`](Self::EFFECT_BASE) on average over users, who differ; the
    /// film is started within three minutes, and the user starts no other within the hour.
    /// [`MIN_EFFECT`](Self::MIN_EFFECT)..=[`MAX_EFFECT`](Self::MAX_EFFECT). Default `None`: lists are
    /// what they are. Holds where films are many, so that users never run out of them.
    pub effect: Option<f64>,
}

impl SynthConfig {
    /// Most users.
    pub const MAX_USERS: u32 = 100_000_000;
    /// Most films.
    pub const MAX_MOVIES: u32 = 10_000_000;
    /// Default of [`users`](Self::users).
    pub const DEFAULT_USERS: u32 = 2_000;
    /// Default of [`movies`](Self::movies).
    pub const DEFAULT_MOVIES: u32 = 600;
    /// Default of [`sessions`](Self::sessions).
    pub const DEFAULT_SESSIONS: u32 = 30_000;
    /// Default of [`seed`](Self::seed).
    pub const DEFAULT_SEED: u64 = 42;
    /// Default of [`start_second`](Self::start_second): 2025-09-01T00:00 UTC.
    pub const DEFAULT_START_SECOND: i64 = 1_756_684_800;
    /// Default of [`days`](Self::days).
    pub const DEFAULT_DAYS: u32 = 28;
    /// Default of [`taste_groups`](Self::taste_groups).
    pub const DEFAULT_TASTE_GROUPS: u16 = 12;
    /// Default of [`taste_share`](Self::taste_share).
    pub const DEFAULT_TASTE_SHARE: f64 = 0.75;
    /// Default of [`popularity_exponent`](Self::popularity_exponent).
    pub const DEFAULT_POPULARITY_EXPONENT: f64 = 0.5;
    /// Default of [`mean_minutes`](Self::mean_minutes).
    pub const DEFAULT_MEAN_MINUTES: f64 = 2.0;
    /// Default of [`rating_share`](Self::rating_share).
    pub const DEFAULT_RATING_SHARE: f64 = 0.2;
    /// Default of [`recommendation_share`](Self::recommendation_share).
    pub const DEFAULT_RECOMMENDATION_SHARE: f64 = 0.06;

    /// How often a list of `popgen_model` is followed by a start of one of its films, where there is
    /// an [`effect`](Self::effect).
    pub const EFFECT_BASE: f64 = 0.3;
    /// How far users lie below and above that at most.
    pub const EFFECT_SPREAD: f64 = 0.15;
    /// Lowest [`effect`](Self::effect).
    pub const MIN_EFFECT: f64 = -0.15;
    /// Highest [`effect`](Self::effect).
    pub const MAX_EFFECT: f64 = 0.55;

    /// Checks every field against its range.
    ///
    /// # Errors
    /// The variant of [`SynthError`] for the first field that is out of range.
    pub fn validate(&self) -> Result<(), SynthError> {
        if !(1..=Self::MAX_USERS).contains(&self.users) {
            return Err(SynthError::Users { users: self.users });
        }
        if self.taste_groups == 0 {
            return Err(SynthError::TasteGroups);
        }
        if !(u32::from(self.taste_groups)..=Self::MAX_MOVIES).contains(&self.movies) {
            let (movies, taste_groups) = (self.movies, self.taste_groups);
            return Err(SynthError::Movies { movies, taste_groups });
        }
        if self.start_second < 0 {
            return Err(SynthError::Start { start_second: self.start_second });
        }
        // The last session may run into the days after.
        let last_day = i64::from(self.days).saturating_add(2).saturating_mul(SECONDS_PER_DAY);
        if self.days == 0 || self.start_second.saturating_add(last_day) > YEAR_10000 {
            return Err(SynthError::Days { days: self.days });
        }
        if !(0.0..=4.0).contains(&self.popularity_exponent) {
            return Err(SynthError::PopularityExponent { value: self.popularity_exponent });
        }
        if !(1.0..=1000.0).contains(&self.mean_minutes) {
            return Err(SynthError::MeanMinutes { value: self.mean_minutes });
        }
        for (field, value) in [
            ("taste_share", self.taste_share),
            ("abandon_share", self.abandon_share),
            ("rating_share", self.rating_share),
            ("recommendation_share", self.recommendation_share),
        ] {
            if !(0.0..=1.0).contains(&value) {
                return Err(SynthError::Probability { field, value });
            }
        }
        match self.effect {
            Some(value) if !(Self::MIN_EFFECT..=Self::MAX_EFFECT).contains(&value) => {
                Err(SynthError::Effect { value })
            }
            _ => Ok(()),
        }
    }
}

impl Default for SynthConfig {
    fn default() -> Self {
        Self {
            users: Self::DEFAULT_USERS,
            movies: Self::DEFAULT_MOVIES,
            sessions: Self::DEFAULT_SESSIONS,
            seed: Self::DEFAULT_SEED,
            dirty: false,
            start_second: Self::DEFAULT_START_SECOND,
            days: Self::DEFAULT_DAYS,
            taste_groups: Self::DEFAULT_TASTE_GROUPS,
            taste_share: Self::DEFAULT_TASTE_SHARE,
            popularity_exponent: Self::DEFAULT_POPULARITY_EXPONENT,
            mean_minutes: Self::DEFAULT_MEAN_MINUTES,
            abandon_share: 0.0,
            rating_share: Self::DEFAULT_RATING_SHARE,
            recommendation_share: Self::DEFAULT_RECOMMENDATION_SHARE,
            effect: None,
        }
    }
}
