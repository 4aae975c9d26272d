use std::collections::{BTreeMap, BTreeSet};

use marquee_events::{Action, MovieId};
use marquee_synth::{Movie, SynthConfig};
use serde::Deserialize;

use crate::{events, generate, small};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    title: String,
    genres: Vec<GenreLine>,
    release_date: Option<String>,
    runtime: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GenreLine {
    id: u16,
    name: String,
}

fn file(config: SynthConfig) -> Vec<Line> {
    let mut out = Vec::new();
    generate(config).0.write_movies(&mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_file_describes_every_film_once() {
    let (synth, log, _) = generate(small());
    let lines = file(small());
    let ids: BTreeSet<&str> = lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(ids.len(), lines.len(), "an id stands in two lines");
    assert_eq!(lines.len(), synth.movies().len());
    for (line, movie) in lines.iter().zip(synth.movies()) {
        assert_eq!(line.id, movie.id());
        assert_eq!(line.title, movie.title());
        let genres: Vec<(u16, &str)> =
            movie.genres().iter().map(|genre| (genre.id(), genre.name())).collect();
        let written: Vec<(u16, &str)> =
            line.genres.iter().map(|genre| (genre.id, genre.name.as_str())).collect();
        assert_eq!(written, genres);
    }
    for event in events(&log) {
        if let Action::Watch { movie, .. } = event.action {
            assert!(ids.contains(movie.as_str()), "{movie}");
        }
    }
}

#[test]
fn fields_are_as_the_movie_api_answers() {
    let mut numbers = BTreeMap::new();
    let (mut undated, mut endless) = (0, 0);
    for line in file(small()) {
        assert!((1..=4).contains(&line.genres.len()), "{line:?}");
        for genre in &line.genres {
            assert_eq!(numbers.entry(genre.name.clone()).or_insert(genre.id), &genre.id);
        }
        match &line.release_date {
            Some(date) => {
                let fields: Vec<&str> = date.split('-').collect();
                assert_eq!(fields.iter().map(|field| field.len()).collect::<Vec<_>>(), [4, 2, 2]);
                assert!(line.id.ends_with(&format!("+{}", fields[0])), "{line:?}");
            }
            None => undated += 1,
        }
        match &line.runtime {
            Some(minutes) => assert!((60..=240).contains(&minutes.parse::<u32>().unwrap())),
            None => endless += 1,
        }
    }
    assert!(undated > 0 && endless > 0, "optional fields are never left out");
}

#[test]
fn ids_are_slugs_with_the_oddities_of_real_ones() {
    let (synth, ..) = generate(small());
    let ids: Vec<&str> = synth.movies().iter().map(Movie::id).collect();
    for id in &ids {
        assert!(MovieId::new(id).is_ok(), "{id}");
        assert_eq!(*id, id.to_lowercase());
    }
    for oddity in ['*', '-', '.', '_'] {
        assert!(ids.iter().any(|id| id.contains(oddity)), "{oddity}");
    }
    assert!(ids.iter().any(|id| !id.is_ascii()));
    assert!(ids.iter().any(|id| id.ends_with('+')));
}

#[test]
fn more_films_than_titles_still_have_their_own_ids() {
    let config = SynthConfig { movies: 40_000, users: 2, sessions: 0, ..small() };
    let (synth, ..) = generate(config);
    let ids: BTreeSet<&str> = synth.movies().iter().map(Movie::id).collect();
    assert_eq!(ids.len(), 40_000);
}

#[test]
fn films_and_users_are_found_by_id() {
    let (synth, ..) = generate(small());
    for movie in synth.movies() {
        assert_eq!(synth.movie(movie.id()), Some(movie));
    }
    for user in synth.users() {
        assert_eq!(synth.user(user.id()), Some(user));
    }
    assert_eq!(synth.movie("no+such+film+1900"), None);
    assert_eq!(synth.user(0), None);
}
