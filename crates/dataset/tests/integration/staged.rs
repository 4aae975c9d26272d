use std::path::Path;

use marquee_dataset::{FileDigest, StagedFile};

fn json(path: &Path, value: u32) -> Result<(), marquee_dataset::DatasetError> {
    let mut file = StagedFile::create(path)?;
    file.write_json(&value)?;
    let digest = file.digest()?;
    assert_eq!(
        fs_err::read_dir(path.parent().unwrap()).unwrap().count(),
        usize::from(path.exists())
    );
    file.commit()?;
    assert_eq!(FileDigest::of(path).unwrap(), digest);
    Ok(())
}

#[test]
fn a_file_replaces_the_old_one_or_leaves_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/on/the/way/report.json");
    json(&path, 1).unwrap();
    json(&path, 2).unwrap();
    assert_eq!(fs_err::read_to_string(&path).unwrap(), "2\n");
    drop(StagedFile::create(&path).unwrap());
    assert_eq!(fs_err::read_to_string(&path).unwrap(), "2\n");
    let error = StagedFile::create(&path.join("report.json")).unwrap_err();
    assert!(error.to_string().contains("report.json"), "{error}");
}

#[test]
fn a_link_keeps_leading_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("data.json"), folder.path().join("current.json"));
    fs_err::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let mut staged = StagedFile::create(&link).unwrap();
    staged.write_json(&3).unwrap();
    staged.commit().unwrap();
    assert_eq!(fs_err::read_to_string(&file).unwrap(), "3\n");
    assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn folders_and_devices_are_not_replaced() {
    for place in ["/", "/dev/null"] {
        let error = StagedFile::create(Path::new(place)).unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
    }
}
