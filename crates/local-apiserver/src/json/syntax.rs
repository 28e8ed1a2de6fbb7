//! What is wrong with a text that is no JSON, in the words of Go's decoder.

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    AfterMember,
    AfterElement,
    Nothing,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The open objects (`true`) and lists.
    open: Vec<bool>,
}

const CUT_OFF: &str = "unexpected end of JSON input";

/// The error Go's decoder gives; `None` when the text is JSON.
pub(crate) fn error(bytes: &[u8]) -> Option<String> {
    Scanner { bytes, at: 0, open: Vec::new() }.run().err()
}

impl Scanner<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn run(&mut self) -> Result<(), String> {
        let mut expected = Next::Value;
        loop {
            let Some(byte) = self.next() else {
                return if expected == Next::Nothing { Ok(()) } else { Err(CUT_OFF.to_owned()) };
            };
            if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                continue;
            }
            expected = match (expected, byte) {
                (Next::ValueOrEnd, b']') => self.close(),
                (Next::KeyOrEnd, b'}') => self.close(),
                (Next::Value | Next::ValueOrEnd, _) => self.value(byte)?,
                (Next::Key | Next::KeyOrEnd, b'"') => {
                    self.text()?;
                    Next::Colon
                }
                (Next::Key | Next::KeyOrEnd, _) => {
                    return Err(invalid(byte, "looking for beginning of object key string"));
                }
                (Next::Colon, b':') => Next::Value,
                (Next::Colon, _) => return Err(invalid(byte, "after object key")),
                (Next::AfterMember, b',') => Next::Key,
                (Next::AfterMember, b'}') => self.close(),
                (Next::AfterMember, _) => return Err(invalid(byte, "after object key:value pair")),
                (Next::AfterElement, b',') => Next::Value,
                (Next::AfterElement, b']') => self.close(),
                (Next::AfterElement, _) => return Err(invalid(byte, "after array element")),
                (Next::Nothing, _) => return Err(invalid(byte, "after top-level value")),
            };
        }
    }

    fn close(&mut self) -> Next {
        self.open.pop();
        self.after()
    }

    fn after(&self) -> Next {
        match self.open.last() {
            Some(true) => Next::AfterMember,
            Some(false) => Next::AfterElement,
            None => Next::Nothing,
        }
    }

    fn value(&mut self, first: u8) -> Result<Next, String> {
        match first {
            b'{' => {
                self.open.push(true);
                return Ok(Next::KeyOrEnd);
            }
            b'[' => {
                self.open.push(false);
                return Ok(Next::ValueOrEnd);
            }
            b'"' => self.text()?,
            b'-' | b'0'..=b'9' => self.number(first)?,
            b't' => self.literal("true")?,
            b'f' => self.literal("false")?,
            b'n' => self.literal("null")?,
            _ => return Err(invalid(first, "looking for beginning of value")),
        }
        Ok(self.after())
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for wanted in word.bytes().skip(1) {
            match self.next() {
                None => return Err(CUT_OFF.to_owned()),
                Some(byte) if byte == wanted => {}
                Some(byte) => {
                    let context = format!("in literal {word} (expecting {})", quoted(wanted));
                    return Err(invalid(byte, &context));
                }
            }
        }
        Ok(())
    }

    fn text(&mut self) -> Result<(), String> {
        loop {
            match self.next() {
                None => return Err(CUT_OFF.to_owned()),
                Some(b'"') => return Ok(()),
                Some(b'\\') => match self.next() {
                    None => return Err(CUT_OFF.to_owned()),
                    Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => {}
                    Some(b'u') => {
                        for _ in 0..4 {
                            match self.next() {
                                None => return Err(CUT_OFF.to_owned()),
                                Some(byte) if byte.is_ascii_hexdigit() => {}
                                Some(byte) => {
                                    return Err(invalid(byte, "in \\u hexadecimal character escape"));
                                }
                            }
                        }
                    }
                    Some(byte) => return Err(invalid(byte, "in string escape code")),
                },
                Some(byte) if byte < 0x20 => return Err(invalid(byte, "in string literal")),
                Some(_) => {}
            }
        }
    }

    fn digits(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    /// One digit at least.
    fn digit(&mut self, context: &str) -> Result<u8, String> {
        match self.next() {
            None => Err(CUT_OFF.to_owned()),
            Some(byte) if byte.is_ascii_digit() => Ok(byte),
            Some(byte) => Err(invalid(byte, context)),
        }
    }

    fn number(&mut self, first: u8) -> Result<(), String> {
        let first = if first == b'-' { self.digit("in numeric literal")? } else { first };
        if first != b'0' {
            self.digits();
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digit("in exponent of numeric literal")?;
            self.digits();
        }
        Ok(())
    }
}

fn invalid(byte: u8, context: &str) -> String {
    format!("invalid character {} {context}", quoted(byte))
}

/// A byte as Go's decoder shows it.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        0x07 => r"'\a'".to_owned(),
        0x08 => r"'\b'".to_owned(),
        0x0b => r"'\v'".to_owned(),
        0x0c => r"'\f'".to_owned(),
        0..0x20 | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..0xa1 | 0xad => format!("'\\u{:04x}'", u32::from(byte)),
        _ => format!("'{}'", char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn errors_read_as_those_of_go() {
        for (text, expect) in [
            ("", CUT),
            ("{", CUT),
            ("[1,", CUT),
            ("\"a", CUT),
            ("nul", CUT),
            ("not json", "invalid character 'o' in literal null (expecting 'u')"),
            ("data: {}", "invalid character 'd' looking for beginning of value"),
            ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("{} x", "invalid character 'x' after top-level value"),
            ("01", "invalid character '1' after top-level value"),
            ("-a", "invalid character 'a' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("\"\\q\"", "invalid character 'q' in string escape code"),
            ("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("é", "invalid character 'Ã' looking for beginning of value"),
        ] {
            assert_eq!(error(text.as_bytes()).as_deref(), Some(expect), "{text}");
        }
        for text in ["{}", " [1, -2.5e+3, \"x\\u00e9\", {\"a\": [null, true, false]}] ", "0"] {
            assert_eq!(error(text.as_bytes()), None, "{text}");
        }
    }

    const CUT: &str = super::CUT_OFF;
}
