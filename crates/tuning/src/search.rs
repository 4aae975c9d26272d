use std::time::Instant;

use crate::{Journal, Plan, Run, Settings, Space, Study, TuningError};

/// Why a run came to no score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Its settings cannot be run; the search goes on without them.
    Failed(String),
    /// The search is to end here: the time is over, or somebody stopped it.
    Stopped,
}

/// Runs the plan.
///
/// `run` is called with settings and iterations and gives the score after each iteration, higher
/// being better, fewer where it ends early by itself. It is not called for runs the journal holds.
/// `done` hears of each run, also of those. When `run` says [`Ended::Stopped`] the study is what
/// there is until then.
///
/// # Errors
/// [`TuningError`] for a plan that cannot be carried out and a journal that cannot be kept.
pub fn search(
    space: &Space,
    plan: &Plan,
    journal: &mut Journal,
    mut run: impl FnMut(&Settings, usize) -> Result<Vec<f64>, Ended>,
    mut done: impl FnMut(&Run),
) -> Result<Study, TuningError> {
    let rungs = plan.rungs()?;
    let mut study =
        Study { space: space.clone(), plan: plan.clone(), runs: Vec::new(), complete: false };
    let given = plan.given.len();
    let mut trials: Vec<usize> = (0..plan.trials).collect();
    for (place, rung) in rungs.iter().enumerate() {
        let first = study.runs.len();
        for &trial in &trials {
            let known = journal.find(trial, place).cloned();
            let found = match known {
                Some(known) => known,
                None => {
                    let settings = plan.settings(space, trial);
                    let started = Instant::now();
                    let (curve, failure) = match run(&settings, rung.iterations) {
                        Ok(curve) => (curve, None),
                        Err(Ended::Failed(why)) => (Vec::new(), Some(why)),
                        Err(Ended::Stopped) => return Ok(study),
                    };
                    let seconds = started.elapsed().as_secs_f64();
                    let iterations = rung.iterations;
                    let run =
                        Run { trial, rung: place, iterations, settings, curve, seconds, failure };
                    journal.append(&run)?;
                    run
                }
            };
            done(&found);
            study.runs.push(found);
        }
        let Some(next) = rungs.get(place + 1) else { break };
        let mut drawn: Vec<&Run> =
            study.runs[first..].iter().filter(|run| run.trial >= given).collect();
        drawn.sort_by(|a, b| a.order(b));
        drawn.retain(|run| run.score().is_some());
        drawn.truncate(next.trials);
        let mut stay: Vec<usize> = (0..given).chain(drawn.iter().map(|run| run.trial)).collect();
        stay.sort_unstable();
        trials = stay;
    }
    study.complete = true;
    Ok(study)
}
