use std::{cmp::Ordering, path::Path};

use serde_json::Value as Json;

use super::{ANNOTATIONS, Exact};
use crate::{
    QualityError,
    pattern::Pattern,
    reason::{Reason, Reasons},
    value::{Types, Value},
};

/// What a schema says of one column, compiled.
#[derive(Debug)]
pub(crate) struct ColumnRule {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) types: Types,
    limits: Vec<Limit>,
    /// In code points.
    pub(crate) lengths: (u64, u64),
    pub(crate) pattern: Option<Pattern>,
    /// `enum`, and `const` as a list of one.
    options: Vec<Vec<Json>>,
}

/// A limit of a number.
#[derive(Debug, Clone, Copy)]
struct Limit {
    value: Exact,
    /// What a number may not be, compared with the value.
    forbidden: Ordering,
    exclusive: bool,
}

impl ColumnRule {
    /// A column that may hold anything.
    pub(crate) fn any(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            required: false,
            types: Types::ANY,
            limits: Vec::new(),
            lengths: (0, u64::MAX),
            pattern: None,
            options: Vec::new(),
        }
    }

    /// Compiles the schema of a column, which is known to be one; also whether that is all of it.
    pub(crate) fn new(
        path: &Path,
        name: &str,
        schema: &Json,
    ) -> Result<(Self, bool), QualityError> {
        let mut rule = Self::any(name);
        let Json::Object(keywords) = schema else { return Ok((rule, *schema == Json::Bool(true))) };
        let mut covered = true;
        for (keyword, value) in keywords {
            covered &= rule.keyword(path, keyword, value)?.is_some();
        }
        Ok((rule, covered))
    }

    /// Compiles one keyword; `None` if it is none of those that are compiled.
    fn keyword(
        &mut self,
        path: &Path,
        keyword: &str,
        value: &Json,
    ) -> Result<Option<()>, QualityError> {
        let known = match keyword {
            "type" => types(value).map(|types| self.types = types),
            "minimum" => self.limit(value, Ordering::Less, false),
            "maximum" => self.limit(value, Ordering::Greater, false),
            "exclusiveMinimum" => self.limit(value, Ordering::Less, true),
            "exclusiveMaximum" => self.limit(value, Ordering::Greater, true),
            "minLength" => length(value).map(|least| self.lengths.0 = least),
            "maxLength" => length(value).map(|most| self.lengths.1 = most),
            "enum" => value.as_array().map(|options| self.options.push(options.clone())),
            "const" => {
                self.options.push(vec![value.clone()]);
                Some(())
            }
            "pattern" => match value.as_str() {
                None => None,
                Some(text) => {
                    let pattern = Pattern::new(text).map_err(|fault| QualityError::Pattern {
                        path: path.to_owned(),
                        pattern: text.chars().take(120).collect(),
                        fault,
                    })?;
                    self.pattern = Some(pattern);
                    Some(())
                }
            },
            annotation => ANNOTATIONS.contains(&annotation).then_some(()),
        };
        Ok(known)
    }

    fn limit(&mut self, value: &Json, forbidden: Ordering, exclusive: bool) -> Option<()> {
        let value = Exact::of(value.as_number()?)?;
        self.limits.push(Limit { value, forbidden, exclusive });
        Some(())
    }

    /// Every reason to reject a value of the column.
    pub(crate) fn check(&self, value: Value<'_>) -> Reasons {
        let mut reasons = Reasons::default();
        match value {
            Value::Absent if self.required => reasons.add(Reason::Missing),
            Value::Absent => {}
            Value::Bytes(_) => reasons.add(Reason::Encoding),
            // No keyword speaks of a type that JSON has not.
            Value::Foreign(_) => reasons.add(Reason::Type),
            value => self.check_present(value, &mut reasons),
        }
        reasons
    }

    fn check_present(&self, value: Value<'_>, reasons: &mut Reasons) {
        if !self.types.meets(value.types()) {
            reasons.add(Reason::Type);
        }
        if let Some(number) = value.number()
            && self.limits.iter().any(|limit| limit.forbids(number))
        {
            reasons.add(Reason::Range);
        }
        if let Value::Text(text) = value {
            if self.lengths != (0, u64::MAX) {
                let length = text.chars().count() as u64;
                if length < self.lengths.0 || length > self.lengths.1 {
                    reasons.add(Reason::Length);
                }
            }
            if self.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
                reasons.add(Reason::Pattern);
            }
        }
        if !self.options.iter().all(|options| options.iter().any(|option| equal(option, value))) {
            reasons.add(Reason::Enum);
        }
    }

    /// Whether nothing but type, limits, length and pattern is said.
    pub(crate) fn is_plain(&self) -> bool {
        self.options.is_empty()
    }

    /// The integers that the limits allow, first and last; none where the first is greater.
    pub(crate) fn integers(&self) -> (i64, i64) {
        let (mut first, mut last) = (i128::from(i64::MIN), i128::from(i64::MAX));
        for limit in &self.limits {
            let step = i128::from(limit.exclusive && limit.value.is_integer());
            if limit.forbidden == Ordering::Less {
                first = first.max(limit.value.ceil().saturating_add(step));
            } else {
                last = last.min(limit.value.floor().saturating_sub(step));
            }
        }
        match (i64::try_from(first), i64::try_from(last)) {
            (Ok(first), Ok(last)) => (first, last),
            // A limit that no integer here keeps.
            _ => (1, 0),
        }
    }
}

impl Limit {
    fn forbids(self, number: Exact) -> bool {
        match number.cmp(self.value) {
            Ordering::Equal => self.exclusive,
            side => side == self.forbidden,
        }
    }
}

fn types(value: &Json) -> Option<Types> {
    match value {
        Json::String(name) => Types::named(name),
        Json::Array(names) => names
            .iter()
            .try_fold(Types::NONE, |types, name| Some(types.union(Types::named(name.as_str()?)?))),
        _ => None,
    }
}

/// A length; written as 3.0 it is one too.
fn length(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| {
        let float = value.as_f64().filter(|float| float.fract() == 0.0 && *float >= 0.0)?;
        Some(float as u64)
    })
}

/// Equality of JSON: numbers by value. Lists and objects of a row are compared as a whole.
fn equal(option: &Json, value: Value<'_>) -> bool {
    match (option, value) {
        (Json::Number(option), value) => match (Exact::of(option), value.number()) {
            (Some(option), Some(number)) => option.cmp(number) == Ordering::Equal,
            _ => false,
        },
        (Json::Null, Value::Null) => true,
        (Json::Bool(option), Value::Bool(value)) => *option == value,
        (Json::String(option), Value::Text(value)) => option == value,
        (option, Value::Nested(value)) => equal_nested(option, value),
        _ => false,
    }
}

fn equal_nested(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal_nested(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            let same = |(name, a)| b.get(name).is_some_and(|b| equal_nested(a, b));
            a.len() == b.len() && a.iter().all(same)
        }
        (a, b) if b.is_array() || b.is_object() => a == b,
        (a, b) => equal(a, Value::of_json(b)),
    }
}
