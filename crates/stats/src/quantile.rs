/// The quantile at `p` of values in ascending order, interpolated linearly; `None` without a value or
/// with `p` outside 0 to 1.
///
/// Position `p·(n − 1)`, counted from 0, between the two values next to it: type 7 of Hyndman and
/// Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996), which is
/// also numpy's default. The caller sorts, with `total_cmp` if there may be NaN. Constant cost.
#[must_use]
pub fn quantile(ascending: &[f64], p: f64) -> Option<f64> {
    if ascending.is_empty() || !(0.0..=1.0).contains(&p) {
        return None;
    }
    let position = p * (ascending.len() - 1) as f64;
    let below = position.floor();
    let (low, high) = (ascending[below as usize], ascending[position.ceil() as usize]);
    let share = position - below;
    // Of two infinities alike the difference would be NaN.
    Some(if share == 0.0 || low == high { low } else { low + share * (high - low) })
}

/// The smallest value that at least the share `p` of all observations does not exceed; `None`
/// without an observation or with `p` outside 0 to 1. For `p` = 0 the smallest value.
///
/// `counts` gives each value, ascending, with how often it was observed. The inverse of the empirical
/// distribution, type 1 of Hyndman and Fan: always a value that was observed. Linear in the number of
/// distinct values.
#[must_use]
pub fn quantile_of_counts(
    counts: impl IntoIterator<Item = (u64, u64)> + Clone,
    p: f64,
) -> Option<u64> {
    let total: u64 = counts.clone().into_iter().map(|(_, count)| count).sum();
    if total == 0 || !(0.0..=1.0).contains(&p) {
        return None;
    }
    let wanted = (p * total as f64).ceil().max(1.0) as u64;
    let mut reached = 0;
    counts.into_iter().find_map(|(value, count)| {
        reached += count;
        (reached >= wanted).then_some(value)
    })
}
