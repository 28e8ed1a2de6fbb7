//! Two nodes without a kubelet: kept ready, and every pod on them runs at once.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::send;
use crate::client::Client;

const NODES: [&str; 2] = ["n1", "n2"];
/// A pod with this annotation ends at once: well, or with the word `fail`, badly.
const ENDS: &str = "test/ends";

/// Makes the nodes and keeps them and their pods going.
pub(super) async fn start(client: Arc<Client>) -> JoinHandle<()> {
    for name in NODES {
        let labels = json!({"kubernetes.io/hostname": name, "zone": name, "kubernetes.io/os": "linux"});
        let node = json!({"metadata": {"name": name, "labels": labels}});
        send(&client, "POST", "/api/v1/nodes", Some(&node)).await;
        ready(&client, name).await;
        // who takes this off when a node gets ready is not there in every control plane
        let untainted = json!({"spec": {"taints": null}});
        send(&client, "PATCH", &format!("/api/v1/nodes/{name}"), Some(&untainted)).await;
    }
    tokio::spawn(async move {
        for round in 0_u64.. {
            if round % 40 == 0 {
                for name in NODES {
                    ready(&client, name).await;
                    lease(&client, name).await;
                }
            }
            let (_, pods) = send(&client, "GET", "/api/v1/pods", None).await;
            for pod in pods["items"].as_array().into_iter().flatten() {
                run(&client, pod).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
}

async fn ready(client: &Client, name: &str) {
    let (_, node) = send(client, "GET", &format!("/api/v1/nodes/{name}"), None).await;
    let since = node["metadata"]["creationTimestamp"].clone();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let amounts = json!({"cpu": "4", "memory": "8Gi", "pods": "110", "nvidia.com/gpu": "1"});
    let status = json!({"status": {"capacity": amounts, "allocatable": amounts,
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "",
            "lastHeartbeatTime": now, "lastTransitionTime": since}]}});
    send(client, "PATCH", &format!("/api/v1/nodes/{name}/status"), Some(&status)).await;
}

async fn lease(client: &Client, name: &str) {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let spec = json!({"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": now});
    let path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    let (code, _) = send(client, "PATCH", &format!("{path}/{name}"), Some(&json!({ "spec": spec }))).await;
    if code == 404 {
        let body = json!({"metadata": {"name": name}, "spec": spec});
        send(client, "POST", path, Some(&body)).await;
    }
}

async fn run(client: &Client, pod: &Value) {
    let text = |path: &str| pod.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let path = format!("/api/v1/namespaces/{}/pods/{}", text("/metadata/namespace"), text("/metadata/name"));
    if !text("/metadata/deletionTimestamp").is_empty() {
        let options = json!({"gracePeriodSeconds": 0});
        send(client, "DELETE", &path, Some(&options)).await;
        return;
    }
    let ends = pod["metadata"]["annotations"][ENDS].as_str().unwrap_or_default();
    if text("/spec/nodeName").is_empty() || text("/status/phase") != "Pending" {
        return;
    }
    let now = text("/metadata/creationTimestamp");
    let (phase, is_ready) = match ends {
        "" => ("Running", "True"),
        "fail" => ("Failed", "False"),
        _ => ("Succeeded", "False"),
    };
    let code = i32::from(ends == "fail");
    let state = if ends.is_empty() {
        json!({"running": {"startedAt": now}})
    } else {
        json!({"terminated": {"exitCode": code, "startedAt": now, "finishedAt": now, "reason": "Done"}})
    };
    let containers: Vec<Value> = pod["spec"]["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|container| {
            json!({"name": container["name"], "image": container["image"], "imageID": "i", "restartCount": 0,
                "ready": ends.is_empty(), "started": ends.is_empty(), "state": state})
        })
        .collect();
    let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": now});
    let mut conditions = vec![condition("Ready", is_ready), condition("ContainersReady", is_ready)];
    let others = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions.extend(others.filter(|c| c["type"] == "PodScheduled").cloned());
    // an address of its own for each pod
    let number =
        text("/metadata/uid").bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
    let address = format!("10.88.{}.{}", number % 250 + 1, number / 250 % 250 + 1);
    let status = json!({"status": {"phase": phase, "startTime": now, "conditions": conditions,
        "containerStatuses": containers, "podIP": address, "podIPs": [{"ip": address}]}});
    send(client, "PATCH", &format!("{path}/status"), Some(&status)).await;
}
