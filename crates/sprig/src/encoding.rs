//! Base64 and base32, with padding, as Go's `encoding/base64` and `encoding/base32`.

use wheelhouse_gotemplate::Parameter::String as Str;
use wheelhouse_gotemplate::{Arguments, Context, Function, Signature};

use crate::call::{Outcome, function, text};

const TEXT_TO_TEXT: Signature = Signature::fixed(&[Str], Str);

pub(crate) const TABLE: &[Function] = &[
    function("b64enc", TEXT_TO_TEXT, |context, arguments| encode(context, arguments, &BASE64)),
    function("b64dec", TEXT_TO_TEXT, |context, arguments| decode(context, arguments, &BASE64)),
    function("b32enc", TEXT_TO_TEXT, |context, arguments| encode(context, arguments, &BASE32)),
    function("b32dec", TEXT_TO_TEXT, |context, arguments| decode(context, arguments, &BASE32)),
];

/// An encoding of bits as letters, in groups that are filled up with `=`.
struct Encoding {
    name: &'static str,
    letters: &'static [u8],
    /// Bits a letter holds.
    bits: u32,
    /// Letters in a group.
    group: usize,
    decode: fn(&Encoding, &[u8]) -> Result<Vec<u8>, Corrupt>,
}

static BASE64: Encoding = Encoding {
    name: "base64",
    letters: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    bits: 6,
    group: 4,
    decode: Encoding::decode_base64,
};

static BASE32: Encoding = Encoding {
    name: "base32",
    letters: b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    bits: 5,
    group: 8,
    decode: Encoding::decode_base32,
};

const PADDING: u8 = b'=';

/// The offset of the first byte that does not belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Corrupt(usize);

/// The bytes as base64.
pub(crate) fn encode_base64(bytes: &[u8]) -> Vec<u8> {
    BASE64.encode(bytes)
}

/// The bytes of a base64 text.
///
/// # Errors
/// The offset of the first byte that does not belong.
pub(crate) fn decode_base64(bytes: &[u8]) -> Result<Vec<u8>, usize> {
    BASE64.decode_base64(bytes).map_err(|Corrupt(at)| at)
}

fn encode(context: &mut dyn Context, arguments: Arguments<'_>, encoding: &Encoding) -> Outcome {
    let bytes = arguments.string(0)?.as_bytes();
    context.charge_bytes(bytes.len())?;
    text(context, encoding.encode(bytes))
}

/// What does not decode gives the text of the error.
fn decode(context: &mut dyn Context, arguments: Arguments<'_>, encoding: &Encoding) -> Outcome {
    let bytes = arguments.string(0)?.as_bytes();
    context.charge_bytes(bytes.len())?;
    match (encoding.decode)(encoding, bytes) {
        Ok(decoded) => text(context, decoded),
        Err(Corrupt(at)) => text(context, format!("illegal {} data at input byte {at}", encoding.name)),
    }
}

impl Encoding {
    fn encode(&self, bytes: &[u8]) -> Vec<u8> {
        let mut encoded = Vec::with_capacity(bytes.len() * 2);
        let (mut waiting, mut waiting_bits) = (0_u32, 0_u32);
        for byte in bytes {
            waiting = (waiting << 8 | u32::from(*byte)) & 0xffff;
            waiting_bits += 8;
            while waiting_bits >= self.bits {
                waiting_bits -= self.bits;
                encoded.push(self.letter(waiting >> waiting_bits));
            }
        }
        if waiting_bits > 0 {
            encoded.push(self.letter(waiting << (self.bits - waiting_bits)));
        }
        encoded.resize(encoded.len().next_multiple_of(self.group), PADDING);
        encoded
    }

    fn letter(&self, value: u32) -> u8 {
        let index = value & ((1 << self.bits) - 1);
        usize::try_from(index).ok().and_then(|index| self.letters.get(index).copied()).unwrap_or(PADDING)
    }

    fn value(&self, letter: u8) -> Option<u32> {
        let index = self.letters.iter().position(|other| *other == letter)?;
        u32::try_from(index).ok()
    }

    /// The bytes that whole letters of a group hold.
    fn push_group(&self, values: &[u32], decoded: &mut Vec<u8>) {
        let (mut waiting, mut waiting_bits) = (0_u32, 0_u32);
        for value in values {
            waiting = (waiting << self.bits | value) & 0xffff;
            waiting_bits += self.bits;
            if waiting_bits >= 8 {
                waiting_bits -= 8;
                decoded.extend(u8::try_from(waiting >> waiting_bits & 0xff));
            }
        }
    }

