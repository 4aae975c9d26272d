use std::{io, path::Path, sync::Arc};

use marquee_serving::{Application, Rungs, Telemetry};

use crate::support::{application, experiment, get, rungs, service};

const GAUGES: [&str; 7] = [
    "model_hit_at_20",
    "data_drift_rating_psi",
    "data_drift_movie_popularity_gini",
    "data_drift_top10_share",
    "data_drift_top100_share",
    "data_drift_one_and_done_share",
    "data_drift_detected",
];

const COMPARED: &str = r#"{"mode": "ref_vs_cur", "metrics": {
    "rating_psi": {"psi": 1.25, "severity": "strong"},
    "movie_popularity": {
        "ref": {"top10_share": 0.9, "top100_share": 0.9, "gini_movies": 0.9},
        "cur": {"top10_share": 0.25, "top100_share": 0.75, "gini_movies": 0.5}
    },
    "user_activity": {"ref": {"one_and_done_share": 0.9}, "cur": {"one_and_done_share": 0.125}}
  }, "drift_detected": true}"#;

const SINGLE: &str = r#"{"mode": "single_snapshot", "metrics": {
    "movie_popularity": {"top10_share": 0.25, "top100_share": null, "gini_movies": 0.5},
    "user_activity": {"one_and_done_share": 0.125}
  }, "drift_detected": false}"#;

fn with_reports(folder: &Path) -> Arc<Application> {
    let telemetry = Telemetry::start(io::sink(), None, 16).expect("a telemetry thread");
    Arc::new(Application::new(service(rungs(), None), telemetry, folder).expect("an application"))
}

/// The value of a series, by its name and labels as they stand in the text.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.rsplit_once(' ').is_some_and(|(s, _)| s == series))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

async fn scrape(application: &Arc<Application>) -> String {
    let reply = get(application, "/metrics").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    reply.body
}

#[actix_web::test]
async fn lists_are_counted_by_variant_and_source() {
    let application = application(rungs(), experiment(0.6, 0.4));
    // Users 1 and 2 are assigned als_model, 3 and 999 popgen_model; nobody knows 1001.
    for user in [1, 2, 3, 999, 1, 1001] {
        get(&application, &format!("/recommend/{user}")).await;
    }
    get(&application, "/recommend/none").await;
    get(&application, "/v1/recommend/1").await;
    let text = scrape(&application).await;
    let arm =
        |variant| value(&text, &format!("experiment_reco_requests_total{{variant=\"{variant}\"}}"));
    assert_eq!(arm("als_model").unwrap() + arm("popgen_model").unwrap(), 6.0);
    assert!(arm("als_model").unwrap() >= 3.0 && arm("popgen_model").unwrap() >= 2.0);
    for (source, lists) in [("als", 3.0), ("popgen", 2.0), ("popularity", 1.0), ("none", 0.0)] {
        let series = format!("recommendation_source_total{{source=\"{source}\"}}");
        assert_eq!(value(&text, &series), Some(lists), "{source}");
    }
    let timed = value(&text, "experiment_reco_latency_ms_count{variant=\"als_model\"}");
    assert_eq!(timed, arm("als_model"));
}

#[actix_web::test]
async fn latency_buckets_are_the_agreed_ones() {
    let text = scrape(&application(rungs(), None)).await;
    let prefix = "experiment_reco_latency_ms_bucket{variant=\"als_model\",le=\"";
    let bounds: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix(prefix)?.split('"').next()).collect();
    let expected = ["1", "5", "10", "25", "50", "100", "250", "500", "600", "1000", "+Inf"];
    assert_eq!(bounds, expected);
}

/// The reference kept a series for every user's path.
#[actix_web::test]
async fn a_thousand_paths_make_no_new_series() {
    let application = application(rungs(), experiment(0.6, 0.4));
    let names = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned())).collect()
    };
    let before = names(&scrape(&application).await);
    for user in 0..1000 {
        let path = match user % 4 {
            0 => format!("/recommend/{user}"),
            1 => format!("/v1/recommend/{user}"),
            2 => format!("/recommend/x{user}"),
            _ => format!("/nowhere/{user}"),
        };
        get(&application, &path).await;
    }
    assert_eq!(names(&scrape(&application).await), before);
}

#[actix_web::test]
async fn a_request_nobody_answers_is_counted_as_such() {
    let application = application(Rungs::default(), None);
    get(&application, "/recommend/1").await;
    let text = scrape(&application).await;
    assert_eq!(value(&text, "recommendation_source_total{source=\"none\"}"), Some(1.0));
    assert_eq!(value(&text, "experiment_reco_requests_total{variant=\"als_model\"}"), Some(1.0));
}

/// The reference showed 0.0 on the dashboard for a report that was missing.
#[actix_web::test]
async fn gauges_without_a_report_are_absent_and_never_zero() {
    let folder = tempfile::tempdir().unwrap();
    let text = scrape(&with_reports(folder.path())).await;
    for gauge in GAUGES {
        assert!(!text.contains(gauge), "{gauge} without a report");
    }
    assert!(!text.contains("report_age_seconds"));
}

#[actix_web::test]
async fn gauges_follow_the_reports() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_reports(folder.path());
    fs_err::write(folder.path().join("eval_results.json"), r#"{"hit@10": 0.1, "hit@20": 0.375}"#)
        .unwrap();
    fs_err::write(folder.path().join("drift_report.json"), COMPARED).unwrap();
    let text = scrape(&application).await;
    let expected = [0.375, 1.25, 0.5, 0.25, 0.75, 0.125, 1.0];
    for (gauge, expected) in GAUGES.into_iter().zip(expected) {
        assert_eq!(value(&text, gauge), Some(expected), "{gauge}");
    }
    for report in ["eval_results.json", "drift_report.json"] {
        let age = value(&text, &format!("report_age_seconds{{report=\"{report}\"}}"));
        assert!(age.is_some_and(|age| age >= 0.0), "{report}");
    }

    fs_err::write(folder.path().join("drift_report.json"), SINGLE).unwrap();
    fs_err::remove_file(folder.path().join("eval_results.json")).unwrap();
    let text = scrape(&application).await;
    let expected = [None, None, Some(0.5), Some(0.25), None, Some(0.125), Some(0.0)];
    for (gauge, expected) in GAUGES.into_iter().zip(expected) {
        assert_eq!(value(&text, gauge), expected, "{gauge}");
    }
}

#[actix_web::test]
async fn hit_at_20_goes_by_either_name() {
    let folder = tempfile::tempdir().unwrap();
    let both = r#"{"model_hit_at_20": 0.5, "hit@20": 0.25}"#;
    fs_err::write(folder.path().join("eval_results.json"), both).unwrap();
    let text = scrape(&with_reports(folder.path())).await;
    assert_eq!(value(&text, "model_hit_at_20"), Some(0.5));
}

#[actix_web::test]
async fn a_broken_report_takes_its_gauges_with_it_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("eval_results.json"), r#"{"hit@20": NaN}"#).unwrap();
    fs_err::write(folder.path().join("drift_report.json"), SINGLE).unwrap();
    let text = scrape(&with_reports(folder.path())).await;
    assert_eq!(value(&text, "model_hit_at_20"), None);
    assert_eq!(value(&text, "data_drift_detected"), Some(0.0));
}
