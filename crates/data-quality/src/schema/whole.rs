use std::{borrow::Cow, path::Path};

use jsonschema::{
    Keyword, ValidationError, Validator, error::ValidationErrorKind as Kind, paths::Location,
};
use serde_json::{Map, Value as Json};

use crate::{QualityError, pattern::Pattern, reason::Reason};

/// A schema as a whole, which takes rows as JSON objects.
///
/// Patterns are matched by the engine of this crate, so that they mean the same everywhere.
#[derive(Debug)]
pub(crate) struct WholeRow {
    validator: Validator,
}

/// `pattern`, in place of that of the `jsonschema` crate.
struct LinearPattern(Option<Pattern>);

impl<'i> Keyword<'i> for LinearPattern {
    fn validate(&self, instance: &'i Json) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom("pattern")) }
    }

    fn is_valid(&self, instance: &'i Json) -> bool {
        match (&self.0, instance) {
            (Some(pattern), Json::String(text)) => pattern.is_match(text),
            _ => true,
        }
    }
}

fn linear_pattern<'a>(
    _parent: &'a Map<String, Json>,
    value: &'a Json,
    _location: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    // Patterns were tried before; a value that is none is for the check of the schema to refuse.
    let pattern = value.as_str().and_then(|text| Pattern::new(text).ok());
    Ok(Box::new(LinearPattern(pattern)))
}

impl WholeRow {
    pub(crate) fn new(path: &Path, schema: &Json) -> Result<Self, QualityError> {
        try_patterns(path, schema)?;
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .offline()
            .with_pattern_options(jsonschema::PatternOptions::regex())
            .with_keyword("pattern", linear_pattern)
            .build(schema)
            .map_err(|error| QualityError::Schema {
                path: path.to_owned(),
                problem: format!("{error}, at {:?}", error.instance_path().as_str()),
            })?;
        Ok(Self { validator })
    }

    /// Tells every reason to reject a row, and the column where it is one column's.
    pub(crate) fn check(
        &self,
        row: Map<String, Json>,
        found: &mut dyn FnMut(Option<&str>, Reason),
    ) {
        let row = Json::Object(row);
        if self.validator.is_valid(&row) {
            return;
        }
        for error in self.validator.iter_errors(&row) {
            let place = error.instance_path().as_str();
            let column = place.strip_prefix('/').map(|rest| {
                let name = rest.split('/').next().unwrap_or_default();
                Cow::from(name.replace("~1", "/").replace("~0", "~"))
            });
            let nested = place.matches('/').count() > 1;
            match error.kind() {
                Kind::Required { property } if column.is_none() => {
                    found(property.as_str(), Reason::Missing);
                }
                Kind::AdditionalProperties { unexpected }
                | Kind::UnevaluatedProperties { unexpected }
                    if column.is_none() =>
                {
                    unexpected.iter().for_each(|name| found(Some(name), Reason::ExtraColumn));
                }
                kind if nested || column.is_none() => {
                    let _ = kind;
                    found(column.as_deref(), Reason::Schema);
                }
                kind => found(column.as_deref(), reason(kind)),
            }
        }
    }
}

/// The reason of a fault of one column's value.
fn reason(kind: &Kind) -> Reason {
    match kind {
        Kind::Type { .. } => Reason::Type,
        Kind::Minimum { .. }
        | Kind::Maximum { .. }
        | Kind::ExclusiveMinimum { .. }
        | Kind::ExclusiveMaximum { .. } => Reason::Range,
        Kind::MinLength { .. } | Kind::MaxLength { .. } => Reason::Length,
        Kind::Enum { .. } | Kind::Constant { .. } => Reason::Enum,
        kind if kind.keyword() == "pattern" => Reason::Pattern,
        _ => Reason::Schema,
    }
}

/// Refuses the patterns of a schema that need more than linear time, wherever they stand.
fn try_patterns(path: &Path, schema: &Json) -> Result<(), QualityError> {
    let refuse = |text: &str| match Pattern::new(text) {
        Ok(_) => Ok(()),
        Err(fault) => {
            let pattern = text.chars().take(120).collect();
            Err(QualityError::Pattern { path: path.to_owned(), pattern, fault })
        }
    };
    match schema {
        Json::Array(parts) => parts.iter().try_for_each(|part| try_patterns(path, part)),
        Json::Object(keywords) => keywords.iter().try_for_each(|(keyword, value)| {
            match (keyword.as_str(), value) {
                // What stands there is data.
                ("enum" | "const" | "default" | "examples", _) => Ok(()),
                ("pattern", Json::String(text)) => refuse(text),
                ("patternProperties", Json::Object(patterns)) => {
                    patterns.keys().try_for_each(|text| refuse(text))?;
                    patterns.values().try_for_each(|part| try_patterns(path, part))
                }
                // The names of columns are no keywords.
                ("properties" | "$defs" | "dependentSchemas", Json::Object(parts)) => {
                    parts.values().try_for_each(|part| try_patterns(path, part))
                }
                (_, part) => try_patterns(path, part),
            }
        }),
        _ => Ok(()),
    }
}
