//! Which fields an expression names that are not in the schema: known when a definition is made.
//!
//! Only what can be followed from `self` and `oldSelf` over fields, items and the variables of macros is
//! looked at; what functions give is anything. So nothing is refused that the API takes.

use kube_cel::cel::Program;
use kube_cel::cel::common::ast::{Expr, IdedExpr, SelectExpr};
use serde_json::Value;

use super::values;
use crate::meta;

/// What is known of the value of an expression.
#[derive(Clone, Copy)]
enum Kind<'a> {
    /// Nothing.
    Anything,
    /// It is what this schema describes; the second says that it is a whole object.
    Of(&'a Value, bool),
}

struct Walk<'a> {
    text: &'a str,
    scope: Vec<(&'a str, Kind<'a>)>,
    /// What has been found: where in the text, and which field.
    wrong: Vec<(usize, String)>,
}

/// What is wrong with the fields that an expression names, in the words of the API.
///
/// # Errors
/// All fields that are not in the schema.
pub(super) fn check(
    program: &Program,
    text: &str,
    schema: &Value,
    root: bool,
    optional_old: bool,
) -> Result<(), String> {
    let own = Kind::Of(schema, root || is_embedded(schema));
    let old = if optional_old { Kind::Anything } else { own };
    let mut walk = Walk { text, scope: vec![("self", own), ("oldSelf", old)], wrong: Vec::new() };
    walk.kind(program.expression());
    if walk.wrong.is_empty() {
        return Ok(());
    }
    walk.wrong.sort();
    let shown: Vec<String> = walk.wrong.iter().map(|(at, field)| shown(text, *at, field)).collect();
    Err(format!("compilation failed: {}", shown.join("\n")))
}

fn is_embedded(schema: &Value) -> bool {
    schema.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true))
}

/// One error, with its line and a caret.
fn shown(text: &str, at: usize, field: &str) -> String {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let whole = text.lines().nth(line).unwrap_or_default();
    let dots = ".".repeat(column);
    format!("ERROR: <input>:{}:{}: undefined field '{field}'\n | {whole}\n | {dots}^", line + 1, column + 1)
}

