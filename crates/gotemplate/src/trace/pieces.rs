use wheelhouse_source::Span;

use super::{FrameId, OriginId};

/// Some bytes of a text and what wrote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The bytes of the text.
    pub bytes: Span,
    /// The template that wrote them, and how it came to run.
    pub frame: FrameId,
    /// The template text or the action that wrote them, in the frame's source.
    pub source: Span,
    /// Whether an action wrote them, not template text.
    pub is_value: bool,
    /// Where the printed value came from.
    pub origin: OriginId,
    /// The printed value's address if it is a string, list or map, else 0. Equal addresses are
    /// one value (see [`GoString::address`](crate::GoString::address)).
    pub address: usize,
}

/// The pieces of a text in order; no two overlap. Of an output, together they are all of it.
#[derive(Clone, Debug, Default)]
pub struct Pieces(Vec<Piece>);

impl Pieces {
    /// The pieces in order.
    #[must_use]
    pub fn all(&self) -> &[Piece] {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The piece that holds the byte at `offset`.
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<&Piece> {
        let index = self.0.partition_point(|piece| piece.bytes.end <= offset);
        self.0.get(index).filter(|piece| piece.bytes.contains(offset))
    }

    /// The pieces that hold some of these bytes.
    #[must_use]
    pub fn within(&self, bytes: Span) -> &[Piece] {
        let first = self.0.partition_point(|piece| piece.bytes.end <= bytes.start);
        let last = self.0.partition_point(|piece| piece.bytes.start < bytes.end);
        self.0.get(first..last).unwrap_or_default()
    }

    /// How many pieces there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds a piece after all others; an empty one is left out.
    pub(crate) fn push(&mut self, piece: Piece) {
        if !piece.bytes.is_empty() {
            self.0.push(piece);
        }
    }

    /// The part of each piece that lies in `bytes`, moved so that `bytes` starts at `to`.
    pub(crate) fn moved(&self, bytes: Span, to: usize) -> impl Iterator<Item = Piece> + '_ {
        self.within(bytes).iter().map(move |piece| {
            let start = piece.bytes.start.max(bytes.start) - bytes.start + to;
            let end = piece.bytes.end.min(bytes.end) - bytes.start + to;
            Piece { bytes: Span::new(start, end), ..*piece }
        })
    }

    /// Leaves out the bytes of these ranges, which are in order and do not overlap.
    pub(crate) fn cut(&mut self, ranges: &[Span]) {
        let mut kept = Pieces::default();
        let mut from = 0;
        let mut removed = 0;
        let end = self.0.last().map_or(0, |piece| piece.bytes.end);
        for range in ranges.iter().copied().chain([Span::at(end)]) {
            let moved: Vec<Piece> = self.moved(Span::new(from, range.start), from - removed).collect();
            moved.into_iter().for_each(|piece| kept.push(piece));
            removed += range.len();
            from = range.end;
        }
        *self = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(start: usize, end: usize) -> Piece {
        Piece {
            bytes: Span::new(start, end),
            frame: FrameId(0),
            source: Span::default(),
            is_value: false,
            origin: OriginId::NONE,
            address: start,
        }
    }

    fn spans(pieces: &Pieces) -> Vec<(usize, usize, usize)> {
        pieces.all().iter().map(|piece| (piece.bytes.start, piece.bytes.end, piece.address)).collect()
    }

    #[test]
    fn cutting_moves_what_follows() {
        let mut pieces = Pieces(vec![piece(0, 4), piece(4, 6), piece(6, 10)]);
        pieces.cut(&[Span::new(1, 2), Span::new(3, 7)]);
        assert_eq!(spans(&pieces), [(0, 1, 0), (1, 2, 0), (2, 5, 6)]);
    }

    #[test]
    fn a_byte_has_at_most_one_piece() {
        let pieces = Pieces(vec![piece(0, 4), piece(6, 10)]);
        assert_eq!(pieces.at(3).map(|piece| piece.address), Some(0));
        assert_eq!(pieces.at(4), None);
        assert_eq!(pieces.at(6).map(|piece| piece.address), Some(6));
        assert_eq!(pieces.within(Span::new(2, 7)).len(), 2);
        assert_eq!(pieces.within(Span::new(4, 6)).len(), 0);
    }
}
