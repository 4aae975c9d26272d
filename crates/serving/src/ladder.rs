use std::sync::Arc;

use marquee_live::RecentFilm;
use marquee_recommender::{ItemRow, Recent, Recommender, Request, ScoredItem};

use crate::{
    ModelProvenance,
    labels::{Label, Labels},
};

/// The kinds of rung, by what their lists are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Factors solved for within the request, from the user's history and what came since.
    AlsLive,
    /// Factors learnt from the user's history.
    Als,
    /// Popularity weighted by the genres the user prefers.
    Popgen,
    /// Popularity alone.
    Popularity,
}

impl Source {
    /// The name in headers, metrics and JSON: `als_live`, `als`, `popgen` or `popularity`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlsLive => "als_live",
            Self::Als => "als",
            Self::Popgen => "popgen",
            Self::Popularity => "popularity",
        }
    }

    /// Whether the rung is asked only about users its model knows. A genre model has a list for a
    /// stranger too, but it is the popular one, and is to be called that.
    fn is_personal(self) -> bool {
        match self {
            Self::AlsLive | Self::Als | Self::Popgen => true,
            Self::Popularity => false,
        }
    }
}

/// A loaded model and where it comes from.
#[derive(Clone)]
pub struct Rung {
    /// The model.
    pub model: Arc<dyn Recommender>,
    /// Goes into headers and log lines of the lists this model answers with.
    pub provenance: ModelProvenance,
}

/// The loaded models, each in its place; `None` where there is none.
#[derive(Clone, Default)]
pub struct Rungs {
    /// The rung [`Source::Als`].
    pub als: Option<Rung>,
    /// The rung [`Source::Popgen`].
    pub popgen: Option<Rung>,
    /// The rung [`Source::Popularity`]; asked for any user, so it should answer for any.
    pub popularity: Option<Rung>,
}

/// A rung ready to answer.
pub(crate) struct Loaded {
    source: Source,
    model: Arc<dyn Recommender>,
    pub(crate) labels: Labels,
}

/// The order in which rungs are asked: one of [`Ladder::order_of`].
pub(crate) type Order = [Source; 3];

pub(crate) struct Ladder {
    als: Option<Loaded>,
    popgen: Option<Loaded>,
    popularity: Option<Loaded>,
}

/// A list and the rung it comes from.
pub struct Answer<'a> {
    pub(crate) rung: &'a Loaded,
    source: Source,
    items: Vec<ScoredItem>,
}

impl Ladder {
    pub(crate) fn new(rungs: Rungs) -> Self {
        let load = |source, rung: Option<Rung>| {
            rung.map(|rung| Loaded {
                source,
                model: rung.model,
                labels: Labels::new(&rung.provenance),
            })
        };
        Self {
            als: load(Source::Als, rungs.als),
            popgen: load(Source::Popgen, rungs.popgen),
            popularity: load(Source::Popularity, rungs.popularity),
        }
    }

    /// The order for a variant. Those meant for the genre model get popularity before factors:
    /// a list of the other arm would blur what the experiment compares, so it is the last resort.
    pub(crate) fn order_of(variant: &str) -> Order {
        match variant {
            "popgen_model" => [Source::Popgen, Source::Popularity, Source::Als],
            _ => [Source::Als, Source::Popgen, Source::Popularity],
        }
    }

    pub(crate) fn rung(&self, source: Source) -> Option<&Loaded> {
        match source {
            Source::AlsLive | Source::Als => self.als.as_ref(),
            Source::Popgen => self.popgen.as_ref(),
            Source::Popularity => self.popularity.as_ref(),
        }
    }

    /// The rungs that are loaded, in this order.
    pub(crate) fn loaded(&self, order: Order) -> impl Iterator<Item = &Loaded> {
        order.into_iter().filter_map(|source| self.rung(source))
    }

    /// The first list that holds something; where every list is empty (the user has seen it all),
    /// the first of them; `None` when no rung has anything to say.
    pub(crate) fn answer(
        &self,
        order: Order,
        user_id: u64,
        k: usize,
        films: &[RecentFilm],
    ) -> Option<Answer<'_>> {
        let mut empty = None;
        for rung in self.loaded(order) {
            let Some(answer) = rung.answer(user_id, k, films) else { continue };
            if !answer.items.is_empty() {
                return Some(answer);
            }
            empty = empty.or(Some(answer));
        }
        empty
    }
}

impl Loaded {
    fn answer(&self, user_id: u64, k: usize, films: &[RecentFilm]) -> Option<Answer<'_>> {
        let user = self.model.user_row(user_id);
        let recent = self.recent(films);
        let learns = !recent.is_empty() && self.model.learns_recent();
        if user.is_none() && !learns && self.source.is_personal() {
            return None;
        }
        let request = Request { recent: &recent, ..Request::unseen(user, k) };
        let items = self.model.recommend(&request)?;
        let source = match self.source {
            Source::Als if learns => Source::AlsLive,
            other => other,
        };
        Some(Answer { rung: self, source, items })
    }

    /// The films in rows of the model; one that is newer than the model is passed over.
    fn recent(&self, films: &[RecentFilm]) -> Vec<Recent> {
        let recent = |film: &RecentFilm| {
            let item = self.model.item_row(&film.movie_id)?;
            Some(Recent { item, rating: film.stars.map(f32::from) })
        };
        films.iter().filter_map(recent).collect()
    }
}

impl Answer<'_> {
    /// The rung that answered.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The items, best first; rows of the model that answered.
    #[must_use]
    pub fn items(&self) -> &[ScoredItem] {
        &self.items
    }

    /// The movie id of one of the items.
    ///
    /// # Panics
    /// When the row is not one of the answering model's.
    #[must_use]
    pub fn movie_id(&self, item: ItemRow) -> &str {
        self.rung.model.movie_id(item)
    }

    /// The version of the model that answered, if its manifest names one.
    #[must_use]
    pub fn model_version(&self) -> Option<&str> {
        self.rung.labels.model_version.as_ref().map(Label::text)
    }

    /// The movie ids, best first, joined by commas.
    #[must_use]
    pub fn joined(&self) -> String {
        let length = self.items.iter().map(|scored| self.movie_id(scored.item).len() + 1).sum();
        let mut joined = String::with_capacity(length);
        for scored in &self.items {
            if !joined.is_empty() {
                joined.push(',');
            }
            joined.push_str(self.movie_id(scored.item));
        }
        joined
    }
}
