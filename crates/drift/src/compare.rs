use std::collections::BTreeMap;

use crate::{
    ActivityCollapse, ActivityCollapseFlags, ActivityComparison, ActivityDelta, ActivityFlags,
    ActivityLevel, CheckLevel, ComparisonMetrics, DriftConfig, DriftError, DriftPicture,
    DriftReport, FilmDistribution, FilmTurnover, FilmTurnoverFlags, GenreDistribution, GenreShift,
    Genres, HourlyVolume, HourlyVolumeFlags, Metrics, Mode, Overlap, PopularityComparison,
    PopularityDelta, PopularityFlags, PopularityLevel, RatingDistribution, RatingPsi, RatingShares,
    Relation, Severity, SidePicture, TableSize, TableSizes, TableSummary, VolumeLevel, Why,
    checks::Checks,
    counts::share,
    genres::GenreTable,
    measure::{Measured, Terms, change},
    nulls::nulls,
    part::{FilmSpace, Part},
    ratings::{self, Bins},
    volume::common_hours,
};

/// Tables whose numbers of days differ by more than this part cannot be compared by their users.
const LEAST_DAYS_IN_COMMON: f64 = 0.8;

/// Measures a current table against a reference.
///
/// Genres are compared where they are given. Of a current table without rows everything that needs
/// rows is null, and its lost users are drift. Paths in the report are empty; the caller names
/// them. Some hundredths of a second for a million users.
///
/// # Errors
/// [`DriftError::EmptyReference`], and [`DriftError::Threshold`] as [`DriftConfig::validate`].
pub fn compare(
    reference: &TableSummary,
    current: &TableSummary,
    genres: Option<&Genres>,
    config: &DriftConfig,
) -> Result<(DriftReport, DriftPicture), DriftError> {
    config.validate()?;
    if reference.rows == 0 {
        return Err(DriftError::EmptyReference);
    }
    let films = FilmSpace::new(reference, current);
    let (r, c) = films.parts();
    let table = genres.map(|genres| genres.by_place(&films));
    let comparison =
        Comparison { reference, current, r: &r, c: &c, genres: genres.zip(table.as_ref()), config };
    let mut checks = Checks::default();
    let (metrics, not_computed) = comparison.metrics(&mut checks);
    let drift_reasons = checks.reasons();
    let calibration = config.calibration.clone().map(|record| record.used_with(genres.is_some()));
    let report = DriftReport {
        mode: Mode::RefVsCur,
        current_path: String::new(),
        reference_path: None,
        thresholds: config.thresholds,
        metrics: Metrics::Comparison(Box::new(metrics)),
        degeneracy_flags: None,
        drift_detected: !drift_reasons.is_empty(),
        drift_reasons,
        not_judged: checks.not_judged(),
        psi_bins: config.psi_bins,
        additional_thresholds: config.additional,
        calibration,
        not_computed,
        tables: TableSizes { reference: Some(size(reference)), current: size(current) },
        why: Why::of_two((reference, current), &films, (&r, &c)),
    };
    let picture = DriftPicture {
        reference: Some(SidePicture::new(reference, &r)),
        current: SidePicture::new(current, &c),
        checks: checks.0,
    };
    Ok((report, picture))
}

/// Two tables on their way to a report.
struct Comparison<'a> {
    reference: &'a TableSummary,
    current: &'a TableSummary,
    r: &'a Part,
    c: &'a Part,
    genres: Option<(&'a Genres, &'a GenreTable)>,
    config: &'a DriftConfig,
}

