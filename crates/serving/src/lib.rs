//! The recommendation service over HTTP.
//!
//! A [`Service`] holds the loaded models as the [`Rungs`] of a ladder, the experiment and the film
//! titles; it decides which variant a user gets and which rung answers, and knows nothing of HTTP.
//! [`routes`] puts it behind `GET /recommend/<userid>`, `/v1/recommend/<userid>`, `/health`,
//! `/health/live`, `/health/ready` and `/metrics`; [`serve`] runs that until it is told to stop.
//! A [`LiveFeed`] tells what users did since the models were trained; a model that learns from that
//! answers by it at once ([`Source::AlsLive`]).
//! Every list served is also an event: [`Telemetry`] writes it as a line of the event log without
//! ever making an answer wait.
//!
//! Models come as [`marquee_recommender::Recommender`]s that somebody else has loaded. The only
//! files read here are the two reports behind the gauges of `/metrics`.
//!
//! ```
//! use std::sync::Arc;
//! # use marquee_recommender::{ItemRow, Recommender, Request, ScoredItem, UserRow};
//! use marquee_serving::{BuildInfo, ModelProvenance, Rung, Rungs, Service, Source, Titles};
//!
//! # struct Constant;
//! # impl Recommender for Constant {
//! #     fn name(&self) -> &'static str { "popularity" }
//! #     fn items(&self) -> usize { 1 }
//! #     fn movie_id(&self, _: ItemRow) -> &str { "heat+1995" }
//! #     fn item_row(&self, id: &str) -> Option<ItemRow> { (id == "heat+1995").then_some(ItemRow(0)) }
//! #     fn user_row(&self, _: u64) -> Option<UserRow> { None }
//! #     fn recommend(&self, _: &Request) -> Option<Vec<ScoredItem>> {
//! #         Some(vec![ScoredItem { item: ItemRow(0), score: 1.0 }])
//! #     }
//! # }
//! let rung = Rung { model: Arc::new(Constant), provenance: ModelProvenance::default() };
//! let rungs = Rungs { popularity: Some(rung), ..Rungs::default() };
//! let service = Service::new(rungs, None, Titles::default(), BuildInfo::default())?;
//!
//! let user = "7".parse()?;
//! let decision = service.decide(user, 20);
//! assert_eq!(decision.variant(), "als_model");
//! let answer = decision.answer().ok_or("a loaded ladder answers")?;
//! assert_eq!((answer.source(), answer.joined().as_str()), (Source::Popularity, "heat+1995"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod gauges;
mod http;
mod labels;
mod ladder;
mod line;
mod live;
mod metrics;
mod server;
mod service;
mod telemetry;

pub use error::ServingError;
pub use http::{Application, routes};
pub use labels::ModelProvenance;
pub use ladder::{Answer, Rung, Rungs, Source};
pub use live::{LiveFeed, LiveStatus};
pub use server::{Running, ServerConfig, Stopper, serve};
pub use service::{
    BuildInfo, DEFAULT_VARIANT, Decision, LIST_LENGTH, SERVED_VARIANTS, Service, Titles,
};
pub use telemetry::{CopyCounts, CountCopies, LineCopy, Telemetry};
