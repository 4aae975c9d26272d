use crate::{Check, TableSummary, part::Part};

/// Steps of a Lorenz curve.
const LORENZ_POINTS: u32 = 100;

/// What a page draws beside the numbers of the report. Movers stand in the report itself.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftPicture {
    /// The reference, if there is one.
    pub reference: Option<SidePicture>,
    /// The current table.
    pub current: SidePicture,
    /// Every value beside its threshold, in the order of the report.
    pub checks: Vec<Check>,
}

/// One table.
#[derive(Debug, Clone, PartialEq)]
pub struct SidePicture {
    /// Rows by rating, 1 to 5.
    pub ratings: [u64; 5],
    /// Lorenz curve of rows per film: the share of rows, second, that the films with least, first,
    /// have; from (0, 0) to (1, 1) in at most 100 steps, or the start alone without rows.
    pub lorenz: Vec<(f64, f64)>,
    /// Users by rows they have: the least rows of a bar, the most of it (`None` for any number),
    /// and the users.
    pub activity: Vec<(u64, Option<u64>, u64)>,
    /// Rows by hour of the week, from Monday 00:00 UTC; 168 numbers.
    pub hours: Vec<u64>,
    /// Days the table covers.
    pub days: u64,
}

/// Where the bars of activity start.
const ACTIVITY_BARS: [u64; 11] = [1, 2, 3, 5, 9, 17, 33, 65, 129, 257, 513];

impl SidePicture {
    pub(crate) fn new(table: &TableSummary, part: &Part) -> Self {
        let activity = ACTIVITY_BARS.iter().enumerate().map(|(bar, &least)| {
            let most = ACTIVITY_BARS.get(bar + 1).map(|next| next - 1);
            let inside = |count: u64| count >= least && most.is_none_or(|most| count <= most);
            let users = part.activity.values().iter().filter(|value| inside(value.0));
            (least, most, users.map(|value| value.1).sum())
        });
        Self {
            ratings: table.ratings,
            lorenz: part.popularity.lorenz(LORENZ_POINTS),
            activity: activity.collect(),
            hours: table.volume.hours().to_vec(),
            days: table.volume.days(),
        }
    }
}
