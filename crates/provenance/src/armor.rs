//! ASCII armour, as far as clear-signed messages have it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::Error;

/// What ends a line of armour.
const LINE: usize = 64;

/// The longest line that is read.
const LONGEST: usize = 96;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The bytes of a block, up to what is wrong with it.
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    /// What is met after the bytes, where that is not the end.
    pub(crate) fault: Option<Error>,
}

/// Reads the first block; nothing if there is none.
pub(crate) fn decode(text: &[u8]) -> Option<Block> {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    loop {
        lines.by_ref().find(|line| line.starts_with(b"-----BEGIN ") && line.len() > 16)?;
        // Headers end with an empty line; what has no colon belongs to no block.
        if lines.by_ref().take_while(|line| !line.is_empty()).all(|line| line.contains(&b':')) {
            return Some(body(lines));
        }
    }
}

fn body<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Block {
    let mut text = Vec::new();
    let mut fault = None;
    for line in lines {
        let is_checksum = line.len() == 5 && line.starts_with(b"=");
        if is_checksum || line.starts_with(b"-----END ") {
            break;
        }
        if line.len() > LONGEST {
            fault = Some(Error::Structural("armor invalid".to_owned()));
            break;
        }
        text.extend(line);
    }
    let mut bytes = Vec::new();
    for (index, group) in text.chunks(4).enumerate() {
        if group.len() < 4 {
            return Block { bytes, fault: fault.or(Some(Error::Truncated)) };
        }
        match BASE64.decode(group) {
            // What is padded is the last group.
            Ok(decoded) if bytes.len() == index * 3 => bytes.extend(decoded),
            _ => return Block { bytes, fault: Some(Error::Base64(index * 4)) },
        }
    }
    Block { bytes, fault }
}

/// Writes a signature, without a checksum and without a line break at the end.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = "-----BEGIN PGP SIGNATURE-----\n\n".to_owned();
    for (index, letter) in BASE64.encode(bytes).chars().enumerate() {
        if index > 0 && index % LINE == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str("\n-----END PGP SIGNATURE-----");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 2, 3, 47, 48, 49, 500] {
            let bytes: Vec<u8> = (0..length).map(|byte: u32| byte.to_le_bytes()[0]).collect();
            let block = decode(encode(&bytes).as_bytes()).unwrap();
            assert_eq!((block.bytes, block.fault), (bytes, None), "{length}");
        }
    }

    #[test]
    fn odd_armour_is_read_as_far_as_it_goes() {
        let check = |body: &str, bytes: &[u8], fault: Option<Error>| {
            let text = format!(
                "garbage\n-----BEGIN PGP SIGNATURE-----\r\nVersion: 1\r\n\r\n{body}\n-----END PGP SIGNATURE-----"
            );
            let block = decode(text.as_bytes()).unwrap();
            assert_eq!((block.bytes.as_slice(), block.fault), (bytes, fault), "{body}");
        };
        check("AAEC\r\nAw==\r\n=abcd", &[0, 1, 2, 3], None);
        check("AAEC\n=abcd\nAAEC", &[0, 1, 2], None);
        check("AAECAw", &[0, 1, 2], Some(Error::Truncated));
        check("AAEC!!!!", &[0, 1, 2], Some(Error::Base64(4)));
        check("AA==AAEC", &[0], Some(Error::Base64(4)));
        check(&"A".repeat(100), &[], Some(Error::Structural("armor invalid".to_owned())));
        assert!(decode(b"-----BEGIN PGP SIGNATURE-----\nno header\n\nAAEC\n").is_none());
        assert!(decode(b"").is_none());
    }
}
