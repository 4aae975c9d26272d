//! Offline evaluation: how well models rank the films that were held out of their training.
//!
//! Metrics stand on their own as pure functions over slices, and know no model: [`hit_at_k`],
//! [`precision_at_k`], [`recall_at_k`], [`ndcg_at_k`], [`mrr_at_k`] and [`map_at_k`] of a ranking,
//! [`coverage`], [`novelty`] and [`intra_list_diversity`] of what is shown. [`Bootstrap`]
//! gives means their intervals and tells whether two models differ over the same users.
//!
//! [`Protocol`] puts them together: it asks a [`Recommender`](marquee_recommender::Recommender) for
//! its best films for every user of a [`Holdout`], and reports every metric at each cut-off with its
//! interval, for all users and by [`Grouping`]s, for one model and between two. [`evaluate`] is the
//! short form: four means at each cut-off. Films a user saw in training are left out of the ranking;
//! a held-out film the model does not know and a user it has no list for count as misses.
//!
//! Compute only: no files, no training, no splitting of a dataset.
//!
//! ```
//! use marquee_evaluation::{hit_at_k, ndcg_at_k, precision_at_k, recall_at_k};
//!
//! let ranked = ["the+silent+harbor+1987", "paper+moons+1999", "a+winter+in+lisbon+2004"];
//! let relevant = ["paper+moons+1999"];
//! assert_eq!(hit_at_k(&ranked, &relevant, 1), 0.0);
//! assert_eq!(hit_at_k(&ranked, &relevant, 2), 1.0);
//! assert_eq!(precision_at_k(&ranked, &relevant, 2), 0.5);
//! assert_eq!(recall_at_k(&ranked, &relevant, 2), 1.0);
//! assert_eq!(ndcg_at_k(&ranked, &relevant, 2), 1.0 / 3_f64.log2());
//! ```

mod bootstrap;
mod exposure;
mod facts;
mod gaps;
mod groups;
mod holdout;
mod metrics;
mod offline;
mod paired;
mod protocol;
mod quality;
mod rankings;

pub use bootstrap::{Bootstrap, Interval};
pub use facts::{FilmFacts, TrainingFacts};
pub use gaps::{Gap, GapsAt, MIN_GROUP_USERS};
pub use groups::Grouping;
pub use holdout::{HeldOutUser, Holdout};
pub use metrics::{
    Metric, PerMetric, RankingMetrics, hit_at_k, map_at_k, mrr_at_k, ndcg_at_k, precision_at_k,
    recall_at_k,
};
pub use offline::{OfflineMetrics, evaluate};
pub use paired::Difference;
pub use protocol::{
    AtCutOff, DifferenceAt, GroupAtCutOff, GroupEvaluation, GroupedEvaluation, ModelDifference,
    ModelEvaluation, Protocol, ScoredModel,
};
pub use quality::{FilmGenres, coverage, genre_distance, intra_list_diversity, novelty};
pub use rankings::seen_held_out;