impl Comparison<'_> {
    fn metrics(&self, checks: &mut Checks) -> (ComparisonMetrics, BTreeMap<String, String>) {
        let days = (self.reference.volume.days(), self.current.volume.days());
        let empty = self.c.rows == 0;
        let terms = Terms {
            bins: Bins::new(&self.r.ratings, self.config.psi_bins),
            genres: self.genres.map(|(_, table)| table),
            hours: common_hours(&self.r.hours, &self.c.hours),
            users_ratio: 1.0,
            rows_ratio: if empty { 1.0 } else { days.1 as f64 / days.0 as f64 },
        };
        let mut measured = terms.measure(self.r, self.c);
        let covered = [self.reference, self.current].map(|table| table.volume.days_covered());
        measured.days_change = change(covered[0], covered[1]);
        let (fewer, more) = (covered[0].min(covered[1]), covered[0].max(covered[1]));
        let comparable = empty || fewer >= LEAST_DAYS_IN_COMMON * more;
        if !comparable {
            (measured.active_users_change, measured.p95_change) = (None, None);
        }
        let metrics = ComparisonMetrics {
            rating_psi: self.rating_psi(&terms, &measured, checks),
            movie_popularity: self.movie_popularity(&measured, checks),
            top100_overlap: self.top100_overlap(&measured, checks),
            user_activity: self.user_activity(&measured, checks),
            rating_distribution: self.rating_distribution(&measured, checks),
            film_distribution: FilmDistribution {
                js_distance: measured.film_js,
                flag: checks.limit(
                    "film_distribution.js_distance",
                    measured.film_js,
                    self.config.additional.film_js,
                ),
            },
            genre_distribution: self.genre_distribution(&measured, checks),
            hourly_volume: self.hourly_volume(&terms, &measured, checks),
            film_turnover: self.film_turnover(&measured, checks),
            activity_collapse: self.activity_collapse(&measured, checks),
        };
        let missing = nulls(&metrics).into_iter();
        let why_not = missing.map(|name| {
            let why = self.why_null(&name, covered);
            (name, why)
        });
        let why_not = why_not.collect();
        (metrics, why_not)
    }

    fn rating_psi(&self, terms: &Terms<'_>, measured: &Measured, checks: &mut Checks) -> RatingPsi {
        let (limits, name) = (&self.config.thresholds, "rating_psi.psi");
        let mut from = |threshold, level| {
            checks.check(name, measured.psi, Relation::AtLeast, threshold, level)
        };
        let moderate = from(limits.psi_moderate, CheckLevel::Moderate);
        let strong = from(limits.psi_strong, CheckLevel::Strong);
        RatingPsi {
            psi: measured.psi,
            edges: terms.bins.as_ref().map_or_else(Vec::new, |bins| bins.edges.clone()),
            severity: match (moderate, strong) {
                (_, true) => Severity::Strong,
                (true, false) => Severity::Moderate,
                (false, false) => Severity::None,
            },
            drift_flag: strong,
        }
    }

    fn movie_popularity(&self, measured: &Measured, checks: &mut Checks) -> PopularityComparison {
        let limits = &self.config.thresholds;
        let (reference, current) = (popularity(self.r), popularity(self.c));
        let mut level = |name: &str, value, threshold| {
            checks.check(name, value, Relation::AtLeast, threshold, CheckLevel::Strong)
        };
        let top10_concentration = level(
            "movie_popularity.cur.top10_share",
            current.top10_share,
            limits.top10_share_threshold,
        );
        let gini_high = level(
            "movie_popularity.cur.gini_movies",
            current.gini_movies,
            limits.gini_movies_threshold,
        );
        let mut delta = |name: &str, value, (moderate, strong)| {
            let name = format!("movie_popularity.delta.{name}");
            let mut check =
                |limit, level| checks.check(&name, value, Relation::EitherWay, limit, level);
            (check(moderate, CheckLevel::Moderate), check(strong, CheckLevel::Strong))
        };
        let top10 = (limits.pop_top10_delta_moderate, limits.pop_top10_delta_strong);
        let top100 = (limits.pop_top100_delta_moderate, limits.pop_top100_delta_strong);
        let gini = (limits.pop_gini_delta_moderate, limits.pop_gini_delta_strong);
        let top10 = delta("top10_share_delta", measured.top10_delta, top10);
        let top100 = delta("top100_share_delta", measured.top100_delta, top100);
        let gini = delta("gini_movies_delta", measured.gini_delta, gini);
        PopularityComparison {
            reference,
            current,
            delta: PopularityDelta {
                top10_share_delta: measured.top10_delta,
                top100_share_delta: measured.top100_delta,
                gini_movies_delta: measured.gini_delta,
            },
            flags: PopularityFlags {
                top10_concentration,
                gini_high,
                top10_delta_moderate: top10.0,
                top10_delta_strong: top10.1,
                top100_delta_moderate: top100.0,
                top100_delta_strong: top100.1,
                gini_delta_moderate: gini.0,
                gini_delta_strong: gini.1,
            },
        }
    }

    fn top100_overlap(&self, measured: &Measured, checks: &mut Checks) -> Overlap {
        let flag_low_overlap = checks.check(
            "top100_overlap.overlap",
            measured.overlap,
            Relation::Below,
            self.config.thresholds.top100_overlap_threshold,
            CheckLevel::Strong,
        );
        Overlap { overlap: measured.overlap, flag_low_overlap }
    }

    fn user_activity(&self, measured: &Measured, checks: &mut Checks) -> ActivityComparison {
        let (reference, current) = (activity(self.r), activity(self.c));
        let too_many_one_and_done = checks.check(
            "user_activity.cur.one_and_done_share",
            current.one_and_done_share,
            Relation::AtLeast,
            self.config.thresholds.one_and_done_threshold,
            CheckLevel::Strong,
        );
        ActivityComparison {
            reference,
            current,
            delta: ActivityDelta {
                active_users_delta: current.active_users as f64 - reference.active_users as f64,
                one_and_done_share_delta: measured.one_and_done_delta,
                p95_events_per_user_delta: measured.p95_delta,
            },
            flags: ActivityFlags { too_many_one_and_done },
        }
    }

    fn rating_distribution(&self, measured: &Measured, checks: &mut Checks) -> RatingDistribution {
        let limit = self.config.additional.rating_js;
        RatingDistribution {
            reference: rating_shares(self.r),
            current: rating_shares(self.c),
            js_distance: measured.rating_js,
            flag: checks.limit("rating_distribution.js_distance", measured.rating_js, limit),
        }
    }

    fn genre_distribution(
        &self,
        measured: &Measured,
        checks: &mut Checks,
    ) -> Option<GenreDistribution> {
        let (genres, table) = self.genres?;
        let ((r, r_without), (c, c_without)) =
            (table.rows(&self.r.films), table.rows(&self.c.films));
        let (r_total, c_total) = (r.iter().sum(), c.iter().sum());
        let both = r.iter().zip(&c).zip(genres.names());
        let mut shifts: Vec<GenreShift> = both
            .map(|((&r, &c), name)| GenreShift {
                genre: name.clone(),
                ref_share: share(r, r_total),
                cur_share: share(c, c_total),
            })
            .collect();
        let moved = |shift: &GenreShift| {
            (shift.cur_share.unwrap_or(0.0) - shift.ref_share.unwrap_or(0.0)).abs()
        };
        shifts.sort_by(|a, b| moved(b).total_cmp(&moved(a)).then_with(|| a.genre.cmp(&b.genre)));
        let limit = self.config.additional.genre_js;
        Some(GenreDistribution {
            js_distance: measured.genre_js,
            flag: checks.limit("genre_distribution.js_distance", measured.genre_js, limit),
            genres: shifts,
            ref_share_without_genre: share(r_without, self.r.rows),
            cur_share_without_genre: share(c_without, self.c.rows),
        })
    }

    fn hourly_volume(
        &self,
        terms: &Terms<'_>,
        measured: &Measured,
        checks: &mut Checks,
    ) -> HourlyVolume {
        let limits = &self.config.additional;
        HourlyVolume {
            reference: volume(self.reference),
            current: volume(self.current),
            rows_per_day_change: measured.rows_change,
            days_change: measured.days_change,
            js_distance: measured.hour_js,
            hours_compared: terms.hours.iter().map(|&compared| u32::from(compared)).sum(),
            flags: HourlyVolumeFlags {
                hours: checks.limit("hourly_volume.js_distance", measured.hour_js, limits.hour_js),
                rows_per_day: checks.fall(
                    "hourly_volume.rows_per_day_change",
                    measured.rows_change,
                    limits.rows_drop,
                ),
                days: checks.fall(
                    "hourly_volume.days_change",
                    measured.days_change,
                    limits.days_drop,
                ),
            },
        }
    }

    fn film_turnover(&self, measured: &Measured, checks: &mut Checks) -> FilmTurnover {
        let limits = &self.config.additional;
        let only = |films: &[u64], other: &[u64]| {
            films.iter().zip(other).filter(|&(&here, &there)| here > 0 && there == 0).count() as u64
        };
        let (new, gone) = (measured.new_film_share, measured.vanished_film_share);
        FilmTurnover {
            new_films: only(&self.c.films, &self.r.films),
            new_film_share: new,
            vanished_films: only(&self.r.films, &self.c.films),
            vanished_film_share: gone,
            flags: FilmTurnoverFlags {
                new_films: checks.limit("film_turnover.new_film_share", new, limits.new_film_share),
                vanished_films: checks.limit(
                    "film_turnover.vanished_film_share",
                    gone,
                    limits.vanished_film_share,
                ),
            },
        }
    }

    fn activity_collapse(&self, measured: &Measured, checks: &mut Checks) -> ActivityCollapse {
        let limits = &self.config.additional;
        let mut drop = |name: &str, change: Option<f64>, limit| {
            checks.fall(&format!("activity_collapse.{name}"), change, limit)
        };
        ActivityCollapse {
            active_users_change: measured.active_users_change,
            p95_events_change: measured.p95_change,
            flags: ActivityCollapseFlags {
                active_users: drop(
                    "active_users_change",
                    measured.active_users_change,
                    limits.active_users_drop,
                ),
                p95_events: drop("p95_events_change", measured.p95_change, limits.p95_events_drop),
            },
        }
    }

    /// Why a number of this name is null.
    fn why_null(&self, name: &str, covered: [f64; 2]) -> String {
        if name == "genre_distribution" {
            return "no catalog was given".to_owned();
        }
        let genres = name.starts_with("genre_distribution");
        if genres && !name.ends_with("_without_genre") && self.genres_of_reference() == 0 {
            return "the catalog has no genre for any film of the reference".to_owned();
        }
        if self.c.rows == 0 {
            return "the current table holds no row".to_owned();
        }
        let (r, c) = (self.r.popularity.number(), self.c.popularity.number());
        match name.split('.').next() {
            Some("top100_overlap") => {
                format!("fewer than 100 films on a side: reference {r}, current {c}")
            }
            Some("genre_distribution") => {
                "the catalog has no genre for any film of the current table".to_owned()
            }
            Some("hourly_volume") => "the tables have no weekday in common".to_owned(),
            Some("activity_collapse") => {
                let [r, c] = covered.map(|days| (10.0 * days).round() / 10.0);
                format!(
                    "the tables cover {r} and {c} days; users are compared where these differ by \
                     at most a fifth"
                )
            }
            _ => "a side holds nothing to measure".to_owned(),
        }
    }

    /// Rows of the reference on films with a genre, each counted once for each of its genres.
    fn genres_of_reference(&self) -> u64 {
        self.genres.map_or(0, |(_, table)| table.rows(&self.r.films).0.iter().sum())
    }
}

pub(crate) fn popularity(part: &Part) -> PopularityLevel {
    PopularityLevel {
        top10_share: part.popularity.top_share(10),
        top100_share: part.popularity.top_share(100),
        gini_movies: part.popularity.gini(),
    }
}

pub(crate) fn activity(part: &Part) -> ActivityLevel {
    ActivityLevel {
        active_users: part.activity.number(),
        one_and_done_share: part.activity.ones_share(),
        p95_events_per_user: part.activity.quantile(0.95),
    }
}

fn rating_shares(part: &Part) -> RatingShares {
    let shares = (part.rows > 0).then(|| part.ratings.map(|rows| rows as f64 / part.rows as f64));
    RatingShares { mean: ratings::mean(&part.ratings), shares }
}

fn volume(table: &TableSummary) -> VolumeLevel {
    let days = table.volume.days();
    let days_covered = table.volume.days_covered();
    VolumeLevel { days, days_covered, rows_per_day: share(table.rows, days) }
}

pub(crate) fn size(table: &TableSummary) -> TableSize {
    TableSize {
        rows: table.rows,
        users: table.users(),
        films: table.films(),
        days: table.volume.days(),
    }
}
