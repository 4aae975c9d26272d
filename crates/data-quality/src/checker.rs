//! One row: repaired, checked by its schema and by what a table of interactions can hold.

use marquee_dataset::{Pool, Pooled, RowBlock, TableFormat};
use marquee_events::{MAX_LINE_BYTES, MovieId};
use serde_json::{Map, Value as Json};
use std::hash::{BuildHasher, Hash, Hasher};

use crate::{
    outcome::{Checked, Column, Fault},
    reason::{Reason, Reasons},
    repair::{Repair, clip},
    schema::RowSchema,
    value::{Types, Value},
};

/// The columns of a table of interactions.
pub(crate) const COLUMNS: [&str; 4] = ["user_id", "movie_id", "rating", "timestamp"];

/// A row: the four columns in order, and further ones with their rule and name.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) four: [Value<'a>; 4],
    pub(crate) others: Vec<Further<'a>>,
    /// Whether values were read from text.
    pub(crate) spelt: bool,
}

/// The value of a further column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Further<'a> {
    /// Its rule in the schema.
    pub(crate) rule: Option<usize>,
    pub(crate) name: &'a str,
    pub(crate) value: Value<'a>,
    /// The same field as text, where the value is another reading of it and the schema speaks of
    /// text too.
    pub(crate) text: Option<&'a str>,
}

/// Checks rows; threads share one.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    pub(crate) schema: &'a RowSchema,
    repair: Repair,
    /// Seconds since 1970: later rows lie in the future.
    now: i64,
    format: TableFormat,
    /// The rules of the four columns.
    rules: [Option<usize>; 4],
    fast: Option<Fast>,
    blocks: Pool<RowBlock>,
    hashes: Pool<Vec<u64>>,
    hasher: foldhash::quality::FixedState,
}

/// What admits nearly every row of a good table in a few comparisons.
#[derive(Debug)]
struct Fast {
    users: (i64, i64),
    ratings: (i64, i64),
    times: (i64, i64),
    /// Bytes, all of ASCII, of which every movie id is good whose length is.
    movie: [bool; 256],
    lengths: (u64, u64),
}

/// A row that is good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Good<'a> {
    pub(crate) user: i64,
    /// Text.
    pub(crate) movie: &'a [u8],
    pub(crate) rating: u8,
    pub(crate) time: i64,
}

impl<'a> Checker<'a> {
    /// Good rows are to go into a file of `format`.
    pub(crate) fn new(
        schema: &'a RowSchema,
        repair: Repair,
        now: i64,
        format: TableFormat,
    ) -> Self {
        let rules = COLUMNS.map(|name| schema.rule(name));
        let mut fast = Fast::new(schema, rules);
        if let (Some(fast), Repair::Clip) = (&mut fast, repair) {
            // Times before are moved.
            fast.times.0 = fast.times.0.max(0);
        }
        Self {
            fast,
            schema,
            repair,
            now,
            format,
            rules,
            blocks: Pool::default(),
            hashes: Pool::default(),
            hasher: foldhash::quality::FixedState::default(),
        }
    }

    /// An empty result for a block.
    pub(crate) fn begin(&self) -> Checked {
        let (mut rows, mut hashes): (Pooled<RowBlock>, Pooled<Vec<u64>>) =
            (self.blocks.take(), self.hashes.take());
        rows.clear();
        hashes.clear();
        Checked::new(rows, hashes)
    }

    /// The result of a block whose rows were all seen.
    pub(crate) fn end(&self, mut checked: Checked) -> Checked {
        checked.rows.prepare(self.format);
        checked
    }

    /// What the fields of the four columns may be, for reading them from text.
    pub(crate) fn types(&self) -> [Types; 4] {
        let of_rule = |place: usize| match self.rules[place].map(|rule| &self.schema.rules[rule]) {
            Some(rule) if rule.types != Types::ANY => rule.types,
            _ if place == 1 => Types::STRING,
            _ => Types::INTEGER,
        };
        let repaired = |place| match self.repair {
            Repair::Clip => of_rule(place).union(Types::NUMBER),
            Repair::None => of_rule(place),
        };
        [of_rule(0), of_rule(1), repaired(2), repaired(3)]
    }

