use wheelhouse_goyaml::json::{DecodeOptions, decode_first};

use crate::Compat;
use crate::values::{Data, Mark, Node, SetFlag, Table, from_yaml_at, read_limits};

use super::fault::Fault;
use super::scanner::{Scanner, Stop};
use super::typed::typed;
use super::{MAX_INDEX, MAX_LIST_NESTING, MAX_NAME_NESTING, SetContext};

/// Parses one flag's text into a table, in Helm's order of looking and of changing: what was set
/// before an error stays set.
pub(super) struct Parser<'a, 'context> {
    scanner: Scanner<'a>,
    flag: SetFlag,
    mark: Mark,
    context: &'a mut SetContext<'context>,
}

/// How deep the key being read has gone.
#[derive(Clone, Copy, Default)]
struct Depth {
    names: usize,
    lists: usize,
}

/// What follows a `=`.
enum Value {
    Read(Data),
    /// The text is over.
    Nothing,
    /// The file or the JSON text gives no value.
    Failed(Fault),
}

impl<'a, 'context> Parser<'a, 'context> {
    pub(super) fn new(flag: SetFlag, text: &'a [u8], context: &'a mut SetContext<'context>) -> Self {
        Parser { scanner: Scanner::new(text), flag, mark: Mark::default(), context }
    }

    pub(super) fn parse(mut self, dest: &mut Table) -> Result<(), String> {
        loop {
            let column = u32::try_from(self.scanner.column()).unwrap_or(u32::MAX);
            self.mark = Mark::new(self.context.source.clone(), 1, column);
            match self.key(dest, Depth::default()) {
                Ok(()) => {}
                Err(Fault::End) => return Ok(()),
                Err(Fault::Panic(message) | Fault::Message(message)) => return Err(message),
            }
        }
    }

    fn key(&mut self, table: &mut Table, depth: Depth) -> Result<(), Fault> {
        self.key_unrecovered(table, depth).map_err(|fault| match fault {
            Fault::Panic(message) => Fault::Message(format!("unable to parse key: {message}")),
            fault => fault,
        })
    }

    fn key_unrecovered(&mut self, table: &mut Table, depth: Depth) -> Result<(), Fault> {
        let stops: &[char] = match self.flag {
            SetFlag::SetLiteral => &['=', '[', '.'],
            _ => &['=', '[', ',', '.'],
        };
        let (name, stop) = self.until(stops);
        match stop {
            Stop::End if name.is_empty() => Err(Fault::End),
            Stop::End => Err(Fault::key_without_value(&name)),
            Stop::At('[') => self.list_at(table, &name, depth),
            Stop::At('=') => {
                let (value, outcome) = match self.value() {
                    Value::Read(value) => (value, Ok(())),
                    Value::Nothing => (Data::String(Default::default()), Err(Fault::End)),
                    Value::Failed(fault) => return Err(fault),
                };
                self.set(table, &name, value);
                outcome
            }
            Stop::At('.') => self.table_at(table, &name, depth),
            Stop::At(_) => {
                self.set(table, &name, Data::String(Default::default()));
                Err(Fault::key_ends_in_comma(&name))
            }
        }
    }

    /// `name.` was read: goes on inside the table of that name.
    fn table_at(&mut self, table: &mut Table, name: &[char], depth: Depth) -> Result<(), Fault> {
        let depth = Depth { names: depth.names + 1, ..depth };
        if depth.names > MAX_NAME_NESTING {
            return Err(Fault::names_nest_too_deep());
        }
        let key = String::from_iter(name);
        let no_value = |empty| if empty { Err(Fault::map_without_value(name)) } else { Ok(()) };
        match table.get_mut(&key).map(|node| &mut node.data) {
            Some(Data::Table(inner)) => {
                self.key(inner, depth)?;
                no_value(inner.is_empty())
            }
            Some(other) => Err(Fault::wrong_type(other.type_name(), "map[string]interface {}")),
            None => {
                let mut inner = Table::new();
                let outcome = self.key(&mut inner, depth);
                let empty = inner.is_empty();
                if !empty {
                    self.set(table, name, Data::Table(inner));
                }
                outcome.and_then(|()| no_value(empty))
            }
        }
    }

    /// `name[` was read: goes on inside the list of that name.
    fn list_at(&mut self, table: &mut Table, name: &[char], depth: Depth) -> Result<(), Fault> {
        let index = self.index()?;
        let key = String::from_iter(name);
        match table.get_mut(&key).map(|node| &mut node.data) {
            Some(Data::List(list)) => self.item(list, index, depth),
            Some(other) => Err(Fault::wrong_type(other.type_name(), "[]interface {}")),
            None => {
                let mut list = Vec::new();
                let outcome = self.item(&mut list, index, depth);
                if !matches!(outcome, Err(Fault::Panic(_))) {
                    self.set(table, name, Data::List(list));
                }
                outcome
            }
        }
    }

