use super::tar::{BLOCK, Block};
use crate::archive::entry::Kind;

/// What the header block of a tar entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) size: u64,
    /// Seconds since 1970.
    pub(super) modified: i64,
}

const FILE_TYPE_BITS: i64 = 0o170_000;
const DIRECTORY_BITS: i64 = 0o040_000;

impl Header {
    /// Reads a header block; `None` if it is none, or its checksum or a number is wrong.
    pub(super) fn parse(block: &Block) -> Option<Header> {
        let field = |start: usize, length: usize| block.get(start..start + length).unwrap_or_default();
        if !checksum_is_right(block, field(148, 8)) {
            return None;
        }
        let flag = *field(156, 1).first()?;
        let mut name = text(field(0, 100)).to_vec();
        // Only POSIX headers have a prefix; GNU's have other things there.
        if field(257, 8) == b"ustar\x0000" {
            let prefix = if field(508, 4) == b"tar\0" { field(345, 131) } else { field(345, 155) };
            let prefix = text(prefix);
            if !prefix.is_empty() {
                name = [prefix, b"/", &name].concat();
            }
        }
        let mode = number(field(100, 8))?;
        let size = u64::try_from(number(field(124, 12))?).ok()?;
        let modified = number(field(136, 12))?;
        let kind = match flag {
            // Of old archives: a slash at the end makes a directory.
            0 if name.ends_with(b"/") => Kind::Directory,
            b'0' | b'7' | 0 if mode & FILE_TYPE_BITS == DIRECTORY_BITS => Kind::Directory,
            b'0' | b'7' | 0 => Kind::File,
            b'5' => Kind::Directory,
            b'1' | b'2' => Kind::Link,
            b'x' => Kind::Attributes,
            b'g' => Kind::GlobalAttributes,
            b'L' => Kind::LongName,
            b'K' => Kind::LongLink,
            other => Kind::Other(other),
        };
        Some(Header { name, kind, size, modified })
    }
}

/// The sum of all bytes, with the sum's own field as spaces; old writers added signed bytes.
fn checksum_is_right(block: &Block, field: &[u8]) -> bool {
    let Some(expected) = octal(field) else { return false };
    let (mut unsigned, mut signed) = (0_i64, 0_i64);
    for (index, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&index) { b' ' } else { *byte };
        unsigned += i64::from(byte);
        signed += i64::from(byte.cast_signed());
    }
    debug_assert_eq!(block.len(), BLOCK);
    expected == unsigned || expected == signed
}

/// Text up to the first NUL.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number: octal digits, or binary where the first bit is set.
fn number(field: &[u8]) -> Option<i64> {
    match field.split_first() {
        Some((first, rest)) if first & 0x80 != 0 => binary(*first, rest),
        _ => octal(field),
    }
}

fn binary(first: u8, rest: &[u8]) -> Option<i64> {
    let negative = first & 0x40 != 0;
    let invert = if negative { 0xff } else { 0 };
    let start = u64::from((first ^ invert) & 0x7f);
    let value = rest
        .iter()
        .try_fold(start, |value, byte| (value >> 56 == 0).then(|| value << 8 | u64::from(byte ^ invert)))?;
    let value = i64::try_from(value).ok()?;
    Some(if negative { !value } else { value })
}

fn octal(field: &[u8]) -> Option<i64> {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let start = field.iter().position(|byte| !is_padding(byte)).unwrap_or(field.len());
    let end = field.iter().rposition(|byte| !is_padding(byte)).map_or(start, |last| last + 1);
    let digits = text(field.get(start..end)?);
    if digits.is_empty() {
        return Some(0);
    }
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    let value = u64::from_str_radix(digits, 8).ok()?;
    Some(value.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        for (field, expected) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b" 644 \0\0\0", Some(0o644)),
            (b"\0\0\0\0", Some(0)),
            (b"9", None),
            (b"+7", None),
            (b"\x80\0\0\x01\0", Some(256)),
            (b"\xff\xff\xff\xff", Some(-1)),
            (b"\x80\x80\0\0\0\0\0\0\0", None),
        ] {
            assert_eq!(number(field), expected, "{field:?}");
        }
    }
}