impl<'a> Walk<'a> {
    fn kind(&mut self, expression: &'a IdedExpr) -> Kind<'a> {
        match &expression.expr {
            Expr::Ident(name) => {
                let found = self.scope.iter().rev().find(|(known, _)| known == name);
                found.map_or(Kind::Anything, |(_, kind)| *kind)
            }
            Expr::Select(select) => self.field(select),
            Expr::Call(call) => {
                let target = call.target.as_deref().map(|target| self.kind(target));
                let mut given: Vec<Kind<'a>> = target.into_iter().collect();
                given.extend(call.args.iter().map(|argument| self.kind(argument)));
                match (call.func_name.as_str(), given.first()) {
                    ("_[_]", Some(Kind::Of(schema, _))) => element(schema),
                    _ => Kind::Anything,
                }
            }
            Expr::Comprehension(parts) => {
                let range = self.kind(&parts.iter_range);
                let depth = self.scope.len();
                self.kind(&parts.accu_init);
                let item = match range {
                    // of a map, the variable is the key
                    Kind::Of(schema, _) if schema.get("items").is_some() => element(schema),
                    _ => Kind::Anything,
                };
                let one = parts.iter_var2.is_none();
                self.scope.push((&parts.iter_var, if one { item } else { Kind::Anything }));
                if let Some(second) = &parts.iter_var2 {
                    self.scope.push((
                        second,
                        match range {
                            Kind::Of(schema, _) => element(schema),
                            Kind::Anything => Kind::Anything,
                        },
                    ));
                }
                self.scope.push((&parts.accu_var, Kind::Anything));
                self.kind(&parts.loop_cond);
                self.kind(&parts.loop_step);
                self.kind(&parts.result);
                self.scope.truncate(depth);
                Kind::Anything
            }
            Expr::List(list) => {
                for element in &list.elements {
                    self.kind(element);
                }
                Kind::Anything
            }
            // entries of maps and structs are rare in rules, and may be anything
            _ => Kind::Anything,
        }
    }

    fn field(&mut self, select: &'a SelectExpr) -> Kind<'a> {
        let Kind::Of(schema, whole) = self.kind(&select.operand) else { return Kind::Anything };
        if meta::text(schema, &["type"]) != "object" {
            return Kind::Anything;
        }
        if let Some(entries) = schema.get("additionalProperties") {
            return if entries.is_object() {
                Kind::Of(entries, is_embedded(entries))
            } else {
                Kind::Anything
            };
        }
        if whole && matches!(select.field.as_str(), "apiVersion" | "kind" | "metadata") {
            return Kind::Anything;
        }
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let mut named =
            properties.filter(|(name, _)| values::name(name).is_some_and(|name| name == select.field));
        if let Some((_, property)) = named.next() {
            return Kind::Of(property, is_embedded(property));
        }
        if let Some(at) = self.place(&select.field, select.test) {
            self.wrong.push((at, select.field.clone()));
        }
        Kind::Anything
    }

    /// Where the expression names a field: the next place that has not been told of yet.
    fn place(&self, field: &str, test: bool) -> Option<usize> {
        let mention = format!(".{field}");
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let ends = |at: &usize| {
            let after = self.text.get(at + mention.len()..).unwrap_or_default();
            !after.starts_with(is_part) && !after.starts_with('(')
        };
        let places = self.text.match_indices(&mention).map(|(at, _)| at).filter(ends);
        let mut places = places.map(|at| {
            let start = self.text.get(..at).unwrap_or_default().rfind("has(").filter(|_| test);
            start.map_or(at, |start| start + "has".len())
        });
        places.find(|at| !self.wrong.iter().any(|(known, _)| known == at))
    }
}

/// What the items of a list, or the values of a map, are.
fn element(schema: &Value) -> Kind<'_> {
    let inner = ["items", "additionalProperties"].iter().find_map(|key| schema.get(*key));
    match inner.filter(|inner| inner.is_object()) {
        Some(inner) => Kind::Of(inner, is_embedded(inner)),
        None => Kind::Anything,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_that_are_not_in_the_schema_are_named() {
        let schema = json!({"type": "object", "properties": {
            "a": {"type": "string"}, "b-c": {"type": "string"},
            "o": {"type": "object", "properties": {"x": {"type": "boolean"}}},
            "l": {"type": "array", "items": {"type": "object", "properties": {"k": {"type": "string"}}}},
            "m": {"type": "object", "additionalProperties": {"type": "object", "properties": {"v": {"type": "integer"}}}},
            "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}
        }});
        let found = |text: &str, root: bool| {
            let program = super::super::compile(text).unwrap();
            check(&program, text, &schema, root, false).err().unwrap_or_default()
        };
        for good in [
            "self.a == 'x' && self.b__dash__c == 'y' && has(self.o.x)",
            "self.l.all(i, i.k == 'x') && self.l[0].k == 'y'",
            "self.m.all(key, self.m[key].v > 1) && self.m.any.v == 2",
            "self.l.map(i, {'z': i.k}).all(e, e.z == 'x')",
            "self.a.size() > 2 && size(self.l) < 3 && oldSelf.a == self.a",
            "quantity(self.a).isGreaterThan(quantity('1'))",
        ] {
            assert_eq!(found(good, false), "", "{good}");
        }
        assert_eq!(found("self.metadata.name == self.kind", true), "");
        for (text, expect) in [
            ("self.b == 1", "ERROR: <input>:1:5: undefined field 'b'\n | self.b == 1\n | ....^"),
            ("has(self.b)", "ERROR: <input>:1:4: undefined field 'b'\n | has(self.b)\n | ...^"),
            ("self.o.y", "ERROR: <input>:1:7: undefined field 'y'\n | self.o.y\n | ......^"),
            (
                "self.l.all(i, i.z == 1)",
                "ERROR: <input>:1:16: undefined field 'z'\n | self.l.all(i, i.z == 1)\n | ...............^",
            ),
            (
                "self.open.zz == 1",
                "ERROR: <input>:1:10: undefined field 'zz'\n | self.open.zz == 1\n | .........^",
            ),
            (
                "self.metadata == 1",
                "ERROR: <input>:1:5: undefined field 'metadata'\n | self.metadata == 1\n | ....^",
            ),
            (
                "oldSelf.b == 1 || self.c == 2",
                "ERROR: <input>:1:8: undefined field 'b'\n | oldSelf.b == 1 || self.c == 2\n | .......^\nERROR: <input>:1:23: undefined field 'c'\n | oldSelf.b == 1 || self.c == 2\n | ......................^",
            ),
        ] {
            assert_eq!(found(text, false), format!("compilation failed: {expect}"), "{text}");
        }
    }
}
