use wheelhouse_gotemplate::strconv::{Unquoted, parse_float, unquote_character};

use super::node::{Node, Slice};

/// A template that cannot be parsed, in the words of the Kubernetes client library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(String);

/// How deep filters and unions may nest in each other.
const MAX_DEPTH: usize = 50;

/// Parses a template.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    parse_nested(text, 0)
}

fn parse_nested(text: &str, depth: usize) -> Result<Vec<Node>, ParseError> {
    if depth > MAX_DEPTH {
        return fail(format!("nests deeper than {MAX_DEPTH} levels"));
    }
    let mut parser = Parser { text, at: 0, depth };
    let mut nodes = Vec::new();
    loop {
        let rest = parser.rest();
        let length = rest.find('{').unwrap_or(rest.len());
        if let Some(plain) = rest.get(..length).filter(|plain| !plain.is_empty()) {
            nodes.push(Node::Text(plain.as_bytes().to_vec()));
        }
        parser.at += length;
        if parser.next().is_none() {
            return Ok(nodes);
        }
        let mut steps = Vec::new();
        parser.action(&mut steps)?;
        nodes.push(Node::Steps(steps));
    }
}

/// Parses the inside of an action.
fn parse_action(text: &str, depth: usize) -> Result<Vec<Node>, ParseError> {
    match parse_nested(&format!("{{{text}}}"), depth + 1)?.into_iter().next() {
        Some(Node::Steps(steps)) => Ok(steps),
        _ => Ok(Vec::new()),
    }
}

