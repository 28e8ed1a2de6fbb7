//! Tables, keys, arrays and comments.

use super::{END, Kind, Lexer, State, is_break, is_white_space, quoted};

impl Lexer<'_> {
    pub(super) fn top(&mut self) -> State {
        match self.next() {
            rune if is_white_space(rune) || is_break(rune) => {
                self.ignore();
                State::Top
            }
            '#' => self.comment_start(State::Top),
            '[' => self.table_start(),
            END if self.at_end => {
                self.emit(Kind::End);
                State::Done
            }
            _ => {
                self.backup();
                self.push(State::TopEnd);
                self.key_start()
            }
        }
    }

    /// Behind an item of the top level: nothing more on the line.
    pub(super) fn top_end(&mut self) -> State {
        match self.next() {
            '#' => self.comment_start(State::Top),
            rune if is_white_space(rune) => State::TopEnd,
            rune if is_break(rune) => {
                self.ignore();
                State::Top
            }
            END => {
                self.emit(Kind::End);
                State::Done
            }
            rune => self.fault(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                quoted(rune)
            )),
        }
    }

    /// A comment, and what follows it.
    fn comment_start(&mut self, behind: State) -> State {
        self.push(behind);
        self.ignore();
        self.emit(Kind::CommentStart);
        State::Comment
    }

    pub(super) fn comment(&mut self) -> State {
        let rune = self.next();
        if is_break(rune) || rune == END {
            self.backup();
            self.emit(Kind::Text);
            return self.pop();
        }
        State::Comment
    }

    fn table_start(&mut self) -> State {
        if self.peek() == '[' {
            self.next();
            self.emit(Kind::ArrayTableStart);
            self.push(State::ArrayTableEnd);
        } else {
            self.emit(Kind::TableStart);
            self.push(State::TableEnd);
        }
        State::TableName
    }

    pub(super) fn array_table_end(&mut self) -> State {
        let rune = self.next();
        if rune != ']' {
            return self.fault(format!(
                "expected end of table array name delimiter ']', but got {} instead",
                quoted(rune)
            ));
        }
        self.emit(Kind::ArrayTableEnd);
        State::TopEnd
    }

    pub(super) fn table_name(&mut self) -> State {
        self.skip_white_space();
        match self.peek() {
            ']' | END => self.fault("unexpected end of table name (table names cannot be empty)"),
            '.' => self.fault("unexpected table separator (table names cannot be empty)"),
            '"' | '\'' => {
                self.ignore();
                self.push(State::TableNameEnd);
                State::QuotedName
            }
            _ => {
                self.push(State::TableNameEnd);
                State::BareName
            }
        }
    }

    pub(super) fn table_name_end(&mut self) -> State {
        self.skip_white_space();
        match self.next() {
            '.' => {
                self.ignore();
                State::TableName
            }
            ']' => self.pop(),
            rune => {
                self.fault(format!("expected '.' or ']' to end table name, but got {} instead", quoted(rune)))
            }
        }
    }

    /// One part of a name; it may turn out empty.
    pub(super) fn bare_name(&mut self) -> State {
        let rune = self.next();
        if rune.is_ascii_alphanumeric() || matches!(rune, '_' | '-') {
            return State::BareName;
        }
        self.backup();
        self.emit(Kind::Text);
        self.pop()
    }

    pub(super) fn quoted_name(&mut self) -> State {
        let state = if self.next() == '"' { State::String } else { State::RawString };
        self.ignore();
        state
    }

    fn key_start(&mut self) -> State {
        self.skip_white_space();
        match self.peek() {
            '=' | END => self.fault("unexpected '=': key name appears blank"),
            '.' => self.fault("unexpected '.': keys cannot start with a '.'"),
            _ => {
                self.emit(Kind::KeyStart);
                State::KeyName
            }
        }
    }

    pub(super) fn key_name(&mut self) -> State {
        self.skip_white_space();
        match self.peek() {
            '=' | END => self.fault("unexpected '='"),
            '.' => self.fault("unexpected '.'"),
            '"' | '\'' => {
                self.ignore();
                self.push(State::KeyEnd);
                State::QuotedName
            }
            _ => {
                self.push(State::KeyEnd);
                State::BareName
            }
        }
    }

    pub(super) fn key_end(&mut self) -> State {
        self.skip_white_space();
        match self.next() {
            END => self.fault("unexpected EOF; expected key separator '='"),
            '.' => {
                self.ignore();
                State::KeyName
            }
            '=' => {
                self.emit(Kind::KeyEnd);
                self.ignore();
                State::Value
            }
            rune => {
                let message = format!("expected '.' or '=', but got {} instead", quoted(rune));
                if rune == '\n' { self.error_on_line_before(message) } else { self.fault(message) }
            }
        }
    }

    pub(super) fn array_value(&mut self) -> State {
        match self.next() {
            rune if is_white_space(rune) || is_break(rune) => {
                self.ignore();
                State::ArrayValue
            }
            '#' => self.comment_start(State::ArrayValue),
            ',' => self.fault("unexpected comma"),
            ']' => self.array_end(),
            _ => {
                self.backup();
                self.push(State::ArrayValueEnd);
                State::Value
            }
        }
    }

    pub(super) fn array_value_end(&mut self) -> State {
        match self.next() {
            rune if is_white_space(rune) || is_break(rune) => {
                self.ignore();
                State::ArrayValueEnd
            }
            '#' => self.comment_start(State::ArrayValueEnd),
            ',' => {
                self.ignore();
                State::ArrayValue
            }
            ']' => self.array_end(),
            rune => self.fault(format!(
                "expected a comma (',') or array terminator (']'), but got {}",
                rune_or_end(rune)
            )),
        }
    }

    fn array_end(&mut self) -> State {
        self.ignore();
        self.emit(Kind::ArrayEnd);
        self.pop()
    }

    pub(super) fn inline_table_value(&mut self) -> State {
        match self.next() {
            rune if is_white_space(rune) || is_break(rune) => {
                self.ignore();
                State::InlineTableValue
            }
            '#' => self.comment_start(State::InlineTableValue),
            ',' => self.fault("unexpected comma"),
            '}' => self.inline_table_end(),
            _ => {
                self.backup();
                self.push(State::InlineTableValueEnd);
                self.key_start()
            }
        }
    }

    pub(super) fn inline_table_value_end(&mut self) -> State {
        match self.next() {
            rune if is_white_space(rune) || is_break(rune) => {
                self.ignore();
                State::InlineTableValueEnd
            }
            '#' => self.comment_start(State::InlineTableValueEnd),
            ',' => {
                self.ignore();
                self.skip_white_space();
                if self.peek() == '}' { State::InlineTableValueEnd } else { State::InlineTableValue }
            }
            '}' => self.inline_table_end(),
            rune => self.fault(format!(
                "expected a comma or an inline table terminator '}}', but got {} instead",
                rune_or_end(rune)
            )),
        }
    }

    fn inline_table_end(&mut self) -> State {
        self.ignore();
        self.emit(Kind::InlineTableEnd);
        self.pop()
    }
}

fn rune_or_end(rune: char) -> String {
    if rune == END { String::from("end of file") } else { format!("'{rune}'") }
}
