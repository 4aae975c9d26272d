use std::collections::BTreeSet;

use marquee_catalog::Catalog;
use marquee_dataset::Interactions;
use marquee_drift::{
    DriftConfig, DriftError, Genres, Limit, Metrics, Relation, Severity, Thresholds, compare,
    inspect,
};

use crate::{numbers, report, summary, table};

const MONDAY: i64 = 1_699_833_600;
const DAY: i64 = 86_400;

/// Two weeks in which each user watches a few films at an hour of theirs.
fn fortnight(users: std::ops::Range<u64>, films: u64) -> Interactions {
    let rows = users.flat_map(|user| {
        (0..5).map(move |turn| {
            let film = (user * 7 + turn * turn * 13) % films;
            let time =
                MONDAY + (user as i64 + 3 * turn as i64) % 14 * DAY + (user as i64 % 24) * 3_600;
            (user, format!("film+{film}"), 1 + ((user + turn) % 5) as u8, time)
        })
    });
    table(rows)
}

fn reasons(report: &marquee_drift::DriftReport) -> Vec<&str> {
    report.drift_reasons.iter().map(|check| check.name.as_str()).collect()
}

#[test]
fn a_table_does_not_drift_from_itself() {
    let weeks = fortnight(1..2_000, 300);
    let report = report(&weeks, &weeks);
    assert!(!report.drift_detected, "{:?}", report.drift_reasons);
    let missing: Vec<_> = report.not_computed.iter().collect();
    assert_eq!(missing, [(&"genre_distribution".to_owned(), &"no catalog was given".to_owned())]);
    assert_eq!(report.not_judged, [""; 0]);
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("-0.0"), "{text}");
    let metrics = numbers(&report);
    assert_eq!(metrics.rating_psi.psi, Some(0.0));
    assert_eq!(metrics.top100_overlap.overlap, Some(1.0));
    assert_eq!(metrics.activity_collapse.active_users_change, Some(0.0));
    assert_eq!(metrics.hourly_volume.js_distance, Some(0.0));
    assert_eq!(report.why.films.len(), 0, "nothing moved");
}

#[test]
fn users_that_are_gone_are_drift() {
    let (before, after) = (fortnight(1..2_001, 300), fortnight(1..1_601, 300));
    let report = report(&before, &after);
    assert_eq!(reasons(&report), ["activity_collapse.active_users_change"]);
    assert!(numbers(&report).activity_collapse.flags.active_users);
    let change = numbers(&report).activity_collapse.active_users_change.unwrap();
    assert!((change + 0.2).abs() < 1e-12);
}

#[test]
fn a_reason_stands_at_its_place_with_its_value() {
    let report = report(&fortnight(1..2_001, 300), &fortnight(1..401, 50));
    let metrics = serde_json::to_value(&report).unwrap()["metrics"].clone();
    assert!(report.drift_reasons.len() > 2, "{:?}", report.drift_reasons);
    for check in &report.drift_reasons {
        let value = metrics.pointer(&format!("/{}", check.name.replace('.', "/")));
        assert_eq!(value.and_then(serde_json::Value::as_f64), check.value, "{}", check.name);
    }
    let fall = report.drift_reasons.last().unwrap();
    assert_eq!((fall.relation, fall.threshold), (Relation::FallsBy, 0.15));
    assert!(fall.value.unwrap() < -0.5);
}

/// The rows of some days of `fortnight`.
fn days_of(table: &Interactions, wanted: impl Fn(i64) -> bool) -> Interactions {
    let day = |row: u32| (table.timestamps[row as usize] - MONDAY) / DAY;
    let rows: Vec<u32> = (0..table.len() as u32).filter(|&row| wanted(day(row))).collect();
    table.select(&rows)
}

