use std::{
    io::{Cursor, Write},
    path::PathBuf,
};

use marquee_als::{AlsError, Factors, ModelFileFault, read_npz, write_npz};
use marquee_dataset::NpzFault;
use tempfile::TempDir;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::matrix;

fn factors() -> Factors {
    Factors {
        users: matrix(3, 2, vec![0.5, -1.25, 3.0, f32::MIN_POSITIVE, -0.0, 7.0]),
        items: matrix(2, 2, vec![1.0, 2.0, 3.0, 4.0]),
    }
}

fn written(factors: &Factors) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    write_npz(factors, &mut bytes).expect("memory takes it");
    bytes.into_inner()
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A file in a folder that lives as long as the first part of the answer.
fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("als_model.npz");
    fs_err::write(&path, bytes).expect("the file");
    (folder, path)
}

fn read(bytes: &[u8]) -> Result<Factors, AlsError> {
    let (_folder, path) = file(bytes);
    read_npz(&path)
}

/// A member as NumPy writes it.
fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header =
        format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

type Members<'a> = Vec<(&'a str, Vec<u8>)>;

fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(*name, options).expect("a new name");
        archive.write_all(bytes).expect("memory takes it");
    }
    archive.finish().expect("memory takes it").into_inner()
}

#[test]
fn a_round_trip_keeps_every_bit() {
    let read = read(&written(&factors())).expect("a good file");
    assert_eq!(crate::bits(&read.users), crate::bits(&factors().users));
    assert_eq!(read, factors());
}

#[test]
fn a_large_round_trip_keeps_every_bit() {
    let values: Vec<f32> = (0..600_001).map(|i| (i as f32).sin()).collect();
    let large = Factors { users: matrix(600_001, 1, values), items: matrix(0, 1, Vec::new()) };
    assert_eq!(read(&written(&large)).expect("a good file"), large);
}

#[test]
fn the_same_factors_are_the_same_bytes_as_ever() {
    assert_eq!(written(&factors()), fs_err::read(fixture("als_model.npz")).expect("the fixture"));
}

#[test]
fn what_numpy_saves_is_read() {
    assert_eq!(read_npz(&fixture("numpy_savez.npz")).expect("a good file"), factors());
}

/// Models that implicit 0.7.2 saved, of four users and three items; their values were rounded to
/// three decimals before.
#[test]
fn what_implicit_saves_is_read() {
    let single = read_npz(&fixture("implicit_float32.npz")).expect("a good file");
    let expected = Factors {
        users: matrix(4, 2, vec![0.312, 1.696, 0.231, 1.363, 3.319, -0.032, 0.0, 0.0]),
        items: matrix(3, 2, vec![0.006, 0.698, 0.004, 0.357, 0.301, -0.054]),
    };
    assert_eq!(single, expected);
    // Of a model made with dtype=float64 the nearest single-precision values are taken.
    let double = read_npz(&fixture("implicit_float64.npz")).expect("a good file");
    let expected = Factors {
        users: matrix(4, 2, vec![3.713, 2.098, 3.216, 1.786, 0.36, 1.373, 0.0, 0.0]),
        items: matrix(3, 2, vec![0.354, -0.094, 0.173, -0.035, -0.477, 0.852]),
    };
    assert_eq!(double, expected);
    for name in ["implicit_float32.npz", "implicit_float64.npz"] {
        let whole = fs_err::read(fixture(name)).expect("the fixture");
        for length in (0..whole.len()).step_by(97) {
            let error = read(&whole[..length]).unwrap_err();
            assert!(matches!(error, AlsError::Open { .. }), "{name}, {length} bytes: {error}");
        }
    }
}

