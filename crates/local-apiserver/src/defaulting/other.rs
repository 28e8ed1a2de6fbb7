//! Defaults of services, volumes, policies and the rest.

use serde_json::{Value, json};

use super::{default_absent, default_number, default_text, each, within};
use crate::meta;

pub(super) fn apply(group: &str, plural: &str, object: &mut Value) {
    match (group, plural) {
        ("", "services") => within(object, &["spec"], service),
        ("", "endpoints") => each(object, &["subsets"], |subset| {
            each(subset, &["ports"], |port| default_text(port, "protocol", "TCP"));
        }),
        ("", "namespaces") => namespace(object),
        ("", "secrets") => {
            plain_secrets(object);
            default_text(object, "type", "Opaque");
        }
        ("", "persistentvolumes") => within(object, &["spec"], |spec| {
            default_text(spec, "persistentVolumeReclaimPolicy", "Retain");
            default_absent(spec, "volumeMode", "Filesystem");
            within(spec, &["hostPath"], |path| default_absent(path, "type", ""));
        }),
        ("", "persistentvolumeclaims") => {
            within(object, &["spec"], |spec| default_absent(spec, "volumeMode", "Filesystem"))
        }
        ("", "limitranges") => each(object, &["spec", "limits"], limit),
        ("", "nodes") => within(object, &["status"], |status| {
            if let Some(capacity) = status.get("capacity").cloned() {
                default_absent(status, "allocatable", capacity);
            }
        }),
        ("networking.k8s.io", "networkpolicies") => within(object, &["spec"], network_policy),
        ("networking.k8s.io", "ingressclasses") => {
            within(object, &["spec", "parameters"], |parameters| {
                default_absent(parameters, "scope", "Cluster")
            });
        }
        ("storage.k8s.io", "storageclasses") => {
            default_absent(object, "reclaimPolicy", "Delete");
            default_absent(object, "volumeBindingMode", "Immediate");
        }
        ("storage.k8s.io", "csidrivers") => within(object, &["spec"], csi_driver),
        ("autoscaling", "horizontalpodautoscalers") => within(object, &["spec"], autoscaler),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            within(object, &["roleRef"], |role| default_text(role, "apiGroup", "rbac.authorization.k8s.io"));
            each(object, &["subjects"], |subject| {
                if matches!(meta::text(subject, &["kind"]), "User" | "Group") {
                    default_text(subject, "apiGroup", "rbac.authorization.k8s.io");
                }
            });
        }
        ("discovery.k8s.io", "endpointslices") => each(object, &["ports"], |port| {
            default_absent(port, "name", "");
            default_absent(port, "protocol", "TCP");
        }),
        ("scheduling.k8s.io", "priorityclasses") => {
            default_absent(object, "preemptionPolicy", "PreemptLowerPriority")
        }
        (
            "admissionregistration.k8s.io",
            "validatingwebhookconfigurations" | "mutatingwebhookconfigurations",
        ) => {
            each(object, &["webhooks"], |hook| webhook(hook, plural.starts_with("mutating")));
        }
        ("admissionregistration.k8s.io", "validatingadmissionpolicies" | "mutatingadmissionpolicies") => {
            within(object, &["spec"], |spec| {
                default_absent(spec, "failurePolicy", "Fail");
                within(spec, &["matchConstraints"], match_resources);
            });
        }
        ("admissionregistration.k8s.io", _) => within(object, &["spec", "matchResources"], match_resources),
        ("apiextensions.k8s.io", "customresourcedefinitions") => crate::custom::default_definition(object),
        ("apiregistration.k8s.io", "apiservices") => {
            within(object, &["spec", "service"], |service| default_absent(service, "port", 443));
        }
        ("flowcontrol.apiserver.k8s.io", "flowschemas") => {
            within(object, &["spec"], |spec| default_number(spec, "matchingPrecedence", 1000));
        }
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations") => {
            within(object, &["spec"], priority_level)
        }
        ("certificates.k8s.io", "certificatesigningrequests") => {}
        _ => {}
    }
}

fn service(spec: &mut Value) {
    default_text(spec, "sessionAffinity", "None");
    if meta::text(spec, &["sessionAffinity"]) == "None" {
        meta::remove(spec, "sessionAffinityConfig");
    } else if meta::text(spec, &["sessionAffinity"]) == "ClientIP" {
        default_absent(spec, "sessionAffinityConfig", json!({"clientIP": {"timeoutSeconds": 10800}}));
    }
    default_text(spec, "type", "ClusterIP");
    let kind = meta::text(spec, &["type"]).to_owned();
    each(spec, &["ports"], |port| {
        default_text(port, "protocol", "TCP");
        let target = port.get("targetPort").cloned().unwrap_or(json!(0));
        if (target == json!(0) || target == json!(""))
            && let Some(number) = port.get("port").cloned()
        {
            meta::set(port, "targetPort", number);
        }
    });
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        default_text(spec, "externalTrafficPolicy", "Cluster");
    }
    if kind != "ExternalName" {
        default_absent(spec, "internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        default_absent(spec, "allocateLoadBalancerNodePorts", true);
    }
}

