/// Go's format letters for floating-point numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatStyle {
    /// `e` or `E`: `-d.dddde±dd`
    Exponent,
    /// `f`: `-ddd.dddd`
    Fixed,
    /// `g` or `G`: `e` for large exponents, `f` otherwise
    General,
    /// `b`: `-ddddp±ddd`, a binary exponent
    Binary,
    /// `x` or `X`: `-0x1.yyyyyyyyp±ddd`
    Hexadecimal,
}

/// Most decimal digits a finite `f64` has after its point, rounded up; further ones are zeros.
const MOST_DIGITS: usize = 1100;

/// Go's `strconv.FormatFloat(value, style, precision, 64)` as a string.
/// `None` asks for the fewest digits that read back as the same number.
#[must_use]
pub fn format_float(value: f64, style: FloatStyle, precision: Option<usize>) -> String {
    let mut out = Vec::with_capacity(24);
    append_float(&mut out, value, style, precision, false);
    // Only ASCII was written.
    String::from_utf8(out).unwrap_or_default()
}

/// Appends Go's `strconv.FormatFloat(value, style, precision, 64)`; `upper` picks the capital
/// letter of the style.
pub fn append_float(out: &mut Vec<u8>, value: f64, style: FloatStyle, precision: Option<usize>, upper: bool) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let magnitude = value.abs();
    match style {
        FloatStyle::Binary => binary(out, magnitude),
        FloatStyle::Hexadecimal => hexadecimal(out, magnitude, precision, upper),
        FloatStyle::Exponent => match precision {
            None => {
                let text = Shortest::of(magnitude);
                let digits = Decimal::read(text.as_str());
                digits.write_exponent(out, digits.count().saturating_sub(1), upper);
            }
            Some(places) => {
                let text = rounded(magnitude, places.saturating_add(1));
                Decimal::read(&text).write_exponent(out, places, upper);
            }
        },
        FloatStyle::Fixed => match precision {
            None => {
                let text = Shortest::of(magnitude);
                let digits = Decimal::read(text.as_str());
                digits.write_fixed(out, digits.places());
            }
            Some(places) => {
                let exact = places.min(MOST_DIGITS);
                out.extend_from_slice(format!("{magnitude:.exact$}").as_bytes());
                out.resize(out.len() + (places - exact), b'0');
            }
        },
        FloatStyle::General => match precision {
            // Most numbers in charts are small and whole.
            None if magnitude < 1e6 && magnitude.fract() == 0.0 => append_uint(out, magnitude as u64),
            None => {
                let text = Shortest::of(magnitude);
                general(out, Decimal::read(text.as_str()), None, upper);
            }
            Some(precision) => {
                let precision = precision.max(1);
                let text = rounded(magnitude, precision);
                general(out, Decimal::read(&text), Some(precision), upper);
            }
        },
    }
}

