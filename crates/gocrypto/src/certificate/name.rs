use crate::der::{element, oid, sequence, tag};
use crate::error::CertificateError;

/// The name of someone known by a common name only; nobody's if that is empty.
pub(super) fn encode(common_name: &[u8]) -> Result<Vec<u8>, CertificateError> {
    if common_name.is_empty() {
        return Ok(sequence(&[]));
    }
    let text = std::str::from_utf8(common_name).map_err(|_| CertificateError::NotUtf8)?;
    let tag = if text.bytes().all(is_printable) { tag::PRINTABLE_STRING } else { tag::UTF8_STRING };
    let attribute =
        sequence(&[&element(tag::OBJECT_IDENTIFIER, oid::COMMON_NAME), &element(tag, text.as_bytes())]);
    Ok(sequence(&[&element(tag::SET, &attribute)]))
}

/// The letters of ASN.1's PrintableString.
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b' ' | b'\'' | b'(' | b')' | b'+'..=b'/' | b':' | b'=' | b'?')
}
