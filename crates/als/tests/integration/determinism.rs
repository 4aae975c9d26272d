use marquee_als::{AlsConfig, Factors, Silent, train};
use marquee_dataset::Csr;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::ThreadPoolBuilder;

use crate::{bits, random_ratings, support::SOLVERS};

fn train_on(threads: usize, ratings: &Csr, config: &AlsConfig) -> Factors {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    pool.install(|| train(ratings, config, &mut Silent)).expect("a training")
}

#[test]
fn threads_do_not_change_a_byte() {
    // More rows than one block of a Gram matrix has, on the user side.
    let ratings = random_ratings(9000, 150, 0.02, 1);
    let config = AlsConfig { factors: 13, iterations: 2, ..AlsConfig::reference() };
    let alone = train_on(1, &ratings, &config);
    for threads in [2, 5] {
        let together = train_on(threads, &ratings, &config);
        assert_eq!(bits(&alone.users), bits(&together.users), "{threads} threads");
        assert_eq!(bits(&alone.items), bits(&together.items), "{threads} threads");
    }
}

#[test]
fn threads_change_no_byte_of_any_solver() {
    // Several tasks on both sides. Among short rows some are tasks of their own, or nearly.
    let mut random = ChaCha8Rng::seed_from_u64(64);
    let mut triplets = Vec::new();
    for user in 0..1200_u32 {
        let share = match user % 97 {
            0 => 0.9,
            1 => 0.2,
            _ => 0.006,
        };
        let seen: Vec<u32> = (0..700).filter(|_| random.random::<f32>() < share).collect();
        triplets.extend(seen.into_iter().map(|item| (user, item, (item % 6) as f32)));
    }
    let (ratings, _) = Csr::from_triplets(1200, 700, triplets);
    for solver in SOLVERS {
        let config = AlsConfig { factors: 19, iterations: 2, solver, ..AlsConfig::reference() };
        let alone = train_on(1, &ratings, &config);
        for threads in [2, 3, 8] {
            let together = train_on(threads, &ratings, &config);
            assert_eq!(bits(&alone.users), bits(&together.users), "{solver}, {threads} threads");
            assert_eq!(bits(&alone.items), bits(&together.items), "{solver}, {threads} threads");
        }
    }
}

#[test]
fn the_seed_and_nothing_else_decides_the_start() {
    let ratings = random_ratings(40, 30, 0.2, 2);
    let config = AlsConfig { factors: 4, iterations: 1, ..AlsConfig::reference() };
    let first = train_on(1, &ratings, &config);
    assert_eq!(first, train_on(1, &ratings, &config));
    let other = AlsConfig { random_state: 43, ..config };
    assert_ne!(first.items, train_on(1, &ratings, &other).items);
}

#[test]
fn rows_without_ratings_are_exactly_zero() {
    let (ratings, _) = Csr::from_triplets(4, 5, vec![(0, 1, 5.0), (2, 1, 3.0), (2, 4, 1.0)]);
    let config = AlsConfig { factors: 3, ..AlsConfig::reference() };
    let factors = train_on(1, &ratings, &config);
    for user in [1, 3] {
        assert_eq!(factors.users.row(user), [0.0; 3], "user {user}");
    }
    for item in [0, 2, 3] {
        assert_eq!(factors.items.row(item), [0.0; 3], "item {item}");
    }
    assert_ne!(factors.users.row(2), [0.0; 3]);
}
