//! Addresses of schemas: URLs, JSON pointers, anchors.

/// Resolves a reference against a base URL (RFC 3986, section 5). Fragments are no part of either.
pub(super) fn join(base: &str, reference: &str) -> String {
    let reference = Url::parse(reference);
    if reference.scheme.is_some() {
        return reference.with_clean_path();
    }
    let base = Url::parse(base);
    if base.is_opaque() {
        return if reference.path.is_empty() { base.to_text() } else { reference.to_text() };
    }
    let mut target = Url { scheme: base.scheme, ..reference };
    if reference.authority.is_none() {
        target.authority = base.authority;
        if reference.path.is_empty() {
            target.path = base.path;
            target.query = reference.query.or(base.query);
            return target.to_text();
        }
        if !reference.path.starts_with('/') {
            let directory = base.path.rfind('/').and_then(|slash| base.path.get(..=slash)).unwrap_or("/");
            let merged = format!("{directory}{}", reference.path);
            return Url { path: &merged, ..target }.with_clean_path();
        }
    }
    target.with_clean_path()
}

#[derive(Clone, Copy)]
struct Url<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Self {
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
                && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        };
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => (None, text),
        };
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) = match rest.strip_prefix("//") {
            None => (None, rest),
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (Some(authority), path)
            }
        };
        Url { scheme, authority, path, query }
    }

    /// `urn:x:y`, which has no path to go relative to.
    fn is_opaque(self) -> bool {
        self.scheme.is_some() && self.authority.is_none() && !self.path.starts_with('/')
    }

    fn with_clean_path(self) -> String {
        if self.is_opaque() || self.path.is_empty() {
            return self.to_text();
        }
        let mut segments: Vec<&str> = Vec::new();
        let mut ends_in_directory = false;
        for segment in self.path.split('/').skip(usize::from(self.path.starts_with('/'))) {
            ends_in_directory = matches!(segment, "." | ".." | "");
            match segment {
                "." => {}
                ".." => {
                    segments.pop();
                }
                segment => segments.push(segment),
            }
        }
        if ends_in_directory && segments.last().is_none_or(|last| !last.is_empty()) {
            segments.push("");
        }
        let path = format!("/{}", segments.join("/"));
        Url { path: &path, ..self }.to_text()
    }

    fn to_text(self) -> String {
        let mut text = String::new();
        if let Some(scheme) = self.scheme {
            text.push_str(scheme);
            text.push(':');
        }
        if let Some(authority) = self.authority {
            text.push_str("//");
            text.push_str(authority);
        }
        text.push_str(self.path);
        if let Some(query) = self.query {
            text.push('?');
            text.push_str(query);
        }
        text
    }
}

/// The scheme of an absolute URL.
pub(super) fn scheme(url: &str) -> Option<&str> {
    Url::parse(url).scheme
}

/// A reference without and its fragment, percent signs undone.
pub(super) fn split_fragment(reference: &str) -> (&str, String) {
    match reference.split_once('#') {
        Some((url, fragment)) => (url, percent_decode(fragment)),
        None => (reference, String::new()),
    }
}

/// One more token at the end of a JSON pointer.
pub(super) fn append(pointer: &str, token: &str) -> String {
    format!("{pointer}/{}", escape(token))
}

/// A token as it stands in a JSON pointer.
pub(super) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// A token of a JSON pointer as it is meant; `None` for a wrong escape.
pub(super) fn unescape(token: &str) -> Option<String> {
    let mut text = String::with_capacity(token.len());
    let mut letters = token.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '~' => text.push(match letters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            }),
            letter => text.push(letter),
        }
    }
    Some(text)
}

/// A URL and a pointer in it as one text.
pub(super) fn to_text(url: &str, pointer: &str) -> String {
    let tokens: Vec<String> = pointer.split('/').map(percent_encode).collect();
    format!("{url}#{}", tokens.join("/"))
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Go's `url.PathEscape`.
fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'$'
            | b'&'
            | b'+'
            | b'='
            | b':'
            | b'@' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve() {
        for (base, reference, expected) in [
            ("file:///values.schema.json", "", "file:///values.schema.json"),
            ("file:///values.schema.json", "other.json", "file:///other.json"),
            ("http://a.b/c/d/e", "../x", "http://a.b/c/x"),
            ("http://a.b/c/d/e", "/x/./y/", "http://a.b/x/y/"),
            ("http://a.b/c", "//d.e/f", "http://d.e/f"),
            ("http://a.b/c", "https://d.e/f", "https://d.e/f"),
            ("http://a.b/c", "?q", "http://a.b/c?q"),
            ("urn:x:y", "", "urn:x:y"),
            ("http://a.b", "c", "http://a.b/c"),
        ] {
            assert_eq!(join(base, reference), expected, "{base} {reference}");
        }
    }

    #[test]
    fn pointers_are_escaped() {
        assert_eq!(append("/a", "b/c~d"), "/a/b~1c~0d");
        assert_eq!(unescape("b~1c~0d").as_deref(), Some("b/c~d"));
        assert_eq!(unescape("a~2"), None);
        assert_eq!(split_fragment("a#/b%20c"), ("a", "/b c".to_owned()));
        assert_eq!(to_text("file:///x", "/a b/c"), "file:///x#/a%20b/c");
    }
}
