//! Everything else: config maps, secrets, roles, budgets, autoscalers, quotas and more.

use serde_json::Value;
use wheelhouse_objects::Quantity;

use super::selector::label_selector;
use super::{Errors, not_negative, number, unchanged};
use crate::field::FieldError;
use crate::{meta, names};

/// Most bytes of a config map or secret.
const MOST_BYTES: usize = 1024 * 1024;

pub(super) fn check(group: &str, plural: &str, object: &Value, old: Option<&Value>, errors: &mut Errors) {
    match (group, plural) {
        ("", "configmaps") => config_map(object, old, errors),
        ("", "secrets") => secret(object, old, errors),
        ("", "resourcequotas") => quota(object, errors),
        ("", "events") => event(object, errors),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => {
            role(object, plural == "clusterroles", errors)
        }
        ("rbac.authorization.k8s.io", _) => binding(object, old, plural == "clusterrolebindings", errors),
        ("policy", "poddisruptionbudgets") => budget(object, errors),
        ("autoscaling", "horizontalpodautoscalers") => autoscaler(object, errors),
        ("scheduling.k8s.io", "priorityclasses") => priority_class(object, old, errors),
        ("coordination.k8s.io", "leases") => lease(object, errors),
        ("discovery.k8s.io", "endpointslices") => endpoint_slice(object, old, errors),
        ("networking.k8s.io", "ingressclasses") => ingress_class(object, old, errors),
        _ => {}
    }
}

fn config_map(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    if let Some(old) = old.filter(|old| old.get("immutable") == Some(&Value::Bool(true))) {
        immutable_data(object, old, &["data", "binaryData"], errors);
    }
    let mut size = 0;
    for list in ["data", "binaryData"] {
        for (key, value) in meta::text_map(object, &[list]) {
            for why in names::config_key(&key) {
                errors.push(FieldError::invalid(format!("{list}[{key}]"), key.clone(), why));
            }
            if list == "binaryData" && meta::at(object, &["data", &key]).is_some() {
                errors.push(FieldError::invalid(
                    format!("data[{key}]"),
                    key.clone(),
                    "duplicate of key present in binaryData",
                ));
            }
            size += value.len();
        }
    }
    if size > MOST_BYTES {
        errors.push(FieldError::too_long("", MOST_BYTES));
    }
}

fn immutable_data(new: &Value, old: &Value, lists: &[&str], errors: &mut Errors) {
    const WHY: &str = "field is immutable when `immutable` is set";
    if new.get("immutable") != Some(&Value::Bool(true)) {
        errors.push(FieldError::forbidden("immutable", WHY));
    }
    for list in lists {
        if meta::text_map(new, &[list]) != meta::text_map(old, &[list]) {
            errors.push(FieldError::forbidden(*list, WHY));
        }
    }
}

fn secret(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    if let Some(old) = old {
        unchanged(object, old, &["type"], errors);
        if old.get("immutable") == Some(&Value::Bool(true)) {
            immutable_data(object, old, &["data"], errors);
        }
    }
    let data = meta::text_map(object, &["data"]);
    let mut size = 0;
    for (key, value) in &data {
        for why in names::config_key(key) {
            errors.push(FieldError::invalid(format!("data[{key}]"), key.clone(), why));
        }
        size += value.len() / 4 * 3;
    }
    if size > MOST_BYTES {
        errors.push(FieldError::too_long("data", MOST_BYTES));
    }
    let has = |key: &str| data.iter().any(|(name, _)| name == key);
    let mut need = |key: &str| {
        if !has(key) {
            errors.push(FieldError::required(format!("data[{key}]"), ""));
        }
    };
    match meta::text(object, &["type"]) {
        "kubernetes.io/service-account-token" => {
            let path = ["metadata", "annotations", "kubernetes.io/service-account.name"];
            if meta::text(object, &path).is_empty() {
                errors.push(FieldError::required(
                    "metadata.annotations[kubernetes.io/service-account.name]",
                    "",
                ));
            }
        }
        "kubernetes.io/tls" => {
            need("tls.crt");
            need("tls.key");
        }
        "kubernetes.io/dockerconfigjson" => docker_config(&data, ".dockerconfigjson", errors),
        "kubernetes.io/dockercfg" => docker_config(&data, ".dockercfg", errors),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            errors.push(FieldError::required("data[username]", ""));
            errors.push(FieldError::required("data[password]", ""));
        }
        "kubernetes.io/ssh-auth" => {
            let empty = data
                .iter()
                .find(|(name, _)| name == "ssh-privatekey")
                .is_none_or(|(_, value)| value.is_empty());
            if empty {
                errors.push(FieldError::required("data[ssh-privatekey]", ""));
            }
        }
        _ => {}
    }
}

fn docker_config(data: &[(String, String)], key: &str, errors: &mut Errors) {
    let Some((_, value)) = data.iter().find(|(name, _)| name == key) else {
        errors.push(FieldError::required(format!("data[{key}]"), ""));
        return;
    };
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, value).unwrap_or_default();
    if let Err(error) = serde_json::from_slice::<Value>(&bytes) {
        let why = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(first) if !error.is_eof() => {
                format!("invalid character '{}' looking for beginning of value", char::from(*first))
            }
            _ => "unexpected end of JSON input".to_owned(),
        };
        errors.push(FieldError::invalid(format!("data[{key}]"), "<secret contents redacted>", why));
    }
}

