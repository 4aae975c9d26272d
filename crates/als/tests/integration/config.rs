use marquee_als::{AlsConfig, AlsError, Silent, Solver, train};
use marquee_dataset::Csr;

use crate::support::SOLVERS;

fn default_with(change: impl FnOnce(&mut AlsConfig)) -> AlsConfig {
    let mut config = AlsConfig::default();
    change(&mut config);
    config
}

#[test]
fn defaults_are_those_the_command_promises() {
    let written = serde_json::to_string(&AlsConfig::default()).expect("plain values");
    assert_eq!(
        written,
        r#"{"factors":50,"regularization":0.01,"iterations":20,"alpha":40.0,"unobserved_weight":1.0,"frequency_scaling":0.0,"init_scale":null,"random_state":42,"solver":"auto"}"#
    );
    assert!(AlsConfig::default().validate().is_ok());
}

#[test]
fn absent_keys_have_their_defaults_and_unknown_ones_are_refused() {
    let read: AlsConfig = serde_json::from_str(r#"{"factors": 8, "solver": "cholesky"}"#).unwrap();
    assert_eq!(read, AlsConfig { factors: 8, solver: Solver::Cholesky, ..AlsConfig::default() });
    let error = serde_json::from_str::<AlsConfig>(r#"{"factor": 8}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `factor`"), "{error}");
}

#[test]
fn every_field_out_of_range_has_its_own_error() {
    for factors in [0, 1025] {
        let error = default_with(|config| config.factors = factors).validate().unwrap_err();
        assert!(matches!(error, AlsError::Factors { factors: given } if given == factors));
    }
    for regularization in [0.0, -0.01, f64::NAN, f64::INFINITY] {
        let config = default_with(|config| config.regularization = regularization);
        assert!(matches!(config.validate(), Err(AlsError::Regularization { .. })));
    }
    for alpha in [-1.0, f64::NAN, f64::INFINITY, 1e39] {
        let config = default_with(|config| config.alpha = alpha);
        assert!(matches!(config.validate(), Err(AlsError::Alpha { .. })));
    }
    for weight in [0.0, -0.1, 1.5, f64::NAN] {
        let config = default_with(|config| config.unobserved_weight = weight);
        assert!(matches!(config.validate(), Err(AlsError::UnobservedWeight { .. })), "{weight}");
    }
    for exponent in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let config = default_with(|config| config.frequency_scaling = exponent);
        assert!(matches!(config.validate(), Err(AlsError::FrequencyScaling { .. })), "{exponent}");
    }
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e39] {
        let config = default_with(|config| config.init_scale = Some(scale));
        assert!(matches!(config.validate(), Err(AlsError::InitScale { .. })), "{scale}");
    }
    let config = default_with(|config| config.iterations = 0);
    assert!(matches!(config.validate(), Err(AlsError::Iterations)));
    for fine in
        [default_with(|config| config.factors = 1024), default_with(|config| config.alpha = 0.0)]
    {
        assert!(fine.validate().is_ok());
    }
}

#[test]
fn a_bad_configuration_is_refused_before_training() {
    let (ratings, _) = Csr::from_triplets(1, 1, vec![(0, 0, 1.0)]);
    let config = default_with(|config| config.regularization = 0.0);
    let error = train(&ratings, &config, &mut Silent).unwrap_err();
    assert!(matches!(error, AlsError::Regularization { .. }), "{error}");
}

#[test]
fn solvers_are_named_as_on_the_command_line() {
    for (solver, name) in SOLVERS.into_iter().zip(["auto", "cholesky", "woodbury", "cg"]) {
        assert_eq!(solver.to_string(), name);
        assert_eq!(solver.to_string().parse::<Solver>().unwrap(), solver);
        assert_eq!(serde_json::to_string(&solver).unwrap(), format!("\"{solver}\""));
    }
    let error = "Cholesky".parse::<Solver>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "solver \"Cholesky\" does not exist: choose auto, cholesky, woodbury or cg"
    );
}

#[test]
fn empty_matrices_are_refused() {
    for (users, items) in [(0, 0), (0, 3), (3, 0), (3, 3)] {
        let (ratings, _) = Csr::from_triplets(users, items, Vec::new());
        let error = train(&ratings, &AlsConfig::default(), &mut Silent).unwrap_err();
        assert!(matches!(error, AlsError::EmptyMatrix { entries: 0, .. }), "{error}");
    }
}

#[test]
fn ratings_that_make_no_confidence_are_refused_with_their_place() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, -1e38] {
        let (ratings, _) = Csr::from_triplets(3, 4, vec![(0, 0, 5.0), (2, 3, bad), (2, 1, 0.0)]);
        let error = train(&ratings, &AlsConfig::default(), &mut Silent).unwrap_err();
        assert!(matches!(error, AlsError::Rating { user: 2, item: 3, .. }), "{bad}: {error}");
    }
}
