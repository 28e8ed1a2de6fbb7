//! Whole specs in the API's inner form, and how two of them differ, as a few error messages print it.
//!
//! The inner form writes every field of a type, under its Go name and also when it is not set. Its
//! types are in `data/inner.txt`, which `reference/kubernetes/inner-types` writes.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

static TYPES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("../data/inner.txt").lines().filter_map(|line| line.split_once(' ')).collect()
});

/// Lines around a change.
const CONTEXT: usize = 3;

/// What changed between two pod specs.
pub(crate) fn pod_spec_difference(old: &Value, new: &Value) -> String {
    difference("@PodSpec", &with_host_fields(old), &with_host_fields(new))
}

/// What changed between two claim specs.
pub(crate) fn claim_spec_difference(old: &Value, new: &Value) -> String {
    difference("@PersistentVolumeClaimSpec", old, new)
}

/// The versions of a definition.
pub(crate) fn definition_versions(versions: impl Iterator<Item = Value>) -> Value {
    versions
        .map(|mut version| {
            if let Some(schema) = crate::meta::at_mut(&mut version, &["schema", "openAPIV3Schema"]) {
                with_go_names(schema);
            }
            inner("@CustomResourceDefinitionVersion", Some(&version))
        })
        .collect()
}

/// A rule of a definition.
pub(crate) fn validation_rule(rule: &Value) -> Value {
    inner("@ValidationRule", Some(rule))
}

/// Gives the parts of a schema the names they have in its inner form.
fn with_go_names(schema: &mut Value) {
    let Some(map) = schema.as_object_mut() else { return };
    for (key, mut value) in std::mem::take(map) {
        match key.as_str() {
            "properties" | "patternProperties" | "definitions" => {
                value.as_object_mut().into_iter().flatten().for_each(|(_, inner)| with_go_names(inner));
            }
            "allOf" | "anyOf" | "oneOf" => {
                value.as_array_mut().into_iter().flatten().for_each(with_go_names);
            }
            "not" => with_go_names(&mut value),
            "items" => {
                with_go_names(&mut value);
                value = json!({ "schema": value });
            }
            "additionalProperties" | "additionalItems" => {
                value = match value {
                    Value::Bool(allows) => json!({"allows": allows, "schema": null}),
                    mut inner => {
                        with_go_names(&mut inner);
                        json!({"allows": true, "schema": inner})
                    }
                };
            }
            _ => {}
        }
        let name = match key.strip_prefix("x-kubernetes-") {
            Some(rest) => format!("x{}", rest.replace('-', "")),
            None => key.trim_start_matches('$').to_owned(),
        };
        map.insert(name, value);
    }
}

/// The inner form keeps what a pod shares with its host in the security context.
fn with_host_fields(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let keys = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];
    let shared = keys.map(|key| (key, spec.get(key).cloned()));
    if let Some(context) = crate::meta::map_mut(&mut spec, "securityContext") {
        for (key, value) in shared {
            context.extend(value.map(|value| (key.to_owned(), value)));
        }
    }
    spec
}

fn difference(shape: &str, old: &Value, new: &Value) -> String {
    let lines = |spec: &Value| -> Vec<String> {
        let text = pretty(&inner(shape, Some(spec)));
        text.lines().map(str::to_owned).collect()
    };
    unified(&lines(old), &lines(new))
}

fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    // writing a value to memory cannot fail
    let _ = serde::Serialize::serialize(value, &mut serializer);
    crate::field::escaped(&String::from_utf8_lossy(&out))
}

/// A value in the inner form of its type; the short forms of types are those of `data/inner.txt`.
fn inner(shape: &str, value: Option<&Value>) -> Value {
    let value = value.filter(|value| !value.is_null());
    if let Some(pointed) = shape.strip_prefix('*') {
        return value.map_or(Value::Null, |value| inner(pointed, Some(value)));
    }
    if let Some(item) = shape.strip_prefix('[') {
        let items = value.and_then(Value::as_array);
        return items.map_or(Value::Null, |items| items.iter().map(|v| inner(item, Some(v))).collect());
    }
    if let Some(entry) = shape.strip_prefix('{') {
        let Some(entries) = value.and_then(Value::as_object) else { return Value::Null };
        let mut entries: Map<String, Value> =
            entries.iter().map(|(key, value)| (key.clone(), inner(entry, Some(value)))).collect();
        entries.sort_keys();
        return Value::Object(entries);
    }
    if let Some(name) = shape.strip_prefix('@') {
        let mut fields = Map::new();
        for field in TYPES.get(name).into_iter().flat_map(|fields| fields.split(' ')) {
            let Some((name, shape)) = field.split_once(':') else { continue };
            let given = value.and_then(Value::as_object).into_iter().flatten();
            let given = given.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            fields.insert(name.to_owned(), inner(shape, given.map(|(_, value)| value)));
        }
        return Value::Object(fields);
    }
    value.cloned().unwrap_or_else(|| match shape {
        "s" => "".into(),
        "n" => 0.into(),
        "b" => false.into(),
        "q" => "0".into(),
        _ => Value::Object(Map::new()),
    })
}

