//! Services, ingresses and network policies.

use serde_json::Value;

use super::selector::label_selector;
use super::{Errors, number, one_of, one_of_optional, port_number, port_reference};
use crate::field::FieldError;
use crate::{meta, names};

pub(super) fn service(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    let kind = meta::text(object, &["spec", "type"]);
    let address = meta::text(object, &["spec", "clusterIP"]);
    let headless = address == "None";
    let ports = meta::items(object, &["spec", "ports"]);
    match kind {
        "ClusterIP" | "NodePort" | "LoadBalancer" => {
            if ports.is_empty() && !headless {
                errors.push(FieldError::required("spec.ports", ""));
            }
            if headless && kind != "ClusterIP" {
                errors.push(FieldError::invalid(
                    "spec.clusterIPs[0]",
                    "None",
                    format!("may not be set to 'None' for {kind} services"),
                ));
            }
        }
        "ExternalName" => {
            if !address.is_empty() {
                errors.push(FieldError::forbidden(
                    "spec.clusterIPs",
                    "may not be set for ExternalName services",
                ));
            }
            let name = meta::text(object, &["spec", "externalName"]);
            let trimmed = name.strip_suffix('.').unwrap_or(name);
            if trimmed.is_empty() {
                errors.push(FieldError::required("spec.externalName", ""));
            } else {
                for why in names::subdomain(trimmed) {
                    errors.push(FieldError::invalid("spec.externalName", trimmed, why));
                }
            }
        }
        _ => {}
    }
    let mut seen_names: Vec<&str> = Vec::new();
    let mut seen_ports: Vec<(i64, &str)> = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let field = format!("spec.ports[{index}]");
        service_port(port, &field, ports.len() > 1, headless, &mut seen_names, errors);
        let pair = (number(port, &["port"]).unwrap_or_default(), meta::text(port, &["protocol"]));
        if seen_ports.contains(&pair) {
            let value = serde_json::json!({
                "Name": "", "Protocol": pair.1, "AppProtocol": null, "Port": pair.0, "TargetPort": 0, "NodePort": 0
            });
            errors.push(FieldError::duplicate(field, value));
        }
        seen_ports.push(pair);
        let node = number(port, &["nodePort"]).unwrap_or_default();
        if kind == "ClusterIP" && node != 0 {
            let had = old.is_some_and(|old| meta::text(old, &["spec", "type"]) != "ClusterIP");
            if !had {
                errors.push(FieldError::forbidden(
                    format!("spec.ports[{index}].nodePort"),
                    "may not be used when `type` is 'ClusterIP'",
                ));
            }
        }
    }
    for (key, value) in meta::text_map(object, &["spec", "selector"]) {
        for why in names::qualified_name(&key) {
            errors.push(FieldError::invalid("spec.selector", key.clone(), why));
        }
        for why in names::label_value(&value) {
            errors.push(FieldError::invalid("spec.selector", value.clone(), why));
        }
    }
    one_of(object, &["spec", "sessionAffinity"], "spec.sessionAffinity", &["ClientIP", "None"], errors);
    one_of(
        object,
        &["spec", "type"],
        "spec.type",
        &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"],
        errors,
    );
    one_of_optional(
        object,
        &["spec", "externalTrafficPolicy"],
        "spec.externalTrafficPolicy",
        &["Cluster", "Local"],
        errors,
    );
    one_of_optional(
        object,
        &["spec", "internalTrafficPolicy"],
        "spec.internalTrafficPolicy",
        &["Cluster", "Local"],
        errors,
    );
    one_of_optional(
        object,
        &["spec", "ipFamilyPolicy"],
        "spec.ipFamilyPolicy",
        &["SingleStack", "PreferDualStack", "RequireDualStack"],
        errors,
    );
    if let Some(old) = old {
        service_changes(object, old, errors);
    }
}

fn service_changes(new: &Value, old: &Value, errors: &mut Errors) {
    let (before, now) = (meta::text(old, &["spec", "clusterIP"]), meta::text(new, &["spec", "clusterIP"]));
    let external = [new, old].iter().any(|service| meta::text(service, &["spec", "type"]) == "ExternalName");
    if !before.is_empty() && !now.is_empty() && now != before && !external {
        let list = meta::at(new, &["spec", "clusterIPs"]).cloned().unwrap_or_default();
        errors.push(FieldError::invalid("spec.clusterIPs[0]", list, "may not change once set"));
    }
}

fn service_port<'a>(
    port: &'a Value,
    field: &str,
    several: bool,
    headless: bool,
    seen: &mut Vec<&'a str>,
    errors: &mut Errors,
) {
    let name = meta::text(port, &["name"]);
    if name.is_empty() && several {
        errors.push(FieldError::required(format!("{field}.name"), ""));
    } else if !name.is_empty() {
        for why in names::label(name) {
            errors.push(FieldError::invalid(format!("{field}.name"), name, why));
        }
        if seen.contains(&name) {
            errors.push(FieldError::duplicate(format!("{field}.name"), name));
        }
        seen.push(name);
    }
    let given = number(port, &["port"]).unwrap_or_default();
    if let Some(why) = port_number(given) {
        errors.push(FieldError::invalid(format!("{field}.port"), given, why));
    }
    one_of(port, &["protocol"], &format!("{field}.protocol"), &["SCTP", "TCP", "UDP"], errors);
    if !headless {
        port_reference(port.get("targetPort"), &format!("{field}.targetPort"), errors);
    }
}

