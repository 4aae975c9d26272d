use std::{cmp::Ordering, collections::HashMap};

/// Coverage: the distinct items of all lists, divided by the number of items there are to show.
///
/// In 0..=1, provided that `catalog` counts every item that stands in a list; `None` when it is 0.
/// O(items listed).
#[must_use]
pub fn coverage(exposures: &[u64], catalog: usize) -> Option<f64> {
    let shown = exposures.iter().filter(|&&times| times > 0).count();
    (catalog > 0).then(|| shown as f64 / catalog as f64)
}

/// Novelty of one list: the mean over its items of 1 − popularity, where an item's popularity is
/// the share of users who have seen it, in 0..=1.
///
/// The expected popularity complement of Vargas and Castells, "Rank and relevance in novelty and
/// diversity metrics", RecSys 2011, without rank discount. In 0..=1; `None` for an empty list.
#[must_use]
pub fn novelty(popularities: &[f64]) -> Option<f64> {
    mean(popularities.iter().map(|popularity| 1.0 - popularity))
}

/// Intra-list diversity of one list: the mean distance over all pairs of its items.
///
/// `distance` gives 0..=1, or `None` for a pair it says nothing about, which is left out. `None`
/// when no pair is left, as in a list of one. Ziegler et al., "Improving recommendation lists
/// through topic diversification", WWW 2005. O(items²).
#[must_use]
pub fn intra_list_diversity<T>(
    list: &[T],
    distance: impl Fn(&T, &T) -> Option<f64>,
) -> Option<f64> {
    let pairs = list.iter().enumerate().flat_map(|(at, a)| {
        let distance = &distance;
        list[at + 1..].iter().filter_map(move |b| distance(a, b))
    });
    mean(pairs)
}

/// How little two films share of their genres: 1 − |a ∩ b| / |a ∪ b| (Jaccard), the genres of each
/// as ascending distinct numbers.
///
/// In 0..=1; `None` when either has no genre, since nothing is known then.
#[must_use]
pub fn genre_distance(a: &[u32], b: &[u32]) -> Option<f64> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (mut at, mut other, mut shared) = (0, 0, 0);
    while at < a.len() && other < b.len() {
        match a[at].cmp(&b[other]) {
            Ordering::Less => at += 1,
            Ordering::Greater => other += 1,
            Ordering::Equal => (at, other, shared) = (at + 1, other + 1, shared + 1),
        }
    }
    Some(1.0 - f64::from(shared) / (a.len() + b.len() - shared as usize) as f64)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_usize);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

/// The genres of films as numbers, for [`genre_distance`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilmGenres {
    films: HashMap<Box<str>, Box<[u32]>>,
}

impl FilmGenres {
    /// From films and the names of their genres, which may repeat.
    #[must_use]
    pub fn new<'a, G: IntoIterator<Item = &'a str>>(
        films: impl IntoIterator<Item = (&'a str, G)>,
    ) -> Self {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let films = films.into_iter().map(|(film, genres)| {
            let mut of_film = Vec::new();
            for name in genres {
                let next = numbers.len() as u32;
                of_film.push(*numbers.entry(name).or_insert(next));
            }
            of_film.sort_unstable();
            of_film.dedup();
            (Box::from(film), of_film.into_boxed_slice())
        });
        Self { films: films.collect() }
    }

    /// The genres of a film, ascending and distinct; empty for one that is not known.
    #[must_use]
    pub fn of(&self, movie_id: &str) -> &[u32] {
        self.films.get(movie_id).map_or(&[], AsRef::as_ref)
    }
}
