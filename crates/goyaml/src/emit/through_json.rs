//! The way of `toYaml`: Go's JSON, read as YAML by go-yaml v2, written as YAML by go-yaml v2.
//!
//! For nearly every value the two hops change nothing but numbers, and the value is written at
//! once. Where the YAML reader sees more in the JSON text than JSON does (a next-line character in
//! a string is a line break to be folded, a delete character is an error, a key beyond 1024
//! characters is none), the hops are made in full.

use super::{Emitter, Flavor};
use crate::encode::{Encode, Sink};
use crate::error::Error;
use crate::json;
use crate::key_order::KeyOrder;

/// Writes a value as `sigs.k8s.io/yaml.Marshal` does; `toYaml` trims the last line break of it.
///
/// # Errors
/// Infinite numbers and not-a-number, characters go-yaml refuses, keys beyond 1024 characters,
/// nesting deeper than 1,000 levels. (`toYaml` then gives an empty text.)
pub fn to_yaml(value: &impl Encode) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let mut hop = ThroughJson { emitter: Emitter::new(&mut out, Flavor::V2), needs_hop: false };
    value.encode(&mut hop)?;
    if !hop.needs_hop {
        hop.emitter.finish();
        return Ok(out);
    }
    out.clear();
    json::to_json(value, json::Format::default())
        .map_err(|error| Error::Marshaling(Box::new(error)))
        .and_then(|text| super::json_to_yaml(&text))
}

/// The emitter, with an eye on what would not come through the hops unchanged.
struct ThroughJson<'o> {
    emitter: Emitter<'o>,
    needs_hop: bool,
}

impl ThroughJson<'_> {
    fn look_at(&mut self, text: &[u8]) {
        self.needs_hop = self.needs_hop || !survives(text);
    }
}

/// Whether the YAML reader finds a text in JSON as it was.
fn survives(text: &[u8]) -> bool {
    let plain = text.iter().fold(true, |plain, byte| plain & (*byte < 0x7F));
    plain
        || json::to_valid_text(text)
            .chars()
            .all(|character| !matches!(character, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'))
}

impl Sink for ThroughJson<'_> {
    fn null(&mut self) -> Result<(), Error> {
        self.emitter.null()
    }

    fn bool(&mut self, value: bool) -> Result<(), Error> {
        self.emitter.bool(value)
    }

    fn int(&mut self, value: i64) -> Result<(), Error> {
        self.emitter.int(value)
    }

    fn uint(&mut self, value: u64) -> Result<(), Error> {
        self.emitter.uint(value)
    }

    fn float(&mut self, value: f64) -> Result<(), Error> {
        let text = super::number::float_through_json(value)?;
        self.emitter.write_word(text.as_bytes())
    }

    fn string(&mut self, text: &[u8]) -> Result<(), Error> {
        self.look_at(text);
        self.emitter.string(json::to_valid_text(text).as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.emitter.string(crate::base64::encode(bytes).as_bytes())
    }

    fn nil_seq(&mut self) -> Result<(), Error> {
        self.emitter.null()
    }

    fn nil_map(&mut self) -> Result<(), Error> {
        self.emitter.null()
    }

    fn begin_seq(&mut self, len: usize) -> Result<(), Error> {
        self.emitter.begin_seq(len)
    }

    fn end_seq(&mut self) {
        self.emitter.end_seq();
    }

    fn begin_map(&mut self, len: usize) -> Result<(), Error> {
        self.emitter.begin_map(len)
    }

    fn key(&mut self, key: &[u8]) -> Result<(), Error> {
        // Each byte may take six characters in JSON.
        self.needs_hop = self.needs_hop || key.len() * 6 > 1000;
        self.look_at(key);
        self.emitter.key(json::to_valid_text(key).as_bytes())
    }

    fn end_map(&mut self) {
        self.emitter.end_map();
    }

    fn key_order(&self) -> KeyOrder {
        self.emitter.key_order()
    }
}
