use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use marquee_synth::{FaultyApi, FaultyApiConfig, Movie, Synth, SynthConfig};

use crate::{Shelf, hasty};

#[test]
fn five_thousand_films_through_five_percent_faults() {
    let synth = Synth::new(SynthConfig { movies: 5_000, ..SynthConfig::default() }).unwrap();
    let ids: Vec<&str> = synth.movies().iter().map(Movie::id).collect();
    let mut bodies = Vec::new();
    synth.write_movies(&mut bodies).unwrap();
    let bodies = String::from_utf8(bodies).unwrap();
    // Every fiftieth film is one the API does not have.
    let (mut movies, mut unknown) = (BTreeMap::new(), BTreeSet::new());
    for (index, (&id, body)) in ids.iter().zip(bodies.lines()).enumerate() {
        if index % 50 == 7 {
            unknown.insert(id);
        } else {
            movies.insert(id.to_owned(), body.to_owned());
        }
    }
    let api = FaultyApi::start(FaultyApiConfig {
        movies: movies.clone(),
        faults: 0.05,
        retry_after: 0,
        slow: Duration::from_millis(10),
        ..FaultyApiConfig::default()
    })
    .unwrap();
    let shelf = Shelf::new();
    let (before, rest) = ids.split_at(500);
    shelf.fetch(before, &api.movies_url(), &hasty());
    let asked_before = api.requests();
    let summary = shelf.fetch(&ids, &api.movies_url(), &hasty());

    assert_eq!((summary.failed.len(), summary.left), (0, 0), "{summary:?}");
    assert_eq!(summary.cached + summary.known_missing, before.len());
    assert_eq!(summary.missing, unknown.iter().copied().collect::<Vec<_>>());
    let saved = shelf.saved();
    assert_eq!(saved.len(), movies.len());
    assert!(movies.keys().all(|id| saved.get(id).is_some()));
    assert_eq!(shelf.missing(), summary.missing);
    assert!(summary.reasons.len() >= 6, "every kind of fault came: {summary:?}");

    let exchanges = api.exchanges();
    let (mut records, mut asked): (BTreeMap<&str, u32>, BTreeMap<&str, u32>) = Default::default();
    for exchange in &exchanges {
        *records.entry(&exchange.id).or_default() += u32::from(exchange.is_record());
    }
    for exchange in &exchanges[asked_before..] {
        *asked.entry(&exchange.id).or_default() += 1;
    }
    assert!(movies.keys().all(|id| records[id.as_str()] == 1), "one record for each film");
    assert!(before.iter().all(|id| !asked.contains_key(id)), "a known film was asked for");
    assert!(rest.iter().all(|id| asked.contains_key(id)));
    assert_eq!(summary.requests, (exchanges.len() - asked_before) as u64);

    let again = shelf.fetch(&ids, &api.movies_url(), &hasty());
    assert_eq!((again.requests, again.missing), (0, summary.missing));
    assert_eq!(api.requests(), exchanges.len());
}
