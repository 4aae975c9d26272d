use std::{cell::RefCell, collections::HashMap, time::Duration};

use marquee_events::UserId;
use marquee_experiment::Experiment;
use marquee_live::RecentFilm;

use crate::{
    LiveFeed, Rungs, ServingError,
    labels::Label,
    ladder::{Answer, Ladder, Loaded, Order},
    metrics::{ArmMetrics, Metrics},
};

/// The variants an experiment may list.
pub const SERVED_VARIANTS: [&str; 2] = ["als_model", "popgen_model"];

/// The variant everyone gets without an experiment.
pub const DEFAULT_VARIANT: &str = "als_model";

/// How many movies a list of the platform's route holds at most.
pub const LIST_LENGTH: usize = 20;

/// What the running program is, for `/health`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuildInfo {
    /// Version of the program.
    pub version: String,
    /// Commit of its code, where known.
    pub git_commit: Option<String>,
}

/// Film titles by movie id.
#[derive(Debug, Clone, Default)]
pub struct Titles(HashMap<Box<str>, Box<str>>);

impl Titles {
    /// The title of a film, where known.
    #[must_use]
    pub fn get(&self, movie_id: &str) -> Option<&str> {
        self.0.get(movie_id).map(AsRef::as_ref)
    }
}

impl<I: Into<Box<str>>, T: Into<Box<str>>> FromIterator<(I, T)> for Titles {
    fn from_iter<E: IntoIterator<Item = (I, T)>>(entries: E) -> Self {
        Self(entries.into_iter().map(|(id, title)| (id.into(), title.into())).collect())
    }
}

/// The service without its HTTP: who gets which variant, which rung answers, what is counted.
pub struct Service {
    ladder: Ladder,
    experiment: Option<Experiment>,
    experiment_id: Option<Label>,
    /// One for each variant of the experiment, in its order; without one, the default variant.
    arms: Vec<Arm>,
    titles: Titles,
    build: BuildInfo,
    metrics: Metrics,
    live: Option<Box<dyn LiveFeed>>,
}

thread_local! {
    /// Where a thread keeps the films of the user it answers.
    static FILMS: RefCell<Vec<RecentFilm>> = const { RefCell::new(Vec::new()) };
}

/// A variant and all that is the same for each of its answers.
pub(crate) struct Arm {
    label: Label,
    order: Order,
    metrics: ArmMetrics,
}

/// What a user is to get: the variant, and the list if any rung has one.
pub struct Decision<'a> {
    arm: &'a Arm,
    bucket: f64,
    answer: Option<Answer<'a>>,
}

impl Service {
    /// A service of these models. Without an experiment everyone gets [`DEFAULT_VARIANT`].
    ///
    /// # Errors
    /// [`ServingError::Experiment`] when the experiment lists a variant beyond
    /// [`SERVED_VARIANTS`].
    pub fn new(
        rungs: Rungs,
        experiment: Option<Experiment>,
        titles: Titles,
        build: BuildInfo,
    ) -> Result<Self, ServingError> {
        let experiment = experiment.map(|e| e.restricted_to(&SERVED_VARIANTS)).transpose()?;
        let metrics = Metrics::new()?;
        let names: Vec<&str> = match &experiment {
            Some(experiment) => {
                experiment.config().variants.iter().map(|variant| variant.name.as_str()).collect()
            }
            None => vec![DEFAULT_VARIANT],
        };
        let arms = names
            .into_iter()
            .map(|name| Arm {
                label: Label::fit(name),
                order: Ladder::order_of(name),
                metrics: metrics.arm(name),
            })
            .collect();
        let experiment_id = experiment.as_ref().map(|e| Label::fit(&e.config().experiment_id));
        Ok(Self {
            ladder: Ladder::new(rungs),
            experiment,
            experiment_id,
            arms,
            titles,
            build,
            metrics,
            live: None,
        })
    }

    /// The same service, which asks `feed` what users did since the models were trained.
    #[must_use]
    pub fn with_live(self, feed: impl LiveFeed + 'static) -> Self {
        Self { live: Some(Box::new(feed)), ..self }
    }

    /// What tells of the users' latest films, if anything does.
    #[must_use]
    pub fn live(&self) -> Option<&dyn LiveFeed> {
        self.live.as_deref()
    }

    /// The variant of a user and the best list of at most `k` unseen films for it.
    ///
    /// The same for the same user every time, until the [`LiveFeed`] knows something new. Nothing is
    /// counted: see [`Service::count`].
    #[must_use]
    pub fn decide(&self, user: UserId, k: usize) -> Decision<'_> {
        let user_id = user.get();
        let (index, bucket) = match &self.experiment {
            Some(experiment) => {
                let assignment = experiment.assign(user_id);
                (assignment.index, assignment.bucket)
            }
            None => (0, 0.0),
        };
        let arm = &self.arms[index];
        let answer = match &self.live {
            None => self.ladder.answer(arm.order, user_id, k, &[]),
            Some(feed) => FILMS.with_borrow_mut(|films| {
                feed.recent(user_id, films);
                self.ladder.answer(arm.order, user_id, k, films)
            }),
        };
        Decision { arm, bucket, answer }
    }

    /// Counts a decision that went to the platform, and the time it took.
    pub fn count(&self, decision: &Decision<'_>, latency: Duration) {
        decision.arm.metrics.count(latency);
        self.metrics.count_source(decision.answer().map(Answer::source));
    }

    /// Whether any model is loaded.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.best_rung().is_some()
    }

    /// The version of the best model loaded, by the order of the first variant.
    #[must_use]
    pub fn model_version(&self) -> Option<&str> {
        self.best_rung()?.labels.model_version.as_ref().map(Label::text)
    }

    /// The experiment's id; `None` without an experiment.
    #[must_use]
    pub fn experiment_id(&self) -> Option<&str> {
        self.experiment.as_ref().map(|experiment| experiment.config().experiment_id.as_str())
    }

    /// The titles it was given.
    #[must_use]
    pub fn titles(&self) -> &Titles {
        &self.titles
    }

    /// What the running program is.
    #[must_use]
    pub fn build(&self) -> &BuildInfo {
        &self.build
    }

    pub(crate) fn experiment_label(&self) -> Option<&Label> {
        self.experiment_id.as_ref()
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    fn best_rung(&self) -> Option<&Loaded> {
        self.ladder.loaded(self.arms[0].order).next()
    }
}

impl<'a> Decision<'a> {
    /// The variant the user is assigned, whichever rung answered.
    #[must_use]
    pub fn variant(&self) -> &'a str {
        self.arm.label.text()
    }

    /// The user's place on the experiment's line, from 0 to 1; 0 without an experiment.
    #[must_use]
    pub fn bucket(&self) -> f64 {
        self.bucket
    }

    /// The list; `None` when no loaded model has one for this user.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer<'a>> {
        self.answer.as_ref()
    }

    pub(crate) fn label(&self) -> &'a Label {
        &self.arm.label
    }
}