#[test]
fn lost_days_are_drift_at_the_end_and_in_between() {
    let before = fortnight(1..2_000, 300);
    for (lost, change) in
        [(days_of(&before, |day| day < 4), -10.0), (days_of(&before, |day| day % 7 < 5), -4.0)]
    {
        let report = report(&before, &lost);
        let volume = numbers(&report).hourly_volume;
        assert!((volume.days_change.unwrap() - change / 14.0).abs() < 0.01, "{volume:?}");
        assert!(volume.flags.days && !volume.flags.rows_per_day);
        assert!(reasons(&report).contains(&"hourly_volume.days_change"));
        // Users and days are never both passed over.
        assert!(report.not_judged.contains(&"activity_collapse.active_users_change".to_owned()));
    }
    let longer = report(&days_of(&before, |day| day < 7), &before);
    assert!(!numbers(&longer).hourly_volume.flags.days && !longer.drift_detected);
    assert_eq!(longer.not_judged.len(), 2);
    // Half a day fewer is none lost, and a threshold above 1 is never reached.
    assert!(!numbers(&report(&before, &days_of(&before, |day| day < 13))).hourly_volume.flags.days);
    let mut config = DriftConfig::default();
    config.additional.days_drop = Limit::alarming(1.1);
    let lost = summary(&days_of(&before, |day| day < 4));
    let (report, _) = compare(&summary(&before), &lost, None, &config).unwrap();
    assert!(!numbers(&report).hourly_volume.flags.days);
}

