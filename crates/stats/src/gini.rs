/// The Gini coefficient of shares, 0 where all are equal, towards 1 where one has all; `None`
/// without a value, where all are 0, and where one is negative, infinite or not a number.
///
/// `Σ(2i − n − 1)·x_i / (n·Σx)` over the values in ascending order, i from 1: half the relative mean
/// absolute difference, with the plain denominator n (not n − 1), so of n values where one has all it
/// is `1 − 1/n`. Sorts the values; n log n.
///
/// C. Gini, "Variabilità e mutabilità" (1912); formula as in Sen, "On Economic Inequality" (1973).
#[must_use]
pub fn gini(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    if values.iter().any(|value| !value.is_finite() || *value < 0.0) {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let sum: f64 = values.iter().sum();
    // Empty sums are 0 too.
    if sum <= 0.0 || !sum.is_finite() {
        return None;
    }
    let count = values.len() as f64;
    let weighted: f64 = values
        .iter()
        .enumerate()
        .map(|(place, value)| (2.0 * place as f64 + 1.0 - count) * value)
        .sum();
    Some(weighted / (count * sum))
}
