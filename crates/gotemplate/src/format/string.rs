//! Strings and bytes: `%s %q %x %X`.

use super::printer::Printer;
use crate::strconv::{append_quoted, can_backquote};
use crate::unicode::decode;

impl Printer {
    /// Writes the string; `false` if the verb is none for strings.
    pub(super) fn string(&mut self, text: &[u8], verb: char) -> bool {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => {
                let text = self.truncated(text);
                self.pad(text);
            }
            'x' | 'X' => self.hexadecimal_bytes(text, verb == 'X'),
            'q' => self.quoted(text),
            _ => return false,
        }
        true
    }

    /// The first characters, as many as the precision says.
    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(precision) = self.flags.precision else { return text };
        let mut rest = text;
        for _ in 0..precision {
            let Some((_, width)) = decode(rest) else { return text };
            rest = rest.get(width..).unwrap_or_default();
        }
        text.get(..text.len() - rest.len()).unwrap_or(text)
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.truncated(text);
        let mut out = Vec::with_capacity(text.len() + 2);
        if self.flags.sharp && can_backquote(text) {
            out.push(b'`');
            out.extend_from_slice(text);
            out.push(b'`');
        } else {
            append_quoted(&mut out, text, b'"', self.flags.plus);
        }
        self.pad(&out);
    }

    fn hexadecimal_bytes(&mut self, bytes: &[u8], upper: bool) {
        let flags = self.flags;
        let bytes = flags.precision.and_then(|precision| bytes.get(..precision)).unwrap_or(bytes);
        let prefix: &[u8] = if upper { b"0X" } else { b"0x" };
        let mut text = Vec::with_capacity(2 * bytes.len());
        for (index, byte) in bytes.iter().enumerate() {
            if flags.space && index > 0 {
                text.push(b' ');
            }
            if flags.sharp && (flags.space || index == 0) {
                text.extend_from_slice(prefix);
            }
            let pair = if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
            text.extend_from_slice(pair.as_bytes());
        }
        self.pad(&text);
    }
}
