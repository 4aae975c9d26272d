use std::{borrow::Cow, path::Path};

use super::{
    csv_blocks::line_end,
    quoted::{self, Quoted},
};
use crate::{QualityError, checker::COLUMNS, schema::RowSchema, value::Types};

/// The columns of a table.
#[derive(Debug)]
pub(crate) struct Header {
    /// Where the four columns stand.
    pub(crate) places: [usize; 4],
    /// The others.
    pub(crate) others: Vec<Other>,
    /// Number of columns.
    pub(crate) width: usize,
}

/// A column beside the four.
#[derive(Debug)]
pub(crate) struct Other {
    pub(crate) place: usize,
    pub(crate) name: String,
    /// Its rule in the schema.
    pub(crate) rule: Option<usize>,
    /// What its fields may be.
    pub(crate) types: Types,
}

/// Characters that divide values in tables that are called csv all the same.
pub(crate) const OTHER_DELIMITERS: [u8; 3] = [b';', b'\t', b'|'];

impl Header {
    /// The header of a csv file, and where its records start.
    pub(crate) fn of_csv(
        path: &Path,
        text: &[u8],
        schema: &RowSchema,
    ) -> Result<(Self, usize), QualityError> {
        let start = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let line = &text[start..line_end(text, start)];
        let (names, end) = match quoted::record(text, start, 0, true) {
            Quoted::Record { fields, end } => (fields, end),
            _ => {
                let names = line.split(|&byte| byte == b',').map(Cow::Borrowed).collect();
                (names, start + line.len())
            }
        };
        let names: Vec<String> =
            names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let divided = OTHER_DELIMITERS.into_iter().find(|&delimiter| {
            let names: Vec<&[u8]> = line.split(|&byte| byte == delimiter).collect();
            COLUMNS
                .iter()
                .all(|column| names.iter().any(|name| name.trim_ascii() == column.as_bytes()))
        });
        let hint = divided.map(|delimiter| {
            let delimiter = char::from(delimiter).escape_debug();
            format!("values are divided by '{delimiter}', not by ','; write it with commas")
        });
        Ok((Self::new(path, &names, schema, hint.as_deref())?, end))
    }

    /// The columns of that name.
    pub(crate) fn new(
        path: &Path,
        names: &[String],
        schema: &RowSchema,
        hint: Option<&str>,
    ) -> Result<Self, QualityError> {
        let refuse = |problem| QualityError::NotATable { path: path.to_owned(), problem };
        if let Some(twice) = (1..names.len()).find(|&place| names[..place].contains(&names[place]))
        {
            return Err(refuse(format!("column {:?} is there twice", names[twice])));
        }
        let mut places = [0; 4];
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            *place = names.iter().position(|name| name == column).ok_or_else(|| {
                let shown =
                    |name: &String| name.chars().take(40).flat_map(char::escape_debug).collect();
                let found: Vec<String> = names.iter().take(20).map(shown).collect();
                let otherwise = || {
                    let (found, expected) = (found.join(", "), COLUMNS.join(", "));
                    format!("no column {column:?} (it has {found}); expected {expected}")
                };
                refuse(hint.map_or_else(otherwise, str::to_owned))
            })?;
        }
        let others = names.iter().enumerate().filter(|(place, _)| !places.contains(place));
        let others = others.map(|(place, name)| {
            let rule = schema.rule(name);
            Other { place, name: name.clone(), rule, types: schema.field_types(name) }
        });
        Ok(Self { places, others: others.collect(), width: names.len() })
    }
}
