use std::sync::Arc;

use wheelhouse_goyaml::json::Error as JsonError;
use wheelhouse_goyaml::{
    Document, Error as YamlError, Kind, Node as YamlNode, ReadOptions, Value, split_values,
};

use super::{Data, Mark, Node, Table, ValueSource, merge_user_values, read_limits};
use crate::{Compat, Error};

/// Reads a values file: Helm 4 merges all its documents, Helm 3 takes the first one. With a
/// `source`, every value keeps its place in it.
///
/// # Errors
/// [`Error::Yaml`] with Helm's text: no YAML, or no table.
pub fn read_values(text: &[u8], source: Option<&Arc<ValueSource>>, compat: Compat) -> Result<Table, Error> {
    if compat == Compat::V3 {
        return read_document(text, 0, source).map_err(Error::Yaml);
    }
    let mut values = Table::new();
    for document in split_values(text) {
        let document = document.map_err(Error::Yaml)?;
        let table = read_document(&document.text, document.lines_before, source)
            .map_err(|error| Error::Yaml(YamlError::ValuesDocument(Box::new(error))))?;
        merge_user_values(&mut values, table);
    }
    Ok(values)
}

/// Owned values of what the YAML or JSON reader gives, without marks. Integers stay integers.
pub(crate) fn from_yaml(value: Value) -> Data {
    from_yaml_at(value, &Mark::default())
}

/// [`from_yaml`], every value with the same mark.
pub(crate) fn from_yaml_at(value: Value, mark: &Mark) -> Data {
    match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(value),
        Value::Int(value) => Data::Int(value),
        Value::Uint(value) => Data::Float(value as f64),
        Value::Float(value) => Data::Float(value),
        Value::String(text) => Data::String(text.into()),
        Value::Seq(items) => Data::List(
            items.into_iter().map(|item| Node::new(from_yaml_at(item, mark), mark.clone())).collect(),
        ),
        Value::Map(entries) => Data::Table(
            entries
                .into_iter()
                .map(|(key, value)| (key, Node::new(from_yaml_at(value, mark), mark.clone())))
                .collect(),
        ),
    }
}

fn read_document(
    text: &[u8],
    lines_before: usize,
    source: Option<&Arc<ValueSource>>,
) -> Result<Table, YamlError> {
    let options = ReadOptions { limits: read_limits(), ..ReadOptions::default() };
    let converting = |error| YamlError::Converting(Box::new(error));
    let document = Document::parse(text, &options.limits).map_err(converting)?;
    let mut table = match from_yaml(document.to_value(&options).map_err(converting)?) {
        Data::Table(table) => table,
        Data::Null => Table::new(),
        other => {
            let value = json_kind(&other).to_owned();
            return Err(YamlError::Unmarshaling(JsonError::Type {
                value,
                target: "map[string]interface {}",
            }));
        }
    };
    if let (Some(source), Some(root)) = (source, document.root()) {
        Marker { source, lines_before }.mark_table(&mut table, root);
    }
    Ok(table)
}

fn json_kind(data: &Data) -> &'static str {
    match data {
        Data::Null => "null",
        Data::Bool(_) => "bool",
        Data::Int(_) | Data::Float(_) => "number",
        Data::String(_) => "string",
        Data::List(_) => "array",
        Data::Table(_) => "object",
    }
}

/// Gives values the places of the nodes they were read from.
struct Marker<'a> {
    source: &'a Arc<ValueSource>,
    lines_before: usize,
}

impl Marker<'_> {
    fn mark_table(&self, table: &mut Table, node: YamlNode<'_>) {
        // In the reader's order: what comes later counts, merged mappings included.
        for (key, value) in node.resolved().entries() {
            let Some(name) = key.resolved().scalar() else { continue };
            if name == "<<" && (key.is_implicit() || key.tag() == Some("tag:yaml.org,2002:merge")) {
                self.mark_merged(table, value);
            } else if let Some(entry) = table.get_mut(name) {
                let place = if value.kind() == Kind::Scalar { value } else { key };
                entry.mark = self.mark(place);
                self.mark_content(entry, value);
            }
        }
    }

    fn mark_merged(&self, table: &mut Table, value: YamlNode<'_>) {
        match value.kind() {
            Kind::Sequence => {
                let mut sources: Vec<_> = value.items().collect();
                sources.reverse();
                sources.into_iter().for_each(|source| self.mark_table(table, source));
            }
            _ => self.mark_table(table, value),
        }
    }

    fn mark_content(&self, entry: &mut Node, node: YamlNode<'_>) {
        match &mut entry.data {
            Data::Table(table) => self.mark_table(table, node),
            Data::List(items) => {
                for (item, node) in items.iter_mut().zip(node.resolved().items()) {
                    item.mark = self.mark(node);
                    self.mark_content(item, node);
                }
            }
            _ => {}
        }
    }

    fn mark(&self, node: YamlNode<'_>) -> Mark {
        let place = node.place();
        let clamp = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Mark::new(self.source.clone(), clamp(place.line + self.lines_before), clamp(place.column))
    }
}
