use crate::{
    ActivityFlags,
    CheckLevel::Strong,
    DegeneracyFlags, DriftConfig, DriftError, DriftPicture, DriftReport, LabelDegeneracy, Metrics,
    Mode, PopularityLevelFlags, Relation, SidePicture, SnapshotActivity, SnapshotMetrics,
    SnapshotPopularity, TableSizes, TableSummary, Why,
    checks::Checks,
    compare::{activity, popularity, size},
    nulls::nulls,
    part::Part,
    ratings,
};

/// Looks at one table by itself: whether its ratings, films and users are degenerate.
///
/// Of a table without rows shares are null, `low_rating_entropy` is set and with it
/// `drift_detected`. Paths in the report are empty; the caller names them. Some milliseconds for a
/// million users.
///
/// # Errors
/// [`DriftError::Threshold`] as [`DriftConfig::validate`].
pub fn inspect(
    table: &TableSummary,
    config: &DriftConfig,
) -> Result<(DriftReport, DriftPicture), DriftError> {
    config.validate()?;
    let (part, limits) = (Part::alone(table), &config.thresholds);
    let mut checks = Checks::default();
    let mut check = |name: &str, value, relation, threshold| {
        checks.check(name, value, relation, threshold, Strong)
    };
    let labels = LabelDegeneracy {
        rating_entropy_bits: ratings::entropy(&table.ratings),
        unique_ratings: table.ratings.iter().filter(|&&rows| rows > 0).count() as u64,
        top_rating_share: ratings::top_share(&table.ratings),
    };
    let (entropy, top) = (labels.rating_entropy_bits, labels.top_rating_share);
    // No row has no information either.
    let degeneracy = DegeneracyFlags {
        low_rating_entropy: check(
            "label_degeneracy.rating_entropy_bits",
            entropy.or(Some(0.0)),
            Relation::Below,
            limits.min_rating_entropy.max(if entropy.is_none() { f64::MIN_POSITIVE } else { 0.0 }),
        ),
        single_class_ratings: check(
            "label_degeneracy.top_rating_share",
            top,
            Relation::AtLeast,
            limits.max_top_rating_share,
        ),
    };
    let (films, users) = (popularity(&part), activity(&part));
    let mut level = |name, value, threshold| check(name, value, Relation::AtLeast, threshold);
    let metrics = SnapshotMetrics {
        label_degeneracy: labels,
        movie_popularity: SnapshotPopularity {
            top10_share: films.top10_share,
            top100_share: films.top100_share,
            gini_movies: films.gini_movies,
            flags: PopularityLevelFlags {
                top10_concentration: level(
                    "movie_popularity.top10_share",
                    films.top10_share,
                    limits.top10_share_threshold,
                ),
                gini_high: level(
                    "movie_popularity.gini_movies",
                    films.gini_movies,
                    limits.gini_movies_threshold,
                ),
            },
        },
        user_activity: SnapshotActivity {
            active_users: users.active_users,
            one_and_done_share: users.one_and_done_share,
            p95_events_per_user: users.p95_events_per_user,
            flags: ActivityFlags {
                too_many_one_and_done: level(
                    "user_activity.one_and_done_share",
                    users.one_and_done_share,
                    limits.one_and_done_threshold,
                ),
            },
        },
    };
    let drift_reasons = checks.reasons();
    let why_null = |name| (name, "the table holds no row".to_owned());
    let not_computed = nulls(&metrics).into_iter().map(why_null).collect();
    let report = DriftReport {
        mode: Mode::SingleSnapshot,
        current_path: String::new(),
        reference_path: None,
        thresholds: config.thresholds,
        metrics: Metrics::Snapshot(Box::new(metrics)),
        degeneracy_flags: Some(degeneracy),
        drift_detected: !drift_reasons.is_empty(),
        drift_reasons,
        not_judged: checks.not_judged(),
        psi_bins: config.psi_bins,
        additional_thresholds: config.additional,
        calibration: config.calibration.clone(),
        not_computed,
        tables: TableSizes { reference: None, current: size(table) },
        why: Why::of_one(table),
    };
    let current = SidePicture::new(table, &part);
    Ok((report, DriftPicture { reference: None, current, checks: checks.0 }))
}