/// Places of nulls below `value`, those of lists under `[]`.
fn nulls(value: &serde_json::Value, place: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Null => drop(found.insert(place.trim_start_matches('.').to_owned())),
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                nulls(field, &format!("{place}.{name}"), found);
            }
        }
        serde_json::Value::Array(items) => {
            for item in items {
                nulls(item, &format!("{place}[]"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_null_under_metrics_says_why() {
    let catalog: Catalog = serde_json::from_value(serde_json::json!({
        "film+0": {"title": "0", "genres": ["Drama", "Comedy"]},
    }))
    .unwrap();
    let (weeks, none) = (summary(&fortnight(1..500, 300)), summary(&Interactions::default()));
    let few = summary(&table([(1, "film+1".to_owned(), 1, 0)]));
    let config = DriftConfig::default();
    let mut reports = vec![inspect(&none, &config).unwrap().0];
    for catalog in [None, Some(&catalog), Some(&Catalog::default())] {
        for (reference, current) in [(&weeks, &none), (&weeks, &few), (&few, &weeks)] {
            let genres = catalog.map(|catalog| Genres::new(catalog, &[reference, current]));
            reports.push(compare(reference, current, genres.as_ref(), &config).unwrap().0);
        }
    }
    for report in reports {
        let mut found = BTreeSet::new();
        nulls(&serde_json::to_value(&report).unwrap()["metrics"], "", &mut found);
        assert!(!found.is_empty());
        let explained: BTreeSet<String> = report.not_computed.keys().cloned().collect();
        assert_eq!(found, explained);
        assert!(report.not_judged.iter().all(|name| found.contains(name)));
    }
}

#[test]
fn growth_is_no_collapse() {
    let (before, after) = (fortnight(1..1_000, 300), fortnight(1..3_000, 300));
    assert!(!report(&before, &after).drift_detected);
}

#[test]
fn users_of_a_day_are_not_compared_with_those_of_two_weeks() {
    let before = fortnight(1..2_000, 300);
    let rows: Vec<u32> = (0..before.len() as u32)
        .filter(|&row| before.timestamps[row as usize] < MONDAY + DAY)
        .collect();
    let report = report(&before, &before.select(&rows));
    let metrics = numbers(&report);
    assert_eq!(metrics.activity_collapse.active_users_change, None);
    let why = &report.not_computed["activity_collapse.active_users_change"];
    assert!(why.contains("14 and 1 days"), "{why}");
    // Of the hours, those of the day that both have are compared.
    assert_eq!(metrics.hourly_volume.hours_compared, 24);
    assert!(metrics.hourly_volume.js_distance.unwrap() < 0.2);
}

#[test]
fn fewer_than_a_hundred_films_have_no_overlap_and_the_report_says_why() {
    let (before, after) = (fortnight(1..500, 300), fortnight(1..500, 99));
    let report = report(&before, &after);
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains(r#""top100_overlap":{"overlap":null,"flag_low_overlap":false}"#));
    let why = &report.not_computed["top100_overlap.overlap"];
    assert!(why.contains("fewer than 100 films"), "{why}");
    assert!(!text.contains("NaN"));
}

#[test]
fn a_current_table_without_rows_is_drift_and_all_null() {
    let report = report(&fortnight(1..500, 300), &Interactions::default());
    assert!(report.drift_detected);
    let expected = ["hourly_volume.days_change", "activity_collapse.active_users_change"];
    assert_eq!(reasons(&report), expected);
    let metrics = numbers(&report);
    assert_eq!(metrics.rating_psi.psi, None);
    assert_eq!(metrics.rating_psi.severity, Severity::None);
    assert!(!metrics.rating_psi.edges.is_empty());
    // Every null number has a reason.
    let value = serde_json::to_value(&report).unwrap();
    for name in [
        "rating_psi.psi",
        "movie_popularity.cur.gini_movies",
        "movie_popularity.delta.top10_share_delta",
        "user_activity.cur.p95_events_per_user",
        "hourly_volume.js_distance",
        "film_turnover.new_film_share",
    ] {
        let place = format!("/metrics/{}", name.replace('.', "/"));
        assert!(value.pointer(&place).unwrap().is_null(), "{name}");
        assert_eq!(report.not_computed[name], "the current table holds no row");
    }
}

#[test]
fn a_reference_without_rows_is_refused() {
    let current = summary(&fortnight(1..10, 10));
    let error =
        compare(&summary(&Interactions::default()), &current, None, &DriftConfig::default());
    assert!(matches!(error, Err(DriftError::EmptyReference)));
}

#[test]
fn a_single_table_without_rows_or_of_one_rating_is_degenerate() {
    let (empty, _) = inspect(&summary(&Interactions::default()), &DriftConfig::default()).unwrap();
    assert!(empty.drift_detected && empty.degeneracy_flags.unwrap().low_rating_entropy);
    assert_eq!(empty.not_computed.len(), 7);
    let ones = table((1..50).map(|user| (user, format!("film+{}", user % 20), 1, MONDAY)));
    let (ones, picture) = inspect(&summary(&ones), &DriftConfig::default()).unwrap();
    let flags = ones.degeneracy_flags.unwrap();
    assert!(flags.low_rating_entropy && flags.single_class_ratings);
    let Metrics::Snapshot(metrics) = &ones.metrics else { panic!("one table") };
    assert_eq!(metrics.label_degeneracy.rating_entropy_bits, Some(0.0));
    assert_eq!(metrics.label_degeneracy.unique_ratings, 1);
    assert!(picture.reference.is_none() && picture.checks.len() == 5);
}

#[test]
fn equal_counts_at_the_hundredth_rank_go_by_first_appearance() {
    // 150 films with a row each: the hundred that come first are on top.
    let films = |order: &mut dyn Iterator<Item = u64>| {
        table(order.map(|film| (film, format!("film+{film}"), 3, MONDAY)))
    };
    let report = report(&films(&mut (0..150)), &films(&mut (0..150).rev()));
    assert_eq!(numbers(&report).top100_overlap.overlap, Some(0.5));
}

#[test]
fn new_and_vanished_films_are_counted_by_their_rows() {
    let film = |film: &str| film.to_owned();
    let before = table([(1, film("a"), 1, 0), (2, film("a"), 1, 0), (3, film("b"), 1, 0)]);
    let after = table([
        (1, film("c"), 1, 0),
        (2, film("a"), 1, 0),
        (3, film("d"), 1, 0),
        (4, film("d"), 1, 0),
    ]);
    let report = report(&before, &after);
    let turnover = numbers(&report).film_turnover;
    assert_eq!((turnover.new_films, turnover.new_film_share), (2, Some(0.75)));
    assert_eq!((turnover.vanished_films, turnover.vanished_film_share), (1, Some(1.0 / 3.0)));
    let mover = &report.why.films[0];
    assert_eq!((mover.movie_id.as_str(), mover.ref_rows, mover.cur_rows), ("d", Some(0), 2));
    // a moves by 5/12, b by 1/3, c by 1/4 and d by 1/2.
    assert!((mover.contribution.unwrap() - 0.5 / 1.5).abs() < 1e-12);
    assert_eq!(report.why.users.iter().map(|user| user.user_id).collect::<Vec<_>>(), [4, 1, 2, 3]);
}

#[test]
fn genres_are_compared_where_a_catalog_knows_them() {
    let catalog: Catalog = serde_json::from_value(serde_json::json!({
        "film+0": {"title": "0", "genres": ["Drama", "Comedy"]},
        "film+1": {"title": "1", "genres": [{"id": 3, "name": "Drama"}]},
    }))
    .unwrap();
    let rows = |films: &[u64]| {
        table((1..).zip(films).map(|(user, film)| (user, format!("film+{film}"), 2, MONDAY)))
    };
    let (before, after) = (summary(&rows(&[0, 1, 2, 2])), summary(&rows(&[1, 1, 1, 2])));
    let genres = Genres::new(&catalog, &[&before, &after]);
    let config = DriftConfig::default();
    let (report, _) = compare(&before, &after, Some(&genres), &config).unwrap();
    let distribution = numbers(&report).genre_distribution.as_ref().unwrap();
    let comedy = distribution.genres.iter().find(|shift| shift.genre == "Comedy").unwrap();
    assert_eq!((comedy.ref_share, comedy.cur_share), (Some(1.0 / 3.0), Some(0.0)));
    assert_eq!(distribution.ref_share_without_genre, Some(0.5));
    // A default of a metric beyond the fourteen reports and sets nothing.
    assert!(distribution.flag);
    assert!(reasons(&report).iter().all(|name| !name.starts_with("genre")));
    let nothing = Genres::new(&Catalog::default(), &[&before, &after]);
    let (report, _) = compare(&before, &after, Some(&nothing), &config).unwrap();
    assert_eq!(numbers(&report).genre_distribution.as_ref().unwrap().js_distance, None);
    assert!(report.not_computed.contains_key("genre_distribution.js_distance"));
}

#[test]
fn each_level_and_delta_sets_its_own_flag() {
    let before = fortnight(1..1_000, 300);
    let mut after = before.clone();
    let first = after.movies[0];
    let half = after.len() / 2;
    after.movies[..half].fill(first);
    let report = report(&before, &after);
    let flags = numbers(&report).movie_popularity.flags;
    assert!(flags.top10_concentration && flags.top10_delta_moderate && flags.top10_delta_strong);
    assert!(flags.gini_delta_strong && !flags.gini_high);
    let thresholds = Thresholds {
        top10_share_threshold: 1.0,
        pop_top10_delta_strong: 1.0,
        pop_top100_delta_strong: 1.0,
        pop_gini_delta_strong: 1.0,
        ..Thresholds::default()
    };
    let config = DriftConfig { thresholds, ..DriftConfig::default() };
    let (report, _) = compare(&summary(&before), &summary(&after), None, &config).unwrap();
    let flags = numbers(&report).movie_popularity.flags;
    assert!(flags.top10_delta_moderate && !flags.top10_delta_strong && !flags.top10_concentration);
    assert!(!report.drift_detected, "{:?}", report.drift_reasons);
}

#[test]
fn a_threshold_that_is_none_is_refused() {
    let weeks = summary(&fortnight(1..10, 10));
    for value in [f64::NAN, -0.1, f64::INFINITY] {
        let thresholds = Thresholds { psi_strong: value, ..Thresholds::default() };
        let config = DriftConfig { thresholds, ..DriftConfig::default() };
        let error = compare(&weeks, &weeks, None, &config).unwrap_err();
        assert!(matches!(error, DriftError::Threshold { name: "psi_strong", .. }));
    }
}

#[test]
fn the_picture_has_both_sides_and_every_threshold() {
    let weeks = summary(&fortnight(1..1_000, 300));
    let (report, picture) = compare(&weeks, &weeks, None, &DriftConfig::default()).unwrap();
    let side = picture.reference.unwrap();
    assert_eq!(side, picture.current);
    assert_eq!(side.hours.len(), 168);
    assert_eq!(side.lorenz.len(), 101);
    assert_eq!(side.activity.iter().map(|bar| bar.2).sum::<u64>(), 999);
    assert_eq!(side.hours.iter().sum::<u64>(), report.tables.current.rows);
    // Fourteen but for the two of a single table, and all beyond but for genres.
    assert_eq!(picture.checks.len(), 12 + 9);
}
