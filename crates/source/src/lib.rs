//! Where things stand in source text.
//!
//! - [`Span`]: a range of bytes in one text.
//! - [`LineIndex`]: turns byte offsets into lines and columns.
//! - [`Position`]: a line and column, as people count them.

mod line_index;
mod span;

pub use line_index::{LineIndex, Position};
pub use span::Span;
