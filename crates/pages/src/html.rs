//! HTML that is well formed by construction.

use std::fmt::{Display, Write};

use crate::visible::Escaping;

/// Elements that are closed where they open, in HTML because they are void and in SVG because
/// nothing is ever put into them here.
const EMPTY: [&str; 6] = ["link", "meta", "circle", "line", "path", "rect"];

/// A document being written. Names of elements and attributes are part of the program; all else
/// is escaped, so that no value can become markup, and every element is closed by name.
#[derive(Debug, Default)]
pub(crate) struct Html {
    out: String,
    open: Vec<&'static str>,
    /// The last element still takes attributes.
    in_tag: bool,
    ids: usize,
}

impl Html {
    /// A document with its type declared and nothing in it.
    pub(crate) fn document() -> Self {
        Self { out: "<!DOCTYPE html>\n".to_owned(), ..Self::default() }
    }

    /// The text of the document, with every element closed that is still open.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out.push('\n');
        self.out
    }

    /// Opens an element; attributes may follow.
    pub(crate) fn open(&mut self, tag: &'static str) -> &mut Self {
        self.end_tag();
        self.out.push('<');
        self.out.push_str(tag);
        self.open.push(tag);
        self.in_tag = true;
        self
    }

    /// Gives the element just opened an attribute.
    pub(crate) fn attr(&mut self, name: &'static str, value: impl Display) -> &mut Self {
        debug_assert!(self.in_tag, "{name} has no element to belong to");
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.escape(value);
        self.out.push('"');
        self
    }

    /// Gives the element just opened a class, unless the class is empty.
    pub(crate) fn class(&mut self, class: &str) -> &mut Self {
        if class.is_empty() { self } else { self.attr("class", class) }
    }

    /// Adds text to the innermost open element.
    pub(crate) fn text(&mut self, text: impl Display) -> &mut Self {
        self.end_tag();
        self.escape(text);
        self
    }

    /// Adds text of the program's own that must not be escaped: the style sheet.
    pub(crate) fn verbatim(&mut self, text: &'static str) -> &mut Self {
        self.end_tag();
        self.out.push_str(text);
        self
    }

    /// Closes the innermost open element.
    pub(crate) fn close(&mut self) -> &mut Self {
        let Some(tag) = self.open.pop() else {
            return self;
        };
        if self.in_tag && EMPTY.contains(&tag) {
            self.out.push_str("/>");
            self.in_tag = false;
        } else {
            self.end_tag();
            self.out.push_str("</");
            self.out.push_str(tag);
            self.out.push('>');
        }
        if is_block(tag) {
            self.out.push('\n');
        }
        self
    }

    /// A whole element with nothing but text in it.
    pub(crate) fn element(
        &mut self,
        tag: &'static str,
        class: &str,
        text: impl Display,
    ) -> &mut Self {
        self.open(tag).class(class).text(text).close()
    }

    /// An id no other element of this document has.
    pub(crate) fn fresh_id(&mut self, prefix: &str) -> String {
        self.ids += 1;
        format!("{prefix}-{}", self.ids)
    }

    fn escape(&mut self, value: impl Display) {
        // Writing to a string does not fail; a `Display` that does has written what it could.
        let _ = write!(Escaping(&mut self.out), "{value}");
    }

    fn end_tag(&mut self) {
        if self.in_tag {
            self.out.push('>');
            self.in_tag = false;
        }
    }
}

/// Elements followed by a line break, so that a page can be read and compared as text.
fn is_block(tag: &str) -> bool {
    matches!(
        tag,
        "body"
            | "dd"
            | "details"
            | "div"
            | "figure"
            | "figcaption"
            | "footer"
            | "g"
            | "h1"
            | "h2"
            | "h3"
            | "head"
            | "header"
            | "li"
            | "link"
            | "main"
            | "meta"
            | "ol"
            | "p"
            | "section"
            | "style"
            | "svg"
            | "table"
            | "tbody"
            | "thead"
            | "title"
            | "tr"
            | "ul"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_attribute_or_their_element() {
        let mut html = Html::default();
        html.open("td").attr("title", "\" onclick=\"x").text("</td><b>").close();
        assert_eq!(
            html.finish(),
            "<td title=\"&quot; onclick=&quot;x\">&lt;/td&gt;&lt;b&gt;</td>\n"
        );
    }

    #[test]
    fn empty_elements_close_as_their_kind_asks() {
        let mut html = Html::default();
        html.open("td").close().open("rect").attr("x", 1).close();
        assert_eq!(html.finish(), "<td></td><rect x=\"1\"/>\n");
    }

    #[test]
    fn what_is_left_open_is_closed_at_the_end() {
        let mut html = Html::default();
        html.open("b").open("i").text("x");
        assert_eq!(html.finish(), "<b><i>x</i></b>\n");
    }
}
