//! B: whether an object has the fields of its kind, of the right types (WH-012).

use wheelhouse_objects::schema::{FieldType, fields};
use wheelhouse_objects::{Content, Entry, Node, Object};

use super::objects::{ALLOWED, INVALID};
use crate::check::{Checker, Said};
use crate::finding::Edit;
use crate::nearest::nearest;
use crate::pods::Pod;

/// Holds an object of an allowed kind against the fields of the kind, and the pods of another kind
/// against those of pods.
pub(crate) fn check(checker: &mut Checker<'_>, object: &Object, pods: &[Pod<'_>]) {
    if ALLOWED.contains(&(object.group(), object.kind.as_str())) {
        let mut walk = Walk { checker, object, holder: "", path: Vec::new() };
        walk.object_of(&object.root, &object.kind);
        return;
    }
    for pod in pods {
        let mut walk = Walk { checker, object, holder: &pod.template.path, path: Vec::new() };
        walk.object_of(pod.template.spec, "PodSpec");
    }
}

/// A step on the way to a field.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

struct Walk<'w, 'c, 'a> {
    checker: &'w mut Checker<'c>,
    object: &'a Object,
    /// The path of what is walked, inside the object.
    holder: &'w str,
    path: Vec<Step<'a>>,
}

impl<'a> Walk<'_, '_, 'a> {
    /// The path so far: `spec.containers[0].env`.
    fn shown_path(&self) -> String {
        let mut path = self.holder.to_owned();
        for step in &self.path {
            match step {
                Step::Index(index) => path.push_str(&format!("[{index}]")),
                // A key with dots in brackets, as in `annotations[helm.sh/hook]`.
                Step::Key(key) if key.contains(['.', '/']) => path.push_str(&format!("[{key}]")),
                Step::Key(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
            }
        }
        path
    }

    fn object_of(&mut self, node: &'a Node, name: &str) {
        let Some(known) = fields(name) else { return };
        for entry in node.entries() {
            self.path.push(Step::Key(&entry.key));
            match known.get(entry.key.as_str()) {
                Some(field) => self.value_of(&entry.value, field),
                // Kubernetes takes null for nothing wherever it stands.
                None if entry.value.value == Content::Null => {}
                // Kinds of volumes are WH-040's and WH-041's matter.
                None if matches!(name, "Volume" | "VolumeProjection") => {}
                None => self.unknown(entry, known.keys().copied()),
            }
            self.path.pop();
        }
    }

    fn value_of(&mut self, node: &'a Node, field: &FieldType) {
        let fits = match (field, &node.value) {
            (_, Content::Null) | (FieldType::Any, _) => true,
            (FieldType::Text | FieldType::Amount | FieldType::TextOrWhole, Content::String(_))
            | (FieldType::Truth, Content::Bool(_))
            | (FieldType::Number | FieldType::Amount, Content::Integer(_) | Content::Float(_)) => true,
            (FieldType::Whole | FieldType::TextOrWhole, _) => node.as_integer().is_some(),
            (FieldType::List(item), Content::Sequence(items)) => {
                for (index, node) in items.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    self.value_of(node, item);
                    self.path.pop();
                }
                true
            }
            (FieldType::Map(value), Content::Mapping(entries)) => {
                for entry in entries {
                    self.path.push(Step::Key(&entry.key));
                    self.value_of(&entry.value, value);
                    self.path.pop();
                }
                true
            }
            (FieldType::Object(name), Content::Mapping(_)) => {
                self.object_of(node, name);
                true
            }
            _ => false,
        };
        if !fits {
            self.misfit(node, field);
        }
    }

    fn misfit(&mut self, node: &Node, field: &FieldType) {
        let path = self.shown_path();
        let found = match &node.value {
            Content::Bool(_) => format!("a truth value {}", node.shown()),
            Content::Integer(_) | Content::Float(_) => format!("a number {}", node.shown()),
            Content::String(_) => format!("a text \"{}\"", node.shown()),
            _ => node.shown(),
        };
        let object = self.object;
        let message = format!("{object}: {path} must be {}, found {found}", wanted(field));
        let is_scalar = matches!(node.value, Content::Bool(_) | Content::Integer(_) | Content::Float(_));
        let fix = match (field, &node.value) {
            (FieldType::Text, _) if is_scalar => "quote it: {{ … | quote }}".to_owned(),
            (FieldType::Truth | FieldType::Whole | FieldType::Number, Content::String(_)) => {
                "write it without quotes".to_owned()
            }
            _ => format!("make it {}", wanted(field)),
        };
        let said = Said::at(path, node.span, message).fix(fix);
        let is_quoting = matches!(field, FieldType::Text) && is_scalar;
        self.checker.found(&INVALID, object, if is_quoting { said.edit(Edit::Quote) } else { said });
    }

    fn unknown(&mut self, entry: &Entry, known: impl Iterator<Item = &'static str>) {
        let path = self.shown_path();
        let object = self.object;
        let message = format!("{object}: unknown field {path}");
        let fix = match nearest(&entry.key, known) {
            Some(near) => format!("did you mean {near}?"),
            None => "remove it, or move it to where it belongs".to_owned(),
        };
        self.checker.found(&INVALID, object, Said::at(path, entry.key_span, message).fix(fix));
    }
}

fn wanted(field: &FieldType) -> &'static str {
    match field {
        FieldType::Text => "a text",
        FieldType::Whole => "a whole number",
        FieldType::Number => "a number",
        FieldType::Truth => "true or false",
        FieldType::Amount => "an amount",
        FieldType::TextOrWhole => "a number or a text",
        FieldType::List(_) => "a list",
        FieldType::Map(_) | FieldType::Object(_) => "a mapping",
        FieldType::Any => "anything",
    }
}
