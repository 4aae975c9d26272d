use std::io::{Read, Write};

use marquee_dataset::{NpzReader, NpzWriter, StagedFile, read_seen, write_seen};
use marquee_recommender::SeenItems;

#[test]
fn a_seen_file_survives_and_is_checked_against_the_maps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.npz");
    let seen = SeenItems::new(vec![0, 2, 2, 3], vec![0, 4, 1], 5).unwrap();
    let mut file = StagedFile::create(&path).unwrap();
    write_seen(&seen, None, &mut file).unwrap();
    file.commit().unwrap();
    assert_eq!(read_seen(&path, 3, 5).unwrap(), (seen, None));
    let error = read_seen(&path, 4, 5).unwrap_err();
    assert!(error.to_string().contains("two trainings"), "{error}");
    let error = read_seen(&path, 3, 4).unwrap_err();
    assert!(error.to_string().contains("user row 0"), "{error}");
    let mut npz = NpzReader::open(&path).unwrap();
    assert!(npz.array::<u32>("nothing").unwrap_err().to_string().contains("nothing"));
    let fault = npz.try_array::<f32>("indices").unwrap_err();
    assert_eq!(fault.to_string(), "its elements are '<u4', not <f4");
}

#[test]
fn ratings_stand_beside_what_was_seen_and_change_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let seen = SeenItems::new(vec![0, 2, 2, 3], vec![0, 4, 1], 5).unwrap();
    let ratings = [1.0, 0.0, 4.5];
    let (plain, rated) = (folder.path().join("plain.npz"), folder.path().join("seen.npz"));
    for (path, ratings) in [(&plain, None), (&rated, Some(&ratings[..]))] {
        let mut file = StagedFile::create(path).unwrap();
        write_seen(&seen, ratings, &mut file).unwrap();
        file.commit().unwrap();
    }
    assert_eq!(read_seen(&rated, 3, 5).unwrap(), (seen, Some(ratings.to_vec())));
    for array in ["indptr", "indices"] {
        let bytes = |path| {
            let mut archive = zip::ZipArchive::new(fs_err::File::open(path).unwrap()).unwrap();
            let mut bytes = Vec::new();
            archive.by_name(&format!("{array}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(bytes(&plain), bytes(&rated), "{array}");
    }
}

#[test]
fn ratings_that_are_none_are_named_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.npz");
    let seen = SeenItems::new(vec![0, 0, 2, 3], vec![1, 4, 2], 5).unwrap();
    for (ratings, message) in [
        (vec![1.0, f32::NAN, 2.0], "rating NaN of user row 1, item row 4 is not a finite number"),
        (vec![1.0, 1.0, f32::NEG_INFINITY], "rating -inf of user row 2, item row 2"),
        (vec![f32::INFINITY, 1.0, 1.0], "rating inf of user row 1, item row 1"),
        (vec![1.0, 1.0], "holds 2 ratings for 3 pairs"),
    ] {
        let mut npz = NpzWriter::new(std::io::Cursor::new(Vec::new()));
        npz.array("indptr", &[4], seen.as_parts().0).unwrap();
        npz.array("indices", &[3], seen.as_parts().1).unwrap();
        npz.array("ratings", &[ratings.len() as u64], &ratings).unwrap();
        fs_err::write(&path, npz.finish().unwrap().into_inner()).unwrap();
        let error = read_seen(&path, 3, 5).unwrap_err().to_string();
        assert!(error.contains("seen.npz") && error.contains(message), "{error}");
        let mut file = StagedFile::create(&folder.path().join("again.npz")).unwrap();
        let error = write_seen(&seen, Some(&ratings), &mut file).unwrap_err().to_string();
        assert!(error.contains("again.npz") && error.contains(message), "{error}");
    }
    let mut npz = NpzWriter::new(std::io::Cursor::new(Vec::new()));
    npz.array("indptr", &[2], &[0_u64, 1]).unwrap();
    npz.array("indices", &[1], &[0_u32]).unwrap();
    npz.array("ratings", &[1], &[1.0_f64]).unwrap();
    fs_err::write(&path, npz.finish().unwrap().into_inner()).unwrap();
    let error = read_seen(&path, 1, 5).unwrap_err().to_string();
    assert!(error.contains("cannot use its array ratings"), "{error}");
}

#[test]
fn a_file_cut_short_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.npz");
    let mut npz = NpzWriter::new(std::io::Cursor::new(Vec::new()));
    npz.array("indptr", &[3], &[0_u64, 1, 2]).unwrap();
    assert!(npz.array("indices", &[3], &[1_u32]).is_err(), "a short array is written");
    let mut npz = NpzWriter::new(std::io::Cursor::new(Vec::new()));
    npz.array("indptr", &[3], &[0_u64, 1, 2]).unwrap();
    npz.array("indices", &[2], &[1_u32, 1]).unwrap();
    let bytes = npz.finish().unwrap().into_inner();
    for length in [0, 10, bytes.len() / 2, bytes.len() - 1] {
        let mut file = fs_err::File::create(&path).unwrap();
        file.write_all(&bytes[..length]).unwrap();
        let error = read_seen(&path, 2, 5).unwrap_err();
        assert!(error.to_string().contains("seen.npz"), "{length}: {error}");
    }
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_memory_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.npz");
    let mut npz = NpzWriter::new(std::io::Cursor::new(Vec::new()));
    npz.array("indptr", &[30], &[0_u64; 30]).unwrap();
    let bytes = npz.finish().unwrap().into_inner();
    for size in ["10", "99999999999999", "18446744073709551615"] {
        // The header is filled up with spaces, so a longer size has room.
        let at = 3 + bytes.windows(4).position(|window| window == b": (3").unwrap();
        let end = at + bytes[at..].iter().position(|&byte| byte == b'\n').unwrap();
        let rest = &bytes[at + 2..end - (size.len() - 2)];
        let mut forged = bytes[..at].to_vec();
        forged.extend_from_slice(size.as_bytes());
        forged.extend_from_slice(rest);
        forged.extend_from_slice(&bytes[end..]);
        assert_eq!(forged.len(), bytes.len());
        fs_err::write(&path, &forged).unwrap();
        let fault = NpzReader::open(&path).unwrap().try_array::<u64>("indptr").unwrap_err();
        assert!(fault.to_string().contains("240 bytes"), "{size}: {fault}");
    }
}
