use std::collections::BTreeSet;

use crate::{Holdout, TrainingFacts};

/// The share of all views that the films of `head` have, and those of `head` and `middle` together.
const HEAD_AND_MIDDLE: [f64; 2] = [0.5, 0.8];

/// A film is new in the last tenth of the training's time, recent in the last half.
const NEW_AND_RECENT: [f64; 2] = [0.1, 0.5];

/// A division of the held-out (user, film) pairs into named groups.
///
/// A user counts in a group with the held-out films that are in it; one without any is not in the
/// group. Under a division by users each is in one group with all films.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    by: String,
    names: Vec<String>,
    /// For each user of the holdout, the group of each held-out film.
    of: Vec<Vec<u32>>,
}

impl Grouping {
    /// Users by how many films they had in training: `light`, `medium` and `heavy`, cut at the
    /// thirds of the held-out users; the names tell the bounds. Equal numbers are one group, so a
    /// group may be missing.
    #[must_use]
    pub fn by_activity(holdout: &Holdout, facts: &TrainingFacts) -> Self {
        let mut films: Vec<u32> =
            holdout.users().iter().map(|user| facts.films_of(user.user_id())).collect();
        films.sort_unstable();
        let third = |number: usize| films.get(films.len() * number / 3).copied().unwrap_or(0);
        let (medium, heavy) = (third(1), third(2));
        let name = |user_id| {
            let films = facts.films_of(user_id);
            if films >= heavy && heavy > medium {
                format!("heavy ({heavy} films or more)")
            } else if films >= medium {
                if heavy > medium {
                    format!("medium ({medium} to {} films)", heavy - 1)
                } else {
                    format!("medium ({medium} films or more)")
                }
            } else {
                format!("light (under {medium} films)")
            }
        };
        Self::by_user("activity", holdout, name)
    }

    /// Films by popularity in training: `head`, the most watched that together have half of all
    /// views, `middle`, up to 80 %, `tail`, the rest, and `not in training`. Films with equally many
    /// viewers are in one group, the one of the first of them.
    #[must_use]
    pub fn by_popularity(holdout: &Holdout, facts: &TrainingFacts) -> Self {
        let bounds = HEAD_AND_MIDDLE.map(|share| viewers_at(facts, share));
        Self::by_film("popularity", holdout, |movie_id| match facts.film(movie_id) {
            None => "not in training",
            Some(film) if film.viewers >= bounds[0] => "head",
            Some(film) if film.viewers >= bounds[1] => "middle",
            Some(_) => "tail",
        })
    }

    /// Films by when the training first has them: `new` in the last tenth of its time, `recent` in
    /// the last half before that, `old` earlier, and `not in training`.
    #[must_use]
    pub fn by_newness(holdout: &Holdout, facts: &TrainingFacts) -> Self {
        let (first, last) = facts.period().unwrap_or_default();
        let bounds = NEW_AND_RECENT.map(|share| last as f64 - (last - first) as f64 * share);
        Self::by_film("newness", holdout, |movie_id| match facts.film(movie_id) {
            None => "not in training",
            Some(film) if film.first_seen as f64 >= bounds[0] => "new",
            Some(film) if film.first_seen as f64 >= bounds[1] => "recent",
            Some(_) => "old",
        })
    }

    /// Users by what `name` says of them, groups in byte order of their names.
    #[must_use]
    pub fn by_user(by: impl Into<String>, holdout: &Holdout, name: impl Fn(u64) -> String) -> Self {
        let users = holdout.users().iter();
        let named: Vec<Vec<String>> =
            users.map(|user| vec![name(user.user_id()); user.movie_ids().len()]).collect();
        Self::of_names(by.into(), &named)
    }

    /// Films by what `name` says of them, groups in byte order of their names.
    #[must_use]
    pub fn by_film<N: Into<String>>(
        by: impl Into<String>,
        holdout: &Holdout,
        name: impl Fn(&str) -> N,
    ) -> Self {
        let users = holdout.users().iter();
        let named: Vec<Vec<String>> = users
            .map(|user| user.movie_ids().iter().map(|movie_id| name(movie_id).into()).collect())
            .collect();
        Self::of_names(by.into(), &named)
    }

    fn of_names(by: String, named: &[Vec<String>]) -> Self {
        let distinct: BTreeSet<&String> = named.iter().flatten().collect();
        let names: Vec<String> = distinct.into_iter().cloned().collect();
        let number = |name: &String| names.partition_point(|known| known < name) as u32;
        let of = named.iter().map(|films| films.iter().map(number).collect()).collect();
        Self { by, names, of }
    }

    /// What it divides by, such as `activity`.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// The names of the groups; each has at least one pair.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the held-out film at `film` of the user at `user` is in the group.
    pub(crate) fn holds(&self, group: usize, user: usize, film: usize) -> bool {
        self.of[user][film] as usize == group
    }
}

/// The fewest viewers a film may have to be among the first that hold this share of all views.
fn viewers_at(facts: &TrainingFacts, share: f64) -> u32 {
    let wanted = share * facts.interactions() as f64;
    let mut views = 0.0;
    for viewers in facts.viewers_descending() {
        views += f64::from(viewers);
        if views >= wanted {
            return viewers;
        }
    }
    0
}
