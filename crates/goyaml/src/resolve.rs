//! What a plain scalar means: YAML 1.1 as go-yaml v2 understands it.

mod number;
mod timestamp;

/// The prefix that `!!` stands for.
pub(crate) const TAG_PREFIX: &str = "tag:yaml.org,2002:";

/// The value of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Resolved<'t> {
    Null,
    Bool(bool),
    Int(i64),
    /// Above the range of `i64`.
    Uint(u64),
    Float(f64),
    /// A date or time, which go-yaml hands out as the text it was when no type is asked for.
    Timestamp(&'t str),
    Str(&'t str),
    /// The base64 text of a `!!binary` scalar.
    Binary(&'t str),
}

impl Resolved<'_> {
    fn tag(&self) -> &'static str {
        match self {
            Resolved::Null => "!!null",
            Resolved::Bool(_) => "!!bool",
            Resolved::Int(_) | Resolved::Uint(_) => "!!int",
            Resolved::Float(_) => "!!float",
            Resolved::Timestamp(_) => "!!timestamp",
            Resolved::Str(_) => "!!str",
            Resolved::Binary(_) => "!!binary",
        }
    }
}

/// Finds the value of a scalar. An explicit tag must agree with the text, except that an integer
/// may be a `!!float`; the error is go-yaml's text. Tags go-yaml does not know mean a string.
pub(crate) fn resolve<'t>(tag: Option<&str>, text: &'t str) -> Result<Resolved<'t>, String> {
    let short = match tag {
        None => return Ok(resolve_plain(text)),
        Some(tag) => tag.strip_prefix(TAG_PREFIX).unwrap_or_default(),
    };
    let found = match short {
        "binary" => return Ok(Resolved::Binary(text)),
        // A time is only looked for under its own tag.
        "bool" | "int" | "float" | "null" => resolve_hinted(text, false),
        "timestamp" => resolve_hinted(text, true),
        _ => return Ok(Resolved::Str(text)),
    };
    match (short, found) {
        ("float", Resolved::Int(value)) => Ok(Resolved::Float(value as f64)),
        (_, found) if found.tag().strip_prefix("!!") == Some(short) => Ok(found),
        (_, found) => Err(format!("cannot decode {} `{text}` as a !!{short}", found.tag())),
    }
}

/// The value of an untagged plain scalar.
fn resolve_plain(text: &str) -> Resolved<'_> {
    resolve_hinted(text, true)
}

/// The first byte tells what the text may be besides a string.
fn resolve_hinted(text: &str, timestamps: bool) -> Resolved<'_> {
    match text.as_bytes().first() {
        None => Resolved::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            resolve_word(text)
        }
        Some(b'.') => resolve_word_or(text, || number::parse_float(text).map(Resolved::Float)),
        Some(b'0'..=b'9' | b'+' | b'-') => resolve_word_or(text, || {
            if timestamps && timestamp::is_timestamp(text) {
                return Some(Resolved::Timestamp(text));
            }
            number::resolve_number(text)
        }),
        Some(_) => Resolved::Str(text),
    }
}

fn resolve_word_or<'t>(text: &'t str, other: impl FnOnce() -> Option<Resolved<'t>>) -> Resolved<'t> {
    match resolve_word(text) {
        Resolved::Str(_) => other().unwrap_or(Resolved::Str(text)),
        found => found,
    }
}

/// The words that are no strings.
fn resolve_word(text: &str) -> Resolved<'_> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Resolved::Float(f64::NEG_INFINITY),
        _ => Resolved::Str(text),
    }
}

/// Whether a string may be written without quotes as far as its meaning goes. go-yaml v3 reads
/// some words of v2 as strings but writes them in quotes all the same; it knows more octals.
pub(crate) fn reads_as_string(text: &str, v3: bool) -> bool {
    matches!(resolve_plain(text), Resolved::Str(_)) && !is_base_60(text) && !(v3 && number::is_v3_octal(text))
}

/// The tag of `<<` as a key.
pub(crate) const MERGE_TAG: &str = "!!merge";

/// The tag of an untagged plain scalar, as go-yaml v3 finds it: `yes` and the like are strings.
pub(crate) fn tag_of_plain(text: &str) -> &'static str {
    match resolve_plain(text) {
        Resolved::Bool(_) if !matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE") => {
            "!!str"
        }
        Resolved::Str(_) if text.starts_with(['0', '-']) && number::is_v3_octal(text) => "!!int",
        found => found.tag(),
    }
}

/// A tag with `!!` for the prefix of YAML's own.
pub(crate) fn short_tag(tag: &str) -> std::borrow::Cow<'_, str> {
    match tag.strip_prefix(TAG_PREFIX) {
        Some(rest) => format!("!!{rest}").into(),
        None => tag.into(),
    }
}

/// A tag with the prefix that `!!` stands for.
pub(crate) fn long_tag(tag: &str) -> std::borrow::Cow<'_, str> {
    match tag.strip_prefix("!!") {
        Some(rest) => format!("{TAG_PREFIX}{rest}").into(),
        None => tag.into(),
    }
}

/// Whether a text is a number in base 60 (`12:30:45`), which go-yaml reads as a string but writes
/// in quotes for the sake of other readers.
fn is_base_60(text: &str) -> bool {
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-')) {
        return false;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = unsigned.split(':');
    let whole = parts.next().unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !whole.starts_with(|first: char| first.is_ascii_digit()) || !digits(whole) {
        return false;
    }
    let mut rest = parts.peekable();
    if rest.peek().is_none() {
        return false;
    }
    while let Some(part) = rest.next() {
        let part = match part.split_once('.') {
            Some((part, fraction)) if rest.peek().is_none() && digits(fraction) => part,
            _ => part,
        };
        let sixtieth = match part.as_bytes() {
            [one] => one.is_ascii_digit(),
            [b'0'..=b'5', one] => one.is_ascii_digit(),
            _ => false,
        };
        if !sixtieth {
            return false;
        }
    }
    true
}
