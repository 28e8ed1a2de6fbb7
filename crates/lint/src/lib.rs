//! Helm's rules for well-formed charts, with Helm's words.
//!
//! - [`lint`]: all rules on a chart's directory.
//! - [`Report`], [`Message`], [`Severity`]: what they found.
//! - [`rules`]: one file for each rule, to be used alone too.
//! - [`AsDirectory`]: an unpacked archive seen as a directory.

mod archive;
mod documents;
mod linter;
mod message;
pub mod rules;

pub use archive::{ArchiveError, AsDirectory};
pub use documents::{DocumentHead, document_heads};
pub use linter::{Options, lint};
pub use message::{Message, Report, Severity};