    /// Line breaks are skipped wherever they stand.
    fn decode_base64(&self, bytes: &[u8]) -> Result<Vec<u8>, Corrupt> {
        let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3 + 3);
        let mut input = bytes.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\n' | b'\r'));
        let mut values: Vec<u32> = Vec::with_capacity(self.group);
        while let Some((at, byte)) = input.next() {
            if let Some(value) = self.value(byte) {
                values.push(value);
                if values.len() == self.group {
                    self.push_group(&values, &mut decoded);
                    values.clear();
                }
                continue;
            }
            if byte != PADDING || values.len() < 2 {
                return Err(Corrupt(at));
            }
            if values.len() == 2 {
                match input.next() {
                    None => return Err(Corrupt(bytes.len())),
                    Some((_, PADDING)) => {}
                    // Go counts the byte before the one it read.
                    Some((at, _)) => return Err(Corrupt(at - 1)),
                }
            }
            self.push_group(&values, &mut decoded);
            return match input.next() {
                None => Ok(decoded),
                Some((at, _)) => Err(Corrupt(at)),
            };
        }
        // The text ends inside a group, which is reported where it would begin without line breaks.
        if values.is_empty() { Ok(decoded) } else { Err(Corrupt(bytes.len() - values.len())) }
    }

    fn decode_base32(&self, bytes: &[u8]) -> Result<Vec<u8>, Corrupt> {
        // Go takes the line breaks out first, so offsets do not count them.
        let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
        let mut decoded = Vec::with_capacity(bytes.len() / 8 * 5 + 5);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let at = bytes.len() - rest.len();
            let mut values: Vec<u32> = Vec::with_capacity(self.group);
            let group = rest.get(..self.group).unwrap_or(rest);
            let mut padded = false;
            for (index, byte) in group.iter().enumerate() {
                let behind = rest.get(index + 1..).unwrap_or_default();
                if *byte == PADDING && index >= 2 && behind.len() < self.group {
                    self.check_padding(index, behind, at, bytes.len())?;
                    padded = true;
                    break;
                }
                values.push(self.value(*byte).ok_or(Corrupt(at + index))?);
            }
            if !padded && values.len() < self.group {
                // The text ends inside a group, which is reported at its beginning.
                return Err(Corrupt(bytes.len() - values.len()));
            }
            self.push_group(&values, &mut decoded);
            if padded {
                break;
            }
            rest = rest.get(self.group..).unwrap_or_default();
        }
        Ok(decoded)
    }

    /// Padding fills a group from its third letter on; groups of one, three or six letters cannot be.
    fn check_padding(&self, letters: usize, behind: &[u8], at: usize, end: usize) -> Result<(), Corrupt> {
        if behind.len() + letters < self.group - 1 {
            return Err(Corrupt(end));
        }
        for index in 0..self.group - 1 - letters {
            if behind.get(index).is_some_and(|byte| *byte != PADDING) {
                return Err(Corrupt(at + letters + index));
            }
        }
        if matches!(letters, 1 | 3 | 6) {
            return Err(Corrupt(at + letters));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(encoding: &Encoding, plain: &str, encoded: &str) {
        assert_eq!(encoding.encode(plain.as_bytes()), encoded.as_bytes());
        assert_eq!((encoding.decode)(encoding, encoded.as_bytes()), Ok(plain.as_bytes().to_vec()));
    }

    #[test]
    fn there_and_back() {
        for (plain, base64, base32) in [
            ("", "", ""),
            ("f", "Zg==", "MY======"),
            ("fo", "Zm8=", "MZXQ===="),
            ("foo", "Zm9v", "MZXW6==="),
            ("foob", "Zm9vYg==", "MZXW6YQ="),
            ("fooba", "Zm9vYmE=", "MZXW6YTB"),
            ("foobar", "Zm9vYmFy", "MZXW6YTBOI======"),
        ] {
            check(&BASE64, plain, base64);
            check(&BASE32, plain, base32);
        }
    }

    #[test]
    fn what_does_not_belong_is_found_where_go_finds_it() {
        #[track_caller]
        fn check(encoding: &Encoding, encoded: &str, at: usize) {
            assert_eq!((encoding.decode)(encoding, encoded.as_bytes()), Err(Corrupt(at)), "{encoded}");
        }
        for (encoded, at) in [
            ("!", 0),
            ("A", 0),
            ("AA", 0),
            ("AAA", 0),
            ("AA=", 3),
            ("AA=A", 2),
            ("AA\n=\nA", 4),
            ("AA==A", 4),
            ("AAAA=", 4),
            ("A===", 1),
            ("AAAAAA", 4),
            ("AAA\nA\nA", 6),
        ] {
            check(&BASE64, encoded, at);
        }
        for (encoded, at) in [
            ("!", 0),
            ("A", 0),
            ("AA=", 3),
            ("AA=A====", 2),
            ("AAA=====", 3),
            ("A=======", 1),
            ("aa======", 0),
        ] {
            check(&BASE32, encoded, at);
        }
    }
}
