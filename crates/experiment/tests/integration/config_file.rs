use std::error::Error;

use marquee_experiment::{Experiment, ExperimentConfig, ExperimentError, Variant, load};

const GOOD: &str = r#"{
  "experiment_id": "als_vs_popgen",
  "salt": "als-popgen-v1",
  "variants": [
    {"name": "als_model", "weight": 0.6},
    {"name": "popgen_model", "weight": 0.4}
  ]
}"#;

/// The whole error chain of loading a file with this text.
fn refusal(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("experiment.json");
    fs_err::write(&path, text).expect("written");
    let error = load(&path).expect_err(text);
    assert!(error.to_string().contains("experiment.json"), "{error} does not name the file");
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        source = cause.source();
    }
    chain
}

fn assert_names(chain: &str, parts: &[&str]) {
    for part in parts {
        assert!(chain.contains(part), "{part:?} is not in {chain:?}");
    }
}

#[test]
fn a_good_file_loads_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("experiment.json");
    fs_err::write(&path, GOOD).unwrap();
    let experiment = load(&path).unwrap();
    let expected = ExperimentConfig {
        experiment_id: String::from("als_vs_popgen"),
        salt: String::from("als-popgen-v1"),
        variants: vec![
            Variant { name: String::from("als_model"), weight: 0.6 },
            Variant { name: String::from("popgen_model"), weight: 0.4 },
        ],
    };
    assert_eq!(experiment.config(), &expected);
    let written = serde_json::to_string(&expected).unwrap();
    assert_eq!(serde_json::from_str::<ExperimentConfig>(&written).unwrap(), expected);
}

#[test]
fn whole_numbers_are_weights_too() {
    let config: ExperimentConfig =
        serde_json::from_str(&GOOD.replace("0.6", "60").replace("0.4", "40")).unwrap();
    assert_eq!(config.variants[0].weight, 60.0);
}

#[test]
fn a_misspelt_key_is_refused_with_its_name_and_line() {
    let chain = refusal(&GOOD.replace("\"weight\": 0.4", "\"wieght\": 0.4"));
    assert_names(&chain, &["wieght", "line 6", "weight"]);
    assert_names(&refusal(&GOOD.replace("\"salt\"", "\"slat\"")), &["slat", "line 3"]);
}

#[test]
fn a_missing_key_is_refused() {
    assert_names(&refusal(r#"{"experiment_id": "e", "variants": []}"#), &["salt"]);
}

#[test]
fn nan_weights_are_refused_with_line_and_remedy() {
    for word in ["NaN", "Infinity", "-Infinity"] {
        let chain = refusal(&GOOD.replace("0.4", word));
        assert_names(&chain, &["line 6", word, "finite weight of 0 or more"]);
    }
    let chain = refusal(&GOOD.replace("\"als_model\"", "\"NaN\"").replace("0.4", "x"));
    assert!(!chain.contains("not a number"), "{chain}");
}

#[test]
fn a_weight_too_large_for_a_number_is_refused() {
    assert_names(&refusal(&GOOD.replace("0.4", "1e999")), &["line 6", "out of range"]);
}

#[test]
fn impossible_weights_are_refused() {
    assert_names(&refusal(&GOOD.replace("0.4", "-0.4")), &["popgen_model", "-0.4"]);
    let none = GOOD.replace("0.4", "0").replace("0.6", "0");
    assert_names(&refusal(&none), &["add up to 0"]);
    let vast = GOOD.replace("0.4", "1.7e308").replace("0.6", "1.7e308");
    assert_names(&refusal(&vast), &["add up to inf"]);
    for weight in [f64::NAN, f64::INFINITY] {
        let variants = vec![Variant { name: String::from("a"), weight }];
        let config = ExperimentConfig {
            experiment_id: String::from("e"),
            salt: String::from("s"),
            variants,
        };
        let error = Experiment::new(config).expect_err("not finite");
        assert!(matches!(error, ExperimentError::Weight { .. }), "{error}");
    }
}

#[test]
fn names_must_be_there_and_differ() {
    assert_names(&refusal(&GOOD.replace("popgen_model", "als_model")), &["als_model", "twice"]);
    assert_names(&refusal(&GOOD.replace("popgen_model", "")), &["name is empty"]);
    assert_names(&refusal(&GOOD.replace("als-popgen-v1", "")), &["salt is empty"]);
    assert_names(&refusal(&GOOD.replace("als_vs_popgen", "")), &["experiment_id is empty"]);
    let none = r#"{"experiment_id": "e", "salt": "s", "variants": []}"#;
    assert_names(&refusal(none), &["no variants"]);
}

#[test]
fn an_unknown_variant_is_named_with_the_known_ones() {
    let config: ExperimentConfig = serde_json::from_str(GOOD).unwrap();
    let experiment = Experiment::new(config).unwrap();
    let error = experiment.clone().restricted_to(&["als_model", "pop_model"]).unwrap_err();
    assert_names(&error.to_string(), &["\"popgen_model\" is unknown", "als_model, pop_model"]);
    assert!(experiment.restricted_to(&["als_model", "popgen_model"]).is_ok());
}

#[test]
fn a_missing_file_is_named() {
    let error = load("no/such/experiment.json").unwrap_err();
    assert!(matches!(error, ExperimentError::Read(_)));
    assert!(error.source().unwrap().to_string().contains("no/such/experiment.json"));
}

#[test]
fn text_that_is_not_json_is_refused() {
    assert_names(&refusal(""), &["line 1"]);
    assert_names(&refusal("\u{feff}{}"), &["line 1"]);
    assert_names(&refusal("[1]"), &["line 1"]);
}
