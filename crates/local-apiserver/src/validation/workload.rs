//! Deployments, replica sets, stateful sets, daemon sets, replication controllers.

use serde_json::Value;

use super::selector::{is_empty, is_usable, label_selector};
use super::{Errors, at_least_zero, number, pod, unchanged};
use crate::field::FieldError;
use crate::meta;
use crate::selector::picks;

fn shown_labels(object: &Value) -> Value {
    meta::at(object, &["spec", "template", "metadata", "labels"]).cloned().unwrap_or_default()
}

/// The selector, whether it matches the template's labels, and the template itself.
fn selected_template(object: &Value, restart: &[&str], errors: &mut Errors) {
    let selector = meta::at(object, &["spec", "selector"]).filter(|selector| selector.is_object());
    match selector {
        None => errors.push(FieldError::required("spec.selector", "")),
        Some(selector) => {
            label_selector(selector, "spec.selector", errors);
            if is_empty(selector) {
                errors.push(FieldError::invalid(
                    "spec.selector",
                    selector.clone(),
                    "empty selector is invalid for deployment",
                ));
            }
        }
    }
    if let Some(selector) = selector.filter(|selector| !is_usable(selector)) {
        errors.push(FieldError::invalid("spec.selector", selector.clone(), "invalid label selector"));
        return;
    }
    let labels = meta::text_map(object, &["spec", "template", "metadata", "labels"]);
    let matches = selector.is_some_and(|selector| picks(selector, &labels));
    if !matches && selector.is_none_or(|selector| !is_empty(selector)) {
        errors.push(FieldError::invalid(
            "spec.template.metadata.labels",
            shown_labels(object),
            "`selector` does not match template `labels`",
        ));
    }
    template(object, restart, errors);
}

fn template(object: &Value, restart: &[&str], errors: &mut Errors) {
    pod::template(object, &["spec", "template"], "spec.template", errors);
    let policy = meta::text(object, &["spec", "template", "spec", "restartPolicy"]);
    if !policy.is_empty() && !restart.contains(&policy) {
        errors.push(FieldError::not_supported("spec.template.spec.restartPolicy", policy, restart));
    }
    if meta::at(object, &["spec", "template", "spec", "activeDeadlineSeconds"]).is_some_and(|v| !v.is_null())
        && restart == ["Always"]
    {
        errors.push(FieldError::forbidden(
            "spec.template.spec.activeDeadlineSeconds",
            "activeDeadlineSeconds in ReplicaSet is not Supported",
        ));
    }
}

pub(super) fn deployment(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    at_least_zero(object, &["spec", "replicas"], errors);
    selected_template(object, &["Always"], errors);
    let strategy = meta::at(object, &["spec", "strategy"]).cloned().unwrap_or_default();
    match meta::text(&strategy, &["type"]) {
        "Recreate" => {
            if strategy.get("rollingUpdate").is_some_and(|update| !update.is_null()) {
                errors.push(FieldError::forbidden(
                    "spec.strategy.rollingUpdate",
                    "may not be specified when strategy `type` is 'Recreate'",
                ));
            }
        }
        "RollingUpdate" => match strategy.get("rollingUpdate").filter(|update| update.is_object()) {
            None => errors.push(FieldError::required(
                "spec.strategy.rollingUpdate",
                "this should be defaulted and never be nil",
            )),
            Some(update) => rolling_update(update, "spec.strategy.rollingUpdate", errors),
        },
        _ => errors.push(FieldError::not_supported(
            "spec.strategy",
            strategy_value(&strategy),
            &["Recreate", "RollingUpdate"],
        )),
    }
    at_least_zero(object, &["spec", "minReadySeconds"], errors);
    at_least_zero(object, &["spec", "revisionHistoryLimit"], errors);
    at_least_zero(object, &["spec", "progressDeadlineSeconds"], errors);
    let deadline = number(object, &["spec", "progressDeadlineSeconds"]);
    let ready = number(object, &["spec", "minReadySeconds"]).unwrap_or_default();
    if let Some(deadline) = deadline.filter(|deadline| *deadline <= ready && *deadline >= 0) {
        errors.push(FieldError::invalid(
            "spec.progressDeadlineSeconds",
            deadline,
            "must be greater than minReadySeconds",
        ));
    }
    if let Some(old) = old {
        unchanged(object, old, &["spec", "selector"], errors);
    }
}

/// A strategy as field errors show it: the API's inner form, whose names start with capitals.
fn strategy_value(strategy: &Value) -> Value {
    let update = strategy.get("rollingUpdate").and_then(Value::as_object).map(|update| {
        update.iter().map(|(key, value)| (capital(key), value.clone())).collect::<serde_json::Map<_, _>>()
    });
    serde_json::json!({"Type": meta::text(strategy, &["type"]), "RollingUpdate": update})
}