fn quota(object: &Value, errors: &mut Errors) {
    for (name, text) in meta::text_map(object, &["spec", "hard"]) {
        let field = format!("spec.hard[{name}]");
        let Some(amount) = Quantity::parse(&text) else { continue };
        if amount.nanos() < 0 {
            errors.push(FieldError::invalid(field, text, "must be greater than or equal to 0"));
        } else if !amount.is_whole() && (name.starts_with("count/") || name == "pods") {
            errors.push(FieldError::invalid(field, text, "must be an integer"));
        }
    }
}

fn event(object: &Value, errors: &mut Errors) {
    let involved = meta::text(object, &["involvedObject", "namespace"]);
    let own = meta::namespace(object);
    let expected = if involved.is_empty() { "default" } else { involved };
    if own != expected && !(involved.is_empty() && own == "kube-system") {
        errors.push(FieldError::invalid(
            "involvedObject.namespace",
            involved,
            "does not match event.namespace",
        ));
    }
}

fn role(object: &Value, cluster: bool, errors: &mut Errors) {
    for (index, rule) in meta::items(object, &["rules"]).iter().enumerate() {
        let field = format!("rules[{index}]");
        let list = |key: &str| meta::items(rule, &[key]);
        if list("verbs").is_empty() {
            errors.push(FieldError::required(
                format!("{field}.verbs"),
                "verbs must contain at least one value",
            ));
        }
        if !list("nonResourceURLs").is_empty() {
            if !cluster {
                let given = rule.get("nonResourceURLs").cloned().unwrap_or_default();
                errors.push(FieldError::invalid(
                    format!("{field}.nonResourceURLs"),
                    given,
                    "namespaced rules cannot apply to non-resource URLs",
                ));
            }
            if ["apiGroups", "resources", "resourceNames"].iter().any(|key| !list(key).is_empty()) {
                let given = rule.get("nonResourceURLs").cloned().unwrap_or_default();
                errors.push(FieldError::invalid(
                    format!("{field}.nonResourceURLs"),
                    given,
                    "rules cannot apply to both regular resources and non-resource URLs",
                ));
            }
            continue;
        }
        if list("apiGroups").is_empty() {
            errors.push(FieldError::required(
                format!("{field}.apiGroups"),
                "resource rules must supply at least one api group",
            ));
        }
        if list("resources").is_empty() {
            errors.push(FieldError::required(
                format!("{field}.resources"),
                "resource rules must supply at least one resource",
            ));
        }
    }
}

fn binding(object: &Value, old: Option<&Value>, cluster: bool, errors: &mut Errors) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    let role = object.get("roleRef").cloned().unwrap_or_default();
    let group = meta::text(&role, &["apiGroup"]);
    if group != GROUP {
        errors.push(FieldError::not_supported("roleRef.apiGroup", group, &[GROUP]));
    }
    let kind = meta::text(&role, &["kind"]);
    let kinds: &[&str] = if cluster { &["ClusterRole"] } else { &["Role", "ClusterRole"] };
    if !kinds.contains(&kind) {
        errors.push(FieldError::not_supported("roleRef.kind", kind, kinds));
    }
    let name = meta::text(&role, &["name"]);
    if name.is_empty() {
        errors.push(FieldError::required("roleRef.name", ""));
    } else {
        for why in names::path_segment(name) {
            errors.push(FieldError::invalid("roleRef.name", name, why));
        }
    }
    for (index, subject) in meta::items(object, &["subjects"]).iter().enumerate() {
        let field = format!("subjects[{index}]");
        let text = |key: &str| meta::text(subject, &[key]);
        if text("name").is_empty() {
            errors.push(FieldError::required(format!("{field}.name"), ""));
        }
        match text("kind") {
            "ServiceAccount" => {
                if !text("name").is_empty() {
                    for why in names::subdomain(text("name")) {
                        errors.push(FieldError::invalid(format!("{field}.name"), text("name"), why));
                    }
                }
                if !text("apiGroup").is_empty() {
                    errors.push(FieldError::not_supported(
                        format!("{field}.apiGroup"),
                        text("apiGroup"),
                        &[""],
                    ));
                }
                if text("namespace").is_empty() && cluster {
                    errors.push(FieldError::required(format!("{field}.namespace"), ""));
                }
            }
            "User" | "Group" => {
                if text("apiGroup") != GROUP {
                    errors.push(FieldError::not_supported(
                        format!("{field}.apiGroup"),
                        text("apiGroup"),
                        &[GROUP],
                    ));
                }
            }
            other => errors.push(FieldError::not_supported(
                format!("{field}.kind"),
                other,
                &["ServiceAccount", "User", "Group"],
            )),
        }
    }
    if let Some(old) = old
        && old.get("roleRef") != object.get("roleRef")
    {
        let shown = serde_json::json!({"APIGroup": group, "Kind": kind, "Name": name});
        errors.push(FieldError::invalid("roleRef", shown, "cannot change roleRef"));
    }
}

