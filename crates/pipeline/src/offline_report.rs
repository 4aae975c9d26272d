use std::collections::BTreeMap;

use marquee_evaluation::{Bootstrap, ModelDifference, ModelEvaluation};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// What [`evaluate_offline`](crate::evaluate_offline) found.
///
/// As JSON: on top the first model's `hit@k`, `precision@k`, `recall@k` and `ndcg@k` for every
/// cut-off, ascending, and `evaluated_users`, `train_interactions`, `holdout_interactions`; then the
/// fields below. Means over no users are null.
#[derive(Debug, Clone, PartialEq)]
pub struct OfflineReport {
    /// What the reader should know, in words.
    pub notes: Vec<String>,
    /// The data set.
    pub data: DataReport,
    /// How it was split.
    pub split: SplitReport,
    /// How intervals and p-values were made.
    pub bootstrap: Bootstrap,
    /// The models, in the order they were named.
    pub models: Vec<ModelReport>,
    /// Every model against every one after it, over the same users.
    pub differences: Vec<ModelDifference>,
}

/// The data set of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataReport {
    /// As it was named.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Rows in it.
    pub rows: usize,
    /// Rows left out because a later one had the same user and movie.
    pub merged_rows: usize,
}

/// The two parts of the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SplitReport {
    /// `last-n` or `global-time`.
    pub rule: &'static str,
    /// Rows held out of every user, under `last-n`.
    pub holdout_per_user: Option<usize>,
    /// Share of the rows that was to be held out, under `global-time`.
    pub test_share: Option<f64>,
    /// The first moment that is held out, in seconds since 1970, under `global-time`.
    pub boundary: Option<i64>,
    /// Rows a user must have in the training part.
    pub min_history: usize,
    /// How many users were to be drawn; 0 is all.
    pub sample_users: usize,
    /// Users with held-out rows, of which the means are.
    pub evaluated_users: usize,
    /// Users left out for want of history.
    pub left_out_users: usize,
    /// Rows of the training part.
    pub train_interactions: usize,
    /// Users of the training part.
    pub train_users: usize,
    /// Films of the training part.
    pub train_films: usize,
    /// Held-out rows of the evaluated users.
    pub holdout_interactions: usize,
    /// Of these, with a film that no row of the training part has: none of the models trained here
    /// can hit them.
    pub unknown_film_interactions: usize,
    /// Pairs of user and movie in both parts: always 0, as anything else ends the evaluation.
    pub pairs_in_both: usize,
}

/// A model's scores and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelReport {
    /// Its name and scores.
    #[serde(flatten)]
    pub evaluation: ModelEvaluation,
    /// The folder it was loaded from; null for one trained on the training part.
    pub artifact_dir: Option<String>,
    /// Its version, where it was loaded.
    pub model_version: Option<String>,
    /// Settings of its training; empty where nothing is known of them.
    pub hyperparameters: BTreeMap<String, Value>,
}

impl Serialize for OfflineReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for at in self.models.first().iter().flat_map(|model| &model.evaluation.at) {
            let k = at.k;
            map.serialize_entry(&format!("hit@{k}"), &at.metrics.hit.mean)?;
            map.serialize_entry(&format!("precision@{k}"), &at.metrics.precision.mean)?;
            map.serialize_entry(&format!("recall@{k}"), &at.metrics.recall.mean)?;
            map.serialize_entry(&format!("ndcg@{k}"), &at.metrics.ndcg.mean)?;
        }
        map.serialize_entry("evaluated_users", &self.split.evaluated_users)?;
        map.serialize_entry("train_interactions", &self.split.train_interactions)?;
        map.serialize_entry("holdout_interactions", &self.split.holdout_interactions)?;
        map.serialize_entry("notes", &self.notes)?;
        map.serialize_entry("data", &self.data)?;
        map.serialize_entry("split", &self.split)?;
        map.serialize_entry("bootstrap", &self.bootstrap)?;
        map.serialize_entry("models", &self.models)?;
        map.serialize_entry("differences", &self.differences)?;
        map.end()
    }
}
