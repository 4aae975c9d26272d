use marquee_data_quality::{page, validate};
use marquee_dataset::NoProgress;
use marquee_pages::Tone;

use crate::{HEADER, Run};

/// A table with one good row, one repaired, and one hostile row.
const DIRTY: &str = "7,heat+1995,4,1700000000\n8,heat+1995,99,1700003600\n\
                     9,<script>alert('1')</script>,5,1700000000\n";

#[test]
fn every_number_of_the_report_is_on_the_page() {
    let run = Run::new();
    let mut job = run.job("in.csv", format!("{HEADER}{DIRTY}"));
    job.html = Some(run.path("report.html"));
    job.max_reject_rate = 0.5;
    let report = validate(&job, &mut NoProgress).unwrap();
    let html = fs_err::read_to_string(run.path("report.html")).unwrap();
    assert_eq!(html, page(&report).render());
    let json = serde_json::to_value(&report).unwrap();
    for (name, field) in json.as_object().unwrap() {
        let names: Vec<String> = match (name.as_str(), field.as_object()) {
            ("columns" | "examples" | "volume", _) => continue,
            (_, Some(inner)) => inner.keys().map(|key| format!("{name}.{key}")).collect(),
            (_, None) => vec![name.clone()],
        };
        for name in names {
            assert!(html.contains(&format!("<bdi>{name}</bdi>")), "{name}");
        }
    }
    assert!(
        html.contains("1 of 3 rows were rejected, within the limit of 50%. One row was repaired.")
    );
    assert!(html.contains(" movie_id: pattern</span>"));
    assert!(html.contains("9,&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;,5,1700000000"));
    assert!(!html.contains("<script"));
}

#[test]
fn the_verdict_is_that_of_the_exit_code() {
    let run = Run::new();
    let verdict = |rows: &str, limit: f64| {
        let mut job = run.job("in.csv", format!("{HEADER}{rows}"));
        job.max_reject_rate = limit;
        let report = validate(&job, &mut NoProgress).unwrap();
        let page = page(&report);
        for odd in ["NaN", ">inf", ">null"] {
            assert!(!page.render().contains(odd), "{odd}");
        }
        (report.passed, page.verdict.tone)
    };
    assert_eq!(verdict("7,heat+1995,4,1700000000\n", 0.0), (true, Tone::Good));
    assert_eq!(verdict(DIRTY, 0.5), (true, Tone::Warning));
    assert_eq!(verdict(DIRTY, 0.1), (false, Tone::Bad));
    assert_eq!(verdict("", 1.0), (false, Tone::Bad));
}
