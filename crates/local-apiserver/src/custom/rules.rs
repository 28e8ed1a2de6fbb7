//! `x-kubernetes-validations`: rules of a definition in the Common Expression Language.
//!
//! Expressions are read and run by the crates `cel` and `kube-cel`. What they see of an object, which old
//! value a part of it is compared with, and what a broken rule says, follow the API server. Not as
//! there: of types only the fields of objects are checked when a definition is made, and the cost of
//! expressions is not counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use kube_cel::KubeCelExt;
use kube_cel::cel::extractors::This;
use kube_cel::cel::functions::string;
use kube_cel::cel::objects::OptionalValue;
use kube_cel::cel::{Context, ExecutionError, FunctionContext, Program, Value as Cel};
use serde_json::Value;

use crate::field::{FieldError, Problem};
use crate::meta;

mod check;
mod path;
mod typing;
mod url;
mod values;

pub(super) use check::check;

/// Deepest nesting of parentheses in an expression.
const NESTING: usize = 100;
/// Longest text a message expression may make, in bytes.
const MESSAGE_BYTES: usize = 5 * 1024;

/// The rules of one place in a schema and below it.
#[derive(Debug)]
pub(super) struct Rules {
    here: Vec<Rule>,
    properties: BTreeMap<String, Rules>,
    items: Option<Box<Rules>>,
    additional: Option<Box<Rules>>,
    alternatives: Vec<Rules>,
    schema: Value,
    root: bool,
}

#[derive(Debug)]
struct Rule {
    program: Result<Program, String>,
    message_program: Option<Program>,
    text: String,
    message: String,
    reason: String,
    place: Vec<path::Step>,
    optional_old: bool,
    uses_old: bool,
}

/// What an object was before, where that can be said.
#[derive(Clone, Copy)]
struct Before<'a> {
    /// The old value of this part.
    value: Option<&'a Value>,
    /// The nearest part above with an old value is the same as before.
    same_above: bool,
}

/// Reads an expression.
///
/// # Errors
/// What is wrong with it, in the words of the API.
fn compile(text: &str) -> Result<Program, String> {
    let mut depth = 0_usize;
    for letter in text.chars() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTING {
            return Err("compilation failed: expression nests too deeply".to_owned());
        }
    }
    // the reader is somebody else's: should it fail on a text, it fails alone
    let read = std::panic::catch_unwind(|| Program::compile(text));
    match read {
        Ok(Ok(program)) => Ok(program),
        // the API's texts point into the expression one column further to the right
        Ok(Err(error)) => Err(format!("compilation failed: {}", error.to_string().replace("\n|", "\n |"))),
        Err(_) => Err("compilation failed: the expression cannot be read".to_owned()),
    }
}

/// Whether a rule is run where there is no old value too.
fn optional_old(rule: &Value) -> bool {
    rule.get("optionalOldSelf") == Some(&Value::Bool(true))
}

/// What every expression can call.
fn functions() -> Context<'static> {
    let mut context = Context::default().with_all();
    url::register(&mut context);
    context.add_function("string", text);
    context
}

fn text(context: &FunctionContext<'_, '_>, This(value): This<Cel>) -> Result<Cel, ExecutionError> {
    match value {
        Cel::Timestamp(time) => Ok(Cel::String(Arc::new(timestamp(&time)))),
        other => string(context, This(other)),
    }
}

/// A time as Go writes it: in UTC with a `Z`, and no zeros at the end of a fraction.
fn timestamp(time: &chrono::DateTime<chrono::FixedOffset>) -> String {
    let text = time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    match text.strip_suffix('Z') {
        Some(digits) if digits.contains('.') => format!("{}Z", digits.trim_end_matches('0')),
        _ => text,
    }
}

/// Runs an expression.
fn evaluate(program: &Program, scope: &Context<'_>) -> Result<Cel, ExecutionError> {
    let run = std::panic::AssertUnwindSafe(|| program.execute(scope));
    std::panic::catch_unwind(run)
        .unwrap_or_else(|_| Err(ExecutionError::function_error("evaluation", "the expression cannot be run")))
}

impl Rule {
    fn new(rule: &Value, schema: &Value) -> Self {
        let text = |key: &str| meta::text(rule, &[key]).trim().to_owned();
        let program = compile(&text("rule"));
        let uses_old = program.as_ref().is_ok_and(|program| program.references().has_variable("oldSelf"));
        let message_program = Some(text("messageExpression")).filter(|text| !text.is_empty());
        Rule {
            program,
            message_program: message_program.and_then(|text| compile(&text).ok()),
            text: text("rule"),
            message: text("message"),
            reason: text("reason"),
            place: path::read(&text("fieldPath"), schema).unwrap_or_default(),
            optional_old: optional_old(rule),
            uses_old,
        }
    }

