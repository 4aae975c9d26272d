use std::collections::BTreeSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::{
    SynthConfig,
    sampling::{choose, shuffle},
    words::{ABBREVIATED, ACCENTED, ADJECTIVES, GENRES, HYPHENATED, NOUNS, PLACES, STARRED, VERBS},
};

/// Of this many films in a row, one has each of the unusual kinds of id.
const ODD_EVERY: usize = 40;

/// Draws of a title that is taken already before the films are numbered.
const TITLE_ATTEMPTS: u32 = 50;

/// A generated film: what the movie API would answer, and its taste group.
#[derive(Debug, Clone, PartialEq)]
pub struct Movie {
    pub(crate) entry: MovieEntry,
    pub(crate) taste_group: u16,
    pub(crate) popularity: f64,
    pub(crate) minutes: u32,
}

/// One line of the movie file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct MovieEntry {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) genres: Vec<Genre>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) release_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) runtime: Option<String>,
}

/// A genre as the movie API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Genre {
    id: u16,
    name: &'static str,
}

impl Genre {
    /// The number, from 1; one number a name.
    #[must_use]
    pub fn id(self) -> u16 {
        self.id
    }

    /// The English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    fn nth(index: usize) -> Self {
        let index = index % GENRES.len();
        Self { id: index as u16 + 1, name: GENRES[index] }
    }
}

impl Movie {
    /// The slug, such as `the+silent+harbor+1987`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.entry.id
    }

    /// The title for people.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.entry.title
    }

    /// One to four distinct genres; most films of a taste group share one of two.
    #[must_use]
    pub fn genres(&self) -> &[Genre] {
        &self.entry.genres
    }

    /// The taste group the film belongs to, below the configured number of groups.
    #[must_use]
    pub fn taste_group(&self) -> u16 {
        self.taste_group
    }

    /// How often the film is picked, relative to the others: 1 / rank^s, so in 0..=1.
    #[must_use]
    pub fn popularity(&self) -> f64 {
        self.popularity
    }
}

/// Films, the same number (±1) in every taste group, with ids that occur once.
pub(crate) fn generate(config: &SynthConfig, rng: &mut ChaCha8Rng) -> Vec<Movie> {
    let count = config.movies as usize;
    let mut ranks: Vec<u32> = (1..=config.movies).collect();
    shuffle(rng, &mut ranks);
    let mut taken = BTreeSet::new();
    (0..count)
        .map(|index| {
            let taste_group = (index % usize::from(config.taste_groups)) as u16;
            let minutes = rng.random_range(72..=168);
            let entry = draw_entry(rng, index, taste_group, minutes, &mut taken);
            let popularity = f64::from(ranks[index]).powf(-config.popularity_exponent);
            Movie { entry, taste_group, popularity, minutes }
        })
        .collect()
}

fn draw_entry(
    rng: &mut ChaCha8Rng,
    index: usize,
    taste_group: u16,
    minutes: u32,
    taken: &mut BTreeSet<String>,
) -> MovieEntry {
    let year = rng.random_range(1931..=2023);
    let kind = Kind::of(index);
    let (id, title) = draw_name(rng, kind, year, taken);
    let genres = draw_genres(rng, taste_group);
    let dated = kind != Kind::Undated && rng.random_bool(0.97);
    let release_date = dated.then(|| {
        let (month, day) = (rng.random_range(1..=12), rng.random_range(1..=28));
        format!("{year}-{month:02}-{day:02}")
    });
    let runtime = rng.random_bool(0.97).then(|| minutes.to_string());
    MovieEntry { id, title, genres, release_date, runtime }
}

/// What is unusual about a film's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Starred,
    Hyphenated,
    Abbreviated,
    Accented,
    Comma,
    Undated,
}

impl Kind {
    fn of(index: usize) -> Self {
        match index % ODD_EVERY {
            3 => Self::Starred,
            9 => Self::Hyphenated,
            14 => Self::Abbreviated,
            20 => Self::Accented,
            27 => Self::Comma,
            33 => Self::Undated,
            _ => Self::Plain,
        }
    }
}

fn draw_name(
    rng: &mut ChaCha8Rng,
    kind: Kind,
    year: u32,
    taken: &mut BTreeSet<String>,
) -> (String, String) {
    let mut attempt = 0;
    loop {
        let mut title = draw_title(rng, kind);
        if attempt >= TITLE_ATTEMPTS {
            title = format!("{title} {}", attempt - TITLE_ATTEMPTS + 2);
        }
        let mut id = slug(&title);
        id.push('+');
        if kind != Kind::Undated {
            id.push_str(&year.to_string());
        }
        if taken.insert(id.clone()) {
            return (id, title);
        }
        attempt += 1;
    }
}

fn draw_title(rng: &mut ChaCha8Rng, kind: Kind) -> String {
    let adjective = *choose(rng, &ADJECTIVES);
    let noun = *choose(rng, &NOUNS);
    match kind {
        Kind::Starred => format!("{} {noun}", choose(rng, &STARRED)),
        Kind::Hyphenated => format!("{} {noun}s", choose(rng, &HYPHENATED)),
        Kind::Abbreviated => format!("{} {noun}", choose(rng, &ABBREVIATED)),
        Kind::Accented => format!("{} {noun}", choose(rng, &ACCENTED)),
        Kind::Comma => {
            let verb = choose(rng, &VERBS);
            format!("{verb}, {noun}, {verb}")
        }
        Kind::Plain | Kind::Undated => match rng.random_range(0..6) {
            0 | 1 => format!("The {adjective} {noun}"),
            2 => format!("{adjective} {noun}s"),
            3 => format!("A {noun} in {}", choose(rng, &PLACES)),
            4 => format!("The {noun} of {}", choose(rng, &PLACES)),
            _ => format!("{noun} and {adjective} {}", choose(rng, &NOUNS)),
        },
    }
}

/// Lower case, `+` for a space, `_` for a comma, as the platform makes its ids.
fn slug(title: &str) -> String {
    title.to_lowercase().replace(' ', "+").replace(',', "_")
}

/// Most films carry one of their group's two genres, some both; any film may carry others.
fn draw_genres(rng: &mut ChaCha8Rng, taste_group: u16) -> Vec<Genre> {
    let group = usize::from(taste_group);
    // Groups past the first round take one genre of one earlier pair and one of another.
    let shift = 2 * (2 * group / GENRES.len());
    let own = [Genre::nth(2 * group), Genre::nth(2 * group + 1 + shift)];
    let mut genres = Vec::with_capacity(4);
    let mut add = |genre| {
        if !genres.contains(&genre) {
            genres.push(genre);
        }
    };
    if rng.random_bool(0.9) {
        add(*choose(rng, &own));
    }
    if rng.random_bool(0.4) {
        add(*choose(rng, &own));
    }
    if rng.random_bool(0.35) {
        add(Genre::nth(rng.random_range(0..GENRES.len())));
    }
    if genres.is_empty() {
        genres.push(Genre::nth(rng.random_range(0..GENRES.len())));
    }
    genres
}
