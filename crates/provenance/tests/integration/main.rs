//! Manifests as files, versions and the state of code.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{collections::BTreeMap, path::Path, process::Command};

use marquee_dataset::FileDigest;
use marquee_provenance::{
    ArtifactDigest, DataDescription, Manifest, ModelVersion, PipelineCode, ProvenanceError,
    TrainingMetadata,
};

fn manifest(folder: &Path) -> Manifest {
    let path = folder.join("model.bin");
    fs_err::write(&path, "factors").unwrap();
    let FileDigest { sha256, size_bytes } = FileDigest::of(&path).unwrap();
    let path = path.display().to_string();
    Manifest {
        artifacts: BTreeMap::from([(
            "model.bin".into(),
            ArtifactDigest { path, sha256, size_bytes },
        )]),
        data: DataDescription {
            dataset_path: "data.csv".into(),
            dataset_sha256: "d".repeat(64),
            dataset_size_bytes: 10,
            dataset_version: "v".into(),
            row_count: 3,
            unique_movies: 2,
            unique_users: 1,
        },
        deployed_at: None,
        hyperparameters: BTreeMap::from([("alpha".into(), 0.1.into())]),
        manifest_sha256: String::new(),
        metadata: TrainingMetadata {
            loss: vec![45.944_148_872_955_2, 1e-7],
            ..TrainingMetadata::of_this_machine(2)
        },
        model_family: "als".into(),
        model_version: "v1".into(),
        pipeline: PipelineCode {
            git_branch: Some("é\"".into()),
            git_commit: None,
            git_dirty: Some(true),
        },
        trained_at: "2026-11-23T08:00:00Z".into(),
    }
}

fn written(folder: &Path) -> (Manifest, std::path::PathBuf) {
    let (sealed, text) = manifest(folder).sealed().unwrap();
    let path = folder.join("model_manifest.json");
    Manifest::stage(&text, &path).unwrap().commit().unwrap();
    (sealed, path)
}

#[test]
fn a_manifest_survives_and_its_digest_is_what_grep_and_sha256sum_print() {
    let folder = tempfile::tempdir().unwrap();
    let (sealed, path) = written(folder.path());
    assert_eq!(Manifest::read(&path).unwrap(), sealed);
    let command = format!("grep -v '\"manifest_sha256\":' {} | sha256sum", path.display());
    let printed = Command::new("sh").args(["-c", &command]).output().unwrap().stdout;
    assert_eq!(
        String::from_utf8(printed).unwrap().split(' ').next().unwrap(),
        sealed.manifest_sha256
    );
    let text = fs_err::read_to_string(&path).unwrap();
    let keys: Vec<&str> = text.lines().filter(|line| line.starts_with("  \"")).collect();
    assert!(keys.is_sorted() && keys.len() == 10, "{keys:?}");
}

#[test]
fn a_change_of_manifest_or_artifact_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (sealed, path) = written(folder.path());
    sealed.verify_artifacts(folder.path(), &path).unwrap();
    fs_err::write(folder.path().join("model.bin"), "other").unwrap();
    let error = sealed.verify_artifacts(folder.path(), &path).unwrap_err();
    assert!(matches!(error, ProvenanceError::ArtifactChanged { .. }), "{error:?}");
    let text = fs_err::read_to_string(&path).unwrap();
    fs_err::write(&path, text.replace("\"v1\"", "\"v2\"")).unwrap();
    let error = Manifest::read(&path).unwrap_err();
    assert!(matches!(error, ProvenanceError::ManifestChanged { .. }), "{error:?}");
    fs_err::write(&path, "{}").unwrap();
    let error = Manifest::read(&path).unwrap_err();
    assert!(matches!(error, ProvenanceError::Format { .. }), "{error:?}");
}

#[test]
fn unknown_keys_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = written(folder.path());
    let text = fs_err::read_to_string(&path).unwrap();
    let text = text.replace("  \"model_family\"", "  \"model_colour\": 1,\n  \"model_family\"");
    assert!(serde_json::from_str::<Manifest>(&text).is_err());
}

#[test]
fn versions_are_file_names() {
    for good in ["als-20261123080000", "v1.2_rc", "A"] {
        assert_eq!(good.parse::<ModelVersion>().unwrap().to_string(), good);
    }
    for bad in ["", ".hidden", "../v", "a/b", "a b", "é", &"x".repeat(101)] {
        assert!(bad.parse::<ModelVersion>().is_err(), "{bad}");
    }
    let time = "2026-11-23T08:09:10Z".parse().unwrap();
    assert_eq!(ModelVersion::at("als", time).as_str(), "als-20261123080910");
    assert_eq!(Manifest::timestamp(time), "2026-11-23T08:09:10Z");
}

#[test]
fn the_code_is_that_of_the_checkout_and_unknown_outside_of_one() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(PipelineCode::discover(folder.path()), PipelineCode::default());
    let repository = git2::Repository::init(folder.path()).unwrap();
    let signature = git2::Signature::now("A", "a@example.org").unwrap();
    let tree = repository.find_tree(repository.index().unwrap().write_tree().unwrap()).unwrap();
    let commit = repository.commit(Some("HEAD"), &signature, &signature, "m", &tree, &[]).unwrap();
    let clean = PipelineCode::discover(folder.path());
    assert_eq!(clean.git_commit, Some(commit.to_string()));
    assert_eq!(clean.git_dirty, Some(false));
    assert!(clean.git_branch.is_some());
    fs_err::write(folder.path().join("new.rs"), "").unwrap();
    assert_eq!(PipelineCode::discover(folder.path()).git_dirty, Some(true));
}