/// Plain text of a secret is kept encoded like the rest.
fn plain_secrets(object: &mut Value) {
    let Some(Value::Object(plain)) = meta::remove(object, "stringData") else { return };
    if let Some(data) = meta::map_mut(object, "data") {
        for (key, value) in plain {
            let encoded = base64::Engine::encode(
                &base64::engine::general_purpose::STANDARD,
                value.as_str().unwrap_or_default(),
            );
            data.insert(key, encoded.into());
        }
        data.sort_keys();
    }
}

fn namespace(object: &mut Value) {
    let name = meta::name(object).to_owned();
    if !name.is_empty()
        && let Some(metadata) = meta::map_mut(object, "metadata")
    {
        let labels = metadata.entry("labels".to_owned()).or_insert_with(|| json!({}));
        meta::set(labels, "kubernetes.io/metadata.name", name);
    }
    within(object, &["status"], |status| default_text(status, "phase", "Active"));
}

fn limit(limit: &mut Value) {
    if meta::text(limit, &["type"]) != "Container" {
        return;
    }
    let resources =
        |limit: &Value, key: &str| limit.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut defaults = resources(limit, "default");
    for (name, value) in resources(limit, "max") {
        defaults.entry(name).or_insert(value);
    }
    let mut requests = resources(limit, "defaultRequest");
    for (name, value) in defaults.iter() {
        requests.entry(name.clone()).or_insert(value.clone());
    }
    for (name, value) in resources(limit, "min") {
        requests.entry(name).or_insert(value);
    }
    for (key, values) in [("default", defaults), ("defaultRequest", requests)] {
        if !values.is_empty() {
            meta::set(limit, key, Value::Object(values));
        }
    }
}

fn network_policy(spec: &mut Value) {
    let egress = !meta::items(spec, &["egress"]).is_empty();
    meta::default(
        spec,
        "policyTypes",
        if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) },
    );
    for direction in ["ingress", "egress"] {
        each(spec, &[direction], |rule| {
            each(rule, &["ports"], |port| default_absent(port, "protocol", "TCP"));
        });
    }
}

fn csi_driver(spec: &mut Value) {
    default_absent(spec, "attachRequired", true);
    for key in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
        default_absent(spec, key, false);
    }
    default_absent(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
    meta::default(spec, "volumeLifecycleModes", json!(["Persistent"]));
}

fn autoscaler(spec: &mut Value) {
    default_absent(spec, "minReplicas", 1);
    if spec.get("targetCPUUtilizationPercentage").is_none()
        && spec.get("metrics").is_none_or(|m| m == &json!([]) || m.is_null())
    {
        meta::set(
            spec,
            "metrics",
            json!([{"type": "Resource", "resource": {"name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": 80}}}]),
        );
    }
    within(spec, &["behavior"], |behavior| {
        default_absent(behavior, "scaleUp", json!({}));
        default_absent(behavior, "scaleDown", json!({}));
        within(behavior, &["scaleUp"], |rules| {
            default_absent(rules, "stabilizationWindowSeconds", 0);
            default_absent(rules, "selectPolicy", "Max");
            default_absent(
                rules,
                "policies",
                json!([
                    {"type": "Pods", "value": 4, "periodSeconds": 15},
                    {"type": "Percent", "value": 100, "periodSeconds": 15}
                ]),
            );
        });
        within(behavior, &["scaleDown"], |rules| {
            default_absent(rules, "selectPolicy", "Max");
            default_absent(
                rules,
                "policies",
                json!([{"type": "Percent", "value": 100, "periodSeconds": 15}]),
            );
        });
    });
}

fn webhook(hook: &mut Value, mutating: bool) {
    default_absent(hook, "failurePolicy", "Fail");
    default_absent(hook, "matchPolicy", "Equivalent");
    default_absent(hook, "namespaceSelector", json!({}));
    default_absent(hook, "objectSelector", json!({}));
    default_absent(hook, "timeoutSeconds", 10);
    if mutating {
        default_absent(hook, "reinvocationPolicy", "Never");
    }
    each(hook, &["rules"], |rule| default_absent(rule, "scope", "*"));
    within(hook, &["clientConfig", "service"], |service| default_absent(service, "port", 443));
}

fn match_resources(resources: &mut Value) {
    default_absent(resources, "matchPolicy", "Equivalent");
    default_absent(resources, "namespaceSelector", json!({}));
    default_absent(resources, "objectSelector", json!({}));
    for list in ["resourceRules", "excludeResourceRules"] {
        each(resources, &[list], |rule| default_absent(rule, "scope", "*"));
    }
}

fn priority_level(spec: &mut Value) {
    within(spec, &["limited"], |limited| {
        default_absent(limited, "nominalConcurrencyShares", 30);
        default_absent(limited, "lendablePercent", 0);
        within(limited, &["limitResponse", "queuing"], |queuing| {
            default_number(queuing, "handSize", 8);
            default_number(queuing, "queues", 64);
            default_number(queuing, "queueLengthLimit", 50);
        });
    });
    within(spec, &["exempt"], |exempt| {
        default_absent(exempt, "nominalConcurrencyShares", 0);
        default_absent(exempt, "lendablePercent", 0);
    });
}
