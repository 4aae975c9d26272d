/// How often each count occurs among films or users that have at least one row.
///
/// Most counts are small, so this is much shorter than the counts themselves, and every metric of
/// concentration or activity is a walk over it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Distribution {
    /// Counts and how many have them, ascending.
    values: Vec<(u64, u64)>,
    /// How many there are.
    number: u64,
    /// Sum of the counts.
    total: u64,
}

/// Counts below this are tallied, the others sorted.
const TALLIED: usize = 1 << 12;

impl Distribution {
    /// Of counts in any order; zeros are passed over.
    pub(crate) fn of(counts: impl Iterator<Item = u64>) -> Self {
        let mut tally = vec![0_u64; TALLIED];
        let mut large = Vec::new();
        for count in counts {
            match tally.get_mut(usize::try_from(count).unwrap_or(TALLIED)) {
                Some(number) => *number += 1,
                None => large.push(count),
            }
        }
        large.sort_unstable();
        let small = (1..).zip(&tally[1..]).map(|(count, &number)| (count, number));
        Self::of_tallied(small.chain(large.into_iter().map(|count| (count, 1))))
    }

    /// Of counts in ascending order and how many have them.
    pub(crate) fn of_tallied(values: impl Iterator<Item = (u64, u64)>) -> Self {
        let mut distribution = Self::default();
        for (count, number) in values.filter(|&(count, number)| count > 0 && number > 0) {
            distribution.number += number;
            distribution.total += count * number;
            match distribution.values.last_mut() {
                Some(last) if last.0 == count => last.1 += number,
                _ => distribution.values.push((count, number)),
            }
        }
        distribution
    }

    /// How many have a count.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Counts and how many have them, ascending.
    pub(crate) fn values(&self) -> &[(u64, u64)] {
        &self.values
    }

    /// The Gini coefficient, 0 where all are equal: `2 Σ i·x_i / (n Σ x) − (n + 1) / n` over the
    /// counts in ascending order, `i` from 1.
    pub(crate) fn gini(&self) -> Option<f64> {
        let (mut before, mut weighted) = (0_u128, 0_u128);
        for &(count, number) in &self.values {
            let (count, number) = (u128::from(count), u128::from(number));
            weighted += count * (number * before + number * (number + 1) / 2);
            before += number;
        }
        let n = self.number as f64;
        (self.number > 0).then(|| 2.0 * weighted as f64 / (n * self.total as f64) - (n + 1.0) / n)
    }

    /// The share of the `k` largest counts.
    pub(crate) fn top_share(&self, k: u64) -> Option<f64> {
        let (mut left, mut sum) = (k, 0);
        for &(count, number) in self.values.iter().rev() {
            let taken = number.min(left);
            sum += count * taken;
            left -= taken;
        }
        share(sum, self.total)
    }

    /// The share of those whose count is 1.
    pub(crate) fn ones_share(&self) -> Option<f64> {
        let ones = self.values.first().filter(|first| first.0 == 1).map_or(0, |first| first.1);
        share(ones, self.number)
    }

    /// The quantile `q` of the counts, linearly between its neighbours.
    pub(crate) fn quantile(&self, q: f64) -> Option<f64> {
        (self.number > 0).then(|| quantile(self.number, q, |place| self.at(place)))
    }

    fn at(&self, place: u64) -> f64 {
        let mut before = 0;
        for &(count, number) in &self.values {
            before += number;
            if place < before {
                return count as f64;
            }
        }
        self.values.last().map_or(0.0, |last| last.0 as f64)
    }

    /// Points of the Lorenz curve, from (0, 0) to (1, 1): the share of the total that the lowest
    /// share has. At most `points` steps.
    pub(crate) fn lorenz(&self, points: u32) -> Vec<(f64, f64)> {
        let mut curve = vec![(0.0, 0.0)];
        let mut values = self.values.iter();
        let (mut below, mut sum, mut value) = (0_u64, 0_u64, values.next());
        for step in 1..=points {
            let until = (u128::from(self.number) * u128::from(step) / u128::from(points)) as u64;
            while let Some(&(count, number)) = value
                && below + number <= until
            {
                below += number;
                sum += count * number;
                value = values.next();
            }
            let part = value.map_or(0, |value| value.0 * (until - below));
            if let (Some(x), Some(y)) = (share(until, self.number), share(sum + part, self.total))
                && curve.last().is_none_or(|last| last.0 < x)
            {
                curve.push((x, y));
            }
        }
        curve
    }
}

