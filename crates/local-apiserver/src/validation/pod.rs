//! Pods, pod templates and their containers.

use serde_json::Value;
use wheelhouse_objects::Quantity;

use super::volumes::volumes;
use super::{Errors, not_negative, number, one_of, one_of_optional, port_number, port_reference};
use crate::field::{FieldError, Problem};
use crate::{meta, names};

pub(super) fn pod(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = object.get("spec").cloned().unwrap_or_default();
    if let Some(old) = old {
        pod_changes(object, old, errors);
        return;
    }
    pod_spec(&spec, "spec", errors);
}

/// What may change of a pod once it exists.
fn pod_changes(new: &Value, old: &Value, errors: &mut Errors) {
    let fixed = |object: &Value| {
        let mut spec = object.get("spec").cloned().unwrap_or_default();
        for list in ["containers", "initContainers"] {
            for container in
                meta::at_mut(&mut spec, &[list]).and_then(Value::as_array_mut).into_iter().flatten()
            {
                meta::remove(container, "image");
            }
        }
        for key in
            ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"]
        {
            meta::remove(&mut spec, key);
        }
        if !meta::items(old, &["spec", "schedulingGates"]).is_empty() {
            meta::remove(&mut spec, "nodeSelector");
            meta::remove(&mut spec, "affinity");
        }
        spec
    };
    for list in ["containers", "initContainers"] {
        let containers = meta::items(new, &["spec", list]);
        if containers.len() != meta::items(old, &["spec", list]).len() {
            let field = format!("spec.{list}");
            errors.push(FieldError::forbidden(field, "pod updates may not add or remove containers"));
            return;
        }
        for (index, container) in containers.iter().enumerate() {
            if meta::text(container, &["image"]).is_empty() {
                errors.push(FieldError::required(format!("spec.{list}[{index}].image"), ""));
            }
        }
    }
    let before = number(old, &["spec", "activeDeadlineSeconds"]);
    let now = number(new, &["spec", "activeDeadlineSeconds"]);
    match (before, now) {
        (Some(before), Some(now)) if now > before => errors.push(FieldError::invalid(
            "spec.activeDeadlineSeconds",
            now,
            "must be less than or equal to previous value",
        )),
        (Some(before), None) => errors.push(FieldError::invalid(
            "spec.activeDeadlineSeconds",
            before,
            "must not update from a positive integer to nil value",
        )),
        _ => {}
    }
    let tolerations = meta::items(new, &["spec", "tolerations"]);
    if meta::items(old, &["spec", "tolerations"]).iter().any(|toleration| !tolerations.contains(toleration)) {
        errors.push(FieldError::forbidden(
            "spec.tolerations",
            "existing toleration can not be modified except its tolerationSeconds",
        ));
    }
    if fixed(new) != fixed(old) {
        let spec = |object: &Value| object.get("spec").cloned().unwrap_or_default();
        let difference = crate::inner::pod_spec_difference(&spec(old), &with_free_fields(spec(new), old));
        errors.push(FieldError::forbidden("spec", format!("{UPDATABLE}\n{difference}")));
    }
}

const UPDATABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// A new spec with what may change taken from the old object, so that only the rest differs.
fn with_free_fields(mut spec: Value, old: &Value) -> Value {
    for list in ["containers", "initContainers"] {
        let before = meta::items(old, &["spec", list]);
        let containers = meta::at_mut(&mut spec, &[list]).and_then(Value::as_array_mut);
        for (container, before) in containers.into_iter().flatten().zip(before) {
            meta::set(container, "image", meta::text(before, &["image"]).to_owned());
        }
    }
    for key in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        match meta::at(old, &["spec", key]) {
            Some(value) => meta::set(&mut spec, key, value.clone()),
            None => {
                meta::remove(&mut spec, key);
            }
        }
    }
    spec
}

/// A template at a path, with its labels.
pub(super) fn template(object: &Value, path: &[&str], field: &str, errors: &mut Errors) {
    let mut labels = path.to_vec();
    labels.extend(["metadata", "labels"]);
    errors.extend(super::metadata::labels(object, &labels, &format!("{field}.metadata.labels")));
    let spec = meta::at(object, path).and_then(|template| template.get("spec")).cloned().unwrap_or_default();
    pod_spec(&spec, &format!("{field}.spec"), errors);
    if !meta::items(&spec, &["ephemeralContainers"]).is_empty() {
        errors.push(FieldError::forbidden(
            format!("{field}.spec.ephemeralContainers"),
            "ephemeral containers not allowed in pod template",
        ));
    }
}

