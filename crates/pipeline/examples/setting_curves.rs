//! Varies one setting of ALS at a time around the defaults and scores each model on the last film
//! of every user, on several data sets.
//!
//! Prints a table in Markdown, and draws NDCG@20 as a multiple of that of the defaults.
//!
//! usage: setting_curves OUT.svg NAME=INTERACTIONS...

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, error::Error, fmt::Write};

use marquee_als::{AlsConfig, AlsSettings};
use marquee_dataset::NoProgress;
use marquee_evaluation::{Bootstrap, Metric};
use marquee_pipeline::{OfflineJob, evaluate_offline};

/// Users scored at most.
const USERS: usize = 10_000;

/// A setting and the values it takes, ascending.
struct Setting {
    name: &'static str,
    values: &'static [f64],
    default: f64,
    with: fn(AlsSettings, f64) -> AlsSettings,
}

fn settings() -> Vec<Setting> {
    let AlsSettings { config, row_regularization } = AlsSettings::default();
    vec![
        Setting {
            name: "row regularization",
            values: &[0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0],
            default: row_regularization.unwrap_or_default(),
            with: |settings, value| AlsSettings { row_regularization: Some(value), ..settings },
        },
        Setting {
            name: "alpha",
            values: &[0.1, 0.3, 1.0, 3.0, 10.0, 40.0],
            default: config.alpha,
            with: |settings, alpha| configured(settings, |config| config.alpha = alpha),
        },
        Setting {
            name: "unobserved weight",
            values: &[0.01, 0.03, 0.1, 0.3, 1.0],
            default: config.unobserved_weight,
            with: |settings, value| configured(settings, |config| config.unobserved_weight = value),
        },
        Setting {
            name: "frequency scaling",
            values: &[0.0, 0.25, 0.5, 0.75, 1.0],
            default: config.frequency_scaling,
            with: |settings, value| configured(settings, |config| config.frequency_scaling = value),
        },
        Setting {
            name: "factors",
            values: &[16.0, 32.0, 50.0, 64.0, 128.0],
            default: config.factors as f64,
            with: |settings, value| configured(settings, |config| config.factors = value as usize),
        },
        Setting {
            name: "iterations",
            values: &[2.0, 3.0, 5.0, 10.0, 20.0, 40.0],
            default: config.iterations as f64,
            with: |settings, value| {
                configured(settings, |config| config.iterations = value as usize)
            },
        },
    ]
}

fn configured(mut settings: AlsSettings, change: impl FnOnce(&mut AlsConfig)) -> AlsSettings {
    change(&mut settings.config);
    settings
}

fn ndcg(interactions: &str, als: AlsSettings) -> Result<f64, Box<dyn Error>> {
    let job = OfflineJob {
        interactions: interactions.into(),
        ks: vec![20],
        sample_users: USERS,
        als,
        bootstrap: Bootstrap { draws: 0, ..Bootstrap::default() },
        ..OfflineJob::default()
    };
    let report = evaluate_offline(&job, &mut NoProgress)?;
    let at = report.models.first().and_then(|model| model.evaluation.at.first());
    let mean = at.and_then(|at| at.metrics.get(Metric::Ndcg).mean);
    mean.ok_or_else(|| format!("{interactions} leaves nothing to test").into())
}

/// A panel of the drawing: its setting, and for each data set the multiples of the default's score.
struct Panel {
    setting: Setting,
    curves: Vec<Vec<f64>>,
}

const WIDTH: f64 = 270.0;
const HEIGHT: f64 = 170.0;
const MARGIN: f64 = 42.0;
/// Multiples beyond are cut off.
const TOP: f64 = 1.2;
const COLORS: [&str; 4] = ["#2a78b8", "#d1632a", "#3d9152", "#8557a8"];

