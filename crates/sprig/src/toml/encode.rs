//! Writes TOML as `BurntSushi/toml` 1.6 does: what belongs to a table itself first, then its
//! tables, keys in order of their bytes, tables indented by two spaces per level.

use std::rc::Rc;

use wheelhouse_gotemplate::strconv::{FloatStyle, format_float};
use wheelhouse_gotemplate::{CallError, Context, GoString, Kind, Map, Object, Value};

use super::{datetime, key};
use crate::call::deeper;
use crate::elements::{Slice, slice};

/// Why a value is no TOML.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the encoder returns; the text of the error.
    Returned(&'static str),
    /// What the encoder panics with, or a limit.
    Raised(CallError),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Failure::Raised(error)
    }
}

/// What a value is in TOML.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Nil,
    Scalar,
    Array,
    Table,
    ArrayOfTables,
}

pub(super) fn encode(context: &mut dyn Context, value: &Value) -> Result<Vec<u8>, Failure> {
    if matches!(value, Value::Nil) {
        return Err(CallError::message("reflect: call of reflect.Value.Type on zero Value").into());
    }
    let mut encoder = Encoder { context, text: Vec::new() };
    encoder.value(&[], value, 0)?;
    Ok(encoder.text)
}

struct Encoder<'a> {
    context: &'a mut dyn Context,
    text: Vec<u8>,
}

