use std::{cell::Cell, collections::HashMap, path::Path};

use arrow::{
    array::AsArray,
    datatypes::{DataType, Float32Type, Int32Type, Int64Type},
};
use marquee_als::{Factors, Matrix, write_npz};
use marquee_catalog::Catalog;
use marquee_dataset::{
    DatasetError, MovieVocabulary, NoProgress, Progress, StagedFile, UserVocabulary, write_seen,
};
use marquee_pipeline::{
    AlsRecommender, PipelineError, RecommendJob, RecommendSummary, RecommendationsFile,
    films_of_genres,
};
use marquee_recommender::{ItemRow, SeenItems};
use parquet::{
    arrow::arrow_reader::ParquetRecordBatchReaderBuilder, file::metadata::RowGroupMetaData,
};

use crate::Workplace;

fn trained() -> Workplace {
    let place = Workplace::new();
    place.train_als("v1").unwrap();
    place
}

fn job(place: &Workplace) -> RecommendJob {
    RecommendJob { artifact_dir: place.0.path().to_owned(), ..RecommendJob::default() }
}

fn write(job: &RecommendJob, out: &Path) -> Result<RecommendSummary, PipelineError> {
    let file = RecommendationsFile::create(out)?;
    AlsRecommender::load(job)?.write_all(file, &mut NoProgress)
}

type Row = (u64, u32, String, f32);

fn csv_rows(path: &Path) -> Vec<Row> {
    let text = fs_err::read_to_string(path).unwrap();
    let (header, lines) = text.split_once('\n').unwrap();
    assert_eq!(header, "user_id,rank,movie_id,score");
    lines
        .lines()
        .map(|line| {
            let values: Vec<&str> = line.split(',').collect();
            let [user, rank, movie, score] = values[..] else { panic!("{line}") };
            (user.parse().unwrap(), rank.parse().unwrap(), movie.into(), score.parse().unwrap())
        })
        .collect()
}

/// The rows of a Parquet file and how many are in each row group.
fn parquet_rows(path: &Path) -> (Vec<Row>, Vec<i64>) {
    let file = fs_err::File::open(path).unwrap().into_parts().0;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let expected = [
        ("user_id", DataType::Int64),
        ("rank", DataType::Int32),
        ("movie_id", text),
        ("score", DataType::Float32),
    ];
    let fields = builder.schema().fields().iter();
    let found: Vec<_> = fields.map(|f| (f.name().as_str(), f.data_type().clone())).collect();
    assert_eq!(found, expected);
    let groups = builder.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect();
    let mut rows = Vec::new();
    for batch in builder.build().unwrap() {
        let batch = batch.unwrap();
        let users = batch.column(0).as_primitive::<Int64Type>().values();
        let ranks = batch.column(1).as_primitive::<Int32Type>().values();
        let movies = batch.column(2).as_dictionary::<Int32Type>();
        let names = movies.values().as_string::<i32>();
        let scores = batch.column(3).as_primitive::<Float32Type>().values();
        for row in 0..batch.num_rows() {
            let name = names.value(movies.keys().value(row) as usize);
            rows.push((users[row] as u64, ranks[row] as u32, name.to_owned(), scores[row]));
        }
    }
    (rows, groups)
}

