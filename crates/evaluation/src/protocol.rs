use std::collections::HashSet;

use marquee_recommender::{ItemRow, Recommender};
use rayon::prelude::*;
use serde::Serialize;

use crate::{
    Bootstrap, Difference, FilmGenres, GapsAt, Grouping, Holdout, Interval, Metric, PerMetric,
    TrainingFacts,
    exposure::Exposure,
    gaps::{Scored, gaps},
    genre_distance, intra_list_diversity, novelty,
    rankings::Rankings,
};

/// Columns of a cut-off in a table of users.
const METRICS: usize = Metric::ALL.len();

/// How models are evaluated side by side: everything that is the same for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Protocol<'a> {
    /// What they are asked for.
    pub holdout: &'a Holdout,
    /// What they were trained on, or what was known then: films a user has a row of are left out of
    /// the lists, also where a model was trained on less.
    pub facts: &'a TrainingFacts,
    /// Divisions of the holdout to report beside the whole.
    pub groupings: &'a [Grouping],
    /// Genres, for diversity; without them there is none in the report.
    pub genres: Option<&'a FilmGenres>,
    /// Cut-offs, in any order; a repeated one counts once.
    pub ks: &'a [usize],
    /// How intervals and p-values are made.
    pub bootstrap: Bootstrap,
}

/// A model's scores: what is reported of it, and each user's own.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredModel {
    /// The report.
    pub evaluation: ModelEvaluation,
    ks: Vec<usize>,
    /// For each user the metrics at each cut-off, in the order of [`Metric::ALL`].
    rows: Vec<f64>,
}

/// What [`Protocol::evaluate`] found for one model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelEvaluation {
    /// The name it was given.
    pub model: String,
    /// Evaluated users without a list, or with an empty one; each scored 0.
    pub users_without_recommendations: usize,
    /// One entry a cut-off, ascending.
    pub at: Vec<AtCutOff>,
    /// One entry a grouping.
    pub groups: Vec<GroupedEvaluation>,
}

/// Means over all users at one cut-off, and what the lists are like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtCutOff {
    /// The cut-off.
    pub k: usize,
    /// The ranking metrics, every user counting.
    pub metrics: PerMetric<Interval>,
    /// [`coverage`](crate::coverage) of the films of the training and of the model. Its interval, as
    /// that of `exposure_gini`, is the spread of resamples of users moved to the value that was
    /// found: resampled users show fewer films, whatever the model.
    pub coverage: Interval,
    /// [`novelty`], over the users with a list.
    pub novelty: Interval,
    /// [`intra_list_diversity`] by [`genre_distance`], over the users for whom it has a value.
    pub diversity: Interval,
    /// [`gini`](marquee_stats::gini) of how often each of these films is shown.
    pub exposure_gini: Interval,
}

/// The ranking metrics by groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupedEvaluation {
    /// What the groups are by.
    pub by: String,
    /// One entry a group, in byte order of the names.
    pub groups: Vec<GroupEvaluation>,
    /// One entry a cut-off, ascending; empty with fewer than two groups of
    /// [`MIN_GROUP_USERS`](crate::MIN_GROUP_USERS).
    pub gaps: Vec<GapsAt>,
}

/// The ranking metrics of one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupEvaluation {
    /// Its name.
    pub name: String,
    /// Users with a held-out film in it.
    pub users: usize,
    /// Held-out pairs in it.
    pub interactions: usize,
    /// One entry a cut-off, ascending.
    pub at: Vec<GroupAtCutOff>,
}

/// Means over the users of a group at one cut-off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupAtCutOff {
    /// The cut-off.
    pub k: usize,
    /// The metrics with the group's films as the relevant ones.
    pub metrics: PerMetric<Interval>,
}

/// Two models over the same users.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelDifference {
    /// The first model.
    pub model: String,
    /// The one it is compared with.
    pub baseline: String,
    /// One entry a cut-off, ascending.
    pub at: Vec<DifferenceAt>,
}

