use marquee_catalog::{ApiUrl, CatalogError, FetchConfig};

#[test]
fn addresses_that_cannot_be_asked_are_refused_with_the_reason() {
    for (text, reason) in [
        ("https://films.example/movie/", "https is not supported"),
        ("ftp://films.example/movie/", "must begin with http://"),
        ("films.example/movie/", "no URL"),
        ("/movie/", "must begin with http://"),
        ("http://", "no URL"),
        ("http:///movie/", "no URL"),
        ("http://host:0/movie/", "port"),
        ("http://host:99999/movie/", "port"),
        ("http://host:port/movie/", "port"),
        ("http://host:/movie/", "port"),
        ("http://me:secret@host/movie/", "user or password"),
        ("http://host/movie/?id=", "query"),
        ("http://host/movie/#top", "fragment"),
        ("http://host/mo vie/", "no URL"),
        ("", "no URL"),
    ] {
        let error = text.parse::<ApiUrl>().unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn an_id_becomes_one_path_segment() {
    for (base, id, url) in [
        ("http://host/movie/", "heat+1995", "http://host/movie/heat%2B1995"),
        ("http://host:8080/movie", "a", "http://host:8080/movie/a"),
        ("http://[::1]:8080/movie", "a", "http://[::1]:8080/movie/a"),
        ("http://host", "a", "http://host/a"),
        ("http://host/a/b//", "m*a*s*h", "http://host/a/b/m%2Aa%2As%2Ah"),
        ("http://host/", "-._~aZ09", "http://host/-._~aZ09"),
        ("http://host/", "%2F/?#& é", "http://host/%252F%2F%3F%23%26%20%C3%A9"),
    ] {
        assert_eq!(base.parse::<ApiUrl>().unwrap().of(id), url);
    }
}

#[test]
fn every_field_is_checked() {
    let refused = |change: fn(&mut FetchConfig)| {
        let mut config = FetchConfig::default();
        change(&mut config);
        config.validate().unwrap_err()
    };
    for rate_limit in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = FetchConfig { rate_limit, ..FetchConfig::default() }.validate().unwrap_err();
        assert!(matches!(error, CatalogError::RateLimit { .. }));
    }
    assert!(matches!(refused(|c| c.timeout = 0.0), CatalogError::Timeout { .. }));
    assert!(matches!(refused(|c| c.timeout = f64::NAN), CatalogError::Timeout { .. }));
    assert!(matches!(refused(|c| c.concurrency = 0), CatalogError::Concurrency { value: 0 }));
    assert!(matches!(refused(|c| c.checkpoint_every = 0), CatalogError::CheckpointEvery));
    assert!(matches!(refused(|c| c.give_up_after = 0), CatalogError::GiveUpAfter));
    assert!(matches!(refused(|c| c.max_body = 0), CatalogError::MaxBody { value: 0 }));
    assert!(matches!(refused(|c| c.checkpoint_seconds = f64::NAN), CatalogError::Wait { .. }));
    assert!(matches!(refused(|c| c.backoff_cap = -1.0), CatalogError::Wait { .. }));
    FetchConfig::default().validate().unwrap();
}