    /// How messages about the rule itself name it.
    fn named(&self) -> &str {
        if self.message.is_empty() { &self.text } else { &self.message }
    }
}

impl Rules {
    /// The rules of a schema; `None` when there are none.
    pub(super) fn of(schema: &Value) -> Option<Self> {
        Self::at(schema, schema, true)
    }

    /// `schema` has the rules, `node` the structure: they differ below `allOf`.
    fn at(schema: &Value, node: &Value, root: bool) -> Option<Self> {
        let within = |schema: &Value, key: &str| schema.get(key).filter(|inner| inner.is_object()).cloned();
        let below = |key: &str| -> Option<Box<Rules>> {
            let inner = within(schema, key)?;
            let node = within(node, key)?;
            Self::at(&inner, &node, false).map(Box::new)
        };
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let rules = Rules {
            here: meta::items(schema, &["x-kubernetes-validations"])
                .iter()
                .map(|rule| Rule::new(rule, node))
                .collect(),
            properties: properties
                .filter_map(|(name, property)| {
                    let node = meta::at(node, &["properties", name])?;
                    Some((name.clone(), Self::at(property, node, false)?))
                })
                .collect(),
            items: below("items"),
            additional: below("additionalProperties"),
            alternatives: meta::items(schema, &["allOf"])
                .iter()
                .filter_map(|inner| Self::at(inner, node, root))
                .collect(),
            schema: node.clone(),
            root,
        };
        let none = rules.here.is_empty()
            && rules.properties.is_empty()
            && rules.items.is_none()
            && rules.additional.is_none()
            && rules.alternatives.is_empty();
        (!none).then_some(rules)
    }

    /// What an object breaks; what it broke before as well is only warned of.
    pub(super) fn broken(
        &self,
        object: &Value,
        old: Option<&Value>,
        warnings: &mut Vec<String>,
    ) -> Vec<FieldError> {
        let context = functions();
        let mut errors = Vec::new();
        let mut run = Run { context: &context, errors: &mut errors, warnings };
        run.node(self, object, Before { value: old, same_above: false }, "");
        errors
    }
}

struct Run<'a> {
    context: &'a Context<'static>,
    errors: &'a mut Vec<FieldError>,
    warnings: &'a mut Vec<String>,
}

impl Run<'_> {
    fn node(&mut self, rules: &Rules, value: &Value, before: Before<'_>, place: &str) {
        if value.is_null() {
            return;
        }
        self.here(rules, value, before, place);
        for inner in &rules.alternatives {
            self.node(inner, value, Before { value: before.value, same_above: false }, place);
        }
        let same = before.value.map_or(before.same_above, |old| old == value);
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    let declared = meta::at(&rules.schema, &["properties", key]).is_some();
                    let old = before.value.and_then(|old| old.get(key)).filter(|old| !old.is_null());
                    let next = Before { value: old, same_above: same };
                    let within = |key: &str| {
                        if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") }
                    };
                    if let Some(node) = rules.properties.get(key) {
                        self.node(node, inner, next, &within(key));
                    } else if let Some(node) = rules.additional.as_deref().filter(|_| !declared) {
                        self.node(node, inner, next, &format!("{place}[{key}]"));
                    }
                }
            }
            Value::Array(items) => {
                let Some(node) = rules.items.as_deref() else { return };
                for (index, inner) in items.iter().enumerate() {
                    let old = before.value.and_then(|old| same_item(&rules.schema, old, inner));
                    let next = Before { value: old, same_above: same };
                    self.node(node, inner, next, &format!("{place}[{index}]"));
                }
            }
            _ => {}
        }
    }

    fn here(&mut self, rules: &Rules, value: &Value, before: Before<'_>, place: &str) {
        if rules.here.is_empty() {
            return;
        }
        let kind = meta::text(&rules.schema, &["type"]).to_owned();
        let seen = |value: &Value| values::cel(value, &rules.schema, rules.root);
        let own = seen(value);
        let old = before.value.map(seen);
        let unchanged = before.value.map_or(before.same_above, |old| old == value);
        for rule in &rules.here {
            let wrong = |why: String| FieldError::invalid(named(place), kind.clone(), why);
            let program = match &rule.program {
                Ok(program) => program,
                Err(why) => {
                    self.errors.push(wrong(format!("rule compile error: {why}")));
                    continue;
                }
            };
            // a rule about a change needs something that was changed
            if rule.uses_old && old.is_none() && !rule.optional_old {
                continue;
            }
            let mut scope = self.context.new_inner_scope();
            scope.add_variable_from_value("self", own.clone());
            if rule.optional_old {
                let old = old.clone().map_or_else(OptionalValue::none, OptionalValue::of);
                scope.add_variable_from_value("oldSelf", Cel::Opaque(Arc::new(old)));
            } else if let Some(old) = &old {
                scope.add_variable_from_value("oldSelf", old.clone());
            }
            match evaluate(program, &scope) {
                Ok(Cel::Bool(true)) => {}
                Ok(Cel::Bool(false)) => {
                    let detail = rule
                        .message_program
                        .as_ref()
                        .and_then(|program| message(program, &scope))
                        .unwrap_or_else(|| default_message(rule));
                    let error = broken(rule, place, &kind, value, detail);
                    if !rule.uses_old && unchanged {
                        self.warnings.push(error.to_string());
                    } else {
                        self.errors.push(error);
                    }
                }
                Ok(_) => self.errors.push(wrong(format!(
                    "rule compile error: compilation failed: cel expression must evaluate to a bool for rule: {}",
                    rule.named()
                ))),
                Err(error) => self.errors.push(wrong(failure(&error, rule))),
            }
        }
    }
}