pub(super) fn ingress(object: &Value, errors: &mut Errors) {
    let rules = meta::items(object, &["spec", "rules"]);
    let default = meta::at(object, &["spec", "defaultBackend"]).filter(|backend| backend.is_object());
    if rules.is_empty() && default.is_none() {
        errors.push(FieldError::invalid(
            "spec",
            Value::Null,
            "either `defaultBackend` or `rules` must be specified",
        ));
    }
    if let Some(default) = default {
        backend(default, "spec.defaultBackend", errors);
    }
    for (index, rule) in rules.iter().enumerate() {
        let field = format!("spec.rules[{index}]");
        let host = meta::text(rule, &["host"]);
        if !host.is_empty() {
            if host.parse::<std::net::IpAddr>().is_ok() {
                errors.push(FieldError::invalid(
                    format!("{field}.host"),
                    host,
                    "must be a DNS name, not an IP address",
                ));
            } else {
                for why in names::subdomain(host.strip_prefix("*.").unwrap_or(host)) {
                    errors.push(FieldError::invalid(format!("{field}.host"), host, why));
                }
            }
        }
        let Some(http) = rule.get("http").filter(|http| http.is_object()) else { continue };
        let paths = meta::items(http, &["paths"]);
        if paths.is_empty() {
            errors.push(FieldError::required(format!("{field}.http.paths"), ""));
        }
        for (at, path) in paths.iter().enumerate() {
            let field = format!("{field}.http.paths[{at}]");
            let text = meta::text(path, &["path"]);
            match meta::text(path, &["pathType"]) {
                "" => {
                    errors.push(FieldError::required(
                        format!("{field}.pathType"),
                        "pathType must be specified",
                    ));
                    continue;
                }
                "Exact" | "Prefix" => {
                    if !text.starts_with('/') {
                        errors.push(FieldError::invalid(
                            format!("{field}.path"),
                            text,
                            "must be an absolute path",
                        ));
                    }
                    for bad in ["//", "/./", "/../", "%2f", "%2F"] {
                        if text.contains(bad) {
                            errors.push(FieldError::invalid(
                                format!("{field}.path"),
                                text,
                                format!("must not contain '{bad}'"),
                            ));
                        }
                    }
                }
                "ImplementationSpecific" => {
                    if !text.is_empty() && !text.starts_with('/') {
                        errors.push(FieldError::invalid(
                            format!("{field}.path"),
                            text,
                            "must be an absolute path",
                        ));
                    }
                }
                other => errors.push(FieldError::not_supported(
                    format!("{field}.pathType"),
                    other,
                    &["Exact", "ImplementationSpecific", "Prefix"],
                )),
            }
            backend(path.get("backend").unwrap_or(&Value::Null), &format!("{field}.backend"), errors);
        }
    }
}

fn backend(backend: &Value, field: &str, errors: &mut Errors) {
    let resource = backend.get("resource").filter(|resource| resource.is_object());
    let service = backend.get("service").filter(|service| service.is_object());
    match (resource, service) {
        (Some(_), Some(_)) => {
            errors.push(FieldError::invalid(field, "", "cannot set both resource and service backends"))
        }
        (None, None) => errors.push(FieldError::required(field, "resource or service backend is required")),
        (None, Some(service)) => {
            let name = meta::text(service, &["name"]);
            if name.is_empty() {
                errors.push(FieldError::required(format!("{field}.service.name"), ""));
            } else {
                for why in names::label_1035(name) {
                    errors.push(FieldError::invalid(format!("{field}.service.name"), name, why));
                }
            }
            let port_name = meta::text(service, &["port", "name"]);
            let port = number(service, &["port", "number"]).unwrap_or_default();
            if !port_name.is_empty() && port != 0 {
                errors.push(FieldError::invalid(field, "", "cannot set both port name & port number"));
            } else if port_name.is_empty() {
                if port == 0 {
                    errors.push(FieldError::required(field, "port name or number is required"));
                } else if let Some(why) = port_number(port) {
                    errors.push(FieldError::invalid(format!("{field}.service.port.number"), port, why));
                }
            }
        }
        (Some(_), None) => {}
    }
}

pub(super) fn policy(object: &Value, errors: &mut Errors) {
    if let Some(selector) = meta::at(object, &["spec", "podSelector"]) {
        label_selector(selector, "spec.podSelector", errors);
    }
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in meta::items(object, &["spec", direction]).iter().enumerate() {
            for (at, peer) in meta::items(rule, &[peers]).iter().enumerate() {
                let field = format!("spec.{direction}[{index}].{peers}[{at}]");
                let has = |key: &str| peer.get(key).is_some_and(Value::is_object);
                if has("ipBlock") && (has("podSelector") || has("namespaceSelector")) {
                    errors
                        .push(FieldError::forbidden(field, "may not specify both ipBlock and another peer"));
                } else if !has("ipBlock") && !has("podSelector") && !has("namespaceSelector") {
                    errors.push(FieldError::required(field, "must specify a peer"));
                }
            }
            for (at, port) in meta::items(rule, &["ports"]).iter().enumerate() {
                let field = format!("spec.{direction}[{index}].ports[{at}]");
                one_of(port, &["protocol"], &format!("{field}.protocol"), &["SCTP", "TCP", "UDP"], errors);
                port_reference(port.get("port"), &format!("{field}.port"), errors);
            }
        }
    }
    for (index, kind) in meta::items(object, &["spec", "policyTypes"]).iter().enumerate() {
        if !matches!(kind.as_str(), Some("Ingress" | "Egress")) {
            errors.push(FieldError::not_supported(
                format!("spec.policyTypes[{index}]"),
                kind.clone(),
                &["Ingress", "Egress"],
            ));
        }
    }
}
