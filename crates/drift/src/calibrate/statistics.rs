//! From what replicates measured to thresholds.

use crate::measure::Measured;

/// What a threshold bounds from above. Its number is its place among [`Statistic::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statistic {
    RootPsi,
    Top10Move,
    Top100Move,
    GiniMove,
    Top10Rise,
    GiniRise,
    OneAndDoneRise,
    OverlapLoss,
    RatingJs,
    FilmJs,
    GenreJs,
    HourJs,
    NewFilms,
    VanishedFilms,
    ActiveUsersDrop,
    P95Drop,
    RowsDrop,
    EntropyDrop,
    TopRatingRise,
}

/// Number of statistics.
pub(super) const STATISTICS: usize = 19;

/// How a statistic changes as tables grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Around a centre that is nearly zero: the spread falls with the square root of the size.
    Signed,
    /// The absolute value of such.
    Absolute,
    /// A distance: above zero by chance alone, centre and spread fall.
    Distance,
    /// A share that chance makes of separate cases: the spread also falls with the root of the
    /// centre.
    Cases,
}

impl Statistic {
    pub(super) const ALL: [Self; STATISTICS] = [
        Self::RootPsi,
        Self::Top10Move,
        Self::Top100Move,
        Self::GiniMove,
        Self::Top10Rise,
        Self::GiniRise,
        Self::OneAndDoneRise,
        Self::OverlapLoss,
        Self::RatingJs,
        Self::FilmJs,
        Self::GenreJs,
        Self::HourJs,
        Self::NewFilms,
        Self::VanishedFilms,
        Self::ActiveUsersDrop,
        Self::P95Drop,
        Self::RowsDrop,
        Self::EntropyDrop,
        Self::TopRatingRise,
    ];

    /// Its value, if it could be measured. Distances are roots of divergences, which chance spreads
    /// evenly enough for means and spreads to describe.
    pub(super) fn of(self, measured: &Measured) -> Option<f64> {
        match self {
            Self::RootPsi => measured.psi.map(f64::sqrt),
            Self::Top10Move | Self::Top10Rise => measured.top10_delta,
            Self::Top100Move => measured.top100_delta,
            Self::GiniMove | Self::GiniRise => measured.gini_delta,
            Self::OneAndDoneRise => measured.one_and_done_delta,
            Self::OverlapLoss => measured.overlap.map(|overlap| 1.0 - overlap),
            Self::RatingJs => measured.rating_js,
            Self::FilmJs => measured.film_js,
            Self::GenreJs => measured.genre_js,
            Self::HourJs => measured.hour_js,
            Self::NewFilms => measured.new_film_share,
            Self::VanishedFilms => measured.vanished_film_share,
            Self::ActiveUsersDrop => measured.active_users_change.map(|change| -change),
            Self::P95Drop => measured.p95_change.map(|change| -change),
            Self::RowsDrop => measured.rows_change.map(|change| -change),
            Self::EntropyDrop => measured.entropy_delta.map(|delta| -delta),
            Self::TopRatingRise => measured.top_rating_delta,
        }
    }

    /// The threshold it is for.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RootPsi => "psi",
            Self::Top10Move => "pop_top10_delta",
            Self::Top100Move => "pop_top100_delta",
            Self::GiniMove => "pop_gini_delta",
            Self::Top10Rise => "top10_share_threshold",
            Self::GiniRise => "gini_movies_threshold",
            Self::OneAndDoneRise => "one_and_done_threshold",
            Self::OverlapLoss => "top100_overlap_threshold",
            Self::RatingJs => "rating_js",
            Self::FilmJs => "film_js",
            Self::GenreJs => "genre_js",
            Self::HourJs => "hour_js",
            Self::NewFilms => "new_film_share",
            Self::VanishedFilms => "vanished_film_share",
            Self::ActiveUsersDrop => "active_users_drop",
            Self::P95Drop => "p95_events_drop",
            Self::RowsDrop => "rows_drop",
            Self::EntropyDrop => "min_rating_entropy",
            Self::TopRatingRise => "max_top_rating_share",
        }
    }

    fn shape(self) -> Shape {
        match self {
            Self::Top10Move | Self::Top100Move | Self::GiniMove => Shape::Absolute,
            Self::Top10Rise
            | Self::GiniRise
            | Self::OneAndDoneRise
            | Self::ActiveUsersDrop
            | Self::P95Drop
            | Self::RowsDrop
            | Self::EntropyDrop
            | Self::TopRatingRise => Shape::Signed,
            Self::RootPsi | Self::RatingJs | Self::FilmJs | Self::GenreJs | Self::HourJs => {
                Shape::Distance
            }
            Self::OverlapLoss | Self::NewFilms | Self::VanishedFilms => Shape::Cases,
        }
    }

    /// Whether a comparison of two tables checks it.
    fn is_compared(self) -> bool {
        !matches!(self, Self::EntropyDrop | Self::TopRatingRise)
    }
}

