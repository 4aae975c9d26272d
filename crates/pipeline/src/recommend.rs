use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use marquee_catalog::Catalog;
use marquee_dataset::{DatasetError, Progress};
use marquee_recommender::{Filter, ItemSet, Recommender, Request, ScoredItem, UserRow};
use serde::{Deserialize, Serialize, de::Error as _};

use crate::{
    ArtifactName, LoadedAls, PipelineError, films_of_genres, load_als,
    recommendations_file::{RecommendationsFile, RecommendationsWriter},
    selection::read_films,
};

/// Items of the lists that are made, and written, at a time.
const ITEMS_AT_A_TIME: usize = 1 << 17;

/// Which films are recommended, from which model.
#[derive(Debug, Clone)]
pub struct RecommendJob {
    /// Where the model is.
    pub artifact_dir: PathBuf,
    /// How many films at most for one user.
    pub k: usize,
    /// Whether films a user has seen are recommended too.
    pub include_seen: bool,
    /// A file of movie ids, one a line, that are never recommended.
    pub ban: Option<PathBuf>,
    /// A file of movie ids, one a line, of which the recommended ones are.
    pub candidates: Option<PathBuf>,
    /// Genres of which a recommended film has one at least; none asks for none.
    pub genres: Vec<String>,
    /// The catalog with the films' genres; `None` is the one of the artifact folder. Read only
    /// where a genre is named.
    pub catalog: Option<PathBuf>,
}

impl Default for RecommendJob {
    fn default() -> Self {
        Self {
            artifact_dir: PathBuf::from("artifacts"),
            k: 20,
            include_seen: false,
            ban: None,
            candidates: None,
            genres: Vec::new(),
            catalog: None,
        }
    }
}

/// An ALS model that is loaded, and the films it may recommend.
pub struct AlsRecommender {
    loaded: LoadedAls,
    artifact_dir: PathBuf,
    k: usize,
    include_seen: bool,
    banned: Option<ItemSet>,
    candidates: Option<ItemSet>,
    unknown_movie_ids: u64,
    started: Instant,
}

/// The films recommended to one user.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserRecommendations<'a> {
    /// The user.
    pub user_id: u64,
    /// The kind of model they come from, `als`; `None` where it knows nothing of the user.
    pub source: Option<&'static str>,
    /// The version of that model, if its manifest names one; `None` also where it has no list.
    pub model_version: Option<&'a str>,
    /// The films, best first.
    pub items: Vec<RecommendedFilm<'a>>,
}

/// A recommended film.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecommendedFilm<'a> {
    /// Its id.
    pub movie_id: &'a str,
    /// Its score; comparable within a list.
    pub score: f32,
}

/// What was written for all users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecommendSummary {
    /// The model's name, if its manifest names one.
    pub model_version: Option<String>,
    /// Users of the model.
    pub users: u64,
    /// Of these, for how many no film was left, or nothing is known of them.
    pub users_without_list: u64,
    /// Rows of the file.
    pub rows: u64,
    /// Films at most for one user.
    pub k: u64,
    /// Whether seen films are among them.
    pub include_seen: bool,
    /// Films of the model that were banned; null where no list was given.
    pub banned: Option<u64>,
    /// Films of the model that could be recommended by list and genre; null where neither was given.
    pub candidates: Option<u64>,
    /// Distinct ids of the two lists that are not in the model, added up.
    pub unknown_movie_ids: u64,
    /// The file.
    pub out: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
    /// Wall seconds, from loading the model.
    pub seconds: f64,
}

impl AlsRecommender {
    /// Loads the model of a folder, checked against its manifest, and the films to choose from.
    ///
    /// # Errors
    /// [`PipelineError::NoModel`] when the folder has no ALS model,
    /// [`PipelineError::UnknownGenre`] for a genre the catalog does not hold; otherwise the error
    /// of the file.
    pub fn load(job: &RecommendJob) -> Result<Self, PipelineError> {
        let started = Instant::now();
        let mut loaded = load_als(&job.artifact_dir)?;
        let mut unknown_movie_ids = 0;
        let mut listed = |path: &Option<PathBuf>| -> Result<Option<ItemSet>, PipelineError> {
            let Some(path) = path else { return Ok(None) };
            let listed = read_films(path, loaded.model.movies())?;
            unknown_movie_ids += listed.unknown;
            loaded.notes.extend(listed.note);
            Ok(Some(listed.films))
        };
        let (banned, mut candidates) = (listed(&job.ban)?, listed(&job.candidates)?);
        if !job.genres.is_empty() {
            let beside = ArtifactName::Catalog.within(&job.artifact_dir);
            let catalog = Catalog::read(job.catalog.as_deref().unwrap_or(&beside))?;
            let films = films_of_genres(&catalog, loaded.model.movies().ids(), &job.genres)?;
            candidates = Some(match candidates {
                Some(listed) => listed.intersection(&films),
                None => films,
            });
        }
        if candidates.as_ref().is_some_and(ItemSet::is_empty) {
            loaded.notes.push("no film of the model may be recommended".to_owned());
        }
        Ok(Self {
            loaded,
            artifact_dir: job.artifact_dir.clone(),
            k: job.k,
            include_seen: job.include_seen,
            banned,
            candidates,
            unknown_movie_ids,
            started,
        })
    }

