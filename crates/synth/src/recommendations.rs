use std::io::Write;

use marquee_events::{
    Action, Assignment, Bucket, Event, FailureText, MovieList, Outcome, Precision, Provenance,
    Recommendation, Timestamp, Token, UserId, Zone,
};
use rand::RngExt;

use crate::{SynthConfig, SynthError, User, simulation::Simulation, sink::Sink};

pub(crate) const ALS_VARIANT: &str = "als_model";
pub(crate) const POPGEN_VARIANT: &str = "popgen_model";

/// Films in a list, where the user has not watched nearly all there are.
const LIST_LENGTH: usize = 20;

/// Draws for one list.
const LIST_ATTEMPTS: u32 = 400;

/// How far the lists of the `als_model` variant follow the user's taste; the others follow
/// popularity alone.
const ALS_TASTE_SHARE: f64 = 0.85;

/// Probability that the film watched next is put into the list if it does not stand there already.
const NEXT_SHOWN: f64 = 0.2;

/// Probability that a request comes to nothing.
const FAILED: f64 = 0.08;

/// Probability that a line is one of the service instead of the platform.
const SERVICE_FORM: f64 = 0.5;

/// Probability that a line of the service says what made the answer.
const WITH_PROVENANCE: f64 = 0.4;

const SERVER: &str = "recommender-2.example.org:8082";

impl Simulation<'_> {
    /// Writes the line of a list shown to a user, in one of its two forms, or of a failure.
    pub(crate) fn recommend(
        &mut self,
        user_row: usize,
        next: u32,
        second: i64,
        sink: &mut Sink<impl Write>,
    ) -> Result<(), SynthError> {
        let synth = self.synth;
        let user = &synth.users()[user_row];
        if self.rng.random_bool(FAILED) {
            return self.write_failure(user, second, sink);
        }
        let assigned = synth.experiment.assign(user.id());
        let is_als = assigned.variant == ALS_VARIANT;
        let mut list = self.draw_list(user_row, next, if is_als { ALS_TASTE_SHARE } else { 0.0 });
        if let Some(effect) = synth.config().effect {
            let probability = propensity(user.id()) + if is_als { effect } else { 0.0 };
            self.decide(&mut list, next, probability);
        }
        let ids: Vec<&str> =
            list.iter().map(|&position| synth.movies()[position as usize].id()).collect();
        let service = self.rng.random_bool(SERVICE_FORM);
        let joined = ids.join(if service { "," } else { ", " });
        let path = format!("/recommend/{}", user.id());
        let assignment = Assignment {
            variant: Token::new(assigned.variant)?,
            bucket: Bucket::from_fraction(assigned.bucket)?,
        };
        let mut provenance = Provenance::default();
        let mut target = Token::new(SERVER)?;
        let time = if service {
            target = Token::new(&path)?;
            if self.rng.random_bool(WITH_PROVENANCE) {
                provenance = provenance_of(is_als)?;
            }
            self.service_time(second)?
        } else {
            self.platform_time(second)?
        };
        let action = Action::Recommendation(Recommendation {
            target,
            status: 200,
            assignment: service.then_some(assignment),
            outcome: Outcome::List(MovieList::from_joined(&joined)?),
            latency_ms: self.rng.random_range(4..240),
            provenance,
        });
        sink.push(&Event { time, user: UserId::new(user.id())?, action });
        Ok(())
    }

    /// Distinct films the user has not watched before, now and then with `next` among them.
    fn draw_list(&mut self, user_row: usize, next: u32, taste_share: f64) -> Vec<u32> {
        let user = &self.synth.users()[user_row];
        let mut list = Vec::with_capacity(LIST_LENGTH);
        for _ in 0..LIST_ATTEMPTS {
            if list.len() == LIST_LENGTH {
                break;
            }
            let position = self.draw_movie(user, taste_share);
            if !list.contains(&position) && !self.has_watched(user_row, position) {
                list.push(position);
            }
        }
        if self.rng.random_bool(NEXT_SHOWN) && !list.is_empty() && !list.contains(&next) {
            let place = self.rng.random_range(0..list.len());
            list[place] = next;
        }
        list
    }

    /// Puts the film that is watched next into the list with that probability, else takes it out.
    fn decide(&mut self, list: &mut Vec<u32>, next: u32, probability: f64) {
        list.retain(|&position| position != next);
        if self.rng.random_bool(probability.clamp(0.0, 1.0)) {
            list.truncate(LIST_LENGTH - 1);
            let place = self.rng.random_range(0..=list.len());
            list.insert(place, next);
        }
    }

    fn write_failure(
        &mut self,
        user: &User,
        second: i64,
        sink: &mut Sink<impl Write>,
    ) -> Result<(), SynthError> {
        let text = format!(
            "java.util.concurrent.TimeoutException: Request timeout to {SERVER} after 800 ms"
        );
        let action = Action::Recommendation(Recommendation {
            target: Token::new(SERVER)?,
            status: 0,
            assignment: None,
            outcome: Outcome::Failure(FailureText::new(&text)?),
            latency_ms: self.rng.random_range(801..860),
            provenance: Provenance::default(),
        });
        let time = self.platform_time(second)?;
        sink.push(&Event { time, user: UserId::new(user.id())?, action });
        Ok(())
    }

    fn service_time(&mut self, second: i64) -> Result<Timestamp, SynthError> {
        let fine = self.rng.random_bool(0.5);
        let precision = if fine { Precision::Fraction(6) } else { Precision::Second };
        let nanos = self.rng.random_range(0..1_000_000_000);
        Ok(Timestamp::new(second, nanos, precision, Zone::Utc)?)
    }
}

/// Two made-up models that answered all along.
fn provenance_of(is_als: bool) -> Result<Provenance<'static>, SynthError> {
    let (version, family, manifest) = if is_als {
        (
            "als-20250831230000",
            "als",
            "5b0f1c7e9a3d48626f70c5d1e2b394a8870d6c1f24be93a05d7c8e1f6a2b3c4d",
        )
    } else {
        (
            "popgen-20250831230500",
            "popgen",
            "c41d08e7f2b6593a1e70d4c89f35b26a7d0e1f8c4b92a63d5e07f1c8b4a29d36",
        )
    };
    Ok(Provenance {
        model_version: Some(Token::new(version)?),
        model_family: Some(Token::new(family)?),
        pipeline_commit: Some(Token::new("9f2c4e7a1b60d385c2e94f7b8a1d06c35e7f2b94")?),
        pipeline_branch: Some(Token::new("main")?),
        pipeline_dirty: Some(Token::new("false")?),
        data_version: Some(Token::new("interactions-20250831")?),
        data_sha256: Some(Token::new(
            "1e8d5a2c7f40b9636d1c8e5f2a7b04d39c6e1f8a5b2d7c40e93f6a1b8c5d2e70",
        )?),
        manifest_sha256: Some(Token::new(manifest)?),
    })
}

/// How often a user starts a film of a list without an effect: spread evenly around the base, and as
/// if at random by the id.
fn propensity(user_id: u64) -> f64 {
    // The upper half of a product with an odd constant near 2^64 over the golden ratio.
    let mixed = user_id.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let place = mixed as f64 / f64::from(u32::MAX);
    SynthConfig::EFFECT_BASE + SynthConfig::EFFECT_SPREAD * (2.0 * place - 1.0)
}
