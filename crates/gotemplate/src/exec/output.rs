use std::fmt;

use wheelhouse_source::Span;

use crate::trace::{Piece, Pieces};

/// What an execution wrote.
#[derive(Clone, Default)]
pub struct Output {
    /// The text, as bytes: usually UTF-8.
    pub bytes: Vec<u8>,
    /// Where the bytes come from, if the run was traced.
    pub pieces: Option<Pieces>,
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Output").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Output {
    /// Takes every occurrence of `needle` out, as Helm does with `<no value>`. Gives the pieces of a
    /// traced run that wrote what is gone; their bytes are where it was.
    pub fn remove(&mut self, needle: &[u8]) -> Vec<Piece> {
        let found: Vec<Span> = memchr::memmem::find_iter(&self.bytes, needle)
            .map(|at| Span::new(at, at + needle.len()))
            .collect();
        if found.is_empty() || needle.is_empty() {
            return Vec::new();
        }
        let mut gone = Vec::new();
        let mut kept = Vec::with_capacity(self.bytes.len());
        let mut from = 0;
        for range in &found {
            kept.extend_from_slice(self.bytes.get(from..range.start).unwrap_or_default());
            from = range.end;
        }
        kept.extend_from_slice(self.bytes.get(from..).unwrap_or_default());
        self.bytes = kept;
        if let Some(pieces) = &mut self.pieces {
            let mut removed = 0;
            for range in &found {
                let at = Span::at(range.start - removed);
                gone.extend(pieces.at(range.start).map(|piece| Piece { bytes: at, ..*piece }));
                removed += range.len();
            }
            pieces.cut(&found);
        }
        gone
    }
}
