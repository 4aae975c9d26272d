//! Lines of an input, byte for byte.

use crate::figure;
use crate::html::Html;
use crate::number::Value;
use crate::page::Tone;
use crate::visible::spelt_out;

/// Characters of a line that are shown; the rest is counted.
const SHOWN: usize = 600;

/// Examples of input lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawLines {
    /// What the lines are examples of.
    pub title: String,
    /// A sentence on how to read them; empty for none.
    pub caption: String,
    /// The lines, in the order they are to be read.
    pub lines: Vec<RawLine>,
}

/// A line of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawLine {
    /// Where it stands: `line 1,204, byte 56,011`.
    pub place: String,
    /// What is wrong with it.
    pub reasons: Vec<String>,
    /// Its bytes. Those that are not UTF-8 are shown in hexadecimal, such as `[xFF]`; characters
    /// that cannot be seen are spelt out; past 600 characters the rest is counted.
    pub raw: Vec<u8>,
}

impl RawLines {
    pub(crate) fn write(&self, html: &mut Html) {
        figure::open(html, "wide", &self.title, &self.caption);
        if self.lines.is_empty() {
            figure::nothing(html);
        } else {
            html.open("ol").class("raw");
            for line in &self.lines {
                line.write(html);
            }
            html.close();
        }
        html.close();
    }
}

impl RawLine {
    fn write(&self, html: &mut Html) {
        html.open("li");
        html.open("p").element("span", "soft", &self.place);
        for reason in &self.reasons {
            html.text(" ");
            figure::flag(html, Tone::Bad, reason);
        }
        html.close();
        html.open("pre").open("code").attr("dir", "ltr");
        self.write_bytes(html);
        html.close().close().close();
    }

    fn write_bytes(&self, html: &mut Html) {
        let mut shown = 0;
        let mut bytes = 0;
        for chunk in self.raw.utf8_chunks() {
            for c in chunk.valid().chars() {
                if shown == SHOWN {
                    self.write_rest(html, bytes);
                    return;
                }
                match spelt_out(c) {
                    Some(spelling) => {
                        let name = format!("U+{:04X}", u32::from(c));
                        html.open("span").class("unseen").attr("title", name);
                        html.text(spelling).close();
                    }
                    None => {
                        html.text(c);
                    }
                }
                shown += 1;
                bytes += c.len_utf8();
            }
            for byte in chunk.invalid() {
                if shown == SHOWN {
                    self.write_rest(html, bytes);
                    return;
                }
                html.open("span")
                    .class("unseen")
                    .attr("title", "a byte that is not UTF-8")
                    .text(format_args!("[x{byte:02X}]"))
                    .close();
                shown += 1;
                bytes += 1;
            }
        }
        if self.raw.is_empty() {
            html.element("span", "unseen", "[empty line]");
        }
    }

    fn write_rest(&self, html: &mut Html, bytes: usize) {
        let rest = Value::Count((self.raw.len() - bytes) as u64);
        html.open("span").class("unseen").text(format_args!("… and {rest} more bytes")).close();
    }
}
