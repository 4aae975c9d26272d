use std::io::Write;

use marquee_dataset::{NpzReader, NpzWriter, StagedFile, read_seen, write_seen};
use marquee_recommender::SeenItems;

#[test]
fn a_seen_file_survives_and_is_checked_against_the_maps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seen.npz");
    let seen = SeenItems::new(vec![0, 2, 2, 3], vec![0, 4, 1], 5).unwrap();
    let mut file = StagedFile::create(&path).unwrap();
    write_seen(&seen, &mut file).unwrap();
    file.commit().unwrap();
    assert_eq!(read_seen(&path, 3, 5).unwrap(), seen);
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
