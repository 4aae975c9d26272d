//! A table with faults of twelve kinds at known places.

use std::collections::BTreeMap;

/// What should come of the table.
pub(crate) struct Seeded {
    /// The csv file.
    pub(crate) bytes: Vec<u8>,
    /// Rows, good and bad.
    pub(crate) rows: u64,
    /// The lines of bad rows, with one reason that must be among theirs.
    pub(crate) bad: BTreeMap<u64, &'static str>,
    /// Rows that repeat an earlier one, and rows in the future: both are good.
    pub(crate) repeated: u64,
    /// See `repeated`.
    pub(crate) future: u64,
    /// Faults planted, by kind.
    pub(crate) kinds: BTreeMap<&'static str, u64>,
}

/// Kinds of faults that make a row bad: name, row, reason.
const BAD: [(&str, &[u8], &str); 22] = [
    ("type", b"12.0,the+film+1999,3,1700000000\n", "user_id:type"),
    ("type", b"12,the+film+1999,five,1700000000\n", "rating:type"),
    ("type", b"12,the+film+1999,3,yesterday\n", "timestamp:type"),
    ("range", b"-12,the+film+1999,3,1700000000\n", "user_id:range"),
    ("range", b"12,the+film+1999,6,1700000000\n", "rating:range"),
    ("range", b"12,the+film+1999,0,1700000000\n", "rating:range"),
    ("pattern", b"12,the film 1999,3,1700000000\n", "movie_id:pattern"),
    ("pattern", b"12,the/film=1999,3,1700000000\n", "movie_id:pattern"),
    ("missing", b",the+film+1999,3,1700000000\n", "user_id:missing"),
    ("missing", b"12,,3,1700000000\n", "movie_id:missing"),
    ("missing", b"12,the+film+1999,3,\n", "timestamp:missing"),
    ("encoding", b"12,the+f\xeflm+1999,3,1700000000\n", "movie_id:encoding"),
    ("encoding", b"1\xff2,the+film+1999,3,1700000000\n", "user_id:encoding"),
    ("cut line", b"12,the+fi\n", "cut_line"),
    ("cut line", b"12,\"the+fi\n", "quotes"),
    ("wrong delimiter", b"12;the+film+1999;3;1700000000\n", "wrong_delimiter"),
    ("wrong delimiter", b"12\tthe+film+1999\t3\t1700000000\n", "wrong_delimiter"),
    ("extra column", b"12,the+film+1999,3,1700000000,7\n", "extra_column"),
    ("id overflow", b"9223372036854775808,the+film+1999,3,1700000000\n", "user_id:overflow"),
    ("id overflow", b"99999999999999999999999,the+film+1999,3,1700000000\n", "user_id:overflow"),
    ("quoted newline", b"12,\"the+film\n+1999\",3,1700000000\n", "movie_id:quoted_newline"),
    ("quoted newline", b"12,the+film,\"3\n\",1700000000\n", "rating:quoted_newline"),
];

/// A table of some `rows` rows, one in fifty of them with a fault; the same for the same number.
///
/// Times lie before 1,800,000,000, those of rows in the future after.
pub(crate) fn seeded(rows: u64) -> Seeded {
    let mut seeded = Seeded {
        bytes: b"user_id,movie_id,rating,timestamp\n".to_vec(),
        rows: 0,
        bad: BTreeMap::new(),
        repeated: 0,
        future: 0,
        kinds: BTreeMap::new(),
    };
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut line = 2;
    let mut last = String::new();
    while seeded.rows < rows {
        let row = seeded.rows;
        seeded.rows += 1;
        let kind = random.below(50 * (BAD.len() as u64 + 2)) as usize;
        if let Some((name, bytes, reason)) = BAD.get(kind) {
            *seeded.kinds.entry(name).or_default() += 1;
            seeded.bad.insert(line, reason);
            seeded.bytes.extend_from_slice(bytes);
            line += bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
            continue;
        }
        let mut text = last.clone();
        let name = match kind {
            22 if !last.is_empty() => {
                seeded.repeated += 1;
                "duplicate"
            }
            23 => {
                seeded.future += 1;
                text = format!("{row},the+film+{},3,{}\n", random.below(900), 1_900_000_000 + row);
                "time in the future"
            }
            _ => {
                text = good_row(row, &mut random);
                ""
            }
        };
        if !name.is_empty() {
            *seeded.kinds.entry(name).or_default() += 1;
        }
        seeded.bytes.extend_from_slice(text.as_bytes());
        last.clear();
        if name.is_empty() {
            last = text;
        }
        line += 1;
    }
    seeded
}

/// Rows as they are, in all the forms that are right; every one is another.
fn good_row(row: u64, random: &mut Random) -> String {
    let (film, rating) = (random.below(900), 1 + random.below(5));
    let time = 1_600_000_000 + row;
    match random.below(40) {
        0 => format!("{row},\"the+film+{film}\",{rating},{time}\n"),
        1 => format!("{row},am\u{e9}lie+{film},{rating},{time}\n"),
        2 => format!("{row},m*a*s*h+{film},{rating},{time}\r\n"),
        3 => format!("\"{row}\",\"it's+\"\"the\"\"+film\",\"{rating}\",\"{time}\"\n"),
        4 => format!("{row},half\"quoted+{film},{rating},{time}\n"),
        _ => format!("{row},the+film+{film},{rating},{time}\n"),
    }
}

/// Numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }
}
