//! Integers: `%d %b %o %O %x %X %c %q %U`.

use super::printer::Printer;
use crate::strconv::{append_quoted_rune, append_uint};
use crate::unicode::{RUNE_ERROR, is_print};
use crate::value::Value;

impl Printer {
    pub(super) fn signed(&mut self, number: i64, verb: char, value: &Value) {
        let negative = number < 0;
        match verb {
            // A negative number is no character: Go sees a huge unsigned one.
            'c' | 'q' | 'U' => self.character(number.cast_unsigned(), verb),
            'v' | 'd' => self.integer(number.unsigned_abs(), negative, 10, verb),
            _ => self.other_base(number.unsigned_abs(), negative, verb, value),
        }
    }

    pub(super) fn unsigned(&mut self, number: u64, verb: char, value: &Value) {
        match verb {
            'c' | 'q' | 'U' => self.character(number, verb),
            'v' if self.flags.sharp_v => self.hexadecimal(number, true),
            'v' | 'd' => self.integer(number, false, 10, verb),
            _ => self.other_base(number, false, verb, value),
        }
    }

    fn other_base(&mut self, magnitude: u64, negative: bool, verb: char, value: &Value) {
        match verb {
            'b' => self.integer(magnitude, negative, 2, verb),
            'o' | 'O' => self.integer(magnitude, negative, 8, verb),
            'x' | 'X' => self.integer(magnitude, negative, 16, verb),
            _ => self.bad_verb(value, verb),
        }
    }

    /// Hexadecimal with or without `0x`, whatever the flags.
    pub(super) fn hexadecimal(&mut self, number: u64, prefixed: bool) {
        let sharp = std::mem::replace(&mut self.flags.sharp, prefixed);
        self.integer(number, false, 16, 'v');
        self.flags.sharp = sharp;
    }

    pub(super) fn integer(&mut self, magnitude: u64, negative: bool, base: u32, verb: char) {
        let flags = self.flags;
        if base == 10 && flags.width.is_none() && flags.precision.is_none() && !flags.plus && !flags.space {
            if negative {
                self.out.push(b'-');
            }
            append_uint(&mut self.out, magnitude);
            self.check_size();
            return;
        }
        let signed = negative || flags.plus || flags.space;
        let least_digits = match flags.precision {
            Some(0) if magnitude == 0 => {
                self.pad_with_spaces(b"");
                return;
            }
            Some(precision) => precision,
            None if flags.zero && !flags.minus => {
                flags.width.unwrap_or(0).saturating_sub(usize::from(signed))
            }
            None => 0,
        };
        let digits = match (base, verb) {
            (2, _) => format!("{magnitude:b}"),
            (8, _) => format!("{magnitude:o}"),
            (16, 'X') => format!("{magnitude:X}"),
            (16, _) => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let zeros = least_digits.saturating_sub(digits.len());
        let sign = match (negative, flags.plus, flags.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (.., true) => " ",
            _ => "",
        };
        let octal = if verb == 'O' { "0o" } else { "" };
        let prefix = match (flags.sharp, base, verb) {
            (true, 2, _) => "0b",
            (true, 8, _) if zeros == 0 && !digits.starts_with('0') => "0",
            (true, 16, 'X') => "0X",
            (true, 16, _) => "0x",
            _ => "",
        };
        let mut text = Vec::with_capacity(digits.len() + zeros + 6);
        for part in [sign, octal, prefix] {
            text.extend_from_slice(part.as_bytes());
        }
        text.resize(text.len() + zeros, b'0');
        text.extend_from_slice(digits.as_bytes());
        self.pad_with_spaces(&text);
    }

    fn character(&mut self, code: u64, verb: char) {
        let character = u32::try_from(code).ok().and_then(char::from_u32);
        let shown = character.unwrap_or(RUNE_ERROR);
        match verb {
            'c' => self.pad(shown.encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => {
                let mut text = Vec::new();
                append_quoted_rune(&mut text, shown, self.flags.plus);
                self.pad(&text);
            }
            _ => {
                let digits = self.flags.precision.unwrap_or(4).max(4);
                let zeros = digits.saturating_sub(format!("{code:X}").len());
                let mut text = b"U+".to_vec();
                text.resize(2 + zeros, b'0');
                text.extend_from_slice(format!("{code:X}").as_bytes());
                if let Some(character) =
                    character.filter(|character| self.flags.sharp && is_print(*character))
                {
                    text.extend_from_slice(format!(" '{character}'").as_bytes());
                }
                self.pad_with_spaces(&text);
            }
        }
    }
}
