use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Probability that a watch line is followed by a bad line. Most lines are watch lines, so about
/// 1.5 % of all lines are bad.
const SHARE: f64 = 1.0 / 60.0;

/// Every kind of bad line, as a text with places for the fields of a good watch line.
///
/// `{spaced}` is the movie id with a space in it, `{split}` the time with one, `{month}` a time in
/// a thirteenth month, `{hour}` one in a twenty-fifth hour, `{cut}` the line up to anywhere, and
/// [`NOT_UTF8`] a byte that is not UTF-8. Kinds of one reason stand apart, so that a short log
/// holds many reasons.
const KINDS: [&str; 32] = [
    "{time},{user},GET /data/m/{spaced}/{minute}.mpg",
    "{split},{user},GET /data/m/{movie}/{minute}.mpg",
    "{time},{user},GET /rate/{movie}=15",
    "{time},,GET /data/m/{movie}/{minute}.mpg",
    "{cut}",
    "{time},{user},GET /data/m/caf\u{fffd}+{movie}/{minute}.mpg",
    "{time},{user},GET /data/m/{movie}/{minute}x.mpg",
    "{time},{user},GET /trailer/{movie}",
    "",
    "{time},{user},recommendation request server:8082, status OK, result: {movie}, 38 ms",
    "{time},{user},GET /data/m/{movie}/{minute}",
    "{time},{user}",
    "{month},{user},GET /data/m/{movie}/{minute}.mpg",
    "{time},{user},GET /rate/{movie}=4.5",
    "{time},-{user},GET /data/m/{movie}/{minute}.mpg",
    "{time},{user},GET /data/m//{minute}.mpg",
    "{time},{user},GET /health",
    "{time},{user},GET /data/m/{movie}/-{minute}.mpg",
    "{time},{user},recommendation request server:8082, status 200, result: {movie}",
    "{hour},{user},GET /data/m/{movie}/{minute}.mpg",
    "{time},{user},GET /rate/{movie}=0",
    "{time},+{user},GET /data/m/{movie}/{minute}.mpg",
    "{time},{user},recommendation request server:8082, status 200, result: {spaced}, 38 ms",
    "{time},{user}\u{fffd},GET /data/m/{movie}/{minute}.mpg",
    "{time},{user},recommendation request /recommend/{user}, status 200, variant=als_model, \
     bucket=1.700000, result: {movie}, 9 ms",
    ",{user},GET /data/m/{movie}/{minute}.mpg",
    "{time},9223372036854775808,GET /data/m/{movie}/{minute}.mpg",
    "{time},{user},GET /rate/{movie}=",
    "{time},{user},",
    "{time},{user},recommendation request server:8082, status 200, result: {movie}, ms",
    "{time},{user},recommendation request /recommend/{user}, status 200, variant=, \
     bucket=0.500000, result: {movie}, 9 ms",
    "{time},{user},POST /rate/{movie}=5",
];

/// Stands for a byte of Latin-1, which is what such bytes in real logs are.
const NOT_UTF8: &str = "\u{fffd}";
const LATIN_1_BYTE: u8 = 0xe9;

/// Makes lines no reader may accept, of every kind in turn.
#[derive(Debug)]
pub(crate) struct Dirt {
    rng: ChaCha8Rng,
    next_kind: usize,
}

impl Dirt {
    pub(crate) fn new(rng: ChaCha8Rng) -> Self {
        Self { rng, next_kind: 0 }
    }

    /// Now and then a bad line made of a good watch line; both with their line feed.
    pub(crate) fn after(&mut self, watch: &[u8]) -> Option<Vec<u8>> {
        if !self.rng.random_bool(SHARE) {
            return None;
        }
        let line = str::from_utf8(watch).ok()?.trim_end_matches('\n');
        let (time, rest) = line.split_once(',')?;
        let (user, request) = rest.split_once(',')?;
        let path = request.strip_prefix("GET /data/m/")?.strip_suffix(".mpg")?;
        let (movie, minute) = path.rsplit_once('/')?;
        let end = line.floor_char_boundary(self.rng.random_range(1..line.len()));
        let kind = KINDS[self.next_kind % KINDS.len()];
        self.next_kind += 1;
        let bad = kind
            .replace("{split}", &time.replacen(':', " :", 1))
            .replace("{month}", &format!("{}-13{}", &time[..4], &time[7..]))
            .replace("{hour}", &format!("{}T25{}", &time[..10], &time[13..]))
            .replace("{spaced}", &movie.replacen('+', " +", 1))
            .replace("{cut}", &line[..end])
            .replace("{time}", time)
            .replace("{user}", user)
            .replace("{movie}", movie)
            .replace("{minute}", minute);
        Some(to_bytes(&bad))
    }
}

/// The text's bytes and a line feed.
fn to_bytes(text: &str) -> Vec<u8> {
    let mut parts = text.split(NOT_UTF8);
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        bytes.push(LATIN_1_BYTE);
        bytes.extend(part.bytes());
    }
    bytes.push(b'\n');
    bytes
}
