//! What the service adds to a request: routing, assignment, ladder, headers, body, counting and
//! handing over the log line, without sockets.
//!
//! Beside it stands a handler that returns a constant of the same size through the same framework;
//! the service is to serve at least half as many requests a second. Data: 27,000 films with ids of
//! 20 to 30 bytes, a model that picks twenty of them by the user's number (ranking is measured
//! where it is done), two variants, log lines written to nowhere. Users come in a fixed sequence.

use std::{hint::black_box, io, sync::Arc};

use actix_web::{
    App, HttpResponse, dev::Service as _, http::header::ContentType, rt::System, test, web,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use marquee_experiment::{Experiment, ExperimentConfig, Variant};
use marquee_recommender::{ItemRow, Recommender, Request, ScoredItem, UserRow};
use marquee_serving::{
    Application, BuildInfo, LIST_LENGTH, ModelProvenance, Rung, Rungs, Service, Telemetry, Titles,
    routes,
};

const FILMS: u64 = 27_000;
const USERS: u64 = 1_000_000;

/// Picks by arithmetic: as many distinct films as asked for, spread over all of them.
struct Picker {
    family: &'static str,
    movies: Vec<String>,
}

impl Picker {
    fn rung(family: &'static str) -> Option<Rung> {
        let movies = (0..FILMS).map(|n| format!("a+film+of+some+length+{n}")).collect();
        let hash = "0123456789abcdef".repeat(4);
        let provenance = ModelProvenance {
            model_version: Some(format!("{family}-20251017013345")),
            model_family: Some(String::from(family)),
            pipeline_commit: Some(hash[..40].to_owned()),
            pipeline_branch: Some(String::from("main")),
            pipeline_dirty: Some(false),
            data_version: Some(hash.clone()),
            data_sha256: Some(hash.clone()),
            manifest_sha256: Some(hash),
        };
        Some(Rung { model: Arc::new(Self { family, movies }), provenance })
    }
}

impl Recommender for Picker {
    fn name(&self) -> &'static str {
        self.family
    }

    fn items(&self) -> usize {
        self.movies.len()
    }

    fn movie_id(&self, item: ItemRow) -> &str {
        &self.movies[item.index()]
    }

    fn item_row(&self, movie_id: &str) -> Option<ItemRow> {
        let row = self.movies.iter().position(|id| id == movie_id)?;
        Some(ItemRow(row as u32))
    }

    fn user_row(&self, user_id: u64) -> Option<UserRow> {
        Some(UserRow(user_id as u32))
    }

    fn recommend(&self, request: &Request) -> Option<Vec<ScoredItem>> {
        let user = u64::from(request.user?.0);
        let pick = |rank| ScoredItem {
            item: ItemRow(((user * 31 + rank * 997) % FILMS) as u32),
            score: -(rank as f32),
        };
        Some((0..request.k as u64).map(pick).collect())
    }
}

fn service() -> Service {
    let variant = |name, weight| Variant { name: String::from(name), weight };
    let config = ExperimentConfig {
        experiment_id: String::from("als_vs_popgen"),
        salt: String::from("als-popgen-v1"),
        variants: vec![variant("als_model", 0.6), variant("popgen_model", 0.4)],
    };
    let experiment = Experiment::new(config).expect("a good experiment");
    let rungs = Rungs {
        als: Picker::rung("als"),
        popgen: Picker::rung("popgen"),
        popularity: Picker::rung("popularity"),
    };
    Service::new(rungs, Some(experiment), Titles::default(), BuildInfo::default())
        .expect("a service")
}

fn users() -> impl Iterator<Item = u64> {
    (0..).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % USERS)
}

/// One request through an application: `$path` is evaluated for each.
macro_rules! measure {
    ($group:expr, $name:expr, $system:expr, $app:expr, $path:expr) => {
        $group.bench_function($name, |bencher| {
            bencher.iter(|| {
                let request = test::TestRequest::with_uri(&$path).to_request();
                let response = $system.block_on($app.call(request)).expect("a response");
                black_box(response.status().as_u16())
            });
        });
    };
}

fn handler(criterion: &mut Criterion) {
    let system = System::new();
    let telemetry = Telemetry::start(io::sink(), None, Telemetry::DEFAULT_CAPACITY)
        .expect("a telemetry thread");
    let application =
        Arc::new(Application::new(service(), telemetry, "artifacts").expect("an application"));
    let user = "7".parse().expect("a user id");
    let decision = application.service().decide(user, LIST_LENGTH);
    let body = decision.answer().expect("a list").joined();
    let mut group = criterion.benchmark_group("handler");
    group.throughput(Throughput::Elements(1));

    let constant = web::get().to(move || {
        let body = body.clone();
        async move { HttpResponse::Ok().content_type(ContentType::plaintext()).body(body) }
    });
    let app = App::new().route("/recommend/{userid}", constant);
    let app = system.block_on(test::init_service(app));
    let mut ids = users();
    let mut path = || format!("/recommend/{}", ids.next().unwrap_or_default());
    measure!(group, "constant", system, app, path());

    let app = App::new().configure(routes(Arc::clone(&application)));
    let app = system.block_on(test::init_service(app));
    measure!(group, "recommend", system, app, path());

    group.bench_function("decide", |bencher| {
        let mut ids = users();
        bencher.iter(|| {
            let user = marquee_events::UserId::new(ids.next().unwrap_or_default());
            let decision = application.service().decide(user.expect("a user id"), LIST_LENGTH);
            black_box(decision.answer().map(|answer| answer.joined().len()))
        });
    });
    group.finish();
}

criterion_group!(benches, handler);
criterion_main!(benches);