impl Encoder<'_> {
    fn write(&mut self, text: impl AsRef<[u8]>) -> Result<(), Failure> {
        self.context.charge_bytes(text.as_ref().len())?;
        self.text.extend_from_slice(text.as_ref());
        Ok(())
    }

    /// A line break, unless nothing was written yet.
    fn line_break(&mut self) -> Result<(), Failure> {
        if self.text.is_empty() { Ok(()) } else { self.write("\n") }
    }

    fn indent(&mut self, key: &[GoString]) -> Result<(), Failure> {
        self.write("  ".repeat(key.len().saturating_sub(1)))
    }

    /// A value in its place: a line of its own, or a table.
    fn value(&mut self, key: &[GoString], value: &Value, depth: usize) -> Result<(), Failure> {
        let depth = deeper(self.context, depth)?;
        match self.type_of(value, depth)? {
            Type::Nil if matches!(value, Value::List(_)) => self.key_value(key, value, depth),
            Type::Nil => Ok(()),
            Type::Scalar | Type::Array => self.key_value(key, value, depth),
            Type::ArrayOfTables => self.array_of_tables(key, value, depth),
            Type::Table => {
                if key.len() == 1 {
                    self.line_break()?;
                }
                if !key.is_empty() {
                    self.indent(key)?;
                    self.write([b"[", key::dotted(key).as_slice(), b"]"].concat())?;
                    self.line_break()?;
                }
                self.table(key, &entries(value), depth)
            }
        }
    }

    fn array_of_tables(&mut self, key: &[GoString], value: &Value, depth: usize) -> Result<(), Failure> {
        if key.is_empty() {
            return Err(Failure::Returned("toml: top-level values must be Go maps or structs"));
        }
        for element in slice(value).iter().flat_map(Slice::iter) {
            if is_nil(&element) {
                continue;
            }
            self.line_break()?;
            self.indent(key)?;
            self.write([b"[[", key::dotted(key).as_slice(), b"]]"].concat())?;
            self.line_break()?;
            self.table(key, &entries(&element), depth)?;
        }
        Ok(())
    }

    /// What is in a table: first what is none itself.
    fn table(
        &mut self,
        key: &[GoString],
        entries: &[(GoString, Value)],
        depth: usize,
    ) -> Result<(), Failure> {
        let (direct, sub) = self.partition(entries, depth)?;
        for (name, value) in direct.into_iter().chain(sub) {
            if is_nil(value) {
                continue;
            }
            let key = [key, std::slice::from_ref(name)].concat();
            self.value(&key, value, depth)?;
        }
        Ok(())
    }

    #[allow(clippy::type_complexity)] // the two halves of the entries
    fn partition<'b>(
        &mut self,
        entries: &'b [(GoString, Value)],
        depth: usize,
    ) -> Result<(Vec<&'b (GoString, Value)>, Vec<&'b (GoString, Value)>), Failure> {
        let (mut direct, mut sub) = (Vec::new(), Vec::new());
        for entry in entries {
            match self.type_of(&entry.1, depth)? {
                Type::Table | Type::ArrayOfTables => sub.push(entry),
                Type::Nil | Type::Scalar | Type::Array => direct.push(entry),
            }
        }
        Ok((direct, sub))
    }

    /// `key = value` on a line; a value that is the whole document has no key.
    fn key_value(&mut self, key: &[GoString], value: &Value, depth: usize) -> Result<(), Failure> {
        let Some(name) = key.last() else {
            return self.element(value, depth);
        };
        self.indent(key)?;
        self.assignment(name, value, depth)?;
        self.line_break()
    }

    fn assignment(&mut self, name: &GoString, value: &Value, depth: usize) -> Result<(), Failure> {
        let mut written = Vec::new();
        key::write(name.as_bytes(), &mut written);
        self.write(written)?;
        self.write(" = ")?;
        self.element(value, depth)
    }

    /// A value inside a line.
    fn element(&mut self, value: &Value, depth: usize) -> Result<(), Failure> {
        let depth = deeper(self.context, depth)?;
        match value {
            Value::Bool(value) => self.write(value.to_string()),
            Value::Float64(number) => self.write(float(*number)),
            Value::String(text) => self.quoted(text.as_bytes()),
            Value::Map(_) => self.inline_table(&entries(value), depth),
            Value::Object(object) => self.object(object, value, depth),
            Value::List(_) | Value::Bytes(_) => self.inline_array(value, depth),
            integer => match (integer.as_signed(), integer.as_unsigned()) {
                (Some(number), _) => self.write(number.to_string()),
                (_, Some(number)) => self.write(number.to_string()),
                _ => Ok(()),
            },
        }
    }

    fn quoted(&mut self, text: &[u8]) -> Result<(), Failure> {
        let mut written = Vec::new();
        key::write_quoted(text, &mut written);
        self.write(written)
    }

    fn object(&mut self, object: &Rc<dyn Object>, value: &Value, depth: usize) -> Result<(), Failure> {
        if let Some(text) = datetime::write(object.as_ref()) {
            return self.write(text);
        }
        if object.kind() == Kind::Complex128 {
            return Err(Failure::Returned("unsupported type: complex128"));
        }
        if object.type_name() == "time.Duration" {
            return self.quoted(object.display().unwrap_or_default().as_bytes());
        }
        if let Some(Value::String(text)) = object.to_json() {
            return self.quoted(text.as_bytes());
        }
        if let Some(number) = object.as_int64() {
            return self.write(number.to_string());
        }
        if object.elements().is_some() {
            return self.inline_array(value, depth);
        }
        self.inline_table(&entries(value), depth)
    }

    fn inline_array(&mut self, value: &Value, depth: usize) -> Result<(), Failure> {
        self.write("[")?;
        for (index, element) in slice(value).iter().flat_map(Slice::iter).enumerate() {
            if index > 0 {
                self.write(", ")?;
            }
            self.element(&element, depth)?;
        }
        self.write("]")
    }

    /// Nil entries are left out, but not the comma behind what stands before them.
    fn inline_table(&mut self, entries: &[(GoString, Value)], depth: usize) -> Result<(), Failure> {
        let (direct, sub) = self.partition(entries, depth)?;
        self.write("{")?;
        let has_sub = !sub.is_empty();
        for (half, trailing_comma) in [(direct, has_sub), (sub, false)] {
            let last = half.len().saturating_sub(1);
            for (index, (name, value)) in half.into_iter().enumerate() {
                if is_nil(value) {
                    continue;
                }
                self.assignment(name, value, depth)?;
                if trailing_comma || index != last {
                    self.write(", ")?;
                }
            }
        }
        self.write("}")
    }

    /// Looks through whole arrays: one that holds nil cannot be written.
    fn type_of(&mut self, value: &Value, depth: usize) -> Result<Type, Failure> {
        let depth = deeper(self.context, depth)?;
        if is_nil(value) {
            return Ok(Type::Nil);
        }
        if let Value::Object(object) = value {
            let is_text = object.to_json().is_some() || object.as_int64().is_some();
            if is_text {
                return Ok(Type::Scalar);
            }
            if matches!(object.kind(), Kind::Struct | Kind::Pointer) {
                return Ok(Type::Table);
            }
        }
        if matches!(value, Value::Map(_)) {
            return Ok(Type::Table);
        }
        let Some(slice) = slice(value) else {
            return Ok(Type::Scalar);
        };
        self.context.charge_steps(slice.len() as u64)?;
        let mut all_tables = slice.len() > 0;
        for element in slice.iter() {
            match self.type_of(&element, depth)? {
                Type::Nil => return Err(Failure::Returned("toml: cannot encode array with nil element")),
                Type::Table => {}
                Type::Scalar | Type::Array | Type::ArrayOfTables => all_tables = false,
            }
        }
        Ok(if all_tables { Type::ArrayOfTables } else { Type::Array })
    }
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        _ => false,
    }
}

/// The entries of a map in order of their keys, or the fields of a struct.
fn entries(value: &Value) -> Vec<(GoString, Value)> {
    match value {
        Value::Map(map) => Map::entries(map),
        Value::Object(object) => {
            object.exported_fields().into_iter().map(|(name, value)| (GoString::from(name), value)).collect()
        }
        _ => Vec::new(),
    }
}

/// The shortest text, with a point or an exponent so that it is no integer.
fn float(number: f64) -> String {
    if number.is_nan() {
        return String::from(if number.is_sign_negative() { "-nan" } else { "nan" });
    }
    if number.is_infinite() {
        return String::from(if number < 0.0 { "-inf" } else { "inf" });
    }
    let text = format_float(number, FloatStyle::General, None);
    if text.contains(['.', 'e']) { text } else { text + ".0" }
}
