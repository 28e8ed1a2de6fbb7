//! Lists, maps and structs. Kept on a list of our own instead of the native stack: a value may
//! nest deeper than any stack, or hold itself.

use super::printer::Printer;
use crate::value::{GoString, Kind, List, Object, Value};

/// Deeper than any value read from a file; a value this deep holds itself.
const DEEPEST: usize = 100_000;

/// Something whose elements are being written.
enum Open {
    List { list: List, next: usize },
    Map { entries: std::vec::IntoIter<(GoString, Value)>, first: bool },
    Struct { fields: std::vec::IntoIter<(&'static str, Value)>, first: bool },
}

impl Printer {
    /// Writes a value, and everything in it, with the verb.
    pub(super) fn nested(&mut self, value: &Value, verb: char) {
        if self.scalar(value, verb) {
            return;
        }
        let mut open = Vec::new();
        open.extend(self.open(value, verb, 0));
        while let Some(top) = open.last_mut() {
            if self.has_given_up() {
                return;
            }
            let element = match top {
                Open::List { list, next } => {
                    let element = list.items().get(*next).cloned();
                    if element.is_some() {
                        self.separate(*next == 0);
                        *next += 1;
                    }
                    element
                }
                Open::Map { entries, first } => entries.next().map(|(key, element)| {
                    self.separate(std::mem::take(first));
                    if !self.string(key.as_bytes(), verb) {
                        self.bad_verb(&Value::String(key), verb);
                    }
                    self.write(b":");
                    element
                }),
                Open::Struct { fields, first } => fields.next().map(|(name, element)| {
                    self.separate(std::mem::take(first));
                    if self.flags.plus_v || self.flags.sharp_v {
                        self.write(name.as_bytes());
                        self.write(b":");
                    }
                    element
                }),
            };
            match element {
                Some(Value::Nil) => {
                    self.write(if self.flags.sharp_v { b"interface {}(nil)" } else { b"<nil>" });
                }
                Some(element) => {
                    if !self.scalar(&element, verb) {
                        let depth = open.len();
                        open.extend(self.open(&element, verb, depth));
                        if open.len() > DEEPEST {
                            self.give_up();
                        }
                    }
                }
                None => {
                    let closing: &[u8] = match (&top, self.flags.sharp_v) {
                        (Open::Struct { .. }, _) | (_, true) => b"}",
                        _ => b"]",
                    };
                    self.write(closing);
                    open.pop();
                }
            }
        }
    }

    fn separate(&mut self, first: bool) {
        if !first {
            self.write(if self.flags.sharp_v { b", " } else { b" " });
        }
    }

    /// Starts a value that has elements; writes it whole if it needs no more.
    fn open(&mut self, value: &Value, verb: char, depth: usize) -> Option<Open> {
        if verb == 'w' && !self.reporting && !matches!(value, Value::Bytes(_)) {
            self.bad_verb(value, verb);
            return None;
        }
        match value {
            Value::Bytes(bytes) => {
                self.bytes(bytes, verb, depth);
                None
            }
            Value::List(list) => {
                if self.start(value.type_name(), list.is_nil(), b"[") {
                    return None;
                }
                Some(Open::List { list: list.clone(), next: 0 })
            }
            Value::Map(map) => {
                if self.start(value.type_name(), map.is_nil(), b"map[") {
                    return None;
                }
                Some(Open::Map { entries: map.entries().into_iter(), first: true })
            }
            Value::Object(object) => self.open_object(object.as_ref(), value, verb, depth),
            _ => None,
        }
    }

    /// Writes what stands before the elements; `true` if `%#v` of a nil said it all.
    fn start(&mut self, type_name: &str, is_nil: bool, opening: &[u8]) -> bool {
        if !self.flags.sharp_v {
            self.write(opening);
            return false;
        }
        self.write(type_name.as_bytes());
        self.write(if is_nil { b"(nil)" } else { b"{" });
        is_nil
    }

    fn open_object(&mut self, object: &dyn Object, value: &Value, verb: char, depth: usize) -> Option<Open> {
        if let Some(list) = object.elements() {
            if self.start(value.type_name(), list.is_nil(), b"[") {
                return None;
            }
            return Some(Open::List { list, next: 0 });
        }
        match object.kind() {
            Kind::Pointer if depth == 0 && self.looks_through => {}
            Kind::Pointer if depth == 0 => self.write(b"&"),
            Kind::Pointer | Kind::Func => {
                self.pointer(value, verb);
                return None;
            }
            _ => {}
        }
        if self.flags.sharp_v {
            self.write(value.type_name().trim_start_matches('*').as_bytes());
        }
        self.write(b"{");
        Some(Open::Struct { fields: object.fields().into_iter(), first: true })
    }

    /// A `[]byte`.
    fn bytes(&mut self, bytes: &[u8], verb: char, depth: usize) {
        match verb {
            's' | 'q' | 'x' | 'X' => {
                self.string(bytes, verb);
            }
            _ if self.flags.sharp_v && matches!(verb, 'v' | 'd') => {
                // Go names the type of an argument by its alias, of an element by its true name.
                self.write(if depth == 0 { b"[]byte" } else { b"[]uint8" });
                self.write(b"{");
                for (index, byte) in bytes.iter().enumerate() {
                    self.separate(index == 0);
                    self.hexadecimal(u64::from(*byte), true);
                }
                self.write(b"}");
            }
            _ => {
                // Only %#w gets here with Go syntax.
                self.write(if self.flags.sharp_v { b"[]uint8{" } else { b"[" });
                for (index, byte) in bytes.iter().enumerate() {
                    self.separate(index == 0);
                    self.unsigned(u64::from(*byte), verb, &Value::Uint8(*byte));
                }
                self.write(if self.flags.sharp_v { b"}" } else { b"]" });
            }
        }
    }
}