fn capital(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn share(value: &Value) -> (bool, i64) {
    match value {
        Value::Number(number) => (false, number.as_i64().unwrap_or_default()),
        Value::String(text) => (true, text.trim_end_matches('%').parse().unwrap_or(-1)),
        _ => (false, 0),
    }
}

fn number_or_percent(value: &Value, field: &str, errors: &mut Errors) {
    match value {
        Value::Number(number) if number.as_i64().unwrap_or_default() < 0 => {
            errors.push(FieldError::invalid(field, value.clone(), "must be greater than or equal to 0"));
        }
        Value::String(text) => {
            let digits = text.strip_suffix('%').unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                errors.push(FieldError::invalid(
                    field,
                    text.clone(),
                    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
                ));
            }
        }
        _ => {}
    }
}

fn rolling_update(update: &Value, field: &str, errors: &mut Errors) {
    let unavailable = update.get("maxUnavailable").cloned().unwrap_or_default();
    let surge = update.get("maxSurge").cloned().unwrap_or_default();
    number_or_percent(&unavailable, &format!("{field}.maxUnavailable"), errors);
    number_or_percent(&surge, &format!("{field}.maxSurge"), errors);
    let ((percent, amount), (_, extra)) = (share(&unavailable), share(&surge));
    if amount == 0 && extra == 0 {
        errors.push(FieldError::invalid(
            format!("{field}.maxUnavailable"),
            unavailable.clone(),
            "may not be 0 when `maxSurge` is 0",
        ));
    }
    if percent && amount > 100 {
        errors.push(FieldError::invalid(
            format!("{field}.maxUnavailable"),
            unavailable,
            "must not be greater than 100%",
        ));
    }
}

pub(super) fn replica_set(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    at_least_zero(object, &["spec", "replicas"], errors);
    at_least_zero(object, &["spec", "minReadySeconds"], errors);
    selected_template(object, &["Always"], errors);
    if let Some(old) = old {
        unchanged(object, old, &["spec", "selector"], errors);
    }
}

pub(super) fn replication_controller(object: &Value, errors: &mut Errors) {
    at_least_zero(object, &["spec", "minReadySeconds"], errors);
    let selector = meta::text_map(object, &["spec", "selector"]);
    if selector.is_empty() {
        errors.push(FieldError::required("spec.selector", ""));
    }
    at_least_zero(object, &["spec", "replicas"], errors);
    if !meta::at(object, &["spec", "template"]).is_some_and(Value::is_object) {
        errors.push(FieldError::required("spec.template", ""));
        return;
    }
    let labels = meta::text_map(object, &["spec", "template", "metadata", "labels"]);
    if !selector.iter().all(|pair| labels.contains(pair)) {
        errors.push(FieldError::invalid(
            "spec.template.metadata.labels",
            shown_labels(object),
            "`selector` does not match template `labels`",
        ));
    }
    template(object, &["Always"], errors);
}

pub(super) fn stateful_set(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    match meta::text(object, &["spec", "podManagementPolicy"]) {
        "" => errors.push(FieldError::required("spec.podManagementPolicy", "")),
        "OrderedReady" | "Parallel" => {}
        other => errors.push(FieldError::invalid(
            "spec.podManagementPolicy",
            other,
            "must be 'OrderedReady' or 'Parallel'",
        )),
    }
    let strategy = meta::text(object, &["spec", "updateStrategy", "type"]);
    match strategy {
        "" => errors.push(FieldError::required("spec.updateStrategy", "")),
        "OnDelete" => {
            if meta::at(object, &["spec", "updateStrategy", "rollingUpdate"]).is_some_and(|r| !r.is_null()) {
                let given = meta::at(object, &["spec", "updateStrategy", "rollingUpdate"])
                    .cloned()
                    .unwrap_or_default();
                errors.push(FieldError::invalid(
                    "spec.updateStrategy.rollingUpdate",
                    given,
                    "only allowed for updateStrategy 'RollingUpdate'",
                ));
            }
        }
        "RollingUpdate" => {
            at_least_zero(object, &["spec", "updateStrategy", "rollingUpdate", "partition"], errors);
        }
        _ => errors.push(FieldError::invalid(
            "spec.updateStrategy",
            strategy_value(meta::at(object, &["spec", "updateStrategy"]).unwrap_or(&Value::Null)),
            "must be 'RollingUpdate' or 'OnDelete'",
        )),
    }
    for key in ["whenDeleted", "whenScaled"] {
        let field = format!("spec.persistentVolumeClaimRetentionPolicy.{key}");
        let path = ["spec", "persistentVolumeClaimRetentionPolicy", key];
        let value = meta::text(object, &path);
        if !matches!(value, "Retain" | "Delete" | "") {
            errors.push(FieldError::not_supported(field, value, &["Delete", "Retain"]));
        }
    }
    at_least_zero(object, &["spec", "replicas"], errors);
    at_least_zero(object, &["spec", "minReadySeconds"], errors);
    at_least_zero(object, &["spec", "ordinals", "start"], errors);
    let selector = meta::at(object, &["spec", "selector"]).filter(|selector| selector.is_object());
    match selector {
        None => {
            errors.push(FieldError::required("spec.selector", ""));
            errors.push(FieldError::invalid(
                "spec.template.metadata.labels",
                shown_labels(object),
                "`selector` does not match template `labels`",
            ));
        }
        Some(selector) => {
            label_selector(selector, "spec.selector", errors);
            if is_empty(selector) {
                errors.push(FieldError::invalid(
                    "spec.selector",
                    selector.clone(),
                    "empty selector is invalid for statefulset",
                ));
            }
            let labels = meta::text_map(object, &["spec", "template", "metadata", "labels"]);
            if !is_empty(selector) && !picks(selector, &labels) {
                errors.push(FieldError::invalid(
                    "spec.template.metadata.labels",
                    shown_labels(object),
                    "`selector` does not match template `labels`",
                ));
            }
        }
    }
    stateful_template(object, errors);
    if let Some(old) = old {
        stateful_changes(object, old, errors);
    }
}

