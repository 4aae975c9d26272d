use marquee_catalog::Catalog;
use marquee_dataset::{Interactions, NoProgress, StagedFile};
use marquee_drift::{
    Calibration, CalibrationConfig, CurrentSize, DriftConfig, DriftError, DriftReport, Genres,
    Keep, PsiBins, TableSummary, calibrate, compare,
};
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::source::Source;

fn calibrated(
    reference: &Interactions,
    current: &Interactions,
    how: CalibrationConfig,
) -> (DriftReport, Calibration) {
    let reference = TableSummary::of(reference, Keep::Rows);
    let current = TableSummary::of(current, Keep::Counts);
    let size = CurrentSize::of(&reference, &current);
    let base = DriftConfig::default();
    let calibration = calibrate(&reference, size, None, how, &base, &mut NoProgress).unwrap();
    let config = calibration.clone().into_config(PsiBins::Open).unwrap();
    (compare(&reference, &current, None, &config).unwrap().0, calibration)
}

fn how(replicates: usize, false_alarm_rate: f64) -> CalibrationConfig {
    CalibrationConfig { replicates, false_alarm_rate, seed: 7 }
}

#[test]
fn of_fifty_pairs_from_one_source_hardly_any_is_called_drifted() {
    let source = Source::new(6_000, 1_000, 3);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut alarms = Vec::new();
    for pair in 0..50 {
        let [reference, current] = if pair % 2 == 0 {
            source.split(0.1, &mut random)
        } else {
            [(); 2].map(|()| source.draw(600, &mut random))
        };
        let (report, _) = calibrated(&reference, &current, how(120, 0.01));
        if report.drift_detected {
            alarms.push(report.drift_reasons);
        }
    }
    // Of fifty at a rate of 0.03, more than four come up once in two hundred times.
    assert!(alarms.len() <= 4, "{alarms:?}");
}

#[test]
fn planted_drift_is_found_at_a_hundred_thousand_rows() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let source = Source::new(25_000, 3_000, 5);
    let [reference, current] = source.split(0.5, &mut random);
    assert!(current.len() > 80_000, "{}", current.len());
    let base = how(100, 0.01);
    let found = |damaged: &Interactions| {
        let (report, _) = calibrated(&reference, damaged, base);
        report.drift_reasons.into_iter().map(|check| check.name).collect::<Vec<_>>()
    };
    let mut shifted = current.clone();
    let films = shifted.movie_ids.len() as u32;
    let mut inflated = current.clone();
    for row in 0..current.len() {
        if random.random::<f64>() < 0.1 {
            shifted.movies[row] = random.random_range(0..films);
        }
        if random.random::<f64>() < 0.5 {
            inflated.ratings[row] = (inflated.ratings[row] + 1).min(5);
        }
    }
    let kept: Vec<u32> = (0..current.len() as u32)
        .filter(|&row| !current.user_ids[row as usize].is_multiple_of(5))
        .collect();
    let names = found(&shifted);
    assert!(names.contains(&"film_distribution.js_distance".to_owned()), "{names:?}");
    let names = found(&current.select(&kept));
    assert!(names.contains(&"activity_collapse.active_users_change".to_owned()), "{names:?}");
    let names = found(&inflated);
    assert!(names.contains(&"rating_psi.psi".to_owned()), "{names:?}");
}

#[test]
fn the_same_seed_gives_the_same_thresholds_whatever_the_threads() {
    let source = Source::new(1_500, 400, 1);
    let [reference, current] = source.split(0.5, &mut ChaCha8Rng::seed_from_u64(2));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| calibrated(&reference, &current, how(80, 0.05)).1)
    };
    let one = on(1);
    assert_eq!(one, on(3));
    let other = CalibrationConfig { seed: 8, ..how(80, 0.05) };
    assert_ne!(one.thresholds, calibrated(&reference, &current, other).1.thresholds);
}

#[test]
fn moderate_thresholds_lie_below_strong_ones_and_a_lower_rate_above_a_higher() {
    let source = Source::new(1_500, 400, 1);
    let [reference, current] = source.split(0.5, &mut ChaCha8Rng::seed_from_u64(2));
    let at = |rate| calibrated(&reference, &current, how(300, rate)).1;
    let (seldom, often) = (at(0.01), at(0.2));
    for calibration in [&seldom, &often] {
        let limits = &calibration.thresholds;
        assert!(limits.psi_moderate < limits.psi_strong);
        assert!(limits.pop_top10_delta_moderate < limits.pop_top10_delta_strong);
        assert!(limits.pop_gini_delta_moderate < limits.pop_gini_delta_strong);
    }
    assert!(often.thresholds.psi_strong < seldom.thresholds.psi_strong);
    assert!(often.thresholds.top100_overlap_threshold > seldom.thresholds.top100_overlap_threshold);
    assert!(seldom.additional_thresholds.hour_js.sets_drift);
    // No catalog: that threshold stays what it was.
    assert!(!seldom.additional_thresholds.genre_js.sets_drift);
    assert!(seldom.record.uncalibrated.is_empty(), "{:?}", seldom.record.uncalibrated);
}

