use marquee_catalog::{ApiUrl, Cache, CatalogError, FaultReason, User, Users, fetch, read_users};
use marquee_dataset::NoProgress;
use marquee_synth::{Collection, Fault, FaultyApi, FaultyApiConfig};
use serde_json::Value;

use crate::hasty;

#[test]
fn users_are_fetched_into_lines_by_ascending_id() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("users.jsonl");
    let api =
        FaultyApi::start(FaultyApiConfig { users: 100, ..FaultyApiConfig::default() }).unwrap();
    let as_text = r#"{"user_id": "10", "age": 34, "gender": null, "extra": [1]}"#;
    let other = r#"{"user_id": 3, "age": 30, "gender": "M", "occupation": "artist"}"#;
    let faults = [Fault::Body(other.to_owned()), Fault::Status(500)];
    api.script(Collection::Users, "2", faults);
    api.script(Collection::Users, "10", [Fault::Body(as_text.to_owned())]);
    fs_err::write(&out, "{\"user_id\":7,\"age\":null,\"gender\":null,\"occupation\":\"kept\"}\n\n")
        .unwrap();
    let url: ApiUrl = api.users_url().parse().unwrap();
    let mut cache = Cache::<Users>::open(&out, &url).unwrap();
    let ids = [10_u64, 2, 7, 101].map(|id| id.to_string());
    let summary = fetch(ids, &hasty(), &mut cache, &mut NoProgress).unwrap();
    assert_eq!((summary.wanted, summary.cached, summary.fetched), (4, 1, 2), "{summary:?}");
    assert_eq!(summary.missing, ["101"]);
    assert_eq!(summary.reasons[&FaultReason::WrongId], 1);
    let text = fs_err::read_to_string(&out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with(r#"{"user_id":2,"age":"#), "{text}");
    assert_eq!(lines[1], r#"{"user_id":7,"age":null,"gender":null,"occupation":"kept"}"#);
    assert_eq!(lines[2], r#"{"user_id":10,"age":34,"gender":null,"occupation":null}"#);
    assert!(text.ends_with("}\n") && lines.len() == 3);
    let missing = fs_err::read_to_string(folder.path().join("users_missing.json")).unwrap();
    assert!(missing.contains("\"101\": \"20"), "{missing}");
    assert!(lines.iter().all(|line| is_in_schema(line)), "{text}");
    let users = read_users(&out).unwrap();
    assert_eq!(&users, cache.records());
    assert_eq!(users.iter().map(|(id, _)| id).collect::<Vec<_>>(), [2, 7, 10]);
    assert_eq!(users.get(10), Some(&User { age: Some(34), ..User::default() }));
}

/// Whether a line has the keys and types that the published schema gives.
fn is_in_schema(line: &str) -> bool {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/user.schema.json");
    let schema: Value = serde_json::from_slice(&fs_err::read(PATH).unwrap()).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let object = line.as_object().unwrap();
    let required = schema["required"].as_array().unwrap();
    required.iter().all(|key| object.contains_key(key.as_str().unwrap()))
        && object.iter().all(|(key, value)| {
            let types = &schema["properties"][key]["type"];
            let found = match value {
                Value::Null => "null",
                Value::Number(_) if value.is_i64() => "integer",
                Value::String(_) => "string",
                _ => return false,
            };
            types == found || types.as_array().is_some_and(|types| types.contains(&found.into()))
        })
}

#[test]
fn a_bad_line_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.jsonl");
    let good = r#"{"user_id": 1, "age": 30, "gender": "M", "occupation": "artist"}"#;
    for (bad, problem) in [
        ("rubbish", "not a user record"),
        (r#"{"user_id": "2"}"#, "not a user record"),
        (r#"{"age": 3}"#, "user_id"),
        (r#"{"user_id": 2, "age": -3}"#, "not a user record"),
        (r#"{"user_id": 2, "shoe_size": 44}"#, "shoe_size"),
        (r#"{"user_id": 9223372036854775808}"#, "2^63"),
        (good, "user 1 for the second time"),
    ] {
        fs_err::write(&path, format!("{good}\n\n{bad}\n")).unwrap();
        let error = read_users(&path).unwrap_err();
        assert!(matches!(error, CatalogError::User { line: 3, .. }), "{bad}: {error:?}");
        assert!(error.to_string().contains("users.jsonl, line 3"), "{error}");
        assert!(error.to_string().contains(problem), "{bad}: {error}");
        let api = "http://films.example/user/".parse().unwrap();
        assert!(Cache::<Users>::open(&path, &api).is_err());
    }
    assert!(read_users(&folder.path().join("none.jsonl")).is_err());
}