/// Differences at one cut-off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DifferenceAt {
    /// The cut-off.
    pub k: usize,
    /// Model minus baseline.
    pub metrics: PerMetric<Difference>,
}

impl Protocol<'_> {
    /// Ranks unseen films for every user and scores the lists.
    ///
    /// Every user counts: one without a list scores 0, a held-out film the model does not know can
    /// not be hit and stays in the denominators. Over no users all means are `None`. The result is
    /// the same to the last bit for any number of threads. Cost: one ranking of max(ks) items a
    /// user, then the draws of the bootstrap, both in parallel.
    #[must_use]
    pub fn evaluate(&self, name: impl Into<String>, model: &dyn Recommender) -> ScoredModel {
        let ks = self.cut_offs();
        let deepest = ks.last().copied().unwrap_or(0);
        let rankings = Rankings::of(model, self.holdout, self.facts, deepest);
        let rows = rows(&rankings, &ks, |_, _| true);
        let intervals = self.bootstrap.intervals(&rows, ks.len() * METRICS, 0);
        let films = ModelFilms::of(self, model);
        let exposure = Exposure { users: &rankings.users, films: films.count(), ks: &ks };
        let evenness = exposure.intervals(&self.bootstrap);
        let at = ks.iter().zip(evenness).enumerate().map(|(place, (&k, evenness))| AtCutOff {
            k,
            metrics: at_cut_off(&intervals, place),
            coverage: evenness.coverage,
            novelty: self.over_lists(&rankings, |list| films.novelty(head(list, k))),
            diversity: self.over_lists(&rankings, |list| films.diversity(head(list, k))),
            exposure_gini: evenness.gini,
        });
        let evaluation = ModelEvaluation {
            model: name.into(),
            users_without_recommendations: rankings.without_list(),
            at: at.collect(),
            groups: self.groupings.iter().map(|by| self.grouped(by, &rankings, &ks)).collect(),
        };
        ScoredModel { evaluation, ks, rows }
    }

    /// Compares two models that were evaluated under this protocol, user by user.
    #[must_use]
    pub fn difference(&self, model: &ScoredModel, baseline: &ScoredModel) -> ModelDifference {
        let rows: Vec<f64> = model.rows.iter().zip(&baseline.rows).map(|(a, b)| a - b).collect();
        let differences = self.bootstrap.paired_columns(&rows, model.ks.len() * METRICS);
        let at = model.ks.iter().enumerate();
        let at = at.map(|(place, &k)| DifferenceAt { k, metrics: at_cut_off(&differences, place) });
        ModelDifference {
            model: model.evaluation.model.clone(),
            baseline: baseline.evaluation.model.clone(),
            at: at.collect(),
        }
    }

    fn cut_offs(&self) -> Vec<usize> {
        let mut ks = self.ks.to_vec();
        ks.sort_unstable();
        ks.dedup();
        ks
    }

    /// The mean of what `value` says of each list, over those it says something of.
    fn over_lists(
        &self,
        rankings: &Rankings,
        value: impl Fn(&[ItemRow]) -> Option<f64> + Sync,
    ) -> Interval {
        let values: Vec<f64> =
            rankings.users.par_iter().filter_map(|user| value(&user.items)).collect();
        self.bootstrap.interval(&values)
    }

    fn grouped(&self, by: &Grouping, rankings: &Rankings, ks: &[usize]) -> GroupedEvaluation {
        let (mut groups, mut scored) = (Vec::new(), Vec::new());
        for (group, name) in by.names().iter().enumerate() {
            let counts = |user: usize, film: usize| by.holds(group, user, film);
            let rows = rows(rankings, ks, counts);
            let users = rows.len() / (ks.len() * METRICS).max(1);
            // A stream of its own, so that groups vary independently.
            let columns = self.bootstrap.columns(&rows, ks.len() * METRICS, 1 + group as u32);
            let around = columns.iter();
            let intervals: Vec<Interval> = around
                .map(|column| self.bootstrap.around(column.mean, column.draws.clone()))
                .collect();
            let films = |user: usize| {
                (0..rankings.users[user].ranks.len()).filter(|&film| counts(user, film)).count()
            };
            let at = ks.iter().enumerate();
            let at =
                at.map(|(place, &k)| GroupAtCutOff { k, metrics: at_cut_off(&intervals, place) });
            groups.push(GroupEvaluation {
                name: name.clone(),
                users,
                interactions: (0..rankings.users.len()).map(films).sum(),
                at: at.collect(),
            });
            scored.push(Scored { name: name.clone(), users, columns });
        }
        let gaps = gaps(&scored, ks, &self.bootstrap);
        GroupedEvaluation { by: by.by().to_owned(), groups, gaps }
    }
}

