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
            let keys = segments(&change.path);
            let escaped = keys.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1")));
            let path: String = escaped.collect();
            match (&change.before, &change.after) {
                (_, None) => json!({"op": "remove", "path": path}),
                (None, Some(value)) => json!({"op": "add", "path": path, "value": value}),
                (Some(_), Some(value)) => json!({"op": "replace", "path": path, "value": value}),
            }
        });
        Value::Array(operations.collect())
    }
}

/// The keys of a field's path: a dot parts them, and brackets hold list indexes and keys with dots
/// (`metadata.labels[example.com/role]`).
#[must_use]
pub fn segments(path: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let mut key = String::new();
    let mut is_inside = false;
    for letter in path.chars() {
        match letter {
            '[' if !is_inside => is_inside = true,
            ']' if is_inside => is_inside = false,
            '.' if !is_inside => {}
            letter => {
                key.push(letter);
                continue;
            }
        }
        if !key.is_empty() {
            keys.push(std::mem::take(&mut key));
        }
    }
    if !key.is_empty() {
        keys.push(key);
    }
    keys
}

/// The path of a key below a field, with brackets where the key holds a dot.
pub(crate) fn below(path: &str, key: &str) -> String {
    if key.contains('.') { format!("{path}[{key}]") } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_dots_and_slashes_are_one_step_of_a_patch() {
        let mut ledger = Ledger::default();
        let after = Node::text("x");
        ledger.note("WH-182", "Pod/a", below("metadata.labels", "example.com/role"), None, Some(&after));
        ledger.note("WH-181", "Pod/a", "spec.containers[0].env".to_owned(), None, Some(&after));
        let patch = ledger.json_patch("Pod/a");
        let paths: Vec<&str> =
            patch.as_array().unwrap().iter().filter_map(|operation| operation["path"].as_str()).collect();
        assert_eq!(paths, ["/metadata/labels/example.com~1role", "/spec/containers/0/env"]);
    }
}
