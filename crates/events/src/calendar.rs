/// Days from 0000-01-01 to 1970-01-01 in the proleptic Gregorian calendar.
const EPOCH_DAY: i64 = 719_528;

/// Days of a year before each month, of a year without and with a leap day; the last entry is the
/// length of the year.
const DAYS_BEFORE_MONTH: [[u32; 13]; 2] = [
    [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365],
    [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366],
];

/// A date of the proleptic Gregorian calendar, years 0 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: u32,
    pub(crate) month: u32,
    pub(crate) day: u32,
}

impl Date {
    /// 0000-01-01.
    pub(crate) const FIRST: Self = Self { year: 0, month: 1, day: 1 };
}

/// The date's day, counted from 1970-01-01; `None` if there is no such date.
#[inline]
pub(crate) fn unix_day(date: Date) -> Option<i64> {
    let Date { year, month, day } = date;
    if !(1..=12).contains(&month) || year > 9999 {
        return None;
    }
    let before = &DAYS_BEFORE_MONTH[usize::from(is_leap(year))];
    let first = before[month as usize - 1];
    if day == 0 || first + day > before[month as usize] {
        return None;
    }
    Some(i64::from(days_before_year(year) + first + day - 1) - EPOCH_DAY)
}

/// The date of a day counted from 1970-01-01; `None` outside the years 0 to 9999.
pub(crate) fn date_of(unix_day: i64) -> Option<Date> {
    let day = u32::try_from(unix_day.checked_add(EPOCH_DAY)?).ok()?;
    if day >= days_before_year(10_000) {
        return None;
    }
    // The mean year of the 400-year cycle misses the right year by one at most.
    let mut year = (u64::from(day) * 400 / 146_097) as u32;
    if days_before_year(year) > day {
        year -= 1;
    } else if days_before_year(year + 1) <= day {
        year += 1;
    }
    let of_year = day - days_before_year(year);
    let before = &DAYS_BEFORE_MONTH[usize::from(is_leap(year))];
    let month = before.partition_point(|&first| first <= of_year) as u32;
    Some(Date { year, month, day: of_year - before[month as usize - 1] + 1 })
}

#[inline]
const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[inline]
const fn days_before_year(year: u32) -> u32 {
    // Of the years before this one, year 0 among them, every fourth has a leap day, …
    year * 365 + year.div_ceil(4) - year.div_ceil(100) + year.div_ceil(400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_ten_thousand_years_follows_the_one_before() {
        let mut expected = unix_day(Date::FIRST).unwrap();
        for year in 0..=9999 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let date = Date { year, month, day };
                    let Some(unix_day) = unix_day(date) else { continue };
                    assert_eq!(unix_day, expected, "{date:?}");
                    assert_eq!(date_of(unix_day), Some(date));
                    expected += 1;
                }
            }
        }
        assert_eq!(expected, unix_day(Date { year: 9999, month: 12, day: 31 }).unwrap() + 1);
        assert_eq!(date_of(expected), None);
    }

    #[test]
    fn the_epoch_is_day_zero() {
        assert_eq!(unix_day(Date { year: 1970, month: 1, day: 1 }), Some(0));
        assert_eq!(date_of(0), Some(Date { year: 1970, month: 1, day: 1 }));
        assert_eq!(date_of(-EPOCH_DAY - 1), None);
        assert_eq!(date_of(i64::MAX), None);
        assert_eq!(date_of(i64::MIN), None);
    }

    #[test]
    fn days_that_do_not_exist_are_none() {
        for (year, month, day) in
            [(2023, 2, 29), (1900, 2, 29), (2024, 2, 30), (2024, 4, 31), (2024, 1, 0)]
        {
            assert_eq!(unix_day(Date { year, month, day }), None, "{year}-{month}-{day}");
        }
        for (year, month) in [(2024, 0), (2024, 13), (10_000, 1)] {
            assert_eq!(unix_day(Date { year, month, day: 1 }), None, "{year}-{month}");
        }
        assert!(unix_day(Date { year: 2000, month: 2, day: 29 }).is_some());
        assert!(unix_day(Date { year: 0, month: 2, day: 29 }).is_some());
    }
}
