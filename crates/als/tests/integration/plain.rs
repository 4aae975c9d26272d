use marquee_als::{AlsConfig, FoldIn, Silent, Solver, loss, train};
use marquee_dataset::Csr;

/// Rows of different lengths, with ratings of 0 to 3.75.
fn ratings(users: u32, items: u32, every: u32) -> Csr {
    let triplets = (0..users)
        .flat_map(|user| {
            let step = every + user % 9;
            let films = (0..items).filter(move |film| (film * 7 + user * 3) % step == 0);
            films.map(move |film| (user, film, ((user + film) % 6) as f32 * 0.75))
        })
        .collect();
    Csr::from_triplets(users as usize, items as usize, triplets).0
}

fn digest(bits: impl Iterator<Item = u64>) -> u64 {
    bits.fold(0xcbf2_9ce4_8422_2325, |hash: u64, value| {
        (hash ^ value).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    })
}

#[test]
fn without_tricks_no_bit_changes() {
    // Of the factors, a user folded in and the loss, as they were before the objective had α₀, ν and
    // dislikes. The first shape keeps its rows whitened, the second does not; of the confidences the
    // second are beyond single precision.
    let expected = [
        (120, Solver::Auto, 40.0, 0x28e0464fecdf84cf),
        (120, Solver::Auto, 100000.0, 0xa526280aeae7e3bc),
        (120, Solver::Cholesky, 40.0, 0xfc2032525da5c21e),
        (120, Solver::Cholesky, 100000.0, 0xa526280aeae7e3bc),
        (120, Solver::Woodbury, 40.0, 0x90ff4c3b1c65cd26),
        (120, Solver::Woodbury, 100000.0, 0xa526280aeae7e3bc),
        (120, Solver::Cg, 40.0, 0x57fc08f607335ea8),
        (120, Solver::Cg, 100000.0, 0xa526280aeae7e3bc),
        (40, Solver::Auto, 40.0, 0x83101d5f2e32bae9),
        (40, Solver::Auto, 100000.0, 0x42abe06684d1036a),
        (40, Solver::Cholesky, 40.0, 0xd66073cf1d8a84be),
        (40, Solver::Cholesky, 100000.0, 0x42abe06684d1036a),
        (40, Solver::Woodbury, 40.0, 0x3d423abc5fcb189b),
        (40, Solver::Woodbury, 100000.0, 0x42abe06684d1036a),
        (40, Solver::Cg, 40.0, 0x12389c0ee08e3e39),
        (40, Solver::Cg, 100000.0, 0x42abe06684d1036a),
    ];
    for (users, solver, alpha, expected) in expected {
        let ratings = if users == 120 { ratings(120, 60, 2) } else { ratings(40, 400, 9) };
        let config =
            AlsConfig { factors: 17, solver, alpha, iterations: 3, ..AlsConfig::reference() };
        let factors = train(&ratings, &config, &mut Silent).unwrap();
        let loss = loss(&ratings, &factors, &config).unwrap();
        let users_side = FoldIn::new(&factors.items, &config).unwrap();
        let folded = users_side.solve(&[(0, 1.0), (3, 4.5), (9, 0.0)]).unwrap();
        let values = factors.users.as_slice().iter().chain(factors.items.as_slice());
        let bits = values.chain(&folded).map(|value| u64::from(value.to_bits()));
        let found = digest(bits.chain([loss.to_bits()]));
        assert_eq!(found, expected, "{users} users, {solver}, alpha {alpha}");
    }
}