/// A place as errors name it: the whole object has no path.
fn named(place: &str) -> &str {
    if place.is_empty() { "<nil>" } else { place }
}

fn default_message(rule: &Rule) -> String {
    if rule.message.is_empty() { format!("failed rule: {}", rule.text) } else { rule.message.clone() }
}

/// The text a message expression makes, if it makes a good one.
fn message(program: &Program, scope: &Context<'_>) -> Option<String> {
    match evaluate(program, scope) {
        Ok(Cel::String(text)) => {
            let text = text.trim();
            let good = !text.is_empty() && !text.contains('\n') && text.len() <= MESSAGE_BYTES;
            good.then(|| text.to_owned())
        }
        _ => None,
    }
}

fn broken(rule: &Rule, place: &str, kind: &str, value: &Value, detail: String) -> FieldError {
    let field = rule.place.iter().fold(place.to_owned(), |place, step| step.below(&place));
    let field = named(&field).to_owned();
    let whole = matches!(kind, "object" | "array");
    let problem = match rule.reason.as_str() {
        "FieldValueForbidden" => Problem::Forbidden(detail),
        "FieldValueRequired" => Problem::Required(detail),
        "FieldValueDuplicate" if whole => Problem::DuplicatePart,
        "FieldValueDuplicate" => Problem::Duplicate(value.clone()),
        _ if whole => Problem::InvalidPart(detail),
        _ => Problem::Invalid(value.clone(), detail),
    };
    FieldError { field, problem }
}

/// Why an expression could not be run, in the words of the API.
fn failure(error: &ExecutionError, rule: &Rule) -> String {
    let rule = rule.named();
    let why = match error {
        ExecutionError::NoSuchOverload
        | ExecutionError::UnsupportedBinaryOperator(..)
        | ExecutionError::UnsupportedUnaryOperator(..)
        | ExecutionError::ValuesNotComparable(..)
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::NotSupportedAsMethod { .. }
        | ExecutionError::UnsupportedTargetType { .. } => {
            return format!(
                "'no such overload': call arguments did not match a supported operator, function or macro signature for rule: {rule}"
            );
        }
        ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
        ExecutionError::UndeclaredReference(name) => {
            return format!("rule compile error: compilation failed: undeclared reference to '{name}'");
        }
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::RemainderByZero(_) => "modulus by zero".to_owned(),
        ExecutionError::FunctionError { message, .. } => message.clone(),
        ExecutionError::Overflow(..) => "integer overflow".to_owned(),
        ExecutionError::IndexOutOfBounds(Cel::Int(index)) => format!("index out of bounds: {index}"),
        other => other.to_string(),
    };
    format!("{why} evaluating rule: {rule}")
}

/// The item of an old list that is the same one by its keys; only lists with keys tell.
pub(super) fn same_item<'a>(schema: &Value, old: &'a Value, item: &Value) -> Option<&'a Value> {
    if meta::text(schema, &["x-kubernetes-list-type"]) != "map" {
        return None;
    }
    let keys: Vec<&str> =
        meta::items(schema, &["x-kubernetes-list-map-keys"]).iter().filter_map(Value::as_str).collect();
    old.as_array()?.iter().find(|other| keys.iter().all(|key| other.get(*key) == item.get(*key)))
}

#[cfg(test)]
mod tests;