#[test]
fn everybody_is_in_the_file_in_order_with_the_list_of_one() {
    let place = trained();
    let job = RecommendJob { k: 4, ..job(&place) };
    let summary = write(&job, &place.path("all.csv")).unwrap();
    let recommender = AlsRecommender::load(&job).unwrap();
    assert_eq!(recommender.notes(), [] as [String; 0]);
    let mut expected = Vec::new();
    // 2 comes before 10, whatever the rows of the model.
    for user in 0..20 {
        let one = recommender.of_user(user);
        assert_eq!((one.source, one.model_version), (Some("als"), Some("v1")));
        assert_eq!(one.items.len(), 4, "user {user}");
        for (place, film) in one.items.iter().enumerate() {
            expected.push((user, place as u32 + 1, film.movie_id.to_owned(), film.score));
        }
    }
    assert_eq!(csv_rows(&place.path("all.csv")), expected);
    assert_eq!(expected[16].2, "film+04", "user 4 watched all even films but this");
    let parquet = write(&job, &place.path("all.parquet")).unwrap();
    assert_eq!(parquet_rows(&place.path("all.parquet")), (expected, vec![80]));
    for (summary, name) in [(&summary, "all.csv"), (&parquet, "all.parquet")] {
        let bytes = fs_err::metadata(place.path(name)).unwrap().len();
        let digest = marquee_dataset::FileDigest::of(&place.path(name)).unwrap();
        let json = serde_json::to_value(summary).unwrap();
        let again: RecommendSummary = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(&again, summary);
        let expected = serde_json::json!({
            "model_version": "v1", "users": 20, "users_without_list": 0, "rows": 80, "k": 4,
            "include_seen": false, "banned": null, "candidates": null, "unknown_movie_ids": 0,
            "out": place.path(name), "bytes": bytes, "sha256": digest.sha256,
            "seconds": summary.seconds,
        });
        assert_eq!(json, expected);
    }
}

#[test]
fn somebody_unknown_gets_nothing_from_nobody() {
    let place = trained();
    let recommender = AlsRecommender::load(&job(&place)).unwrap();
    let nobody = serde_json::to_value(recommender.of_user(999)).unwrap();
    let expected =
        serde_json::json!({"user_id": 999, "source": null, "model_version": null, "items": []});
    assert_eq!(nobody, expected);
}

#[test]
fn lists_and_genres_choose_the_films() {
    let place = trained();
    fs_err::write(place.path("ban.txt"), "\u{feff}film+04\r\n\n  film+06  \nno+such+film\n")
        .unwrap();
    let few = "film+01\nfilm+04\nfilm+06\nfilm+08\nfilm+08\nelse\nelse\nother\n";
    fs_err::write(place.path("few.txt"), few).unwrap();
    let drama = || vec!["Drama".to_owned()];
    let ids = |job: &RecommendJob| -> Vec<String> {
        let recommender = AlsRecommender::load(job).unwrap();
        let list = recommender.of_user(4);
        assert_eq!(list.source, Some("als"));
        let mut ids: Vec<String> = list.items.iter().map(|film| film.movie_id.into()).collect();
        ids.sort();
        ids
    };
    let include_seen = RecommendJob { include_seen: true, ..job(&place) };
    let banned = RecommendJob { ban: Some(place.path("ban.txt")), ..include_seen.clone() };
    assert_eq!(ids(&include_seen).len(), 12);
    assert!(ids(&banned).len() == 10 && !ids(&banned).contains(&"film+04".to_owned()));
    let listed = RecommendJob { candidates: Some(place.path("few.txt")), ..include_seen.clone() };
    assert_eq!(ids(&listed), ["film+01", "film+04", "film+06", "film+08"]);
    let dramas = RecommendJob { genres: drama(), ..include_seen.clone() };
    assert_eq!(ids(&dramas).len(), 6, "films of even numbers");
    let any = RecommendJob { genres: vec!["Comedy".into(), "Drama".into()], ..dramas.clone() };
    assert_eq!(ids(&any).len(), 12);
    let all = RecommendJob { genres: drama(), ban: banned.ban.clone(), ..listed };
    assert_eq!(ids(&all), ["film+08"]);
    assert_eq!(ids(&RecommendJob { include_seen: false, ..all.clone() }), [] as [&str; 0], "seen");

    let recommender = AlsRecommender::load(&all).unwrap();
    let notes = recommender.notes().join("\n");
    assert!(notes.contains("ban.txt: 1 movie ids are not in the model"), "{notes}");
    assert!(
        notes.contains("few.txt: 2 movie ids are not in the model, such as \"else\""),
        "{notes}"
    );
    let summary = write(&all, &place.path("all.csv")).unwrap();
    assert_eq!((summary.banned, summary.candidates), (Some(2), Some(3)));
    assert_eq!((summary.unknown_movie_ids, summary.rows), (3, 20));
}

