//! Values to YAML text: libyaml's emitter, for what `toYaml` and `toYamlPretty` can hold.

mod analysis;
mod number;
mod object;
mod scalar;
mod through_json;
mod tree;

use crate::encode::{Encode, Sink};
use crate::error::Error;
use crate::key_order::KeyOrder;
use crate::limits::Limits;
use crate::resolve::reads_as_string;

use scalar::ScalarStyle;

pub use object::json_to_yaml;
pub use through_json::to_yaml;
pub use tree::TreeWriter;

/// Columns after which go-yaml v2 breaks a line at the next space.
const WIDTH: usize = 80;

/// Whose YAML is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavor {
    /// go-yaml v2: `toYaml`, once its values came through JSON.
    V2,
    /// go-yaml v3 with an indentation of 2: `toYamlPretty`.
    V3,
}

/// Writes a value as `toYamlPretty` does before it trims the last line break: go-yaml v3,
/// indentation 2, no way through JSON.
///
/// # Errors
/// The value is nested deeper than 1,000 levels.
pub fn to_yaml_pretty(value: &impl Encode) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let mut emitter = Emitter::new(&mut out, Flavor::V3);
    value.encode(&mut emitter)?;
    emitter.finish();
    Ok(out)
}

/// Writes YAML as it is told.
struct Emitter<'o> {
    out: &'o mut Vec<u8>,
    flavor: Flavor,
    /// Characters on the current line.
    column: usize,
    /// Indentation of the current collection, -1 outside of any.
    indent: i64,
    open: Vec<Open>,
    /// Whether the last character was white space.
    whitespace: bool,
    /// Whether the line holds nothing yet but indentation and indicators that act as such.
    indention: bool,
    max_depth: usize,
}

/// A collection being written.
#[derive(Clone, Copy)]
struct Open {
    kind: OpenKind,
    /// The indentation outside of it.
    outer_indent: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenKind {
    /// Written as `[]` or `{}` already.
    Empty,
    Seq,
    Map,
    /// A mapping after a key on its own line (`key:`).
    MapValue,
    /// A mapping after a key that needed a `?`.
    MapComplexValue,
}

impl<'o> Emitter<'o> {
    fn new(out: &'o mut Vec<u8>, flavor: Flavor) -> Self {
        Self {
            out,
            flavor,
            column: 0,
            indent: -1,
            open: Vec::new(),
            whitespace: true,
            indention: true,
            max_depth: Limits::default().max_depth,
        }
    }

    /// Ends the document.
    fn finish(&mut self) {
        self.write_indent();
    }

    fn put(&mut self, byte: u8) {
        self.out.push(byte);
        self.column += 1;
    }

    fn put_break(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        if self.flavor == Flavor::V3 {
            self.indention = true;
        }
    }

    /// Goes to the current indentation, on a new line if something stands on this one.
    fn write_indent(&mut self) {
        let indent = usize::try_from(self.indent).unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        if self.column < indent {
            self.out.extend(std::iter::repeat_n(b' ', indent - self.column));
            self.column = indent;
        }
        self.whitespace = true;
        self.indention = true;
    }

    /// Writes an indicator, after a space if it needs one.
    fn write_indicator(&mut self, indicator: u8, needs_space: bool, is_indention: bool) {
        if needs_space && !self.whitespace {
            self.put(b' ');
        }
        self.put(indicator);
        self.whitespace = false;
        self.indention = self.indention && is_indention;
    }

    /// Writes what goes before a node. True if the node is a mapping's value.
    fn begin_node(&mut self) -> bool {
        let Some(open) = self.open.last_mut() else { return false };
        match open.kind {
            OpenKind::Seq => {
                self.write_indent();
                self.write_indicator(b'-', true, true);
                false
            }
            OpenKind::MapValue => {
                open.kind = OpenKind::Map;
                self.write_indicator(b':', false, false);
                true
            }
            OpenKind::MapComplexValue => {
                open.kind = OpenKind::Map;
                self.write_indent();
                self.write_indicator(b':', true, true);
                true
            }
            OpenKind::Map | OpenKind::Empty => true,
        }
    }

    fn begin(&mut self, len: usize, kind: OpenKind) -> Result<(), Error> {
        let in_mapping = self.begin_node();
        if self.open.len() >= self.max_depth {
            return Err(Error::TooDeep { max: self.max_depth });
        }
        let outer_indent = self.indent;
        if len == 0 {
            let (first, last) = if kind == OpenKind::Seq { (b'[', b']') } else { (b'{', b'}') };
            self.write_indicator(first, true, false);
            self.write_indicator(last, false, false);
            self.open.push(Open { kind: OpenKind::Empty, outer_indent });
            return Ok(());
        }
        // v2 does not indent a list in a mapping, unless it begins on the line of its `:`.
        let indentless = self.flavor == Flavor::V2 && kind == OpenKind::Seq && in_mapping && !self.indention;
        if self.indent < 0 {
            self.indent = 0;
        } else if !indentless {
            self.indent += 2;
        }
        self.open.push(Open { kind, outer_indent });
        Ok(())
    }

