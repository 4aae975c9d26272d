use std::{
    io::{self, Write},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use marquee_events::{Action, Outcome, Recommendation, parse};
use marquee_serving::{Application, ModelProvenance, Rungs, Telemetry};

use crate::support::{Fake, Log, PATIENCE, Reply, experiment, get, rungs, service};

fn logging(
    rungs: Rungs,
    with_experiment: bool,
    log: impl Write + Send + 'static,
) -> Arc<Application> {
    let experiment = if with_experiment { experiment(0.6, 0.4) } else { None };
    let telemetry = Telemetry::start(log, None, 64).expect("a telemetry thread");
    let application = Application::new(service(rungs, experiment), telemetry, "no/such/folder");
    Arc::new(application.expect("an application"))
}

fn recommendation(line: &str) -> Recommendation<'_> {
    let event = parse(line.as_bytes()).unwrap_or_else(|refusal| panic!("{line}: {refusal}"));
    match event.action {
        Action::Recommendation(recommendation) => recommendation,
        other => panic!("{other:?}"),
    }
}

async fn dropped(application: &Arc<Application>) -> String {
    let Reply { body, .. } = get(application, "/metrics").await;
    let line = body.lines().find(|line| line.starts_with("recommendation_log_dropped_total"));
    String::from(line.expect("the counter"))
}

/// The reference's own evaluation could not read the reference's own lines.
#[actix_web::test]
async fn a_line_reads_back_as_what_was_answered() {
    let log = Log::default();
    let application = logging(rungs(), true, log.clone());
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let mut replies = Vec::new();
    for user in [1, 3, 1001] {
        replies.push((user, get(&application, &format!("/recommend/{user}")).await));
    }
    assert!(application.telemetry().close(PATIENCE));
    let text = log.text();
    assert!(text.ends_with('\n'));
    assert_eq!(text.lines().count(), 3);
    for ((user, reply), line) in replies.iter().zip(text.lines()) {
        let event = parse(line.as_bytes()).unwrap();
        assert_eq!(event.user.get(), *user);
        assert!(line.split(',').next().unwrap().ends_with('Z'), "{line}");
        assert!((before..before + 3600).contains(&event.time.unix_seconds()));
        let told = recommendation(line);
        assert_eq!(told.target.as_str(), format!("/recommend/{user}"));
        assert_eq!(told.status, 200);
        let Outcome::List(list) = told.outcome else { panic!("{line}") };
        assert_eq!(list.as_str(), reply.body);
        let assignment = told.assignment.unwrap();
        assert_eq!(Some(assignment.variant.as_str()), reply.header("x-experiment-variant"));
        let decision = application.service().decide(event.user, 20);
        assert!((assignment.bucket.as_f64() - decision.bucket()).abs() < 1e-6);
        let family = reply.source().unwrap();
        let told: Vec<(&str, &str)> =
            told.provenance.entries().map(|(key, value)| (key, value.as_str())).collect();
        let of = |name: &str| format!("{family}-{name}");
        let expected = [
            ("model_version", of("version")),
            ("model_family", String::from(family)),
            ("pipeline_commit", of("commit")),
            ("pipeline_branch", of("branch")),
            ("pipeline_dirty", String::from("false")),
            ("data_version", of("data")),
            ("data_sha256", of("sha")),
            ("manifest_sha256", of("manifest")),
        ];
        assert_eq!(told, expected.each_ref().map(|(key, value)| (*key, value.as_str())));
    }
}

#[actix_web::test]
async fn only_lists_for_the_platform_are_logged() {
    let log = Log::default();
    let application = logging(rungs(), true, log.clone());
    for path in ["/v1/recommend/1", "/recommend/x", "/health", "/metrics", "/nowhere"] {
        get(&application, path).await;
    }
    assert!(application.telemetry().close(PATIENCE));
    assert_eq!(log.text(), "");
}

#[actix_web::test]
async fn without_an_experiment_the_line_still_names_the_variant() {
    let log = Log::default();
    let application = logging(rungs(), false, log.clone());
    get(&application, "/recommend/5").await;
    assert!(application.telemetry().close(PATIENCE));
    let text = log.text();
    let assignment = recommendation(text.trim_end()).assignment.unwrap();
    assert_eq!((assignment.variant.as_str(), assignment.bucket.millionths()), ("als_model", 0));
}

#[actix_web::test]
async fn a_request_without_an_answer_is_logged_as_failed() {
    let log = Log::default();
    let application = logging(Rungs::default(), true, log.clone());
    assert_eq!(get(&application, "/recommend/5").await.status, 503);
    assert!(application.telemetry().close(PATIENCE));
    let text = log.text();
    let told = recommendation(text.trim_end());
    assert_eq!(told.status, 503);
    assert!(matches!(told.outcome, Outcome::Failure(_)));
}

#[actix_web::test]
async fn an_empty_list_is_logged_as_an_empty_list() {
    let log = Log::default();
    let nothing_left = Rungs { als: Fake::new("als").with_unseen(0).rung(), ..Rungs::default() };
    let application = logging(nothing_left, true, log.clone());
    get(&application, "/recommend/1").await;
    assert!(application.telemetry().close(PATIENCE));
    let text = log.text();
    let Outcome::List(list) = recommendation(text.trim_end()).outcome else { panic!("{text}") };
    assert!(list.is_empty());
}

