use super::tag;

/// An element: tag, length, contents.
pub(crate) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut encoded = vec![tag];
    let length = contents.len();
    match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => encoded.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let significant = bytes.iter().skip_while(|&&byte| byte == 0);
            // A length has at most eight bytes.
            encoded.push(0x80 | significant.clone().count() as u8);
            encoded.extend(significant);
        }
    }
    encoded.extend_from_slice(contents);
    encoded
}

/// Elements in a row.
pub(crate) fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &elements.concat())
}

/// A number that is not negative, given by its bytes, the most significant first.
pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let significant = bytes.get(zeros..).unwrap_or_default();
    // A first bit of 1 would make it negative.
    let padding: &[u8] = if significant.first().is_none_or(|&byte| byte >= 0x80) { &[0] } else { &[] };
    element(tag::INTEGER, &[padding, significant].concat())
}

/// Bits, of which the last `unused` do not count.
pub(crate) fn bit_string(bits: &[u8], unused: u8) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[unused], bits].concat())
}

pub(crate) fn octet_string(bytes: &[u8]) -> Vec<u8> {
    element(tag::OCTET_STRING, bytes)
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    element(tag::BOOLEAN, &[if value { 0xff } else { 0 }])
}
