use crate::value::GoString;

/// A constant that may be several kinds of number at once, as Go's untyped constants are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    /// As it stands in the source.
    pub(crate) text: GoString,
    /// Its value as a signed integer, if it has one.
    pub(crate) int: Option<i64>,
    /// Its value as an unsigned integer, if it has one.
    pub(crate) uint: Option<u64>,
    /// Its value as a floating-point number, if it has one.
    pub(crate) float: Option<f64>,
    /// Its real and imaginary part, if it was written as a complex number.
    pub(crate) complex: Option<(f64, f64)>,
}

/// What Go makes of a number whose type nothing asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ideal {
    Int(i64),
    Float(f64),
    Complex(f64, f64),
    /// It fits only an unsigned integer.
    Overflow,
}

impl Number {
    /// The value of a number where its syntax must tell the type.
    pub(crate) fn ideal(&self) -> Ideal {
        let text = self.text.as_bytes();
        let looks_like_float = text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E' | b'p' | b'P'));
        let is_hexadecimal = matches!(text, [b'0', b'x' | b'X', _, ..])
            && !text.iter().any(|byte| matches!(byte, b'p' | b'P'));
        let is_character = text.first() == Some(&b'\'');
        match (self.complex, self.float, self.int) {
            (Some((real, imaginary)), ..) => Ideal::Complex(real, imaginary),
            (None, Some(value), _) if looks_like_float && !is_hexadecimal && !is_character => {
                Ideal::Float(value)
            }
            (None, _, Some(value)) => Ideal::Int(value),
            _ => Ideal::Overflow,
        }
    }
}
