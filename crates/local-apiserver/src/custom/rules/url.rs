//! The functions of expressions for URLs, which are read as Go's `net/url` reads those of requests.

use std::collections::HashMap;
use std::sync::Arc;

use kube_cel::cel::extractors::This;
use kube_cel::cel::objects::{Key, Map, Opaque};
use kube_cel::cel::{Context, ExecutionError, Value as Cel};

/// An absolute URI, or an absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    scheme: String,
    /// Host with port and the brackets of IPv6 addresses.
    host: String,
    path: String,
    query: String,
    /// The whole text, by which URLs are the same.
    text: String,
}

impl Opaque for Url {
    fn runtime_type_name(&self) -> &str {
        "kubernetes.URL"
    }
}

type Outcome = Result<Cel, ExecutionError>;

/// Makes the functions known.
pub(super) fn register(context: &mut Context<'_>) {
    context.add_function("url", |text: Arc<String>| -> Outcome {
        let fail = |why: String| {
            let why = format!("URL parse error during conversion from string: parse {text:?}: {why}");
            ExecutionError::function_error("url", why)
        };
        Ok(Cel::Opaque(Arc::new(Url::read(&text).map_err(fail)?)))
    });
    context.add_function("isURL", |text: Arc<String>| Url::read(&text).is_ok());
    context.add_function("getScheme", |This(url): This<Cel>| text_of(&url, |url| url.scheme.clone()));
    context.add_function("getHost", |This(url): This<Cel>| text_of(&url, |url| url.host.clone()));
    context
        .add_function("getHostname", |This(url): This<Cel>| text_of(&url, |url| url.hostname().to_owned()));
    context.add_function("getPort", |This(url): This<Cel>| text_of(&url, |url| url.port().to_owned()));
    context.add_function("getEscapedPath", |This(url): This<Cel>| text_of(&url, Url::escaped_path));
    context.add_function("getQuery", |This(url): This<Cel>| -> Outcome { Ok(query_of(url_of(&url)?)) });
}

fn url_of(value: &Cel) -> Result<&Url, ExecutionError> {
    let url = match value {
        Cel::Opaque(value) => value.downcast_ref::<Url>(),
        _ => None,
    };
    url.ok_or(ExecutionError::NoSuchOverload)
}

fn text_of(value: &Cel, part: impl Fn(&Url) -> String) -> Outcome {
    Ok(Cel::String(Arc::new(part(url_of(value)?))))
}

fn query_of(url: &Url) -> Cel {
    let mut found: HashMap<Key, Vec<Cel>> = HashMap::new();
    for part in url.query.split('&').filter(|part| !part.is_empty() && !part.contains(';')) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let plain = |text: &str| unescaped(&text.replace('+', " ")).ok();
        // what cannot be read is left out, as Go leaves it out
        if let (Some(key), Some(value)) = (plain(key), plain(value)) {
            found.entry(Key::String(Arc::new(key))).or_default().push(Cel::String(Arc::new(value)));
        }
    }
    let lists = found.into_iter().map(|(key, values)| (key, Cel::List(Arc::new(values)))).collect();
    Cel::Map(Map { map: Arc::new(lists) })
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, in Go's words.
    fn read(text: &str) -> Result<Self, String> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        if text.is_empty() {
            return Err("empty url".to_owned());
        }
        let mut url = Url {
            scheme: String::new(),
            host: String::new(),
            path: String::new(),
            query: String::new(),
            text: text.to_owned(),
        };
        if text == "*" {
            url.path = text.to_owned();
            return Ok(url);
        }
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        unescaped(fragment)?;
        let (scheme, rest) = scheme_of(before)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        url.query = query.to_owned();
        if !rest.starts_with('/') {
            // such as `mailto:`: neither host nor path
            return if scheme.is_empty() { Err("invalid URI for request".to_owned()) } else { Ok(url) };
        }
        let has_host = !scheme.is_empty() || !rest.starts_with("///");
        let path = match rest.strip_prefix("//").filter(|_| has_host) {
            Some(after) => {
                let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
                url.host = host_of(authority)?;
                path
            }
            None => rest,
        };
        unescaped(path)?;
        url.path = path.to_owned();
        Ok(url)
    }

    /// Where the port begins in the host, with its colon.
    fn port_at(&self) -> Option<usize> {
        let at = self.host.rfind(':')?;
        (self.host.get(at..)?.find(']').is_none() && is_port(self.host.get(at..)?)).then_some(at)
    }

    fn hostname(&self) -> &str {
        let host = self.port_at().and_then(|at| self.host.get(..at)).unwrap_or(&self.host);
        host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host)
    }

    fn port(&self) -> &str {
        self.port_at().and_then(|at| self.host.get(at + 1..)).unwrap_or_default()
    }

    /// The path as it was written where that may be sent as it is, else escaped.
    fn escaped_path(&self) -> String {
        let may_stand = |byte: u8| !must_escape(byte) || b"!'()*[]%".contains(&byte);
        if self.path.bytes().all(may_stand) {
            return self.path.clone();
        }
        let plain = unescaped_bytes(&self.path).unwrap_or_default();
        let escape = |byte: u8| match must_escape(byte) {
            true => format!("%{byte:02X}"),
            false => char::from(byte).to_string(),
        };
        plain.into_iter().map(escape).collect()
    }
}

