use std::{fmt::Debug, io::Cursor, path::Path};

use marquee_dataset::{Element, NpzFault, NpzReader, NpzWriter};

fn archive<T: Element>(shape: &[u64], values: &[T]) -> Vec<u8> {
    let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    npz.array("values", shape, values).unwrap();
    npz.finish().unwrap().into_inner()
}

fn read<T: Element>(bytes: &[u8], folder: &Path) -> Result<(Vec<u64>, Vec<T>), NpzFault> {
    let path = folder.join("values.npz");
    fs_err::write(&path, bytes).unwrap();
    NpzReader::open(&path).unwrap().try_array("values")
}

fn find(bytes: &[u8], text: &[u8]) -> usize {
    bytes.windows(text.len()).position(|window| window == text).unwrap()
}

fn survives<T: Element + PartialEq + Debug>(values: &[T], name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(&[values.len() as u64], values);
    let (shape, read) = read::<T>(&bytes, folder.path()).unwrap();
    assert_eq!((shape, &*read), (vec![values.len() as u64], values));
    find(&bytes, format!("'{name}'").as_bytes());
}

#[test]
fn every_type_survives_under_numpys_name_for_it() {
    survives(&[0_u8, 1, u8::MAX], "|u1");
    survives(&[0_u16, 258, u16::MAX], "<u2");
    survives(&[0_u32, 1 << 30, u32::MAX], "<u4");
    survives(&[0_u64, 1 << 60, u64::MAX], "<u8");
    survives(&[i32::MIN, -1, 0, i32::MAX], "<i4");
    survives(&[i64::MIN, -1, 0, i64::MAX], "<i8");
    survives(&[f32::MIN, -0.5, 0.0], "<f4");
    survives(&[f64::MIN, -0.5, 0.0], "<f8");
    survives::<u8>(&[], "|u1");
    // More than are converted at a time.
    survives(&(0..3_000_000_u32).map(|n| n as u8).collect::<Vec<_>>(), "|u1");
}

#[test]
fn a_single_number_has_no_dimensions() {
    let folder = tempfile::tempdir().unwrap();
    let (shape, values) = read::<u32>(&archive(&[], &[7_u32]), folder.path()).unwrap();
    assert_eq!((shape, values), (vec![], vec![7]));
}
