//! `local status`: whether the cluster runs, and how its nodes are.

use serde_json::{Value, json};
use wheelhouse_cluster::resources::{NODE, POD};
use wheelhouse_cluster::{Cluster, ListOptions, metadata};
use wheelhouse_local::{Error, Running};

use super::{failure, state};
use crate::arguments::{LocalOutput, LocalStatus};
use crate::commands::Failure;
use crate::printer::Printer;
use crate::table::table;

/// What is told of a node.
struct Node {
    name: String,
    ready: bool,
    instance_type: String,
    gpus: String,
    pods: usize,
}

/// Prints how the cluster is; fails where none runs.
pub(super) fn run(options: &LocalStatus, printer: Printer) -> Result<(), Failure> {
    let state = state(&options.place)?;
    let running = Running::on(&state).ok_or_else(|| failure(&Error::NotRunning(state.clone())))?;
    let client = running.client(&state).map_err(|error| failure(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let nodes = runtime.block_on(nodes(&client))?;
    printer.data(match options.place.output {
        LocalOutput::Json => format!("{}\n", as_json(&running, &nodes)),
        LocalOutput::Text => as_text(&running, &nodes),
    });
    Ok(())
}

async fn nodes(client: &Cluster) -> Result<Vec<Node>, Failure> {
    let all = ListOptions::default();
    let pods = client.list(&POD, None, &all).await?;
    let text = |object: &Value, path: &str| {
        object
            .pointer(path)
            .map_or_else(String::new, |value| value.as_str().map_or(value.to_string(), str::to_owned))
    };
    let nodes = client.list(&NODE, None, &all).await?;
    let told = nodes.iter().map(|node| {
        let name = metadata::name(node).to_owned();
        let conditions = node.pointer("/status/conditions").and_then(Value::as_array);
        let ready = conditions
            .into_iter()
            .flatten()
            .any(|condition| text(condition, "/type") == "Ready" && text(condition, "/status") == "True");
        let over = |pod: &&Value| matches!(&*text(pod, "/status/phase"), "Succeeded" | "Failed");
        let pods = pods.iter().filter(|pod| text(pod, "/spec/nodeName") == name && !over(pod)).count();
        let gpus = text(node, "/status/capacity/nvidia.com~1gpu");
        let product = text(node, "/metadata/labels/nvidia.com~1gpu.product");
        Node {
            ready,
            instance_type: text(node, "/metadata/labels/node.kubernetes.io~1instance-type"),
            gpus: if gpus.is_empty() { "-".to_owned() } else { format!("{gpus} {product}") },
            pods,
            name,
        }
    });
    Ok(told.collect())
}

fn as_json(running: &Running, nodes: &[Node]) -> Value {
    let nodes: Vec<Value> = nodes
        .iter()
        .map(|node| {
            json!({"name": node.name, "ready": node.ready, "instanceType": node.instance_type,
                   "gpus": node.gpus, "pods": node.pods})
        })
        .collect();
    json!({"running": running, "nodes": nodes})
}

fn as_text(running: &Running, nodes: &[Node]) -> String {
    let ready = |time: Option<u64>| time.map_or_else(|| "not yet".to_owned(), |time| format!("in {time} ms"));
    let facts = [
        ["process".to_owned(), running.pid.to_string()],
        ["server".to_owned(), running.server.clone()],
        ["kubeconfig".to_owned(), running.kubeconfig.display().to_string()],
        ["API ready".to_owned(), ready(running.api_ready_ms)],
        ["nodes ready".to_owned(), ready(running.nodes_ready_ms)],
    ];
    let mut rows = vec![["NODE", "STATUS", "INSTANCE TYPE", "GPUS", "PODS"].map(str::to_owned)];
    rows.extend(nodes.iter().map(|node| {
        let status = if node.ready { "Ready" } else { "NotReady" };
        [
            node.name.clone(),
            status.to_owned(),
            node.instance_type.clone(),
            node.gpus.clone(),
            node.pods.to_string(),
        ]
    }));
    let facts = table(&facts, 0);
    if nodes.is_empty() { format!("{facts}\n") } else { format!("{facts}\n\n{}\n", table(&rows, 0)) }
}