    /// What is not there or not as it was meant, one line each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.loaded.notes
    }

    /// The films for one user; none, from nobody, for a user the model knows nothing of.
    #[must_use]
    pub fn of_user(&self, user_id: u64) -> UserRecommendations<'_> {
        let model = &self.loaded.model;
        let user = model.user_row(user_id);
        let request = Request { filter: self.filter(), ..Request::unseen(user, self.k) };
        let list = model.recommend(&request);
        let film = |scored: ScoredItem| RecommendedFilm {
            movie_id: model.movie_id(scored.item),
            score: scored.score,
        };
        UserRecommendations {
            user_id,
            source: list.is_some().then(|| model.name()),
            model_version: self.model_version().filter(|_| list.is_some()),
            items: list.unwrap_or_default().into_iter().map(film).collect(),
        }
    }

    /// Writes the films for all users of the model, by ascending user id, and puts the file in its
    /// place.
    ///
    /// Lists are made on all threads while those before them are written; memory holds two of
    /// 131,072 rows and a row group, whatever the number of users. The same model and films give
    /// the same bytes, whatever the number of threads. `progress` counts users and may cancel.
    ///
    /// # Errors
    /// [`PipelineError::Dataset`] when the file cannot be written or `progress` cancels;
    /// [`PipelineError::RowMap`] for a user id beyond 2⁶³ − 1. Nothing is written then, and what
    /// stood there stays.
    pub fn write_all(
        &self,
        file: RecommendationsFile,
        progress: &mut dyn Progress,
    ) -> Result<RecommendSummary, PipelineError> {
        let users = self.users_by_id()?;
        let mut writer = file.start(self.loaded.model.movies().ids())?;
        let with_list = self.write_lists(&users, &mut writer, progress)?;
        let rows = writer.rows();
        let (file, digest) = writer.finish()?;
        if progress.is_cancelled() {
            return Err(DatasetError::Cancelled.into());
        }
        let out = file.path().display().to_string();
        file.commit()?;
        let size = |set: &Option<ItemSet>| set.as_ref().map(|set| set.len() as u64);
        Ok(RecommendSummary {
            model_version: self.model_version().map(str::to_owned),
            users: users.len() as u64,
            users_without_list: users.len() as u64 - with_list,
            rows,
            k: self.k as u64,
            include_seen: self.include_seen,
            banned: size(&self.banned),
            candidates: size(&self.candidates),
            unknown_movie_ids: self.unknown_movie_ids,
            out,
            bytes: digest.size_bytes,
            sha256: digest.sha256,
            seconds: self.started.elapsed().as_secs_f64(),
        })
    }

    /// Writes the lists of these users; how many have one that holds something.
    fn write_lists(
        &self,
        users: &[UserRow],
        writer: &mut RecommendationsWriter,
        progress: &mut dyn Progress,
    ) -> Result<u64, PipelineError> {
        progress.begin("recommending", Some(users.len() as u64));
        let model = &self.loaded.model;
        let longest = self.k.clamp(1, model.items().max(1));
        let mut batches = users.chunks((ITEMS_AT_A_TIME / longest).max(1));
        let mut made: Option<Batch<'_>> = None;
        let mut with_list = 0;
        loop {
            if progress.is_cancelled() {
                return Err(DatasetError::Cancelled.into());
            }
            let (next, written) = rayon::join(
                || batches.next().map(|users| self.batch(users)),
                || made.take().map(|batch| batch.write(self, writer)).transpose(),
            );
            if let Some((users, lists)) = written? {
                with_list += lists;
                progress.advance(users);
            } else if next.is_none() {
                return Ok(with_list);
            }
            made = next;
        }
    }

    fn batch<'a>(&self, users: &'a [UserRow]) -> Batch<'a> {
        let lists = self.loaded.model.recommend_many(users, self.k, &self.filter());
        Batch { users, lists }
    }

    fn filter(&self) -> Filter<'_> {
        Filter {
            include_seen: self.include_seen,
            banned: self.banned.as_ref(),
            candidates: self.candidates.as_ref(),
        }
    }

    fn model_version(&self) -> Option<&str> {
        self.loaded.provenance.model_version.as_deref()
    }

    /// The rows of all users by ascending id, ids that fit the file's column.
    fn users_by_id(&self) -> Result<Vec<UserRow>, PipelineError> {
        let vocabulary = self.loaded.model.users();
        let mut rows: Vec<UserRow> = (0..vocabulary.len() as u32).map(UserRow).collect();
        rows.sort_unstable_by_key(|&row| vocabulary.id(row));
        match rows.last().map(|&row| vocabulary.id(row)) {
            Some(id) if i64::try_from(id).is_err() => Err(beyond_range(&self.artifact_dir, id)),
            _ => Ok(rows),
        }
    }
}

fn beyond_range(artifact_dir: &Path, user_id: u64) -> PipelineError {
    let problem = format!("user id {user_id} is above 2^63 - 1");
    PipelineError::RowMap {
        path: ArtifactName::UserMap.within(artifact_dir),
        source: serde_json::Error::custom(problem),
    }
}

/// Some users and their lists, in their order.
struct Batch<'a> {
    users: &'a [UserRow],
    lists: Vec<Option<Vec<ScoredItem>>>,
}

impl Batch<'_> {
    /// Writes the lists; the number of users, and of those who have one that holds something.
    fn write(
        self,
        recommender: &AlsRecommender,
        writer: &mut RecommendationsWriter,
    ) -> Result<(u64, u64), PipelineError> {
        let ids = recommender.loaded.model.users();
        let lists: Vec<(i64, &[ScoredItem])> = self
            .users
            .iter()
            .zip(&self.lists)
            .filter_map(|(&user, list)| Some((ids.id(user) as i64, list.as_deref()?)))
            .filter(|(_, list)| !list.is_empty())
            .collect();
        writer.append(&lists)?;
        Ok((self.users.len() as u64, lists.len() as u64))
    }
}
