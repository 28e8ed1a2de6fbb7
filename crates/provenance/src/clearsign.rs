//! Clear-signed messages: a text anyone can read, and a signature below it.
//!
//! Lines that start with a hyphen are escaped with `- `; whitespace at their ends is not signed, and line
//! breaks are signed as CRLF, but for the last.

use crate::armor::{self, Block};

const START: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const END: &[u8] = b"\n-----END PGP SIGNATURE-----";

/// The names that the header `Hash` may have.
const HASHES: &[&str] =
    &["MD5", "SHA1", "RIPEMD160", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-512"];

/// A message.
pub(crate) struct Message {
    /// The text as it is to be read.
    pub(crate) text: Vec<u8>,
    /// The text as it was signed.
    pub(crate) signed: Vec<u8>,
    /// The signature.
    pub(crate) signature: Block,
}

/// A line without its break, and what follows.
fn line(data: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (data.get(..end).unwrap_or_default(), data.get(end + 1..).unwrap_or_default()),
        None => return (data, &[]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

fn find(data: &[u8], what: &[u8]) -> Option<usize> {
    data.windows(what.len()).position(|window| window == what)
}

/// Reads the first message.
pub(crate) fn decode(data: &[u8]) -> Option<Message> {
    let mut rest = match data.strip_prefix(START.as_bytes()) {
        Some(rest) => rest,
        None => {
            let start = format!("\n{START}");
            data.get(find(data, start.as_bytes())? + start.len()..)?
        }
    };
    let (suffix, after) = line(rest);
    if !suffix.is_empty() {
        return None;
    }
    rest = headers(after)?;
    let (mut text, mut signed) = (Vec::new(), Vec::new());
    let mut first = true;
    loop {
        let (found, after) = line(rest);
        if found.is_empty() && after.is_empty() {
            return None;
        }
        if found == SIGNATURE {
            break;
        }
        rest = after;
        if !first {
            signed.extend(b"\r\n");
            text.push(b'\n');
        }
        first = false;
        let found = found.strip_prefix(b"- ").unwrap_or(found);
        let end = found.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |last| last + 1);
        let found = found.get(..end).unwrap_or_default();
        signed.extend(found);
        text.extend(found);
    }
    let end = find(rest, END)? + END.len();
    let signature = armor::decode(rest.get(..end)?)?;
    Some(Message { text, signed, signature })
}

/// Passes over the headers; nothing if there is any but `Hash`.
fn headers(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        if rest.is_empty() {
            return None;
        }
        let (header, after) = line(rest);
        rest = after;
        if header.trim_ascii().is_empty() {
            return Some(rest);
        }
        let header = std::str::from_utf8(header).ok()?;
        if header.chars().any(|letter| !(' '..='~').contains(&letter)) {
            return None;
        }
        let (name, values) = header.split_once(':')?;
        let is_known = |value: &str| HASHES.contains(&value.trim().to_ascii_uppercase().as_str());
        if name.trim() != "Hash" || !values.split(',').all(is_known) {
            return None;
        }
    }
}

/// A text as it is signed: without whitespace at the ends of lines, with CRLF between them.
pub(crate) fn canonical(text: &str) -> Vec<u8> {
    let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches([' ', '\t', '\r'])).collect();
    lines.join("\r\n").into_bytes()
}

/// Writes a text and the bytes of its signature, which is one over [`canonical`] with SHA-512.
pub(crate) fn encode(text: &str, header: bool, signature: &[u8]) -> String {
    let mut message = format!("{START}\n{}\n", if header { "Hash: SHA512\n" } else { "" });
    for line in text.split('\n') {
        if line.starts_with('-') {
            message.push_str("- ");
        }
        message.push_str(line.trim_end_matches([' ', '\t', '\r']));
        message.push('\n');
    }
    message.push_str(&armor::encode(signature));
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (text, written) in [
            ("a\n", "a\n\n"),
            ("a", "a\n"),
            ("- a\n--- \n b \t\n", "- - a\n- ---\n b\n\n"),
            ("", "\n"),
            ("\n\na: b\n", "\n\na: b\n\n"),
        ] {
            let message = encode(text, true, b"abc");
            assert_eq!(
                message,
                format!(
                    "{START}\nHash: SHA512\n\n{written}-----BEGIN PGP SIGNATURE-----\n\nYWJj\n-----END PGP SIGNATURE-----"
                )
            );
            let read = decode(message.as_bytes()).unwrap();
            assert_eq!(read.signed, canonical(text), "{text:?}");
            assert_eq!(String::from_utf8(read.text).unwrap().replace('\n', "\r\n").into_bytes(), read.signed);
            assert_eq!(read.signature.bytes, b"abc");
        }
    }

    #[test]
    fn what_is_no_message_is_none() {
        let message = encode("a: b\n", true, b"abc");
        let windows = format!("mail\r\n{}\r\n", message.replace('\n', "\r\n"));
        assert_eq!(decode(windows.as_bytes()).unwrap().signed, b"a: b\r\n");
        for (from, to) in [
            ("-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN PGP SIGNED MESSAGE----- x"),
            ("Hash: SHA512", "Hash: SHA512, MD4"),
            ("Hash: SHA512", "Comment: none"),
            ("Hash: SHA512", "Hash"),
            ("-----END PGP SIGNATURE-----", ""),
            ("-----BEGIN PGP SIGNATURE-----\n\n", ""),
            ("-----BEGIN PGP SIGNATURE-----\n\n", "-----BEGIN PGP SIGNATURE-----\nYWJj"),
        ] {
            assert!(decode(message.replace(from, to).as_bytes()).is_none(), "{from} -> {to}");
        }
        assert!(decode(b"").is_none());
        assert!(decode(message.trim_start_matches('-').as_bytes()).is_none());
    }
}
