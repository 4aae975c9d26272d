use std::io::Cursor;

use marquee_dataset::NpzWriter;
use proptest::prelude::*;

use crate::{apply_all, config, load, position, saved, store};

/// The arrays of a file, to be changed one at a time.
#[derive(Clone)]
struct Arrays {
    version: Vec<u32>,
    topic: Vec<u8>,
    partition: Vec<i32>,
    next_offset: Vec<i64>,
    movie_id_bytes: Vec<u8>,
    movie_id_indptr: Vec<u64>,
    user_id: Vec<u64>,
    indptr: Vec<u64>,
    movie: Vec<u32>,
    stars: Vec<u8>,
    minutes: Vec<u16>,
    last_seen: Vec<i64>,
}

impl Arrays {
    fn sound() -> Self {
        Self {
            version: vec![1],
            topic: b"movielog".to_vec(),
            partition: vec![0, 3],
            next_offset: vec![40, 7],
            movie_id_bytes: b"a+1b+2".to_vec(),
            movie_id_indptr: vec![0, 3, 6],
            user_id: vec![9, 4],
            indptr: vec![0, 1, 3],
            movie: vec![0, 1, 0],
            stars: vec![0, 5, 0],
            minutes: vec![1, 0, 2],
            last_seen: vec![10, 30, 20],
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
        let shape = |length: usize| [length as u64];
        npz.array("format_version", &shape(self.version.len()), &self.version).unwrap();
        npz.array("topic", &shape(self.topic.len()), &self.topic).unwrap();
        npz.array("partition", &shape(self.partition.len()), &self.partition).unwrap();
        npz.array("next_offset", &shape(self.next_offset.len()), &self.next_offset).unwrap();
        let bytes = &self.movie_id_bytes;
        npz.array("movie_id_bytes", &shape(bytes.len()), bytes).unwrap();
        let indptr = &self.movie_id_indptr;
        npz.array("movie_id_indptr", &shape(indptr.len()), indptr).unwrap();
        npz.array("user_id", &shape(self.user_id.len()), &self.user_id).unwrap();
        npz.array("indptr", &shape(self.indptr.len()), &self.indptr).unwrap();
        npz.array("movie", &shape(self.movie.len()), &self.movie).unwrap();
        npz.array("stars", &shape(self.stars.len()), &self.stars).unwrap();
        npz.array("minutes", &shape(self.minutes.len()), &self.minutes).unwrap();
        npz.array("last_seen", &shape(self.last_seen.len()), &self.last_seen).unwrap();
        npz.finish().unwrap().into_inner()
    }
}

/// A change, and what its error must say.
type Case = (fn(&mut Arrays), &'static str);

#[test]
fn a_sound_file_made_by_hand_is_read() {
    let (live, place) = load(&Arrays::sound().bytes(), config(4, 10, 10)).unwrap();
    assert_eq!(place.next, [(0, 40), (3, 7)].into());
    let films = [crate::film("a+1", None, 2, 20), crate::film("b+2", Some(5), 0, 30)];
    assert_eq!(crate::recent(&live, 4), films);
    assert_eq!(crate::recent(&live, 9), [crate::film("a+1", None, 1, 10)]);
}

#[test]
fn whatever_is_wrong_is_named() {
    let cases: &[Case] = &[
        (|a| a.version = vec![2], "format version 2"),
        (|a| a.version = vec![], "format_version is not a single number"),
        (|a| a.topic = vec![0xff], "topic is not UTF-8"),
        (|a| a.partition = vec![3, 0], "partition is not ascending"),
        (|a| a.partition = vec![3, 3], "partition is not ascending"),
        (|a| a.partition = vec![-1, 3], "partition -1"),
        (|a| a.next_offset[1] = -2, "next offset -2"),
        (|a| a.next_offset.clear(), "next_offset has 0"),
        (|a| a.movie_id_bytes[3] = 0xff, "movie id 1 is not UTF-8"),
        (|a| a.movie_id_bytes[4] = b'/', "movie id 1: a movie id"),
        (|a| a.movie_id_bytes = b"a+1a+1".to_vec(), "\"a+1\" stands twice"),
        (|a| a.movie_id_indptr = vec![0, 6, 6], "movie_id_indptr does not rise at 1"),
        (|a| a.movie_id_indptr = vec![0, 9, 6], "movie_id_indptr does not rise at 1"),
        (|a| a.movie_id_indptr = vec![0, u64::MAX, 6], "movie_id_indptr does not rise at 1"),
        (|a| a.movie_id_indptr = vec![], "movie_id_indptr does not go from 0 to 6"),
        (|a| a.movie_id_indptr = vec![1, 6], "movie_id_indptr does not go from 0 to 6"),
        (
            |a| {
                a.movie_id_bytes = vec![b'a'; 516];
                a.movie_id_indptr = vec![0, 3, 516];
            },
            "movie id 1 is longer than 512 bytes",
        ),
        (|a| a.user_id[1] = 1 << 63, "user 9223372036854775808"),
        (|a| a.user_id[1] = 9, "user 9 stands twice"),
        (|a| a.user_id.push(5), "user_id has length 3"),
        (|a| a.indptr = vec![0, 4, 3], "indptr does not rise at 1"),
        (|a| a.indptr = vec![0, 0, 3], "indptr does not rise at 0"),
        (|a| a.indptr = vec![0, 1, 4], "indptr does not go from 0 to 3"),
        (|a| a.movie[0] = 2, "film 0 has movie 2"),
        (|a| a.movie[2] = 1, "user 4 has movie 1 twice"),
        (|a| a.movie.truncate(2), "stars has length 3 where movie has 2"),
        (|a| a.stars[1] = 6, "film 1 has 6 stars"),
        (|a| a.stars[1] = 0, "film 1 was neither"),
        (|a| a.minutes.push(1), "minutes has length 4"),
        (|a| a.last_seen.push(1), "last_seen has length 4"),
        (|a| a.last_seen[2] = i64::MAX, "film 2 was last seen at"),
        (|a| a.last_seen[2] = i64::MIN, "film 2 was last seen at"),
    ];
    for (change, expected) in cases {
        let mut arrays = Arrays::sound();
        change(&mut arrays);
        let error = load(&arrays.bytes(), config(4, 10, 10)).map(drop).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn every_time_an_event_can_have_is_read_back() {
    for time in ["0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"] {
        let live = store(1, 1, 1);
        let line = format!("{time},1,GET /rate/a={}", 5);
        live.apply(&marquee_events::parse(line.as_bytes()).unwrap());
        let (loaded, _) = load(&saved(&live, &position(0)), *live.config()).unwrap();
        assert_eq!(crate::recent(&loaded, 1), crate::recent(&live, 1));
    }
}

#[test]
fn a_missing_array_and_a_foreign_file_are_named() {
    let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    npz.array("format_version", &[], &[1_u32]).unwrap();
    let bytes = npz.finish().unwrap().into_inner();
    let error = load(&bytes, config(4, 10, 10)).map(drop).unwrap_err();
    assert!(error.contains("array topic"), "{error}");
    load(b"user_id,movie_id,rating,timestamp\n", config(4, 10, 10)).map(drop).unwrap_err();
    load(b"", config(4, 10, 10)).map(drop).unwrap_err();
}

fn small_file() -> Vec<u8> {
    let live = store(3, 10, 10);
    apply_all(&live, &[(1, "a", 0, 1), (1, "b", 4, 2), (2, "c", 0, 3)]);
    saved(&live, &position(5))
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = small_file();
    for length in (0..bytes.len()).step_by(7).chain(bytes.len() - 30..bytes.len()) {
        assert!(load(&bytes[..length], config(3, 10, 10)).is_err(), "cut to {length} bytes");
    }
}

proptest! {
    /// It is loaded or refused; what is loaded is within its bounds and can be saved.
    #[test]
    fn a_changed_file_is_no_way_to_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = small_file();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok((live, place)) = load(&bytes, config(3, 10, 10)) {
            prop_assert!(live.films() <= 10);
            saved(&live, &place);
        }
    }

    /// Sound archives of any numbers: the checksums are right, so the values themselves are met.
    #[test]
    fn arrays_of_any_numbers_are_no_way_to_panic(
        ids in proptest::collection::vec(0_u64..9, 0..4),
        indptr in proptest::collection::vec(0_u64..5, 0..5),
        user_id in proptest::collection::vec(0_u64..5, 0..4),
        movie in proptest::collection::vec(0_u32..4, 3),
    ) {
        let sound = Arrays::sound();
        let arrays = Arrays { movie_id_indptr: ids, indptr, user_id, movie, ..sound };
        if let Ok((live, place)) = load(&arrays.bytes(), config(2, 2, 2)) {
            prop_assert!(live.films() <= 2);
            saved(&live, &place);
        }
    }
}
