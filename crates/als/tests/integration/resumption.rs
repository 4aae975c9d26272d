use std::ops::ControlFlow;

use marquee_als::{
    AlsConfig, AlsError, Factors, Observer, Resumption, Silent, Solver, resume, train,
};

use crate::random_ratings;

/// Keeps the factors of every iteration; ends the training after some.
struct Keep {
    factors: Vec<Factors>,
    end_after: usize,
}

impl Observer for Keep {
    fn iteration(&mut self, iteration: usize, factors: &Factors) -> ControlFlow<()> {
        self.factors.push(factors.clone());
        assert_eq!(self.factors.len(), iteration);
        if iteration == self.end_after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn config(solver: Solver) -> AlsConfig {
    AlsConfig {
        factors: 9,
        iterations: 5,
        solver,
        unobserved_weight: 0.5,
        frequency_scaling: 0.5,
        regularization: 0.1,
        ..AlsConfig::reference()
    }
}

#[test]
fn a_training_taken_up_again_ends_in_the_same_bytes() {
    let ratings = random_ratings(70, 40, 0.2, 90);
    for solver in [Solver::Auto, Solver::Cg] {
        let config = config(solver);
        let whole = train(&ratings, &config, &mut Silent).unwrap();
        let mut keep = Keep { factors: Vec::new(), end_after: usize::MAX };
        assert_eq!(train(&ratings, &config, &mut keep).unwrap(), whole);
        for (done, factors) in (1..).zip(&keep.factors) {
            let from = Resumption { iteration: done, factors: factors.clone() };
            let found = resume(&ratings, &config, from, &mut Silent).unwrap();
            assert!(found == whole, "{solver}, after {done}");
        }
    }
}

#[test]
fn an_observer_ends_a_training_with_the_factors_it_saw() {
    let ratings = random_ratings(70, 40, 0.2, 91);
    let mut keep = Keep { factors: Vec::new(), end_after: 2 };
    let found = train(&ratings, &config(Solver::Auto), &mut keep).unwrap();
    assert_eq!(keep.factors.len(), 2);
    assert!(found == keep.factors[1]);
    let two = AlsConfig { iterations: 2, ..config(Solver::Auto) };
    assert!(found == train(&ratings, &two, &mut Silent).unwrap());
}

#[test]
fn factors_of_another_training_are_refused() {
    let config = config(Solver::Auto);
    let ratings = random_ratings(70, 40, 0.2, 92);
    let factors = train(&ratings, &config, &mut Silent).unwrap();
    let from = Resumption { iteration: 1, factors };
    let others = random_ratings(71, 40, 0.2, 92);
    let error = resume(&others, &config, from.clone(), &mut Silent).unwrap_err();
    assert!(matches!(error, AlsError::Mismatch { unit: "rows", .. }), "{error}");
    let more = AlsConfig { factors: 10, ..config };
    let error = resume(&ratings, &more, from, &mut Silent).unwrap_err();
    assert!(matches!(error, AlsError::Mismatch { unit: "factors", .. }), "{error}");
}
