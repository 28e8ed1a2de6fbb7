//! Floating-point and complex numbers: `%e %f %g %b %x`.

use super::printer::Printer;
use crate::strconv::{FloatStyle, append_float};
use crate::value::Value;

impl Printer {
    pub(super) fn float(&mut self, number: f64, verb: char, value: &Value) {
        if !self.float_with(number, verb) {
            self.bad_verb(value, verb);
        }
    }

    pub(super) fn complex(&mut self, real: f64, imaginary: f64, verb: char, value: &Value) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            self.bad_verb(value, verb);
            return;
        }
        let plus = self.flags.plus;
        self.write(b"(");
        self.float_with(real, verb);
        self.flags.plus = true;
        self.float_with(imaginary, verb);
        self.write(b"i)");
        self.flags.plus = plus;
    }

    /// Writes the number; `false` if the verb is none for numbers.
    fn float_with(&mut self, number: f64, verb: char) -> bool {
        let (style, precision, upper) = match verb {
            'v' | 'g' => (FloatStyle::General, None, false),
            'G' => (FloatStyle::General, None, true),
            'b' => (FloatStyle::Binary, None, false),
            'x' => (FloatStyle::Hexadecimal, None, false),
            'X' => (FloatStyle::Hexadecimal, None, true),
            'f' | 'F' => (FloatStyle::Fixed, Some(6), false),
            'e' => (FloatStyle::Exponent, Some(6), false),
            'E' => (FloatStyle::Exponent, Some(6), true),
            _ => return false,
        };
        let flags = self.flags;
        let precision = flags.precision.or(precision);
        let plain = !flags.plus && !flags.space && !flags.sharp && flags.width.is_none();
        if plain && number.is_finite() {
            append_float(&mut self.out, number, style, precision, upper);
            self.check_size();
            return true;
        }
        let mut text = Vec::with_capacity(24);
        append_float(&mut text, number.abs(), style, precision, upper);
        if number.is_nan() || number.is_infinite() {
            self.not_a_number(number);
            return true;
        }
        if self.flags.sharp && style != FloatStyle::Binary {
            keep_point(&mut text, verb, precision);
        }
        let sign: &[u8] = match (number.is_sign_negative(), self.flags.plus, self.flags.space) {
            (true, ..) => b"-",
            (_, true, _) => b"+",
            (.., true) => b" ",
            _ => b"",
        };
        let length = sign.len() + text.len();
        match self.flags.width {
            // The sign stands before the zeros.
            Some(width) if !sign.is_empty() && self.flags.zero && !self.flags.minus && width > length => {
                self.write(sign);
                self.padding(width - length);
                self.write(&text);
            }
            _ => {
                text.splice(0..0, sign.iter().copied());
                self.pad(&text);
            }
        }
        true
    }

    /// Infinities and NaN: never padded with zeros.
    fn not_a_number(&mut self, number: f64) {
        let sign = match (number.is_nan(), number < 0.0, self.flags.plus, self.flags.space) {
            (false, true, ..) => "-",
            (_, _, true, _) => "+",
            (_, _, _, true) => " ",
            (true, ..) => "",
            // An infinity keeps its sign even when none was asked for.
            (false, ..) => "+",
        };
        let name = if number.is_nan() { "NaN" } else { "Inf" };
        self.pad_with_spaces(format!("{sign}{name}").as_bytes());
    }
}

/// `%#g`: a decimal point always, and the zeros `%g` leaves out.
fn keep_point(text: &mut Vec<u8>, verb: char, precision: Option<usize>) {
    let mut missing: i64 = match verb {
        // Not for X: Go forgets it.
        'v' | 'g' | 'G' | 'x' => {
            precision.map_or(6, |precision| i64::try_from(precision).unwrap_or(i64::MAX))
        }
        _ => 0,
    };
    let is_tail = |byte: &u8| match verb {
        'x' | 'X' => matches!(byte, b'p' | b'P'),
        _ => matches!(byte, b'e' | b'E'),
    };
    let tail_start = text.iter().position(is_tail).unwrap_or(text.len());
    let tail = text.split_off(tail_start);
    let has_point = text.contains(&b'.');
    let mut significant = false;
    for byte in text.iter().filter(|byte| **byte != b'.') {
        significant = significant || *byte != b'0';
        if significant {
            missing -= 1;
        }
    }
    if !has_point {
        if text.as_slice() == b"0" {
            missing -= 1;
        }
        text.push(b'.');
    }
    text.resize(text.len() + usize::try_from(missing).unwrap_or(0), b'0');
    text.extend_from_slice(&tail);
}
