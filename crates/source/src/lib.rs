//! Where things stand in source text.
//!
//! - [`Span`]: a range of bytes in one text.
//! - [`LineIndex`]: turns byte offsets into lines and columns.
//! - [`Position`]: a line and column, as people count them.
//! - [`Diagnostic`]: something to tell about a place, and how it is shown.
//! - [`quantity`]: a number with its noun.

mod diagnostic;
mod line_index;
mod quantity;
mod span;

pub use diagnostic::{Diagnostic, Excerpt, Severity};
pub use line_index::{LineIndex, Position};
pub use quantity::quantity;
pub use span::Span;
