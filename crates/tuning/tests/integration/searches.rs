use marquee_tuning::{Ended, Journal, Plan, Range, Rung, Settings, Space, search};

pub(crate) fn space() -> Space {
    Space::new([("x", Range::Linear { low: 0.0, high: 1.0 })]).unwrap()
}

pub(crate) fn plan(trials: usize) -> Plan {
    Plan { trials, eta: 3, iterations: 18, least: 2, seed: 42, given: Vec::new() }
}

/// Best at 0.3, and better with every iteration.
pub(crate) fn curve(settings: &Settings, iterations: usize) -> Result<Vec<f64>, Ended> {
    Ok((1..=iterations).map(|done| 1.0 - (settings["x"] - 0.3).abs() / done as f64).collect())
}

#[test]
fn rungs_hold_a_third_of_the_trials_for_three_times_the_iterations() {
    let rung = |trials, iterations| Rung { trials, iterations };
    assert_eq!(plan(27).rungs().unwrap(), [rung(27, 2), rung(9, 6), rung(3, 18)]);
    assert_eq!(plan(1).rungs().unwrap(), [rung(1, 18)]);
    assert_eq!(plan(4).rungs().unwrap(), [rung(4, 2), rung(2, 6), rung(1, 18)]);
    let given = vec![Settings::from([("x".to_owned(), 0.5)])];
    assert_eq!(Plan { given, ..plan(1) }.rungs().unwrap(), [rung(0, 18)]);
    for wrong in [
        plan(0),
        Plan { eta: 1, ..plan(3) },
        Plan { least: 0, ..plan(3) },
        Plan { iterations: 1, ..plan(3) },
        Plan { given: vec![Settings::new(); 4], ..plan(3) },
    ] {
        assert!(wrong.rungs().is_err(), "{wrong:?}");
    }
}

#[test]
fn the_best_stay_and_the_best_of_them_wins() {
    let mut heard = 0;
    let study = search(&space(), &plan(27), &mut Journal::in_memory(), curve, |_| heard += 1);
    let study = study.unwrap();
    assert!(study.complete);
    assert_eq!((study.runs.len(), heard), (27 + 9 + 3, 39));
    let distance = |trial: usize| (study.space.draw(42, trial)["x"] - 0.3).abs();
    let mut nearest: Vec<usize> = (0..27).collect();
    nearest.sort_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    let board = study.leaderboard();
    assert_eq!(board.len(), 27);
    let places: Vec<usize> = board.iter().map(|run| run.trial).collect();
    assert_eq!(places[..9], nearest[..9]);
    assert_eq!(study.winner().unwrap().best_iteration(), Some(18));
}

#[test]
fn given_trials_run_first_and_to_the_end() {
    let given = vec![Settings::from([("x".to_owned(), 0.99)])];
    let plan = Plan { given, ..plan(10) };
    let study = search(&space(), &plan, &mut Journal::in_memory(), curve, |_| {}).unwrap();
    assert_eq!(study.runs[0].settings["x"], 0.99);
    assert_eq!(study.runs.iter().filter(|run| run.trial == 0).count(), 3);
    assert_eq!(study.runs.iter().filter(|run| run.rung == 2).count(), 1 + 1);
    assert_ne!(study.winner().unwrap().trial, 0);
}

#[test]
fn settings_that_fail_are_last_and_are_not_run_again() {
    let run = |settings: &Settings, iterations: usize| {
        if settings["x"] < 0.6 {
            return Err(Ended::Failed("no such matrix".to_owned()));
        }
        curve(settings, iterations)
    };
    let study = search(&space(), &plan(9), &mut Journal::in_memory(), run, |_| {}).unwrap();
    let failed = study.runs.iter().filter(|run| run.failure.is_some());
    assert!(failed.clone().count() > 0 && failed.clone().all(|run| run.rung == 0));
    assert!(study.winner().unwrap().settings["x"] >= 0.6);
    assert!(study.leaderboard().last().unwrap().failure.is_some());
    let none = |_: &Settings, _: usize| Err(Ended::Failed("no".to_owned()));
    let study = search(&space(), &plan(9), &mut Journal::in_memory(), none, |_| {}).unwrap();
    assert!(study.winner().is_none() && study.complete);
}

#[test]
fn scores_that_are_no_numbers_never_win() {
    let run = |settings: &Settings, iterations: usize| {
        let curve = curve(settings, iterations)?;
        let is_near = (settings["x"] - 0.3).abs() < 0.2;
        Ok(if is_near { vec![f64::NAN; curve.len()] } else { curve })
    };
    let study = search(&space(), &plan(9), &mut Journal::in_memory(), run, |_| {}).unwrap();
    assert!((study.winner().unwrap().settings["x"] - 0.3).abs() >= 0.2);
}

#[test]
fn a_search_that_is_stopped_has_what_ran() {
    let mut runs = 0;
    let run = |settings: &Settings, iterations: usize| {
        runs += 1;
        if runs > 5 { Err(Ended::Stopped) } else { curve(settings, iterations) }
    };
    let study = search(&space(), &plan(9), &mut Journal::in_memory(), run, |_| {}).unwrap();
    assert_eq!((study.runs.len(), study.complete), (5, false));
    assert!(study.winner().is_some());
}
