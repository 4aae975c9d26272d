use crate::{
    counts::js_distance,
    genres::GenreTable,
    part::{Part, TOP_FILMS},
    ratings::{self, Bins},
    volume::HOURS,
};

/// How far two parts are apart, each way that a threshold exists for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    pub(crate) psi: Option<f64>,
    pub(crate) top10_delta: Option<f64>,
    pub(crate) top100_delta: Option<f64>,
    pub(crate) gini_delta: Option<f64>,
    pub(crate) overlap: Option<f64>,
    pub(crate) one_and_done_delta: Option<f64>,
    pub(crate) p95_delta: Option<f64>,
    pub(crate) rating_js: Option<f64>,
    pub(crate) film_js: Option<f64>,
    pub(crate) genre_js: Option<f64>,
    pub(crate) hour_js: Option<f64>,
    pub(crate) new_film_share: Option<f64>,
    pub(crate) vanished_film_share: Option<f64>,
    pub(crate) active_users_change: Option<f64>,
    pub(crate) p95_change: Option<f64>,
    pub(crate) rows_change: Option<f64>,
    /// Of the days that the tables cover; parts of a table have none of their own.
    pub(crate) days_change: Option<f64>,
    pub(crate) entropy_delta: Option<f64>,
    pub(crate) top_rating_delta: Option<f64>,
}

/// What two parts are compared under.
pub(crate) struct Terms<'a> {
    /// Bins made from the reference; `None` without rows.
    pub(crate) bins: Option<Bins>,
    pub(crate) genres: Option<&'a GenreTable>,
    /// Hours of the week that are compared.
    pub(crate) hours: [bool; HOURS],
    /// Current users that go with a reference user where nothing changed.
    pub(crate) users_ratio: f64,
    /// Current rows that go with a reference row where nothing changed.
    pub(crate) rows_ratio: f64,
}

impl Terms<'_> {
    /// Measures a current part against a reference part.
    pub(crate) fn measure(&self, r: &Part, c: &Part) -> Measured {
        let hours = || (0..HOURS).filter(|&hour| self.hours[hour]);
        let one_and_done = |part: &Part| part.activity.ones_share();
        let p95 = |part: &Part| part.activity.quantile(0.95);
        let genres = self.genres.map(|genres| (genres.rows(&r.films).0, genres.rows(&c.films).0));
        Measured {
            psi: self.bins.as_ref().and_then(|bins| bins.psi(&r.ratings, &c.ratings)),
            top10_delta: delta(r.popularity.top_share(10), c.popularity.top_share(10)),
            top100_delta: delta(r.popularity.top_share(100), c.popularity.top_share(100)),
            gini_delta: delta(r.popularity.gini(), c.popularity.gini()),
            overlap: overlap(r, c),
            one_and_done_delta: delta(one_and_done(r), one_and_done(c)),
            p95_delta: delta(p95(r), p95(c)),
            rating_js: js_distance(r.ratings.iter().copied().zip(c.ratings.iter().copied())),
            film_js: film_js(r, c),
            genre_js: genres
                .and_then(|(r, c)| js_distance(r.iter().copied().zip(c.iter().copied()))),
            hour_js: js_distance(hours().map(|hour| (r.hours[hour], c.hours[hour]))),
            new_film_share: share_without(&c.films, &r.films, c.rows),
            vanished_film_share: share_without(&r.films, &c.films, r.rows),
            active_users_change: change(
                r.activity.number() as f64 * self.users_ratio,
                c.activity.number() as f64,
            ),
            p95_change: p95(r).and_then(|before| change(before, p95(c)?)),
            rows_change: change(r.rows as f64 * self.rows_ratio, c.rows as f64),
            days_change: None,
            entropy_delta: delta(ratings::entropy(&r.ratings), ratings::entropy(&c.ratings)),
            top_rating_delta: delta(ratings::top_share(&r.ratings), ratings::top_share(&c.ratings)),
        }
    }
}

fn delta(reference: Option<f64>, current: Option<f64>) -> Option<f64> {
    Some(current? - reference?)
}

/// The change as a part of what was before: −0.2 is a fifth less.
pub(crate) fn change(before: f64, now: f64) -> Option<f64> {
    (before > 0.0).then(|| now / before - 1.0)
}

/// The share of a hundred films that are among the hundred with most rows of both sides; `None`
/// where a side has fewer.
fn overlap(r: &Part, c: &Part) -> Option<f64> {
    if r.top.len() < TOP_FILMS || c.top.len() < TOP_FILMS {
        return None;
    }
    let mut of_reference = r.top.clone();
    of_reference.sort_unstable();
    let common = c.top.iter().filter(|place| of_reference.binary_search(place).is_ok()).count();
    Some(common as f64 / TOP_FILMS as f64)
}

/// The distance between the rows per film, the films beyond the reference's hundred as one.
fn film_js(r: &Part, c: &Part) -> Option<f64> {
    let of_film = |&place: &u32| (r.films[place as usize], c.films[place as usize]);
    let of_top =
        r.top.iter().map(of_film).fold((0, 0), |sum, rows| (sum.0 + rows.0, sum.1 + rows.1));
    let others = (r.rows - of_top.0, c.rows - of_top.1);
    js_distance(r.top.iter().map(of_film).chain([others]))
}

/// The share of rows on films that the other side has no row of.
fn share_without(films: &[u64], other: &[u64], rows: u64) -> Option<f64> {
    let without = films.iter().zip(other).filter(|&(_, &other)| other == 0).map(|(&rows, _)| rows);
    crate::counts::share(without.sum(), rows)
}
