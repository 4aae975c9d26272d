use marquee_synth::{Synth, SynthConfig, SynthError};

use crate::{generate, lines, small};

fn refused(config: &SynthConfig) -> SynthError {
    config.validate().expect_err("accepted")
}

#[test]
fn each_field_out_of_range_is_named() {
    let ok = small();
    assert!(ok.validate().is_ok());
    assert!(matches!(refused(&SynthConfig { users: 0, ..ok.clone() }), SynthError::Users { .. }));
    assert!(matches!(
        refused(&SynthConfig { users: u32::MAX, ..ok.clone() }),
        SynthError::Users { .. }
    ));
    assert!(matches!(
        refused(&SynthConfig { movies: 7, taste_groups: 8, ..ok.clone() }),
        SynthError::Movies { movies: 7, taste_groups: 8 }
    ));
    assert!(matches!(
        refused(&SynthConfig { taste_groups: 0, ..ok.clone() }),
        SynthError::TasteGroups
    ));
    assert!(matches!(refused(&SynthConfig { days: 0, ..ok.clone() }), SynthError::Days { .. }));
    assert!(matches!(
        refused(&SynthConfig { start_second: 253_402_300_800 - 86_400, ..ok.clone() }),
        SynthError::Days { .. }
    ));
    assert!(matches!(
        refused(&SynthConfig { start_second: -1, ..ok.clone() }),
        SynthError::Start { .. }
    ));
    assert!(matches!(
        refused(&SynthConfig { popularity_exponent: -0.1, ..ok.clone() }),
        SynthError::PopularityExponent { .. }
    ));
    assert!(matches!(
        refused(&SynthConfig { mean_minutes: 0.5, ..ok }),
        SynthError::MeanMinutes { .. }
    ));
}

#[test]
fn probabilities_lie_in_zero_to_one() {
    for value in [-0.01, 1.01, f64::NAN, f64::INFINITY] {
        for config in [
            SynthConfig { taste_share: value, ..small() },
            SynthConfig { rating_share: value, ..small() },
            SynthConfig { abandon_share: value, ..small() },
            SynthConfig { recommendation_share: value, ..small() },
        ] {
            assert!(matches!(refused(&config), SynthError::Probability { .. }), "{value}");
        }
    }
}

#[test]
fn the_true_lift_is_one_that_every_user_can_have() {
    for value in [-0.16, 0.56, f64::NAN] {
        let config = SynthConfig { effect: Some(value), ..small() };
        assert!(matches!(refused(&config), SynthError::Effect { .. }), "{value}");
    }
    for value in [-0.15, 0.0, 0.55] {
        assert!(SynthConfig { effect: Some(value), ..small() }.validate().is_ok());
    }
}

#[test]
fn the_constructor_validates() {
    assert!(Synth::new(SynthConfig { users: 0, ..small() }).is_err());
}

#[test]
fn the_extremes_generate() {
    let tiny = SynthConfig { users: 1, movies: 1, taste_groups: 1, sessions: 30, ..small() };
    let (_, log, _) = generate(tiny);
    assert!(lines(&log).len() >= 30);
    let (_, log, summary) = generate(SynthConfig { sessions: 0, dirty: true, ..small() });
    assert!(log.is_empty());
    assert_eq!(summary.lines, 0);
    let certain = SynthConfig {
        taste_share: 1.0,
        rating_share: 1.0,
        recommendation_share: 1.0,
        popularity_exponent: 0.0,
        mean_minutes: 1.0,
        ..small()
    };
    let (_, _, summary) = generate(certain);
    assert_eq!(
        [summary.watch, summary.rate, summary.recommendation],
        [3_000; 3],
        "one line each a session"
    );
}
