//! What the platform changes, as a unified diff: for each hunk the rules that asked for it.

use similar::{DiffOp, DiffTag, TextDiff};
use wheelhouse_objects::{Node, Object, read_document};
use wheelhouse_policy::{Additions, BrokenChart, Change, Intake, mutate, segments};
use wheelhouse_source::LineIndex;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// Makes the platform's changes and tells them as a unified diff of the objects.
///
/// # Errors
/// For the first thing that a change would break.
pub fn mutation_diff(intake: &Intake, additions: &Additions) -> Result<String, BrokenChart> {
    let mut after = intake.objects.clone();
    let ledger = mutate(&mut after, additions)?;
    let mut text = String::new();
    for (rule, dropped) in
        [("WH-015", &intake.hooks), ("WH-016", &intake.definitions), ("WH-018", &intake.workload_config)]
    {
        for object in dropped {
            removed(object, rule, &mut text);
        }
    }
    for (before, after) in intake.objects.iter().zip(&after) {
        let name = before.to_string();
        let changes: Vec<&Change> = ledger.changes.iter().filter(|change| change.object == name).collect();
        if !changes.is_empty() {
            changed(&name, &before.root, &after.root, &changes, &mut text);
        }
    }
    Ok(text)
}

fn yaml(node: &Node) -> String {
    let json = node.to_json().to_string();
    let text = wheelhouse_goyaml::json_to_yaml(json.as_bytes());
    text.map_or_else(|_| format!("{json}\n"), |text| String::from_utf8_lossy(&text).into_owned())
}

fn removed(object: &Object, rule: &str, text: &mut String) {
    let before = yaml(&object.root);
    let count = before.lines().count();
    text.push_str(&format!("--- {object}\n+++ /dev/null\n@@ -1,{count} +0,0 @@ {rule}\n"));
    before.lines().for_each(|line| text.push_str(&format!("-{line}\n")));
}

fn changed(name: &str, before: &Node, after: &Node, changes: &[&Change], text: &mut String) {
    let (old, new) = (yaml(before), yaml(after));
    let (old_lines, new_lines) = (Lines::of(&old), Lines::of(&new));
    let diff = TextDiff::from_lines(&old, &new);
    text.push_str(&format!("--- {name} (chart)\n+++ {name} (platform)\n"));
    for group in diff.grouped_ops(CONTEXT) {
        let changed: Vec<&DiffOp> = group.iter().filter(|op| op.tag() != DiffTag::Equal).collect();
        let mut rules: Vec<String> = Vec::new();
        for change in changes {
            let keys = segments(&change.path);
            let touches = changed
                .iter()
                .any(|op| old_lines.touch(&keys, &op.old_range()) || new_lines.touch(&keys, &op.new_range()));
            let said = format!("{} {}", change.rule, change.path);
            if touches && !rules.contains(&said) {
                rules.push(said);
            }
        }
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old_range = first.old_range().start..last.old_range().end;
        let new_range = first.new_range().start..last.new_range().end;
        text.push_str(&format!(
            "@@ -{},{} +{},{} @@ {}\n",
            old_range.start + 1,
            old_range.len(),
            new_range.start + 1,
            new_range.len(),
            rules.join(", ")
        ));
        for op in &group {
            for change in diff.iter_changes(op) {
                let line = change.value();
                text.push_str(&format!("{}{}", change.tag(), line));
                if !line.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
    }
}

/// A text of YAML in which fields can be found.
struct Lines {
    root: Option<Node>,
    index: LineIndex,
}

impl Lines {
    fn of(text: &str) -> Self {
        Lines { root: read_document(text.as_bytes(), 0).ok(), index: LineIndex::new(text.as_bytes()) }
    }

    /// Whether the field at these keys stands in some of these lines, which count from 0.
    fn touch(&self, keys: &[String], lines: &std::ops::Range<usize>) -> bool {
        let Some(root) = &self.root else { return false };
        let mut node = root;
        let mut start = root.span.start;
        for key in keys {
            let next = match key.parse::<usize>() {
                Ok(index) if !node.items().is_empty() => {
                    node.items().get(index).map(|item| (item, item.span.start))
                }
                _ => node.entry(key).map(|entry| (&entry.value, entry.key_span.start)),
            };
            let Some((next, from)) = next else { return false };
            (node, start) = (next, from);
        }
        let first = self.index.position(start).line - 1;
        let last = self.index.position(node.span.end.max(start)).line - 1;
        first < lines.end && lines.start <= last
    }
}
