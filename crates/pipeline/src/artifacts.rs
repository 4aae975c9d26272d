use std::path::{Path, PathBuf};

/// The files of an artifact folder, by the names every program uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtifactName {
    /// `als_model.npz`: user and item factors.
    AlsModel,
    /// `als_checkpoint.npz`: an ALS training after some of its iterations.
    AlsCheckpoint,
    /// `user_map.json`: user ids to rows of the ALS model.
    UserMap,
    /// `movie_map.json`: movie ids to rows of the ALS model.
    MovieMap,
    /// `seen.npz`: what each user has seen, in rows of the ALS model.
    Seen,
    /// `popgen_popularity.parquet`: films by popularity.
    PopGenPopularity,
    /// `popgen_user_genre_prefs.parquet`: each user's favourite genres.
    PopGenPreferences,
    /// `popgen_seen.npz`: what each user has seen, in rows of the popularity file.
    PopGenSeen,
    /// `popgen_genres.json`: the genres the preferences were made with, in the catalog's form.
    PopGenGenres,
    /// `movie_catalog.json`: titles and genres.
    Catalog,
    /// `model_manifest.json`: the manifest of the ALS model.
    AlsManifest,
    /// `popgen_manifest.json`: the manifest of the popularity and genre model.
    PopGenManifest,
    /// `eval_results.json`: held-out metrics.
    EvalResults,
}

impl ArtifactName {
    /// The file name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlsModel => "als_model.npz",
            Self::AlsCheckpoint => "als_checkpoint.npz",
            Self::UserMap => "user_map.json",
            Self::MovieMap => "movie_map.json",
            Self::Seen => "seen.npz",
            Self::PopGenPopularity => "popgen_popularity.parquet",
            Self::PopGenPreferences => "popgen_user_genre_prefs.parquet",
            Self::PopGenSeen => "popgen_seen.npz",
            Self::PopGenGenres => "popgen_genres.json",
            Self::Catalog => "movie_catalog.json",
            Self::AlsManifest => "model_manifest.json",
            Self::PopGenManifest => "popgen_manifest.json",
            Self::EvalResults => "eval_results.json",
        }
    }

    /// The file in a folder.
    #[must_use]
    pub fn within(self, folder: &Path) -> PathBuf {
        folder.join(self.as_str())
    }
}