#[actix_web::test]
async fn text_that_would_break_a_line_or_header_is_made_to_fit() {
    let mut als = Fake::new("als").rung().unwrap();
    als.provenance = ModelProvenance {
        pipeline_branch: Some(String::from("fix/a,b\r\nX: y é")),
        model_version: Some(String::from(" v1\n2 ")),
        ..als.provenance
    };
    let log = Log::default();
    let application = logging(Rungs { als: Some(als), ..Rungs::default() }, true, log.clone());
    let reply = get(&application, "/recommend/1").await;
    assert_eq!(reply.header("x-model-version"), Some("v1_2"));
    assert!(application.telemetry().close(PATIENCE));
    let text = log.text();
    assert_eq!(text.lines().count(), 1);
    let told = recommendation(text.trim_end()).provenance;
    assert_eq!(told.model_version.unwrap().as_str(), "v1_2");
    assert_eq!(told.pipeline_branch.unwrap().as_str(), "fix/a_b__X:_y__");
}

#[actix_web::test]
async fn ids_that_fit_no_line_are_answered_and_counted() {
    let log = Log::default();
    let odd = Fake::new("als").with_movies(&["a film with spaces"]).rung();
    let application = logging(Rungs { als: odd, ..Rungs::default() }, true, log.clone());
    assert_eq!(get(&application, "/recommend/1").await.status, 200);
    assert!(application.telemetry().close(PATIENCE));
    assert_eq!((log.text().as_str(), application.telemetry().dropped()), ("", 1));
}

/// A sink that tells when it is written to, and waits to be let on.
struct Gate {
    entered: Sender<()>,
    go: Receiver<()>,
    log: Log,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Without anyone to ask, the gate stands open.
        let _ = self.entered.send(());
        let _ = self.go.recv();
        self.log.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[actix_web::test]
async fn a_full_queue_drops_lines_and_counts_them_and_never_waits() {
    let (entered, has_entered) = channel();
    let (open, go) = channel();
    let log = Log::default();
    let gate = Gate { entered, go, log: log.clone() };
    let telemetry = Telemetry::start(gate, None, 2).unwrap();
    let application = Application::new(service(rungs(), None), telemetry, "no/such/folder");
    let application = Arc::new(application.unwrap());
    get(&application, "/recommend/1").await;
    // From here the writer stands still: two lines fit into the queue, five do not.
    has_entered.recv_timeout(PATIENCE).unwrap();
    for _ in 0..7 {
        assert_eq!(get(&application, "/recommend/2").await.status, 200);
    }
    assert_eq!(application.telemetry().dropped(), 5);
    assert_eq!(dropped(&application).await, "recommendation_log_dropped_total 5");
    // Nor does closing wait for a sink that takes nothing.
    assert!(!application.telemetry().close(Duration::from_millis(1)));
    drop(open);
    assert!(application.telemetry().close(PATIENCE));
    assert_eq!(log.text().lines().count(), 3);
}

/// What a pipe is whose reader has gone.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::Error::from(io::ErrorKind::BrokenPipe))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[actix_web::test]
async fn a_closed_sink_costs_lines_but_no_answers() {
    let application = logging(rungs(), true, Closed);
    for user in 0..10 {
        assert_eq!(get(&application, &format!("/recommend/{user}")).await.status, 200);
    }
    assert!(application.telemetry().close(PATIENCE));
    assert_eq!(application.telemetry().dropped(), 10);
    // After closing, too.
    assert_eq!(get(&application, "/recommend/1").await.status, 200);
    assert_eq!(dropped(&application).await, "recommendation_log_dropped_total 11");
}

/// Takes a few bytes of the first line, is busy, fails, then takes everything.
struct Faltering {
    step: usize,
    log: Log,
}

impl Write for Faltering {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.step += 1;
        match self.step {
            1 => self.log.write(&bytes[..bytes.len().min(50)]),
            2 => Err(io::ErrorKind::WouldBlock.into()),
            3 => self.log.write(&bytes[..bytes.len().min(10)]),
            4 => Err(io::ErrorKind::StorageFull.into()),
            _ => self.log.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.log.flush()
    }
}

#[actix_web::test]
async fn a_torn_line_is_dropped_and_spoils_no_other() {
    let log = Log::default();
    let application = logging(rungs(), true, Faltering { step: 0, log: log.clone() });
    get(&application, "/recommend/1").await;
    while log.text().len() < 60 || dropped(&application).await.ends_with(" 0") {
        std::thread::sleep(Duration::from_millis(1));
    }
    get(&application, "/recommend/2").await;
    assert!(application.telemetry().close(PATIENCE));
    let text = log.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0].len()), (2, 60), "{text}");
    assert_eq!(recommendation(lines[1]).target.as_str(), "/recommend/2");
    assert_eq!(application.telemetry().dropped(), 1);
}
