//! Reports as pages: one self-contained HTML file that a person looks at rather than reads.
//!
//! A [`Page`] is plain data: a [`Verdict`] on top, a few [`Fact`]s, then [`Section`]s of
//! [`Block`]s (paragraphs, [`Table`]s, [`BarChart`]s, [`LineChart`]s, [`Estimates`] with their
//! intervals, [`Gauges`] with their limits drawn in, [`Movers`] and [`RawLines`]). [`Page::render`]
//! turns it into HTML with its style and its drawings inline: no script, no network, light and dark
//! by the reader's preference, readable on a phone and on paper. Every drawing has a title, a
//! description and its numbers as a table.
//!
//! Text is data everywhere: whatever a film id or a raw line holds is shown, never interpreted, and
//! characters that cannot be seen (controls, direction marks, bytes that are not UTF-8) are spelt
//! out. A number that is not finite is shown as "not computable". The same page renders to the same
//! bytes every time.
//!
//! Knows nothing of what is reported, and reads and writes no files.
//!
//! ```
//! use marquee_pages::{Block, Fact, Page, Section, Tone, Value, Verdict};
//!
//! let page = Page {
//!     title: "Validation of interactions.csv".to_owned(),
//!     verdict: Verdict {
//!         tone: Tone::Good,
//!         word: "Clean".to_owned(),
//!         sentence: "Every row can be used.".to_owned(),
//!     },
//!     facts: vec![Fact::new("Rows", Value::Count(16_512_004))],
//!     sections: vec![Section {
//!         heading: "What was rejected".to_owned(),
//!         blocks: vec![Block::Paragraph("Nothing, not even <script>.".to_owned())],
//!     }],
//!     footer: "Written by dq-validate.".to_owned(),
//! };
//! let html = page.render();
//! assert!(html.starts_with("<!DOCTYPE html>"));
//! assert!(html.contains("16,512,004"));
//! assert!(html.contains("&lt;script&gt;"));
//! ```

mod bars;
mod estimates;
mod figure;
mod gauges;
mod html;
mod lines;
mod movers;
mod number;
mod page;
mod raw_lines;
mod scale;
mod table;
mod visible;

pub use bars::{BarChart, BarSeries};
pub use estimates::{Estimate, EstimateGroup, Estimates};
pub use gauges::{Gauge, Gauges, Limit, Side};
pub use lines::{Line, LineChart, Shape};
pub use movers::{Mover, Movers};
pub use number::{Unit, Value};
pub use page::{Block, Fact, Page, Section, Tone, Verdict};
pub use raw_lines::{RawLine, RawLines};
pub use table::{Align, Cell, Column, Flag, Table};
