//! Thresholds from the reference itself.

mod replicate;
mod statistics;

use marquee_dataset::Progress;
use rayon::prelude::*;

use crate::{
    AdditionalThresholds, Calibration, CalibrationRecord, CalibrationSide, DriftConfig, DriftError,
    Genres, Limit, TableSummary, Thresholds,
    measure::Terms,
    part::Part,
    ratings::{self, Bins},
    volume::HOURS,
};
use replicate::{Scratch, Splitter};
use statistics::{Law, STATISTICS, Statistic, laws};

/// How thresholds are calibrated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationConfig {
    /// How often the reference is split, at least one over the rate. More make the rate surer: with
    /// 1,000 a rate of 0.01 is met within some 0.006 (two standard errors). At most a million, each
    /// of which takes 608 bytes of memory. Default 1000.
    pub replicates: usize,
    /// How often a table that is from the same source may be called drifted, over all checks
    /// together: above 0, at most 0.5. Default 0.01.
    pub false_alarm_rate: f64,
    /// Seed of the splits. Default 42.
    pub seed: u64,
}

impl CalibrationConfig {
    /// Replicates unless told otherwise.
    pub const DEFAULT_REPLICATES: usize = 1_000;
    /// False-alarm rate unless told otherwise.
    pub const DEFAULT_FALSE_ALARM_RATE: f64 = 0.01;
    /// Seed unless told otherwise.
    pub const DEFAULT_SEED: u64 = 42;

    /// The most replicates that may be asked for.
    pub const MOST_REPLICATES: usize = 1_000_000;

    /// Checks rate and number of replicates.
    ///
    /// # Errors
    /// [`DriftError::FalseAlarmRate`], [`DriftError::TooFewReplicates`] and
    /// [`DriftError::TooManyReplicates`].
    pub fn validate(&self) -> Result<(), DriftError> {
        let rate = self.false_alarm_rate;
        if !(rate > 0.0 && rate <= 0.5) {
            return Err(DriftError::FalseAlarmRate { rate });
        }
        let least = (1.0 / rate).ceil() as usize;
        if self.replicates < least {
            return Err(DriftError::TooFewReplicates { replicates: self.replicates, rate, least });
        }
        let most = Self::MOST_REPLICATES;
        if self.replicates > most {
            return Err(DriftError::TooManyReplicates { replicates: self.replicates, most });
        }
        Ok(())
    }
}

impl Default for CalibrationConfig {
    fn default() -> Self {
        Self {
            replicates: Self::DEFAULT_REPLICATES,
            false_alarm_rate: Self::DEFAULT_FALSE_ALARM_RATE,
            seed: Self::DEFAULT_SEED,
        }
    }
}

/// The current tables that thresholds are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentSize {
    /// Rows of such a table.
    pub rows: u64,
    /// Its users.
    pub users: u64,
    /// Hours of the week that are compared.
    hours: [bool; HOURS],
}

impl CurrentSize {
    /// The size of this table, beside that reference.
    #[must_use]
    pub fn of(reference: &TableSummary, current: &TableSummary) -> Self {
        let hours = crate::volume::common_hours(reference.volume.hours(), current.volume.hours());
        Self { rows: current.rows, users: current.users(), hours }
    }
}

/// Users a reference must have to be split.
const LEAST_USERS: usize = 40;
/// The part of the stated rate that thresholds aim at among the splits. The splits of one reference
/// hold no user it lacks, so their spread is a little small; aimed like this, the example
/// `calibration` meets the stated rate.
const AIM: f64 = 0.8;
/// Replicates between two looks at the progress handle.
const AT_A_TIME: usize = 64;

