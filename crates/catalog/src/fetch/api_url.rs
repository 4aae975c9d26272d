use std::{fmt, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::Uri;

use crate::CatalogError;

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The base URL of an API that answers `GET <base>/<id>`.
///
/// Plain http to a host, with or without port and path: TLS is not built in, so an API behind https
/// is reached through a proxy beside this program. A slash at the end makes no difference.
///
/// ```
/// use marquee_catalog::ApiUrl;
///
/// let api: ApiUrl = "http://127.0.0.1:8080/movie".parse()?;
/// assert_eq!(api.of("amélie+2001"), "http://127.0.0.1:8080/movie/am%C3%A9lie%2B2001");
/// assert!("https://127.0.0.1/movie/".parse::<ApiUrl>().is_err());
/// # Ok::<(), marquee_catalog::CatalogError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUrl {
    /// Ends with one slash.
    base: String,
}

impl ApiUrl {
    /// The base, ending with one slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// Whether the URL of an id is short enough to be one.
    pub(super) fn can_name(&self, id: &str) -> bool {
        self.of(id).parse::<Uri>().is_ok()
    }

    /// The URL of an id: its UTF-8 bytes as one path segment, all of them percent-encoded but
    /// letters, digits, `-`, `.`, `_` and `~`.
    #[must_use]
    pub fn of(&self, id: &str) -> String {
        let mut url = self.base.clone();
        url.extend(utf8_percent_encode(id, RESERVED));
        url
    }
}

impl FromStr for ApiUrl {
    type Err = CatalogError;

    fn from_str(text: &str) -> Result<Self, CatalogError> {
        match check(text) {
            Ok(()) => Ok(Self { base: format!("{}/", text.trim_end_matches('/')) }),
            Err(problem) => Err(CatalogError::Api { url: text.to_owned(), problem }),
        }
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.base)
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    if text.contains('#') {
        return Err("a fragment (#…) has no meaning here");
    }
    let url: Uri = text.parse().map_err(|_| "it is no URL; expected http://HOST:PORT/PATH/")?;
    match url.scheme_str() {
        Some("http") => {}
        Some("https") => {
            return Err("https is not supported; use http, or a proxy that speaks TLS");
        }
        _ => return Err("it must begin with http://"),
    }
    let authority = url.authority().ok_or("it names no host")?;
    if url.host().is_none_or(str::is_empty) {
        return Err("it names no host");
    }
    if authority.as_str().contains('@') {
        return Err("a user or password cannot be sent");
    }
    let after_host = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if !after_host.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
        return Err("the port must be a number from 1 to 65535");
    }
    if url.query().is_some() {
        return Err("a query (?…) cannot be kept; the id is the last part of the path");
    }
    Ok(())
}
