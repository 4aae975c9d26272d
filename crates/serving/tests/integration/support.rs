use std::{
    io::{self, Write},
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, http::Method, test};
use marquee_experiment::{Experiment, ExperimentConfig, Variant};
use marquee_recommender::{ItemRow, Recommender, Request, ScoredItem, UserRow};
use marquee_serving::{
    Application, BuildInfo, ModelProvenance, Rung, Rungs, Service, Telemetry, Titles, routes,
};

/// A model whose lists can be told by heart: user `u` of the `known` ones gets the films from
/// number `u` on, a stranger those from number 0.
pub(crate) struct Fake {
    pub(crate) family: &'static str,
    pub(crate) movies: Vec<String>,
    pub(crate) known: Range<u64>,
    /// How many films are left that a user has not seen.
    pub(crate) unseen: usize,
    /// Whether strangers get a list.
    pub(crate) serves_strangers: bool,
}

impl Fake {
    pub(crate) fn new(family: &'static str) -> Self {
        let movies = (0..50).map(|number| format!("{family}+film+{number}")).collect();
        Self { family, movies, known: 0..1000, unseen: 50, serves_strangers: family != "als" }
    }

    pub(crate) fn knowing(self, known: Range<u64>) -> Self {
        Self { known, ..self }
    }

    pub(crate) fn with_unseen(self, unseen: usize) -> Self {
        Self { unseen, ..self }
    }

    pub(crate) fn with_movies(self, movies: &[&str]) -> Self {
        Self { movies: movies.iter().copied().map(String::from).collect(), ..self }
    }

    pub(crate) fn rung(self) -> Option<Rung> {
        let provenance = provenance(self.family);
        Some(Rung { model: Arc::new(self), provenance })
    }

    /// What the model answers: `length` films from number `first` on.
    pub(crate) fn list(family: &str, first: usize, length: usize) -> String {
        let films = (first..first + length).map(|number| format!("{family}+film+{}", number % 50));
        films.collect::<Vec<String>>().join(",")
    }
}

impl Recommender for Fake {
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
        self.known.contains(&user_id).then_some(UserRow(user_id as u32))
    }

    fn recommend(&self, request: &Request) -> Option<Vec<ScoredItem>> {
        if request.user.is_none() && !self.serves_strangers {
            return None;
        }
        let first = request.user.map_or(0, UserRow::index);
        let length = request.k.min(self.unseen).min(self.movies.len());
        let place = |rank| ScoredItem {
            item: ItemRow(((first + rank) % self.movies.len()) as u32),
            score: 100.0 - rank as f32,
        };
        Some((0..length).map(place).collect())
    }
}

pub(crate) fn provenance(family: &str) -> ModelProvenance {
    let value = |name: &str| Some(format!("{family}-{name}"));
    ModelProvenance {
        model_version: value("version"),
        model_family: Some(String::from(family)),
        pipeline_commit: value("commit"),
        pipeline_branch: value("branch"),
        pipeline_dirty: Some(false),
        data_version: value("data"),
        data_sha256: value("sha"),
        manifest_sha256: value("manifest"),
    }
}

/// All three models.
pub(crate) fn rungs() -> Rungs {
    Rungs {
        als: Fake::new("als").rung(),
        popgen: Fake::new("popgen").rung(),
        popularity: Fake::new("popularity").knowing(0..0).rung(),
    }
}

pub(crate) fn experiment(als: f64, popgen: f64) -> Option<Experiment> {
    let variant = |name, weight| Variant { name: String::from(name), weight };
    let config = ExperimentConfig {
        experiment_id: String::from("als_vs_popgen"),
        salt: String::from("als-popgen-v1"),
        variants: vec![variant("als_model", als), variant("popgen_model", popgen)],
    };
    Some(Experiment::new(config).expect("a good experiment"))
}

pub(crate) fn service(rungs: Rungs, experiment: Option<Experiment>) -> Service {
    let titles: Titles = [("als+film+1", "The First Film")].into_iter().collect();
    let build =
        BuildInfo { version: String::from("1.2.3"), git_commit: Some(String::from("abc123")) };
    Service::new(rungs, experiment, titles, build).expect("a service")
}

/// An application without reports whose log lines go nowhere.
pub(crate) fn application(rungs: Rungs, experiment: Option<Experiment>) -> Arc<Application> {
    let telemetry = Telemetry::start(io::sink(), None, 1024).expect("a telemetry thread");
    let application = Application::new(service(rungs, experiment), telemetry, "no/such/folder");
    Arc::new(application.expect("an application"))
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} stands twice");
        value
    }

    pub(crate) fn source(&self) -> Option<&str> {
        self.header("x-recommendation-source")
    }

    #[track_caller]
    pub(crate) fn assert_line(&self, status: u16, part: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.body.contains(part), "{part:?} is not in {:?}", self.body);
        assert!(!self.body.contains('\n'), "more than one line: {:?}", self.body);
        assert_eq!(self.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

pub(crate) async fn call(application: &Arc<Application>, method: Method, path: &str) -> Reply {
    let app = test::init_service(App::new().configure(routes(Arc::clone(application)))).await;
    let request = test::TestRequest::with_uri(path).method(method).to_request();
    let response = test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).expect("text");
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect();
    let body = text(&test::read_body(response).await);
    Reply { status, headers, body }
}

pub(crate) async fn get(application: &Arc<Application>, path: &str) -> Reply {
    call(application, Method::GET, path).await
}

/// A sink whose content can be looked at.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
