use std::{env, path::Path};

use git2::{Repository, StatusOptions};
use serde::{Deserialize, Serialize};

/// The state of the code a model was trained with; null where nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineCode {
    /// Branch checked out.
    pub git_branch: Option<String>,
    /// Commit checked out, 40 hexadecimal digits.
    pub git_commit: Option<String>,
    /// Whether files differed from that commit or were not in it, ignored ones apart.
    pub git_dirty: Option<bool>,
}

impl PipelineCode {
    /// The code of the git checkout that holds `folder`, each field overridden by the environment:
    /// `PIPELINE_GIT_COMMIT`, `PIPELINE_GIT_BRANCH`, `PIPELINE_GIT_DIRTY` (`true`, `1`, `yes` or
    /// anything else for false). Empty variables count as unset.
    #[must_use]
    pub fn discover(folder: &Path) -> Self {
        let found = Self::of_checkout(folder).unwrap_or_default();
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            git_commit: variable("PIPELINE_GIT_COMMIT").or(found.git_commit),
            git_branch: variable("PIPELINE_GIT_BRANCH").or(found.git_branch),
            git_dirty: variable("PIPELINE_GIT_DIRTY")
                .map(|value| ["true", "1", "yes"].contains(&value.to_ascii_lowercase().as_str()))
                .or(found.git_dirty),
        }
    }

    /// `None` outside a checkout, or where git refuses to read it.
    fn of_checkout(folder: &Path) -> Option<Self> {
        let repository = Repository::discover(folder).ok()?;
        let head = repository.head().ok();
        let commit = head.as_ref().and_then(|head| head.peel_to_commit().ok());
        let branch = head
            .as_ref()
            .filter(|head| head.is_branch())
            .and_then(|head| head.shorthand().ok().map(str::to_owned));
        let mut options = StatusOptions::new();
        options.include_untracked(true).include_ignored(false);
        let changed = repository.statuses(Some(&mut options)).ok();
        Some(Self {
            git_branch: branch,
            git_commit: commit.map(|commit| commit.id().to_string()),
            git_dirty: changed.map(|changed| !changed.is_empty()),
        })
    }
}