/// Sets every threshold so that of tables from the reference's own source the stated part is called
/// drifted, all checks of a comparison taken together.
///
/// Each replicate deals the reference's users at random into two parts, in the proportion of
/// reference and current users, and measures one against the other as [`compare`](crate::compare())
/// would; no user is in both, so the parts are what two samples of one source are, only smaller. A
/// nested half of each part says how a metric shrinks as tables grow, and by that law its mean and
/// spread are carried to the real sizes. The thresholds are as many spreads above the means as the
/// largest metric of a replicate exceeds at the stated rate, so one number serves all, however they
/// hang together (Westfall and Young, 1993). A moderate threshold is what a metric exceeds at that
/// rate by itself. What users do from week to week beyond chance is not in one reference: that
/// counts as drift.
///
/// A metric that no part of the reference can be measured by keeps the threshold of `config` and is
/// named as uncalibrated. The same seed gives the same thresholds whatever the number of threads.
/// A replicate costs some nanoseconds a row of the reference; memory is 16 bytes for each film and
/// thread.
///
/// # Errors
/// [`DriftError`] for a rate or number of replicates out of range, a current table without rows, a
/// reference with fewer than 40 users or read without [`Keep::Rows`](crate::Keep::Rows), and when
/// the progress handle says so.
pub fn calibrate(
    reference: &TableSummary,
    current: CurrentSize,
    genres: Option<&Genres>,
    how: CalibrationConfig,
    config: &DriftConfig,
    progress: &mut dyn Progress,
) -> Result<Calibration, DriftError> {
    how.validate()?;
    config.validate()?;
    if current.rows == 0 {
        return Err(DriftError::EmptyCurrent);
    }
    let rows = reference.user_rows.as_ref().ok_or(DriftError::RowsNotKept)?;
    if rows.users() < LEAST_USERS {
        return Err(DriftError::TooFewUsers { users: rows.users(), least: LEAST_USERS });
    }
    let splitter = Splitter::new(rows, reference.movie_ids.len(), current.users, how.seed);
    let genre_table = genres.map(|genres| genres.by_code(&reference.movie_ids));
    let terms = Terms {
        bins: Bins::new(&reference.ratings, config.psi_bins),
        genres: genre_table.as_ref(),
        hours: current.hours,
        users_ratio: splitter.ratio(),
        rows_ratio: splitter.ratio(),
    };
    progress.begin("calibrating", Some(how.replicates as u64));
    let mut samples = Vec::with_capacity(how.replicates);
    while samples.len() < how.replicates {
        if progress.is_cancelled() {
            return Err(DriftError::Cancelled);
        }
        let batch = samples.len()..how.replicates.min(samples.len() + AT_A_TIME);
        progress.advance(batch.len() as u64);
        samples.par_extend(batch.into_par_iter().map_init(Scratch::default, |scratch, index| {
            let split = splitter.split(index as u64, scratch);
            [&split.whole, &split.half]
                .map(|(r, c)| Statistic::ALL.map(|statistic| statistic.of(&terms.measure(r, c))))
        }));
    }
    let p95 = Part::alone(reference).activity.quantile(0.95).unwrap_or(1.0);
    let size = statistics::Size {
        growth: splitter.growth(),
        rows: current.rows,
        users: current.users,
        p95,
    };
    let laws = laws(&samples, AIM * how.false_alarm_rate, size);
    let laws = Laws { by_statistic: &laws, config };
    let side = |rows, users| CalibrationSide { rows, users };
    let record = CalibrationRecord {
        false_alarm_rate: how.false_alarm_rate,
        replicates: how.replicates as u64,
        seed: how.seed,
        psi_bins: config.psi_bins,
        catalog: genres.is_some(),
        reference: side(reference.rows, reference.users()),
        current: side(current.rows, current.users),
        uncalibrated: laws.uncalibrated(genres.is_some()),
    };
    let (thresholds, additional_thresholds) = (laws.thresholds(reference), laws.additional());
    Ok(Calibration { record, thresholds, additional_thresholds })
}

/// The thresholds of all statistics.
struct Laws<'a> {
    by_statistic: &'a [Option<Law>; STATISTICS],
    config: &'a DriftConfig,
}

