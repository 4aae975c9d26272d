use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// Hours of a week.
pub(crate) const HOURS: usize = 168;
const HOUR: i64 = 3600;
/// 1970-01-01 was a Thursday; weeks begin on Monday.
const HOURS_BEFORE_1970: i64 = 72;
/// Days that are told apart; times past that many make no new day. 2,800 years of them.
const MOST_DAYS: usize = 1 << 20;

/// Rows by hour of the week and by day, in UTC.
#[derive(Debug, Clone)]
pub(crate) struct Volume {
    hours: [u64; HOURS],
    days: HashMap<i64, Day, RandomState>,
    /// Start of the hour of the last row, and its rows that are not counted yet.
    open: i64,
    run: u64,
}

/// What is known of a day.
#[derive(Debug, Clone, Copy, Default)]
struct Day {
    rows: u64,
    /// Hours that have a row, one bit each, the first lowest.
    hours: u32,
}

impl Default for Volume {
    fn default() -> Self {
        Self { hours: [0; HOURS], days: HashMap::default(), open: 0, run: 0 }
    }
}

impl Volume {
    /// Counts a row; rows of one hour in a row are counted together.
    #[inline]
    pub(crate) fn add(&mut self, timestamp: i64) {
        if (timestamp.wrapping_sub(self.open) as u64) < HOUR as u64 {
            self.run += 1;
        } else {
            self.close();
            self.open = timestamp.div_euclid(HOUR).saturating_mul(HOUR);
            self.run = 1;
        }
    }

    /// Counts what is still open.
    pub(crate) fn close(&mut self) {
        if self.run == 0 {
            return;
        }
        self.hours[hour_of_week(self.open)] += self.run;
        let day = self.open.div_euclid(24 * HOUR);
        if self.days.len() < MOST_DAYS || self.days.contains_key(&day) {
            let entry = self.days.entry(day).or_default();
            entry.rows += self.run;
            entry.hours |= 1 << self.open.div_euclid(HOUR).rem_euclid(24);
        }
        self.run = 0;
    }

    /// Rows by hour of the week, from Monday 00:00 UTC.
    pub(crate) fn hours(&self) -> &[u64; HOURS] {
        &self.hours
    }

    /// Days that the table covers: those with at least a hundredth of the rows of the median day,
    /// so that a stray time makes no day and one day of very many rows leaves the others theirs.
    pub(crate) fn days(&self) -> u64 {
        self.covered().len() as u64
    }

    /// The time that the table covers in days: of its first and last day only the part from the
    /// first hour and to the last hour that has a row, so that a week from noon to noon is as long
    /// as one from midnight to midnight. At least 1, but 0 without rows.
    pub(crate) fn days_covered(&self) -> f64 {
        let days = self.covered();
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return 0.0 };
        let before = first.1.hours.trailing_zeros();
        let after = 24_u32.saturating_sub(u32::BITS - last.1.hours.leading_zeros());
        (days.len() as f64 - f64::from(before + after) / 24.0).max(1.0)
    }

    /// The days that count, in order.
    fn covered(&self) -> Vec<(i64, Day)> {
        let mut rows: Vec<u64> = self.days.values().map(|day| day.rows).collect();
        let middle = rows.len() / 2;
        let median = if rows.is_empty() { 0 } else { *rows.select_nth_unstable(middle).1 };
        let counts = |day: &Day| day.rows.saturating_mul(100) >= median;
        let mut days: Vec<(i64, Day)> = self
            .days
            .iter()
            .filter(|(_, day)| counts(day))
            .map(|(&number, &day)| (number, day))
            .collect();
        days.sort_unstable_by_key(|&(number, _)| number);
        days
    }
}

/// The hour of the week of a time, 0 to 167, from Monday 00:00 UTC.
#[inline]
pub(crate) fn hour_of_week(timestamp: i64) -> usize {
    (timestamp.div_euclid(HOUR) + HOURS_BEFORE_1970).rem_euclid(HOURS as i64) as usize
}

/// The weekdays on which both have rows, as hours of the week: what can be compared.
pub(crate) fn common_hours(a: &[u64; HOURS], b: &[u64; HOURS]) -> [bool; HOURS] {
    let has =
        |hours: &[u64; HOURS], day: usize| hours[24 * day..24 * day + 24].iter().any(|&n| n > 0);
    let mut common = [false; HOURS];
    for day in 0..7 {
        if has(a, day) && has(b, day) {
            common[24 * day..24 * day + 24].fill(true);
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(timestamps: &[i64]) -> Volume {
        let mut volume = Volume::default();
        timestamps.iter().for_each(|&timestamp| volume.add(timestamp));
        volume.close();
        volume
    }

    #[test]
    fn hours_begin_on_monday() {
        // 1970-01-01 was a Thursday, 1969-12-29 a Monday.
        assert_eq!(hour_of_week(0), 3 * 24);
        assert_eq!(hour_of_week(-3 * 86_400), 0);
        assert_eq!(hour_of_week(-3 * 86_400 - 1), HOURS - 1);
        assert_eq!(hour_of_week(1_700_000_000), 24 + 22);
    }

    #[test]
    fn rows_in_any_order_are_counted_once() {
        let volume = volume(&[0, 3599, 3600, 10, i64::MIN, i64::MAX, 3601]);
        assert_eq!(volume.hours().iter().sum::<u64>(), 7);
        assert_eq!((volume.hours()[72], volume.hours()[73]), (3, 2));
    }

    #[test]
    fn a_stray_time_makes_no_day() {
        let mut times: Vec<i64> = (0..1_000).map(|row| row * 86 * 7).collect();
        let days = volume(&times).days();
        times.push(4_000_000_000);
        assert_eq!((days, volume(&times).days()), (7, 7));
    }

    #[test]
    fn one_full_day_leaves_the_others_theirs() {
        let mut times: Vec<i64> = (0..7 * 24).map(|hour| hour * HOUR).collect();
        times.extend([3 * 24 * HOUR + 5; 50_000]);
        assert_eq!(volume(&times).days(), 7);
    }

    #[test]
    fn first_and_last_days_count_in_part() {
        let hours = |from: i64, to: i64| {
            volume(&(from..to).map(|hour| hour * HOUR).collect::<Vec<_>>()).days_covered()
        };
        assert_eq!((hours(0, 168), hours(12, 180)), (7.0, 7.0));
        assert_eq!((hours(12, 36), hours(0, 60)), (1.0, 2.5));
        // Of less than a day nothing can be told.
        assert_eq!((hours(3, 5), volume(&[]).days_covered()), (1.0, 0.0));
    }
}
