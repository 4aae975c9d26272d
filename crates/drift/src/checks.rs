use serde::{Deserialize, Serialize};

/// On which side of its threshold a value is flagged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// At the threshold and above.
    AtLeast,
    /// The value or its opposite at the threshold and above: a change to either side.
    EitherWay,
    /// Below the threshold.
    Below,
    /// A change that is a fall by the threshold or more: at its opposite and below.
    FallsBy,
}

/// How serious a flag is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckLevel {
    /// Worth a look.
    Moderate,
    /// Out of bounds.
    Strong,
}

/// A value beside its threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Where the value stands under `metrics`, such as `rating_psi.psi`.
    pub name: String,
    /// The value that stands there, with its sign; null where it could not be computed.
    pub value: Option<f64>,
    /// The threshold.
    pub threshold: f64,
    /// When it is flagged.
    pub relation: Relation,
    /// How serious a flag is.
    pub level: CheckLevel,
    /// Whether it is flagged; a value that could not be computed is not.
    pub flagged: bool,
    /// Whether a flag sets `drift_detected`.
    pub sets_drift: bool,
}

/// All checks of a run.
#[derive(Debug, Default)]
pub(crate) struct Checks(pub(crate) Vec<Check>);

impl Checks {
    /// Checks a value whose flag sets `drift_detected` if it is strong.
    pub(crate) fn check(
        &mut self,
        name: &str,
        value: Option<f64>,
        relation: Relation,
        threshold: f64,
        level: CheckLevel,
    ) -> bool {
        self.add(Check {
            name: name.to_owned(),
            value,
            threshold,
            relation,
            level,
            flagged: false,
            sets_drift: level == CheckLevel::Strong,
        })
    }

    /// Checks a value against a limit that says itself what its flag does.
    pub(crate) fn limit(&mut self, name: &str, value: Option<f64>, limit: crate::Limit) -> bool {
        self.by_limit(name, value, Relation::AtLeast, limit)
    }

    /// As [`limit`](Self::limit), of a change that may not fall so far.
    pub(crate) fn fall(&mut self, name: &str, change: Option<f64>, limit: crate::Limit) -> bool {
        self.by_limit(name, change, Relation::FallsBy, limit)
    }

    fn by_limit(
        &mut self,
        name: &str,
        value: Option<f64>,
        relation: Relation,
        limit: crate::Limit,
    ) -> bool {
        self.add(Check {
            name: name.to_owned(),
            value,
            threshold: limit.value,
            relation,
            level: if limit.sets_drift { CheckLevel::Strong } else { CheckLevel::Moderate },
            flagged: false,
            sets_drift: limit.sets_drift,
        })
    }

    fn add(&mut self, mut check: Check) -> bool {
        check.flagged = check.value.is_some_and(|value| match check.relation {
            Relation::AtLeast => value >= check.threshold,
            Relation::EitherWay => value.abs() >= check.threshold,
            Relation::Below => value < check.threshold,
            Relation::FallsBy => -value >= check.threshold,
        });
        let flagged = check.flagged;
        self.0.push(check);
        flagged
    }

    /// The names of those whose value could not be computed, each once.
    pub(crate) fn not_judged(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for check in self.0.iter().filter(|check| check.value.is_none()) {
            if !names.contains(&check.name) {
                names.push(check.name.clone());
            }
        }
        names
    }

    /// The checks that set `drift_detected`.
    pub(crate) fn reasons(&self) -> Vec<Check> {
        self.0.iter().filter(|check| check.flagged && check.sets_drift).cloned().collect()
    }
}
