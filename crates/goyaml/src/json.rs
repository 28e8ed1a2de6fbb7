//! JSON as Go's `encoding/json` reads and writes it.

mod decode;
mod encode;
mod parser;

use std::borrow::Cow;

pub use crate::json_error::Error;
pub use decode::{
    DecodeOptions, decode, decode_first, decode_first_literally, decode_list, decode_map, decode_partly,
};
pub(crate) use decode::{into_list, into_map};
pub use encode::{Encoder, Format, to_json};

/// The text Go makes of bytes on the way through JSON: each invalid byte becomes U+FFFD.
#[must_use]
pub fn to_valid_text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(text)
}
