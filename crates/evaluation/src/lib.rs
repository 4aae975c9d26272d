//! Offline evaluation: how well a model ranks the films that were held out of its training.
//!
//! [`evaluate`] asks a [`Recommender`](marquee_recommender::Recommender) for its best films for
//! every user of a [`Holdout`] and averages four ranking metrics at each cut-off:
//! [`hit_at_k`], [`precision_at_k`], [`recall_at_k`] and [`ndcg_at_k`], which also stand on their
//! own as pure functions over two lists. Films a user saw in training are left out of the ranking;
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

mod holdout;
mod metrics;
mod offline;

pub use holdout::{HeldOutUser, Holdout};
pub use metrics::{RankingMetrics, hit_at_k, ndcg_at_k, precision_at_k, recall_at_k};
pub use offline::{OfflineMetrics, evaluate};
