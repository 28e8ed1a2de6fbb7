//! Reads label selectors in their text form, with the errors of the API.

use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    End,
    Word,
    Open,
    Close,
    Comma,
    Not,
    In,
    NotIn,
    Equal,
    NotEqual,
    Greater,
    Less,
    Unknown,
}

/// The requirements of a selector such as `app=web,tier!=db,env in (a,b),!old,new`, as specs write them.
///
/// # Errors
/// What cannot be understood.
pub(super) fn requirements(text: &str) -> Result<Vec<Value>, String> {
    let mut parser = Parser { tokens: tokens(text), at: 0 };
    let mut found = Vec::new();
    loop {
        match parser.peek() {
            (Token::Word | Token::Not, _) => {
                found
                    .push(parser.requirement().map_err(|why| format!("unable to parse requirement: {why}"))?);
                match parser.take() {
                    (Token::End, _) => return Ok(found),
                    (Token::Comma, _) => {
                        let (token, text) = parser.peek();
                        if !matches!(token, Token::Word | Token::Not) {
                            return Err(format!("found '{text}', expected: identifier after ','"));
                        }
                    }
                    (_, text) => return Err(format!("found '{text}', expected: ',' or 'end of string'")),
                }
            }
            (Token::End, _) => return Ok(found),
            (_, text) => return Err(format!("found '{text}', expected: !, identifier, or 'end of string'")),
        }
    }
}

fn symbol(text: &str) -> Option<Token> {
    Some(match text {
        "(" => Token::Open,
        ")" => Token::Close,
        "," => Token::Comma,
        "!" => Token::Not,
        "=" | "==" => Token::Equal,
        "!=" => Token::NotEqual,
        ">" => Token::Greater,
        "<" => Token::Less,
        _ => return None,
    })
}