    /// Whether the row is good beyond doubt; if so it is appended. Integers as they stand there.
    #[inline]
    pub(crate) fn admit(
        &self,
        user: i64,
        movie: &[u8],
        rating: i64,
        time: i64,
        checked: &mut Checked,
    ) -> bool {
        let Some(fast) = &self.fast else { return false };
        let within = |value: i64, (first, last)| first <= value && value <= last;
        let length = movie.len() as u64;
        let good = within(user, fast.users)
            & within(rating, fast.ratings)
            & within(time, fast.times)
            & (fast.lengths.0 <= length && length <= fast.lengths.1)
            && movie.iter().fold(true, |all, &byte| all & fast.movie[usize::from(byte)]);
        if good {
            self.append(Good { user, movie, rating: rating as u8, time }, checked);
        }
        good
    }

    /// Checks a row by every rule: it is appended, or its faults come back.
    pub(crate) fn check(&self, mut row: Row<'_>, checked: &mut Checked) -> Vec<Fault> {
        let mut repaired = false;
        if self.repair == Repair::Clip {
            for (place, least, most) in [(2, 1, 5), (3, 0, i64::MAX)] {
                let (value, changed) = clip(row.four[place], least, most, row.spelt);
                row.four[place] = value;
                repaired |= changed;
            }
        }
        let mut faults = self.by_schema(&row);
        if !faults.is_empty() && row.others.iter().any(|other| other.text.is_some()) {
            faults = self.reread(&mut row, faults);
        }
        let good = self.form(&row, &mut faults);
        match good {
            Some(good) if faults.is_empty() => {
                checked.tally.repaired += u64::from(repaired);
                self.append(good, checked);
                Vec::new()
            }
            _ => faults.finish(&row),
        }
    }

    /// What the schema has against a row.
    fn by_schema(&self, row: &Row<'_>) -> Faults {
        let mut faults = Faults::default();
        match &self.schema.whole {
            Some(_) => self.check_whole(row, &mut faults),
            None => self.check_compiled(row, &mut faults),
        }
        faults
    }

    /// Takes fields that are at fault for text where they may be that, and lets stand what is then
    /// none; of the others the first reading and its faults stay.
    fn reread(&self, row: &mut Row<'_>, faults: Faults) -> Faults {
        let named = row.others.iter().any(|it| it.text.is_some() && faults.names(it.name));
        // A fault of the row as a whole may be that of any field.
        if !named && !faults.is_of_row() {
            return faults;
        }
        let mut first = Vec::new();
        for (place, other) in row.others.iter_mut().enumerate() {
            if let Some(text) = other.text
                && (!named || faults.names(other.name))
            {
                first.push((place, other.value));
                other.value = Value::Text(text);
            }
        }
        let second = self.by_schema(row);
        if second.is_empty() {
            return second;
        }
        for (place, value) in first {
            if !named || second.names(row.others[place].name) {
                row.others[place].value = value;
            }
        }
        self.by_schema(row)
    }