#[test]
fn a_reference_with_few_films_leaves_the_overlap_as_it_was() {
    let source = Source::new(1_000, 60, 1);
    let [reference, current] = source.split(0.5, &mut ChaCha8Rng::seed_from_u64(2));
    let (_, calibration) = calibrated(&reference, &current, how(100, 0.05));
    assert_eq!(calibration.thresholds.top100_overlap_threshold, 0.40);
    assert_eq!(calibration.record.uncalibrated, ["top100_overlap_threshold"]);
}

#[test]
fn thresholds_are_kept_in_a_file_of_a_version() {
    let source = Source::new(1_000, 400, 1);
    let [reference, current] = source.split(0.5, &mut ChaCha8Rng::seed_from_u64(2));
    let (report, calibration) = calibrated(&reference, &current, how(100, 0.05));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("thresholds.json");
    let mut file = StagedFile::create(&path).unwrap();
    calibration.write(&mut file).unwrap();
    file.commit().unwrap();
    assert_eq!(Calibration::read(&path).unwrap(), calibration);
    assert_eq!(report.calibration, Some(calibration.record));

    let text = fs_err::read_to_string(&path).unwrap();
    let refused = |text: String| {
        fs_err::write(&path, text).unwrap();
        Calibration::read(&path).unwrap_err()
    };
    let error = refused(text.replace("\"format_version\": 1", "\"format_version\": 2"));
    assert!(matches!(error, DriftError::CalibrationFormat { found: 2, .. }));
    let error = refused(text.replacen("\"seed\"", "\"odd\": 1, \"seed\"", 1));
    assert!(matches!(error, DriftError::CalibrationFile { .. }));
    let error = refused(text.replacen("\"psi_moderate\": ", "\"psi_moderate\": -", 1));
    assert!(matches!(error, DriftError::Threshold { name: "psi_moderate", .. }));
}

#[test]
fn the_file_of_the_first_version_can_be_read() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/integration/thresholds_v1.json");
    let calibration = Calibration::read(&path).unwrap();
    assert_eq!(calibration.record.replicates, 400);
    assert_eq!(calibration.thresholds.psi_strong, 0.25);
    assert!(calibration.additional_thresholds.rows_drop.sets_drift);
}

#[test]
fn thresholds_go_with_the_bins_and_the_catalog_they_were_calibrated_with() {
    let source = Source::new(1_000, 400, 1);
    let [reference, current] = source.split(0.5, &mut ChaCha8Rng::seed_from_u64(2));
    let (_, calibration) = calibrated(&reference, &current, how(100, 0.05));
    let error = calibration.clone().into_config(PsiBins::Reference).unwrap_err();
    assert!(matches!(error, DriftError::OtherPsiBins { .. }), "{error}");
    let [reference, current] =
        [&reference, &current].map(|table| TableSummary::of(table, Keep::Counts));
    let genres = Genres::new(&Catalog::default(), &[&reference, &current]);
    let mut config = calibration.into_config(PsiBins::Open).unwrap();
    let uncalibrated = |config: &DriftConfig| {
        let (report, _) = compare(&reference, &current, Some(&genres), config).unwrap();
        report.calibration.unwrap().uncalibrated
    };
    assert_eq!(uncalibrated(&config), ["genre_js"]);
    config.calibration.as_mut().unwrap().catalog = true;
    assert_eq!(uncalibrated(&config), [""; 0]);
}

#[test]
fn what_cannot_be_calibrated_says_so() {
    let source = Source::new(300, 50, 1);
    let table = source.draw(100, &mut ChaCha8Rng::seed_from_u64(2));
    let summary = TableSummary::of(&table, Keep::Rows);
    let size = CurrentSize::of(&summary, &summary);
    let run = |reference: &TableSummary, how| {
        let base = DriftConfig::default();
        calibrate(reference, size, None, how, &base, &mut NoProgress).unwrap_err()
    };
    assert!(matches!(
        run(&summary, how(99, 0.01)),
        DriftError::TooFewReplicates { least: 100, .. }
    ));
    assert!(matches!(run(&summary, how(99, 0.0)), DriftError::FalseAlarmRate { .. }));
    assert!(matches!(run(&summary, how(99, f64::NAN)), DriftError::FalseAlarmRate { .. }));
    let counts = TableSummary::of(&table, Keep::Counts);
    assert!(matches!(run(&counts, how(99, 0.1)), DriftError::RowsNotKept));
    let most = CalibrationConfig::MOST_REPLICATES;
    let error = run(&summary, how(1_000_000_000_000_000, 0.1));
    assert!(matches!(error, DriftError::TooManyReplicates { most: limit, .. } if limit == most));
    let nothing = CurrentSize::of(&summary, &TableSummary::default());
    let base = DriftConfig::default();
    let error = calibrate(&summary, nothing, None, how(99, 0.1), &base, &mut NoProgress);
    assert!(matches!(error.unwrap_err(), DriftError::EmptyCurrent));
    let few = source.draw(39, &mut ChaCha8Rng::seed_from_u64(2));
    let few = TableSummary::of(&few, Keep::Rows);
    assert!(matches!(run(&few, how(99, 0.1)), DriftError::TooFewUsers { users: 39, .. }));
}
