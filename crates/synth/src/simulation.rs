use std::io::Write;

use marquee_events::{Action, Event, MovieId, Precision, Stars, Timestamp, UserId, Zone};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::{Movie, Synth, SynthError, User, sampling::Weighted, sink::Sink};

/// Probability that a film watched before is accepted when it is drawn.
const REWATCH: f64 = 0.02;

/// Draws before a film watched before is accepted anyhow.
const PICK_ATTEMPTS: u32 = 40;

/// Draws before a session goes to a user who is watching something else.
const USER_ATTEMPTS: u32 = 8;

/// Probability that a watch goes on from somewhere in the film instead of its start.
const RESUMED: f64 = 0.1;

/// Seconds from a list that count as its trial, where there is a true lift.
const TRIAL_SECONDS: i64 = 3_601;

/// Most minutes watched of a film that is abandoned.
const ABANDONED_MINUTES: u32 = 3;

/// How often one to five stars are given to a film of the user's taste, and to another.
const STARS_IN_TASTE: [f64; 5] = [1.0, 3.0, 12.0, 38.0, 46.0];
const STARS_OUTSIDE: [f64; 5] = [22.0, 26.0, 30.0, 15.0, 7.0];

/// Session after session: who watches what, and the lines that gives.
#[derive(Debug)]
pub(crate) struct Simulation<'a> {
    pub(crate) synth: &'a Synth,
    pub(crate) rng: ChaCha8Rng,
    /// For every user, positions of films watched, ascending.
    watched: Vec<Vec<u32>>,
    /// For every user, the second at which their last session ends.
    busy_until: Vec<i64>,
    stars_in_taste: Weighted,
    stars_outside: Weighted,
}

impl<'a> Simulation<'a> {
    pub(crate) fn new(synth: &'a Synth, rng: ChaCha8Rng) -> Self {
        let users = synth.users().len();
        Self {
            synth,
            rng,
            watched: vec![Vec::new(); users],
            busy_until: vec![i64::MIN; users],
            stars_in_taste: Weighted::new(STARS_IN_TASTE),
            stars_outside: Weighted::new(STARS_OUTSIDE),
        }
    }

    /// One user's session, which begins at `start` and puts no event before it but for the seconds
    /// that a time in whole minutes leaves out.
    pub(crate) fn session(
        &mut self,
        start: i64,
        sink: &mut Sink<impl Write>,
    ) -> Result<(), SynthError> {
        let synth = self.synth;
        let user_row = self.draw_user(start);
        let user = &synth.users()[user_row];
        let position = self.pick(user_row);
        let movie = &synth.movies()[position as usize];
        let mut time = start;
        let shown = self.rng.random_bool(synth.config().recommendation_share);
        if shown {
            self.recommend(user_row, position, time, sink)?;
            time += self.rng.random_range(5..=180);
        }
        let end = self.watch(user, movie, time, sink)?;
        if self.rng.random_bool(synth.config().rating_share) {
            self.rate(user, movie, end, sink)?;
        }
        // A second session in the hour of a list could start a film of it by chance.
        let is_trial = shown && synth.config().effect.is_some();
        self.busy_until[user_row] = if is_trial { end.max(start + TRIAL_SECONDS) } else { end };
        if let Err(place) = self.watched[user_row].binary_search(&position) {
            self.watched[user_row].insert(place, position);
        }
        Ok(())
    }

    /// A film for the user by taste or by popularity, whether watched before or not.
    pub(crate) fn draw_movie(&mut self, user: &User, taste_share: f64) -> u32 {
        let picks = &self.synth.picks;
        if self.rng.random_bool(taste_share) {
            let group = user.draw_group(&mut self.rng);
            let (members, weights) = &picks.groups[usize::from(group)];
            members[weights.draw(&mut self.rng)]
        } else {
            picks.all_movies.draw(&mut self.rng) as u32
        }
    }

    pub(crate) fn has_watched(&self, user_row: usize, position: u32) -> bool {
        self.watched[user_row].binary_search(&position).is_ok()
    }

    /// `second` in one of the ways the platform writes times.
    pub(crate) fn platform_time(&mut self, second: i64) -> Result<Timestamp, SynthError> {
        let precision = match self.rng.random_range(0..100) {
            0 => Precision::Minute,
            1..=8 => Precision::Fraction(6),
            9..=15 => Precision::Fraction(9),
            _ => Precision::Second,
        };
        let nanos = self.rng.random_range(0..1_000_000_000);
        Ok(Timestamp::new(second, nanos, precision, Zone::Unstated)?)
    }

    fn draw_user(&mut self, start: i64) -> usize {
        let users = &self.synth.picks.users;
        let mut row = users.draw(&mut self.rng);
        for _ in 1..USER_ATTEMPTS {
            if self.busy_until[row] <= start {
                break;
            }
            row = users.draw(&mut self.rng);
        }
        row
    }

    fn pick(&mut self, user_row: usize) -> u32 {
        let user = &self.synth.users()[user_row];
        let taste_share = self.synth.config().taste_share;
        let mut position = self.draw_movie(user, taste_share);
        for _ in 1..PICK_ATTEMPTS {
            if !self.has_watched(user_row, position) || self.rng.random_bool(REWATCH) {
                break;
            }
            position = self.draw_movie(user, taste_share);
        }
        position
    }

    /// Writes a line for every minute watched; the second after the last of them.
    fn watch(
        &mut self,
        user: &User,
        movie: &Movie,
        start: i64,
        sink: &mut Sink<impl Write>,
    ) -> Result<i64, SynthError> {
        let minutes = self.draw_minutes(user, movie);
        let resumed = self.rng.random_bool(RESUMED);
        let first = if resumed { self.rng.random_range(0..=movie.minutes - minutes) } else { 0 };
        let id = MovieId::new(movie.id())?;
        for minute in 0..minutes {
            let action = Action::Watch { movie: id, minute: first + minute };
            let time = self.platform_time(start + 60 * i64::from(minute))?;
            sink.push(&Event { time, user: UserId::new(user.id())?, action });
        }
        Ok(start + 60 * i64::from(minutes))
    }

    /// How many minutes the user watches of the film, at least 1 and at most its length.
    fn draw_minutes(&mut self, user: &User, movie: &Movie) -> u32 {
        let config = self.synth.config();
        // Where nobody abandons a film nothing is drawn for it, so that logs keep their bytes.
        if config.abandon_share > 0.0
            && !user.likes(movie)
            && self.rng.random_bool(config.abandon_share)
        {
            return self.rng.random_range(1..=ABANDONED_MINUTES).min(movie.minutes);
        }
        let go_on = 1.0 - config.mean_minutes.recip();
        let mut minutes = 1;
        while minutes < movie.minutes && self.rng.random_bool(go_on) {
            minutes += 1;
        }
        minutes
    }

    fn rate(
        &mut self,
        user: &User,
        movie: &Movie,
        end: i64,
        sink: &mut Sink<impl Write>,
    ) -> Result<(), SynthError> {
        let weights = if user.likes(movie) { &self.stars_in_taste } else { &self.stars_outside };
        let stars = Stars::new(weights.draw(&mut self.rng) as u8 + 1)?;
        let second = end + self.rng.random_range(0..600);
        let time = self.platform_time(second)?;
        let action = Action::Rate { movie: MovieId::new(movie.id())?, stars };
        sink.push(&Event { time, user: UserId::new(user.id())?, action });
        Ok(())
    }
}
