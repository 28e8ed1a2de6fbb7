//! Where the documents come from that schemas name.

use std::collections::BTreeMap;

use wheelhouse_goyaml::Limits;
use wheelhouse_goyaml::Value;
use wheelhouse_goyaml::json::decode_first_literally;

use super::error::CompileError;
use super::format::check_url;
use super::{Documents, location, metaschemas};
use crate::Error;
use crate::text::quote;

/// How deep a schema document may nest.
const MAX_DEPTH: usize = 300;

/// A document that was read.
#[derive(Debug, Default)]
pub(super) struct Json {
    pub(super) value: Value,
    /// Numbers as they are written, by pointer, where the value does not tell.
    pub(super) literals: BTreeMap<String, String>,
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Json { value, literals: BTreeMap::new() }
    }
}

/// Reads a schema document.
///
/// # Errors
/// It is not one JSON value.
pub(super) fn read(text: &[u8]) -> Result<Json, Error> {
    let limits = Limits { max_depth: MAX_DEPTH, ..Limits::default() };
    let (value, length, literals) =
        decode_first_literally(text, limits).map_err(|error| Error::Schema(error.to_string()))?;
    let rest = text.get(length..).unwrap_or_default();
    match rest.iter().all(u8::is_ascii_whitespace) {
        true => Ok(Json { value, literals }),
        false => Err(Error::Schema("invalid character after top-level value".to_owned())),
    }
}

/// Loads documents by their addresses.
pub(super) struct Source<'s> {
    pub(super) fetch: Documents<'s>,
    /// Told of urns, which nobody resolves.
    pub(super) warn: &'s mut dyn FnMut(String),
}

impl Source<'_> {
    /// The document at an address. The specification's own come from memory; what a urn names accepts
    /// everything.
    ///
    /// # Errors
    /// It cannot be had, or read.
    pub(super) fn load(&mut self, url: &str) -> Result<Json, CompileError> {
        if let Some(value) = metaschemas::document(url) {
            return Ok(value.into());
        }
        if location::scheme(url) == Some("urn") {
            (self.warn)(url.to_owned());
            return Ok(Value::Bool(true).into());
        }
        self.fetch(url).map_err(|problem| CompileError::Load { url: url.to_owned(), problem })
    }

    fn fetch(&self, url: &str) -> Result<Json, String> {
        check_url(url)?;
        if !matches!(location::scheme(url), Some("file" | "http" | "https")) {
            return Err(format!("no URLLoader registered for {}", quote(url)));
        }
        read(&(self.fetch)(url)?).map_err(|error| error.to_string())
    }
}
