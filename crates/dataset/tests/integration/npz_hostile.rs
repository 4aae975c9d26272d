use std::io::{Cursor, Write};

use marquee_dataset::{DatasetError, NpzFault, NpzReader};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const PLAIN: &str = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";

/// A file of one member.
fn archive(member: &[u8]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    archive.start_file("a.npy", options).unwrap();
    archive.write_all(member).unwrap();
    archive.finish().unwrap().into_inner()
}

/// An array with this text as its header, of format version 1 where that can hold it, else 2.
fn npy(header: &str, values: &[f32]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    match u16::try_from(header.len()) {
        Ok(length) => {
            bytes.extend([1, 0]);
            bytes.extend(length.to_le_bytes());
        }
        Err(_) => {
            bytes.extend([2, 0]);
            bytes.extend((header.len() as u32).to_le_bytes());
        }
    }
    bytes.extend(header.as_bytes());
    values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes
}

fn read(file: &[u8]) -> Result<(Vec<u64>, Vec<f32>), NpzFault> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    fs_err::write(&path, file).unwrap();
    NpzReader::open(&path).unwrap().try_array("a")
}

fn refusal(header: &str) -> String {
    let fault = read(&archive(&npy(header, &[1.0, 2.0]))).unwrap_err();
    assert!(matches!(fault, NpzFault::Header { .. }), "{header:.60}: {fault:?}");
    fault.to_string()
}

#[test]
fn headers_of_plain_arrays_are_read_however_they_are_set() {
    for header in [
        PLAIN,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        "{ \"shape\" : ( 2 , ) , \"fortran_order\":True,\"descr\":\"<f4\"}   \n",
    ] {
        let (shape, values) = read(&archive(&npy(header, &[1.0, 2.0]))).unwrap();
        assert_eq!((shape, values), (vec![2], vec![1.0, 2.0]), "{header}");
    }
    let padded = PLAIN.replace('\n', &(" ".repeat((1 << 16) - PLAIN.len()) + "\n"));
    assert_eq!(padded.len(), 1 << 16);
    assert_eq!(read(&archive(&npy(&padded, &[1.0, 2.0]))).unwrap().1, [1.0, 2.0]);
    let flat = PLAIN.replace("(2,)", "()");
    assert_eq!(read(&archive(&npy(&flat, &[3.0]))).unwrap(), (vec![], vec![3.0]));
}

#[test]
fn headers_of_brackets_are_refused_before_they_are_parsed() {
    // The parser of literals takes seconds for twenty brackets, and overflows its stack at depth.
    for depth in [20, 5000, 30_000] {
        for (open, close) in [("[", "]"), ("(", ",)"), ("{", "}"), ("{1:", "}")] {
            let nested = open.repeat(depth) + "1" + &close.repeat(depth);
            let unclosed = open.repeat(depth);
            for value in [&nested, &unclosed] {
                refusal(value);
                refusal(&PLAIN.replace("'<f4'", value));
                refusal(&PLAIN.replace("False", value));
                refusal(&PLAIN.replace("(2,)", value));
                refusal(&PLAIN.replace("(2,)", &format!("(2, {value})")));
                refusal(&PLAIN.replace("}\n", &format!("'x': {value}}}")));
                refusal(&PLAIN.replace("\n", value));
            }
        }
    }
}

#[test]
fn headers_that_are_none_of_a_plain_array_say_why() {
    let cases = [
        ("", "no dictionary"),
        ("['<f4', False, (2,)]", "no dictionary"),
        ("{}", "lacks descr, fortran_order or shape"),
        ("{'descr': '<f4', 'shape': (2,)}", "lacks descr, fortran_order or shape"),
        ("{'descr': '<f4' 'shape': (2,)}", "separated by commas"),
        ("{'descr', '<f4'}", "a key has no value"),
        ("{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}", "a key twice"),
        ("{'descr': '<f4', 'extra': 1, 'shape': (2,)}", "a key that arrays do not have"),
        ("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,)}", "records"),
        ("{'descr': '<\\x664', 'fortran_order': False, 'shape': (2,)}", "no plain string"),
        ("{'descr': '<f4, 'fortran_order': False, 'shape': (2,)}", "separated by commas"),
        ("{'descr': '<f4", "no plain string"),
        ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "neither True nor False"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': 2}", "no tuple of sizes"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "no tuple of sizes"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2 2)}", "no tuple of sizes"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1e9,)}", "no tuple of sizes"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} + 1", "follows its dictionary"),
    ];
    for (header, said) in cases {
        let message = refusal(header);
        assert!(message.contains(said), "{header}: {message}");
    }
    let many_digits = PLAIN.replace("(2,)", &format!("({},)", "9".repeat(60_000)));
    assert!(refusal(&many_digits).contains("more elements than any file"));
    let fault = read(&archive(b"PK, but no array")).unwrap_err();
    assert!(fault.to_string().contains("does not start as an npy file"), "{fault}");
}

