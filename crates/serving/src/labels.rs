use actix_web::http::header::HeaderValue;
use marquee_events::{Provenance, Token};

use crate::line;

/// Where a model comes from, as its manifest says; what is `None` is left out of answers.
///
/// Text that could not stand in a header or a log line is made to fit: every character outside
/// visible ASCII, and every comma, becomes `_`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelProvenance {
    /// Version of the model.
    pub model_version: Option<String>,
    /// Family of the model, such as `als`.
    pub model_family: Option<String>,
    /// Commit of the code that trained it.
    pub pipeline_commit: Option<String>,
    /// Branch of that code.
    pub pipeline_branch: Option<String>,
    /// Whether that code had changes beyond the commit.
    pub pipeline_dirty: Option<bool>,
    /// Version of the data set it was trained on.
    pub data_version: Option<String>,
    /// SHA-256 of that data set, in hexadecimal.
    pub data_sha256: Option<String>,
    /// SHA-256 of the manifest, in hexadecimal.
    pub manifest_sha256: Option<String>,
}

/// A short text in the two forms answers need it in, made once.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    text: Box<str>,
    header: HeaderValue,
}

/// A [`ModelProvenance`] made ready for answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels {
    pub(crate) model_version: Option<Label>,
    pub(crate) pipeline_commit: Option<Label>,
    pub(crate) data_version: Option<Label>,
    pub(crate) manifest_sha256: Option<Label>,
    /// How log lines of the model end: all of its provenance.
    pub(crate) line_end: Box<[u8]>,
}

impl Label {
    /// The label of a text, made to fit; `_` stands for an empty one.
    pub(crate) fn fit(text: &str) -> Self {
        let fits = |c: char| c.is_ascii_graphic() && c != ',';
        let mut text: String = text.trim().chars().map(|c| if fits(c) { c } else { '_' }).collect();
        if text.is_empty() {
            text.push('_');
        }
        // Visible ASCII is always a header's value.
        let header = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("_"));
        Self { text: text.into_boxed_str(), header }
    }

    /// The label of a text that may be missing; an empty one says nothing, so it is missing too.
    pub(crate) fn known(text: Option<&str>) -> Option<Self> {
        text.filter(|text| !text.trim().is_empty()).map(Self::fit)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl Labels {
    pub(crate) fn new(provenance: &ModelProvenance) -> Self {
        let label = |text: &Option<String>| Label::known(text.as_deref());
        let dirty = provenance.pipeline_dirty.map(|dirty| if dirty { "true" } else { "false" });
        let model_version = label(&provenance.model_version);
        let model_family = label(&provenance.model_family);
        let pipeline_commit = label(&provenance.pipeline_commit);
        let pipeline_branch = label(&provenance.pipeline_branch);
        let data_version = label(&provenance.data_version);
        let data_sha256 = label(&provenance.data_sha256);
        let manifest_sha256 = label(&provenance.manifest_sha256);
        let line_end = line::end(Provenance {
            model_version: token(model_version.as_ref()),
            model_family: token(model_family.as_ref()),
            pipeline_commit: token(pipeline_commit.as_ref()),
            pipeline_branch: token(pipeline_branch.as_ref()),
            pipeline_dirty: dirty.and_then(|text| Token::new(text).ok()),
            data_version: token(data_version.as_ref()),
            data_sha256: token(data_sha256.as_ref()),
            manifest_sha256: token(manifest_sha256.as_ref()),
        })
        .unwrap_or_default()
        .into_boxed_slice();
        Self { model_version, pipeline_commit, data_version, manifest_sha256, line_end }
    }
}

/// A label's text was made to fit a token, so nothing is lost.
fn token(label: Option<&Label>) -> Option<Token<'_>> {
    label.and_then(|label| Token::new(label.text()).ok())
}
