//! `html`, `js` and `urlquery`.

use crate::format;
use crate::function::{CallError, Context};
use crate::unicode::{decode, is_print};
use crate::value::{GoString, Value};

/// The arguments as one text, as `print` joins them; nil shows as templates show it.
pub(super) fn text(context: &mut dyn Context, arguments: &[Value]) -> Result<GoString, CallError> {
    if let [Value::String(text)] = arguments {
        return Ok(text.clone());
    }
    let shown: Vec<Value> = arguments
        .iter()
        .map(|argument| match argument {
            Value::Nil => Value::from("<no value>"),
            other => other.clone(),
        })
        .collect();
    format::sprint_through(context, &shown)
}

pub(super) fn html(text: &GoString) -> GoString {
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    for byte in text.as_bytes() {
        match byte {
            b'\0' => out.extend_from_slice("\u{FFFD}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            other => out.push(*other),
        }
    }
    GoString::from(out)
}

pub(super) fn js(text: &GoString) -> GoString {
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    let mut rest = text.as_bytes();
    while let Some((character, width)) = decode(rest) {
        let (read, unread) = rest.split_at_checked(width).unwrap_or((rest, &[]));
        match character {
            '\\' => out.extend_from_slice(b"\\\\"),
            '\'' => out.extend_from_slice(b"\\'"),
            '"' => out.extend_from_slice(b"\\\""),
            '<' => out.extend_from_slice(b"\\u003C"),
            '>' => out.extend_from_slice(b"\\u003E"),
            '&' => out.extend_from_slice(b"\\u0026"),
            '=' => out.extend_from_slice(b"\\u003D"),
            // DEL is the one control character Go leaves alone here.
            ' '..='\u{7F}' => out.extend_from_slice(read),
            _ if is_print(character) => out.extend_from_slice(read),
            _ => out.extend_from_slice(format!("\\u{:04X}", u32::from(character)).as_bytes()),
        }
        rest = unread;
    }
    GoString::from(out)
}

/// Go's `url.QueryEscape`.
pub(super) fn url_query(text: &GoString) -> GoString {
    let mut out = Vec::with_capacity(text.len());
    for byte in text.as_bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            other => out.extend_from_slice(format!("%{other:02X}").as_bytes()),
        }
    }
    GoString::from(out)
}
