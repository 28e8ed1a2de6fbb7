//! The signed text: the chart's metadata, `...`, and the sums of files.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use wheelhouse_goyaml::{Map, ReadOptions, Value, read, to_yaml};

use crate::Error;

const SEPARATOR: &[u8] = b"\n...\n";

/// The digest of an archive, `sha256:` and hexadecimal.
pub(crate) fn digest(archive: &[u8]) -> String {
    Sha256::digest(archive).iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The text that names an archive and its digest below the chart's metadata.
pub(crate) fn compose(metadata: &[u8], file_name: &str, archive: &[u8]) -> Result<Vec<u8>, Error> {
    let files = Map::from([(file_name.to_owned(), Value::from(digest(archive)))]);
    let sums = Map::from([("files".to_owned(), Value::from(files))]);
    Ok([metadata, SEPARATOR, &to_yaml(&sums)?].concat())
}

/// The digest that a text has for a file.
pub(crate) fn signed_digest(text: &[u8], file_name: &str) -> Result<String, Error> {
    let mut parts = text.windows(SEPARATOR.len()).enumerate();
    let mut separators = parts.by_ref().filter(|(_, window)| *window == SEPARATOR).map(|(index, _)| index);
    let start = separators.next().ok_or(Error::NoSums)? + SEPARATOR.len();
    let end = separators.find(|end| *end >= start).unwrap_or(text.len());
    let sums = text.get(start..end).unwrap_or_default();
    let not_named = || Error::NotNamed(file_name.to_owned());
    let Value::Map(sums) = read(sums, &ReadOptions::default())? else {
        return Err(not_named());
    };
    match sums.get("files") {
        Some(Value::Map(files)) => match files.get(file_name) {
            Some(Value::String(digest)) => Ok(digest.clone()),
            _ => Err(not_named()),
        },
        _ => Err(not_named()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_text_names_the_archive() {
        let text = compose(b"name: a\nversion: 1.0.0\n", "a-1.0.0.tgz", b"").unwrap();
        assert_eq!(
            String::from_utf8(text.clone()).unwrap(),
            format!("name: a\nversion: 1.0.0\n\n...\nfiles:\n  a-1.0.0.tgz: {EMPTY}\n")
        );
        assert_eq!(signed_digest(&text, "a-1.0.0.tgz").unwrap(), EMPTY);
        let error = signed_digest(&text, "b-1.0.0.tgz").unwrap_err();
        assert_eq!(error.to_string(), "provenance does not contain a SHA for a file named \"b-1.0.0.tgz\"");
    }

    #[test]
    fn what_names_no_sums_is_refused() {
        for (text, error) in [
            ("name: a", "message block must have at least two parts"),
            ("...\nfiles:\n  a: b", "message block must have at least two parts"),
            ("a: b\n...\nnothing", "provenance does not contain a SHA for a file named \"a\""),
            ("a: b\n...\nfiles: {}", "provenance does not contain a SHA for a file named \"a\""),
            (
                "a: b\n...\nx: y\n...\nfiles:\n  a: b",
                "provenance does not contain a SHA for a file named \"a\"",
            ),
        ] {
            assert_eq!(signed_digest(text.as_bytes(), "a").unwrap_err().to_string(), error, "{text}");
        }
    }
}
