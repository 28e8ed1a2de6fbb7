use serde_json::{Value, json};
use wheelhouse_objects::Node;

/// One change to one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The rule that asks for it.
    pub rule: &'static str,
    /// `Deployment/web`
    pub object: String,
    /// The field: `spec.template.spec.nodeSelector`.
    pub path: String,
    /// What was there; `None` for nothing.
    pub before: Option<Value>,
    /// What is there now; `None` for nothing.
    pub after: Option<Value>,
}

/// Every change the platform made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// In the order of objects.
    pub changes: Vec<Change>,
}

impl Ledger {
    /// Notes a change, unless nothing changed.
    pub(crate) fn note(
        &mut self,
        rule: &'static str,
        object: &str,
        path: String,
        before: Option<&Node>,
        after: Option<&Node>,
    ) {
        let (before, after) = (before.map(Node::to_json), after.map(Node::to_json));
        if before != after {
            self.changes.push(Change { rule, object: object.to_owned(), path, before, after });
        }
    }

    /// The changes of one object as a JSON Patch (RFC 6902).
    #[must_use]
    pub fn json_patch(&self, object: &str) -> Value {
        let operations = self.changes.iter().filter(|change| change.object == object).map(|change| {
            let path = format!("/{}", change.path.replace(['.', '['], "/").replace(']', ""));
            match (&change.before, &change.after) {
                (_, None) => json!({"op": "remove", "path": path}),
                (None, Some(value)) => json!({"op": "add", "path": path, "value": value}),
                (Some(_), Some(value)) => json!({"op": "replace", "path": path, "value": value}),
            }
        });
        Value::Array(operations.collect())
    }
}
