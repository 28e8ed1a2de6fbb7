//! What is wrong with the rules of a definition.

use serde_json::Value;

use super::{compile, optional_old, path, typing};
use crate::field::FieldError;
use crate::meta;

const REASONS: [&str; 4] =
    ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// The form of the rules of one place; the second list has what is wrong with the expressions.
pub(in crate::custom) fn check(
    schema: &Value,
    place: &str,
    errors: &mut Vec<FieldError>,
    expressions: &mut Vec<FieldError>,
) {
    let whole = place.ends_with("openAPIV3Schema");
    for (index, rule) in meta::items(schema, &["x-kubernetes-validations"]).iter().enumerate() {
        let place = format!("{place}.x-kubernetes-validations[{index}]");
        let text = |key: &str| meta::text(rule, &[key]);
        let at = |key: &str| format!("{place}.{key}");
        let (expression, message) = (text("rule").trim(), text("message").trim());
        if expression.is_empty() {
            errors.push(FieldError::required(at("rule"), "rule is not specified"));
        } else if !text("message").is_empty() && message.is_empty() {
            errors.push(FieldError::invalid(
                at("message"),
                text("message"),
                "must be non-empty if specified",
            ));
        } else if message.contains('\n') {
            errors.push(FieldError::invalid(at("message"), text("message"), "must not contain line breaks"));
        } else if expression.contains('\n') && message.is_empty() {
            let why = "message must be specified if rule contains line breaks";
            errors.push(FieldError::required(at("message"), why));
        }
        let made = text("messageExpression");
        if !made.is_empty() && made.trim().is_empty() {
            let why = "messageExpression must be non-empty if specified";
            errors.push(FieldError::required(at("messageExpression"), why));
        }
        if let Some(reason) = rule.get("reason").and_then(Value::as_str)
            && !REASONS.contains(&reason)
        {
            errors.push(FieldError::not_supported(at("reason"), reason, &REASONS));
        }
        let field = text("fieldPath");
        if !field.is_empty() && field.trim().is_empty() {
            errors.push(FieldError::invalid(at("fieldPath"), field, "must be non-empty if specified"));
        }
        if field.contains('\n') {
            errors.push(FieldError::invalid(at("fieldPath"), field, "must not contain line breaks"));
        }
        if !field.is_empty() && path::read(field, schema).is_none_or(|steps| steps.is_empty()) {
            errors.push(FieldError::invalid(at("fieldPath"), field, "must be a valid path"));
        }
        for (key, text) in [("rule", expression), ("messageExpression", made.trim())] {
            if text.is_empty() {
                continue;
            }
            let checked = compile(text)
                .and_then(|program| typing::check(&program, text, schema, whole, optional_old(rule)));
            if let Err(why) = checked {
                expressions.push(FieldError::invalid(at(key), crate::inner::validation_rule(rule), why));
                // the message of a rule that is wrong is not looked at
                break;
            }
        }
    }
}
