//! Go's `strconv`: quoting, and numbers to and from text.

mod float;
mod number;
mod quote;
mod unquote;

pub use float::{FloatStyle, append_float, append_uint, format_float};
pub use number::{parse_complex, parse_float, parse_int, parse_uint};
pub use quote::{append_quoted, append_quoted_rune, can_backquote, quote};
pub use unquote::{InvalidSyntax, Unquoted, unquote, unquote_character};
