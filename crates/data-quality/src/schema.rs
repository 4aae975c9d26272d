//! The schema of a row, compiled.

mod column;
mod number;
mod reading;
mod whole;

use std::path::{Path, PathBuf};

pub(crate) use column::ColumnRule;
pub(crate) use number::Exact;
use serde_json::{Map, Value as Json};
pub(crate) use whole::WholeRow;

use crate::{
    QualityError,
    reason::{Reason, Reasons},
    unique::parse_json,
    value::{Types, Value},
};

/// The schema of a row: a JSON Schema of draft 2020-12 of objects whose keys are the columns.
///
/// What is said of single columns (`type`, `minimum`, `maximum`, `exclusiveMinimum`,
/// `exclusiveMaximum`, `minLength`, `maxLength`, `pattern`, `enum`, `const`), `required` and
/// `additionalProperties` as true or false is compiled once. A schema that says anything else is
/// given to the `jsonschema` crate, row by row, with the same verdicts, at a tenth of the speed.
/// `format` is an annotation, as the draft has it. Nothing is fetched: references lead within the
/// schema.
#[derive(Debug)]
pub struct RowSchema {
    path: PathBuf,
    pub(crate) rules: Vec<ColumnRule>,
    /// Whether columns without a rule are allowed.
    pub(crate) open: bool,
    /// Whether nothing but `additionalProperties` speaks of columns without a rule.
    pub(crate) others_free: bool,
    json: Json,
    /// Where the rules do not say everything, the schema as a whole.
    pub(crate) whole: Option<WholeRow>,
}

/// Keywords that say nothing about a value.
const ANNOTATIONS: [&str; 11] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
];

/// Keywords of a row that say nothing about the value of a column.
const OF_NO_COLUMN: [&str; 5] =
    ["$defs", "definitions", "minProperties", "maxProperties", "dependentRequired"];

impl RowSchema {
    /// Reads a schema file.
    ///
    /// # Errors
    /// [`QualityError`] when the file cannot be read, has a key twice in one object, is no JSON
    /// Schema of draft 2020-12, refers to another file, or has a pattern that needs more than linear
    /// time.
    pub fn read(path: &Path) -> Result<Self, QualityError> {
        let text = fs_err::read(path).map_err(QualityError::io)?;
        let (schema, twice) = parse_json(&text)
            .map_err(|source| QualityError::NotJson { path: path.to_owned(), source })?;
        if let Some(key) = twice {
            let problem = format!("key {key:?} is there twice in one object; keep one of the two");
            return Err(QualityError::Schema { path: path.to_owned(), problem });
        }
        Self::new(path, &schema)
    }

    /// The schema of that value; `path` names it in messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn new(path: &Path, schema: &Json) -> Result<Self, QualityError> {
        Self::build(path, schema, false)
    }

    /// The same schema with nothing compiled, for comparison: every row goes through the
    /// `jsonschema` crate.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn uncompiled(path: &Path, schema: &Json) -> Result<Self, QualityError> {
        Self::build(path, schema, true)
    }

    fn build(path: &Path, schema: &Json, uncompiled: bool) -> Result<Self, QualityError> {
        const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
        let fault = |problem: String| QualityError::Schema { path: path.to_owned(), problem };
        let Some(object) = schema.as_object() else {
            return Err(fault(String::from("a schema of rows is a JSON object")));
        };
        if let Some(draft) = object.get("$schema")
            && draft.as_str().is_none_or(|name| name.trim_end_matches('#') != DRAFT)
        {
            return Err(fault(format!("$schema is {draft}; this program reads {DRAFT}")));
        }
        // Of a whole schema it is known that it is one: its keywords have the types they must.
        let whole = WholeRow::new(path, schema)?;
        let compiled = Compiled::of(path, object)?;
        let (rules, open, others_free) = (compiled.rules, compiled.open, compiled.others_free);
        let json = schema.clone();
        let whole = (uncompiled || !compiled.covers_all).then_some(whole);
        Ok(Self { path: path.to_owned(), rules, open, others_free, json, whole })
    }

    /// Where the schema was read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether all of the schema is compiled.
    #[must_use]
    pub fn is_compiled(&self) -> bool {
        self.whole.is_none()
    }

    /// Every reason to reject a row, given as a JSON object: the column and the reason.
    ///
    /// The verdict is that of the schema alone, which is none about what a table can hold.
    #[must_use]
    pub fn check(&self, row: &Map<String, Json>) -> Vec<(Option<String>, Reason)> {
        let mut found = Vec::new();
        let mut add = |column: Option<&str>, reasons: Reasons| {
            found.extend(reasons.iter().map(|reason| (column.map(str::to_owned), reason)));
        };
        if let Some(whole) = &self.whole {
            whole.check(row.clone(), &mut |column, reason| {
                add(column, Reasons::default().with(reason));
            });
        } else {
            for rule in &self.rules {
                let value = row.get(&rule.name).map_or(Value::Absent, Value::of_json);
                add(Some(&rule.name), rule.check(value));
            }
            for name in row.keys().filter(|_| !self.open) {
                if self.rule(name).is_none() {
                    add(Some(name), Reasons::default().with(Reason::ExtraColumn));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// What a field of text in this column may be read as.
    pub(crate) fn field_types(&self, column: &str) -> Types {
        reading::field_types(&self.json, column)
    }

    /// The place of a column's rule.
    pub(crate) fn rule(&self, name: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.name == name)
    }
}

/// What of a schema is compiled.
struct Compiled {
    rules: Vec<ColumnRule>,
    open: bool,
    others_free: bool,
    covers_all: bool,
}

impl Compiled {
    fn of(path: &Path, schema: &Map<String, Json>) -> Result<Self, QualityError> {
        let mut compiled =
            Self { rules: Vec::new(), open: true, others_free: true, covers_all: true };
        let none = Map::new();
        let columns = schema.get("properties").and_then(Json::as_object).unwrap_or(&none);
        for (name, schema) in columns {
            let (rule, covered) = ColumnRule::new(path, name, schema)?;
            compiled.covers_all &= covered;
            compiled.rules.push(rule);
        }
        for (keyword, value) in schema {
            match (keyword.as_str(), value) {
                ("properties", _) => {}
                ("type", Json::String(name)) if name == "object" => {}
                ("additionalProperties", Json::Bool(open)) => compiled.open = *open,
                ("required", Json::Array(names)) => {
                    for name in names.iter().filter_map(Json::as_str) {
                        compiled.require(name);
                    }
                }
                (keyword, _) if ANNOTATIONS.contains(&keyword) => {}
                (keyword, _) => {
                    compiled.covers_all = false;
                    compiled.others_free &= OF_NO_COLUMN.contains(&keyword);
                }
            }
        }
        // A column that is required and not described is still not allowed where others are not.
        let described = |rule: &ColumnRule| columns.contains_key(&rule.name);
        compiled.covers_all &= compiled.open || compiled.rules.iter().all(described);
        Ok(compiled)
    }

    fn require(&mut self, name: &str) {
        match self.rules.iter_mut().find(|rule| rule.name == name) {
            Some(rule) => rule.required = true,
            None => {
                let mut rule = ColumnRule::any(name);
                rule.required = true;
                self.rules.push(rule);
            }
        }
    }
}