fn fail<T>(message: impl Into<String>) -> Result<T, ParseError> {
    Err(ParseError(message.into()))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// What is between the braces, and the closing brace.
    fn action(&mut self, steps: &mut Vec<Node>) -> Result<(), ParseError> {
        loop {
            let rest = self.rest();
            let start = self.at;
            if rest.starts_with('}') {
                self.at += 1;
                return Ok(());
            }
            if rest.starts_with("[?(") {
                self.filter(steps)?;
                continue;
            }
            if rest.starts_with("..") {
                self.recursive(steps)?;
                continue;
            }
            match self.next() {
                None | Some('\r' | '\n') => return fail("unclosed action"),
                Some(' ' | '@' | '$') => {}
                Some('[') => self.array(start, steps)?,
                Some(quote @ ('"' | '\'')) => self.quoted(start, quote, steps)?,
                Some('.') => self.field(steps),
                Some(letter) if letter == '+' || letter == '-' || letter.is_numeric() => {
                    self.at = start;
                    self.number(steps)?;
                }
                Some(letter) if is_alphanumeric(letter) => {
                    while self.peek().is_some_and(|letter| !is_terminator(letter)) {
                        self.next();
                    }
                    steps.push(match self.since(start) {
                        "true" => Node::Bool(true),
                        "false" => Node::Bool(false),
                        word => Node::Word(word.to_owned()),
                    });
                }
                Some(letter) => {
                    let code = format!("U+{:04X}", u32::from(letter));
                    let shown =
                        if crate::text::is_print(letter) { format!(" '{letter}'") } else { String::new() };
                    return fail(format!("unrecognized character in action: {code}{shown}"));
                }
            }
        }
    }

    fn recursive(&mut self, steps: &mut Vec<Node>) -> Result<(), ParseError> {
        if steps.last() == Some(&Node::Recursive) {
            return fail("invalid multiple recursive descent");
        }
        self.at += 2;
        steps.push(Node::Recursive);
        if self.peek().is_some_and(is_alphanumeric) {
            self.field(steps);
        }
        Ok(())
    }

    fn field(&mut self, steps: &mut Vec<Node>) {
        let start = self.at;
        while let Some(letter) = self.peek() {
            if is_terminator(letter) {
                break;
            }
            self.next();
            if letter == '\\' {
                self.next();
            }
        }
        steps.push(match self.since(start) {
            "*" => Node::Wildcard,
            name => Node::Field(name.replace('\\', "")),
        });
    }

    fn number(&mut self, steps: &mut Vec<Node>) -> Result<(), ParseError> {
        let start = self.at;
        if self.peek().is_some_and(|sign| sign == '+' || sign == '-') {
            self.next();
        }
        while self.peek().is_some_and(|letter| letter == '.' || letter.is_numeric()) {
            self.next();
        }
        let text = self.since(start);
        let number = text.parse().ok().map(Node::Int).or_else(|| parse_float(text).map(Node::Float));
        match number {
            Some(number) => steps.push(number),
            None => return fail(format!("cannot parse number {text}")),
        }
        Ok(())
    }

    fn quoted(&mut self, start: usize, quote: char, steps: &mut Vec<Node>) -> Result<(), ParseError> {
        let mut before = quote;
        loop {
            match self.next() {
                None | Some('\n') => return fail("unterminated quoted string"),
                Some(letter) if letter == quote && before != '\\' => break,
                Some(letter) => before = letter,
            }
        }
        let text = self.since(start);
        match unquote(text) {
            Some(text) => steps.push(Node::Text(text)),
            None => return fail(format!("unquote string {text} error invalid syntax")),
        }
        Ok(())
    }

    fn array(&mut self, start: usize, steps: &mut Vec<Node>) -> Result<(), ParseError> {
        loop {
            match self.next() {
                None | Some('\n') => return fail("unterminated array"),
                Some(']') => break,
                Some(_) => {}
            }
        }
        let text = self.since(start);
        let text = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        if text.contains(',') {
            let members = text
                .split(',')
                .map(|member| parse_action(&format!("[{}]", member.trim_matches(' ')), self.depth));
            steps.push(Node::Union(members.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        if let Some(key) = key.filter(|key| !key.contains('\'')) {
            steps.extend(parse_action(&format!(".{key}"), self.depth)?);
            return Ok(());
        }
        steps.push(Node::Slice(slice(if text == "*" { ":" } else { text })?));
        Ok(())
    }

    fn filter(&mut self, steps: &mut Vec<Node>) -> Result<(), ParseError> {
        self.at += 3;
        let start = self.at;
        let mut quote = None;
        let mut is_closed = false;
        let mut before = '(';
        loop {
            let Some(letter) = self.next().filter(|letter| *letter != '\n') else {
                return fail("unterminated filter");
            };
            match letter {
                '"' | '\'' => match quote {
                    None => quote = Some(letter),
                    Some(opening) => is_closed |= before != '\\' && letter == opening,
                },
                ')' if quote.is_some() == is_closed => break,
                _ => {}
            }
            before = letter;
        }
        if self.next() != Some(']') {
            return fail("unclosed array expect ]");
        }
        let text = self.since(start);
        let text = text.get(..text.len().saturating_sub(2)).unwrap_or_default();
        steps.push(match comparison(text) {
            None => Node::Exists(parse_action(text, self.depth)?),
            Some((left, operator, right)) => Node::Filter {
                left: parse_action(left, self.depth)?,
                operator: operator.to_owned(),
                right: parse_action(right, self.depth)?,
            },
        });
        Ok(())
    }
}

/// Both sides of a comparison and what stands between them.
fn comparison(text: &str) -> Option<(&str, &str, &str)> {
    let is_operator = |letter: char| matches!(letter, '!' | '<' | '>' | '=');
    let at = text.find(is_operator).filter(|at| *at > 0)?;
    let (left, rest) = text.split_at_checked(at)?;
    let mut length = rest.len() - rest.trim_start_matches(is_operator).len();
    if length == rest.len() {
        // Something has to be left for the other side.
        length -= 1;
    }
    let (operator, right) = rest.split_at_checked(length)?;
    (!operator.is_empty() && !right.is_empty()).then_some((left, operator, right))
}

/// `from:to:step`, each of which may be missing; `n` alone is `n:n+1`.
fn slice(text: &str) -> Result<Slice, ParseError> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_number =
        |part: &str| part.strip_prefix('-').unwrap_or(part).bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 3 || !parts.iter().all(|part| is_number(part)) {
        return fail(format!("invalid array index {text}"));
    }
    let number = |part: Option<&&str>| match part {
        None | Some(&"") => Ok(None),
        Some(part) => match part.parse::<i64>() {
            Ok(number) => Ok(Some(number)),
            Err(_) => fail(format!("array index {part} is not a number")),
        },
    };
    let from = number(parts.first())?;
    let is_index = parts.len() == 1;
    let to = if is_index { Some(from.unwrap_or(0) + 1) } else { number(parts.get(1))? };
    Ok(Slice { from, to, is_index, step: number(parts.get(2))? })
}

/// Go's `strconv.Unquote`, which here takes texts in single quotes too.
fn unquote(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let quote = *bytes.first()?;
    let mut rest = bytes.get(1..bytes.len().checked_sub(1)?)?;
    if !rest.contains(&b'\\') && !rest.contains(&quote) {
        return Some(rest.to_vec());
    }
    let mut out = Vec::new();
    while !rest.is_empty() {
        let (unquoted, after) = unquote_character(rest, quote).ok()?;
        match unquoted {
            Unquoted::Byte(byte) => out.push(byte),
            other => {
                let letter = char::from_u32(other.rune()).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        rest = after;
    }
    Some(out)
}

fn is_terminator(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

fn is_alphanumeric(letter: char) -> bool {
    letter == '_' || letter.is_alphabetic() || letter.is_numeric()
}