    /// `[index]` was read: sets what is behind it.
    fn item(&mut self, list: &mut Vec<Node>, index: i64, depth: Depth) -> Result<(), Fault> {
        let Ok(slot) = usize::try_from(index) else { return Err(Fault::negative_index(index)) };
        let depth = Depth { lists: depth.lists + 1, ..depth };
        if depth.lists > MAX_LIST_NESTING {
            return Err(Fault::lists_nest_too_deep());
        }
        let (text, stop) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            return Err(Fault::text_after_index(&text));
        }
        match stop {
            Stop::End => Err(Fault::End),
            Stop::At('=') => match self.value() {
                Value::Read(value) => self.set_index(list, slot, value),
                Value::Nothing => self.set_index(list, slot, Data::String(Default::default())),
                Value::Failed(fault) => Err(fault),
            },
            Stop::At('[') => {
                let next = self.index()?;
                match list.get_mut(slot).map(|node| &mut node.data) {
                    Some(Data::List(inner)) => self.item(inner, next, depth),
                    Some(Data::Null) | None => {
                        let mut inner = Vec::new();
                        self.item(&mut inner, next, depth)?;
                        self.set_index(list, slot, Data::List(inner))
                    }
                    Some(other) => Err(Fault::wrong_type(other.type_name(), "[]interface {}")),
                }
            }
            Stop::At(_) => {
                let Some(node) = list.get_mut(slot) else {
                    let mut inner = Table::new();
                    self.key(&mut inner, depth)?;
                    return self.set_index(list, slot, Data::Table(inner));
                };
                if node.data.as_table().is_none() {
                    *node = Node::new(Data::Table(Table::new()), self.mark.clone());
                }
                match &mut node.data {
                    Data::Table(inner) => self.key(inner, depth),
                    _ => Ok(()),
                }
            }
        }
    }

    /// Reads the number of an index, up to and over its `]`.
    fn index(&mut self) -> Result<i64, Fault> {
        let (runes, stop) = self.until(&[']']);
        if stop == Stop::End {
            // Helm 3 wraps the end of the text into an error; Helm 4 sees the end through the wrap.
            return Err(match self.context.compat {
                Compat::V4 => Fault::End,
                Compat::V3 => Fault::Message("error parsing index: EOF".to_owned()),
            });
        }
        let text = String::from_iter(runes);
        text.parse::<i64>().map_err(|error| match error.kind() {
            std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
                Fault::bad_index(&text, "value out of range")
            }
            _ => Fault::bad_index(&text, "invalid syntax"),
        })
    }

    fn value(&mut self) -> Value {
        match self.flag {
            SetFlag::SetJson => match self.json_value() {
                Ok(value) => Value::Read(value),
                Err(message) => Value::Failed(Fault::Message(message)),
            },
            SetFlag::SetLiteral => {
                let (runes, _) = self.scanner.until(&[]);
                Value::Read(Data::String(String::from_iter(runes).into()))
            }
            SetFlag::Set | SetFlag::SetString | SetFlag::SetFile => match self.scanner.peek() {
                None => Value::Nothing,
                Some('{') => match self.value_list() {
                    Ok(list) => Value::Read(Data::List(list)),
                    Err(fault) => Value::Failed(fault),
                },
                Some(_) => {
                    let (runes, _) = self.until(&[',']);
                    self.scalar(&runes).map_or_else(Value::Failed, Value::Read)
                }
            },
        }
    }

    /// `{a,b}`: the comma behind it belongs to it.
    fn value_list(&mut self) -> Result<Vec<Node>, Fault> {
        self.scanner.skip(1);
        let mut list = Vec::new();
        loop {
            let (runes, stop) = self.until(&[',', '}']);
            if stop == Stop::End {
                return Err(Fault::list_not_closed());
            }
            if stop == Stop::At('}') && self.scanner.peek() == Some(',') {
                self.scanner.skip(1);
            }
            list.push(Node::new(self.scalar(&runes)?, self.mark.clone()));
            if stop == Stop::At('}') {
                return Ok(list);
            }
        }
    }

    fn scalar(&mut self, runes: &[char]) -> Result<Data, Fault> {
        let text = String::from_iter(runes);
        match self.flag {
            SetFlag::Set => Ok(typed(&text)),
            SetFlag::SetFile => {
                let bytes = (self.context.read_file)(&text).map_err(Fault::Message)?;
                Ok(Data::String(bytes.into()))
            }
            _ => Ok(Data::String(text.into())),
        }
    }

    /// A JSON text, or null where there is none, with blanks and one comma behind it.
    fn json_value(&mut self) -> Result<Data, String> {
        if self.skip_empty_value() {
            return Ok(Data::Null);
        }
        let options = DecodeOptions { limits: read_limits(), ..DecodeOptions::default() };
        let (value, length) =
            decode_first(self.scanner.rest(), &options).map_err(|error| error.to_string())?;
        self.scanner.skip(length);
        self.skip_empty_value();
        Ok(from_yaml_at(value, &self.mark))
    }

    /// Skips blanks, and a comma if that is all there is; whether there was no value.
    fn skip_empty_value(&mut self) -> bool {
        loop {
            match self.scanner.peek() {
                None => return true,
                Some(rune) if rune == ',' || rune.is_whitespace() => {
                    self.scanner.next();
                    if rune == ',' {
                        return true;
                    }
                }
                Some(_) => return false,
            }
        }
    }

    fn set(&self, table: &mut Table, name: &[char], data: Data) {
        if !name.is_empty() {
            table.insert(String::from_iter(name), Node::new(data, self.mark.clone()));
        }
    }

    fn set_index(&mut self, list: &mut Vec<Node>, slot: usize, data: Data) -> Result<(), Fault> {
        if slot > MAX_INDEX {
            return Err(Fault::index_too_large(i64::try_from(slot).unwrap_or(i64::MAX)));
        }
        if list.len() <= slot {
            let empty = slot - list.len();
            let left = self.context.empty_slots.checked_sub(empty);
            self.context.empty_slots =
                left.ok_or_else(|| Fault::too_many_empty_slots(super::MAX_EMPTY_SLOTS))?;
            list.resize_with(slot + 1, Node::default);
        }
        if let Some(node) = list.get_mut(slot) {
            *node = Node::new(data, self.mark.clone());
        }
        Ok(())
    }

    fn until(&mut self, stops: &[char]) -> (Vec<char>, Stop) {
        match self.flag {
            SetFlag::SetLiteral => self.scanner.until(stops),
            _ => self.scanner.until_escaped(stops),
        }
    }
}
