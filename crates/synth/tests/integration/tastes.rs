use std::collections::{BTreeMap, BTreeSet};

use marquee_events::{Action, Event};
use marquee_synth::{Movie, Synth, SynthConfig, User};

use crate::{events, generate, small};

/// Share of the distinct (user, film) pairs watched whose film is of one of the user's groups, and
/// the share to expect if tastes did not matter.
fn in_taste(synth: &Synth, events: &[Event<'_>]) -> (f64, f64) {
    let mut pairs = BTreeSet::new();
    for event in events {
        if let Action::Watch { movie, .. } = event.action {
            pairs.insert((event.user.get(), movie.as_str()));
        }
    }
    let groups = f64::from(synth.config().taste_groups);
    let (mut matching, mut by_chance) = (0.0, 0.0);
    for &(user, movie) in &pairs {
        let user = synth.user(user).unwrap();
        let group = synth.movie(movie).unwrap().taste_group();
        matching += f64::from(u8::from(user.taste_groups().contains(&group)));
        by_chance += user.taste_groups().len() as f64 / groups;
    }
    let count = pairs.len() as f64;
    (matching / count, by_chance / count)
}

#[test]
fn watches_concentrate_in_the_tastes_of_their_users() {
    let (synth, log, _) = generate(SynthConfig { movies: 600, ..small() });
    let (share, by_chance) = in_taste(&synth, &events(&log));
    assert!(share > 0.7, "{share}");
    assert!(by_chance < 0.25, "{by_chance}");
}

#[test]
fn without_a_taste_share_they_do_not() {
    let (synth, log, _) = generate(SynthConfig { taste_share: 0.0, ..small() });
    let (share, by_chance) = in_taste(&synth, &events(&log));
    assert!((share - by_chance).abs() < 0.06, "{share} against {by_chance}");
}

#[test]
fn films_in_taste_get_more_stars() {
    let (synth, log, _) = generate(SynthConfig { rating_share: 0.9, ..small() });
    let mut stars_given = [Vec::new(), Vec::new()];
    for event in events(&log) {
        let Action::Rate { movie, stars } = event.action else { continue };
        let group = synth.movie(movie.as_str()).unwrap().taste_group();
        let matching = synth.user(event.user.get()).unwrap().taste_groups().contains(&group);
        stars_given[usize::from(matching)].push(f64::from(stars.get()));
    }
    let mean = |stars: &[f64]| stars.iter().sum::<f64>() / stars.len() as f64;
    assert!(mean(&stars_given[1]) > mean(&stars_given[0]) + 1.0);
    assert!(stars_given[0].contains(&1.0), "nobody gave one star");
}

#[test]
fn films_outside_taste_are_abandoned_as_often_as_asked_for() {
    let abandon_share = 0.8;
    let (synth, log, _) =
        generate(SynthConfig { abandon_share, mean_minutes: 20.0, taste_share: 0.5, ..small() });
    let mut minutes: BTreeMap<(u64, &str), u32> = BTreeMap::new();
    for event in events(&log) {
        let Action::Watch { movie, .. } = event.action else { continue };
        *minutes.entry((event.user.get(), movie.as_str())).or_default() += 1;
    }
    let mut lengths = [Vec::new(), Vec::new()];
    for ((user, movie), minutes) in minutes {
        let group = synth.movie(movie).unwrap().taste_group();
        let matching = synth.user(user).unwrap().taste_groups().contains(&group);
        lengths[usize::from(matching)].push(minutes);
    }
    let short = |lengths: &[u32]| {
        lengths.iter().filter(|&&minutes| minutes <= 3).count() as f64 / lengths.len() as f64
    };
    // Of the others one in seven lasts no longer: 1 - 0.95^3.
    let others = 1.0 - 0.95_f64.powi(3);
    let expected = abandon_share + (1.0 - abandon_share) * others;
    let (outside, within) = (short(&lengths[0]), short(&lengths[1]));
    assert!((outside - expected).abs() < 0.05, "{outside} against {expected}");
    assert!((within - others).abs() < 0.04, "{within} against {others}");
    assert!((1..=3).all(|minutes| lengths[0].contains(&minutes)));
}

#[test]
fn few_films_are_watched_twice() {
    let (_, log, summary) = generate(small());
    let mut pairs = BTreeSet::new();
    for event in events(&log) {
        if let Action::Watch { movie, .. } = event.action {
            pairs.insert((event.user, movie));
        }
    }
    assert!(summary.watch > 3_000);
    assert!(pairs.len() > 2_700, "{} films of 3000 sessions", pairs.len());
    assert!(pairs.len() < 3_000, "never a film twice");
}

#[test]
fn genres_tell_the_taste_group() {
    let (synth, ..) = generate(small());
    let mut by_genre: BTreeMap<&str, BTreeMap<u16, u32>> = BTreeMap::new();
    for movie in synth.movies() {
        let first = movie.genres()[0].name();
        *by_genre.entry(first).or_default().entry(movie.taste_group()).or_default() += 1;
    }
    // Guessing the group that is most frequent for a film's first genre: 1 in 12 by chance.
    let right: u32 = by_genre.values().map(|groups| groups.values().max().unwrap()).sum();
    assert!(f64::from(right) > 0.6 * synth.movies().len() as f64, "{right}");
}

#[test]
fn users_have_one_to_three_tastes_and_unequal_activity() {
    let (synth, ..) = generate(SynthConfig { users: 2_000, ..small() });
    let mut counts = [0_u32; 4];
    for user in synth.users() {
        let distinct: BTreeSet<u16> = user.taste_groups().iter().copied().collect();
        assert_eq!(distinct.len(), user.taste_groups().len());
        counts[distinct.len()] += 1;
    }
    assert_eq!(counts[0], 0);
    assert!(counts[1..].iter().all(|&count| count > 200), "{counts:?}");
    let mut activity: Vec<f64> = synth.users().iter().map(User::activity).collect();
    activity.sort_unstable_by(f64::total_cmp);
    let total: f64 = activity.iter().sum();
    let top_tenth: f64 = activity[1_800..].iter().sum();
    assert!((0.2..0.3).contains(&(top_tenth / total)), "{}", top_tenth / total);
}

#[test]
fn popular_films_take_more_than_their_share() {
    let config = SynthConfig { taste_share: 0.0, sessions: 6_000, users: 2_000, ..small() };
    let (synth, log, _) = generate(config);
    let mut watched: BTreeMap<&str, f64> = BTreeMap::new();
    for event in events(&log) {
        if let Action::Watch { movie, .. } = event.action {
            *watched.entry(movie.as_str()).or_default() += 1.0;
        }
    }
    let mut by_popularity: Vec<&str> = synth.movies().iter().map(Movie::id).collect();
    by_popularity.sort_by(|a, b| {
        let popularity = |id| synth.movie(id).unwrap().popularity();
        popularity(b).total_cmp(&popularity(a))
    });
    let top: f64 = by_popularity[..16].iter().filter_map(|id| watched.get(id)).sum();
    let all: f64 = watched.values().sum();
    // A tenth of the films; equal popularity would give them a tenth of the watches.
    assert!(top / all > 0.2, "{}", top / all);
}
