use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{Plan, Settings, Space};

/// A trial that ran on a rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Which trial, from 0; given ones first.
    pub trial: usize,
    /// Which rung, from 0.
    pub rung: usize,
    /// Iterations it might take.
    pub iterations: usize,
    /// Its settings.
    pub settings: Settings,
    /// The score after each iteration it took; fewer than it might where it was ended early.
    pub curve: Vec<f64>,
    /// How long it took.
    pub seconds: f64,
    /// Why it came to no score, if it did not.
    pub failure: Option<String>,
}

impl Run {
    /// The best score of its curve.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        self.curve.iter().copied().filter(|score| score.is_finite()).max_by(f64::total_cmp)
    }

    /// The iteration, from 1, after which that was: the first of several.
    #[must_use]
    pub fn best_iteration(&self) -> Option<usize> {
        let best = self.score()?;
        self.curve.iter().position(|score| *score == best).map(|place| place + 1)
    }

    /// Better runs first: by score, without one last; of equal ones the earlier trial.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let score = |run: &Self| run.score().unwrap_or(f64::NEG_INFINITY);
        score(other).total_cmp(&score(self)).then(self.trial.cmp(&other.trial))
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Study {
    /// What was searched.
    pub space: Space,
    /// How.
    pub plan: Plan,
    /// Every run, in the order they were planned in.
    pub runs: Vec<Run>,
    /// Whether all that was planned ran.
    pub complete: bool,
}

impl Study {
    /// The last run of each trial, the best first: runs of a later rung before those of an earlier
    /// one, since more iterations are no merit of the settings; then by score.
    #[must_use]
    pub fn leaderboard(&self) -> Vec<&Run> {
        let last = |run: &&Run| {
            !self.runs.iter().any(|other| other.trial == run.trial && other.rung > run.rung)
        };
        let mut board: Vec<&Run> = self.runs.iter().filter(last).collect();
        board.sort_by(|a, b| b.rung.cmp(&a.rung).then_with(|| a.order(b)));
        board
    }

    /// The best run, if one came to a score.
    #[must_use]
    pub fn winner(&self) -> Option<&Run> {
        self.leaderboard().into_iter().find(|run| run.score().is_some())
    }
}
