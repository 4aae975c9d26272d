use marquee_tuning::{Ended, Journal, Settings, search};
use serde_json::{Map, Value, json};

use crate::searches::{curve, plan, space};

fn of(data: &str) -> Map<String, Value> {
    Map::from_iter([("data".to_owned(), json!(data)), ("seed".to_owned(), json!(42))])
}

/// As [`curve`], ending the search after some runs.
fn ending(after: usize) -> impl FnMut(&Settings, usize) -> Result<Vec<f64>, Ended> {
    let mut runs = 0;
    move |settings, iterations| {
        runs += 1;
        if runs > after { Err(Ended::Stopped) } else { curve(settings, iterations) }
    }
}

fn without_seconds(runs: &[marquee_tuning::Run]) -> Vec<marquee_tuning::Run> {
    runs.iter().cloned().map(|run| marquee_tuning::Run { seconds: 0.0, ..run }).collect()
}

#[test]
fn a_search_goes_on_where_it_was_and_ends_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let whole = search(&space(), &plan(9), &mut Journal::in_memory(), curve, |_| {}).unwrap();
    for after in 0..4 {
        let mut journal = Journal::open(&path, of("a")).unwrap();
        assert_eq!(journal.runs().len(), 3 * after);
        search(&space(), &plan(9), &mut journal, ending(3), |_| {}).unwrap();
        // As a process leaves it that is killed while it writes.
        let mut text = fs_err::read(&path).unwrap();
        text.extend_from_slice(b"{\"trial\": 99, \"ru");
        fs_err::write(&path, text).unwrap();
    }
    let mut journal = Journal::open(&path, of("a")).unwrap();
    let study = search(&space(), &plan(9), &mut journal, ending(1), |_| {}).unwrap();
    assert!(study.complete);
    assert_eq!(without_seconds(&study.runs), without_seconds(&whole.runs));
    let journal = Journal::open(&path, of("a")).unwrap();
    assert_eq!(journal.runs(), study.runs);
}

#[test]
fn runs_of_another_search_are_refused_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    drop(Journal::open(&path, of("a")).unwrap());
    let before = fs_err::read(&path).unwrap();
    let error = Journal::open(&path, of("b")).unwrap_err().to_string();
    assert!(error.contains("(data differs)"), "{error}");
    assert_eq!(fs_err::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_journal_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    drop(Journal::open(&path, of("a")).unwrap());
    let header = fs_err::read_to_string(&path).unwrap();
    let newer = header.replace("\"format_version\":1", "\"format_version\":2");
    for (text, line) in [
        ("not a journal\n".to_owned(), 1),
        (newer, 1),
        (header.clone() + "{}\n", 2),
        (header.clone() + "{\"trial\": 0}\n{}\n", 2),
    ] {
        fs_err::write(&path, &text).unwrap();
        let error = Journal::open(&path, of("a")).unwrap_err().to_string();
        assert!(error.contains(&format!("line {line}")), "{error}");
        assert_eq!(fs_err::read_to_string(&path).unwrap(), text);
    }
    assert!(Journal::open(&folder.path().join("none/journal.jsonl"), of("a")).is_err());
}
