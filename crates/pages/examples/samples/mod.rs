//! Made-up reports with everything a page can hold.

mod drift;
mod validation;

pub(crate) use drift::drift;
pub(crate) use validation::validation;

use marquee_pages::BarSeries;

/// A series with a value for every category.
fn series(name: &str, values: &[f64]) -> BarSeries {
    BarSeries { name: name.to_owned(), values: values.iter().copied().map(Some).collect() }
}

/// Owned copies of `names`.
fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
