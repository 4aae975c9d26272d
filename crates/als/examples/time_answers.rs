//! Times the answers of a trained model: exact top 20 of users drawn from a seed, one user at a time
//! on one thread, then all of them on every core.
//!
//! usage: time_answers ARTIFACT_DIR

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, error::Error, path::Path, time::Instant};

use marquee_als::{AlsModel, read_npz};
use marquee_dataset::{MovieVocabulary, UserVocabulary, read_seen};
use marquee_recommender::{Filter, Recommender, Request, UserRow};

const ANSWERS: u32 = 20_000;
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).unwrap_or_else(|| "artifacts".to_owned());
    let folder = Path::new(&folder);
    let text = |name: &str| fs_err::read(folder.join(name));
    let users: UserVocabulary = serde_json::from_slice(&text("user_map.json")?)?;
    let movies: MovieVocabulary = serde_json::from_slice(&text("movie_map.json")?)?;
    let (seen, _) = read_seen(&folder.join("seen.npz"), users.len(), movies.len())?;
    let factors = read_npz(&folder.join("als_model.npz"))?;
    let count = users.len() as u64;
    let model = AlsModel::new(factors, users, movies, Some(seen))?;
    // A small linear congruential generator: the users only have to be scattered.
    let mut state = 42_u64;
    for _ in 0..ROUNDS {
        let users: Vec<UserRow> = (0..ANSWERS)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                UserRow(((state >> 33) % count) as u32)
            })
            .collect();
        let started = Instant::now();
        let mut items = 0;
        for &user in &users {
            items += model.recommend(&Request::unseen(Some(user), 20)).map_or(0, |list| list.len());
        }
        let single = started.elapsed().as_secs_f64() * 1e6 / f64::from(ANSWERS);
        let started = Instant::now();
        let lists = model.recommend_many(&users, 20, &Filter::default());
        let batch = started.elapsed().as_secs_f64() * 1e6 / f64::from(ANSWERS);
        assert_eq!(items, lists.iter().flatten().map(Vec::len).sum::<usize>());
        println!(
            "{single:.2} µs an answer; {batch:.2} µs on {} threads",
            rayon::current_num_threads()
        );
    }
    Ok(())
}
