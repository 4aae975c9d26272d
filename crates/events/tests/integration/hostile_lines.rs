use marquee_events::{parse, write};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::arbitrary;

/// Parses, and checks that an accepted line means the same after it was written anew.
fn check(line: &[u8]) {
    let Ok(event) = parse(line) else { return };
    let mut written = Vec::new();
    write(&event, &mut written);
    assert_eq!(parse(&written), Ok(event), "{}", String::from_utf8_lossy(line));
}

#[derive(Debug, Clone)]
enum Mutation {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    Repeat(Index, Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b",=/ .:+-TZ09\r\t".to_vec())];
    prop_oneof![
        (any::<Index>(), byte.clone()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (any::<Index>(), byte).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        any::<Index>().prop_map(Mutation::Remove),
        any::<Index>().prop_map(Mutation::Cut),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
    ]
}

fn mutate(line: &mut Vec<u8>, mutation: &Mutation) {
    if line.is_empty() {
        return;
    }
    let len = line.len();
    match mutation {
        Mutation::Replace(at, byte) => line[at.index(len)] = *byte,
        Mutation::Insert(at, byte) => line.insert(at.index(len), *byte),
        Mutation::Remove(at) => {
            line.remove(at.index(len));
        }
        Mutation::Cut(at) => line.truncate(at.index(len)),
        Mutation::Repeat(from, to) => {
            let (from, to) = (from.index(len), to.index(len));
            line.extend_from_within(from.min(to)..from.max(to));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn arbitrary_bytes_do_not_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&line);
    }

    #[test]
    fn arbitrary_text_in_each_field_does_not_panic(text in "\\PC{0,40}", pieces in "[a-z0-9=, ]{0,60}") {
        for line in [
            format!("{text},42,GET /rate/a=3"),
            format!("2024-09-10T08:39:04,{text},GET /rate/a=3"),
            format!("2024-09-10T08:39:04,42,{text}"),
            format!("2024-09-10T08:39:04,42,GET /data/m/{text}"),
            format!("2024-09-10T08:39:04,42,GET /rate/{text}"),
            format!("2024-09-10T08:39:04,42,recommendation request {text}{pieces}"),
            format!("2024-09-10T08:39:04,42,recommendation request h, status 200, result: {pieces}{text}, 1 ms"),
            format!("2024-09-10T08:39:04,42,recommendation request h, status 0, result: x, 1 ms, {pieces}{text}"),
        ] {
            check(line.as_bytes());
        }
    }

    #[test]
    fn mutated_lines_do_not_panic(
        owned in arbitrary::event(),
        mutations in proptest::collection::vec(mutation(), 1..5),
    ) {
        let mut line = Vec::new();
        write(&owned.event(), &mut line);
        for mutation in &mutations {
            mutate(&mut line, mutation);
            check(&line);
        }
    }
}
