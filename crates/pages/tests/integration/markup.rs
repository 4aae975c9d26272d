//! A strict reader of HTML: every element closed by name, every attribute quoted, every ampersand
//! part of a reference that is known. Panics, with the place, at anything else.

use std::collections::HashSet;

/// Elements that stand without an end tag.
const VOID: [&str; 2] = ["meta", "link"];

/// What a page consists of.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    /// Names of elements, in order.
    pub(crate) elements: Vec<String>,
    /// Attributes of all elements, in order: element, name, value with references resolved.
    pub(crate) attributes: Vec<(String, String, String)>,
    /// The text outside of tags and of the style sheet, references resolved, parts apart by a
    /// line break.
    pub(crate) text: String,
}

impl Markup {
    /// Reads a whole page.
    pub(crate) fn read(html: &str) -> Self {
        let mut markup = Self::default();
        let mut open: Vec<String> = Vec::new();
        let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("a document type");
        while let Some(start) = rest.find('<') {
            let text = &rest[..start];
            if open.last().is_none_or(|tag| tag != "style") {
                assert!(!text.contains('>'), "a stray > in {text:?}");
                markup.text += &resolved(text);
                markup.text.push('\n');
            }
            let end = rest[start..].find('>').expect("a tag that ends") + start;
            let tag = &rest[start + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name), "</{name}> closes another element");
                continue;
            }
            let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let name = markup.read_tag(tag);
            assert!(closed || !VOID.contains(&name.as_str()), "<{name}> is left open");
            if !closed {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "left open: {open:?}");
        assert_eq!(rest.trim(), "");
        markup.check_ids();
        markup
    }

    /// Values of attribute `name`, in order.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.attributes.iter().filter(move |(_, key, _)| key == name);
        named.map(|(_, _, value)| value.as_str())
    }

    /// How often element `name` occurs.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.elements.iter().filter(|element| *element == name).count()
    }

    fn read_tag(&mut self, tag: &str) -> String {
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()),
            "an odd name of an element: {name:?}"
        );
        self.elements.push(name.to_owned());
        let mut keys = HashSet::new();
        while !rest.is_empty() {
            let (key, value) = rest.split_once("=\"").expect("a quoted attribute");
            let (value, next) = value.split_once('"').expect("an end of the quotes");
            assert!(
                key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
                "an odd name of an attribute: {key:?}"
            );
            assert!(!value.contains('<'), "a stray < in {value:?}");
            assert!(keys.insert(key), "{key} is there twice in <{tag}>");
            let attribute = (name.to_owned(), key.to_owned(), resolved(value));
            self.attributes.push(attribute);
            rest = next.strip_prefix(' ').unwrap_or(next);
        }
        name.to_owned()
    }

    /// Every id is there once, and every reference to one leads to it.
    fn check_ids(&self) {
        let mut ids = HashSet::new();
        for id in self.values("id") {
            assert!(ids.insert(id), "the id {id} is there twice");
        }
        for reference in ["aria-labelledby", "aria-describedby"] {
            for id in self.values(reference) {
                assert!(ids.contains(id), "{reference} leads nowhere: {id}");
            }
        }
    }
}

/// `text` with its references resolved.
fn resolved(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').expect("an ampersand begins a reference");
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("a reference that HTML and XML do not share: {other}"),
        });
        out += rest;
    }
    out
}