/// The value at place `(n − 1)·q` of `n` values in ascending order, linearly between its
/// neighbours.
pub(crate) fn quantile(n: u64, q: f64, at: impl Fn(u64) -> f64) -> f64 {
    let place = (n - 1) as f64 * q;
    let low = place.floor();
    let (below, above) = (at(low as u64), at((low as u64 + 1).min(n - 1)));
    let part = place - low;
    // Of the two ways to write it, the one that is exact at the nearer end.
    if part >= 0.5 {
        above - (above - below) * (1.0 - part)
    } else {
        below + (above - below) * part
    }
}

/// `part / whole`, where there is a whole.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The places of the `k` largest counts in falling order, of equal ones the earlier first; only
/// places with a count.
pub(crate) fn top(counts: &[u64], k: usize) -> Vec<u32> {
    top_by(counts, k, |place| place)
}

/// As [`top`], of equal counts the one with the lower key first.
pub(crate) fn top_by(counts: &[u64], k: usize, key: impl Fn(u32) -> u32) -> Vec<u32> {
    let mut places: Vec<u32> =
        (0..).zip(counts).filter(|&(_, &count)| count > 0).map(|(place, _)| place).collect();
    let order =
        |&a: &u32, &b: &u32| counts[b as usize].cmp(&counts[a as usize]).then(key(a).cmp(&key(b)));
    if places.len() > k {
        places.select_nth_unstable_by(k, order);
        places.truncate(k);
    }
    places.sort_unstable_by(order);
    places
}

/// The distance of Jensen and Shannon between two distributions given as counts: the square root
/// of the divergence in bits, 0 to 1. `None` where a side has no count.
pub(crate) fn js_distance(pairs: impl Iterator<Item = (u64, u64)> + Clone) -> Option<f64> {
    let (p_total, q_total) =
        pairs.clone().fold((0_u64, 0_u64), |(p, q), pair| (p + pair.0, q + pair.1));
    if p_total == 0 || q_total == 0 {
        return None;
    }
    let part = |p: f64, mean: f64| if p > 0.0 { p * (p / mean).log2() } else { 0.0 };
    let divergence: f64 = pairs
        .map(|(p, q)| {
            let (p, q) = (p as f64 / p_total as f64, q as f64 / q_total as f64);
            let mean = f64::midpoint(p, q);
            f64::midpoint(part(p, mean), part(q, mean))
        })
        .sum();
    // Rounding may leave equal distributions a hair below.
    Some(if divergence > 0.0 { divergence.sqrt() } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: &[u64]) -> Distribution {
        Distribution::of(counts.iter().copied())
    }

    #[test]
    fn gini_is_that_of_the_definition() {
        assert_eq!(of(&[3, 3, 3]).gini(), Some(0.0));
        // Σ|x_i − x_j| over ordered pairs is 12; divided by 2·n·Σx.
        let gini = of(&[1, 4, 2, 0]).gini().unwrap();
        assert!((gini - 12.0 / (2.0 * 3.0 * 7.0)).abs() < 1e-12, "{gini}");
        assert_eq!(of(&[]).gini(), None);
    }

    #[test]
    fn large_and_small_counts_are_one_distribution() {
        let counts = [5000, 1, 5000, 4095, 4096, 0, 1];
        let distribution = of(&counts);
        assert_eq!(distribution.values(), [(1, 2), (4095, 1), (4096, 1), (5000, 2)]);
        assert_eq!(distribution.top_share(2), share(10_000, 18_193));
        assert_eq!(distribution.ones_share(), Some(2.0 / 6.0));
        assert_eq!(distribution.quantile(0.5), Some(4095.5));
        assert_eq!(distribution.quantile(1.0), Some(5000.0));
    }

    #[test]
    fn equal_counts_rank_by_place() {
        assert_eq!(top(&[1, 5, 0, 5, 2], 3), [1, 3, 4]);
        assert_eq!(top(&[1, 5, 0, 5, 2], 9), [1, 3, 4, 0]);
    }

    #[test]
    fn lorenz_ends_in_one_and_bends_down() {
        let curve = of(&[1, 1, 2, 6]).lorenz(100);
        assert_eq!((curve[0], *curve.last().unwrap()), ((0.0, 0.0), (1.0, 1.0)));
        assert!(curve.contains(&(0.5, 0.2)), "{curve:?}");
        assert!(of(&[]).lorenz(100).len() == 1);
    }

    #[test]
    fn distance_is_zero_of_equals_and_one_of_strangers() {
        let pairs = |p: &[u64], q: &[u64]| {
            js_distance(p.iter().copied().zip(q.iter().copied()).collect::<Vec<_>>().into_iter())
        };
        assert_eq!(pairs(&[1, 2], &[2, 4]), Some(0.0));
        assert_eq!(pairs(&[1, 0], &[0, 4]), Some(1.0));
        assert_eq!(pairs(&[1, 0], &[0, 0]), None);
    }
}