/// Lines that are the same on both sides: where in each, and how many.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Same {
    old: usize,
    new: usize,
    length: usize,
}

/// The longest common block, then those before and after it, as Python's difflib and its Go sibling
/// find them.
fn matching(old: &[String], new: &[String], from: (usize, usize), blocks: &mut Vec<Same>) {
    let mut best = Same { old: 0, new: 0, length: 0 };
    let mut lengths: HashMap<usize, usize> = HashMap::new();
    for (i, line) in old.iter().enumerate() {
        let mut next = HashMap::new();
        for (j, _) in new.iter().enumerate().filter(|(_, other)| *other == line) {
            let length = j.checked_sub(1).and_then(|j| lengths.get(&j)).copied().unwrap_or(0) + 1;
            next.insert(j, length);
            if length > best.length {
                best = Same { old: i + 1 - length, new: j + 1 - length, length };
            }
        }
        lengths = next;
    }
    if best.length == 0 {
        return;
    }
    let (before, after) = (best.old, best.old + best.length);
    let (new_before, new_after) = (best.new, best.new + best.length);
    let part = |lines: &'_ [String], from: usize, to: usize| lines.get(from..to).unwrap_or_default().to_vec();
    matching(&part(old, 0, before), &part(new, 0, new_before), from, blocks);
    blocks.push(Same { old: from.0 + best.old, new: from.1 + best.new, length: best.length });
    matching(
        &part(old, after, old.len()),
        &part(new, new_after, new.len()),
        (from.0 + after, from.1 + new_after),
        blocks,
    );
}

/// A unified difference without file names; empty when nothing changed.
fn unified(old: &[String], new: &[String]) -> String {
    let mut blocks = Vec::new();
    matching(old, new, (0, 0), &mut blocks);
    blocks.push(Same { old: old.len(), new: new.len(), length: 0 });
    // every line with its sign and its place on both sides
    let mut lines: Vec<(char, usize, usize, &str)> = Vec::new();
    let (mut at, mut to) = (0, 0);
    for block in blocks {
        let removed = old.get(at..block.old).unwrap_or_default();
        lines.extend(removed.iter().enumerate().map(|(n, line)| ('-', at + n, to, line.as_str())));
        let added = new.get(to..block.new).unwrap_or_default();
        lines.extend(added.iter().enumerate().map(|(n, line)| ('+', block.old, to + n, line.as_str())));
        let kept = old.get(block.old..block.old + block.length).unwrap_or_default();
        let kept = kept.iter().enumerate();
        lines.extend(kept.map(|(n, line)| (' ', block.old + n, block.new + n, line.as_str())));
        (at, to) = (block.old + block.length, block.new + block.length);
    }
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| line.0 != ' ').map(|(index, _)| index).collect();
    let mut out = String::new();
    let mut changes = changed.into_iter().peekable();
    while let Some(first) = changes.next() {
        let mut last = first;
        while let Some(next) = changes.next_if(|next| *next - last <= 2 * CONTEXT + 1) {
            last = next;
        }
        let end = (last + CONTEXT + 1).min(lines.len());
        let hunk = lines.get(first.saturating_sub(CONTEXT)..end).unwrap_or_default();
        let Some((_, old_start, new_start, _)) = hunk.first() else { continue };
        let count = |sign: char| hunk.iter().filter(|line| line.0 == ' ' || line.0 == sign).count();
        out.push_str(&format!(
            "@@ -{} +{} @@\n",
            range(*old_start, count('-')),
            range(*new_start, count('+'))
        ));
        for (sign, _, _, line) in hunk {
            out.push(*sign);
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn range(start: usize, length: usize) -> String {
    match length {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        _ => format!("{},{length}", start + 1),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_changed_field_is_shown_with_what_is_around_it() {
        let old = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        let mut new = old.clone();
        new["accessModes"][0] = "ReadWriteMany".into();
        assert_eq!(
            claim_spec_difference(&old, &new),
            "@@ -1,6 +1,6 @@\n {\n  \"AccessModes\": [\n-  \"ReadWriteOnce\"\n+  \"ReadWriteMany\"\n  ],\n  \"Selector\": null,\n  \"Resources\": {\n"
        );
        assert_eq!(claim_spec_difference(&old, &old), "");
    }

    #[test]
    fn what_a_pod_shares_with_its_host_stands_in_its_security_context() {
        let text = pod_spec_difference(&json!({}), &json!({"hostNetwork": true}));
        assert!(text.contains("-  \"HostNetwork\": false,\n+  \"HostNetwork\": true,\n"), "{text}");
    }
}
