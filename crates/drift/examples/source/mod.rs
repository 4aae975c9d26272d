//! A seeded source of interactions, and pairs of tables drawn from it by user.

use marquee_dataset::Interactions;
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use rand_distr::{Distribution, LogNormal, Normal};

/// Four weeks of watching: users of very different activity, films of very different popularity
/// and quality, evenings fuller than nights.
pub(crate) struct Source {
    /// Rows of each user: film, rating, timestamp.
    users: Vec<Vec<(u32, u8, i64)>>,
}

const MONDAY: i64 = 1_699_833_600;
const WEEKS: i64 = 4;

impl Source {
    pub(crate) fn new(users: usize, films: u32, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let activity = LogNormal::new(1.6, 1.0).expect("a finite spread");
        let noise = Normal::new(0.0, 1.0).expect("a finite spread");
        let quality: Vec<f64> = (0..films).map(|_| 3.4 + 0.6 * noise.sample(&mut random)).collect();
        let mut user = || {
            let rows = (activity.sample(&mut random) as usize).clamp(1, 400);
            let mood = 0.4 * noise.sample(&mut random);
            let home_hour = 17.0 + 3.0 * noise.sample(&mut random);
            let row = |random: &mut ChaCha8Rng| {
                // Popularity falls with a power of the rank.
                let film = (f64::from(films) * random.random::<f64>().powf(2.5)) as u32;
                let liked = quality[film as usize] + mood + 0.9 * noise.sample(random);
                let day = random.random_range(0..7 * WEEKS);
                let hour = (home_hour + 2.5 * noise.sample(random)).rem_euclid(24.0);
                let time = MONDAY + day * 86_400 + (hour * 3_600.0) as i64;
                (film, liked.round().clamp(1.0, 5.0) as u8, time)
            };
            (0..rows).map(|_| row(&mut random)).collect()
        };
        Self { users: (0..users).map(|_| user()).collect() }
    }

    /// Two tables of different users, each with this part of the source's users.
    pub(crate) fn split(&self, part: f64, random: &mut ChaCha8Rng) -> [Interactions; 2] {
        let mut tables = [Table::default(), Table::default()];
        for rows in &self.users {
            let place = random.random::<f64>();
            if place < 2.0 * part {
                tables[usize::from(place < part)].push(rows);
            }
        }
        tables.map(|table| table.rows)
    }

    /// A table of users drawn with replacement, each draw a user of its own.
    pub(crate) fn draw(&self, users: usize, random: &mut ChaCha8Rng) -> Interactions {
        let mut table = Table::default();
        for _ in 0..users {
            table.push(&self.users[random.random_range(0..self.users.len())]);
        }
        table.rows
    }
}

#[derive(Default)]
struct Table {
    rows: Interactions,
    users: u64,
}

impl Table {
    fn push(&mut self, rows: &[(u32, u8, i64)]) {
        self.users += 1;
        for &(film, rating, time) in rows {
            self.rows.push(self.users, &format!("film+{film}"), rating, time);
        }
    }
}
