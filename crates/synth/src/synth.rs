use std::io::{BufWriter, Write};

use marquee_experiment::{Experiment, ExperimentConfig, Variant};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{
    Movie, Summary, SynthConfig, SynthError, User, dirt::Dirt, movies, recommendations,
    sampling::Weighted, schedule, simulation::Simulation, sink::Sink, users,
};

/// Films and users with known tastes, and the log of what the users do.
#[derive(Debug)]
pub struct Synth {
    config: SynthConfig,
    movies: Vec<Movie>,
    /// Positions in `movies`, ascending by id.
    movies_by_id: Vec<u32>,
    users: Vec<User>,
    pub(crate) picks: Picks,
    pub(crate) experiment: Experiment,
}

/// What picks of films and users are drawn from.
#[derive(Debug)]
pub(crate) struct Picks {
    pub(crate) all_movies: Weighted,
    /// For every taste group, positions of its films and their popularity.
    pub(crate) groups: Vec<(Vec<u32>, Weighted)>,
    pub(crate) users: Weighted,
}

/// Independent streams of random numbers under one seed, so that one part of the output does not
/// change with how many numbers another part draws.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Movies = 1,
    Users,
    Schedule,
    Sessions,
    Dirt,
}

impl Synth {
    /// Makes films and users.
    ///
    /// Memory: some 200 bytes a film and 70 a user.
    ///
    /// # Errors
    /// What [`SynthConfig::validate`] finds.
    pub fn new(config: SynthConfig) -> Result<Self, SynthError> {
        config.validate()?;
        let movies = movies::generate(&config, &mut stream(&config, Stream::Movies));
        let users = users::generate(&config, &mut stream(&config, Stream::Users));
        let mut movies_by_id: Vec<u32> = (0..config.movies).collect();
        movies_by_id.sort_unstable_by_key(|&position| movies[position as usize].id());
        let picks = Picks::new(&config, &movies, &users);
        let experiment = experiment()?;
        Ok(Self { config, movies, movies_by_id, users, picks, experiment })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &SynthConfig {
        &self.config
    }

    /// The films, in the order of the movie file.
    #[must_use]
    pub fn movies(&self) -> &[Movie] {
        &self.movies
    }

    /// The users, ascending by id. Not all of them need occur in the log.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The film of that id. O(log n).
    #[must_use]
    pub fn movie(&self, id: &str) -> Option<&Movie> {
        let found = self
            .movies_by_id
            .binary_search_by_key(&id, |&position| self.movies[position as usize].id())
            .ok()?;
        Some(&self.movies[self.movies_by_id[found] as usize])
    }

    /// The user of that id. O(log n).
    #[must_use]
    pub fn user(&self, id: u64) -> Option<&User> {
        let found = self.users.binary_search_by_key(&id, User::id).ok()?;
        Some(&self.users[found])
    }

    /// Writes the event log, one line an event, ascending in time; of equal times the line that was
    /// made first stands first. Bad lines stand where the line they were made from stands.
    ///
    /// Writes through a buffer of its own. Every call writes the same bytes. Memory: 8 bytes a
    /// session, 32 bytes a user and 4 bytes a (user, film) pair, whatever the length of the log.
    ///
    /// # Errors
    /// [`SynthError::Write`] when `out` fails; part of the log may be written by then.
    pub fn write_log(&self, out: &mut impl Write) -> Result<Summary, SynthError> {
        let dirt = self.config.dirty.then(|| Dirt::new(stream(&self.config, Stream::Dirt)));
        let mut sink = Sink::new(BufWriter::new(out), dirt);
        let starts =
            schedule::session_starts(&self.config, &mut stream(&self.config, Stream::Schedule));
        let mut simulation = Simulation::new(self, stream(&self.config, Stream::Sessions));
        for start in starts {
            sink.write_before(start)?;
            simulation.session(start, &mut sink)?;
        }
        sink.finish()
    }

    /// Writes the films as JSON Lines: `id`, `title`, `genres` (each `id` and `name`), and where
    /// known `release_date` (`YYYY-MM-DD`) and `runtime` (minutes, as text), as the movie API
    /// answers. Every film that may occur in the log has a line.
    ///
    /// # Errors
    /// [`SynthError::Write`] when `out` fails; part of the file may be written by then.
    pub fn write_movies(&self, out: &mut impl Write) -> Result<(), SynthError> {
        let mut out = BufWriter::new(out);
        for movie in &self.movies {
            serde_json::to_writer(&mut out, &movie.entry).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        Ok(())
    }
}

impl Picks {
    fn new(config: &SynthConfig, movies: &[Movie], users: &[User]) -> Self {
        let mut members = vec![Vec::new(); usize::from(config.taste_groups)];
        for (position, movie) in movies.iter().enumerate() {
            members[usize::from(movie.taste_group)].push(position as u32);
        }
        let popularity = |&position: &u32| movies[position as usize].popularity;
        let groups = members
            .into_iter()
            .map(|members| {
                let weights = Weighted::new(members.iter().map(popularity));
                (members, weights)
            })
            .collect();
        Self {
            all_movies: Weighted::new(movies.iter().map(|movie| movie.popularity)),
            groups,
            users: Weighted::new(users.iter().map(|user| user.activity)),
        }
    }
}

fn stream(config: &SynthConfig, stream: Stream) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
    rng.set_stream(stream as u64);
    rng
}

/// The experiment whose variants the service's own lines name.
fn experiment() -> Result<Experiment, SynthError> {
    let variant = |name: &str, weight| Variant { name: String::from(name), weight };
    Ok(Experiment::new(ExperimentConfig {
        experiment_id: String::from("als_vs_popgen"),
        salt: String::from("als-popgen-v1"),
        variants: vec![
            variant(recommendations::ALS_VARIANT, 0.6),
            variant(recommendations::POPGEN_VARIANT, 0.4),
        ],
    })?)
}
