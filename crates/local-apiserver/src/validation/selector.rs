//! Label selectors in specs.

use serde_json::Value;

use super::Errors;
use crate::field::FieldError;
use crate::{meta, names};

/// What is wrong with a structured label selector.
pub(super) fn label_selector(selector: &Value, field: &str, errors: &mut Errors) {
    for (key, value) in meta::text_map(selector, &["matchLabels"]) {
        for why in names::qualified_name(&key) {
            errors.push(FieldError::invalid(format!("{field}.matchLabels"), key.clone(), why));
        }
        for why in names::label_value(&value) {
            errors.push(FieldError::invalid(format!("{field}.matchLabels"), value.clone(), why));
        }
    }
    for (index, expression) in meta::items(selector, &["matchExpressions"]).iter().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        let values = meta::items(expression, &["values"]);
        match meta::text(expression, &["operator"]) {
            "In" | "NotIn" if values.is_empty() => {
                errors.push(FieldError::required(
                    format!("{field}.values"),
                    "must be specified when `operator` is 'In' or 'NotIn'",
                ));
            }
            "In" | "NotIn" => {}
            "Exists" | "DoesNotExist" => {
                if !values.is_empty() {
                    errors.push(FieldError::forbidden(
                        format!("{field}.values"),
                        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                    ));
                }
            }
            other => {
                errors.push(FieldError::invalid(
                    format!("{field}.operator"),
                    other,
                    "not a valid selector operator",
                ));
            }
        }
        let key = meta::text(expression, &["key"]);
        for why in names::qualified_name(key) {
            errors.push(FieldError::invalid(format!("{field}.key"), key, why));
        }
        for (at, value) in values.iter().enumerate() {
            let text = value.as_str().unwrap_or_default();
            for why in names::label_value(text) {
                errors.push(FieldError::invalid(format!("{field}.values[{at}]"), text, why));
            }
        }
    }
}

/// Nothing keeps the selector from being put to use.
pub(super) fn is_usable(selector: &Value) -> bool {
    let mut errors = Vec::new();
    label_selector(selector, "", &mut errors);
    errors.is_empty()
}

/// A selector selects nothing in particular.
pub(super) fn is_empty(selector: &Value) -> bool {
    meta::text_map(selector, &["matchLabels"]).is_empty()
        && meta::items(selector, &["matchExpressions"]).is_empty()
}