    fn end(&mut self) {
        if let Some(open) = self.open.pop() {
            self.indent = open.outer_indent;
        }
    }

    /// Writes a number or word that needs no look at its characters.
    fn write_word(&mut self, word: &[u8]) -> Result<(), Error> {
        self.begin_node();
        if !self.whitespace {
            self.put(b' ');
        }
        self.out.extend_from_slice(word);
        self.column += word.len();
        self.whitespace = false;
        self.indention = false;
        Ok(())
    }

    /// Writes a key that is a number or word, not a string.
    fn write_word_key(&mut self, word: &str) {
        self.write_indent();
        if let Some(open) = self.open.last_mut() {
            open.kind = OpenKind::MapValue;
        }
        self.out.extend_from_slice(word.as_bytes());
        self.column += word.len();
        self.whitespace = false;
        self.indention = false;
    }

    /// The style go-yaml asks for, before the emitter finds out what is possible.
    fn wanted_style(&self, text: &str) -> ScalarStyle {
        if text.contains('\n') {
            ScalarStyle::Literal
        } else if reads_as_string(text, self.flavor == Flavor::V3) {
            ScalarStyle::Plain
        } else {
            ScalarStyle::DoubleQuoted
        }
    }

    /// The text to be written for a string, and whether it is tagged `!!binary`: bytes that are not
    /// UTF-8 are written in base64.
    fn with_text(&mut self, bytes: &[u8], write: impl FnOnce(&mut Self, &str, bool)) {
        match std::str::from_utf8(bytes) {
            Ok(text) => write(self, text, false),
            Err(_) => write(self, &scalar::base64_lines(bytes), true),
        }
    }
}

impl Sink for Emitter<'_> {
    fn null(&mut self) -> Result<(), Error> {
        self.write_word(b"null")
    }

    fn bool(&mut self, value: bool) -> Result<(), Error> {
        self.write_word(if value { b"true" } else { b"false" })
    }

    fn int(&mut self, value: i64) -> Result<(), Error> {
        self.write_word(number::int(value, &mut [0; 20]))
    }

    fn uint(&mut self, value: u64) -> Result<(), Error> {
        self.write_word(number::uint(value, &mut [0; 20]))
    }

    fn float(&mut self, value: f64) -> Result<(), Error> {
        self.write_word(crate::float::yaml(value).as_bytes())
    }

    fn string(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.begin_node();
        self.with_text(bytes, |emitter, text, binary| {
            let style =
                if binary && !text.contains('\n') { ScalarStyle::Plain } else { emitter.wanted_style(text) };
            emitter.write_scalar(text, style, binary, false);
        });
        Ok(())
    }

    fn time(&mut self, text: &[u8]) -> Result<(), Error> {
        if self.flavor == Flavor::V2 {
            return self.string(text);
        }
        self.begin_node();
        self.with_text(text, |emitter, text, _| {
            emitter.write_scalar(text, ScalarStyle::Plain, false, false);
        });
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.begin_seq(bytes.len())?;
        for byte in bytes {
            self.uint(u64::from(*byte))?;
        }
        self.end_seq();
        Ok(())
    }

    fn nil_seq(&mut self) -> Result<(), Error> {
        self.begin_seq(0)?;
        self.end_seq();
        Ok(())
    }

    fn nil_map(&mut self) -> Result<(), Error> {
        self.begin_map(0)?;
        self.end_map();
        Ok(())
    }

    fn begin_seq(&mut self, len: usize) -> Result<(), Error> {
        self.begin(len, OpenKind::Seq)
    }

    fn end_seq(&mut self) {
        self.end();
    }

    fn begin_map(&mut self, len: usize) -> Result<(), Error> {
        self.begin(len, OpenKind::Map)
    }

    fn key(&mut self, key: &[u8]) -> Result<(), Error> {
        self.write_indent();
        self.with_text(key, |emitter, text, binary| emitter.write_key(text, binary));
        Ok(())
    }

    fn end_map(&mut self) {
        self.end();
    }

    fn key_order(&self) -> KeyOrder {
        match self.flavor {
            Flavor::V2 => KeyOrder::Natural,
            Flavor::V3 => KeyOrder::NaturalV3,
        }
    }
}