fn is_symbol(letter: char) -> bool {
    matches!(letter, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

fn tokens(text: &str) -> Vec<(Token, String)> {
    let mut letters = text.chars().peekable();
    let mut found = Vec::new();
    while let Some(&first) = letters.peek() {
        if is_space(first) {
            letters.next();
            continue;
        }
        let mut part = String::new();
        if is_symbol(first) {
            // the longest run that is a symbol
            let mut last = None;
            while let Some(&letter) = letters.peek().filter(|letter| is_symbol(**letter)) {
                part.push(letter);
                match symbol(&part) {
                    Some(token) => last = Some(token),
                    None if last.is_some() => {
                        part.pop();
                        break;
                    }
                    None => {}
                }
                letters.next();
            }
            found.push(match last {
                Some(token) => (token, part),
                None => (Token::Unknown, format!("error expected: keyword found '{part}'")),
            });
            continue;
        }
        while let Some(&letter) = letters.peek().filter(|letter| !is_symbol(**letter) && !is_space(**letter))
        {
            part.push(letter);
            letters.next();
        }
        let token = match part.as_str() {
            "in" => Token::In,
            "notin" => Token::NotIn,
            _ => Token::Word,
        };
        found.push((token, part));
    }
    found
}

struct Parser {
    tokens: Vec<(Token, String)>,
    at: usize,
}

impl Parser {
    /// The next token as one of a value: `in` and `notin` are words there.
    fn peek(&self) -> (Token, String) {
        let (token, text) = self.raw();
        (if matches!(token, Token::In | Token::NotIn) { Token::Word } else { token }, text)
    }

    fn raw(&self) -> (Token, String) {
        self.tokens.get(self.at).cloned().unwrap_or((Token::End, String::new()))
    }

    fn take(&mut self) -> (Token, String) {
        let next = self.peek();
        self.at += 1;
        next
    }

    fn requirement(&mut self) -> Result<Value, String> {
        let (mut token, mut key) = self.take();
        let absent = token == Token::Not;
        if absent {
            (token, key) = self.take();
        }
        if token != Token::Word {
            return Err(format!("found '{key}', expected: identifier"));
        }
        checked_key(&key)?;
        if absent {
            return Ok(made(&key, "DoesNotExist", &[]));
        }
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok(made(&key, "Exists", &[]));
        }
        let (operator, text) = self.raw();
        self.at += 1;
        let values = match operator {
            Token::In | Token::NotIn => self.list()?,
            Token::Equal | Token::NotEqual | Token::Greater | Token::Less => vec![self.exact()?],
            _ => return Err(format!("found '{text}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        let operator = match operator {
            Token::In | Token::Equal => "In",
            Token::NotIn | Token::NotEqual => "NotIn",
            Token::Greater => "Gt",
            _ => "Lt",
        };
        if values.is_empty() {
            return Err("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty"
                .to_owned());
        }
        for (index, value) in values.iter().enumerate() {
            if matches!(operator, "Gt" | "Lt") && value.parse::<i64>().is_err() {
                return Err(format!(
                    "values[{index}]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"
                ));
            }
        }
        for (index, value) in values.iter().enumerate() {
            let why = crate::names::label_value(value).join("; ");
            if !why.is_empty() {
                return Err(format!("values[{index}][{key}]: Invalid value: {value:?}: {why}"));
            }
        }
        Ok(made(&key, operator, &values))
    }

    fn exact(&mut self) -> Result<String, String> {
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok(String::new());
        }
        match self.take() {
            (Token::Word, value) => Ok(value),
            (_, text) => Err(format!("found '{text}', expected: identifier")),
        }
    }

    /// The values between parentheses, sorted and each once.
    fn list(&mut self) -> Result<Vec<String>, String> {
        let (token, text) = self.take();
        if token != Token::Open {
            return Err(format!("found '{text}' expected: '('"));
        }
        let (token, first) = self.peek();
        let mut values = match token {
            Token::Close => {
                self.at += 1;
                return Ok(Vec::new());
            }
            Token::Word | Token::Comma => self.words()?,
            _ => return Err(format!("found '{first}', expected: ',', ')' or identifier")),
        };
        if self.take().0 != Token::Close {
            return Err(format!("found '{first}', expected: ')'"));
        }
        values.sort();
        values.dedup();
        Ok(values)
    }

    fn words(&mut self) -> Result<Vec<String>, String> {
        let mut values = Vec::new();
        loop {
            match self.take() {
                (Token::Word, value) => {
                    values.push(value);
                    match self.peek() {
                        (Token::Comma, _) => {}
                        (Token::Close, _) => return Ok(values),
                        (_, text) => return Err(format!("found '{text}', expected: ',' or ')'")),
                    }
                }
                (Token::Comma, _) => {
                    if values.is_empty() {
                        values.push(String::new());
                    }
                    match self.peek().0 {
                        Token::Close => {
                            values.push(String::new());
                            return Ok(values);
                        }
                        Token::Comma => {
                            self.at += 1;
                            values.push(String::new());
                        }
                        _ => {}
                    }
                }
                (_, text) => return Err(format!("found '{text}', expected: ',', or identifier")),
            }
        }
    }
}

fn made(key: &str, operator: &str, values: &[String]) -> Value {
    json!({"key": key, "operator": operator, "values": values})
}

fn checked_key(key: &str) -> Result<(), String> {
    let why = crate::names::qualified_name(key).join("; ");
    if why.is_empty() { Ok(()) } else { Err(format!("<nil>: Invalid value: {key:?}: {why}")) }
}

#[cfg(test)]
mod tests {
    use super::requirements;

    #[test]
    fn selectors_are_refused_in_the_words_of_the_api() {
        for (text, expect) in [
            ("a,,b", "found ',', expected: identifier after ','"),
            ("a,", "found '', expected: identifier after ','"),
            ("=x", "found '=', expected: !, identifier, or 'end of string'"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("a=(", "unable to parse requirement: found '(', expected: identifier"),
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
            ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("!", "unable to parse requirement: found '', expected: identifier"),
            (
                "a in ()",
                "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
            ),
            (
                "a>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
            ),
        ] {
            assert_eq!(requirements(text).unwrap_err(), expect, "{text}");
        }
    }

    #[test]
    fn words_and_lists_are_read() {
        let read = |text: &str| serde_json::to_string(&requirements(text).unwrap()).unwrap();
        assert_eq!(
            read("a in (z,,b), in!=in"),
            r#"[{"key":"a","operator":"In","values":["","b","z"]},{"key":"in","operator":"NotIn","values":["in"]}]"#
        );
        assert_eq!(
            read(" a = , !b"),
            r#"[{"key":"a","operator":"In","values":[""]},{"key":"b","operator":"DoesNotExist","values":[]}]"#
        );
    }
}
