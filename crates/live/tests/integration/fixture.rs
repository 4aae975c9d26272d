use std::path::Path;

use marquee_live::{FORMAT_VERSION, LiveConfig, LiveFilms};

use crate::{apply_all, film, position, recent, saved, store};

fn made() -> LiveFilms {
    let live = store(3, 100, 100);
    apply_all(&live, &[(7, "heat+1995", 0, 1_725_957_544), (7, "gone+2000", 0, 1)]);
    apply_all(&live, &[(3, "amélie+2001", 5, 1_725_957_600), (9, "bat*21+1988", 0, -5)]);
    apply_all(&live, &[(7, "the+matrix+1999", 0, 20), (7, "heat+1995", 4, 1_725_957_700)]);
    apply_all(&live, &[(7, "up+2009", 1, 50), (9, "heat+1995", 0, 60), (9, "heat+1995", 0, 61)]);
    live
}

/// The file stays as it is when the format moves on; a new version gets a file of its own.
#[test]
fn the_file_of_version_1_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/live_state_v1.npz");
    let (live, place) = LiveFilms::load(&path, LiveConfig::default()).unwrap();
    assert_eq!(place, position(123_456_789_012));
    assert_eq!((live.users(), live.films(), live.movie_ids()), (3, 6, 5));
    let of_7 = [
        film("up+2009", Some(1), 0, 50),
        film("heat+1995", Some(4), 1, 1_725_957_700),
        film("the+matrix+1999", None, 1, 20),
    ];
    assert_eq!(recent(&live, 7), of_7);
    assert_eq!(recent(&live, 3), [film("amélie+2001", Some(5), 0, 1_725_957_600)]);
    let of_9 = [film("heat+1995", None, 2, 61), film("bat*21+1988", None, 1, -5)];
    assert_eq!(recent(&live, 9), of_9);
}

/// A change of these bytes is a new version, or the loss of "same state, same bytes".
#[test]
fn the_file_of_version_1_is_written_to_the_byte() {
    assert_eq!(FORMAT_VERSION, 1);
    let fixture = include_bytes!("../fixtures/live_state_v1.npz");
    assert!(saved(&made(), &position(123_456_789_012)) == fixture);
}
