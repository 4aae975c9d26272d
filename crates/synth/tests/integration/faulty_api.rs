use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use marquee_synth::{Collection, Fault, FaultyApi, FaultyApiConfig, SynthError};

/// What comes back for a request line, until the end of the connection.
fn ask(address: SocketAddr, line: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{line}\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that is cut in the middle has said what it had to say.
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn get(api: &FaultyApi, path: &str) -> String {
    String::from_utf8_lossy(&ask(api.address(), &format!("GET {path} HTTP/1.1"))).into_owned()
}

fn api(faults: f64, seed: u64) -> FaultyApi {
    let movies = [("c#/%+é".to_owned(), "the body".to_owned())].into();
    let slow = Duration::from_millis(1);
    FaultyApi::start(FaultyApiConfig { movies, faults, seed, slow, ..FaultyApiConfig::default() })
        .unwrap()
}

#[test]
fn right_answers_to_right_requests() {
    let api = api(0.0, 1);
    let film = get(&api, "/movie/c%23%2F%25%2B%c3%A9");
    assert!(
        film.starts_with("HTTP/1.1 200 OK\r\n") && film.ends_with("\r\n\r\nthe body"),
        "{film}"
    );
    assert!(film.contains("Content-Length: 8\r\n"), "{film}");
    assert!(get(&api, "/movie/other").starts_with("HTTP/1.1 404 "));
    let user = get(&api, "/user/7");
    assert!(user.contains(r#"{"user_id": 7, "age": "#), "{user}");
    assert_eq!(get(&api, "/user/7"), user);
    for id in ["0", "1000001", "x"] {
        assert!(get(&api, &format!("/user/{id}")).starts_with("HTTP/1.1 404 "), "{id}");
    }
    let known = api.exchanges();
    assert_eq!(known.len(), api.requests());
    assert_eq!(
        (known[0].id.as_str(), known[0].status, known[0].is_record()),
        ("c#/%+é", Some(200), true)
    );
    assert_eq!((known[1].status, known[1].is_record()), (Some(404), false));
    assert!(known.windows(2).all(|pair| pair[0].at <= pair[1].at));
    for path in
        ["/movie/a+b", "/movie/a/b", "/movie/", "/movie", "/film/a", "/movie/a?b", "/movie/%ff"]
    {
        assert!(get(&api, path).starts_with("HTTP/1.1 400 "), "{path}");
    }
    let post = ask(api.address(), "POST /movie/a HTTP/1.1");
    assert!(post.starts_with(b"HTTP/1.1 400 "));
    assert_eq!(api.requests(), known.len(), "what is refused is about no id");
}

#[test]
fn a_script_is_followed_one_fault_a_request() {
    let api = api(0.0, 1);
    let path = "/movie/c%23%2F%25%2B%C3%A9";
    let faults = [
        (
            Fault::TooManyRequests { retry_after: Some("7".into()) },
            "HTTP/1.1 429 ",
            "Retry-After: 7\r\n",
        ),
        (Fault::Unavailable { retry_after: "8".into() }, "HTTP/1.1 503 ", "Retry-After: 8\r\n"),
        (Fault::Status(500), "HTTP/1.1 500 ", "as planned"),
        (Fault::Status(302), "HTTP/1.1 302 ", "Location: /elsewhere\r\n"),
        (Fault::HalfBody, "HTTP/1.1 200 ", "Content-Length: 8\r\n"),
        (Fault::Slow(Duration::from_millis(1)), "HTTP/1.1 200 ", "the body"),
        (Fault::Body("other".into()), "HTTP/1.1 200 ", "other"),
        (Fault::Garbage, "", "what is this"),
        (Fault::Hangup, "", ""),
    ];
    api.script(Collection::Movies, "c#/%+é", faults.iter().map(|(fault, ..)| fault.clone()));
    for (fault, start, text) in faults {
        let answer = get(&api, path);
        assert!(answer.starts_with(start) && answer.contains(text), "{fault:?}: {answer}");
        assert_eq!(answer.contains("the body"), matches!(fault, Fault::Slow(_)), "{fault:?}");
        assert_eq!(answer.is_empty(), fault == Fault::Hangup);
        assert_eq!(api.exchanges().last().unwrap().fault, Some(fault));
    }
    assert!(get(&api, path).ends_with("the body"));
    assert!(get(&api, "/user/1").starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_stalled_answer_is_a_head_and_ends_with_the_api() {
    let api = api(0.0, 1);
    let fault = Fault::Stall { status: 429, retry_after: Some("7".into()) };
    api.script(Collection::Users, "1", [fault.clone()]);
    let mut stream = TcpStream::connect(api.address()).unwrap();
    stream.write_all(b"GET /user/1 HTTP/1.1\r\n\r\n").unwrap();
    let mut start = [0; 13];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 429 ");
    let exchange = api.exchanges().pop().unwrap();
    assert_eq!((exchange.status, exchange.fault), (None, Some(fault)));
    drop(api);
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("Retry-After: 7\r\n") && rest.ends_with("\r\n\r\n"), "{rest}");
}

#[test]
fn faults_depend_on_seed_id_and_turn_alone() {
    let (ids, turns) = (60, 3);
    let faults = |seed, backwards: bool| {
        let api = api(0.3, seed);
        for turn in 0..turns * ids {
            let turn = if backwards { turns * ids - 1 - turn } else { turn };
            get(&api, &format!("/user/{}", turn % ids));
        }
        let mut faults: Vec<(String, Option<Fault>)> =
            api.exchanges().into_iter().map(|exchange| (exchange.id, exchange.fault)).collect();
        faults.sort_by(|one, other| one.0.cmp(&other.0));
        faults
    };
    let first = faults(1, false);
    assert_eq!(first, faults(1, true));
    assert_ne!(first, faults(2, false));
    let count = first.iter().filter(|(_, fault)| fault.is_some()).count();
    assert!((30..80).contains(&count), "{count} of 180");
}

#[test]
fn it_says_why_it_does_not_start_and_ends_when_dropped() {
    for faults in [-0.1, 1.1, f64::NAN] {
        let config = FaultyApiConfig { faults, ..FaultyApiConfig::default() };
        let error = FaultyApi::start(config).unwrap_err();
        assert!(matches!(error, SynthError::Probability { field: "faults", .. }), "{error}");
    }
    let first = api(0.0, 1);
    let address = first.address();
    let error = FaultyApi::bind(address, FaultyApiConfig::default()).unwrap_err();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    // One connection idles, one waits for an answer that would take an hour.
    let idle = TcpStream::connect(address).unwrap();
    first.script(Collection::Users, "1", [Fault::Slow(Duration::from_secs(3600))]);
    let waiting = std::thread::spawn(move || ask(address, "GET /user/1 HTTP/1.1"));
    while first.requests() == 0 {
        std::thread::yield_now();
    }
    drop(first);
    assert_eq!(waiting.join().unwrap(), b"");
    drop(idle);
    assert!(TcpStream::connect(address).is_err());
}