#[test]
fn headers_longer_than_any_of_an_array_are_refused() {
    let padded = PLAIN.to_owned() + &" ".repeat((1 << 16) + 1 - PLAIN.len());
    assert!(refusal(&padded).contains("64 KiB"));
    // What the header says of its length, with nothing behind it.
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend(u32::MAX.to_le_bytes());
    let fault = read(&archive(&bytes)).unwrap_err();
    assert!(matches!(fault, NpzFault::Header { .. }), "{fault:?}");
}

#[test]
fn headers_cut_short_are_refused() {
    let whole = npy(PLAIN, &[]);
    for length in 0..whole.len() {
        let fault = read(&archive(&whole[..length])).unwrap_err();
        assert!(matches!(fault, NpzFault::Damaged(_)), "{length} bytes: {fault:?}");
    }
}

/// A stored member in the 64-bit form of zip that says it has so many bytes.
fn claiming(claim: u64, member: &[u8]) -> Vec<u8> {
    let name = b"a.npy";
    let mut extra = vec![1, 0, 16, 0];
    extra.extend(claim.to_le_bytes());
    extra.extend(claim.to_le_bytes());
    // Version 4.5, no flags, stored, no time, no checksum, sizes that stand in the extra field.
    let mut shared = vec![45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    shared.extend([0xFF; 8]);
    shared.extend((name.len() as u16).to_le_bytes());
    shared.extend((extra.len() as u16).to_le_bytes());
    let mut file = b"PK\x03\x04".to_vec();
    file.extend(&shared);
    file.extend(name);
    file.extend(&extra);
    file.extend(member);
    let start = file.len() as u32;
    file.extend(b"PK\x01\x02\x2d\x00");
    file.extend(&shared);
    // No comment, first disk, no attributes, the member at the start of the file.
    file.extend([0; 14]);
    file.extend(name);
    file.extend(&extra);
    let size = file.len() as u32 - start;
    file.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    file.extend(size.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

#[test]
fn a_small_file_that_claims_to_be_large_is_refused() {
    let header = PLAIN.replace("(2,)", "(274877906912,)");
    let member = npy(&header, &[]);
    // As many bytes as the shape asks for, beside the header.
    let claim = (1 << 40) - 128 + member.len() as u64;
    let file = claiming(claim, &member);
    assert!(file.len() < 400);
    let fault = read(&file).unwrap_err();
    let NpzFault::Claim { claimed, file: length } = fault else { panic!("{fault:?}") };
    assert_eq!((claimed, length), (claim, file.len() as u64));
    assert!(fault.to_string().contains(&claim.to_string()), "{fault}");
    // The file is one that would be read, were its claim true.
    let member = npy(PLAIN, &[1.0, 2.0]);
    let fault = read(&claiming(member.len() as u64, &member)).unwrap_err();
    assert!(matches!(&fault, NpzFault::Damaged(source) if source.to_string().contains("hecksum")));
}

#[test]
fn a_shape_beyond_the_file_is_refused() {
    for (shape, said) in [
        ("(3,)", "holds 8 bytes where its shape asks for 12"),
        ("(1152921504606846976, 4)", "holds 8 bytes where"),
        ("(99999999999999999999,)", "more elements than any file"),
        ("(4294967296, 4294967296)", "more elements than any file"),
        ("(4294967296, 4294967296, 0)", "more elements than any file"),
        ("(18446744073709551615,)", "holds 8 bytes where"),
        (&format!("({})", "7,".repeat(30_000)), "more elements than any file"),
        (&format!("({})", "1,".repeat(30_000)), "holds 8 bytes where"),
        (&format!("(3{},)", " ".repeat(60_000)), "holds 8 bytes where"),
    ] {
        let fault = read(&archive(&npy(&PLAIN.replace("(2,)", shape), &[1.0, 2.0]))).unwrap_err();
        assert!(fault.to_string().contains(said), "{shape}: {fault}");
    }
}

#[test]
fn what_is_no_archive_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    fs_err::write(&path, b"no archive").unwrap();
    let error = NpzReader::open(&path).unwrap_err();
    assert!(matches!(&error, DatasetError::NotNpz { path, .. } if path.ends_with("a.npz")));
}