impl ScoredModel {
    /// One metric of every user, in the order of the holdout; `None` for a cut-off that was not
    /// asked for.
    #[must_use]
    pub fn per_user(&self, metric: Metric, k: usize) -> Option<Vec<f64>> {
        let place = self.ks.iter().position(|&known| known == k)?;
        let column = Metric::ALL.iter().position(|&known| known == metric)?;
        let width = self.ks.len() * METRICS;
        Some(self.rows.iter().skip(place * METRICS + column).step_by(width).copied().collect())
    }
}

/// What a model's films are like, by its rows.
struct ModelFilms<'a> {
    popularities: Vec<f64>,
    genres: Option<Vec<&'a [u32]>>,
    /// Films of the training that the model does not have, and so never shows.
    others: usize,
}

impl<'a> ModelFilms<'a> {
    fn of(protocol: &Protocol<'a>, model: &dyn Recommender) -> Self {
        let ids: Vec<&str> =
            (0..model.items()).map(|row| model.movie_id(ItemRow(row as u32))).collect();
        let facts = protocol.facts;
        Self {
            popularities: ids.iter().map(|id| facts.popularity(id)).collect(),
            genres: protocol.genres.map(|genres| ids.iter().map(|id| genres.of(id)).collect()),
            others: facts.films_beside(&ids.iter().copied().collect::<HashSet<_>>()),
        }
    }

    /// How many films there are to show.
    fn count(&self) -> usize {
        self.popularities.len() + self.others
    }

    fn novelty(&self, list: &[ItemRow]) -> Option<f64> {
        let popularities: Vec<f64> =
            list.iter().map(|item| self.popularities[item.index()]).collect();
        novelty(&popularities)
    }

    fn diversity(&self, list: &[ItemRow]) -> Option<f64> {
        let genres = self.genres.as_ref()?;
        intra_list_diversity(list, |a, b| genre_distance(genres[a.index()], genres[b.index()]))
    }
}

fn head(list: &[ItemRow], k: usize) -> &[ItemRow] {
    &list[..list.len().min(k)]
}

/// The metrics of every user with a relevant film, a row each.
fn rows(
    rankings: &Rankings,
    ks: &[usize],
    counts: impl Fn(usize, usize) -> bool + Sync,
) -> Vec<f64> {
    let users = rankings.users.par_iter().enumerate();
    let metrics = users.filter_map(|(at, user)| user.metrics(ks, |film| counts(at, film)));
    let metrics: Vec<_> = metrics.collect();
    metrics
        .into_iter()
        .flatten()
        .flat_map(|metrics| Metric::ALL.map(|metric| metrics.get(metric)))
        .collect()
}

/// The values of a cut-off, by its place among them, from those of all columns.
fn at_cut_off<T: Copy>(columns: &[T], place: usize) -> PerMetric<T> {
    let mut of_cut_off = columns[place * METRICS..][..METRICS].iter();
    let first = columns[place * METRICS];
    PerMetric::from_fn(|_| of_cut_off.next().copied().unwrap_or(first))
}
