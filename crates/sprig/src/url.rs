//! Go's URLs: `urlParse`, `urlJoin`, and what other crates ask of them.

mod escape;
mod host;
mod parse;
mod write;

use wheelhouse_gotemplate::Parameter::{Map as AnyMap, String as Str};
use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, GoString, Map, Signature, Value};

use crate::call::{Outcome, function, text};
use parse::Failure;

pub(crate) const TABLE: &[Function] = &[
    function("urlParse", Signature::fixed(&[Str], AnyMap), url_parse),
    function("urlJoin", Signature::fixed(&[AnyMap], Str), url_join),
];

/// Go's `url.URL`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Url {
    scheme: Vec<u8>,
    /// What follows the scheme where no slash does.
    opaque: Vec<u8>,
    user: Option<User>,
    host: Vec<u8>,
    /// Unescaped.
    path: Vec<u8>,
    /// As written, if escaping the path would give something else.
    raw_path: Vec<u8>,
    query: Vec<u8>,
    fragment: Vec<u8>,
    raw_fragment: Vec<u8>,
    /// A question mark without a query.
    force_query: bool,
    /// `scheme:/path`, without the two slashes.
    omit_host: bool,
}

/// The part before the `@`, unescaped.
#[derive(Clone, Debug, PartialEq, Eq)]
struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// Whether Go's `url.ParseRequestURI` takes a text, and finds a scheme in it.
#[must_use]
pub fn is_request_url(text: &[u8]) -> bool {
    // There a `#` starts no fragment, and a scheme alone is enough.
    !text.is_empty() && parse::without_fragment(text).is_ok_and(|url| !url.scheme.is_empty())
}

/// The host and the path that Go's `url.Parse` finds in a text.
#[must_use]
pub fn host_and_path(text: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    parse::parse(text).ok().map(|url| (url.host, url.path))
}

/// The host that Go's `url.Parse` finds in a text, without its port.
///
/// # Errors
/// What is wrong with the text, in Go's words.
pub fn hostname(text: &[u8]) -> Result<Vec<u8>, String> {
    let url = parse::parse(text).map_err(|failure| describe(&failure))?;
    Ok(host::without_port(&url.host).to_vec())
}

fn url_parse(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let given = arguments.string(0)?;
    context.charge_bytes(given.len().saturating_mul(2))?;
    let url = parse::parse(given.as_bytes())
        .map_err(|failure| CallError::message(format!("unable to parse url: {}", describe(&failure))))?;
    let user = url.user.as_ref().map(write::user).unwrap_or_default();
    let hostname = host::without_port(&url.host).to_vec();
    let parts = [
        ("scheme", url.scheme),
        ("host", url.host),
        ("hostname", hostname),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", user),
    ];
    Ok(Value::Map(Map::from_entries(
        parts.into_iter().map(|(name, part)| (GoString::from(name), Value::string(part))),
    )))
}

/// Go's `url.Error`.
fn describe(failure: &Failure) -> String {
    format!("parse {}: {}", quote(&failure.url), failure.reason)
}

fn url_join(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let parts = arguments.map(0)?;
    let url = Url {
        scheme: part(parts, "scheme")?,
        host: part(parts, "host")?,
        path: part(parts, "path")?,
        query: part(parts, "query")?,
        opaque: part(parts, "opaque")?,
        fragment: part(parts, "fragment")?,
        user: user(&part(parts, "userinfo")?)?,
        ..Url::default()
    };
    text(context, write::url(&url))
}

/// A part by its key, empty if it is not there.
fn part(parts: &Map, key: &str) -> Result<Vec<u8>, CallError> {
    match parts.get(key) {
        None => Ok(Vec::new()),
        Some(Value::String(part)) => Ok(part.as_bytes().to_vec()),
        Some(Value::Nil) => Err(CallError::nil_dereference()),
        Some(other) => Err(CallError::message(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            other.kind().name()
        ))),
    }
}

fn user(userinfo: &[u8]) -> Result<Option<User>, CallError> {
    if userinfo.is_empty() {
        return Ok(None);
    }
    let url = [b"proto://", userinfo, b"@host"].concat();
    match parse::parse(&url) {
        Ok(url) => Ok(url.user),
        Err(failure) => {
            Err(CallError::message(format!("unable to parse userinfo in dict: {}", describe(&failure))))
        }
    }
}
