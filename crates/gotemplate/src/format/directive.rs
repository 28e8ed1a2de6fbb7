//! Format strings: `%[2]*.3d` and its relatives, with Go's words for what is wrong.

use super::printer::{Flags, Printer};
use crate::unicode::decode;
use crate::value::Value;

/// Widths and precisions beyond this are no numbers to Go.
const LARGEST: i64 = 1_000_000;

/// Where printing stands in a format string.
struct Reader<'f> {
    rest: &'f [u8],
    /// The argument that comes next, from 0.
    argument: usize,
    /// Whether any `[n]` was read.
    reordered: bool,
    /// Whether the `[n]` of the current directive makes sense.
    good_index: bool,
    /// Whether an `[n]` was read just before.
    after_index: bool,
}

impl Printer {
    pub(crate) fn print_format(&mut self, format: &[u8], values: &[Value]) {
        let mut reader =
            Reader { rest: format, argument: 0, reordered: false, good_index: true, after_index: false };
        loop {
            let text = reader.rest.iter().position(|byte| *byte == b'%').unwrap_or(reader.rest.len());
            let (plain, directive) = reader.rest.split_at_checked(text).unwrap_or((reader.rest, &[]));
            self.write(plain);
            if directive.is_empty() {
                break;
            }
            reader.rest = directive.get(1..).unwrap_or_default();
            if !self.directive(&mut reader, values) || self.has_given_up() {
                break;
            }
        }
        self.extra(&reader, values);
    }

    /// One directive after its `%`; `false` if the format ended in it.
    fn directive(&mut self, reader: &mut Reader<'_>, values: &[Value]) -> bool {
        self.flags = Flags::default();
        reader.good_index = true;
        reader.after_index = false;
        while let Some(flag) = reader.rest.first() {
            match flag {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                _ => break,
            }
            reader.skip(1);
        }
        reader.index(values.len());
        self.width(reader, values);
        self.precision(reader, values);
        if !reader.after_index {
            reader.index(values.len());
        }
        let Some((verb, length)) = decode(reader.rest) else {
            self.write(b"%!(NOVERB)");
            return false;
        };
        reader.skip(length);
        match values.get(reader.argument) {
            _ if verb == '%' => self.write(b"%"),
            _ if !reader.good_index => self.complaint(verb, "(BADINDEX)"),
            None => self.complaint(verb, "(MISSING)"),
            Some(value) => {
                if matches!(verb, 'v' | 'w') {
                    self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
                    self.flags.plus_v = std::mem::take(&mut self.flags.plus);
                }
                self.argument(value, verb);
                reader.argument += 1;
            }
        }
        true
    }

    fn width(&mut self, reader: &mut Reader<'_>, values: &[Value]) {
        if reader.rest.first() == Some(&b'*') {
            reader.skip(1);
            match reader.integer_argument(values) {
                Some(width) => {
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                    self.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => self.write(b"%!(BADWIDTH)"),
            }
            reader.after_index = false;
        } else {
            self.flags.width = reader.number();
            if reader.after_index && self.flags.width.is_some() {
                reader.good_index = false;
            }
        }
    }

    fn precision(&mut self, reader: &mut Reader<'_>, values: &[Value]) {
        // A point at the very end is a verb that is none.
        if !matches!(reader.rest, [b'.', _, ..]) {
            return;
        }
        reader.skip(1);
        if reader.after_index {
            reader.good_index = false;
        }
        reader.index(values.len());
        if reader.rest.first() == Some(&b'*') {
            reader.skip(1);
            let precision = reader.integer_argument(values);
            self.flags.precision = precision.and_then(|precision| usize::try_from(precision).ok());
            if self.flags.precision.is_none() {
                self.write(b"%!(BADPREC)");
            }
            reader.after_index = false;
        } else {
            self.flags.precision = Some(reader.number().unwrap_or(0));
        }
    }

    fn complaint(&mut self, verb: char, what: &str) {
        self.write(format!("%!{verb}{what}").as_bytes());
    }

    /// Arguments nothing asked for.
    fn extra(&mut self, reader: &Reader<'_>, values: &[Value]) {
        let extra = values.get(reader.argument..).unwrap_or_default();
        if reader.reordered || extra.is_empty() {
            return;
        }
        self.flags = Flags::default();
        self.write(b"%!(EXTRA ");
        for (index, value) in extra.iter().enumerate() {
            if index > 0 {
                self.write(b", ");
            }
            if !matches!(value, Value::Nil) {
                self.write(value.type_name().as_bytes());
                self.write(b"=");
            }
            self.argument(value, 'v');
        }
        self.write(b")");
    }
}

impl Reader<'_> {
    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// Digits as a number; a crazy long one swallows the rest of the format, as in Go.
    fn number(&mut self) -> Option<usize> {
        match leading_number(self.rest) {
            Leading::None => None,
            Leading::TooLarge => {
                self.rest = &[];
                None
            }
            Leading::Number(number, length) => {
                self.skip(length);
                usize::try_from(number).ok()
            }
        }
    }

    /// `[n]`: which argument comes next.
    fn index(&mut self, count: usize) {
        self.after_index = false;
        if self.rest.first() != Some(&b'[') {
            return;
        }
        self.reordered = true;
        let closing = self.rest.iter().position(|byte| *byte == b']').filter(|_| self.rest.len() >= 3);
        let Some(closing) = closing else {
            self.good_index = false;
            self.skip(1);
            return;
        };
        let inside = self.rest.get(1..closing).unwrap_or_default();
        let index = match leading_number(inside) {
            Leading::Number(number, length) if length == inside.len() => usize::try_from(number - 1).ok(),
            _ => {
                self.good_index = false;
                self.skip(closing + 1);
                return;
            }
        };
        self.skip(closing + 1);
        self.after_index = true;
        match index.filter(|index| *index < count) {
            Some(index) => self.argument = index,
            None => self.good_index = false,
        }
    }

    /// The next argument as a width or precision.
    fn integer_argument(&mut self, values: &[Value]) -> Option<i64> {
        let value = values.get(self.argument)?;
        self.argument += 1;
        let number = value.as_signed().or_else(|| i64::try_from(value.as_unsigned()?).ok())?;
        (-LARGEST..=LARGEST).contains(&number).then_some(number)
    }
}

enum Leading {
    None,
    TooLarge,
    Number(i64, usize),
}

fn leading_number(text: &[u8]) -> Leading {
    let mut number: i64 = 0;
    let mut length = 0;
    for byte in text.iter().take_while(|byte| byte.is_ascii_digit()) {
        if number > LARGEST {
            return Leading::TooLarge;
        }
        number = number * 10 + i64::from(byte - b'0');
        length += 1;
    }
    if length == 0 { Leading::None } else { Leading::Number(number, length) }
}
