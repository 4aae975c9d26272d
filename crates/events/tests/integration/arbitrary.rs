use marquee_events::{
    Action, Assignment, Bucket, Event, FailureText, MovieId, MovieList, Outcome, Precision,
    Provenance, Recommendation, Stars, Timestamp, Token, UserId, Zone,
};
use proptest::option;
use proptest::prelude::*;

/// An event whose texts are its own, so that a strategy can make one.
#[derive(Debug, Clone)]
pub(crate) struct OwnedEvent {
    time: Timestamp,
    user: u64,
    action: OwnedAction,
}

#[derive(Debug, Clone)]
enum OwnedAction {
    Watch { movie: String, minute: u32 },
    Rate { movie: String, stars: u8 },
    Recommendation(Box<OwnedRecommendation>),
}

#[derive(Debug, Clone)]
struct OwnedRecommendation {
    target: String,
    status: u16,
    assignment: Option<(String, u32)>,
    result: String,
    latency_ms: u64,
    provenance: [Option<String>; 8],
}

impl OwnedEvent {
    pub(crate) fn event(&self) -> Event<'_> {
        let action = match &self.action {
            OwnedAction::Watch { movie, minute } => {
                Action::Watch { movie: MovieId::new(movie).unwrap(), minute: *minute }
            }
            OwnedAction::Rate { movie, stars } => Action::Rate {
                movie: MovieId::new(movie).unwrap(),
                stars: Stars::new(*stars).unwrap(),
            },
            OwnedAction::Recommendation(owned) => Action::Recommendation(owned.recommendation()),
        };
        Event { time: self.time, user: UserId::new(self.user).unwrap(), action }
    }
}

impl OwnedRecommendation {
    fn recommendation(&self) -> Recommendation<'_> {
        let outcome = match self.status {
            200 => Outcome::List(MovieList::from_joined(&self.result).unwrap()),
            _ => Outcome::Failure(FailureText::new(&self.result).unwrap()),
        };
        let value =
            |index: usize| self.provenance[index].as_deref().map(|text| Token::new(text).unwrap());
        Recommendation {
            target: Token::new(&self.target).unwrap(),
            status: self.status,
            assignment: self.assignment.as_ref().map(|(variant, millionths)| Assignment {
                variant: Token::new(variant).unwrap(),
                bucket: Bucket::from_millionths(*millionths).unwrap(),
            }),
            outcome,
            latency_ms: self.latency_ms,
            provenance: Provenance {
                model_version: value(0),
                model_family: value(1),
                pipeline_commit: value(2),
                pipeline_branch: value(3),
                pipeline_dirty: value(4),
                data_version: value(5),
                data_sha256: value(6),
                manifest_sha256: value(7),
            },
        }
    }
}

pub(crate) fn event() -> impl Strategy<Value = OwnedEvent> {
    (time(), 0..=UserId::MAX.get(), action()).prop_map(|(time, user, action)| OwnedEvent {
        time,
        user,
        action,
    })
}

pub(crate) fn time() -> impl Strategy<Value = Timestamp> {
    let precision = prop_oneof![
        Just(Precision::Minute),
        Just(Precision::Second),
        (1_u8..=9).prop_map(Precision::Fraction),
    ];
    let zone = prop_oneof![
        Just(Zone::Unstated),
        Just(Zone::Utc),
        (any::<bool>(), 0_u16..1_440)
            .prop_map(|(negative, minutes)| Zone::Offset { negative, minutes }),
    ];
    // From 0000-01-02 to 9999-12-30, so that no offset leaves the years.
    (-62_167_132_800_i64..=253_402_128_000, 0_u32..1_000_000_000, precision, zone).prop_map(
        |(seconds, nanos, precision, zone)| {
            Timestamp::new(seconds, nanos, precision, zone).unwrap()
        },
    )
}

pub(crate) fn movie_id() -> impl Strategy<Value = String> {
    let any_character = proptest::collection::vec(any::<char>(), 1..12)
        .prop_map(|characters| characters.into_iter().collect::<String>());
    prop_oneof![
        3 => "[a-z+*._-]{1,24}\\+([12][0-9]{3})?",
        1 => any_character.prop_filter("no movie id", |text| MovieId::new(text).is_ok()),
    ]
}

fn token() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[a-z0-9/:._=-]{1,20}",
        "[0-9]{1,3} ms",
        "(model_version|manifest_sha256)=[a-z0-9 ]{1,8}",
        "\\PC{1,12}",
    ];
    text.prop_filter("no token", |text| Token::new(text).is_ok())
}

fn failure_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,16}",
        "[0-9]{1,20} ms",
        "(model_version|data_sha256|colour)=[a-z0-9]{0,6}",
        Just(String::new()),
        Just("result: a".to_owned()),
    ];
    let text = (proptest::collection::vec(piece, 0..5), prop_oneof![Just(", "), Just(",")])
        .prop_map(|(pieces, separator)| pieces.join(separator));
    text.prop_filter("no failure text", |text| FailureText::new(text).is_ok())
}

fn action() -> impl Strategy<Value = OwnedAction> {
    prop_oneof![
        (movie_id(), 0..=i32::MAX as u32)
            .prop_map(|(movie, minute)| OwnedAction::Watch { movie, minute }),
        (movie_id(), 1_u8..=5).prop_map(|(movie, stars)| OwnedAction::Rate { movie, stars }),
        recommendation().prop_map(|owned| OwnedAction::Recommendation(Box::new(owned))),
    ]
}

fn recommendation() -> impl Strategy<Value = OwnedRecommendation> {
    let list = (proptest::collection::vec(movie_id(), 0..24), prop_oneof![Just(","), Just(", ")])
        .prop_map(|(ids, separator)| (200, ids.join(separator)));
    let failure = (any::<u16>(), failure_text())
        .prop_map(|(status, text)| (if status == 200 { 500 } else { status }, text));
    let assignment = option::of((token(), 0_u32..=1_000_000));
    let provenance =
        prop_oneof![Just([const { None }; 8]), proptest::array::uniform8(option::of(token())),];
    (token(), prop_oneof![list, failure], assignment, any::<u64>(), provenance).prop_map(
        |(target, (status, result), assignment, latency_ms, provenance)| OwnedRecommendation {
            target,
            status,
            assignment,
            result,
            latency_ms,
            provenance,
        },
    )
}
