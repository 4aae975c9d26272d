//! One split of the reference's users.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::{
    counts::{Distribution, top_by},
    part::{Part, TOP_FILMS},
    summary::{CELLS, STARS, UserRows, cell_parts},
    volume::HOURS,
};

/// Groups that users are dealt into: for each side the half that is measured by itself, and the
/// rest of the side.
const GROUPS: usize = 4;
/// Neither side gets less than this part of the users.
const LEAST_PART: f64 = 0.05;

/// Deals users into a reference and a current part.
pub(super) struct Splitter<'a> {
    rows: &'a UserRows,
    films: usize,
    seed: u64,
    /// The part of the users that goes to the current side.
    current_part: f64,
    /// Distinct numbers of events, ascending, and the place of each user's.
    events: Vec<u64>,
    events_of_user: Vec<u32>,
}

/// A reference and a current part, and a half of each.
pub(super) struct Split {
    pub(super) whole: (Part, Part),
    pub(super) half: (Part, Part),
}

/// Counts by group that are used again.
#[derive(Default)]
pub(super) struct Scratch {
    films: Vec<[u32; GROUPS]>,
    cells: Vec<[u32; GROUPS]>,
    activity: Vec<[u32; GROUPS]>,
}

impl<'a> Splitter<'a> {
    pub(super) fn new(rows: &'a UserRows, films: usize, current_users: u64, seed: u64) -> Self {
        let mut events: Vec<u64> = (0..rows.users()).map(|user| rows.events(user) as u64).collect();
        let of_user = events.clone();
        events.sort_unstable();
        events.dedup();
        let place = |count: &u64| events.partition_point(|known| known < count) as u32;
        let events_of_user = of_user.iter().map(place).collect();
        let part = current_users as f64 / (current_users as f64 + rows.users() as f64);
        let current_part = part.clamp(LEAST_PART, 1.0 - LEAST_PART);
        Self { rows, films, seed, current_part, events, events_of_user }
    }

    /// Current users for each reference user.
    pub(super) fn ratio(&self) -> f64 {
        self.current_part / (1.0 - self.current_part)
    }

    /// How many times larger the real tables are than the parts.
    pub(super) fn growth(&self) -> f64 {
        1.0 / (1.0 - self.current_part)
    }

    /// The split of this number; the same whoever makes it.
    pub(super) fn split(&self, index: u64, scratch: &mut Scratch) -> Split {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(index);
        scratch.clear(self.films, self.events.len());
        // A number below the first limit is of the reference's half, and so on.
        let limit = |part: f64| (part * (u64::from(u32::MAX) + 1) as f64) as u32;
        let reference_part = 1.0 - self.current_part;
        let limits = [
            limit(reference_part / 2.0),
            limit(reference_part),
            limit(reference_part + self.current_part / 2.0),
        ];
        for user in 0..self.rows.users() {
            let number = random.next_u32();
            let group = limits.iter().filter(|&&limit| number >= limit).count();
            scratch.activity[self.events_of_user[user] as usize][group] += 1;
            for (film, cell) in self.rows.rows(user) {
                scratch.films[film as usize][group] += 1;
                scratch.cells[usize::from(cell)][group] += 1;
            }
        }
        let mut part = |groups: &[usize]| {
            // Tables meet films in orders of their own, so ties fall differently on the two sides.
            let shuffle = random.next_u32() | 1;
            self.part(scratch, groups, shuffle)
        };
        Split { whole: (part(&[0, 1]), part(&[2, 3])), half: (part(&[0]), part(&[2])) }
    }

    fn part(&self, scratch: &Scratch, groups: &[usize], shuffle: u32) -> Part {
        let sum =
            |counts: &[u32; GROUPS]| groups.iter().map(|&group| u64::from(counts[group])).sum();
        let (mut ratings, mut hours) = ([0; STARS], [0; HOURS]);
        for (cell, counts) in scratch.cells.iter().enumerate() {
            let ((star, hour), rows): (_, u64) = (cell_parts(cell), sum(counts));
            ratings[star] += rows;
            hours[hour] += rows;
        }
        let films: Vec<u64> = scratch.films.iter().map(sum).collect();
        let activity = self.events.iter().copied().zip(scratch.activity.iter().map(sum));
        Part {
            rows: ratings.iter().sum(),
            ratings,
            hours,
            top: top_by(&films, TOP_FILMS, |film| film.wrapping_add(1).wrapping_mul(shuffle)),
            popularity: Distribution::of(films.iter().copied()),
            activity: Distribution::of_tallied(activity),
            films,
        }
    }
}

impl Scratch {
    fn clear(&mut self, films: usize, events: usize) {
        for (counts, len) in
            [(&mut self.films, films), (&mut self.cells, CELLS), (&mut self.activity, events)]
        {
            counts.clear();
            counts.resize(len, [0; GROUPS]);
        }
    }
}
