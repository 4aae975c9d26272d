use marquee_dataset::{Interactions, NoProgress};
use marquee_drift::{
    DriftConfig, DriftPicture, DriftReport, Keep, TableSummary, compare, inspect, page,
};
use marquee_pages::Tone;
use serde_json::Value;

use crate::{fixture, summary, table};

/// The report and the picture of the fixtures: of both tables, or of the current one alone.
fn fixtures(with_reference: bool) -> (DriftReport, DriftPicture) {
    let read =
        |name: &str| TableSummary::read(&fixture(name), Keep::Counts, &mut NoProgress).unwrap();
    let (config, current) = (DriftConfig::default(), read("drift_cur.csv"));
    let (mut report, picture) = if with_reference {
        compare(&read("drift_ref.csv"), &current, None, &config).unwrap()
    } else {
        inspect(&current, &config).unwrap()
    };
    report.current_path = "drift_cur.csv".to_owned();
    report.reference_path = with_reference.then(|| "drift_ref.csv".to_owned());
    (report, picture)
}

/// Places of numbers, flags and names under `value`.
fn leaves(place: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                leaves(&inner, field, found);
            }
        }
        _ => found.push(place.to_owned()),
    }
}

#[test]
fn every_number_flag_and_threshold_of_the_report_is_on_the_page() {
    for with_reference in [true, false] {
        let (report, picture) = fixtures(with_reference);
        let html = page(&report, &picture).render();
        let json = serde_json::to_value(&report).unwrap();
        let mut places = Vec::new();
        for part in ["metrics", "thresholds"] {
            leaves("", &json[part], &mut places);
        }
        if with_reference {
            leaves("", &json["additional_thresholds"], &mut places);
        }
        assert!(places.len() > 25, "{places:?}");
        for place in places {
            assert!(html.contains(&format!("<bdi>{place}</bdi>")), "{place}");
        }
        // Each limit that was checked is drawn; one to both sides twice.
        let drawn = html.matches("class=\"limit\"").count();
        let both = picture.checks.iter().filter(|check| check.relation == EITHER_WAY).count();
        assert_eq!(drawn, picture.checks.len() + both);
        for number in ["NaN", ">inf", ">null"] {
            assert!(!html.contains(number), "{number}");
        }
        assert_eq!(html, page(&report, &picture).render());
    }
}

const EITHER_WAY: marquee_drift::Relation = marquee_drift::Relation::EitherWay;

#[test]
fn the_verdict_names_what_made_it() {
    let (report, picture) = fixtures(true);
    let drifted = page(&report, &picture).verdict;
    assert_eq!((drifted.tone, drifted.word.as_str()), (Tone::Bad, "Drift detected"));
    assert_eq!(drifted.sentence, "1 of 17 metrics past a limit that counts: Ratings, PSI 1.22.");
    let (report, picture) = fixtures(false);
    let alone = page(&report, &picture).verdict;
    assert_eq!((alone.tone, alone.word.as_str()), (Tone::Good, "Within bounds"));
}

#[test]
fn what_only_warns_is_no_drift() {
    // One film in five is another one in the current table.
    let film = |row: u64, new: bool| match (new, row % 150) {
        (true, number) if number % 5 == 0 => format!("new+{number}"),
        (_, number) => format!("film+{number}"),
    };
    let rows =
        |new: bool| table((0..1_000).map(move |row| (row % 100, film(row, new), 3, 1_700_000_000)));
    let (report, picture) =
        compare(&summary(&rows(false)), &summary(&rows(true)), None, &DriftConfig::default())
            .unwrap();
    assert!(!report.drift_detected);
    let verdict = page(&report, &picture).verdict;
    assert_eq!(verdict.tone, Tone::Warning);
    assert!(verdict.sentence.contains("New films 20.0%"), "{}", verdict.sentence);
}

#[test]
fn what_could_not_be_judged_is_not_called_well() {
    let rows = |films: u64| {
        summary(&table((0..1_000).map(move |row| {
            (row % 100, format!("film+{}", row % films), 1 + (row % 5) as u8, 1_700_000_000)
        })))
    };
    let verdict = |films: u64| {
        let both = rows(films);
        let mut config = DriftConfig::default();
        config.thresholds.top10_share_threshold = 1.1;
        let (report, picture) = compare(&both, &both, None, &config).unwrap();
        assert!(!report.drift_detected);
        page(&report, &picture).verdict
    };
    assert_eq!(verdict(200).tone, Tone::Good);
    let few = verdict(50);
    assert_eq!((few.tone, few.word.as_str()), (Tone::Warning, "No drift in what could be judged"));
    let expected = "None of 16 metrics is past a limit. 1 could not be judged: Top 100 films in \
                    common not computable: fewer than 100 films on a side: reference 50, current \
                    50.";
    assert_eq!(few.sentence, expected);
}

#[test]
fn what_is_null_says_why() {
    let hostile = "<b>\"&'\u{202e}";
    let rows = |film: &str| table((0..50).map(|user| (user, film.to_owned(), 3, 1_700_000_000)));
    let (reference, current) = (summary(&rows(hostile)), summary(&rows("alien+1979")));
    let (report, picture) = compare(&reference, &current, None, &DriftConfig::default()).unwrap();
    let html = page(&report, &picture).render();
    assert!(!html.contains("<b>") && html.contains("&lt;b&gt;&quot;&amp;&#39;[U+202E]"));
    assert!(html.contains("not computable: fewer than 100 films on a side"));
    assert!(html.contains("not computable: no catalog was given"));

    let nothing = summary(&Interactions::default());
    let (report, picture) = compare(&reference, &nothing, None, &DriftConfig::default()).unwrap();
    let html = page(&report, &picture).render();
    assert!(html.contains("not computable: the current table holds no row"));
    assert!(!html.contains("NaN"));
    let (report, picture) = inspect(&nothing, &DriftConfig::default()).unwrap();
    assert!(page(&report, &picture).render().contains("not computable: the table holds no row"));
}
