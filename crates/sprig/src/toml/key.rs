//! Keys of TOML tables.

/// A key as it is written: bare if it can be, quoted otherwise.
pub(super) fn write(part: &[u8], text: &mut Vec<u8>) {
    let bare = part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare && !part.is_empty() {
        text.extend_from_slice(part);
    } else {
        write_quoted(part, text);
    }
}

/// A dotted key.
pub(super) fn dotted<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    let mut text = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push(b'.');
        }
        write(part.as_ref(), &mut text);
    }
    text
}

/// A string in double quotes; only quotes, backslashes and control characters are escaped.
pub(super) fn write_quoted(string: &[u8], text: &mut Vec<u8>) {
    text.push(b'"');
    for byte in string {
        match byte {
            b'"' => text.extend_from_slice(b"\\\""),
            b'\\' => text.extend_from_slice(b"\\\\"),
            0x08 => text.extend_from_slice(b"\\b"),
            b'\t' => text.extend_from_slice(b"\\t"),
            b'\n' => text.extend_from_slice(b"\\n"),
            0x0c => text.extend_from_slice(b"\\f"),
            b'\r' => text.extend_from_slice(b"\\r"),
            0..=0x1f | 0x7f => text.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => text.push(*byte),
        }
    }
    text.push(b'"');
}
