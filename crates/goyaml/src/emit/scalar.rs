//! Scalars in their styles.

use super::analysis::{Analysis, analyze, is_printable};
use super::{Emitter, Flavor, OpenKind, WIDTH};
use crate::chars::{at, count_chars, is_break, width};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarStyle {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// Characters of the longest key that goes without a `?`.
const LONGEST_SIMPLE_KEY: usize = 128;
const BINARY_TAG: &[u8] = b"!!binary";

impl Emitter<'_> {
    /// Writes a key; the mapping then waits for the value.
    pub(super) fn write_key(&mut self, text: &str, binary: bool) {
        let analysis = self.analyze(text);
        let tag = if binary { BINARY_TAG.len() } else { 0 };
        let simple = !analysis.multiline && text.len() + tag <= LONGEST_SIMPLE_KEY;
        if let Some(open) = self.open.last_mut() {
            open.kind = if simple { OpenKind::MapValue } else { OpenKind::MapComplexValue };
        }
        if !simple {
            self.write_indicator(b'?', true, true);
        }
        let wanted =
            if binary && !text.contains('\n') { ScalarStyle::Plain } else { self.wanted_style(text) };
        self.write_analyzed(text, wanted, binary, simple, analysis);
    }

    /// Writes a scalar in the style wanted or, if that cannot hold it, in the next best one.
    pub(super) fn write_scalar(&mut self, text: &str, wanted: ScalarStyle, binary: bool, simple_key: bool) {
        let analysis = self.analyze(text);
        self.write_analyzed(text, wanted, binary, simple_key, analysis);
    }

    fn analyze(&self, text: &str) -> Analysis {
        analyze(text, self.flavor == Flavor::V3)
    }

    fn write_analyzed(
        &mut self,
        text: &str,
        wanted: ScalarStyle,
        binary: bool,
        simple_key: bool,
        analysis: Analysis,
    ) {
        let mut style = wanted;
        if simple_key && analysis.multiline {
            style = ScalarStyle::DoubleQuoted;
        }
        if style == ScalarStyle::Plain && (!analysis.plain_allowed || (text.is_empty() && simple_key)) {
            style = ScalarStyle::SingleQuoted;
        }
        if style == ScalarStyle::SingleQuoted && !analysis.single_quoted_allowed {
            style = ScalarStyle::DoubleQuoted;
        }
        if style == ScalarStyle::Literal && (!analysis.literal_allowed || simple_key) {
            style = ScalarStyle::DoubleQuoted;
        }
        if binary {
            if !self.whitespace {
                self.put(b' ');
            }
            self.out.extend_from_slice(BINARY_TAG);
            self.column += BINARY_TAG.len();
            self.whitespace = false;
            self.indention = false;
        }
        let outer_indent = self.indent;
        self.indent = outer_indent.max(0) + 2;
        let foldable = !simple_key && self.flavor == Flavor::V2;
        match style {
            ScalarStyle::Plain => self.write_plain(text, foldable),
            ScalarStyle::SingleQuoted => self.write_single_quoted(text, foldable),
            ScalarStyle::DoubleQuoted => self.write_double_quoted(text, foldable),
            ScalarStyle::Literal => self.write_literal(text),
        }
        self.indent = outer_indent;
    }

    /// Copies characters that are no line breaks.
    pub(super) fn copy(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        self.column += count_chars(bytes);
    }

    /// Copies the character at `index` and tells where the next one is.
    pub(super) fn copy_char(&mut self, bytes: &[u8], index: usize) -> usize {
        let next = index + width(at(bytes, index));
        self.out.extend_from_slice(bytes.get(index..next).unwrap_or_default());
        self.column += 1;
        next
    }

    /// Copies the line break at `index`; all but the line feed count as characters first.
    pub(super) fn copy_break(&mut self, bytes: &[u8], index: usize) -> usize {
        let next = index + width(at(bytes, index));
        if at(bytes, index) == b'\n' {
            self.put_break();
        } else {
            self.out.extend_from_slice(bytes.get(index..next).unwrap_or_default());
            self.column = 0;
        }
        next
    }

    /// A plain scalar has no line breaks.
    pub(super) fn write_plain(&mut self, text: &str, foldable: bool) {
        if !self.whitespace {
            self.put(b' ');
        }
        let bytes = text.as_bytes();
        if !foldable || self.column + bytes.len() <= WIDTH {
            self.copy(bytes);
        } else {
            let mut after_space = false;
            let mut index = 0;
            while index < bytes.len() {
                let space = at(bytes, index) == b' ';
                if space && !after_space && self.column > WIDTH && at(bytes, index + 1) != b' ' {
                    self.write_indent();
                    index += 1;
                } else {
                    index = self.copy_char(bytes, index);
                }
                after_space = space;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    pub(super) fn write_single_quoted(&mut self, text: &str, foldable: bool) {
        let bytes = text.as_bytes();
        self.write_indicator(b'\'', true, false);
        let (mut after_space, mut after_break) = (false, false);
        let mut index = 0;
        while index < bytes.len() {
            let byte = at(bytes, index);
            if byte == b' ' {
                let inside = index > 0 && index + 1 < bytes.len();
                if foldable && !after_space && self.column > WIDTH && inside && at(bytes, index + 1) != b' ' {
                    self.write_indent();
                    index += 1;
                } else {
                    index = self.copy_char(bytes, index);
                }
                after_space = true;
            } else if is_break(bytes, index) {
                if !after_break && byte == b'\n' {
                    self.put_break();
                }
                index = self.copy_break(bytes, index);
                self.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                if byte == b'\'' {
                    self.put(b'\'');
                }
                index = self.copy_char(bytes, index);
                self.indention = false;
                (after_space, after_break) = (false, false);
            }
        }
        self.write_indicator(b'\'', false, false);
        self.whitespace = false;
        self.indention = false;
    }

    pub(super) fn write_double_quoted(&mut self, text: &str, foldable: bool) {
        let bytes = text.as_bytes();
        // go-yaml escapes everything in a text that begins with a byte order mark.
        let escape_all = text.starts_with('\u{feff}');
        self.write_indicator(b'"', true, false);
        let mut after_space = false;
        for (index, character) in text.char_indices() {
            let byte = at(bytes, index);
            let escape = escape_all
                || matches!(byte, b'"' | b'\\')
                || !is_printable(bytes, index)
                || is_break(bytes, index);
            if escape {
                self.write_escape(character);
                after_space = false;
            } else if byte == b' ' {
                let inside = index > 0 && index + 1 < bytes.len();
                if foldable && !after_space && self.column > WIDTH && inside {
                    self.write_indent();
                    if at(bytes, index + 1) == b' ' {
                        self.put(b'\\');
                    }
                } else {
                    self.put(b' ');
                }
                after_space = true;
            } else {
                self.copy_char(bytes, index);
                after_space = false;
            }
        }
        self.write_indicator(b'"', false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn write_escape(&mut self, character: char) {
        let letter = match character {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(character);
                let escape = match code {
                    0..=0xFF => format!("\\x{code:02X}"),
                    0x100..=0xFFFF => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.copy(escape.as_bytes());
                return;
            }
        };
        self.put(b'\\');
        self.put(letter as u8);
    }

    fn write_literal(&mut self, text: &str) {
        self.write_indicator(b'|', true, false);
        self.write_block_hints(text);
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        self.write_literal_lines(text);
    }

    /// The lines of a literal scalar after its indicators.
    pub(super) fn write_literal_lines(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut after_break = true;
        let mut index = 0;
        while index < bytes.len() {
            if is_break(bytes, index) {
                index = self.copy_break(bytes, index);
                self.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                let rest = bytes.get(index..).unwrap_or_default();
                let ends = |place: usize| matches!(at(rest, place), b'\n' | b'\r' | 0xC2 | 0xE2);
                let run = (1..rest.len()).find(|place| ends(*place)).unwrap_or(rest.len());
                self.copy(rest.get(..run).unwrap_or_default());
                index += run;
                self.indention = false;
                after_break = false;
            }
        }
    }

    /// The indentation, if the first line does not show it, and what becomes of the last breaks.
    pub(super) fn write_block_hints(&mut self, text: &str) {
        let bytes = text.as_bytes();
        if at(bytes, 0) == b' ' || is_break(bytes, 0) {
            self.write_indicator(b'2', false, false);
        }
        let breaks_at_the_end =
            text.chars().rev().map_while(|last| is_break_char(last).then_some(())).take(2).count();
        match breaks_at_the_end {
            0 => self.write_indicator(b'-', false, false),
            1 if text.chars().count() > 1 => {}
            _ => self.write_indicator(b'+', false, false),
        }
    }
}

fn is_break_char(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Base64 in lines of 70 characters, as go-yaml breaks it.
pub(super) fn base64_lines(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let encoded = crate::base64::encode(bytes);
    if encoded.len() < LINE {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    for line in encoded.as_bytes().chunks(LINE) {
        lines.push_str(std::str::from_utf8(line).unwrap_or_default());
        lines.push('\n');
    }
    lines
}
