//! The grammar of `--set` and its relatives.
//!
//! `a.b=1,c[0]=x,d={p,q}`: dots nest, indexes fill lists, braces list scalars, a backslash takes
//! the rune after it as it is. `--set-literal` knows no escapes, commas or braces;
//! `--set-json` takes JSON values; `--set-file` takes the content of files.

mod fault;
mod parser;
mod scanner;
mod typed;

use std::sync::Arc;

use crate::values::{SetFlag, Table, ValueSource};
use crate::{Compat, Error};

/// The largest list index Helm takes.
pub const MAX_INDEX: usize = 65_536;
/// How many dots a key may have, as in Helm.
pub const MAX_NAME_NESTING: usize = 30;
/// How many indexes a key may have. Helm has no bound, and its stack pays for it.
pub const MAX_LIST_NESTING: usize = 100;
/// How many list slots the flags of one command may leave empty (`a[9]=x` leaves nine). Helm has
/// no bound, and its memory pays for it.
pub const MAX_EMPTY_SLOTS: usize = 1_000_000;

/// Reads the file a `--set-file` value names; an error is its message.
pub type ReadFile<'a> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'a;

/// What parsing a flag needs beside the flag's text.
pub struct SetContext<'a> {
    /// Which Helm is followed.
    pub compat: Compat,
    /// What values set by this flag name as their source.
    pub source: Arc<ValueSource>,
    /// How many list slots may still be left empty; starts at [`MAX_EMPTY_SLOTS`].
    pub empty_slots: usize,
    /// Reads files for `--set-file`.
    pub read_file: &'a mut ReadFile<'a>,
}

/// Parses a flag's text and sets its values in `dest`. Values set before an error stay set.
///
/// # Errors
/// [`Error::Set`] with Helm's message.
pub fn set(flag: SetFlag, text: &[u8], dest: &mut Table, context: &mut SetContext<'_>) -> Result<(), Error> {
    parser::Parser::new(flag, text, context).parse(dest).map_err(Error::Set)
}
