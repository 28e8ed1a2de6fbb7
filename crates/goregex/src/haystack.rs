use std::borrow::Cow;
use std::ops::Range;

/// The bytes U+FFFD is made of.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// How much longer U+FFFD is than the one wrong byte it stands for.
const GROWTH: usize = REPLACEMENT.len() - 1;

/// A text to be searched. Go takes each byte that is not UTF-8 for one character U+FFFD; here
/// such bytes are replaced by it, and what is found is translated back.
#[derive(Debug)]
pub(crate) struct Haystack<'a> {
    text: Cow<'a, [u8]>,
    /// Where in `text` the replacements are, in order.
    replaced: Vec<usize>,
    is_ascii: bool,
}

impl<'a> Haystack<'a> {
    pub(crate) fn new(original: &'a [u8]) -> Self {
        let is_ascii = original.is_ascii();
        if is_ascii || std::str::from_utf8(original).is_ok() {
            return Self { text: Cow::Borrowed(original), replaced: Vec::new(), is_ascii };
        }
        let mut text = Vec::with_capacity(original.len() * 2);
        let mut replaced = Vec::new();
        for chunk in original.utf8_chunks() {
            text.extend_from_slice(chunk.valid().as_bytes());
            for _ in chunk.invalid() {
                replaced.push(text.len());
                text.extend_from_slice(REPLACEMENT);
            }
        }
        Self { text: Cow::Owned(text), replaced, is_ascii }
    }

    /// The searchable text, all of it UTF-8.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether there is nothing but ASCII in it.
    pub(crate) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// The length of the character at a place; 0 at the end.
    pub(crate) fn character_width(&self, at: usize) -> usize {
        match self.text.get(at) {
            None => 0,
            Some(0..=0x7f) => 1,
            Some(0..=0xdf) => 2,
            Some(0..=0xef) => 3,
            Some(_) => 4,
        }
    }

    /// The range of the original text for one of the searchable text.
    pub(crate) fn original_range(&self, range: Range<usize>) -> Range<usize> {
        self.original_offset(range.start)..self.original_offset(range.end)
    }

    fn original_offset(&self, offset: usize) -> usize {
        let before = self.replaced.partition_point(|&replaced| replaced < offset);
        offset - before * GROWTH
    }
}

#[cfg(test)]
mod tests {
    use super::Haystack;

    #[test]
    fn wrong_bytes_are_one_character_each() {
        let original = b"a\xe2\x82b\xffc";
        let haystack = Haystack::new(original);
        assert_eq!(haystack.text(), "a\u{fffd}\u{fffd}b\u{fffd}c".as_bytes());
        for (range, expected) in
            [(0..1, 0..1), (1..4, 1..2), (4..7, 2..3), (7..8, 3..4), (8..11, 4..5), (11..12, 5..6)]
        {
            assert_eq!(haystack.original_range(range), expected);
        }
    }

    #[test]
    fn text_in_order_is_searched_in_place() {
        let haystack = Haystack::new("aé€😀".as_bytes());
        let widths: Vec<usize> = [0, 1, 3, 6, 10].map(|at| haystack.character_width(at)).into();
        assert_eq!(widths, [1, 2, 3, 4, 0]);
        assert_eq!(haystack.original_range(1..3), 1..3);
    }
}