#[test]
fn no_film_to_choose_from_is_told_and_makes_an_empty_file() {
    let place = trained();
    fs_err::write(place.path("none.txt"), "").unwrap();
    let job = RecommendJob { candidates: Some(place.path("none.txt")), ..job(&place) };
    for name in ["none.csv", "none.parquet"] {
        let summary = write(&job, &place.path(name)).unwrap();
        assert_eq!((summary.rows, summary.users_without_list), (0, 20));
    }
    assert_eq!(csv_rows(&place.path("none.csv")), []);
    assert_eq!(parquet_rows(&place.path("none.parquet")).0, []);
    let recommender = AlsRecommender::load(&job).unwrap();
    assert!(recommender.notes()[0].contains("no film"), "{:?}", recommender.notes());
}

#[test]
fn a_genre_that_is_not_there_is_told_from_those_that_are() {
    let place = trained();
    let catalog = Catalog::read(&place.path("movie_catalog.json")).unwrap();
    let ids = ["film+00", "film+01", "elsewhere", "film+02"];
    let films = films_of_genres(&catalog, ids, &["Drama"]).unwrap();
    assert_eq!(films.iter().collect::<Vec<_>>(), [ItemRow(0), ItemRow(3)]);
    assert!(films_of_genres(&catalog, ids, &[] as &[&str]).unwrap().is_empty());
    let error = films_of_genres(&catalog, ids, &["Drama", "drama"]).unwrap_err().to_string();
    assert_eq!(error, "genre \"drama\" is not in the catalog; it holds Comedy, Drama");
    let error = films_of_genres(&Catalog::default(), ids, &["Drama"]).unwrap_err().to_string();
    assert!(error.ends_with("no genre at all"), "{error}");
    fs_err::rename(place.path("movie_catalog.json"), place.path("moved.json")).unwrap();
    let mut job = RecommendJob { genres: vec!["Drama".to_owned()], ..job(&place) };
    let error = AlsRecommender::load(&job).err().unwrap().to_string();
    assert!(error.contains("movie_catalog.json"), "{error}");
    job.catalog = Some(place.path("moved.json"));
    assert_eq!(AlsRecommender::load(&job).unwrap().of_user(4).items[0].movie_id, "film+04");
}

/// A model without a manifest, of these users and films, whose factors are scattered.
fn plant(place: &Workplace, users: &UserVocabulary, movies: &MovieVocabulary) {
    let mut state = 42_u64;
    let mut matrix = |rows: usize| {
        let values = (0..rows * 4).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1 << 24) as f32
        });
        Matrix::new(rows, 4, values.collect()).unwrap()
    };
    let factors = Factors { users: matrix(users.len()), items: matrix(movies.len()) };
    let mut file = std::io::Cursor::new(Vec::new());
    write_npz(&factors, &mut file).unwrap();
    fs_err::write(place.path("als_model.npz"), file.into_inner()).unwrap();
    fs_err::write(place.path("user_map.json"), serde_json::to_vec(users).unwrap()).unwrap();
    fs_err::write(place.path("movie_map.json"), serde_json::to_vec(movies).unwrap()).unwrap();
    let seen = SeenItems::new(vec![0; users.len() + 1], Vec::new(), movies.len()).unwrap();
    let mut file = StagedFile::create(&place.path("seen.npz")).unwrap();
    write_seen(&seen, None, &mut file).unwrap();
    file.commit().unwrap();
}

/// More rows than are made at a time, and than a row group holds.
fn large() -> Workplace {
    let place = Workplace::new();
    let films: Vec<String> = (0..12).map(|film| format!("film+{film:02}")).collect();
    let movies = MovieVocabulary::new(films.iter().map(String::as_str));
    plant(&place, &UserVocabulary::new((0..23_000).map(|user| 3 * user)), &movies);
    place
}

