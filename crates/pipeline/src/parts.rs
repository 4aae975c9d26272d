//! The two parts of a data set: what is trained on, and what is asked for.

use marquee_dataset::{
    GlobalTimeSplit, Interactions, LeaveLastSplit, leave_last, pairs_in_both, split_at,
    time_of_last,
};
use marquee_evaluation::{HeldOutUser, Holdout, TrainingFacts};

use crate::{OfflineJob, PipelineError, SplitReport, SplitRule, rows::Rows};

pub(crate) struct Parts {
    pub(crate) train: Rows,
    pub(crate) held_out: Interactions,
    pub(crate) holdout: Holdout,
    pub(crate) facts: TrainingFacts,
    boundary: Option<i64>,
    left_out_users: usize,
}

impl Parts {
    pub(crate) fn of(job: &OfflineJob, rows: &Rows) -> Result<Self, PipelineError> {
        let mut parts = match job.split {
            SplitRule::LastN { holdout } => Self::last(rows, holdout, job.min_history)?,
            SplitRule::GlobalTime { test_share } => {
                let boundary = time_of_last(rows.table(), test_share).unwrap_or_default();
                let split = split_at(rows.table(), boundary, job.min_history);
                let GlobalTimeSplit { train, train_rows, holdout, left_out_users, .. } = split;
                let train = beside(rows, train, &train_rows);
                Self::new(train, holdout, Some(boundary), left_out_users)?
            }
        };
        if job.sample_users > 0 {
            parts.holdout = parts.holdout.sample(job.sample_users, job.als.config.random_state);
        }
        Ok(parts)
    }

    /// The last rows of every user against the others.
    pub(crate) fn last(
        rows: &Rows,
        holdout: usize,
        min_history: usize,
    ) -> Result<Self, PipelineError> {
        let split = leave_last(rows.table(), holdout, min_history)?;
        let LeaveLastSplit { train, train_rows, holdout, evaluated_users } = split;
        // Deduplicated rows stand by user.
        let users = rows.table().user_ids.chunk_by(|a, b| a == b).count();
        Self::new(beside(rows, train, &train_rows), holdout, None, users - evaluated_users)
    }

    fn new(
        train: Rows,
        held_out: Interactions,
        boundary: Option<i64>,
        left_out_users: usize,
    ) -> Result<Self, PipelineError> {
        let table = train.table();
        let in_both = pairs_in_both(table, &held_out);
        if let Some((user_id, movie_id)) = in_both.first() {
            let (pairs, user_id, movie_id) = (in_both.len(), *user_id, movie_id.clone());
            return Err(PipelineError::LeakingSplit { pairs, user_id, movie_id });
        }
        let pairs = (0..held_out.len()).map(|row| (held_out.user_ids[row], held_out.movie_id(row)));
        let holdout = Holdout::from_pairs(pairs);
        let seen = (0..table.len())
            .map(|row| (table.user_ids[row], table.movie_id(row), table.timestamps[row]));
        let facts = TrainingFacts::from_rows(seen);
        Ok(Self { train, held_out, holdout, facts, boundary, left_out_users })
    }

    pub(crate) fn report(&self, job: &OfflineJob) -> SplitReport {
        let films = self.holdout.users().iter().flat_map(HeldOutUser::movie_ids);
        let (rule, holdout_per_user, test_share) = match job.split {
            SplitRule::LastN { holdout } => ("last-n", Some(holdout), None),
            SplitRule::GlobalTime { test_share } => ("global-time", None, Some(test_share)),
        };
        SplitReport {
            rule,
            holdout_per_user,
            test_share,
            boundary: self.boundary,
            min_history: job.min_history.max(1),
            sample_users: job.sample_users,
            evaluated_users: self.holdout.users().len(),
            left_out_users: self.left_out_users,
            train_interactions: self.train.table().len(),
            train_users: self.facts.users(),
            train_films: self.facts.films(),
            holdout_interactions: self.holdout.interactions(),
            unknown_film_interactions: films.filter(|id| self.facts.film(id).is_none()).count(),
            pairs_in_both: 0,
        }
    }
}

/// The training part of `rows`, with minutes and stars if they have them.
fn beside(rows: &Rows, train: Interactions, places: &[u32]) -> Rows {
    match rows {
        Rows::Plain(_) => Rows::Plain(train),
        Rows::Aggregated(_) => rows.select(places),
    }
}
