//! Go's `regexp`: its syntax, its error texts, its rules of matching.
//!
//! A pattern is parsed by our own parser of Go's syntax into the syntax tree of the `regex`
//! family, and matched by that family's engines, which share Go's guarantees: leftmost-first
//! matches in time linear in the text.
//!
//! - [`Regex`]: a compiled pattern; finding, replacing and splitting.
//! - [`Cache`]: the compiled patterns used last.
//! - [`quote_meta`]: a pattern that matches a text literally.
//! - [`Error`]: what is wrong with a pattern.
//!
//! Patterns and texts are bytes, as Go's strings are. Where a text is not UTF-8, each wrong byte
//! counts as one character U+FFFD.
//!
//! # Deviations
//! Patterns longer than 256 KiB, nested deeper than 250, or needing more than a few megabytes
//! when compiled are refused with Go's own words (`expression too large`, `expression nests too
//! deeply`), though Go, whose limits are higher, takes some of them. Unicode classes know the
//! letters of a newer Unicode version.

mod cache;
mod class;
mod engines;
mod error;
mod expand;
mod haystack;
mod parse;
mod quote;
mod regex;
mod replace;
mod unicode;
mod utf8;

pub use cache::Cache;
pub use error::{Error, ErrorCode};
pub use quote::quote_meta;
pub use regex::{Regex, Step};
