//! Go's `url.Parse`.

use super::escape::{Part, escape, unescape};
use super::{Url, User, host};

/// Why a text is no URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// What was read: without the fragment, unless that is at fault.
    pub(super) url: Vec<u8>,
    pub(super) reason: String,
}

/// Reads a URL, or a reference relative to one.
pub(super) fn parse(text: &[u8]) -> Result<Url, Failure> {
    let (before, fragment) = cut(text, b'#');
    let fail = |url: &[u8], reason| Failure { url: url.to_vec(), reason };
    let mut url = without_fragment(before).map_err(|reason| fail(before, reason))?;
    if let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty()) {
        url.fragment = unescape(fragment, Part::Fragment).map_err(|reason| fail(text, reason))?;
        if escape(&url.fragment, Part::Fragment) != fragment {
            url.raw_fragment = fragment.to_vec();
        }
    }
    Ok(url)
}

/// The text before the first such byte, and what follows it if there is one.
fn cut(text: &[u8], byte: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(byte, text).and_then(|at| text.split_at_checked(at)) {
        Some((before, after)) => (before, after.get(1..)),
        None => (text, None),
    }
}

pub(super) fn without_fragment(text: &[u8]) -> Result<Url, String> {
    if text.iter().any(u8::is_ascii_control) {
        return Err(String::from("net/url: invalid control character in URL"));
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = cut(rest, b'?');
    url.force_query = query.is_some_and(<[u8]>::is_empty);
    url.query = query.unwrap_or_default().to_vec();
    if !rest.starts_with(b"/") {
        if !scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err(String::from("first path segment in URL cannot contain colon"));
        }
    }
    let has_scheme = !scheme.is_empty();
    if let Some(behind) = rest.strip_prefix(b"//").filter(|behind| has_scheme || !behind.starts_with(b"/")) {
        let end = memchr::memchr(b'/', behind).unwrap_or(behind.len());
        let (authority, path) = behind.split_at_checked(end).unwrap_or((behind, &[]));
        rest = path;
        (url.user, url.host) = read_authority(&url.scheme, authority)?;
    } else if has_scheme && rest.starts_with(b"/") {
        url.omit_host = true;
    }
    url.path = unescape(rest, Part::Path)?;
    if escape(&url.path, Part::Path) != rest {
        url.raw_path = rest.to_vec();
    }
    Ok(url)
}

fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(String::from("missing protocol scheme")),
            b':' => return Ok((text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default())),
            _ => break,
        }
    }
    Ok((&[], text))
}

fn read_authority(scheme: &[u8], authority: &[u8]) -> Result<(Option<User>, Vec<u8>), String> {
    let Some((userinfo, host)) =
        memchr::memrchr(b'@', authority).and_then(|at| authority.split_at_checked(at))
    else {
        return Ok((None, host::parse(scheme, authority)?));
    };
    let host = host::parse(scheme, host.get(1..).unwrap_or_default())?;
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !userinfo.iter().all(belongs) {
        return Err(String::from("net/url: invalid userinfo"));
    }
    let (name, password) = cut(userinfo, b':');
    let name = unescape(name, Part::User)?;
    let password = password.map(|password| unescape(password, Part::User)).transpose()?;
    Ok((Some(User { name, password }), host))
}
