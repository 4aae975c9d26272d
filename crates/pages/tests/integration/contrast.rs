//! Colours that can be told apart: light, dark and on paper.

use std::collections::HashMap;

use crate::content::page_of;

/// What is written, what it is written on, and the contrast it needs: 4.5 for text and 3 for
/// marks, after the Web Content Accessibility Guidelines 2.2, level AA.
const PAIRS: [(&str, &str, f64); 25] = [
    ("ink", "page", 4.5),
    ("ink", "card", 4.5),
    ("ink", "neutral-body", 4.5),
    ("ink", "good-body", 4.5),
    ("ink", "warning-body", 4.5),
    ("ink", "bad-body", 4.5),
    ("soft", "page", 4.5),
    ("soft", "card", 4.5),
    ("good", "good-body", 4.5),
    ("good", "card", 4.5),
    ("warning", "warning-body", 4.5),
    ("warning", "card", 4.5),
    ("bad", "bad-body", 4.5),
    ("bad", "card", 4.5),
    ("bad", "neutral-body", 4.5),
    ("neutral", "neutral-body", 4.5),
    ("now", "card", 3.0),
    ("now", "edge", 3.0),
    ("warning", "edge", 3.0),
    ("bad", "edge", 3.0),
    ("then", "card", 3.0),
    ("less", "card", 3.0),
    ("third", "card", 3.0),
    ("fourth", "card", 3.0),
    ("now", "then-body", 3.0),
];

/// The colours of one theme by name, as relative luminance.
fn theme(block: &str) -> HashMap<&str, f64> {
    let end = block.find('}').expect("the end of a block");
    let declarations = block[..end].split([';', '{']);
    declarations
        .filter_map(|declaration| declaration.trim().strip_prefix("--")?.split_once(": #"))
        .map(|(name, colour)| (name, luminance(colour)))
        .collect()
}

fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let byte = u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour of six digits");
        let part = f64::from(byte) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

#[test]
fn text_and_marks_stand_out_in_every_theme() {
    let html = page_of(Vec::new()).render();
    let style = html.split("<style>").nth(1).expect("a style sheet");
    let themes: Vec<_> = style.split(":root {").skip(1).map(theme).collect();
    assert_eq!(themes.len(), 3, "light, dark and paper");
    for (index, colours) in themes.iter().enumerate() {
        for (text, ground, needed) in PAIRS {
            let (text_is, ground_is) = (colours[text], colours[ground]);
            let contrast = (text_is.max(ground_is) + 0.05) / (text_is.min(ground_is) + 0.05);
            assert!(
                contrast >= needed,
                "theme {index}: {text} on {ground} has {contrast:.2}, needs {needed}"
            );
        }
    }
}
