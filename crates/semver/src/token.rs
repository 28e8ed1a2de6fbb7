/// Reads a text from left to right. Every reader either takes what it names and moves on, or
/// leaves the cursor where it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    /// A cursor over the same text at another place, which must lie between two letters.
    pub(crate) fn at(self, position: usize) -> Self {
        Self { position, ..self }
    }

    pub(crate) fn position(self) -> usize {
        self.position
    }

    pub(crate) fn is_at_end(self) -> bool {
        self.position >= self.text.len()
    }

    /// What is still to be read.
    fn rest(self) -> &'a str {
        self.text.get(self.position..).unwrap_or("")
    }

    /// What lies between a place read before and this one.
    pub(crate) fn since(self, start: usize) -> &'a str {
        self.text.get(start..self.position).unwrap_or("")
    }

    /// Takes `word` if it comes next.
    pub(crate) fn eat(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.position += word.len();
        }
        found
    }

    /// Takes one or more ASCII bytes for which `wanted` holds.
    pub(crate) fn run(&mut self, wanted: fn(u8) -> bool) -> Option<&'a str> {
        let start = self.position;
        self.position += self.rest().bytes().take_while(|&byte| wanted(byte)).count();
        if self.position > start { Some(self.since(start)) } else { None }
    }

    /// Takes `.` and one or more wanted bytes; gives the bytes.
    pub(crate) fn dotted_run(&mut self, wanted: fn(u8) -> bool) -> Option<&'a str> {
        let mut ahead = *self;
        if !ahead.eat(".") {
            return None;
        }
        let run = ahead.run(wanted)?;
        *self = ahead;
        Some(run)
    }

    /// Takes `mark` and the dot-separated identifiers behind it; gives the identifiers.
    pub(crate) fn identifiers_after(&mut self, mark: &str) -> Option<&'a str> {
        let mut ahead = *self;
        if !ahead.eat(mark) {
            return None;
        }
        let start = ahead.position;
        ahead.run(is_identifier_byte)?;
        while ahead.dotted_run(is_identifier_byte).is_some() {}
        *self = ahead;
        Some(ahead.since(start))
    }

    /// Takes white space, if any; tells whether there was some.
    pub(crate) fn skip_space(&mut self) -> bool {
        self.run(is_space).is_some()
    }
}

/// What a prerelease or build metadata is made of.
pub(crate) fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// `\s` of Go's regular expressions.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}
