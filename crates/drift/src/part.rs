use crate::{
    TableSummary,
    counts::{Distribution, top},
    summary::STARS,
    volume::HOURS,
};

/// Films whose ranks are compared.
pub(crate) const TOP_FILMS: usize = 100;

/// The films of a reference and a current table under common places: those of the reference in
/// order of first appearance, then those that are new.
pub(crate) struct FilmSpace<'a> {
    reference: &'a TableSummary,
    current: &'a TableSummary,
    /// The place of each film of the current table.
    place_of_current: Vec<u32>,
    /// Films that only the current table has.
    new: Vec<u32>,
}

impl<'a> FilmSpace<'a> {
    pub(crate) fn new(reference: &'a TableSummary, current: &'a TableSummary) -> Self {
        let (mut place_of_current, mut new) = (Vec::new(), Vec::new());
        for (code, id) in (0..).zip(current.movie_ids.iter()) {
            let place = reference.movie_ids.get(id).unwrap_or_else(|| {
                new.push(code);
                (reference.movie_ids.len() + new.len() - 1) as u32
            });
            place_of_current.push(place);
        }
        Self { reference, current, place_of_current, new }
    }

    /// Ids by place.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        let new = self.new.iter().map(|&code| self.current.movie_ids.id(code));
        self.reference.movie_ids.iter().chain(new)
    }

    /// The id at a place.
    pub(crate) fn id(&self, place: usize) -> &str {
        match place.checked_sub(self.reference.movie_ids.len()) {
            None => self.reference.movie_ids.id(place as u32),
            Some(new) => self.current.movie_ids.id(self.new[new]),
        }
    }

    /// The two tables over these places.
    pub(crate) fn parts(&self) -> (Part, Part) {
        let places = self.reference.movie_ids.len() + self.new.len();
        let mut films = self.reference.films.clone();
        films.resize(places, 0);
        let reference =
            Part::of_summary(self.reference, films, top(&self.reference.films, TOP_FILMS));
        let mut films = vec![0; places];
        for (&place, &rows) in self.place_of_current.iter().zip(&self.current.films) {
            films[place as usize] = rows;
        }
        let ranked = top(&self.current.films, TOP_FILMS);
        let ranked = ranked.iter().map(|&code| self.place_of_current[code as usize]).collect();
        (reference, Part::of_summary(self.current, films, ranked))
    }
}

/// A table, or a part of one, as what is measured.
pub(crate) struct Part {
    pub(crate) rows: u64,
    pub(crate) ratings: [u64; STARS],
    pub(crate) hours: [u64; HOURS],
    /// Rows by place of the film.
    pub(crate) films: Vec<u64>,
    /// Places of the films with most rows, at most [`TOP_FILMS`].
    pub(crate) top: Vec<u32>,
    /// Rows per film.
    pub(crate) popularity: Distribution,
    /// Rows per user.
    pub(crate) activity: Distribution,
}

impl Part {
    fn of_summary(table: &TableSummary, films: Vec<u64>, top: Vec<u32>) -> Self {
        Self {
            rows: table.rows,
            ratings: table.ratings,
            hours: *table.volume.hours(),
            popularity: Distribution::of(films.iter().copied()),
            activity: Distribution::of(table.users.events().iter().copied()),
            films,
            top,
        }
    }

    /// A single table over its own films.
    pub(crate) fn alone(table: &TableSummary) -> Self {
        Self::of_summary(table, table.films.clone(), top(&table.films, TOP_FILMS))
    }
}
