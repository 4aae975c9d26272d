//! Trains on a handful of ratings and says what each user should watch next.
//!
//! ```sh
//! cargo run --example train_toy
//! ```
#![expect(clippy::print_stdout, reason = "an example shows its results")]

use std::ops::ControlFlow;

use marquee_als::{AlsConfig, AlsError, AlsModel, Observer, Progress, Side, train};
use marquee_dataset::{Csr, MovieVocabulary, UserVocabulary};
use marquee_recommender::{Recommender, Request, SeenItems};

const RATINGS: [(u64, &str, f32); 12] = [
    (1, "alien+1979", 5.0),
    (1, "blade+runner+1982", 5.0),
    (1, "the+thing+1982", 4.0),
    (2, "alien+1979", 4.0),
    (2, "blade+runner+1982", 5.0),
    (3, "blade+runner+1982", 3.0),
    (3, "the+thing+1982", 4.0),
    (4, "casablanca+1942", 5.0),
    (4, "gilda+1946", 4.0),
    (4, "laura+1944", 5.0),
    (5, "casablanca+1942", 5.0),
    (5, "laura+1944", 4.0),
];

struct Losses;

impl Observer for Losses {
    fn wants_loss(&self, _iteration: usize, side: Side) -> bool {
        side == Side::Item
    }

    fn half_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        if let Some(loss) = progress.loss {
            println!("iteration {}: loss {loss:.4}", progress.iteration);
        }
        ControlFlow::Continue(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let users = UserVocabulary::new(RATINGS.iter().map(|&(user, ..)| user));
    let movies = MovieVocabulary::new(RATINGS.iter().map(|&(_, movie, _)| movie));
    let triplets = RATINGS
        .iter()
        .filter_map(|&(user, movie, rating)| {
            Some((users.row(user)?.0, movies.row(movie)?.0, rating))
        })
        .collect();
    let (ratings, _) = Csr::from_triplets(users.len(), movies.len(), triplets);
    let config = AlsConfig { factors: 2, iterations: 8, ..AlsConfig::reference() };
    let factors = train(&ratings, &config, &mut Losses)?;

    let (indptr, indices) = ratings.pattern();
    let seen = SeenItems::new(indptr.to_vec(), indices.to_vec(), movies.len())?;
    let model = AlsModel::new(factors, users, movies, Some(seen))?;
    print_best(&model)?;
    Ok(())
}

fn print_best(model: &AlsModel) -> Result<(), AlsError> {
    for &user_id in model.users().ids() {
        let request = Request::unseen(model.user_row(user_id), 1);
        for scored in model.recommend(&request).into_iter().flatten() {
            println!("user {user_id}: {} ({:.2})", model.movie_id(scored.item), scored.score);
        }
    }
    Ok(())
}