#[test]
fn an_archive_of_something_else_is_refused() {
    let array = npy("<f4", false, "(1, 2)", &[0; 8]);
    let error = read(&archive(&[("embeddings.npy", array.clone()), ("bias.npy", array)]));
    let error = error.unwrap_err();
    assert!(
        matches!(
            error,
            AlsError::ModelFile {
                array: "user_factors",
                source: ModelFileFault::Array(NpzFault::Missing),
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn double_precision_beyond_single_is_refused_by_row() {
    let doubles = |values: &[f64]| -> Vec<u8> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let shape = format!("({}, 2)", values.len() / 2);
        archive(&[
            ("user_factors.npy", npy("<f8", false, &shape, &bytes)),
            ("item_factors.npy", npy("<f4", false, "(1, 2)", &[0; 8])),
        ])
    };
    let error = read(&doubles(&[1.0, 2.0, 3.0, -1e300])).unwrap_err();
    let AlsError::ModelFile { array: "user_factors", source, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(source.to_string(), "row 1 holds -1e300, which does not fit single precision");
    // Too small is rounded to zero, as any other value is rounded.
    let small = read(&doubles(&[1e-300, 0.1])).expect("a good file");
    assert_eq!(small.users, matrix(1, 2, vec![0.0, 0.1]));
}

#[test]
fn what_numpy_compresses_is_refused() {
    let error = read_npz(&fixture("numpy_savez_compressed.npz")).unwrap_err();
    assert!(
        matches!(
            error,
            AlsError::ModelFile {
                array: "user_factors",
                source: ModelFileFault::Array(NpzFault::NotStored),
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn every_fault_names_its_array() {
    let good = || ("user_factors.npy", npy("<f4", false, "(1, 2)", &[0; 8]));
    let items = |bytes| vec![good(), ("item_factors.npy", bytes)];
    let cases: Vec<(Members<'_>, &str, &str)> = vec![
        (vec![good()], "item_factors", "no member of that name"),
        (vec![("item_factors.npy", good().1)], "user_factors", "no member of that name"),
        (items(npy("<i8", false, "(1, 2)", &[0; 16])), "item_factors", "are '<i8', not <f4"),
        (items(npy(">f8", false, "(1, 2)", &[0; 16])), "item_factors", "are '>f8', not <f4"),
        (
            items(npy("<f8", false, "(1, 2)", &[0; 8])),
            "item_factors",
            "holds 8 bytes where its shape asks for 16",
        ),
        (items(npy("<f8", false, "(2,)", &[0; 16])), "item_factors", "shape is [2]"),
        (items(npy(">f4", false, "(1, 2)", &[0; 8])), "item_factors", "are '>f4', not <f4"),
        (items(npy("<f4", true, "(1, 2)", &[0; 8])), "item_factors", "Fortran order"),
        (items(npy("<f4", false, "(2,)", &[0; 8])), "item_factors", "shape is [2]"),
        (items(npy("<f4", false, "(1, 2, 1)", &[0; 8])), "item_factors", "shape is [1, 2, 1]"),
        (
            items(npy("<f4", false, "(2, 1)", &[0; 8])),
            "item_factors",
            "1 factors, user_factors has 2",
        ),
        (
            items(npy("<f4", false, "(2, 2)", &[0; 8])),
            "item_factors",
            "holds 8 bytes where its shape asks for 16",
        ),
        (
            items(npy("<f4", false, "(1, 2)", &[0; 12])),
            "item_factors",
            "holds 12 bytes where its shape asks for 8",
        ),
        (
            items(npy("<f4", false, "(1152921504606846976, 4)", &[0; 8])),
            "item_factors",
            "holds 8 bytes where",
        ),
        (items(b"no array at all".to_vec()), "item_factors", "does not start as an npy file"),
    ];
    for (members, named, said) in cases {
        let error = read(&archive(&members)).unwrap_err();
        let AlsError::ModelFile { path, array, source } = &error else {
            panic!("{said}: {error:?}")
        };
        assert_eq!(*array, named, "{said}");
        assert!(source.to_string().contains(said), "{source} does not say {said}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = written(&factors());
    for length in 0..whole.len() {
        let error = read(&whole[..length]).unwrap_err();
        assert!(error.to_string().contains("als_model.npz"), "{length} bytes: {error}");
    }
}

#[test]
fn a_changed_value_does_not_pass_the_checksum() {
    let mut bytes = written(&factors());
    let place = bytes.windows(4).position(|four| four == 7.0_f32.to_le_bytes()).expect("the value");
    bytes[place] ^= 1;
    let error = read(&bytes).unwrap_err();
    assert!(
        matches!(
            error,
            AlsError::ModelFile {
                array: "user_factors",
                source: ModelFileFault::Array(NpzFault::Damaged(_)),
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read_npz(&fixture("absent.npz")).unwrap_err();
    assert!(
        matches!(&error, AlsError::Open { path, .. } if path.ends_with("absent.npz")),
        "{error}"
    );
}

#[test]
fn sides_that_do_not_belong_together_are_not_written() {
    let uneven = Factors { items: matrix(1, 3, vec![0.0; 3]), ..factors() };
    let error = write_npz(&uneven, Cursor::new(Vec::new())).unwrap_err();
    assert_eq!(error.to_string(), "user_factors has 2 columns but item_factors has 3");
}
