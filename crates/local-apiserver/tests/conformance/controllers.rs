//! What controllers and scheduler make of objects, held against those of a real control plane.
//!
//! The cases of `controllers/*.txt` have the form of the others; a step `SHOW PATH…` lists collections and
//! shows what controllers decide of their objects. A show is repeated until it is as recorded, so that
//! nothing depends on how long a controller takes. There is no kubelet in either cluster: a small stand-in
//! keeps two nodes ready and runs every pod at once.
//!
//! - `CONFORMANCE_CONTROLLERS_KUBECONFIG=FILE` plays them against another control plane.
//! - `CONFORMANCE_RECORD=1` writes what is shown there.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use wheelhouse_cluster::{Access, Cluster};
use wheelhouse_local_apiserver::Options;
use wheelhouse_local_controllers::{Controllers, Options as ControllerOptions};

use crate::client::Client;
use crate::transcript::{File, Step};

mod fleet;
mod shown;

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a real control plane must be at rest before what it shows is recorded.
const REST: Duration = Duration::from_secs(6);

pub(crate) async fn run() {
    let directory = tempfile::tempdir().unwrap();
    let cancel = CancellationToken::new();
    let external = std::env::var("CONFORMANCE_CONTROLLERS_KUBECONFIG").ok();
    let client = match &external {
        Some(path) => Client::from_kubeconfig(&std::fs::read_to_string(path).unwrap()),
        None => ours(directory.path(), &cancel).await,
    };
    let client = Arc::new(client);
    let fleet = fleet::start(client.clone()).await;
    let record = external.is_some() && std::env::var("CONFORMANCE_RECORD").is_ok();
    let only = std::env::var("CONFORMANCE_ONLY").unwrap_or_default();
    let mut file =
        File::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/controllers/cases.txt"));
    let run = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let (mut count, mut failed) = (0, 0);
    for (index, case) in file.cases.iter_mut().enumerate().filter(|(_, case)| case.name.contains(&only)) {
        count += 1;
        let namespace = format!("w-{index}-{}", run % 100_000_000);
        let mut differences = Vec::new();
        let body = json!({"metadata": {"name": namespace}});
        send(&client, "POST", "/api/v1/namespaces", Some(&body)).await;
        account_is_there(&client, &namespace).await;
        for step in &mut case.steps {
            let found = play(&client, step, &namespace, record).await;
            if record {
                step.answer = found;
            } else if found != step.answer {
                differences.push(format!("> {} {}", step.method, step.path));
                let wanted = step.answer.iter().filter(|line| !found.contains(line));
                differences.extend(wanted.map(|line| format!("  real {line}")));
                let other = found.iter().filter(|line| !step.answer.contains(line));
                differences.extend(other.map(|line| format!("  ours {line}")));
            }
        }
        send(&client, "DELETE", &format!("/api/v1/namespaces/{namespace}"), None).await;
        if !differences.is_empty() {
            failed += 1;
            eprintln!("--- {}\n{}", case.name, differences.join("\n"));
        }
    }
    if record {
        file.write();
    }
    fleet.abort();
    cancel.cancel();
    println!("{count} cases of controllers, {failed} with differences");
    assert_eq!(failed, 0, "{failed} of {count} cases went differently");
}

/// A server of this crate with controllers, in this process.
async fn ours(directory: &Path, cancel: &CancellationToken) -> Client {
    let server = Options::new(directory).build().await.unwrap();
    let ready = server.ready().clone();
    tokio::spawn(server.run(cancel.clone()));
    let authority = Some(ready.authority_pem.clone().into_bytes());
    let cluster = Cluster::new(&Access::with_token(&ready.url, authority, &ready.admin_token)).unwrap();
    let options = ControllerOptions {
        authority: Some(ready.authority_pem.clone()),
        volumes: Some(directory.join("volumes")),
    };
    tokio::spawn(Controllers::new(cluster, options).run(cancel.clone().cancelled_owned()));
    Client::from_kubeconfig(&ready.admin_kubeconfig)
}

/// Waits for the account that a controller makes in each namespace: pods are refused without.
async fn account_is_there(client: &Client, namespace: &str) {
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/default");
    let begun = Instant::now();
    while send(client, "GET", &path, None).await.0 != 200 {
        assert!(begun.elapsed() < PATIENCE, "{namespace} gets no account");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Sends a request; the answer's code and body.
async fn send(client: &Client, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let media = match method {
        "PATCH" => "application/merge-patch+json",
        _ => "application/json",
    };
    let headers = vec![("Content-Type".to_owned(), media.to_owned())];
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let answer = client.send(method, path, &headers, body).await;
    (answer.code, serde_json::from_slice(&answer.body).unwrap_or_default())
}

async fn play(client: &Client, step: &Step, namespace: &str, record: bool) -> Vec<String> {
    let fill = |text: &str| text.replace("$ns", namespace);
    if step.method != "SHOW" {
        let text = fill(&step.body.join("\n"));
        let body = (!text.is_empty()).then(|| crate::runner::yaml(&text));
        let (code, answer) = send(client, &step.method, &fill(&step.path), body.as_ref()).await;
        assert!(code < 300, "{} {}: {code} {answer}", step.method, step.path);
        return vec![code.to_string()];
    }
    let begun = Instant::now();
    let (mut last, mut since) = (Vec::new(), Instant::now());
    loop {
        let found = show(client, &fill(&step.path), namespace).await;
        if found != last {
            (last, since) = (found, Instant::now());
        }
        let done = if record { since.elapsed() > REST } else { last == step.answer };
        if done || begun.elapsed() > PATIENCE {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn show(client: &Client, paths: &str, namespace: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for path in paths.split(' ') {
        let (_, list) = send(client, "GET", path, None).await;
        let kind = list["kind"].as_str().unwrap_or_default().trim_end_matches("List").to_owned();
        let mut found: Vec<String> = list["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|object| format!("{kind} {}", shown::shown(&kind, object, namespace)))
            .collect();
        found.sort();
        lines.extend(found);
    }
    lines
}

/// The object of these keys and values that are there.
fn object(pairs: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let given = pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(given.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}