/// Appends a number in decimal.
pub fn append_uint(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

fn general(out: &mut Vec<u8>, digits: Decimal<'_>, precision: Option<usize>, upper: bool) {
    let count = digits.count();
    let mut wanted = precision.unwrap_or(count);
    let exponent_from = match precision {
        // Go decides the shortest form as if the precision were 6.
        None => 6,
        Some(precision) if precision > count && as_signed(count) >= digits.point => count,
        Some(precision) => precision,
    };
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= as_signed(exponent_from) {
        wanted = wanted.min(count);
        digits.write_exponent(out, wanted.saturating_sub(1), upper);
    } else {
        if as_signed(wanted) > digits.point {
            wanted = count;
        }
        let places = usize::try_from(as_signed(wanted) - digits.point).unwrap_or(0);
        digits.write_fixed(out, places);
    }
}

fn as_signed(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A number in scientific form with the fewest digits that read back as it, on the stack.
struct Shortest {
    text: [u8; 32],
    length: usize,
}

impl Shortest {
    fn of(magnitude: f64) -> Self {
        let mut shortest = Self::write(format_args!("{magnitude:e}"));
        // With so many digits two decimals may be equally near. Rust takes the larger one then, Go
        // the even one, as rounding to that number of digits does.
        let digits =
            shortest.as_str().bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
        if digits >= 15 {
            let places = digits - 1;
            let even = Self::write(format_args!("{magnitude:.places$e}"));
            if even.as_str().parse() == Ok(magnitude) {
                shortest = even;
            }
        }
        shortest
    }

    fn write(arguments: std::fmt::Arguments<'_>) -> Self {
        let mut text = Self { text: [0; 32], length: 0 };
        // 17 digits, a point and an exponent fit.
        let _ = std::fmt::Write::write_fmt(&mut text, arguments);
        text
    }

    fn as_str(&self) -> &str {
        self.text.get(..self.length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl std::fmt::Write for Shortest {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        self.text.get_mut(self.length..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// The number in scientific form, rounded to so many digits.
fn rounded(magnitude: f64, count: usize) -> String {
    let places = count.saturating_sub(1).min(MOST_DIGITS);
    format!("{magnitude:.places$e}")
}

/// Decimal digits without trailing zeros; the value is `0.DIGITS * 10^point`. Zero has no digits.
#[derive(Clone, Copy)]
struct Decimal<'t> {
    /// The digit before the point of the scientific form, if it is not zero.
    first: Option<u8>,
    /// The digits after it.
    rest: &'t [u8],
    point: i32,
}

impl<'t> Decimal<'t> {
    /// Reads a scientific form such as `1.5e-7`.
    fn read(text: &'t str) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let rest = rest.trim_end_matches('0');
        match first.bytes().next() {
            Some(first @ b'1'..=b'9') => {
                let point = exponent.parse().unwrap_or(0) + 1;
                Self { first: Some(first), rest: rest.as_bytes(), point }
            }
            // Only zero starts with a zero.
            _ => Self { first: None, rest: &[], point: 0 },
        }
    }

    fn count(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Digits after the decimal point.
    fn places(&self) -> usize {
        usize::try_from(as_signed(self.count()) - self.point).unwrap_or(0)
    }

    fn digit(&self, index: i64) -> u8 {
        match usize::try_from(index) {
            Ok(0) => self.first.unwrap_or(b'0'),
            Ok(index) => self.rest.get(index - 1).copied().unwrap_or(b'0'),
            Err(_) => b'0',
        }
    }

    fn write_exponent(&self, out: &mut Vec<u8>, places: usize, upper: bool) {
        out.push(self.digit(0));
        if places > 0 {
            out.push(b'.');
            let known = self.rest.get(..places).unwrap_or(self.rest);
            out.extend_from_slice(known);
            out.resize(out.len() + (places - known.len()), b'0');
        }
        let exponent = if self.first.is_none() { 0 } else { self.point - 1 };
        write_power(out, if upper { b'E' } else { b'e' }, exponent);
    }

    fn write_fixed(&self, out: &mut Vec<u8>, places: usize) {
        if self.point > 0 {
            out.extend((0..i64::from(self.point)).map(|index| self.digit(index)));
        } else {
            out.push(b'0');
        }
        if places > 0 {
            out.push(b'.');
            let first = i64::from(self.point);
            out.extend((0..places).zip(first..).map(|(_, index)| self.digit(index)));
        }
    }
}

/// An exponent with its letter, its sign and at least two digits.
fn write_power(out: &mut Vec<u8>, letter: u8, exponent: i32) {
    out.push(letter);
    out.push(if exponent < 0 { b'-' } else { b'+' });
    out.extend_from_slice(format!("{:02}", exponent.unsigned_abs()).as_bytes());
}

const MANTISSA_BITS: u32 = 52;

/// The mantissa, its leading one written out, and the exponent of the bit before its point.
fn parts(magnitude: f64) -> (u64, i32) {
    let bits = magnitude.to_bits();
    let fraction = bits & ((1 << MANTISSA_BITS) - 1);
    let exponent = i32::try_from(bits >> MANTISSA_BITS).unwrap_or(0);
    if exponent == 0 { (fraction, -1022) } else { (fraction | (1 << MANTISSA_BITS), exponent - 1023) }
}

fn binary(out: &mut Vec<u8>, magnitude: f64) {
    let (mantissa, exponent) = parts(magnitude);
    let exponent = exponent - MANTISSA_BITS.cast_signed();
    out.extend_from_slice(format!("{mantissa}p{exponent:+}").as_bytes());
}

fn hexadecimal(out: &mut Vec<u8>, magnitude: f64, precision: Option<usize>, upper: bool) {
    const LEADING: u64 = 1 << 60;
    let (mut mantissa, mut exponent) = parts(magnitude);
    if mantissa == 0 {
        exponent = 0;
    }
    mantissa <<= 60 - MANTISSA_BITS;
    while mantissa != 0 && mantissa & LEADING == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(places) = precision.filter(|places| *places < 15) {
        let shift = 4 * u32::try_from(places).unwrap_or(0);
        let extra = (mantissa << shift) & (LEADING - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (LEADING << 1) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digit_of = |mantissa: u64| {
        let digit = char::from_digit(((mantissa >> 60) & 0xF) as u32, 16).unwrap_or('0');
        let digit = if upper { digit.to_ascii_uppercase() } else { digit };
        digit as u8
    };
    out.extend_from_slice(if upper { b"0X" } else { b"0x" });
    out.push(if mantissa & LEADING == 0 { b'0' } else { b'1' });
    mantissa <<= 4;
    match precision {
        None if mantissa != 0 => {
            out.push(b'.');
            while mantissa != 0 {
                out.push(digit_of(mantissa));
                mantissa <<= 4;
            }
        }
        Some(places) if places > 0 => {
            out.push(b'.');
            for _ in 0..places {
                out.push(digit_of(mantissa));
                mantissa <<= 4;
            }
        }
        _ => {}
    }
    write_power(out, if upper { b'P' } else { b'p' }, exponent);
}

#[cfg(test)]
mod tests {
    use super::FloatStyle::{Binary, Exponent, Fixed, General, Hexadecimal};
    use super::*;

    #[test]
    fn numbers_print_as_go_prints_them() {
        for (value, style, precision, expect) in [
            (0.0, General, None, "0"),
            (-0.0, General, None, "-0"),
            (1.0, General, None, "1"),
            (999_999.0, General, None, "999999"),
            (1_000_000.0, General, None, "1e+06"),
            (1_234_567.5, General, None, "1.2345675e+06"),
            (0.0001, General, None, "0.0001"),
            (0.00001, General, None, "1e-05"),
            (1e20, General, None, "1e+20"),
            (1e100, General, None, "1e+100"),
            (100.0, General, Some(3), "100"),
            (100.0, General, Some(2), "1e+02"),
            (1.5, General, Some(3), "1.5"),
            (0.0, General, Some(0), "0"),
            (1.5, Exponent, Some(6), "1.500000e+00"),
            (1.5, Exponent, None, "1.5e+00"),
            (0.0, Exponent, Some(2), "0.00e+00"),
            (2.5, Fixed, Some(0), "2"),
            (3.5, Fixed, Some(0), "4"),
            (1.005, Fixed, Some(2), "1.00"),
            (123.0, Fixed, None, "123"),
            (0.25, Fixed, None, "0.25"),
            (1e21, Fixed, None, "1000000000000000000000"),
            (1.0, Binary, None, "4503599627370496p-52"),
            (5e-324, Binary, None, "1p-1074"),
            (1.0, Hexadecimal, None, "0x1p+00"),
            (1.5, Hexadecimal, Some(3), "0x1.800p+00"),
            (0.1, Hexadecimal, None, "0x1.999999999999ap-04"),
            (1.99, Hexadecimal, Some(0), "0x1p+01"),
            (761_320_690_001_442.0 + 0.25, General, None, "7.613206900014422e+14"),
            (5e-324, General, None, "5e-324"),
            (f64::MAX, General, None, "1.7976931348623157e+308"),
            (f64::NAN, General, None, "NaN"),
            (f64::INFINITY, Fixed, Some(2), "+Inf"),
            (f64::NEG_INFINITY, Exponent, None, "-Inf"),
        ] {
            assert_eq!(format_float(value, style, precision), expect, "{value} {style:?} {precision:?}");
        }
    }

    #[test]
    fn a_huge_precision_pads_with_zeros() {
        let text = format_float(0.5, Fixed, Some(100_000));
        assert_eq!(text.len(), 100_002);
        assert!(text.starts_with("0.500"));
        assert_eq!(format_float(0.5, Exponent, Some(70_000)).len(), 70_006);
    }
}