fn pod_spec(spec: &Value, field: &str, errors: &mut Errors) {
    let volume_names = volumes(spec, field, errors);
    let mut seen: Vec<String> = Vec::new();
    let main = meta::items(spec, &["containers"]);
    if main.is_empty() {
        errors.push(FieldError::required(format!("{field}.containers"), ""));
    }
    for (index, one) in main.iter().enumerate() {
        container(
            one,
            &format!("{field}.containers[{index}]"),
            Place::Main,
            &volume_names,
            &mut seen,
            errors,
        );
    }
    host_ports(main, &format!("{field}.containers"), errors);
    for (index, one) in meta::items(spec, &["initContainers"]).iter().enumerate() {
        let place = if meta::text(one, &["restartPolicy"]) == "Always" { Place::Main } else { Place::Init };
        container(one, &format!("{field}.initContainers[{index}]"), place, &volume_names, &mut seen, errors);
    }
    one_of(
        spec,
        &["restartPolicy"],
        &format!("{field}.restartPolicy"),
        &["Always", "OnFailure", "Never"],
        errors,
    );
    one_of(
        spec,
        &["dnsPolicy"],
        &format!("{field}.dnsPolicy"),
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
        errors,
    );
    for (key, value) in meta::text_map(spec, &["nodeSelector"]) {
        for why in names::qualified_name(&key) {
            errors.push(FieldError::invalid(format!("{field}.nodeSelector"), key.clone(), why));
        }
        for why in names::label_value(&value) {
            errors.push(FieldError::invalid(format!("{field}.nodeSelector"), value.clone(), why));
        }
    }
    let account = meta::text(spec, &["serviceAccountName"]);
    if !account.is_empty() {
        for why in names::subdomain(account) {
            errors.push(FieldError::invalid(format!("{field}.serviceAccountName"), account, why));
        }
    }
    let node = meta::text(spec, &["nodeName"]);
    if !node.is_empty() {
        for why in names::subdomain(node) {
            errors.push(FieldError::invalid(format!("{field}.nodeName"), node, why));
        }
    }
    if let Some(seconds) = number(spec, &["activeDeadlineSeconds"])
        && !(1..=i64::from(i32::MAX)).contains(&seconds)
    {
        errors.push(FieldError::invalid(
            format!("{field}.activeDeadlineSeconds"),
            seconds,
            "must be between 1 and 2147483647, inclusive",
        ));
    }
    for (key, check) in [("hostname", names::label as fn(&str) -> Vec<String>), ("subdomain", names::label)] {
        let value = meta::text(spec, &[key]);
        if !value.is_empty() {
            for why in check(value) {
                errors.push(FieldError::invalid(format!("{field}.{key}"), value, why));
            }
        }
    }
    tolerations(spec, field, errors);
    spread(spec, field, errors);
    affinity(spec, field, errors);
}

fn tolerations(spec: &Value, field: &str, errors: &mut Errors) {
    for (index, toleration) in meta::items(spec, &["tolerations"]).iter().enumerate() {
        let field = format!("{field}.tolerations[{index}]");
        let text = |key: &str| meta::text(toleration, &[key]);
        if !text("key").is_empty() {
            for why in names::qualified_name(text("key")) {
                errors.push(FieldError::invalid(format!("{field}.key"), text("key"), why));
            }
        } else if text("operator") != "Exists" {
            errors.push(FieldError::invalid(
                format!("{field}.operator"),
                text("operator"),
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            ));
        }
        if number(toleration, &["tolerationSeconds"]).is_some() && text("effect") != "NoExecute" {
            errors.push(FieldError::invalid(
                format!("{field}.effect"),
                text("effect"),
                "effect must be 'NoExecute' when `tolerationSeconds` is set",
            ));
        }
        match text("operator") {
            "" | "Equal" => {
                for why in names::label_value(text("value")) {
                    errors.push(FieldError::invalid(format!("{field}.operator"), text("value"), why));
                }
            }
            "Exists" => {
                if !text("value").is_empty() {
                    errors.push(FieldError::invalid(
                        format!("{field}.operator"),
                        toleration.clone(),
                        "value must be empty when `operator` is 'Exists'",
                    ));
                }
            }
            other => errors.push(FieldError::not_supported(
                format!("{field}.operator"),
                other,
                &["Equal", "Exists"],
            )),
        }
        if !text("effect").is_empty() {
            let allowed = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            one_of_optional(toleration, &["effect"], &format!("{field}.effect"), &allowed, errors);
        }
    }
}