/// Thresholds of a statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Law {
    /// Exceeded at the stated rate by this statistic alone.
    pub(super) moderate: f64,
    /// Exceeded at the stated rate by any statistic, with the thresholds of all.
    pub(super) strong: f64,
}

/// The tables that thresholds are for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// How many times larger they are than the parts.
    pub(super) growth: f64,
    /// Rows of the current one.
    pub(super) rows: u64,
    /// Its users.
    pub(super) users: u64,
    /// 95th percentile of the reference's rows per user.
    pub(super) p95: f64,
}

/// What a replicate measured: of the parts, and of their halves.
pub(super) type Sample = [[Option<f64>; STATISTICS]; 2];

/// What holds of a statistic by chance: centre and spread among parts, and at the real size.
#[derive(Debug, Clone, Copy)]
struct Chance {
    shape: Shape,
    centre: f64,
    spread: f64,
    real_centre: f64,
    real_spread: f64,
}

/// A hair, so that what equals the reference exactly does not reach a threshold without spread.
const HAIR: f64 = 1e-9;

/// The thresholds of each statistic; `None` for one that some replicate could not measure.
pub(super) fn laws(samples: &[Sample], rate: f64, size: Size) -> [Option<Law>; STATISTICS] {
    let chances = Statistic::ALL.map(|statistic| Chance::of(statistic, samples, size));
    let excess = |sample: &Sample, statistic: Statistic| {
        let place = statistic as usize;
        chances[place].zip(sample[0][place]).map(|(chance, value)| chance.excess(value))
    };
    let largest = |sample: &Sample| {
        let compared = Statistic::ALL.into_iter().filter(|statistic| statistic.is_compared());
        compared.filter_map(|statistic| excess(sample, statistic)).fold(0.0, f64::max)
    };
    let of_all = upper_quantile(samples.iter().map(largest).collect(), rate);
    Statistic::ALL.map(|statistic| {
        let chance = chances[statistic as usize]?;
        let alone = samples.iter().filter_map(|sample| excess(sample, statistic)).collect();
        let alone = upper_quantile(alone, rate).min(of_all);
        Some(Law { moderate: chance.threshold(alone), strong: chance.threshold(of_all) })
    })
}

/// The value that the stated part of the values exceeds.
fn upper_quantile(mut values: Vec<f64>, rate: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let place = ((values.len() + 1) as f64 * (1.0 - rate)).ceil() as usize;
    values.get(place.clamp(1, values.len().max(1)) - 1).copied().unwrap_or(0.0)
}

impl Chance {
    fn of(statistic: Statistic, samples: &[Sample], size: Size) -> Option<Self> {
        let values = |of: usize| -> Option<Vec<f64>> {
            samples.iter().map(|sample| sample[of][statistic as usize]).collect()
        };
        let (parts, halves) = (values(0)?, values(1));
        let (centre, measured_spread) = moments(&parts);
        let shape = statistic.shape();
        let constant = measured_spread == 0.0;
        let spread = measured_spread.max(least_spread(statistic, constant, size, size.growth));
        let shrunk = match shape {
            Shape::Signed | Shape::Absolute => {
                // A centre that is noise is none.
                let noise = 3.0 * measured_spread / (parts.len() as f64).sqrt();
                if centre.abs() <= noise {
                    0.0
                } else {
                    centre * shrinkage(statistic, centre, halves, size)
                }
            }
            Shape::Distance | Shape::Cases => centre * shrinkage(statistic, centre, halves, size),
        };
        let mut real_spread = measured_spread / size.growth.sqrt();
        if shape == Shape::Cases && centre > 0.0 {
            // Separate cases: the spread is the root of their number, and of the size if they
            // are of rows and not of a hundred ranks.
            let by_centre = (shrunk / centre).sqrt();
            let by_size =
                if statistic == Statistic::OverlapLoss { 1.0 } else { size.growth.sqrt() };
            real_spread = measured_spread * by_centre / by_size;
        }
        let real_spread = real_spread.max(least_spread(statistic, constant, size, 1.0));
        Some(Self { shape, centre, spread, real_centre: shrunk, real_spread })
    }

