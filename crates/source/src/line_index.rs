/// A place in a text as people name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

/// The line starts of one text; answers "which line is this byte in" in logarithmic time.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
    length: usize,
}

impl LineIndex {
    /// Reads the line starts of `text`.
    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        let breaks =
            text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(offset, _)| offset + 1);
        Self { starts: std::iter::once(0).chain(breaks).collect(), length: text.len() }
    }

    /// Number of lines; a text that ends in a newline counts an empty last line.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// Line and column of a byte offset; an offset past the end names the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.length);
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        Position { line, column: offset - start + 1 }
    }

    /// Byte range of a line (from 1) without its line break, or `None` past the last line.
    #[must_use]
    pub fn line_range(&self, line: usize) -> Option<std::ops::Range<usize>> {
        let index = line.checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(line).map_or(self.length, |next| next - 1);
        Some(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, offset: usize, line: usize, column: usize) {
        assert_eq!(LineIndex::new(text.as_bytes()).position(offset), Position { line, column });
    }

    #[test]
    fn offsets_become_lines_and_columns() {
        check("", 0, 1, 1);
        check("ab\ncd", 0, 1, 1);
        check("ab\ncd", 2, 1, 3);
        check("ab\ncd", 3, 2, 1);
        check("ab\ncd", 99, 2, 3);
        check("ab\n", 3, 2, 1);
    }

    #[test]
    fn a_line_range_leaves_out_its_break() {
        let index = LineIndex::new(b"ab\n\ncd");
        assert_eq!(index.line_range(1), Some(0..2));
        assert_eq!(index.line_range(2), Some(3..3));
        assert_eq!(index.line_range(3), Some(4..6));
        assert_eq!(index.line_range(4), None);
        assert_eq!(index.line_range(0), None);
    }
}
