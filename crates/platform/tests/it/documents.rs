//! The user documents' two calls, word for word, lead to an answered request.

use crate::harness::Harness;
use serde_json::{Value, json};
use std::time::Instant;
use wheelhouse_cluster::{ListOptions, metadata, resources};

/// The create call of the user documents, as it stands there.
const CREATE: &str = include_str!("../../../cli/src/commands/demo/create.sh");

/// The deploy call of the user documents. There it breaks off with `...`; here the braces it leaves out are closed.
const DEPLOY: &str = include_str!("../../../cli/src/commands/demo/deploy.sh");

fn chart() -> Value {
    json!([
        {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "values", "namespace": "${NAMESPACE}" },
            "data": { "values": "${VALUES}" },
        },
        {
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "service-name", "namespace": "${NAMESPACE}" },
            "spec": { "selector": { "app": "a" }, "ports": [{ "name": "http", "port": 8001 }] },
        },
        {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a", "namespace": "${NAMESPACE}" },
            "spec": {
                "selector": { "matchLabels": { "app": "a" } },
                "template": {
                    "metadata": { "labels": { "app": "a" } },
                    "spec": { "containers": [{ "name": "c", "image": "i" }] },
                },
            },
        },
    ])
}

fn has_curl() -> bool {
    let found = std::process::Command::new("curl").arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: there is no curl");
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_documents_calls_to_an_answered_request() {
    if !has_curl() {
        return;
    }
    let harness = Harness::start().await;
    harness.push("inference-test", "1.0", &chart()).await;
    let started = Instant::now();
    let created: Value = serde_json::from_str(&harness.shell(CREATE, &[]).await).unwrap();
    eprintln!("create took {:?}", started.elapsed());
    let function = created["function"]["id"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    let version = created["function"]["versionId"].as_str().unwrap().to_owned();
    let ids = [("FUNCTION_ID", function.as_str()), ("FUNCTION_VERSION_ID", version.as_str())];

    let started = Instant::now();
    let deployed: Value = serde_json::from_str(&harness.shell(DEPLOY, &ids).await).unwrap();
    assert_eq!(deployed["deployment"]["functionStatus"], "DEPLOYING", "{deployed}");
    let path = format!("/v2/nvcf/functions/{function}/versions/{version}");
    harness
        .until("the function is active", async |harness| {
            let seen = harness.curl(&path).await;
            assert_ne!(
                seen["function"]["status"],
                "ERROR",
                "{}",
                harness.curl(&path.replace("/functions/", "/deployments/functions/")).await
            );
            seen["function"]["status"] == "ACTIVE"
        })
        .await;
    eprintln!("deploy to ACTIVE took {:?}", started.elapsed());

    // What the deploy call set has reached the chart's objects.
    let namespaces =
        harness.cluster.list(&resources::NAMESPACE, None, &ListOptions::default()).await.unwrap();
    let namespace =
        namespaces.iter().map(metadata::name).find(|name| name.starts_with("sr-")).unwrap().to_owned();
    let values =
        harness.cluster.get(&resources::CONFIG_MAP, Some(&namespace), "values").await.unwrap().unwrap();
    let values: Value = serde_json::from_str(values["data"]["values"].as_str().unwrap()).unwrap();
    assert_eq!(values["key_two"]["key_two_subkey_two"], "<value>");

    // A key that may only invoke, an answer through the gateway, by host and by the legacy path.
    let body = r#"{"authorizations":{"policies":[{"scopes":["invoke_function"]}]}}"#;
    let key = format!(
        "curl -s -X POST http://${{GATEWAY_ADDR}}/v1/keys -H \"Host: api.${{GATEWAY_ADDR}}\" -H \"Authorization: Bearer $NVCF_TOKEN\" -d '{body}'"
    );
    let key: Value = serde_json::from_str(&harness.shell(&key, &[]).await).unwrap();
    let key = key["value"].as_str().unwrap();
    let ids = [ids[0], ids[1], ("KEY", key)];
    let by_host = r#"curl -s "http://${GATEWAY_ADDR}/any/path" -H "Host: ${FUNCTION_ID}.invocation.${GATEWAY_ADDR}" -H "Authorization: Bearer $KEY" -d hello"#;
    assert_eq!(harness.shell(by_host, &ids).await, "/any/path got hello");
    let legacy = r#"curl -s -X POST "http://${GATEWAY_ADDR}/v2/nvcf/pexec/functions/${FUNCTION_ID}" -H "Authorization: Bearer $KEY" -d hello"#;
    assert_eq!(
        harness.shell(legacy, &ids).await,
        "/v2/models/model_name/versions/model_version/infer got hello"
    );

    // The envelope of `exec`, with a short-lived token of that key, which opens nothing else.
    let body = r#"{"clientId":"someone"}"#;
    let token = format!(
        "curl -s -X POST \"http://${{GATEWAY_ADDR}}/v2/nvcf/tokens/functions/${{FUNCTION_ID}}\" -H \"Authorization: Bearer $KEY\" -d '{body}'"
    );
    let token: Value = serde_json::from_str(&harness.shell(&token, &ids).await).unwrap();
    let ids = [ids[0], ids[1], ("KEY", token["access_token"].as_str().unwrap())];
    assert_eq!(harness.shell(by_host, &ids).await, "/any/path got hello");
    let body = r#"{"requestHeader":{"pollDurationSeconds":30},"requestBody":{"a":1}}"#;
    let envelope = format!(
        "curl -s -X POST \"http://${{GATEWAY_ADDR}}/v2/nvcf/exec/functions/${{FUNCTION_ID}}\" -H \"Authorization: Bearer $KEY\" -d '{body}'"
    );
    let answered: Value = serde_json::from_str(&harness.shell(&envelope, &ids).await).unwrap();
    assert_eq!(answered["status"], "fulfilled", "{answered}");
    assert_eq!(answered["response"], "/v2/models/model_name/versions/model_version/infer got {\"a\":1}");
    let status = format!("/v2/nvcf/exec/status/{}", answered["reqId"].as_str().unwrap());
    let ended = harness.curl(&status).await;
    assert_eq!((&ended["status"], &ended["title"]), (&json!(404), &json!("Not Found")), "{ended}");
    let keys = r#"curl -s -o /dev/null -w '%{http_code}' "http://${GATEWAY_ADDR}/v2/nvcf/functions" -H "Authorization: Bearer $KEY""#;
    assert_eq!(harness.shell(keys, &ids).await, "401");

    // Undeployed, nothing is left.
    let remove = r#"curl -s -X DELETE "http://${GATEWAY_ADDR}/v2/nvcf/deployments/functions/${FUNCTION_ID}/versions/${FUNCTION_VERSION_ID}" -H "Authorization: Bearer $NVCF_TOKEN""#;
    let removed: Value = serde_json::from_str(&harness.shell(remove, &ids).await).unwrap();
    assert_eq!(removed["function"]["status"], "INACTIVE");
    harness
        .until("the namespace is gone", async |harness| {
            harness.cluster.get(&resources::NAMESPACE, None, &namespace).await.unwrap().is_none()
        })
        .await;
    let refused =
        harness.shell(&by_host.replace("curl -s", "curl -s -o /dev/null -w '%{http_code}'"), &ids).await;
    assert_eq!(refused, "404");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_whose_objects_vanish_is_replaced() {
    if !has_curl() {
        return;
    }
    let harness = Harness::start().await;
    harness.push("inference-test", "1.0", &chart()).await;
    let created: Value = serde_json::from_str(&harness.shell(CREATE, &[]).await).unwrap();
    let function = created["function"]["id"].as_str().unwrap().to_owned();
    let version = created["function"]["versionId"].as_str().unwrap().to_owned();
    let ids = [("FUNCTION_ID", function.as_str()), ("FUNCTION_VERSION_ID", version.as_str())];
    harness.shell(DEPLOY, &ids).await;
    let path = format!("/v2/nvcf/functions/{function}/versions/{version}");
    let active = async |harness: &Harness| {
        let seen = harness.curl(&path).await["function"].clone();
        // The version's state follows its instances': for a moment it may be active without any.
        let instance = seen["activeInstances"][0]["instanceId"].as_str().map(ToOwned::to_owned);
        instance.filter(|_| seen["status"] == "ACTIVE")
    };
    harness.until("the function is active", async |harness| active(harness).await.is_some()).await;
    let first = active(&harness).await.unwrap();
    let namespace = format!("sr-{first}");
    harness.cluster.delete(&resources::NAMESPACE, None, &namespace, &Default::default()).await.unwrap();
    harness
        .until("another instance serves", async |harness| {
            active(harness).await.is_some_and(|instance| instance != first)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starting_anew_changes_nothing() {
    if !has_curl() {
        return;
    }
    let mut harness = Harness::start().await;
    harness.push("inference-test", "1.0", &chart()).await;
    let created: Value = serde_json::from_str(&harness.shell(CREATE, &[]).await).unwrap();
    let function = created["function"]["id"].as_str().unwrap().to_owned();
    let version = created["function"]["versionId"].as_str().unwrap().to_owned();
    let ids = [("FUNCTION_ID", function.as_str()), ("FUNCTION_VERSION_ID", version.as_str())];
    // With room for a second instance, calls that wait for the first on a slow machine would start it.
    harness.shell(&DEPLOY.replace("\"maxInstances\": 2", "\"maxInstances\": 1"), &ids).await;
    let call = r#"curl -s "http://${GATEWAY_ADDR}/any" -H "Host: ${FUNCTION_ID}.invocation.${GATEWAY_ADDR}" -H "Authorization: Bearer $NVCF_TOKEN" -d hello"#;
    let answers = async |harness: &Harness| harness.shell(call, &ids).await == "/any got hello";
    harness.until("the function answers", answers).await;
    let path = format!("/v2/nvcf/functions/{function}/versions/{version}");
    let before = harness.curl(&path).await["function"]["activeInstances"][0]["instanceId"].clone();
    harness.restart_platform().await;
    harness.until("the function answers again", answers).await;
    // Long enough for a wrong decision to show.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let seen = harness.curl(&path).await["function"].clone();
    assert_eq!(
        (&seen["status"], &seen["activeInstances"][0]["instanceId"]),
        (&json!("ACTIVE"), &before),
        "{seen}"
    );
    let namespaces =
        harness.cluster.list(&resources::NAMESPACE, None, &ListOptions::default()).await.unwrap();
    assert_eq!(namespaces.iter().filter(|namespace| metadata::name(namespace).starts_with("sr-")).count(), 1);
}
