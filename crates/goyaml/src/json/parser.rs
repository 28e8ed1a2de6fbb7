//! JSON syntax. One pass without recursion: the first byte that cannot stand where it does is
//! reported, as Go's scanner reports it.

mod literal;

use std::collections::BTreeMap;

use super::Error;
use super::decode::DecodeOptions;
use crate::limits::Limit;
use crate::value::Value;

/// Levels of nesting Go allows.
const MAX_DEPTH: usize = 10_000;

/// A collection being read.
enum Open {
    Seq(Vec<Value>),
    Map { entries: Vec<(String, Value)>, key: String },
}

impl Open {
    /// The step of a JSON pointer from this collection to what is being read.
    fn token(&self) -> String {
        match self {
            Open::Seq(items) => format!("/{}", items.len()),
            Open::Map { key, .. } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        }
    }
}

pub(super) struct Parser<'t> {
    text: &'t [u8],
    pub(super) offset: usize,
    options: &'t DecodeOptions,
    /// What the end of the text within a value is called.
    end: Error,
    /// An error that does not keep the text from being JSON; reported if nothing else is wrong.
    pub(super) saved: Option<Error>,
    nodes: usize,
    /// Numbers that a value does not hold as they are written, by pointer, if somebody asks.
    pub(super) literals: Option<BTreeMap<String, String>>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t [u8], options: &'t DecodeOptions, end: Error) -> Self {
        let mut parser = Self { text, offset: 0, options, end, saved: None, nodes: 0, literals: None };
        if text.len() > options.limits.max_bytes {
            parser.save(Error::Limit { limit: Limit::Bytes, max: options.limits.max_bytes });
        }
        parser
    }

    /// Keeps an error for the end; a limit counts more than what was saved before.
    fn save(&mut self, error: Error) {
        match (&self.saved, &error) {
            (Some(Error::Limit { .. }), _) | (Some(_), Error::Type { .. }) => {}
            _ => self.saved = Some(error),
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.offset).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.offset += 1;
        }
    }

    /// The next byte, which is not taken; an error at the end.
    fn need(&self) -> Result<u8, Error> {
        self.peek().ok_or_else(|| self.end.clone())
    }

    /// The next byte inside a word, number or escape: when a text (not a stream) ends there, Go
    /// pretends a space follows.
    fn need_in_literal(&self) -> Result<u8, Error> {
        match self.need() {
            Err(Error::UnexpectedEnd) => Ok(b' '),
            other => other,
        }
    }

    pub(super) fn unexpected(&self, byte: u8, context: &str) -> Error {
        let shown = match byte {
            b'\'' => "'\\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            byte => {
                let quoted = crate::go_quote::quote(char::from(byte).to_string().as_bytes());
                format!("'{}'", quoted.trim_matches('"'))
            }
        };
        Error::Syntax { text: format!("invalid character {shown} {context}"), offset: self.offset }
    }

    /// Reads one value with everything in it.
    pub(super) fn value(&mut self) -> Result<Value, Error> {
        let mut open: Vec<Open> = Vec::new();
        'value: loop {
            self.skip_space();
            self.count();
            let mut value = match self.need()? {
                bracket @ (b'[' | b'{') => {
                    self.open(&mut open, bracket)?;
                    if !self.is_empty_collection(bracket)? {
                        if bracket == b'{' {
                            self.key(&mut open)?;
                        }
                        continue 'value;
                    }
                    close(open.pop())
                }
                b'"' => Value::String(self.string()?),
                b'-' | b'0'..=b'9' => {
                    let start = self.offset;
                    let number = self.number(!open.is_empty())?;
                    self.keep_literal(start, &number, &open);
                    number
                }
                b't' => self.word("true", Value::Bool(true))?,
                b'f' => self.word("false", Value::Bool(false))?,
                b'n' => self.word("null", Value::Null)?,
                byte => return Err(self.unexpected(byte, "looking for beginning of value")),
            };
            // The value is done; so may be the collections it ends.
            loop {
                let keep = self.nodes <= self.options.limits.max_nodes;
                let Some(innermost) = open.last_mut() else { return Ok(value) };
                let is_map = match innermost {
                    Open::Seq(items) => {
                        if keep {
                            items.push(value);
                        }
                        false
                    }
                    Open::Map { entries, key } => {
                        if keep {
                            entries.push((std::mem::take(key), value));
                        }
                        true
                    }
                };
                self.skip_space();
                let byte = self.need()?;
                match byte {
                    b',' => {
                        self.offset += 1;
                        if is_map {
                            self.key(&mut open)?;
                        }
                        continue 'value;
                    }
                    b']' if !is_map => {}
                    b'}' if is_map => {}
                    _ if is_map => return Err(self.unexpected(byte, "after object key:value pair")),
                    _ => return Err(self.unexpected(byte, "after array element")),
                }
                self.offset += 1;
                let closed = close(open.pop());
                // What is nested too deeply is not kept: it could not even be dropped safely.
                value = if open.len() < self.options.limits.max_depth { closed } else { Value::Null };
            }
        }
    }

    /// Keeps a number that ends here as it is written, unless the value tells.
    fn keep_literal(&mut self, start: usize, value: &Value, open: &[Open]) {
        let Some(literals) = &mut self.literals else { return };
        let text = self.text.get(start..self.offset).and_then(|text| std::str::from_utf8(text).ok());
        let is_kept_by_value = matches!(value, Value::Int(_) | Value::Uint(_)) && text != Some("-0");
        if let Some(text) = text.filter(|_| !is_kept_by_value) {
            literals.insert(open.iter().map(Open::token).collect(), text.to_owned());
        }
    }

    fn count(&mut self) {
        self.nodes += 1;
        if self.nodes > self.options.limits.max_nodes {
            self.save(Error::Limit { limit: Limit::Nodes, max: self.options.limits.max_nodes });
        }
    }

    fn open(&mut self, open: &mut Vec<Open>, bracket: u8) -> Result<(), Error> {
        if open.len() >= MAX_DEPTH {
            return Err(self.unexpected(bracket, "exceeded max depth"));
        }
        if open.len() >= self.options.limits.max_depth {
            self.save(Error::Limit { limit: Limit::Depth, max: self.options.limits.max_depth });
        }
        self.offset += 1;
        open.push(if bracket == b'[' {
            Open::Seq(Vec::new())
        } else {
            Open::Map { entries: Vec::new(), key: String::new() }
        });
        Ok(())
    }

    /// Takes the closing bracket, if it comes right after the opening one.
    fn is_empty_collection(&mut self, bracket: u8) -> Result<bool, Error> {
        self.skip_space();
        let empty = self.need()? == if bracket == b'[' { b']' } else { b'}' };
        self.offset += usize::from(empty);
        Ok(empty)
    }

    /// A key and the colon after it.
    fn key(&mut self, open: &mut [Open]) -> Result<(), Error> {
        self.skip_space();
        let byte = self.need()?;
        if byte != b'"' {
            return Err(self.unexpected(byte, "looking for beginning of object key string"));
        }
        let name = self.string()?;
        if let Some(Open::Map { key, .. }) = open.last_mut() {
            *key = name;
        }
        self.skip_space();
        let byte = self.need()?;
        if byte != b':' {
            return Err(self.unexpected(byte, "after object key"));
        }
        self.offset += 1;
        Ok(())
    }
}

/// The value of a collection that is complete.
fn close(open: Option<Open>) -> Value {
    match open {
        Some(Open::Seq(items)) => Value::Seq(items),
        Some(Open::Map { entries, .. }) => Value::Map(entries.into_iter().collect()),
        None => Value::Null,
    }
}