/// The line of a chart's data set, dashed by place so that no reader needs colors.
fn stroke(place: usize) -> String {
    let dashes = ["none", "7 3", "2 3", "9 3 2 3"][place % 4];
    format!(r#"stroke="{}" stroke-dasharray="{dashes}""#, COLORS[place % 4])
}

fn draw_panel(svg: &mut String, panel: &Panel, left: f64, top: f64) -> std::fmt::Result {
    let values = panel.setting.values;
    let x = |place: usize| left + place as f64 * WIDTH / (values.len() - 1) as f64;
    let y = |multiple: f64| top + HEIGHT * (1.0 - multiple.clamp(0.0, TOP) / TOP);
    writeln!(
        svg,
        r#"<text x="{left}" y="{:.0}" font-weight="bold">{}</text>"#,
        top - 10.0,
        panel.setting.name
    )?;
    for multiple in [0.0, 0.5, 1.0] {
        let (at, right) = (y(multiple), left + WIDTH);
        writeln!(
            svg,
            r#"<path class="grid" d="M{left} {at:.1}H{right}"/><text x="{:.0}" y="{:.1}" text-anchor="end">{multiple}</text>"#,
            left - 6.0,
            at + 4.0
        )?;
    }
    for (place, value) in values.iter().enumerate() {
        let weight = if *value == panel.setting.default { "bold" } else { "normal" };
        writeln!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle" font-weight="{weight}">{value}</text>"#,
            x(place),
            top + HEIGHT + 16.0
        )?;
    }
    for (place, curve) in panel.curves.iter().enumerate() {
        let points: Vec<String> = curve
            .iter()
            .enumerate()
            .map(|(at, &multiple)| format!("{:.1},{:.1}", x(at), y(multiple)))
            .collect();
        writeln!(
            svg,
            r#"<polyline fill="none" stroke-width="2" {} points="{}"/>"#,
            stroke(place),
            points.join(" ")
        )?;
    }
    Ok(())
}

fn draw(panels: &[Panel], names: &[&str]) -> Result<String, std::fmt::Error> {
    let (across, down) = (WIDTH + 2.0 * MARGIN, HEIGHT + 2.0 * MARGIN);
    let rows = panels.len().div_ceil(3) as f64;
    let (width, height) = (3.0 * across, rows * down + MARGIN);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">
<title>NDCG@20 by setting, as a multiple of that with the defaults</title>
<style>text{{fill:#222}}.grid{{stroke:#8888;fill:none}}rect{{fill:#fff}}@media(prefers-color-scheme:dark){{text{{fill:#ddd}}rect{{fill:#16181c}}}}</style>
<rect width="{width}" height="{height}"/>
"##
    );
    for (place, name) in names.iter().enumerate() {
        let left = MARGIN + place as f64 * across;
        writeln!(
            svg,
            r#"<path fill="none" stroke-width="2" {} d="M{left} 18h40"/><text x="{}" y="22">{name}</text>"#,
            stroke(place),
            left + 48.0
        )?;
    }
    for (place, panel) in panels.iter().enumerate() {
        let (row, column) = ((place / 3) as f64, (place % 3) as f64);
        draw_panel(&mut svg, panel, MARGIN + column * across, 1.6 * MARGIN + row * down)?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let usage = "usage: setting_curves OUT.svg NAME=INTERACTIONS...";
    let (out, sets) = arguments.split_first().ok_or(usage)?;
    let sets: Vec<(&str, &str)> =
        sets.iter().map(|set| set.split_once('=').ok_or(usage)).collect::<Result<_, _>>()?;
    let names: Vec<&str> = sets.iter().map(|(name, _)| *name).collect();
    println!("| setting | value | {} |", names.join(" | "));
    println!("| --- | --- |{}", " --- |".repeat(names.len()));
    let defaults = sets
        .iter()
        .map(|(_, path)| ndcg(path, AlsSettings::default()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut panels = Vec::new();
    for setting in settings() {
        let mut curves = vec![Vec::new(); sets.len()];
        for &value in setting.values {
            let mut cells = String::new();
            for (place, (_, path)) in sets.iter().enumerate() {
                let score = ndcg(path, (setting.with)(AlsSettings::default(), value))?;
                curves[place].push(score / defaults[place]);
                write!(cells, " {score:.4} |")?;
            }
            println!("| {} | {value} |{cells}", setting.name);
        }
        panels.push(Panel { setting, curves });
    }
    fs_err::write(out, draw(&panels, &names)?)?;
    Ok(())
}