fn spread(spec: &Value, field: &str, errors: &mut Errors) {
    for (index, constraint) in meta::items(spec, &["topologySpreadConstraints"]).iter().enumerate() {
        let field = format!("{field}.topologySpreadConstraints[{index}]");
        let skew = number(constraint, &["maxSkew"]).unwrap_or_default();
        if skew <= 0 {
            errors.push(FieldError::invalid(format!("{field}.maxSkew"), skew, "must be greater than zero"));
        }
        let key = meta::text(constraint, &["topologyKey"]);
        if key.is_empty() {
            errors.push(FieldError::required(format!("{field}.topologyKey"), "can not be empty"));
        }
        let action = meta::text(constraint, &["whenUnsatisfiable"]);
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            errors.push(FieldError::not_supported(
                format!("{field}.whenUnsatisfiable"),
                action,
                &["DoNotSchedule", "ScheduleAnyway"],
            ));
        }
        if let Some(selector) = constraint.get("labelSelector").filter(|selector| selector.is_object()) {
            super::selector::label_selector(selector, &format!("{field}.labelSelector"), errors);
        }
    }
}

fn affinity(spec: &Value, field: &str, errors: &mut Errors) {
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let node = ["affinity", "nodeAffinity", required];
    if let Some(terms) = meta::at(spec, &node).filter(|terms| terms.is_object()) {
        let field = format!("{field}.affinity.nodeAffinity.{required}.nodeSelectorTerms");
        if meta::items(terms, &["nodeSelectorTerms"]).is_empty() {
            errors.push(FieldError::required(field, "must have at least one node selector term"));
        }
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        for (index, term) in meta::items(spec, &["affinity", kind, required]).iter().enumerate() {
            if meta::text(term, &["topologyKey"]).is_empty() {
                let field = format!("{field}.affinity.{kind}.{required}[{index}].topologyKey");
                errors.push(FieldError::required(field.clone(), "can not be empty"));
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Main,
    Init,
}

fn container(
    one: &Value,
    field: &str,
    place: Place,
    volumes: &[String],
    seen: &mut Vec<String>,
    errors: &mut Errors,
) {
    let name = meta::text(one, &["name"]);
    if name.is_empty() {
        errors.push(FieldError::required(format!("{field}.name"), ""));
    } else {
        for why in names::label(name) {
            errors.push(FieldError::invalid(format!("{field}.name"), name, why));
        }
        if seen.iter().any(|other| other == name) {
            errors.push(FieldError::duplicate(format!("{field}.name"), name));
        }
        seen.push(name.to_owned());
    }
    let image = meta::text(one, &["image"]);
    if image.is_empty() {
        errors.push(FieldError::required(format!("{field}.image"), ""));
    } else if image.trim() != image {
        errors.push(FieldError::invalid(
            format!("{field}.image"),
            image,
            "must not have leading or trailing whitespace",
        ));
    }
    one_of(
        one,
        &["terminationMessagePolicy"],
        &format!("{field}.terminationMessagePolicy"),
        &["File", "FallbackToLogsOnError"],
        errors,
    );
    ports(one, field, errors);
    environment(one, field, errors);
    mounts(one, field, volumes, errors);
    one_of(
        one,
        &["imagePullPolicy"],
        &format!("{field}.imagePullPolicy"),
        &["Always", "IfNotPresent", "Never"],
        errors,
    );
    resources(one.get("resources"), &format!("{field}.resources"), errors);
    for (key, allowed) in
        [("livenessProbe", true), ("readinessProbe", true), ("startupProbe", true), ("lifecycle", true)]
    {
        let Some(given) = one.get(key).filter(|given| given.is_object()) else { continue };
        if place == Place::Init && allowed {
            errors.push(FieldError::forbidden(
                format!("{field}.{key}"),
                "may not be set for init containers without restartPolicy=Always",
            ));
        } else if key == "lifecycle" {
            for hook in ["postStart", "preStop"] {
                if let Some(handler) = given.get(hook).filter(|handler| handler.is_object()) {
                    action(handler, &format!("{field}.lifecycle.{hook}"), errors);
                }
            }
        } else {
            probe(given, &format!("{field}.{key}"), key, errors);
        }
    }
}

fn host_ports(containers: &[Value], field: &str, errors: &mut Errors) {
    let mut taken: Vec<String> = Vec::new();
    for (at, container) in containers.iter().enumerate() {
        for (index, port) in meta::items(container, &["ports"]).iter().enumerate() {
            let host = number(port, &["hostPort"]).unwrap_or_default();
            if host == 0 {
                continue;
            }
            let text =
                format!("{}/{}/{host}", meta::text(port, &["protocol"]), meta::text(port, &["hostIP"]));
            if taken.contains(&text) {
                errors.push(FieldError::duplicate(
                    format!("{field}[{at}].ports[{index}].hostPort"),
                    text.clone(),
                ));
            }
            taken.push(text);
        }
    }
}

fn ports(container: &Value, field: &str, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for (index, port) in meta::items(container, &["ports"]).iter().enumerate() {
        let field = format!("{field}.ports[{index}]");
        let name = meta::text(port, &["name"]);
        if !name.is_empty() {
            let wrong = names::port_name(name);
            if wrong.is_empty() {
                if seen.contains(&name) {
                    errors.push(FieldError::duplicate(format!("{field}.name"), name));
                }
                seen.push(name);
            }
            for why in wrong {
                errors.push(FieldError::invalid(format!("{field}.name"), name, why));
            }
        }
        let given = number(port, &["containerPort"]).unwrap_or_default();
        if given == 0 {
            errors.push(FieldError::required(format!("{field}.containerPort"), ""));
        } else if let Some(why) = port_number(given) {
            errors.push(FieldError::invalid(format!("{field}.containerPort"), given, why));
        }
        let host = number(port, &["hostPort"]).unwrap_or_default();
        if let Some(why) = port_number(host).filter(|_| host != 0) {
            errors.push(FieldError::invalid(format!("{field}.hostPort"), host, why));
        }
        one_of(port, &["protocol"], &format!("{field}.protocol"), &["SCTP", "TCP", "UDP"], errors);
    }
}

fn environment(container: &Value, field: &str, errors: &mut Errors) {
    for (index, variable) in meta::items(container, &["env"]).iter().enumerate() {
        let field = format!("{field}.env[{index}]");
        let name = meta::text(variable, &["name"]);
        if name.is_empty() {
            errors.push(FieldError::required(format!("{field}.name"), ""));
        } else {
            for why in names::environment_name(name) {
                errors.push(FieldError::invalid(format!("{field}.name"), name, why));
            }
        }
        let Some(from) = variable.get("valueFrom").filter(|from| from.is_object()) else { continue };
        let sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
        let given: Vec<&str> =
            sources.into_iter().filter(|key| from.get(*key).is_some_and(Value::is_object)).collect();
        if given.is_empty() {
            errors.push(FieldError::invalid(
                format!("{field}.valueFrom"),
                "",
                "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
            ));
        }
        if !meta::text(variable, &["value"]).is_empty() && !given.is_empty() {
            errors.push(FieldError::invalid(
                format!("{field}.valueFrom"),
                "",
                "may not be specified when `value` is not empty",
            ));
        } else if given.len() > 1 {
            errors.push(FieldError::invalid(
                format!("{field}.valueFrom"),
                "",
                "may not have more than one field specified at a time",
            ));
        }
        for key in ["configMapKeyRef", "secretKeyRef"] {
            let Some(reference) = from.get(key).filter(|reference| reference.is_object()) else { continue };
            if meta::text(reference, &["name"]).is_empty() {
                errors.push(FieldError::required(format!("{field}.valueFrom.{key}.name"), ""));
            }
            let place = format!("{field}.valueFrom.{key}.key");
            match meta::text(reference, &["key"]) {
                "" => errors.push(FieldError::required(place, "")),
                name => {
                    for why in names::config_key(name) {
                        errors.push(FieldError::invalid(place.clone(), name, why));
                    }
                }
            }
        }
    }
}

fn mounts(container: &Value, field: &str, volumes: &[String], errors: &mut Errors) {
    let mut paths: Vec<&str> = Vec::new();
    for (index, mount) in meta::items(container, &["volumeMounts"]).iter().enumerate() {
        let field = format!("{field}.volumeMounts[{index}]");
        let name = meta::text(mount, &["name"]);
        if name.is_empty() {
            errors.push(FieldError::required(format!("{field}.name"), ""));
        }
        if !volumes.iter().any(|volume| volume == name) {
            errors.push(FieldError::not_found(format!("{field}.name"), name));
        }
        let path = meta::text(mount, &["mountPath"]);
        if path.is_empty() {
            errors.push(FieldError::required(format!("{field}.mountPath"), ""));
        }
        if paths.contains(&path) {
            errors.push(FieldError::invalid(format!("{field}.mountPath"), path, "must be unique"));
        }
        paths.push(path);
        let sub = meta::text(mount, &["subPath"]);
        if sub.starts_with('/') {
            errors.push(FieldError::invalid(format!("{field}.subPath"), sub, "must be a relative path"));
        }
        if sub.split('/').any(|part| part == "..") {
            errors.push(FieldError::invalid(format!("{field}.subPath"), sub, "must not contain '..'"));
        }
    }
}

pub(super) fn resources(resources: Option<&Value>, field: &str, errors: &mut Errors) {
    let Some(resources) = resources else { return };
    let amounts = |kind: &str| meta::text_map(resources, &[kind]);
    let limits = amounts("limits");
    for (kind, list) in [("limits", &limits), ("requests", &amounts("requests"))] {
        for (name, text) in list {
            let field = format!("{field}.{kind}");
            let known = matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage")
                || name.starts_with("hugepages-");
            if !known && !name.contains('/') {
                errors.push(FieldError::invalid(
                    format!("{field}[{name}]"),
                    name.clone(),
                    "must be a standard resource type or fully qualified",
                ));
                errors.push(FieldError::invalid(
                    format!("{field}[{name}]"),
                    name.clone(),
                    "must be a standard resource for containers",
                ));
            }
            let Some(amount) = Quantity::parse(text) else { continue };
            if amount.nanos() < 0 {
                errors.push(FieldError::invalid(
                    format!("{field}[{name}]"),
                    text.clone(),
                    "must be greater than or equal to 0",
                ));
            }
            if !known && name.contains('/') && !amount.is_whole() {
                errors.push(FieldError::invalid(
                    format!("{field}[{name}]"),
                    text.clone(),
                    "must be an integer",
                ));
            }
            if kind == "requests" {
                let limit = limits.iter().find(|(other, _)| other == name).map(|(_, text)| text);
                let overcommit = known && !name.starts_with("hugepages-");
                match limit.map(|text| (Quantity::parse(text), text)) {
                    Some((Some(limit), shown)) => {
                        if !overcommit && amount != limit {
                            errors.push(FieldError::invalid(
                                field.clone(),
                                text.clone(),
                                format!("must be equal to {name} limit of {shown}"),
                            ));
                        } else if amount > limit {
                            errors.push(FieldError::invalid(
                                field.clone(),
                                text.clone(),
                                format!("must be less than or equal to {name} limit of {shown}"),
                            ));
                        }
                    }
                    None if !overcommit => {
                        errors.push(FieldError::required(
                            format!("{}.limits", field.trim_end_matches(".requests")),
                            "Limit must be set for non overcommitable resources",
                        ));
                    }
                    _ => {}
                }
            }
        }
    }
}

fn probe(probe: &Value, field: &str, key: &str, errors: &mut Errors) {
    action(probe, field, errors);
    for number in
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
    {
        not_negative(probe, &[number], &format!("{field}.{number}"), errors);
    }
    let successes = number(probe, &["successThreshold"]).unwrap_or(1);
    if key != "readinessProbe" && successes != 1 {
        errors.push(FieldError::invalid(format!("{field}.successThreshold"), successes, "must be 1"));
    }
    if let Some(grace) = number(probe, &["terminationGracePeriodSeconds"]) {
        if key == "readinessProbe" {
            errors.push(FieldError::invalid(
                format!("{field}.terminationGracePeriodSeconds"),
                grace,
                "must not be set for readinessProbes",
            ));
        } else if grace <= 0 {
            errors.push(FieldError::invalid(
                format!("{field}.terminationGracePeriodSeconds"),
                grace,
                "must be greater than 0",
            ));
        }
    }
}

fn action(handler: &Value, field: &str, errors: &mut Errors) {
    let mut count = 0;
    for key in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let Some(given) = handler.get(key).filter(|given| given.is_object()) else { continue };
        count += 1;
        if count > 1 {
            errors.push(FieldError::forbidden(
                format!("{field}.{key}"),
                "may not specify more than 1 handler type",
            ));
            continue;
        }
        let field = format!("{field}.{key}");
        match key {
            "exec" if meta::items(given, &["command"]).is_empty() => {
                errors.push(FieldError::required(format!("{field}.command"), ""))
            }
            "httpGet" => {
                if meta::text(given, &["path"]).is_empty() {
                    errors.push(FieldError::required(format!("{field}.path"), ""));
                }
                port_reference(given.get("port"), &format!("{field}.port"), errors);
                one_of(given, &["scheme"], &format!("{field}.scheme"), &["HTTP", "HTTPS"], errors);
            }
            "tcpSocket" | "grpc" => port_reference(given.get("port"), &format!("{field}.port"), errors),
            _ => {}
        }
    }
    if count == 0 {
        errors.push(FieldError {
            field: field.to_owned(),
            problem: Problem::Required("must specify a handler type".to_owned()),
        });
    }
}
