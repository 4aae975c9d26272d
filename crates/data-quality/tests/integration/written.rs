use std::io::Cursor;

use marquee_catalog::{Catalog, build, read_records};
use marquee_dataset::{
    EventsWriter, IngestOutputs, Interactions, InteractionsWriter, LogSource, NoProgress, ingest,
    read_interactions,
};
use marquee_synth::{Synth, SynthConfig};
use serde_json::Value;

use crate::{Run, bundled, run};

fn synth() -> Synth {
    let config =
        SynthConfig { users: 80, movies: 60, sessions: 500, dirty: true, ..SynthConfig::default() };
    Synth::new(config).unwrap()
}

/// What `log-ingest` makes of a log with bad lines in it, and of the lines given.
fn ingested(folder: &Run, name: &str, lines: &str) {
    let mut log = Vec::new();
    synth().write_log(&mut log).unwrap();
    log.extend_from_slice(lines.as_bytes());
    let outputs = IngestOutputs { interactions: folder.path(name), ..IngestOutputs::default() };
    ingest(vec![LogSource::from_reader("log", Cursor::new(log))], &outputs, &mut NoProgress)
        .unwrap();
}

#[test]
fn every_row_of_an_ingest_passes_the_bundled_schema() {
    // Ids at the borders of what the log allows, and a time before 1970.
    let lines = "2024-01-01T00:00,0,GET /rate/\u{feff}é*'\"+=5\n\
                 1960-01-01T00:00:00,9223372036854775807,GET /data/m/~.+/0.mpg\n";
    for name in ["in.csv", "in.parquet"] {
        let folder = Run::new();
        ingested(&folder, name, lines);
        let mut job = folder.job_on(&folder.path(name));
        job.repair = marquee_data_quality::Repair::None;
        let report = run(&job).unwrap();
        assert!(report.clean_rows > 1_000);
        assert_eq!((report.reject_rows, &report.examples[..]), (0, &[][..]), "{name}");
        let table = read_interactions(&folder.path(name), &mut NoProgress).unwrap();
        let clean = read_interactions(&job.out, &mut NoProgress).unwrap();
        assert_eq!(clean, table);
    }
}

#[test]
fn what_passes_can_be_read_as_a_table() {
    let folder = Run::new();
    let text = crate::seed::seeded(5_000).bytes;
    let job = folder.job("in.csv", text);
    let report = run(&job).unwrap();
    let table = read_interactions(&job.out, &mut NoProgress).unwrap();
    assert_eq!(table.len() as u64, report.clean_rows);
}

#[test]
fn a_built_catalog_passes_the_bundled_schema() {
    let folder = Run::new();
    let mut records = Vec::new();
    synth().write_movies(&mut records).unwrap();
    records.extend_from_slice(b"{\"id\": \"bare+2001\", \"title\": \"Bare\", \"genres\": null}\n");
    records
        .extend_from_slice(b"{\"id\": \"named+2002\", \"title\": \"\", \"genres\": [\"Drama\"]}\n");
    fs_err::write(folder.path("movies.jsonl"), records).unwrap();
    let (records, problems) = read_records(&folder.path("movies.jsonl")).unwrap();
    let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
    let mut catalog = Catalog::default();
    build(&mut catalog, ids.iter().map(String::as_str), records, problems);
    assert_eq!(catalog.len(), 62);
    let mut text = Vec::new();
    catalog.write(&mut text).unwrap();
    let schema = fs_err::read(bundled("movie_catalog.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let catalog: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(validator.iter_errors(&catalog).count(), 0);
    let mut wrong = catalog;
    wrong["bare+2001"].as_object_mut().unwrap().remove("genres");
    assert!(!validator.is_valid(&wrong), "catalogs are written with genres, be there any or not");
}

#[test]
fn tables_of_events_are_told_apart() {
    let folder = Run::new();
    let writer = EventsWriter::create(&folder.path("events.parquet")).unwrap();
    writer.finish().unwrap().commit().unwrap();
    let error = run(&folder.job_on(&folder.path("events.parquet"))).unwrap_err();
    assert!(crate::said(&error).contains("no column \"rating\""));
    let mut writer = InteractionsWriter::create(&folder.path("in.parquet")).unwrap();
    writer.append(&Interactions::default()).unwrap();
    writer.finish().unwrap().commit().unwrap();
    let report = run(&folder.job_on(&folder.path("in.parquet"))).unwrap();
    assert_eq!((report.input_rows, report.passed), (0, false));
}