    /// How many spreads a value lies above the centre.
    fn excess(&self, value: f64) -> f64 {
        let above = match self.shape {
            Shape::Absolute => (value - self.centre).abs(),
            _ => value - self.centre,
        };
        if self.spread > 0.0 { above / self.spread } else { 0.0 }
    }

    /// What lies so many spreads above the centre, at the real size.
    fn threshold(&self, excess: f64) -> f64 {
        let centre = match self.shape {
            Shape::Absolute => self.real_centre.abs(),
            _ => self.real_centre,
        };
        (centre + excess * self.real_spread).max(0.0) + HAIR
    }
}

/// What is left of a centre when tables grow to the real size: it goes on as from the halves to the
/// parts, but no faster than chance allows. Tables twice as large bring a distance, or the loss of
/// overlap, down by a root of two at most; what falls faster among small parts (ranks that are told
/// apart at last) does not go on so. Films that one side lacks may become known much faster.
fn shrinkage(statistic: Statistic, centre: f64, halves: Option<Vec<f64>>, size: Size) -> f64 {
    let Some(halves) = halves else { return 1.0 };
    let before = moments(&halves).0;
    if before == 0.0 {
        return 1.0;
    }
    let least = match statistic {
        Statistic::NewFilms | Statistic::VanishedFilms => 0.25,
        _ => std::f64::consts::FRAC_1_SQRT_2,
    };
    (centre / before).clamp(least, 1.0).powf(size.growth.log2())
}

/// Values that come in steps, or are those of single rows or users, spread at least by half a step
/// or two of them, of tables so many times smaller. What never differed in a replicate, as the
/// ratings of a reference that holds one rating only, may still differ in two rows.
fn least_spread(statistic: Statistic, constant: bool, size: Size, smaller: f64) -> f64 {
    let two_of = |number: u64| 2.0 * smaller / (number.max(1) as f64);
    match statistic {
        Statistic::OverlapLoss => 0.005,
        Statistic::P95Drop => 0.5 / size.p95.max(1.0),
        Statistic::NewFilms | Statistic::VanishedFilms => two_of(size.rows),
        Statistic::OneAndDoneRise => two_of(size.users),
        Statistic::RootPsi | Statistic::RatingJs if constant => two_of(size.rows).sqrt(),
        _ => 0.0,
    }
}

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, (square / (n - 1.0).max(1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statistic_stands_at_its_number() {
        for (place, statistic) in Statistic::ALL.into_iter().enumerate() {
            assert_eq!(statistic as usize, place);
        }
    }

    #[test]
    fn the_quantile_is_exceeded_at_its_rate() {
        let values = || (1..=199).map(f64::from).collect::<Vec<_>>();
        assert_eq!(upper_quantile(values(), 0.05), 190.0);
        assert_eq!(upper_quantile(values(), 0.001), 199.0);
        assert_eq!(upper_quantile(Vec::new(), 0.1), 0.0);
    }

    #[test]
    fn what_every_replicate_measures_alike_is_not_reached_by_the_same_again() {
        let samples = vec![[[Some(0.0); STATISTICS]; 2]; 100];
        let laws = laws(&samples, 0.05, Size { growth: 2.0, rows: 1_000, users: 100, p95: 20.0 });
        for law in laws {
            let law = law.unwrap();
            assert!(law.strong > 0.0 && law.moderate <= law.strong);
        }
    }

    #[test]
    fn one_user_or_row_of_a_kind_the_reference_lacks_is_no_drift() {
        let mut samples = vec![[[Some(0.0); STATISTICS]; 2]; 100];
        for (place, sample) in samples.iter_mut().enumerate() {
            sample[0][Statistic::FilmJs as usize] = Some(place as f64 / 100.0);
        }
        let size = Size { growth: 1.0, rows: 10_000, users: 1_000, p95: 20.0 };
        let laws = laws(&samples, 0.05, size);
        let strong = |statistic: Statistic| laws[statistic as usize].unwrap().strong;
        assert!(strong(Statistic::OneAndDoneRise) > 1.0 / 1_000.0);
        assert!(strong(Statistic::RatingJs) > (1.0_f64 / 10_000.0).sqrt());
    }

    #[test]
    fn a_statistic_that_was_not_measured_once_has_no_law() {
        let mut samples = vec![[[Some(0.5); STATISTICS]; 2]; 100];
        samples[7][0][Statistic::OverlapLoss as usize] = None;
        let laws = laws(&samples, 0.05, Size { growth: 2.0, rows: 1_000, users: 100, p95: 20.0 });
        assert!(laws[Statistic::OverlapLoss as usize].is_none());
        assert!(laws[Statistic::RootPsi as usize].is_some());
    }
}
