//! Reads one line of the type table.
//!
//! `name[=] field…`, each field `name[!][?][%][*]:shape[|kMERGEKEY][|pSTRATEGY][|dDEFAULT]`:
//! `!` required, `?` omitempty, `%` omitzero, `*` pointer. Shapes: `s b i l n y t T q I J F`,
//! `@[=]TYPE`, `[` list (`[=` atomic, `[~` set, `[(a,b)` by keys), `{` map (`{=` atomic).

use super::{Field, Omit, Shape, Topology, TypeDef};

pub(super) fn type_line(line: &str) -> TypeDef {
    let mut words = line.split(' ');
    let head = words.next().unwrap_or_default();
    let mut def = TypeDef {
        name: head.trim_end_matches('=').to_owned(),
        atomic: head.ends_with('='),
        ..TypeDef::default()
    };
    for word in words {
        match word.strip_prefix(':') {
            Some(alias) => def.alias = Some(shape(alias)),
            None => def.fields.extend(field(word)),
        }
    }
    def
}

fn field(word: &str) -> Option<Field> {
    let (left, right) = word.split_once(':')?;
    let name = left.trim_end_matches(['!', '?', '%', '*']);
    let flags = left.get(name.len()..).unwrap_or_default();
    let mut parts = right.split('|');
    let mut field = Field {
        name: name.to_owned(),
        required: flags.contains('!'),
        omit: match (flags.contains('%'), flags.contains('?')) {
            (true, _) => Omit::Zero,
            (false, true) => Omit::Empty,
            (false, false) => Omit::Never,
        },
        pointer: flags.contains('*'),
        shape: shape(parts.next().unwrap_or_default()),
        merge_key: None,
        merge: false,
        retain_keys: false,
        default: None,
    };
    for part in parts {
        if let Some(key) = part.strip_prefix('k') {
            field.merge_key = Some(key.to_owned());
        } else if let Some(strategy) = part.strip_prefix('p') {
            field.merge = strategy.split(',').any(|s| s == "merge");
            field.retain_keys = strategy.split(',').any(|s| s == "retainKeys");
        } else if let Some(default) = part.strip_prefix('d') {
            field.default = serde_json::from_str(default).ok();
        }
    }
    Some(field)
}

fn shape(code: &str) -> Shape {
    let mut chars = code.chars();
    let first = chars.next();
    let rest = chars.as_str();
    match first {
        Some('s') => Shape::String,
        Some('b') => Shape::Boolean,
        Some('i') => Shape::Int32,
        Some('l') => Shape::Int64,
        Some('n') => Shape::Number,
        Some('y') => Shape::Bytes,
        Some('t') => Shape::Time,
        Some('T') => Shape::MicroTime,
        Some('q') => Shape::Quantity,
        Some('I') => Shape::IntOrString,
        Some('F') => Shape::FieldSet,
        Some('@') => {
            Shape::Ref { name: rest.trim_start_matches('=').to_owned(), atomic: rest.starts_with('=') }
        }
        Some('{') => {
            Shape::Map { value: Box::new(shape(rest.trim_start_matches('='))), atomic: rest.starts_with('=') }
        }
        Some('[') => {
            let (topology, item) = if let Some(item) = rest.strip_prefix('~') {
                (Topology::Set, item)
            } else if let Some((keys, item)) = rest.strip_prefix('(').and_then(|r| r.split_once(')')) {
                (Topology::Map(keys.split(',').map(str::to_owned).collect()), item)
            } else {
                (Topology::Atomic, rest.trim_start_matches('='))
            };
            Shape::List { item: Box::new(shape(item)), topology }
        }
        _ => Shape::Any,
    }
}
