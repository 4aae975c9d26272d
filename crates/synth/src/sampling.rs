use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Draws indices in proportion to fixed weights, in O(log n) a draw.
#[derive(Debug, Clone)]
pub(crate) struct Weighted {
    cumulative: Vec<f64>,
}

impl Weighted {
    /// `weights` holds at least one weight and all are positive and finite.
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut total = 0.0;
        let cumulative = weights
            .into_iter()
            .map(|weight| {
                total += weight;
                total
            })
            .collect();
        Self { cumulative }
    }

    pub(crate) fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        let last = self.cumulative.len() - 1;
        let point = rng.random::<f64>() * self.cumulative[last];
        self.cumulative.partition_point(|&sum| sum <= point).min(last)
    }
}

/// One of `choices`, all equally likely.
pub(crate) fn choose<'a, T>(rng: &mut ChaCha8Rng, choices: &'a [T]) -> &'a T {
    &choices[rng.random_range(0..choices.len())]
}

/// Fisher and Yates' shuffle.
pub(crate) fn shuffle<T>(rng: &mut ChaCha8Rng, items: &mut [T]) {
    for index in (1..items.len()).rev() {
        items.swap(index, rng.random_range(0..=index));
    }
}
