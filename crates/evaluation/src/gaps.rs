use serde::Serialize;

use crate::{Bootstrap, Metric, PerMetric, bootstrap::Column};

/// Groups with fewer users take no part in a [`Gap`]: their means say little.
pub const MIN_GROUP_USERS: usize = 20;

/// How far the groups lie apart at one cut-off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GapsAt {
    /// The cut-off.
    pub k: usize,
    /// The gap of each metric.
    pub metrics: PerMetric<Gap>,
}

/// The distance of the best group from the worst, of those with [`MIN_GROUP_USERS`] or more.
///
/// The interval resamples the users of both groups. Which two they are is chosen by the same users,
/// so that among many groups a gap lies above 0 more often than its level says, even where all are
/// alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// Mean of the best minus mean of the worst.
    pub difference: f64,
    /// Lower end of its interval; `None` without draws.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Name of the best group; of equal ones the first.
    pub best: String,
    /// Name of the worst group; of equal ones the last.
    pub worst: String,
}

/// What of a group its gaps are made from.
pub(crate) struct Scored {
    pub(crate) name: String,
    pub(crate) users: usize,
    /// Those of every cut-off, one after another, in the order of [`Metric::ALL`].
    pub(crate) columns: Vec<Column>,
}

/// The gaps at each cut-off; none with fewer than two groups that are large enough.
pub(crate) fn gaps(groups: &[Scored], ks: &[usize], bootstrap: &Bootstrap) -> Vec<GapsAt> {
    let large: Vec<&Scored> =
        groups.iter().filter(|group| group.users >= MIN_GROUP_USERS).collect();
    if large.len() < 2 {
        return Vec::new();
    }
    let gap = |at: usize| gap(&large, at, bootstrap);
    let places = ks.iter().enumerate();
    places
        .map(|(place, &k)| {
            let mut columns = place * Metric::ALL.len()..;
            let metrics = PerMetric::from_fn(|_| gap(columns.next().unwrap_or_default()));
            GapsAt { k, metrics }
        })
        .collect()
}

fn gap(groups: &[&Scored], at: usize, bootstrap: &Bootstrap) -> Gap {
    let mean = |group: &Scored| group.columns[at].mean.unwrap_or_default();
    let (mut best, mut worst) = (groups[0], groups[0]);
    for &group in &groups[1..] {
        if mean(group) > mean(best) {
            best = group;
        }
        if mean(group) <= mean(worst) {
            worst = group;
        }
    }
    let draws = best.columns[at].draws.iter().zip(&worst.columns[at].draws);
    let difference = mean(best) - mean(worst);
    let interval = bootstrap.around(Some(difference), draws.map(|(a, b)| a - b).collect());
    Gap {
        difference,
        low: interval.low,
        high: interval.high,
        best: best.name.clone(),
        worst: worst.name.clone(),
    }
}