    fn check_compiled(&self, row: &Row<'_>, faults: &mut Faults) {
        let rule_of = |rule: Option<usize>| rule.map(|rule| &self.schema.rules[rule]);
        let extra = |value: Value<'_>| match value {
            Value::Absent => Reasons::default(),
            Value::Bytes(_) => Reasons::default().with(Reason::Encoding),
            _ if self.schema.open => Reasons::default(),
            _ => Reasons::default().with(Reason::ExtraColumn),
        };
        let check = |rule: Option<usize>, value| {
            rule_of(rule).map_or_else(|| extra(value), |rule| rule.check(value))
        };
        for (place, &value) in row.four.iter().enumerate() {
            faults.four[place] = check(self.rules[place], value);
        }
        for other in &row.others {
            faults.add_other(other.name, check(other.rule, other.value));
        }
        // Columns that are required and not there at all.
        for (place, rule) in self.schema.rules.iter().enumerate().filter(|(_, rule)| rule.required)
        {
            let given = self.rules.contains(&Some(place))
                || row.others.iter().any(|other| other.rule == Some(place));
            if !given {
                faults.add_other(&rule.name, Reasons::default().with(Reason::Missing));
            }
        }
    }

    fn check_whole(&self, row: &Row<'_>, faults: &mut Faults) {
        let Some(whole) = &self.schema.whole else { return };
        let four = COLUMNS.into_iter().zip(self.rules).zip(row.four);
        let four = four.map(|((name, rule), value)| (name, rule, value));
        let others = row.others.iter().map(|other| (other.name, other.rule, other.value));
        let mut object = Map::new();
        let mut unreadable = Vec::new();
        for (name, rule, value) in four.chain(others) {
            let described = rule.is_some() || !self.schema.others_free;
            let reason = match value {
                Value::Bytes(_) => Some(Reason::Encoding),
                Value::Foreign(_) if described => Some(Reason::Type),
                _ => None,
            };
            if let Some(reason) = reason {
                unreadable.push(name);
                faults.add(Some(name), reason);
            }
            if let Some(json) = value.to_json() {
                object.insert(name.to_owned(), json);
            }
        }
        whole.check(object, &mut |column, reason| {
            if column.is_none_or(|name| !unreadable.contains(&name)) {
                faults.add(column, reason);
            }
        });
    }

    /// The row as a table holds it, and why it could not be held where the schema is content.
    fn form<'r>(&self, row: &Row<'r>, faults: &mut Faults) -> Option<Good<'r>> {
        let integer = |value: Value<'r>| match value {
            Value::Int(int) => Ok(int),
            Value::Float(float) if float.fract() == 0.0 => {
                let within = float.abs() < 9_223_372_036_854_775_808.0;
                if within { Ok(float as i64) } else { Err(Reason::Overflow) }
            }
            Value::Huge(_) => Err(Reason::Overflow),
            Value::Absent | Value::Null => Err(Reason::Missing),
            _ => Err(Reason::Form),
        };
        let user = integer(row.four[0])
            .and_then(|user| if user >= 0 { Ok(user) } else { Err(Reason::Form) });
        let movie = match row.four[1] {
            Value::Absent | Value::Null => Err(Reason::Missing),
            Value::Text(id) if MovieId::new(id).is_ok() && id.len() <= MAX_LINE_BYTES => Ok(id),
            _ => Err(Reason::Form),
        };
        let rating = integer(row.four[2]).and_then(|rating| match u8::try_from(rating) {
            Ok(stars @ 1..=5) => Ok(stars),
            _ => Err(Reason::Form),
        });
        let time = integer(row.four[3]);
        let found = [user.err(), movie.err(), rating.err(), time.err()];
        for (reasons, reason) in faults.four.iter_mut().zip(found) {
            if let Some(reason) = reason
                && (reasons.is_empty() || reason == Reason::Overflow)
            {
                reasons.add(reason);
            }
        }
        Some(Good {
            user: user.ok()?,
            movie: movie.ok()?.as_bytes(),
            rating: rating.ok()?,
            time: time.ok()?,
        })
    }

    #[inline]
    fn append(&self, good: Good<'_>, checked: &mut Checked) {
        let Good { user, movie, rating, time } = good;
        checked.rows.push_bytes(user, movie, rating, time);
        let mut hasher = self.hasher.build_hasher();
        (user, time, rating).hash(&mut hasher);
        hasher.write(movie);
        checked.hashes.push(hasher.finish());
        checked.tally.good(rating, time, time > self.now);
    }
}

