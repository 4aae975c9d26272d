//! Characters that cannot be seen, spelt out, and bytes that are no characters.

use std::fmt::{self, Write};

/// What the controls below the space are called.
const CONTROLS: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
    "FS", "GS", "RS", "US",
];

/// How `c` is spelt out where it would be invisible or would change how the text around it is
/// read; `None` for a character that shows itself.
pub(crate) fn spelt_out(c: char) -> Option<Spelling> {
    match c {
        '\0'..='\x1f' => CONTROLS.get(u32::from(c) as usize).map(|name| Spelling::Name(name)),
        '\x7f' => Some(Spelling::Name("DEL")),
        // C1 controls and the soft hyphen; direction marks, embeddings, overrides and isolates;
        // zero-width and line-breaking characters; annotations; tags; what is no character.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => Some(Spelling::Code(c)),
        _ if u32::from(c) & 0xfffe == 0xfffe => Some(Spelling::Code(c)),
        _ => None,
    }
}

/// What stands for a character that cannot be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// The name of a control, such as `[NUL]`. Control pictures would be shorter, but many fonts
    /// lack them.
    Name(&'static str),
    /// The code point, such as `[U+202E]`.
    Code(char),
}

impl fmt::Display for Spelling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Name(name) => write!(formatter, "[{name}]"),
            Self::Code(c) => write!(formatter, "[U+{:04X}]", u32::from(c)),
        }
    }
}

/// Writes what is formatted into it as HTML text or as the value of a quoted attribute.
pub(crate) struct Escaping<'a>(pub(crate) &'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                _ => match spelt_out(c) {
                    Some(spelling) => write!(self.0, "{spelling}")?,
                    None => self.0.push(c),
                },
            }
        }
        Ok(())
    }
}

/// `text` cut to `limit` characters, the last of them an ellipsis if anything was cut.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        Escaping(&mut out).write_str(text).expect("a string takes any text");
        out
    }

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escaped("<script>alert(\"1\" + '2')</script>&amp;"),
            "&lt;script&gt;alert(&quot;1&quot; + &#39;2&#39;)&lt;/script&gt;&amp;amp;"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_spelt_out() {
        assert_eq!(escaped("a\0b\tc\r\n"), "a[NUL]b[TAB]c[CR][LF]");
        assert_eq!(escaped("\u{202e}fdp\u{85}"), "[U+202E]fdp[U+0085]");
        assert_eq!(escaped("\u{ffff}\u{1fffe}\u{7f}"), "[U+FFFF][U+1FFFE][DEL]");
    }

    #[test]
    fn letters_of_every_script_stay() {
        assert_eq!(escaped("amélie אבג 千と千尋 \u{fffd}"), "amélie אבג 千と千尋 \u{fffd}");
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!(shortened("über+alles", 10), "über+alles");
        assert_eq!(shortened("über+alles+1999", 10), "über+alle…");
        assert_eq!(shortened("", 3), "");
    }
}
