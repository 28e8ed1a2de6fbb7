//! PEM: binary data as text between a BEGIN and an END line.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::GeneralPurposeConfig;

/// Letters on a line.
const LINE: usize = 64;

/// Go does not look at the bits behind the last byte.
const ENCODING: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// A block of a PEM text. Headers are read over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What is in it: `CERTIFICATE`, `RSA PRIVATE KEY`.
    pub label: String,
    /// The data.
    pub data: Vec<u8>,
}

/// Writes data as a PEM block.
pub fn encode(label: &str, data: &[u8]) -> String {
    let encoded = ENCODING.encode(data);
    let mut text = String::with_capacity(encoded.len() + encoded.len() / LINE + 2 * label.len() + 40);
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The first whole block of a text; what does not belong to it is read over.
pub fn decode(text: &[u8]) -> Option<Block> {
    let mut rest = text;
    loop {
        // The first END line belongs to the last BEGIN line before it.
        let end = find(rest, END)?;
        let after_end = rest.get(end + END.len()..)?;
        let before_end = rest.get(..end)?;
        if let Some(block) = block(before_end, after_end) {
            return Some(block);
        }
        rest = after_end;
    }
}

/// The block that ends here, if there is one; `after_end` begins with the label.
fn block(before_end: &[u8], after_end: &[u8]) -> Option<Block> {
    let begin = rfind(before_end, BEGIN)?;
    if begin > 0 && before_end.get(begin - 1) != Some(&b'\n') {
        return None;
    }
    let body = before_end.get(begin + BEGIN.len()..)?;
    let (label_line, mut body) = line(body);
    let label = label_line.strip_suffix(DASHES)?;
    // Headers: everything up to the first line without a colon.
    while !body.is_empty() {
        let (header, next) = line(body);
        if !header.contains(&b':') {
            break;
        }
        body = next;
    }
    let trailer = after_end.strip_prefix(label)?.strip_prefix(DASHES)?;
    if !line(trailer).0.is_empty() {
        return None;
    }
    let letters: Vec<u8> =
        body.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).collect();
    let data = ENCODING.decode(letters).ok()?;
    Some(Block { label: String::from_utf8_lossy(label).into_owned(), data })
}

/// The first line without white space at its end, and what follows it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match text.iter().position(|&byte| byte == b'\n') {
        Some(end) => (text.get(..end), text.get(end + 1..)),
        None => (Some(text), None),
    };
    let line = line.unwrap_or_default();
    let length = line
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        .map_or(0, |last| last + 1);
    (line.get(..length).unwrap_or_default(), rest.unwrap_or_default())
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

fn rfind(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).rposition(|window| window == word)
}