/// The template may mount claims of the claim templates, which are no volumes of its own.
fn stateful_template(object: &Value, errors: &mut Errors) {
    let mut with_claims = object.clone();
    let claims: Vec<Value> = meta::items(object, &["spec", "volumeClaimTemplates"])
        .iter()
        .map(|claim| serde_json::json!({"name": meta::name(claim), "emptyDir": {}}))
        .collect();
    if !claims.is_empty()
        && let Some(spec) = meta::at_mut(&mut with_claims, &["spec", "template", "spec"])
    {
        let mut volumes = meta::items(spec, &["volumes"]).to_vec();
        let own: Vec<String> =
            volumes.iter().map(|volume| meta::text(volume, &["name"]).to_owned()).collect();
        volumes.extend(
            claims.into_iter().filter(|claim| !own.iter().any(|name| name == meta::text(claim, &["name"]))),
        );
        meta::set(spec, "volumes", Value::Array(volumes));
    }
    template(&with_claims, &["Always"], errors);
}

fn stateful_changes(new: &Value, old: &Value, errors: &mut Errors) {
    const FREE: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
        "revisionHistoryLimit",
    ];
    let fixed = |object: &Value| {
        let mut spec = object.get("spec").cloned().unwrap_or_default();
        for key in FREE {
            meta::remove(&mut spec, key);
        }
        // an empty list and none are the same
        if meta::items(&spec, &["volumeClaimTemplates"]).is_empty() {
            meta::remove(&mut spec, "volumeClaimTemplates");
        }
        spec
    };
    if fixed(new) != fixed(old) {
        errors.push(FieldError::forbidden(
            "spec",
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ));
    }
}

pub(super) fn daemon_set(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    let selector = meta::at(object, &["spec", "selector"]).filter(|selector| selector.is_object()).cloned();
    if let Some(selector) = &selector {
        label_selector(selector, "spec.selector", errors);
    }
    let labels = meta::text_map(object, &["spec", "template", "metadata", "labels"]);
    let matches = selector.as_ref().is_some_and(|selector| picks(selector, &labels));
    if !matches {
        errors.push(FieldError::invalid(
            "spec.template.metadata.labels",
            shown_labels(object),
            "`selector` does not match template `labels`",
        ));
    }
    if selector.as_ref().is_some_and(is_empty) {
        errors.push(FieldError::invalid(
            "spec.selector",
            selector.unwrap_or_default(),
            "empty selector is invalid for daemonset",
        ));
    }
    template(object, &["Always"], errors);
    at_least_zero(object, &["spec", "minReadySeconds"], errors);
    match meta::text(object, &["spec", "updateStrategy", "type"]) {
        "OnDelete" => {}
        "RollingUpdate" => {
            let update =
                meta::at(object, &["spec", "updateStrategy", "rollingUpdate"]).cloned().unwrap_or_default();
            daemon_rolling_update(&update, errors);
        }
        _ => errors.push(FieldError::not_supported(
            "spec.updateStrategy",
            strategy_value(meta::at(object, &["spec", "updateStrategy"]).unwrap_or(&Value::Null)),
            &["RollingUpdate", "OnDelete"],
        )),
    }
    at_least_zero(object, &["spec", "revisionHistoryLimit"], errors);
    if let Some(old) = old {
        unchanged(object, old, &["spec", "selector"], errors);
    }
}

fn daemon_rolling_update(update: &Value, errors: &mut Errors) {
    const FIELD: &str = "spec.updateStrategy.rollingUpdate";
    let unavailable = update.get("maxUnavailable").cloned().unwrap_or_default();
    let surge = update.get("maxSurge").cloned().unwrap_or_default();
    number_or_percent(&unavailable, &format!("{FIELD}.maxUnavailable"), errors);
    number_or_percent(&surge, &format!("{FIELD}.maxSurge"), errors);
    match (share(&unavailable).1, share(&surge).1) {
        (0, 0) => errors
            .push(FieldError::required(format!("{FIELD}.maxUnavailable"), "cannot be 0 when maxSurge is 0")),
        (a, b) if a != 0 && b != 0 => errors.push(FieldError::invalid(
            format!("{FIELD}.maxSurge"),
            surge,
            "may not be set when maxUnavailable is non-zero",
        )),
        _ => {}
    }
}
