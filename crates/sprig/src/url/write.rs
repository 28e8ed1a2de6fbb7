//! Go's `URL.String`.

use super::escape::{Part, escape, is_valid, unescape};
use super::{Url, User};

pub(super) fn user(user: &User) -> Vec<u8> {
    let mut text = escape(&user.name, Part::User);
    if let Some(password) = &user.password {
        text.push(b':');
        text.extend_from_slice(&escape(password, Part::User));
    }
    text
}

pub(super) fn url(url: &Url) -> Vec<u8> {
    let mut text = Vec::new();
    if !url.scheme.is_empty() {
        text.extend_from_slice(&url.scheme);
        text.push(b':');
    }
    if url.opaque.is_empty() {
        authority(url, &mut text);
        path(url, &mut text);
    } else {
        text.extend_from_slice(&url.opaque);
    }
    if url.force_query || !url.query.is_empty() {
        text.push(b'?');
        text.extend_from_slice(&url.query);
    }
    if !url.fragment.is_empty() {
        text.push(b'#');
        text.extend_from_slice(&escaped(&url.fragment, &url.raw_fragment, Part::Fragment));
    }
    text
}

fn authority(url: &Url, text: &mut Vec<u8>) {
    let has_authority = !url.host.is_empty() || url.user.is_some();
    if !has_authority && (url.scheme.is_empty() || url.omit_host) {
        return;
    }
    if has_authority || !url.path.is_empty() {
        text.extend_from_slice(b"//");
    }
    if let Some(name) = &url.user {
        text.extend_from_slice(&user(name));
        text.push(b'@');
    }
    text.extend_from_slice(&escape(&url.host, Part::Host));
}

fn path(url: &Url, text: &mut Vec<u8>) {
    let path = if url.path == b"*" && url.raw_path.is_empty() {
        url.path.clone()
    } else {
        escaped(&url.path, &url.raw_path, Part::Path)
    };
    if !path.is_empty() && !path.starts_with(b"/") && !url.host.is_empty() {
        text.push(b'/');
    }
    // A first segment with a colon would read as a scheme.
    let first_segment = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    if text.is_empty() && first_segment.contains(&b':') {
        text.extend_from_slice(b"./");
    }
    text.extend_from_slice(&path);
}

/// The text as it was written if that still says the same, escaped anew otherwise.
fn escaped(plain: &[u8], raw: &[u8], part: Part) -> Vec<u8> {
    let raw_says_it = !raw.is_empty()
        && is_valid(raw, part)
        && unescape(raw, part).is_ok_and(|unescaped| unescaped == plain);
    if raw_says_it { raw.to_vec() } else { escape(plain, part) }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn what_is_read_is_written() {
        for text in [
            "http://example.com/a%2Fb?x=1#y",
            "https://user:p%20w@host:8080/",
            "mailto:a@b",
            "//host/path",
            "/path only",
            "file:///etc/passwd",
            "scheme:/path",
            "http://[::1]:80/",
            "?",
            "#f",
            "*",
            "",
        ] {
            let written = url(&parse(text.as_bytes()).unwrap());
            assert_eq!(String::from_utf8(written).unwrap(), text.replace(' ', "%20"));
        }
    }

    #[test]
    fn what_is_no_url() {
        for (text, reason) in [
            (":x", "missing protocol scheme"),
            ("a b:c", "first path segment in URL cannot contain colon"),
            ("http://a b/", "invalid character \" \" in host name"),
            ("http://h:x/", "invalid port \":x\" after host"),
            ("http://a:1:2/", "invalid port \":1:2\" after host"),
            ("%zz", "invalid URL escape \"%zz\""),
            ("http://[::1/", "missing ']' in host"),
            ("a\nb", "net/url: invalid control character in URL"),
            ("http://a<b@h/", "net/url: invalid userinfo"),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err().reason, reason, "{text}");
        }
    }
}