/// Whether a byte of a path is escaped when a path is written.
fn must_escape(byte: u8) -> bool {
    !(byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte))
}

/// The scheme, if there is one, and what follows it.
fn scheme_of(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let (scheme, rest) = text.split_at(at);
                return Ok((scheme, rest.strip_prefix(":").unwrap_or(rest)));
            }
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

/// A colon and digits, or nothing.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The host of an authority, whose user is only looked at.
fn host_of(authority: &str) -> Result<String, String> {
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(is_good) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    unescaped(user)?;
    let port = match host.strip_prefix('[') {
        Some(_) => match host.rsplit_once(']') {
            Some((_, port)) => port,
            None => return Err("missing ']' in host".to_owned()),
        },
        None => host.rfind(':').and_then(|at| host.get(at..)).unwrap_or_default(),
    };
    if !is_port(port) {
        return Err(format!("invalid port {port:?} after host"));
    }
    let is_bad = |letter: &char| {
        letter.is_ascii() && !letter.is_ascii_alphanumeric() && !"-_.~!$&'()*+,;=:[]<>\"%".contains(*letter)
    };
    // only letters beyond ASCII, and the percent sign of zones, may be escaped here
    for part in host.split('%').skip(1) {
        let code = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if code.is_some_and(|code| code < 0x80 && code != b'%') {
            return Err(format!(
                "invalid URL escape {:?}",
                format!("%{}", part.get(..2).unwrap_or_default())
            ));
        }
    }
    match host.chars().find(is_bad) {
        Some(letter) => Err(format!("invalid character {:?} in host name", letter.to_string())),
        None => unescaped(host),
    }
}

/// Without its percent signs.
fn unescaped_bytes(text: &str) -> Result<Vec<u8>, String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            plain.push(byte);
            continue;
        }
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (digit(0), digit(1)) {
            (Some(high), Some(low)) => {
                plain.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                let shown = after.get(..after.len().min(2)).unwrap_or_default();
                return Err(format!(
                    "invalid URL escape {:?}",
                    format!("%{}", String::from_utf8_lossy(shown))
                ));
            }
        }
    }
    Ok(plain)
}

fn unescaped(text: &str) -> Result<String, String> {
    unescaped_bytes(text).map(|plain| String::from_utf8_lossy(&plain).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_as_those_of_requests() {
        let check = |text: &str, expect: Result<[&str; 5], &str>| {
            let read = Url::read(text);
            let parts = read.as_ref().map(|url| {
                [
                    url.scheme.clone(),
                    url.host.clone(),
                    url.hostname().to_owned(),
                    url.port().to_owned(),
                    url.escaped_path(),
                ]
            });
            let expect = expect.map(|parts| parts.map(str::to_owned));
            assert_eq!(parts.map_err(String::as_str), expect, "{text}");
        };
        check(
            "HTTPS://user:p%40ss@example.com:80/a b/%2f?x=1#f",
            Ok(["https", "example.com:80", "example.com", "80", "/a%20b//"]),
        );
        check("https://[::1]:8443/p%2Fq", Ok(["https", "[::1]:8443", "::1", "8443", "/p%2Fq"]));
        check("https://[::1]", Ok(["https", "[::1]", "::1", "", ""]));
        check("/only/a/path?q", Ok(["", "", "", "", "/only/a/path"]));
        check("//host/path", Ok(["", "host", "host", "", "/path"]));
        check("https://a;b=c/x?y;z=1", Ok(["https", "a;b=c", "a;b=c", "", "/x"]));
        check("https://\u{e9}/\u{fc}", Ok(["https", "\u{e9}", "\u{e9}", "", "/%C3%BC"]));
        check("http://a/[b]", Ok(["http", "a", "a", "", "/[b]"]));
        check("https://a%20b/", Err("invalid URL escape \"%20\""));
        check("mailto:a@b", Ok(["mailto", "", "", "", ""]));
        check("*", Ok(["", "", "", "", "*"]));
        check("", Err("empty url"));
        check("example.com/path", Err("invalid URI for request"));
        check(":x", Err("missing protocol scheme"));
        check("https://a b/", Err("invalid character \" \" in host name"));
        check("https://a:b/", Err("invalid port \":b\" after host"));
        check("https://[::1/", Err("missing ']' in host"));
        check("https://a/%zz", Err("invalid URL escape \"%zz\""));
        check("https://a\n/", Err("net/url: invalid control character in URL"));
    }
}
