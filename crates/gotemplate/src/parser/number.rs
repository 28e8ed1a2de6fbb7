//! Number and character constants.

use crate::lexer::TokenKind;
use crate::node::Number;
use crate::strconv::{parse_complex, parse_float, parse_int, parse_uint, quote, unquote_character};
use crate::value::GoString;

/// Reads a constant, or says what is wrong with it.
pub(super) fn read_number(text: &GoString, kind: TokenKind) -> Result<Number, String> {
    let source = text.to_str_lossy();
    match kind {
        TokenKind::CharacterConstant => character(text),
        TokenKind::Complex => {
            let (real, imaginary) =
                parse_complex(&source).ok_or_else(|| "syntax error scanning complex number".to_owned())?;
            Ok(complex(text, real, imaginary))
        }
        _ => match source.strip_suffix('i').and_then(parse_float) {
            Some(imaginary) => Ok(complex(text, 0.0, imaginary)),
            None => plain(text, &source),
        },
    }
}

fn character(text: &GoString) -> Result<Number, String> {
    let inside = text.as_bytes().get(1..).unwrap_or_default();
    let (value, rest) = unquote_character(inside, b'\'').map_err(|error| error.to_string())?;
    if rest != b"'" {
        return Err(format!("malformed character constant: {text}"));
    }
    let rune = value.rune();
    Ok(Number {
        text: text.clone(),
        int: Some(i64::from(rune)),
        uint: Some(u64::from(rune)),
        float: Some(f64::from(rune)),
        complex: None,
    })
}

fn plain(text: &GoString, source: &str) -> Result<Number, String> {
    let int = parse_int(source, 0);
    // "-0" is unsigned too, though Go's ParseUint refuses its sign.
    let uint = if int == Some(0) { Some(0) } else { parse_uint(source, 0) };
    let number = |int, uint, float| Number { text: text.clone(), int, uint, float, complex: None };
    if let Some(value) = int {
        return Ok(number(int, uint, Some(value as f64)));
    }
    if let Some(value) = uint {
        return Ok(number(None, uint, Some(value as f64)));
    }
    let Some(value) = parse_float(source) else {
        return Err(format!("illegal number syntax: {}", quote(source.as_bytes())));
    };
    if !source.contains(['.', 'e', 'E', 'p', 'P']) {
        return Err(format!("integer overflow: {}", quote(source.as_bytes())));
    }
    Ok(number(exact_int(value), exact_uint(value), Some(value)))
}

/// A complex constant without an imaginary part is a real number too.
fn complex(text: &GoString, real: f64, imaginary: f64) -> Number {
    let is_real = imaginary == 0.0;
    Number {
        text: text.clone(),
        int: exact_int(real).filter(|_| is_real),
        uint: exact_uint(real).filter(|_| is_real),
        float: Some(real).filter(|_| is_real),
        complex: Some((real, imaginary)),
    }
}

fn exact_int(value: f64) -> Option<i64> {
    // 2^63 itself does not fit; on amd64 Go's conversion of it does not read back either.
    (value.fract() == 0.0 && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value))
        .then_some(value as i64)
}

fn exact_uint(value: f64) -> Option<u64> {
    (value.fract() == 0.0 && (0.0..18_446_744_073_709_551_616.0).contains(&value)).then_some(value as u64)
}
