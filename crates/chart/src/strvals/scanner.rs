/// Reads runes of a flag's text as Go's `bytes.Buffer` does: bytes that are no UTF-8 read as
/// U+FFFD, one by one.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    position: usize,
}

/// Why runes stopped coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// One of the runes asked for.
    At(char),
    /// The text is over.
    End,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Scanner { text, position: 0 }
    }

    /// The column of what comes next, in characters from 1.
    pub(super) fn column(&self) -> usize {
        let read = self.text.get(..self.position).unwrap_or_default();
        String::from_utf8_lossy(read).chars().count() + 1
    }

    /// What is left, unread.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// Reads on without looking.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.position = self.position.saturating_add(bytes).min(self.text.len());
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.decode().map(|(rune, _)| rune)
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let (rune, width) = self.decode()?;
        self.skip(width);
        Some(rune)
    }

    /// Reads up to and over one of the runes in `stops`; a backslash takes the rune after it as
    /// it is.
    pub(super) fn until_escaped(&mut self, stops: &[char]) -> (Vec<char>, Stop) {
        let mut runes = Vec::new();
        while let Some(rune) = self.next() {
            if stops.contains(&rune) {
                return (runes, Stop::At(rune));
            }
            match rune {
                '\\' => match self.next() {
                    Some(escaped) => runes.push(escaped),
                    None => break,
                },
                _ => runes.push(rune),
            }
        }
        (runes, Stop::End)
    }

    /// Reads up to and over one of the runes in `stops`; nothing escapes.
    pub(super) fn until(&mut self, stops: &[char]) -> (Vec<char>, Stop) {
        let mut runes = Vec::new();
        while let Some(rune) = self.next() {
            if stops.contains(&rune) {
                return (runes, Stop::At(rune));
            }
            runes.push(rune);
        }
        (runes, Stop::End)
    }

    fn decode(&self) -> Option<(char, usize)> {
        let rest = self.rest();
        let first = *rest.first()?;
        if first.is_ascii() {
            return Some((char::from(first), 1));
        }
        let window = rest.get(..rest.len().min(4)).unwrap_or_default();
        let valid = window.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
        Some(valid.map_or((char::REPLACEMENT_CHARACTER, 1), |rune| (rune, rune.len_utf8())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], runes: &str, stop: Stop) {
        let (read, stopped) = Scanner::new(text).until_escaped(&['=', ',']);
        assert_eq!((String::from_iter(read).as_str(), stopped), (runes, stop), "{text:?}");
    }

    #[test]
    fn a_backslash_takes_the_next_rune_as_it_is() {
        check(b"a\\=b=c", "a=b", Stop::At('='));
        check(b"a\\\\,b", "a\\", Stop::At(','));
        check(b"a\\", "a", Stop::End);
        check("é\\é,".as_bytes(), "éé", Stop::At(','));
    }

    #[test]
    fn bytes_that_are_no_text_read_as_replacement_runes() {
        check(b"a\xe2\x82=", "a\u{fffd}\u{fffd}", Stop::At('='));
        check(b"\xf0\x9f\x98\x80,", "\u{1f600}", Stop::At(','));
    }
}
