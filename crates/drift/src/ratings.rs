use crate::{
    PsiBins,
    counts::{quantile, share},
    summary::STARS,
};

/// Proportions below this count as this, so that an empty bin has a logarithm.
const LEAST_PROPORTION: f64 = 1e-6;

/// Bins over ratings, made from a reference.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bins {
    pub(crate) edges: Vec<f64>,
    /// The bin of each rating, if it has one.
    of_star: [Option<usize>; STARS],
}

impl Bins {
    /// The unique deciles of the reference as edges; fewer than three edges: ten equal bins over
    /// its range, which is half a star to both sides where all ratings are equal. `None` without
    /// rows.
    pub(crate) fn new(reference: &[u64; STARS], bins: PsiBins) -> Option<Self> {
        let n: u64 = reference.iter().sum();
        if n == 0 {
            return None;
        }
        let mut edges: Vec<f64> = (0..=10)
            .map(|decile| quantile(n, f64::from(decile) / 10.0, |place| at(reference, place)))
            .collect();
        edges.dedup();
        if edges.len() < 3 {
            let (mut low, mut high) = (at(reference, 0), at(reference, n - 1));
            if low == high {
                (low, high) = (low - 0.5, high + 0.5);
            }
            let step = (high - low) / 10.0;
            edges = (0..10).map(|bin| low + f64::from(bin) * step).chain([high]).collect();
        }
        let of_star = std::array::from_fn(|star| bin_of((star + 1) as f64, &edges, bins));
        Some(Self { edges, of_star })
    }

    /// The population stability index Σ (r − c)·ln(r / c) over the bins' proportions of all rows
    /// of each side, those below 1e-6 taken as that. `None` where a side has no row.
    pub(crate) fn psi(&self, reference: &[u64; STARS], current: &[u64; STARS]) -> Option<f64> {
        let (r, c) = (self.proportions(reference)?, self.proportions(current)?);
        Some(r.iter().zip(&c).map(|(r, c)| (r - c) * (r / c).ln()).sum())
    }

    fn proportions(&self, ratings: &[u64; STARS]) -> Option<Vec<f64>> {
        let mut bins = vec![0; self.edges.len() - 1];
        for (&rows, bin) in ratings.iter().zip(self.of_star) {
            if let Some(bin) = bin {
                bins[bin] += rows;
            }
        }
        let n = ratings.iter().sum();
        bins.into_iter().map(|rows| Some(share(rows, n)?.max(LEAST_PROPORTION))).collect()
    }
}

/// The rating at a place in ascending order.
fn at(ratings: &[u64; STARS], place: u64) -> f64 {
    let mut before = 0;
    let star = ratings.iter().position(|&rows| {
        before += rows;
        place < before
    });
    star.map_or(STARS, |star| star + 1) as f64
}

/// Bins are `[e_i, e_i+1)`, the last one closed.
fn bin_of(rating: f64, edges: &[f64], bins: PsiBins) -> Option<usize> {
    let last = edges.len() - 2;
    let inside = edges[0] <= rating && rating <= edges[last + 1];
    if !inside && bins == PsiBins::Reference {
        return None;
    }
    let at_or_below = edges.partition_point(|&edge| edge <= rating);
    Some(at_or_below.saturating_sub(1).min(last))
}

/// Entropy of the ratings in bits: 0 where all are equal. `None` without rows.
pub(crate) fn entropy(ratings: &[u64; STARS]) -> Option<f64> {
    let n: u64 = ratings.iter().sum();
    let bits = |&rows: &u64| share(rows, n).filter(|&p| p > 0.0).map_or(0.0, |p| -p * p.log2());
    // Of one rating alone the sum is a negative zero.
    (n > 0).then(|| ratings.iter().map(bits).sum::<f64>().max(0.0))
}

/// The share of the rating that most rows have. `None` without rows.
pub(crate) fn top_share(ratings: &[u64; STARS]) -> Option<f64> {
    share(ratings.iter().copied().max().unwrap_or(0), ratings.iter().sum())
}

/// The mean rating. `None` without rows.
pub(crate) fn mean(ratings: &[u64; STARS]) -> Option<f64> {
    share((1..).zip(ratings).map(|(star, &rows)| star * rows).sum(), ratings.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_the_unique_deciles() {
        let bins = Bins::new(&[51, 0, 20, 20, 10], PsiBins::Open).unwrap();
        assert_eq!(bins.edges, [1.0, 3.0, 4.0, 5.0]);
        // The median of 1 and 4 lies between them.
        let bins = Bins::new(&[1, 0, 0, 1, 0], PsiBins::Open).unwrap();
        assert_eq!(bins.edges.len(), 11);
        assert!((bins.edges[5] - 2.5).abs() < 1e-12);
    }

    #[test]
    fn few_edges_give_way_to_ten_bins() {
        let bins = Bins::new(&[0, 0, 0, 7, 0], PsiBins::Open).unwrap();
        assert_eq!((bins.edges.len(), bins.edges[0], bins.edges[10]), (11, 3.5, 4.5));
        assert_eq!(bins.of_star[3], Some(5));
        assert!(Bins::new(&[0; STARS], PsiBins::Open).is_none());
    }

    #[test]
    fn open_bins_take_what_the_reference_never_had() {
        let (reference, current) = ([0, 0, 50, 50, 0], [0, 0, 50, 50, 100]);
        let psi = |bins| Bins::new(&reference, bins).unwrap().psi(&reference, &current).unwrap();
        let open = psi(PsiBins::Open);
        assert!(open > 0.2, "{open}");
        // Outside of all bins, the new fives only thin the others out.
        let closed = psi(PsiBins::Reference);
        assert!((closed - 2.0 * 0.25 * 2.0_f64.ln()).abs() < 1e-12, "{closed}");
    }

    #[test]
    fn one_rating_has_no_entropy() {
        assert_eq!(entropy(&[0, 0, 9, 0, 0]).map(f64::to_bits), Some(0.0_f64.to_bits()));
        assert_eq!(entropy(&[1, 1, 0, 1, 1]), Some(2.0));
        assert_eq!(
            (entropy(&[0; STARS]), top_share(&[0; STARS]), mean(&[0; STARS])),
            (None, None, None)
        );
        assert_eq!((top_share(&[1, 0, 0, 0, 3]), mean(&[1, 0, 0, 0, 3])), (Some(0.75), Some(4.0)));
    }
}