#[test]
fn many_rows_are_the_same_bytes_on_any_number_of_threads() {
    let place = large();
    let job = RecommendJob { k: 100, ..job(&place) };
    let on = |threads: usize, name: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let path = place.path(name);
        pool.install(|| write(&job, &path)).unwrap()
    };
    let csv = on(1, "one.csv");
    assert_eq!((csv.rows, csv.users, csv.k), (276_000, 23_000, 100));
    assert_eq!(csv.model_version, None, "there is no manifest");
    assert_eq!(on(3, "three.csv").sha256, csv.sha256);
    assert_eq!(on(1, "one.parquet").sha256, on(3, "three.parquet").sha256);
    let rows = csv_rows(&place.path("one.csv"));
    let (columns, groups) = parquet_rows(&place.path("one.parquet"));
    assert!(rows == columns, "csv and Parquet differ");
    assert_eq!(groups, [262_144, 276_000 - 262_144]);
    let in_order = |a: &Row, b: &Row| (a.0, a.1) < (b.0, b.1);
    assert!(rows.is_sorted_by(in_order));
    let mut lists: HashMap<u64, usize> = HashMap::new();
    rows.iter().for_each(|row| *lists.entry(row.0).or_default() += 1);
    assert!(lists.len() == 23_000 && lists.values().all(|&length| length == 12));
}

#[test]
fn a_csv_value_is_quoted_where_it_must_be() {
    let place = Workplace::new();
    plant(&place, &UserVocabulary::new([7]), &MovieVocabulary::new(["a,b", "say+\"hi\"+1999"]));
    write(&job(&place), &place.path("all.csv")).unwrap();
    let text = fs_err::read_to_string(place.path("all.csv")).unwrap();
    assert!(text.contains(",\"a,b\",") && text.contains(",\"say+\"\"hi\"\"+1999\","), "{text}");
}

#[test]
fn a_user_id_beyond_the_column_is_refused() {
    let place = Workplace::new();
    plant(&place, &UserVocabulary::new([1, u64::MAX]), &MovieVocabulary::new(["a"]));
    let error = write(&job(&place), &place.path("all.csv")).unwrap_err();
    assert!(matches!(error, PipelineError::RowMap { .. }), "{error:?}");
    assert!(!place.path("all.csv").exists());
}

/// Cancels when it is asked for the so-many-th time, from 0.
struct CancelAt {
    time: usize,
    asked: Cell<usize>,
}

impl CancelAt {
    fn new(time: usize) -> Self {
        Self { time, asked: Cell::new(0) }
    }
}

impl Progress for CancelAt {
    fn is_cancelled(&self) -> bool {
        self.asked.replace(self.asked.get() + 1) == self.time
    }
}

#[test]
fn what_is_cancelled_leaves_the_old_file_and_nothing_else() {
    let place = large();
    let recommender = AlsRecommender::load(&RecommendJob { k: 100, ..job(&place) }).unwrap();
    let run = |name: &str, progress: &mut CancelAt| {
        recommender.write_all(RecommendationsFile::create(&place.path(name)).unwrap(), progress)
    };
    let mut never = CancelAt::new(usize::MAX);
    run("whole.csv", &mut never).unwrap();
    // Before each of three parts, twice after them, and when all is on the disk.
    let times = never.asked.get();
    assert_eq!(times, 6);
    for name in ["all.csv", "all.parquet"] {
        fs_err::write(place.path(name), "old").unwrap();
        let before = place.files();
        for time in 0..times {
            let error = run(name, &mut CancelAt::new(time)).unwrap_err();
            let cancelled = matches!(error, PipelineError::Dataset(DatasetError::Cancelled));
            assert!(cancelled, "{name}, at {time}: {error}");
            assert!(place.files() == before, "{name}, at {time}");
        }
    }
}

#[test]
fn a_model_is_verified_as_the_server_does() {
    let place = trained();
    let refusal = |place: &Workplace| AlsRecommender::load(&job(place)).err().unwrap().to_string();
    fs_err::write(place.path("movie_map.json"), "{}").unwrap();
    assert!(refusal(&place).contains("movie_map.json"), "{}", refusal(&place));
    fs_err::remove_file(place.path("movie_map.json")).unwrap();
    assert!(refusal(&place).contains("movie_map.json missing"), "{}", refusal(&place));
    for name in ["all.txt", "", "all"] {
        let error = RecommendationsFile::create(Path::new(name)).unwrap_err();
        assert!(error.to_string().contains(".csv or .parquet"), "{name}: {error}");
    }
}
