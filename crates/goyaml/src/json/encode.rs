//! Values to JSON text.

use crate::encode::{Encode, Sink};
use crate::error::Error;
use crate::key_order::KeyOrder;
use crate::limits::Limits;

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Whether `<`, `>` and `&` are escaped: Go's `json.Marshal` does, `toRawJson` does not.
    pub escape_html: bool,
    /// Whether the text is broken into lines, two spaces a level (`MarshalIndent(v, "", "  ")`).
    pub indent: bool,
}

impl Default for Format {
    /// What `json.Marshal` writes.
    fn default() -> Self {
        Self { escape_html: true, indent: false }
    }
}

/// Writes a value as JSON.
///
/// # Errors
/// Infinite numbers, not-a-number, and values nested deeper than 1,000 levels.
pub fn to_json(value: &impl Encode, format: Format) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    value.encode(&mut Encoder::new(&mut out, format))?;
    Ok(out)
}

/// Writes JSON as it is told.
#[derive(Debug)]
pub struct Encoder<'o> {
    out: &'o mut Vec<u8>,
    format: Format,
    /// For each open collection, whether it still waits for its first node.
    open: Vec<Open>,
    max_depth: usize,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    is_map: bool,
    empty: bool,
}

impl<'o> Encoder<'o> {
    /// An encoder that appends to `out`.
    #[must_use]
    pub fn new(out: &'o mut Vec<u8>, format: Format) -> Self {
        Self { out, format, open: Vec::new(), max_depth: Limits::default().max_depth }
    }

    /// What goes before a node: in a list, the comma and the new line.
    fn begin_node(&mut self) {
        if let Some(open) = self.open.last_mut()
            && !open.is_map
        {
            let first = std::mem::replace(&mut open.empty, false);
            self.separate(first);
        }
    }

    fn separate(&mut self, first: bool) {
        if !first {
            self.out.push(b',');
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        if self.format.indent {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b' ', 2 * self.open.len()));
        }
    }

    fn begin(&mut self, is_map: bool) -> Result<(), Error> {
        self.begin_node();
        if self.open.len() >= self.max_depth {
            return Err(Error::TooDeep { max: self.max_depth });
        }
        self.open.push(Open { is_map, empty: true });
        self.out.push(if is_map { b'{' } else { b'[' });
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if !open.empty {
            self.new_line();
        }
        self.out.push(if open.is_map { b'}' } else { b']' });
    }

    fn raw(&mut self, text: &str) -> Result<(), Error> {
        self.begin_node();
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Sink for Encoder<'_> {
    fn null(&mut self) -> Result<(), Error> {
        self.raw("null")
    }

    fn bool(&mut self, value: bool) -> Result<(), Error> {
        self.raw(if value { "true" } else { "false" })
    }

    fn int(&mut self, value: i64) -> Result<(), Error> {
        self.raw(&value.to_string())
    }

    fn uint(&mut self, value: u64) -> Result<(), Error> {
        self.raw(&value.to_string())
    }

    fn float(&mut self, value: f64) -> Result<(), Error> {
        self.raw(&crate::float::json(value).map_err(Error::UnsupportedValue)?)
    }

    fn string(&mut self, text: &[u8]) -> Result<(), Error> {
        self.begin_node();
        push_string(self.out, text, self.format.escape_html);
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.string(crate::base64::encode(bytes).as_bytes())
    }

    fn nil_seq(&mut self) -> Result<(), Error> {
        self.null()
    }

    fn nil_map(&mut self) -> Result<(), Error> {
        self.null()
    }

    fn begin_seq(&mut self, _len: usize) -> Result<(), Error> {
        self.begin(false)
    }

    fn end_seq(&mut self) {
        self.end();
    }

    fn begin_map(&mut self, _len: usize) -> Result<(), Error> {
        self.begin(true)
    }

    fn key(&mut self, key: &[u8]) -> Result<(), Error> {
        if let Some(open) = self.open.last_mut() {
            let first = std::mem::replace(&mut open.empty, false);
            self.separate(first);
        }
        push_string(self.out, key, self.format.escape_html);
        self.out.push(b':');
        if self.format.indent {
            self.out.push(b' ');
        }
        Ok(())
    }

    fn end_map(&mut self) {
        self.end();
    }

    fn key_order(&self) -> KeyOrder {
        KeyOrder::Bytes
    }
}

/// Appends a JSON string literal.
fn push_string(out: &mut Vec<u8>, text: &[u8], escape_html: bool) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        push_valid(out, chunk.valid().as_bytes(), escape_html);
        for _ in chunk.invalid() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
    out.push(b'"');
}

fn push_valid(out: &mut Vec<u8>, text: &[u8], escape_html: bool) {
    let mut written = 0;
    for (index, byte) in text.iter().enumerate() {
        let (escape, size): (&[u8], usize) = match byte {
            b'"' => (b"\\\"", 1),
            b'\\' => (b"\\\\", 1),
            0x08 => (b"\\b", 1),
            0x0C => (b"\\f", 1),
            b'\n' => (b"\\n", 1),
            b'\r' => (b"\\r", 1),
            b'\t' => (b"\\t", 1),
            0..=0x1F => (b"", 1),
            b'<' | b'>' | b'&' if escape_html => (b"", 1),
            0xE2 => match text.get(index + 1..index + 3) {
                Some([0x80, 0xA8]) => (b"\\u2028", 3),
                Some([0x80, 0xA9]) => (b"\\u2029", 3),
                _ => continue,
            },
            _ => continue,
        };
        out.extend_from_slice(text.get(written..index).unwrap_or_default());
        if escape.is_empty() {
            let digit = |value: u8| char::from_digit(u32::from(value), 16).map_or(b'0', |digit| digit as u8);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 0xF)]);
        } else {
            out.extend_from_slice(escape);
        }
        written = index + size;
    }
    out.extend_from_slice(text.get(written..).unwrap_or_default());
}
