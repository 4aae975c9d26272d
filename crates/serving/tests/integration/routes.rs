use actix_web::http::Method;
use marquee_serving::Rungs;
use serde::Deserialize;

use crate::support::{Fake, application, call, experiment, get, rungs};

const INADMISSIBLE: [&str; 10] = [
    "",
    "-1",
    "+1",
    "%2B1",
    "9223372036854775808",
    "99999999999999999999999",
    "abc",
    "1.0",
    "1e3",
    "1%20",
];

#[actix_web::test]
async fn a_list_is_one_line_of_twenty_ids_with_every_header() {
    let application = application(rungs(), experiment(1.0, 0.0));
    let reply = get(&application, "/recommend/7").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, Fake::list("als", 7, 20));
    for (header, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("x-experiment-id", "als_vs_popgen"),
        ("x-experiment-variant", "als_model"),
        ("x-model-version", "als-version"),
        ("x-pipeline-commit", "als-commit"),
        ("x-data-version", "als-data"),
        ("x-model-manifest", "als-manifest"),
        ("x-recommendation-source", "als"),
    ] {
        assert_eq!(reply.header(header), Some(value), "{header}");
    }
}

#[actix_web::test]
async fn the_whole_range_of_user_ids_is_answered() {
    let application = application(rungs(), experiment(0.6, 0.4));
    for user in ["0", "1", "1000000", "9223372036854775807", "007"] {
        let reply = get(&application, &format!("/recommend/{user}")).await;
        assert_eq!((reply.status, reply.body.split(',').count()), (200, 20), "{user}");
        assert_eq!(get(&application, &format!("/v1/recommend/{user}")).await.status, 200, "{user}");
    }
}

#[actix_web::test]
async fn a_user_id_that_is_none_is_refused_in_one_line() {
    let application = application(rungs(), None);
    for user in INADMISSIBLE {
        let reply = get(&application, &format!("/recommend/{user}")).await;
        reply.assert_line(400, "user id must be a decimal number");
        assert_eq!(reply.header("x-experiment-variant"), None);
        let reply = get(&application, &format!("/v1/recommend/{user}")).await;
        assert_eq!(reply.status, 400, "{user}");
        assert!(error_of(&reply.body).contains("user id must be a decimal number"));
    }
}

#[actix_web::test]
async fn unknown_paths_are_not_found() {
    let application = application(rungs(), None);
    for path in ["/", "/recommend", "/recommend/1/2", "/recommendation/1", "/health/", "/v2/x"] {
        get(&application, path).await.assert_line(404, "nothing at this path");
    }
}

#[actix_web::test]
async fn other_methods_are_not_allowed() {
    let application = application(rungs(), None);
    for path in
        ["/recommend/1", "/v1/recommend/1", "/health", "/health/live", "/health/ready", "/metrics"]
    {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let reply = call(&application, method, path).await;
            reply.assert_line(405, "only GET");
            assert_eq!(reply.header("allow"), Some("GET"), "{path}");
        }
    }
}

#[actix_web::test]
async fn without_an_experiment_there_is_no_experiment_id() {
    let reply = get(&application(rungs(), None), "/recommend/7").await;
    assert_eq!(reply.header("x-experiment-id"), None);
    assert_eq!(reply.header("x-experiment-variant"), Some("als_model"));
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListBody {
    user_id: u64,
    source: String,
    variant: String,
    model_version: Option<String>,
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    movie_id: String,
    title: String,
    score: f64,
}

fn error_of(body: &str) -> String {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        error: String,
    }
    assert!(!body.contains('\n'), "more than one line: {body}");
    serde_json::from_str::<Body>(body).expect("an error body").error
}

#[actix_web::test]
async fn the_json_list_says_what_the_plain_one_does_and_more() {
    let application = application(rungs(), experiment(1.0, 0.0));
    let reply = get(&application, "/v1/recommend/1?k=3").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let body: ListBody = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(
        (body.user_id, body.source.as_str(), body.variant.as_str()),
        (1, "als", "als_model")
    );
    assert_eq!(body.model_version.as_deref(), Some("als-version"));
    let rows: Vec<(&str, &str, f64)> =
        body.items.iter().map(|i| (i.movie_id.as_str(), i.title.as_str(), i.score)).collect();
    let expected = [
        ("als+film+1", "The First Film", 100.0),
        // A film without a known title goes by its id.
        ("als+film+2", "als+film+2", 99.0),
        ("als+film+3", "als+film+3", 98.0),
    ];
    assert_eq!(rows, expected);
}

#[actix_web::test]
async fn k_is_twenty_unless_said_and_one_to_a_hundred() {
    let application = application(rungs(), None);
    for (query, items) in [("", 20), ("?k=1", 1), ("?k=50", 50), ("?k=100", 50)] {
        let reply = get(&application, &format!("/v1/recommend/1{query}")).await;
        let body: ListBody = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(body.items.len(), items, "{query}");
    }
    for k in ["0", "101", "-1", "", "x", "1.5", "99999999999999999999999"] {
        let reply = get(&application, &format!("/v1/recommend/1?k={k}")).await;
        assert_eq!(reply.status, 400, "k={k}");
        assert_eq!(error_of(&reply.body), "k must be a whole number from 1 to 100");
    }
}

#[actix_web::test]
async fn the_json_list_names_the_model_that_answered() {
    let application = application(Rungs { als: None, ..rungs() }, None);
    let reply = get(&application, "/v1/recommend/1").await;
    let body: ListBody = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((body.source.as_str(), body.variant.as_str()), ("popgen", "als_model"));
    assert_eq!(body.model_version.as_deref(), Some("popgen-version"));
}

#[actix_web::test]
async fn a_service_with_models_is_alive_ready_and_well() {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Health {
        status: String,
        model_version: Option<String>,
        build: String,
        git_commit: Option<String>,
        experiment_id: Option<String>,
        timestamp: String,
    }
    let application = application(rungs(), experiment(0.6, 0.4));
    assert_eq!(get(&application, "/health/live").await.body, r#"{"status":"alive"}"#);
    let ready = get(&application, "/health/ready").await;
    assert_eq!((ready.status, ready.body.as_str()), (200, r#"{"status":"ready"}"#));
    let reply = get(&application, "/health").await;
    let health: Health = serde_json::from_str(&reply.body).unwrap();
    assert_eq!((reply.status, health.status.as_str()), (200, "ok"));
    assert_eq!(health.model_version.as_deref(), Some("als-version"));
    assert_eq!((health.build.as_str(), health.git_commit.as_deref()), ("1.2.3", Some("abc123")));
    assert_eq!(health.experiment_id.as_deref(), Some("als_vs_popgen"));
    let time: jiff::Timestamp = health.timestamp.parse().unwrap();
    assert!(time > "2024-01-01T00:00:00Z".parse().unwrap());
}

#[actix_web::test]
async fn a_service_without_models_is_alive_but_not_ready() {
    let application = application(Rungs::default(), None);
    assert_eq!(get(&application, "/health/live").await.status, 200);
    let ready = get(&application, "/health/ready").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body, r#"{"status":"not ready","reason":"no model is loaded"}"#);
    get(&application, "/recommend/1").await.assert_line(503, "no model is loaded");
    let json = get(&application, "/v1/recommend/1").await;
    assert_eq!((json.status, error_of(&json.body).as_str()), (503, "no model is loaded"));
    let health = get(&application, "/health").await;
    assert_eq!(health.status, 200);
    assert!(
        health.body.contains(r#""status":"not ready","model_version":null"#),
        "{}",
        health.body
    );
    assert_eq!(get(&application, "/metrics").await.status, 200);
}