impl Laws<'_> {
    fn of(&self, statistic: Statistic) -> Option<Law> {
        self.by_statistic[statistic as usize]
    }

    fn strong(&self, statistic: Statistic, base: f64) -> f64 {
        self.of(statistic).map_or(base, |law| law.strong)
    }

    fn moderate(&self, statistic: Statistic, base: f64) -> f64 {
        self.of(statistic).map_or(base, |law| law.moderate)
    }

    /// A threshold above the reference's own level.
    fn above(&self, statistic: Statistic, level: Option<f64>, base: f64) -> f64 {
        self.of(statistic).zip(level).map_or(base, |(law, level)| level + law.strong)
    }

    /// The fourteen.
    fn thresholds(&self, reference: &TableSummary) -> Thresholds {
        use Statistic::*;
        let (whole, ratings) = (Part::alone(reference), &reference.ratings);
        let (films, users, base) = (&whole.popularity, &whole.activity, &self.config.thresholds);
        let entropy = self.of(EntropyDrop).zip(ratings::entropy(ratings));
        let overlap = self.of(OverlapLoss);
        Thresholds {
            psi_moderate: self.moderate(RootPsi, base.psi_moderate.sqrt()).powi(2),
            psi_strong: self.strong(RootPsi, base.psi_strong.sqrt()).powi(2),
            min_rating_entropy: entropy
                .map_or(base.min_rating_entropy, |(law, bits)| (bits - law.strong).max(0.0)),
            max_top_rating_share: self.above(
                TopRatingRise,
                ratings::top_share(ratings),
                base.max_top_rating_share,
            ),
            top10_share_threshold: self.above(
                Top10Rise,
                films.top_share(10),
                base.top10_share_threshold,
            ),
            gini_movies_threshold: self.above(GiniRise, films.gini(), base.gini_movies_threshold),
            top100_overlap_threshold: overlap
                .map_or(base.top100_overlap_threshold, |law| (1.0 - law.strong).max(0.0)),
            one_and_done_threshold: self.above(
                OneAndDoneRise,
                users.ones_share(),
                base.one_and_done_threshold,
            ),
            pop_top10_delta_moderate: self.moderate(Top10Move, base.pop_top10_delta_moderate),
            pop_top10_delta_strong: self.strong(Top10Move, base.pop_top10_delta_strong),
            pop_top100_delta_moderate: self.moderate(Top100Move, base.pop_top100_delta_moderate),
            pop_top100_delta_strong: self.strong(Top100Move, base.pop_top100_delta_strong),
            pop_gini_delta_moderate: self.moderate(GiniMove, base.pop_gini_delta_moderate),
            pop_gini_delta_strong: self.strong(GiniMove, base.pop_gini_delta_strong),
        }
    }

    /// Those beyond.
    fn additional(&self) -> AdditionalThresholds {
        let base = &self.config.additional;
        let limit =
            |statistic, base| self.of(statistic).map_or(base, |law| Limit::alarming(law.strong));
        AdditionalThresholds {
            rating_js: limit(Statistic::RatingJs, base.rating_js),
            film_js: limit(Statistic::FilmJs, base.film_js),
            genre_js: limit(Statistic::GenreJs, base.genre_js),
            hour_js: limit(Statistic::HourJs, base.hour_js),
            new_film_share: limit(Statistic::NewFilms, base.new_film_share),
            vanished_film_share: limit(Statistic::VanishedFilms, base.vanished_film_share),
            active_users_drop: limit(Statistic::ActiveUsersDrop, base.active_users_drop),
            p95_events_drop: limit(Statistic::P95Drop, base.p95_events_drop),
            rows_drop: limit(Statistic::RowsDrop, base.rows_drop),
            days_drop: base.days_drop,
        }
    }

    /// Thresholds that kept their value, but for genres without a catalog.
    fn uncalibrated(&self, with_genres: bool) -> Vec<String> {
        let wanted = |statistic| with_genres || statistic != Statistic::GenreJs;
        let all = Statistic::ALL.into_iter().filter(|&statistic| wanted(statistic));
        let without = all.filter(|&statistic| self.of(statistic).is_none());
        without.map(|statistic| statistic.name().to_owned()).collect()
    }
}
