//! Integration tests of the wire format.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

// Events that own their text, and strategies for them.
mod arbitrary;
// Each form the format knows, word for word, and what its fields say.
mod forms;
// No line panics, whatever its bytes.
mod hostile_lines;
// Defects of the system this one replaces that concern reading the log.
mod reference_defects;
// The reason given for each kind of bad line, and their order.
mod refusals;
// Writing and parsing are inverse.
mod round_trip;
// Every byte value at every place of every field.
mod single_bytes;
// Times: the forms, what does not exist, and agreement with jiff.
mod times;
