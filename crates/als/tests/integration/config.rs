use marquee_als::{AlsConfig, AlsError, AlsSettings, Silent, Solver, train};
use marquee_dataset::Csr;

use crate::support::SOLVERS;

fn default_with(change: impl FnOnce(&mut AlsConfig)) -> AlsConfig {
    let mut config = AlsConfig::reference();
    change(&mut config);
    config
}

#[test]
fn defaults_are_those_the_command_promises() {
    let written = serde_json::to_string(&AlsConfig::default()).expect("plain values");
    assert_eq!(
        written,
        r#"{"factors":50,"regularization":0.01,"iterations":20,"alpha":0.3,"unobserved_weight":0.1,"frequency_scaling":1.0,"init_scale":0.1,"random_state":42,"solver":"auto"}"#
    );
    assert!(AlsConfig::default().validate().is_ok());
    assert_eq!(AlsSettings::default().row_regularization, Some(8.0));
}

#[test]
fn absent_keys_mean_the_reference_and_unknown_ones_are_refused() {
    let read: AlsConfig = serde_json::from_str(r#"{"factors": 8, "solver": "cholesky"}"#).unwrap();
    assert_eq!(read, AlsConfig { factors: 8, solver: Solver::Cholesky, ..AlsConfig::reference() });
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
        let error = train(&ratings, &AlsConfig::reference(), &mut Silent).unwrap_err();
        assert!(matches!(error, AlsError::EmptyMatrix { entries: 0, .. }), "{error}");
    }
}

#[test]
fn ratings_that_make_no_confidence_are_refused_with_their_place() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e38, -1e38] {
        let (ratings, _) = Csr::from_triplets(3, 4, vec![(0, 0, 5.0), (2, 3, bad), (2, 1, 0.0)]);
        let error = train(&ratings, &AlsConfig::reference(), &mut Silent).unwrap_err();
        assert!(matches!(error, AlsError::Rating { user: 2, item: 3, .. }), "{bad}: {error}");
    }
}

#[test]
fn lambda_is_chosen_for_users_on_average() {
    // Rows of 3, 1 and 0 ratings of 4 items.
    let entries = vec![(0, 0, 1.0), (0, 1, 1.0), (0, 3, 1.0), (1, 2, 1.0)];
    let (ratings, _) = Csr::from_triplets(3, 4, entries);
    let config = |frequency_scaling| AlsConfig {
        unobserved_weight: 0.5,
        frequency_scaling,
        ..AlsConfig::default()
    };
    // Scales of 5, 3 and 2 with ν = 1, their roots with ν = 0.5, ones with ν = 0.
    let roots = (5.0_f64.sqrt() + 3.0_f64.sqrt() + 2.0_f64.sqrt()) / 3.0;
    for (frequency_scaling, scale) in [(0.0, 1.0), (0.5, roots), (1.0, 10.0 / 3.0)] {
        let config = config(frequency_scaling);
        assert!((config.mean_row_scale(&ratings) - scale).abs() < 1e-12, "{frequency_scaling}");
        let settings = AlsSettings { config: config.clone(), row_regularization: Some(0.2) };
        let chosen = settings.for_ratings(&ratings).regularization;
        assert!((chosen / (0.2 / scale) - 1.0).abs() < 5e-3, "{chosen}");
        assert_eq!(
            chosen.to_string(),
            format!("{}", format!("{chosen:.2e}").parse::<f64>().unwrap())
        );
        // 0.08 by unit of a mean weight of 10 / 3.
        let limited = AlsSettings { row_regularization: Some(8.0), ..settings };
        let chosen = limited.for_ratings(&ratings).regularization;
        assert!((chosen / (0.8 / 3.0 / scale) - 1.0).abs() < 5e-3, "{chosen}");
        assert_eq!(AlsSettings::from(config.clone()).for_ratings(&ratings), config);
    }
    for given in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let settings = AlsSettings { row_regularization: Some(given), ..AlsSettings::default() };
        assert!(matches!(settings.validate(), Err(AlsError::Regularization { .. })), "{given}");
    }
    let (none, _) = Csr::from_triplets(0, 0, vec![]);
    assert_eq!(AlsConfig::default().mean_row_scale(&none), 1.0);
}
