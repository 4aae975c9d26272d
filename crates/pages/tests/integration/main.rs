//! Pages as a browser gets them.

// A strict reader of the HTML this crate writes.
mod markup;
// What a page holds: every value, limit and flag, for eyes and for screen readers.
mod content;
// Colours that can be told apart: light, dark and on paper.
mod contrast;
// Ids and lines that try to be markup.
mod hostile;
// Made-up reports, as the preview renders them.
#[path = "../../examples/samples/mod.rs"]
mod samples;
