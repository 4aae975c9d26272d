//! The program as scripts call it: outputs, exit codes, messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    fmt::Write,
    path::Path,
    process::{Command, Output},
};

use marquee_pipeline::TuningReport;

/// Two kinds of people, each with films of their own; a year of it.
fn table() -> String {
    let mut text = "user_id,movie_id,rating,timestamp\n".to_owned();
    for user in 0..60 {
        for step in 0..8 {
            let film = (user * 7 + step * 5) % 12;
            let (kind, time) = (user % 2, 1_700_000_000 + step * 86_400 * 30 + user);
            writeln!(text, "{user},film+{kind}+{film},{},{time}", 1 + (user + step) % 5).unwrap();
        }
    }
    text
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_als-tune"))
        .current_dir(folder)
        .args(["--out", "tuning.json", "--space", "factors=2,4"])
        .args(if arguments.contains(&"--data-path") {
            &[][..]
        } else {
            &["--data-path", "data.csv"]
        })
        .args(["--iterations", "6"])
        .args(if arguments.contains(&"--trials") { &[][..] } else { &["--trials", "6"] })
        .args(arguments)
        .output()
        .unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("data.csv"), table()).unwrap();
    folder
}

fn report(output: &Output) -> TuningReport {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Without what differs from run to run.
fn timeless(mut report: TuningReport) -> TuningReport {
    report.seconds = 0.0;
    report.leaderboard.iter_mut().for_each(|run| run.seconds = 0.0);
    report
}

#[test]
fn a_search_reports_its_winner_and_another_finds_the_same() {
    let folder = folder();
    let first = report(&run(folder.path(), &["--html", "page.html"]));
    let written = fs_err::read(folder.path().join("tuning.json")).unwrap();
    assert_eq!(first, serde_json::from_slice(&written).unwrap());
    assert!(fs_err::read_to_string(folder.path().join("page.html")).unwrap().contains("NDCG@20"));
    assert_eq!((first.leaderboard.len(), first.complete), (6, true));
    assert_eq!((first.data.rows_put_aside, first.data.validation_users), (60, 60));
    assert_eq!(first.data.train_rows, 60 * 6);
    let winner = first.winner.clone().unwrap();
    assert!(winner.score >= winner.given_score.unwrap());
    assert_eq!(winner.flags[0], "--factors");
    // Once more from the journal, with nothing left to run, and once from nothing on one thread.
    let again = report(&run(folder.path(), &[]));
    assert_eq!(again.leaderboard, first.leaderboard);
    fs_err::remove_file(folder.path().join("tuning.journal.jsonl")).unwrap();
    let alone = report(&run(folder.path(), &["--threads", "1"]));
    assert_eq!(timeless(alone), timeless(first));
}

#[test]
fn what_is_tested_later_changes_nothing() {
    let folder = folder();
    let first = timeless(report(&run(folder.path(), &["--journal", "a.jsonl"])));
    // Every user's last row is now of another film, at another time.
    let changed: String = table()
        .lines()
        .enumerate()
        .map(|(line, text)| match line {
            0 => format!("{text}\n"),
            _ if line % 8 == 0 => {
                let user = text.split(',').next().unwrap();
                format!("{user},another+{line},1,1900000000\n")
            }
            _ => format!("{text}\n"),
        })
        .collect();
    fs_err::write(folder.path().join("data.csv"), changed).unwrap();
    let mut second = timeless(report(&run(folder.path(), &["--journal", "b.jsonl"])));
    assert_ne!(second.data.sha256, first.data.sha256);
    second.data = first.data.clone();
    assert_eq!(second, first);
}

#[test]
fn the_table_ends_in_a_command() {
    let folder = folder();
    let output = run(folder.path(), &["--table"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("als-train --factors "), "{text}");
    assert!(text.contains("* a preset; 6 trials, 6 shown"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 180));
}

#[test]
fn signals_are_among_the_flags_of_the_winner() {
    let folder = folder();
    let wider = table().lines().enumerate().fold(String::new(), |mut text, (line, row)| {
        match line {
            0 => writeln!(text, "{row},stars,minutes"),
            _ => writeln!(text, "{row},{},{}", row.split(',').nth(2).unwrap(), 10 * (line % 9)),
        }
        .unwrap();
        text
    });
    fs_err::write(folder.path().join("data.csv"), wider).unwrap();
    let flags = |arguments: &[&str]| {
        let journal = format!("{}.jsonl", arguments.len());
        let report = report(&run(folder.path(), &[arguments, &["--journal", &journal]].concat()));
        report.winner.unwrap().flags.join(" ")
    };
    let both = flags(&["--signals", "stars,minutes", "--dislike-below", "3"]);
    assert!(both.contains("--signals minutes,stars --dislike-below 3"), "{both}");
    let minutes = flags(&["--signals", "minutes"]);
    assert!(minutes.contains("--signals minutes --dislike-below 2"), "{minutes}");
    assert!(!flags(&[]).contains("--signals"));
}

#[test]
fn what_cannot_run_exits_with_two_and_says_why() {
    let folder = folder();
    for (arguments, says) in [
        (&["--space", "depth=1,2"][..], "there is no setting depth; those are factors,"),
        (&["--space", "alpha=5..1"], "log:0.001..10"),
        (&["--space", "alpha"], "write NAME=RANGE"),
        (&["--trials", "0"], "trials is 0: it must be at least 1"),
        (&["--eta", "1"], "eta must be at least 2"),
        (&["--max-minutes", "0"], "choose a number above 0"),
        (&["--max-minutes", "nan"], "choose a number above 0"),
        (&["--signals", "minutes"], "--strategy aggregate"),
        (&["--data-path", "none.csv"], "none.csv"),
        (&["--journal", "data.csv"], "data.csv"),
    ] {
        let output = run(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert!(!folder.path().join("tuning.json").exists());
    }
    assert!(report(&run(folder.path(), &[])).complete);
    let other = run(folder.path(), &["--seed", "7"]);
    let said = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(2));
    assert!(said.contains("journal of another search (plan differs)"), "{said}");
}

#[test]
fn time_that_is_over_ends_the_search_and_it_goes_on() {
    let folder = folder();
    let short = run(folder.path(), &["--max-minutes", "0.0000001"]);
    let said = String::from_utf8_lossy(&short.stderr);
    assert_eq!(short.status.code(), Some(1), "{said}");
    assert!(said.contains("goes on"), "{said}");
    let empty: TuningReport = serde_json::from_slice(&short.stdout).unwrap();
    assert!(!empty.complete && empty.winner.is_none() && empty.leaderboard.is_empty());
    assert!(report(&run(folder.path(), &["--max-minutes", "5"])).complete);
}
