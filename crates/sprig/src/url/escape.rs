//! Percent escapes: which bytes each part of a URL may hold as they are.

use wheelhouse_gotemplate::strconv::quote;

/// A part of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    /// The zone of an IPv6 address.
    Zone,
    User,
    Fragment,
}

impl Part {
    /// Whether the byte has to be written as an escape.
    fn escapes(self, byte: u8) -> bool {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            return false;
        }
        let allowed: &[u8] = match self {
            Part::Path => b"$&+,/:;=@",
            Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"",
            Part::User => b"$&+,;=",
            Part::Fragment => b"!()*$&+,/:;=?@",
        };
        !allowed.contains(&byte)
    }
}

pub(super) fn escape(bytes: &[u8], part: Part) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if part.escapes(*byte) {
            escaped.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            escaped.push(*byte);
        }
    }
    escaped
}

/// The bytes behind the escapes.
///
/// # Errors
/// Go's text for an escape that is none, or a byte the host may not have.
pub(super) fn unescape(bytes: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let invalid = |escape: &[u8]| format!("invalid URL escape {}", quote(escape));
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, behind)) = rest.split_first() {
        if *byte != b'%' {
            if matches!(part, Part::Host | Part::Zone) && byte.is_ascii() && part.escapes(*byte) {
                return Err(format!("invalid character {} in host name", quote(&[*byte])));
            }
            plain.push(*byte);
            rest = behind;
            continue;
        }
        let Some(value) = behind.first_chunk().and_then(hexadecimal) else {
            return Err(invalid(rest.get(..3).unwrap_or(rest)));
        };
        // In a host only bytes beyond ASCII are escaped, and the `%25` before a zone.
        let refused = match part {
            Part::Host => value.is_ascii() && value != b'%',
            Part::Zone => value != b'%' && value != b' ' && Part::Host.escapes(value),
            _ => false,
        };
        if refused {
            return Err(invalid(rest.get(..3).unwrap_or(rest)));
        }
        plain.push(value);
        rest = behind.get(2..).unwrap_or_default();
    }
    Ok(plain)
}

fn hexadecimal(digits: &[u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

/// Whether the text can stand for itself: nothing in it but escapes and what needs none.
pub(super) fn is_valid(text: &[u8], part: Part) -> bool {
    text.iter().all(|byte| b"!$&'()*+,;=:@[]%".contains(byte) || !part.escapes(*byte))
}
