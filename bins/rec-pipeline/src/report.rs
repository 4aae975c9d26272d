use std::{fmt::Write, path::Path};

use marquee_pipeline::DemoReport;

/// The report of a demo on one screen.
pub(crate) fn text(made: &DemoReport, folder: &Path) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, made, folder);
    text
}

fn write(text: &mut String, made: &DemoReport, folder: &Path) -> std::fmt::Result {
    let log = &made.ingest;
    writeln!(
        text,
        "log        {} lines, {} rows, {} quarantined",
        log.lines, log.rows, log.quarantined
    )?;
    let data = &made.als.manifest.data;
    writeln!(
        text,
        "data set   {} rows of {} users and {} films",
        made.rows, data.unique_users, data.unique_movies
    )?;
    let catalog = &made.catalog;
    writeln!(text, "catalog    {} of {} films", catalog.added, catalog.wanted)?;
    for trained in [&made.als, &made.popgen] {
        let manifest = &trained.manifest;
        let seconds = manifest.metadata.training_seconds;
        writeln!(text, "trained    {} in {seconds:.2} s", manifest.model_version)?;
        let settings = manifest.hyperparameters.iter();
        let settings: Vec<String> =
            settings.map(|(name, value)| format!("{name} {value}").replace('"', "")).collect();
        writeln!(text, "           {}", settings.join(", "))?;
    }
    let users = made.scores.first().map_or(0, |score| score.metrics.evaluated_users);
    writeln!(text, "\nheld out: the last film of {users} users, ranked against all unseen films")?;
    writeln!(text, "{:<12} {:>8} {:>8}", "", "Hit@20", "NDCG@20")?;
    for score in &made.scores {
        if let Some(at) = score.metrics.at_k(20) {
            writeln!(text, "{:<12} {:>8.4} {:>8.4}", score.model, at.hit, at.ndcg)?;
        }
    }
    writeln!(text, "\nuser {} last watched: {}", made.user_id, made.watched.join("; "))?;
    writeln!(text, "ALS recommends:")?;
    for (place, pick) in made.picks.iter().enumerate() {
        writeln!(text, "{:>3}. {:<40} {}", place + 1, pick.title, pick.genres.join(", "))?;
    }
    writeln!(
        text,
        "\nall of it in {:.1} s; models and manifests are in {}",
        made.seconds,
        folder.display()
    )
}
