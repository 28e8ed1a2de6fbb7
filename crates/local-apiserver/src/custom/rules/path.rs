//! The `fieldPath` of a rule: which field below its place a broken rule is about.

use serde_json::Value;

use crate::meta;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A field.
    Field(String),
    /// A key of a map.
    Key(String),
}

impl Step {
    /// The path of this step below another.
    pub(super) fn below(&self, place: &str) -> String {
        match self {
            Step::Field(name) if place.is_empty() => name.clone(),
            Step::Field(name) => format!("{place}.{name}"),
            Step::Key(name) => format!("{place}[{name}]"),
        }
    }
}

/// Reads a path such as `.spec.ports['http']`; `None` when the schema has no such place.
pub(super) fn read(text: &str, schema: &Value) -> Option<Vec<Step>> {
    let mut rest = text.trim();
    let mut node = schema;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let name;
        if let Some(tail) = rest.strip_prefix('.') {
            let end = tail.find(['.', '[', ']']).unwrap_or(tail.len());
            let (found, tail) = tail.split_at_checked(end)?;
            (name, rest) = (found.to_owned(), tail);
        } else {
            let tail = rest.strip_prefix("['")?;
            let mut found = String::new();
            let mut letters = tail.char_indices();
            let end = loop {
                match letters.next()? {
                    (_, '\\') => found.push(match letters.next()?.1 {
                        'a' => '\u{7}',
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'v' => '\u{b}',
                        letter @ ('\'' | '\\') => letter,
                        _ => return None,
                    }),
                    (at, '\'') => break at + 1,
                    (_, letter) => found.push(letter),
                }
            };
            (name, rest) = (found, tail.get(end..)?.strip_prefix(']')?);
        }
        if let Some(inner) = meta::at(node, &["properties", &name]) {
            node = inner;
            steps.push(Step::Field(name));
        } else if node.get("properties").is_none()
            && let Some(inner) = node.get("additionalProperties").filter(|extra| extra.is_object())
        {
            node = inner;
            steps.push(Step::Key(name));
        } else {
            return None;
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_to_fields_and_keys() {
        let schema = json!({"properties": {"a": {"properties": {"b.c": {"type": "string"}}},
            "m": {"additionalProperties": {"type": "string"}}}});
        let shown = |text: &str| {
            read(text, &schema)
                .map(|steps| steps.iter().fold("spec".to_owned(), |place, step| step.below(&place)))
        };
        assert_eq!(shown(".a").as_deref(), Some("spec.a"));
        assert_eq!(shown(".a['b.c']").as_deref(), Some("spec.a.b.c"));
        assert_eq!(shown(".m['k\\'s']").as_deref(), Some("spec.m[k's]"));
        for wrong in ["a", ".x", ".a[0]", ".a['b.c'", ".a.b.c"] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }
}
