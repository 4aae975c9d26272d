//! Fills a store and tells what it takes, in memory and on disk, as a line of JSON.
//!
//! usage: memory USERS FILMS_PER_USER [FOLDER]
//!
//! Users take turns event by event, so that their lists grow as in a stream, on 27,000 films. Keys of
//! the line: `rss_before`, `rss_after` (anonymous resident bytes), `bytes_per_user`, `estimate`
//! (`memory_bytes`), `apply_seconds`, `snapshot_seconds`, `write_seconds`, `load_seconds`,
//! `file_bytes`. The file goes to FOLDER, the folder for temporary files by default, and is deleted.
#![expect(clippy::print_stdout, reason = "an example shows its results")]

use std::{error::Error, time::Instant};

use marquee_events::{Action, Event, MovieId, Timestamp, UserId};
use marquee_live::{LiveConfig, LiveFilms, Position};

const MOVIES: u64 = 27_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "usage: memory USERS FILMS_PER_USER [FOLDER]";
    let users: u64 = args.next().ok_or(usage)?.parse()?;
    let films: u64 = args.next().ok_or(usage)?.parse()?;
    let folder = match args.next() {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let config = LiveConfig {
        films_per_user: films as usize,
        films: (users * films) as usize,
        ..LiveConfig::default()
    };
    let ids: Vec<String> = (0..MOVIES).map(|n| format!("a+film+of+some+name+{n}")).collect();

    let rss_before = resident_bytes()?;
    let live = LiveFilms::new(config)?;
    let start = Instant::now();
    fill(&live, &ids, users, films)?;
    let apply_seconds = start.elapsed().as_secs_f64();
    let rss_after = resident_bytes()?;
    let estimate = live.memory_bytes();

    let path = folder.path().join("live_state.npz");
    let position = Position { topic: "movielog".to_owned(), next: [(0, 1)].into() };
    let start = Instant::now();
    let saved = live.snapshot(&position)?;
    let snapshot_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    saved.write(&path)?;
    let write_seconds = start.elapsed().as_secs_f64();
    let file_bytes = fs_err::metadata(&path)?.len();
    let (users, films) = (live.users(), live.films());
    drop(live);
    let start = Instant::now();
    let (loaded, _) = LiveFilms::load(&path, config)?;
    let load_seconds = start.elapsed().as_secs_f64();
    if (loaded.users(), loaded.films()) != (users, films) {
        return Err("the file holds something else than what was saved".into());
    }

    let bytes_per_user = rss_after.saturating_sub(rss_before) as f64 / users.max(1) as f64;
    println!(
        "{{\"users\":{users},\"films\":{films},\"rss_before\":{rss_before},\
         \"rss_after\":{rss_after},\"bytes_per_user\":{bytes_per_user:.1},\"estimate\":{estimate},\
         \"apply_seconds\":{apply_seconds:.3},\"snapshot_seconds\":{snapshot_seconds:.3},\
         \"write_seconds\":{write_seconds:.3},\"load_seconds\":{load_seconds:.3},\
         \"file_bytes\":{file_bytes}}}"
    );
    Ok(())
}

fn fill(live: &LiveFilms, ids: &[String], users: u64, films: u64) -> Result<(), Box<dyn Error>> {
    for film in 0..films {
        for user in 0..users {
            // Distinct for a user as long as there are no more films than ids.
            let movie = MovieId::new(&ids[((user * 7919 + film) % MOVIES) as usize])?;
            let time = Timestamp::from_unix_seconds(1_725_957_544 + film as i64)?;
            let action = Action::Watch { movie, minute: 0 };
            live.apply(&Event { time, user: UserId::new(user)?, action });
        }
    }
    Ok(())
}

/// Anonymous resident memory of this process, as Linux tells it.
fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let status = fs_err::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.ok_or("no RssAnon in /proc/self/status")?.parse::<u64>()? * 1024)
}