impl Fast {
    /// `None` where rows need more than this.
    fn new(schema: &RowSchema, rules: [Option<usize>; 4]) -> Option<Self> {
        if schema.whole.is_some() {
            return None;
        }
        // A further column that is required is in no row of four.
        let further = |(place, _): &(usize, _)| !rules.contains(&Some(*place));
        if schema.rules.iter().enumerate().filter(further).any(|(_, rule)| rule.required) {
            return None;
        }
        let mut fast = Self {
            users: (0, i64::MAX),
            ratings: (1, 5),
            times: (i64::MIN, i64::MAX),
            movie: [false; 256],
            lengths: (1, MAX_LINE_BYTES as u64),
        };
        for byte in b'!'..=b'~' {
            fast.movie[usize::from(byte)] = !b"/=,".contains(&byte);
        }
        for (place, rule) in rules.into_iter().enumerate() {
            let rule = match rule {
                Some(rule) => &schema.rules[rule],
                None if schema.open => continue,
                None => return None,
            };
            let wanted = if place == 1 { Types::STRING } else { Types::INTEGER };
            let number = Types::NUMBER;
            let typed = rule.types.meets(wanted) || (place != 1 && rule.types.meets(number));
            if !typed || !rule.is_plain() {
                return None;
            }
            let (first, last) = rule.integers();
            let narrow = |range: (i64, i64)| (range.0.max(first), range.1.min(last));
            match place {
                0 => fast.users = narrow(fast.users),
                2 => fast.ratings = narrow(fast.ratings),
                3 => fast.times = narrow(fast.times),
                _ => {
                    let (least, most) = fast.lengths;
                    fast.lengths = (least.max(rule.lengths.0), most.min(rule.lengths.1));
                    if let Some(pattern) = &rule.pattern {
                        let plain = pattern.plain()?;
                        for (admitted, plain) in fast.movie.iter_mut().zip(plain) {
                            *admitted &= plain;
                        }
                    }
                }
            }
        }
        Some(fast)
    }
}

/// The faults of a row, by column.
#[derive(Debug, Default)]
struct Faults {
    four: [Reasons; 4],
    others: Vec<(Option<String>, Reasons)>,
}

impl Faults {
    fn is_empty(&self) -> bool {
        self.four.iter().all(|reasons| reasons.is_empty()) && self.others.is_empty()
    }

    /// Whether a further column of this name is at fault.
    fn names(&self, column: &str) -> bool {
        self.others.iter().any(|other| other.0.as_deref() == Some(column))
    }

    /// Whether the row as a whole is at fault.
    fn is_of_row(&self) -> bool {
        self.others.iter().any(|other| other.0.is_none())
    }

    fn add(&mut self, column: Option<&str>, reason: Reason) {
        let place = column.and_then(|name| COLUMNS.iter().position(|&column| column == name));
        match place {
            Some(place) => self.four[place].add(reason),
            None => {
                let reasons = Reasons::default().with(reason);
                let same = |other: &&mut (Option<String>, Reasons)| other.0.as_deref() == column;
                match self.others.iter_mut().find(same) {
                    Some(other) => other.1 = other.1.union(reasons),
                    None => self.others.push((column.map(str::to_owned), reasons)),
                }
            }
        }
    }

    fn add_other(&mut self, name: &str, reasons: Reasons) {
        reasons.iter().for_each(|reason| self.add(Some(name), reason));
    }

    /// One fault for each column and reason, with the column's value.
    fn finish(self, row: &Row<'_>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut add = |column: Option<Column>, reasons: Reasons, value: Option<Value<'_>>| {
            for reason in reasons.iter() {
                let value = value.and_then(Value::to_json).map(shown);
                faults.push(Fault { column: column.clone(), reason, value });
            }
        };
        for ((name, reasons), value) in COLUMNS.into_iter().zip(self.four).zip(row.four) {
            add(Some(Column::Borrowed(name)), reasons, Some(value));
        }
        for (column, reasons) in &self.others {
            let same = |other: &&Further<'_>| Some(other.name) == column.as_deref();
            let value = row.others.iter().find(same).map(|other| other.value);
            add(column.clone().map(Column::Owned), *reasons, value);
        }
        faults
    }
}

/// A value for people, cut to 80 characters.
fn shown(value: Json) -> String {
    match value {
        Json::String(text) => text.chars().take(80).collect(),
        other => other.to_string().chars().take(80).collect(),
    }
}
