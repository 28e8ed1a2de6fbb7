//! Defaults of pods and pod templates.

use serde_json::{Map, Value, json};

use super::{default_absent, default_number, default_text, each, within};
use crate::meta;

/// Defaults of a pod spec.
pub(crate) fn pod_spec(spec: &mut Value) {
    default_text(spec, "dnsPolicy", "ClusterFirst");
    default_text(spec, "restartPolicy", "Always");
    default_text(spec, "schedulerName", "default-scheduler");
    default_absent(spec, "terminationGracePeriodSeconds", 30);
    default_absent(spec, "securityContext", json!({}));
    // the account has an older name that is kept the same
    let account = meta::text(spec, &["serviceAccountName"]).to_owned();
    let older = meta::text(spec, &["serviceAccount"]).to_owned();
    if account.is_empty() && !older.is_empty() {
        meta::set(spec, "serviceAccountName", older);
    } else if !account.is_empty() {
        meta::set(spec, "serviceAccount", account);
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        each(spec, &[list], container);
    }
    each(spec, &["volumes"], volume);
}

/// Defaults of pods that their templates do not get.
pub(super) fn pod_only(spec: &mut Value) {
    default_absent(spec, "enableServiceLinks", true);
    let host_network = spec.get("hostNetwork").and_then(Value::as_bool).unwrap_or(false);
    for list in ["containers", "initContainers"] {
        each(spec, &[list], |container| {
            within(container, &["resources"], fill_requests);
            if host_network {
                each(container, &["ports"], |port| {
                    let number = port.get("containerPort").and_then(Value::as_i64).unwrap_or_default();
                    default_number(port, "hostPort", number);
                });
            }
        });
    }
    within(spec, &["resources"], fill_requests);
}

fn container(container: &mut Value) {
    let image = meta::text(container, &["image"]).to_owned();
    if meta::text(container, &["imagePullPolicy"]).is_empty() {
        let latest = !image.contains('@')
            && match image.rsplit('/').next().and_then(|last| last.split_once(':')) {
                Some((_, tag)) => tag == "latest",
                None => true,
            };
        meta::set(container, "imagePullPolicy", if latest { "Always" } else { "IfNotPresent" });
    }
    default_text(container, "terminationMessagePath", "/dev/termination-log");
    default_text(container, "terminationMessagePolicy", "File");
    default_absent(container, "resources", json!({}));
    each(container, &["ports"], |port| default_text(port, "protocol", "TCP"));
    for probe_name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        within(container, &[probe_name], probe);
    }
    for hook in ["postStart", "preStop"] {
        within(container, &["lifecycle", hook, "httpGet"], http_get);
    }
    each(container, &["env"], |variable| {
        within(variable, &["valueFrom", "fieldRef"], |field| default_text(field, "apiVersion", "v1"));
    });
}

/// Limits without requests are requests too.
fn fill_requests(resources: &mut Value) {
    let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned() else { return };
    let mut requests = resources.get("requests").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut added = false;
    for (name, value) in limits {
        if !requests.contains_key(&name) {
            requests.insert(name, value);
            added = true;
        }
    }
    if added {
        requests.sort_keys();
        meta::set(resources, "requests", Value::Object(requests));
    }
}

fn probe(probe: &mut Value) {
    default_number(probe, "timeoutSeconds", 1);
    default_number(probe, "periodSeconds", 10);
    default_number(probe, "successThreshold", 1);
    default_number(probe, "failureThreshold", 3);
    within(probe, &["httpGet"], http_get);
    within(probe, &["grpc"], |grpc| default_absent(grpc, "service", ""));
}

fn http_get(get: &mut Value) {
    default_text(get, "path", "/");
    default_text(get, "scheme", "HTTP");
}

fn volume(volume: &mut Value) {
    const SOURCES: usize = 1;
    if volume.as_object().map_or(0, Map::len) <= SOURCES {
        meta::set(volume, "emptyDir", json!({}));
    }
    for (source, mode) in [("secret", 420), ("configMap", 420), ("downwardAPI", 420), ("projected", 420)] {
        within(volume, &[source], |source| default_absent(source, "defaultMode", mode));
    }
    each(volume, &["downwardAPI", "items"], field_reference);
    each(volume, &["projected", "sources"], |source| {
        within(source, &["serviceAccountToken"], |token| default_absent(token, "expirationSeconds", 3600));
        each(source, &["downwardAPI", "items"], field_reference);
    });
    within(volume, &["hostPath"], |path| default_absent(path, "type", ""));
    within(volume, &["iscsi"], |iscsi| default_text(iscsi, "iscsiInterface", "default"));
    within(volume, &["rbd"], |rbd| {
        for (key, value) in [("pool", "rbd"), ("user", "admin"), ("keyring", "/etc/ceph/keyring")] {
            default_text(rbd, key, value);
        }
    });
    within(volume, &["azureDisk"], |disk| {
        default_absent(disk, "cachingMode", "ReadWrite");
        default_absent(disk, "kind", "Shared");
        default_absent(disk, "fsType", "ext4");
        default_absent(disk, "readOnly", false);
    });
    within(volume, &["scaleIO"], |scale| {
        default_text(scale, "storageMode", "ThinProvisioned");
        default_text(scale, "fsType", "xfs");
    });
    within(volume, &["ephemeral", "volumeClaimTemplate", "spec"], |spec| {
        default_absent(spec, "volumeMode", "Filesystem")
    });
    within(volume, &["image"], |image| {
        let latest = !meta::text(image, &["reference"]).contains(':')
            || meta::text(image, &["reference"]).ends_with(":latest");
        default_text(image, "pullPolicy", if latest { "Always" } else { "IfNotPresent" });
    });
}

fn field_reference(item: &mut Value) {
    within(item, &["fieldRef"], |field| default_text(field, "apiVersion", "v1"));
}

/// The one address of a pod, and of its host, is the first of its list; where they differ it counts.
pub(super) fn addresses(status: &mut Value) {
    for (one, list) in [("podIP", "podIPs"), ("hostIP", "hostIPs")] {
        let single = meta::text(status, &[one]).to_owned();
        let first = meta::items(status, &[list]).first().map(|first| meta::text(first, &["ip"]).to_owned());
        match first {
            Some(first) if single.is_empty() => meta::set(status, one, first),
            Some(first) if first == single => {}
            _ if single.is_empty() => {}
            _ => meta::set(status, list, json!([{"ip": single}])),
        }
    }
}
