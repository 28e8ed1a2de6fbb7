//! Any bytes as JSON: what is written reads back equal.

use wheelhouse_goyaml::json::{DecodeOptions, Format, decode, decode_first, decode_partly, to_json};

pub(crate) fn run(input: &[u8]) {
    let options = DecodeOptions::default();
    let value = decode(input, &options);
    drop(decode_first(input, &options));
    drop(decode_partly(input, &options));
    let Ok(value) = value else { return };
    for (escape_html, indent) in [(false, false), (true, false), (false, true)] {
        if let Ok(text) = to_json(&value, Format { escape_html, indent }) {
            assert_eq!(decode(&text, &options).as_ref(), Ok(&value), "what was written reads back unequal");
        }
    }
}
