//! The report as a page.

mod pictures;
mod tables;

use marquee_pages::{Block, Fact, Page, Section, Tone, Unit, Value, Verdict};

use super::{WatchThroughPicture, WatchThroughReport};

/// Variants that are drawn as curves.
const MOST_CURVES: usize = 4;

/// The page of a report and its picture: the verdict, the rates and their difference with
/// intervals, where and when films of lists were started, how the service answered, and every
/// variant's numbers.
#[must_use]
pub fn watch_through_page(report: &WatchThroughReport, picture: &WatchThroughPicture) -> Page {
    let mut sections = Vec::new();
    if !report.notes.is_empty() {
        sections.push(Section {
            heading: "What to know".to_owned(),
            blocks: report.notes.iter().map(|note| Block::Paragraph(sentence(note))).collect(),
        });
    }
    sections.extend([
        Section {
            heading: "Watch-through by variant".to_owned(),
            blocks: vec![
                pictures::rates(report),
                pictures::difference(report),
                tables::variants(report),
            ],
        },
        Section {
            heading: "What was started, and when".to_owned(),
            blocks: vec![
                pictures::positions(report),
                pictures::time_to_start(report, picture),
                tables::time_to_start(report),
            ],
        },
        Section {
            heading: "The service as the platform saw it".to_owned(),
            blocks: vec![
                pictures::latency(report, picture),
                tables::statuses(report),
                tables::service(report),
            ],
        },
        Section { heading: "The log".to_owned(), blocks: tables::log(report) },
    ]);
    Page {
        title: format!("Watch-through of {}", report.log_file_processed),
        verdict: verdict(report),
        facts: facts(report),
        sections,
        footer: format!(
            "Written by online-eval, {}. The JSON report holds these numbers and more.",
            report.calculation_timestamp
        ),
    }
}

fn verdict(report: &WatchThroughReport) -> Verdict {
    let tone = match report.verdict.word {
        "difference shown" => Tone::Good,
        "nothing to judge" | "too little to judge" => Tone::Warning,
        _ => Tone::Neutral,
    };
    Verdict {
        tone,
        word: capitalised(report.verdict.word),
        sentence: sentence(&report.verdict.because),
    }
}

fn facts(report: &WatchThroughReport) -> Vec<Fact> {
    let rate = Value::in_unit(Unit::Share, report.watch_through_rate, "no list can be judged");
    let available = Value::in_unit(Unit::Share, report.service.availability, "no request");
    vec![
        Fact::new("Watch-through rate", rate),
        Fact::new("Lists judged", Value::Count(report.total_recommendation_events)),
        Fact::new("Converted", Value::Count(report.converted_recommendation_events)),
        Fact::new("Users", Value::Count(report.users)),
        Fact::new("Lists still open", Value::Count(report.censored_recommendation_events)),
        Fact::new("Availability", available),
        Fact::new("Rule", Value::Text(report.rule.to_string())),
        Fact::new("Window, hours", Value::Real(report.attribution_window_hours)),
    ]
}

/// The variants drawn as curves: of a comparison the second, which is what the first is held
/// against, then the first; then those with most lists.
fn curves(report: &WatchThroughReport) -> Vec<&str> {
    let compared = report.z_test.iter().flat_map(|test| [&test.variant_b, &test.variant_a]);
    let mut names: Vec<&str> = compared.map(String::as_str).collect();
    for name in by_lists(report) {
        if names.len() < MOST_CURVES && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// All variants, those with most lists first.
fn by_lists(report: &WatchThroughReport) -> Vec<&str> {
    let mut arms: Vec<_> = report.variant_breakdown.0.iter().collect();
    arms.sort_by_key(|(_, arm)| std::cmp::Reverse(arm.total_recommendation_events));
    arms.into_iter().map(|(name, _)| name.as_str()).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The words as a sentence of their own. A name at their start keeps its form.
fn sentence(words: &str) -> String {
    let first = words.split_whitespace().next().unwrap_or_default();
    let is_name = first.contains('_');
    let words = if is_name { words.to_owned() } else { capitalised(words) };
    if words.ends_with('.') || words.ends_with('?') { words } else { words + "." }
}