fn budget(object: &Value, errors: &mut Errors) {
    let given = |key: &str| meta::at(object, &["spec", key]).filter(|value| !value.is_null());
    if given("minAvailable").is_some() && given("maxUnavailable").is_some() {
        let spec = serde_json::json!({
            "MinAvailable": given("minAvailable"), "Selector": given("selector"),
            "MaxUnavailable": given("maxUnavailable"), "UnhealthyPodEvictionPolicy": null
        });
        errors.push(FieldError::invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
    }
    for key in ["minAvailable", "maxUnavailable"] {
        not_negative(object, &["spec", key], &format!("spec.{key}"), errors);
    }
    if let Some(selector) = given("selector") {
        label_selector(selector, "spec.selector", errors);
    }
}

fn autoscaler(object: &Value, errors: &mut Errors) {
    let least = number(object, &["spec", "minReplicas"]);
    if let Some(least) = least.filter(|least| *least < 1) {
        errors.push(FieldError::invalid("spec.minReplicas", least, "must be greater than or equal to 1"));
    }
    let most = number(object, &["spec", "maxReplicas"]).unwrap_or_default();
    if most == 0 {
        errors.push(FieldError::required("spec.maxReplicas", "must be set and greater than 0"));
    } else if most < 0 {
        errors.push(FieldError::invalid("spec.maxReplicas", most, "must be greater than or equal to 1"));
    }
    if least.is_some_and(|least| most < least) {
        errors.push(FieldError::invalid(
            "spec.maxReplicas",
            most,
            "must be greater than or equal to `minReplicas`",
        ));
    }
    for key in ["kind", "name"] {
        if meta::text(object, &["spec", "scaleTargetRef", key]).is_empty() {
            errors.push(FieldError::required(format!("spec.scaleTargetRef.{key}"), ""));
        }
    }
    let version = meta::text(object, &["spec", "scaleTargetRef", "apiVersion"]);
    match version.matches('/').count() {
        0 => errors.push(FieldError::invalid(
            "spec.scaleTargetRef.apiVersion",
            version,
            "apiVersion must specify API group",
        )),
        1 => {}
        _ => errors.push(FieldError::invalid(
            "spec.scaleTargetRef.apiVersion",
            version,
            format!("unexpected GroupVersion string: {version}"),
        )),
    }
    let scales_to_zero = meta::items(object, &["spec", "metrics"])
        .iter()
        .any(|metric| matches!(meta::text(metric, &["type"]), "Object" | "External"));
    if least == Some(0) && !scales_to_zero {
        errors.push(FieldError::forbidden(
            "spec.metrics",
            "must specify at least one Object or External metric to support scaling to zero replicas",
        ));
    }
}

fn priority_class(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    let value = number(object, &["value"]).unwrap_or_default();
    let name = meta::name(object);
    let system = name.starts_with("system-");
    if system && !matches!(name, "system-cluster-critical" | "system-node-critical") {
        errors.push(FieldError::forbidden(
            "metadata.name",
            "priority class names with 'system-' prefix are reserved for system use only. error: ".to_owned()
                + name
                + " is not a known system priority class",
        ));
    }
    if !system && value > 1_000_000_000 {
        errors.push(FieldError::forbidden(
            "value",
            "maximum allowed value of a user defined priority is 1000000000",
        ));
    }
    if let Some(old) = old {
        if object.get("value") != old.get("value") {
            errors.push(FieldError::forbidden("value", "may not be changed in an update."));
        }
        unchanged(object, old, &["preemptionPolicy"], errors);
    }
}

fn lease(object: &Value, errors: &mut Errors) {
    if let Some(seconds) = number(object, &["spec", "leaseDurationSeconds"]).filter(|seconds| *seconds <= 0) {
        errors.push(FieldError::invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0"));
    }
    not_negative(object, &["spec", "leaseTransitions"], "spec.leaseTransitions", errors);
}

fn endpoint_slice(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    let kind = meta::text(object, &["addressType"]);
    if kind.is_empty() {
        errors.push(FieldError::required("addressType", ""));
    } else if !matches!(kind, "IPv4" | "IPv6" | "FQDN") {
        errors.push(FieldError::not_supported("addressType", kind, &["FQDN", "IPv4", "IPv6"]));
    }
    for (index, endpoint) in meta::items(object, &["endpoints"]).iter().enumerate() {
        let addresses = meta::items(endpoint, &["addresses"]);
        if addresses.is_empty() {
            errors.push(FieldError::required(
                format!("endpoints[{index}].addresses"),
                "must contain at least 1 address",
            ));
        }
    }
    if let Some(old) = old {
        unchanged(object, old, &["addressType"], errors);
    }
}

fn ingress_class(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    if let Some(old) = old {
        unchanged(object, old, &["spec", "controller"], errors);
    } else if meta::text(object, &["spec", "controller"]).is_empty() {
        errors.push(FieldError::required("spec.controller", ""));
    }
}
