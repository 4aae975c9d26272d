use marquee_outcomes::Rule;

use crate::{by, evaluate, line, shown, until};

fn answer(time: &str, user: u64, status: u16, result: &str, ms: u64) -> String {
    let request =
        format!("recommendation request host:8082, status {status}, result: {result}, {ms} ms");
    line(time, user, &request)
}

#[test]
fn availability_and_latency_are_of_all_requests() {
    let log = [
        answer("08:00", 1, 200, "a+1", 10),
        answer("08:01", 2, 200, "a+1", 20),
        answer("08:02", 3, 0, "java.net.SocketTimeoutException", 815),
        answer("08:03", 4, 503, "not ready", 3),
        until("12:00"),
    ];
    let service = evaluate(by(Rule::Start), log.concat()).service;
    assert_eq!((service.requests, service.availability), (4, Some(0.5)));
    assert_eq!(service.statuses.into_iter().collect::<Vec<_>>(), [(0, 1), (200, 2), (503, 1)]);
    let latency = service.latency_ms;
    assert_eq!((latency.p50, latency.p95, latency.max), (Some(10), Some(815), Some(815)));
    assert_eq!(latency.mean, Some(212.0));
    let [low, high] = service.availability_interval.unwrap();
    assert!(low < 0.2 && high > 0.8);
}

#[test]
fn a_list_that_two_users_got_is_nobodys_own() {
    let share = |lists: &[(u64, &str)]| {
        let log: String = lists.iter().map(|&(user, films)| shown("08:00", user, films)).collect();
        evaluate(by(Rule::Start), log).service.personalised_share
    };
    assert_eq!(share(&[(1, "a+1, b+2"), (2, "a+1, c+3")]), Some(1.0));
    assert_eq!(share(&[(1, "a+1, b+2"), (1, "a+1, b+2")]), Some(1.0));
    assert_eq!(share(&[(1, "a+1, b+2"), (1, "a+1, b+2"), (2, "a+1, b+2"), (2, "d+4")]), Some(0.25));
    assert_eq!(share(&[(1, "a+1, b+2"), (2, "b+2, a+1")]), Some(1.0));
    assert_eq!(share(&[]), None);
}
