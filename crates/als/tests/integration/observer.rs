use std::ops::ControlFlow;

use marquee_als::{AlsConfig, AlsError, Observer, Progress, Side, loss, train};

use crate::random_ratings;

/// Keeps what it hears; stops after so many half-steps; wants every loss or none.
struct Notes {
    heard: Vec<Progress>,
    stop_after: usize,
    losses: bool,
}

impl Notes {
    fn new(losses: bool) -> Self {
        Self { heard: Vec::new(), stop_after: usize::MAX, losses }
    }
}

impl Observer for Notes {
    fn wants_loss(&self, _iteration: usize, _side: Side) -> bool {
        self.losses
    }

    fn half_step(&mut self, progress: &Progress) -> ControlFlow<()> {
        self.heard.push(*progress);
        if self.heard.len() == self.stop_after {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

#[test]
fn every_half_step_is_reported_users_first() {
    let config = AlsConfig { factors: 3, iterations: 2, ..AlsConfig::reference() };
    let mut notes = Notes::new(false);
    train(&random_ratings(20, 15, 0.3, 3), &config, &mut notes).unwrap();
    let steps: Vec<_> = notes.heard.iter().map(|step| (step.iteration, step.side)).collect();
    assert_eq!(steps, [(1, Side::User), (1, Side::Item), (2, Side::User), (2, Side::Item)]);
    for step in &notes.heard {
        assert_eq!((step.iterations, step.loss), (2, None));
        assert!(step.seconds >= 0.0);
    }
}

#[test]
fn the_last_loss_reported_is_that_of_the_factors() {
    let ratings = random_ratings(50, 40, 0.2, 4);
    let config = AlsConfig { factors: 9, iterations: 3, ..AlsConfig::reference() };
    let mut notes = Notes::new(true);
    let factors = train(&ratings, &config, &mut notes).unwrap();
    let last = notes.heard.last().and_then(|step| step.loss);
    assert_eq!(last, Some(loss(&ratings, &factors, &config).unwrap()));
}

#[test]
fn asking_for_the_loss_changes_no_factor() {
    let ratings = random_ratings(50, 40, 0.2, 5);
    let config = AlsConfig { factors: 9, iterations: 3, ..AlsConfig::reference() };
    let with = train(&ratings, &config, &mut Notes::new(true)).unwrap();
    let without = train(&ratings, &config, &mut Notes::new(false)).unwrap();
    assert_eq!(with, without);
}

#[test]
fn the_loss_never_rises() {
    let cases = [
        (random_ratings(300, 80, 0.1, 6), AlsConfig { factors: 20, ..AlsConfig::reference() }),
        // More factors than items, so the systems hang on λ alone.
        (random_ratings(200, 12, 0.5, 7), AlsConfig { factors: 50, ..AlsConfig::reference() }),
        (
            random_ratings(100, 60, 0.3, 8),
            AlsConfig {
                factors: 33,
                regularization: 1e-4,
                alpha: 1000.0,
                ..AlsConfig::reference()
            },
        ),
        (
            random_ratings(80, 60, 0.2, 9),
            AlsConfig { alpha: 0.0, factors: 7, ..AlsConfig::reference() },
        ),
    ];
    for (place, (ratings, config)) in cases.iter().enumerate() {
        let mut notes = Notes::new(true);
        train(ratings, config, &mut notes).unwrap();
        let losses: Vec<f64> = notes.heard.iter().filter_map(|step| step.loss).collect();
        assert_eq!(losses.len(), 2 * config.iterations);
        for pair in losses.windows(2) {
            assert!(pair[1] <= pair[0] * (1.0 + 1e-6), "case {place}: {} → {}", pair[0], pair[1]);
        }
        assert!(losses[losses.len() - 1] < losses[0], "case {place}: nothing was learned");
    }
}

#[test]
fn an_observer_stops_the_training_where_it_says() {
    let config = AlsConfig { factors: 3, ..AlsConfig::reference() };
    let mut notes = Notes { stop_after: 3, ..Notes::new(false) };
    let error = train(&random_ratings(20, 15, 0.3, 10), &config, &mut notes).unwrap_err();
    assert!(matches!(error, AlsError::Cancelled { iteration: 2, side: Side::User }), "{error}");
    assert_eq!(notes.heard.len(), 3);
}
