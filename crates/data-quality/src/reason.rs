use std::fmt;

/// Why a row is rejected.
///
/// The first nine come from the schema, by keyword; the others are what a table or a line of it
/// has to be before a schema can say anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Reason {
    /// A required value is empty, null or not there.
    Missing,
    /// The value is of another type.
    Type,
    /// The number is below or above its limits.
    Range,
    /// The text is too short or too long.
    Length,
    /// The text does not match its pattern.
    Pattern,
    /// The value is none of those listed.
    Enum,
    /// The row has a value that no column of the schema allows, or more values than the header has
    /// names.
    ExtraColumn,
    /// Another rule of the schema is broken.
    Schema,
    /// The schema allows the value, but no table of interactions can hold it: a movie id with a
    /// character that ends it in the log, a rating that is not 1 to 5, a negative user id.
    Form,
    /// The number does not fit 64 bits with a sign.
    Overflow,
    /// The value is not UTF-8.
    Encoding,
    /// The line has fewer values than the header has names.
    CutLine,
    /// The line has as many values as it should if it is divided by another character.
    WrongDelimiter,
    /// A value holds a line end.
    QuotedNewline,
    /// A quotation mark opens a value that nothing closes, or something follows the closing one.
    Quotes,
    /// The record is longer than 64 KiB.
    LineTooLong,
    /// The line of a JSON Lines file is no JSON object.
    NotJson,
    /// An object of a line has a key twice, so it says two things.
    DuplicateKey,
}

impl Reason {
    /// Every reason, in the order of the documentation.
    pub const ALL: [Self; 18] = [
        Self::Missing,
        Self::Type,
        Self::Range,
        Self::Length,
        Self::Pattern,
        Self::Enum,
        Self::ExtraColumn,
        Self::Schema,
        Self::Form,
        Self::Overflow,
        Self::Encoding,
        Self::CutLine,
        Self::WrongDelimiter,
        Self::QuotedNewline,
        Self::Quotes,
        Self::LineTooLong,
        Self::NotJson,
        Self::DuplicateKey,
    ];

    /// The name used in reports and rejects.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Type => "type",
            Self::Range => "range",
            Self::Length => "length",
            Self::Pattern => "pattern",
            Self::Enum => "enum",
            Self::ExtraColumn => "extra_column",
            Self::Schema => "schema",
            Self::Form => "form",
            Self::Overflow => "overflow",
            Self::Encoding => "encoding",
            Self::CutLine => "cut_line",
            Self::WrongDelimiter => "wrong_delimiter",
            Self::QuotedNewline => "quoted_newline",
            Self::Quotes => "quotes",
            Self::LineTooLong => "line_too_long",
            Self::NotJson => "not_json",
            Self::DuplicateKey => "duplicate_key",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A set of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reasons(u32);

impl Reasons {
    pub(crate) fn add(&mut self, reason: Reason) {
        self.0 |= 1 << reason as u8;
    }

    pub(crate) fn with(mut self, reason: Reason) -> Self {
        self.add(reason);
        self
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn has(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u8) != 0
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |&reason| self.has(reason))
    }
}
