//! Every call that changes something leaves its entry in the audit log. The calls are made in the table's order; an
//! endpoint of the committed OpenAPI document that is neither here nor among those that change nothing fails the test.

use crate::harness::{Harness, deployment};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Method, action in the log, path.
const TABLE: &str = "
    PUT    register_cluster            /v1/agent/clusters
    PATCH  set_cluster_state           /v1/accounts/{ncaId}/clusters/{clusterId}
    POST   create_account              /v2/nvcf/accounts/{other}
    PATCH  update_account              /v2/nvcf/accounts/{other}
    PATCH  associate_client            /v2/nvcf/accounts/{other}/clients/associate
    PATCH  disassociate_client         /v2/nvcf/accounts/{other}/clients/disassociate
    POST   create_key                  /v1/accounts/{other}/keys
    POST   create_key                  /v1/keys
    PUT    update_key                  /v1/keys/{keyId}/authorizations
    DELETE delete_key                  /v1/keys/{keyId}
    PUT    set_key_status              /v1/service-admin/users/{userId}/keys/{testersKey}/status
    PUT    suspend_user                /v1/service-admin/users/{userId}/suspend
    PUT    resume_user                 /v1/admin/users/{userId}/status
    DELETE delete_key                  /v1/service-admin/users/{userId}/keys/{testersKey}
    DELETE delete_user_keys            /v1/admin/users/{userId}/keys
    POST   add_telemetry               /v2/nvcf/telemetries
    PUT    update_telemetry_secret     /v2/nvcf/secrets/telemetries/{telemetryId}
    DELETE delete_telemetry            /v2/nvcf/telemetries/{telemetryId}
    POST   add_registry_credential     /v2/nvcf/registry-credentials
    PATCH  update_registry_credential  /v2/nvcf/registry-credentials/{registryCredentialId}
    DELETE delete_registry_credential  /v2/nvcf/registry-credentials/{registryCredentialId}
    POST   create_version              /v2/nvcf/functions
    POST   create_version              /v2/nvcf/functions/{functionId}/versions
    PUT    update_version              /v2/nvcf/functions/{functionId}/versions/{versionId}
    PUT    update_version              /v2/nvcf/metadata/functions/{functionId}/versions/{versionId}
    PUT    update_rate_limit           /v2/nvcf/ratelimit/functions/{functionId}/versions/{versionId}
    DELETE update_rate_limit           /v2/nvcf/ratelimit/functions/{functionId}/versions/{versionId}
    PUT    update_secrets              /v2/nvcf/secrets/functions/{functionId}/versions/{versionId}
    POST   make_invocation_token       /v2/nvcf/tokens/functions
    POST   make_invocation_token       /v2/nvcf/tokens/functions/{functionId}
    POST   make_invocation_token       /v2/nvcf/tokens/functions/{functionId}/versions/{versionId}
    POST   authorize                   /v2/nvcf/authorizations/functions/{functionId}
    PATCH  authorize                   /v2/nvcf/authorizations/functions/{functionId}/add
    PATCH  authorize                   /v2/nvcf/authorizations/functions/{functionId}/remove
    DELETE authorize                   /v2/nvcf/authorizations/functions/{functionId}
    POST   authorize                   /v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}
    PATCH  authorize                   /v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}/add
    PATCH  authorize                   /v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}/remove
    DELETE authorize                   /v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}
    POST   deploy                      /v2/nvcf/deployments/functions/{functionId}/versions/{versionId}
    PUT    update_deployment           /v2/nvcf/deployments/functions/{functionId}/versions/{versionId}
    PATCH  update_gpu_specification    /v2/nvcf/deployments/{deploymentId}/gpu-specifications/{gpuSpecId}
    DELETE delete_instance             /v2/nvcf/instances/{instanceId}
    DELETE undeploy                    /v2/nvcf/deployments/functions/{functionId}/versions/{versionId}
    DELETE delete_version              /v2/nvcf/functions/{functionId}/versions/{versionId}
    DELETE delete_account              /v2/nvcf/accounts/{other}
    DELETE delete_cluster              /v1/accounts/{ncaId}/clusters/{clusterId}
";

/// Calls that change nothing of anybody's: questions with a body, and what agents report of instances.
const NO_CHANGE: [&str; 6] = [
    "/v1/admin/lookup",
    "/v1/agent/clusters/{clusterId}/logs/{requestId}",
    "/v1/agent/clusters/{clusterId}/report",
    "/v1/introspect",
    "/v1/render",
    "/v1/validate",
];

fn table() -> Vec<(Method, &'static str, &'static str)> {
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        let method = words.next().unwrap().parse().unwrap();
        (method, words.next().unwrap(), words.next().unwrap())
    };
    TABLE.lines().filter(|line| !line.trim().is_empty()).map(row).collect()
}

#[test]
fn the_table_has_every_call_that_changes_something() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let mut all = BTreeSet::new();
    for (path, item) in paths {
        // An administrator's mirror is the same handler.
        let own = path.strip_prefix("/v2/nvcf/accounts/{ncaId}/").map(|rest| format!("/v2/nvcf/{rest}"));
        if own.is_some_and(|own| paths.contains_key(&own)) || NO_CHANGE.contains(&path.as_str()) {
            continue;
        }
        for method in item.as_object().unwrap().keys().filter(|method| *method != "get") {
            all.insert((method.to_uppercase(), path.clone()));
        }
    }
    let known: BTreeSet<(String, String)> = table()
        .into_iter()
        .map(|(method, _, path)| {
            (method.to_string(), path.replace("{other}", "{ncaId}").replace("{testersKey}", "{keyId}"))
        })
        .collect();
    assert_eq!(known, all);
}

fn body(method: &Method, path: &str) -> Value {
    let policies = json!({ "policies": [{ "scopes": ["invoke_function"] }] });
    match path {
        path if *method == Method::DELETE => json!({ "_": path }),
        "/v1/agent/clusters" => json!({
            "name": "local", "group": "nvcf-default", "kubernetesVersion": "v1.36.0", "apiVersions": [],
            "region": null, "attributes": [],
            "gpus": [{ "name": "L40", "capacity": 8, "instance_types": [{
                "name": "ON-PREM.GPU.L40_1x", "description": "", "default": true, "cpu_cores": 8,
                "memory_bytes": 1u64 << 34,
            }] }],
        }),
        "/v1/accounts/{ncaId}/clusters/{clusterId}" => json!({ "status": "READY" }),
        path if path.ends_with("/status") => json!({ "status": "ACTIVE" }),
        path if path.contains("/tokens/") => json!({ "clientId": "client" }),
        path if path.contains("/keys") => json!({ "authorizations": policies }),
        path if path.contains("/clients/") => json!({ "clientId": "client" }),
        path if path.starts_with("/v2/nvcf/accounts/") => json!({ "name": "another account" }),
        path if path.contains("/secrets/telemetries/") => json!({ "secret": { "name": "a", "value": "b" } }),
        path if path.contains("/secrets/") => json!({ "secrets": [{ "name": "a", "value": "b" }] }),
        path if path.contains("/telemetries") => json!({
            "name": "t", "endpoint": "https://example.org/v1", "protocol": "HTTP", "provider": "PROMETHEUS",
            "types": ["METRICS"], "secret": { "name": "s", "value": "v" },
        }),
        path if path.contains("/registry-credentials") => json!({
            "registryHostname": "private", "artifactTypes": ["HELM"],
            "secret": { "name": "login", "value": "dXNlcjpwYXNz" },
        }),
        path if path.contains("/ratelimit/") => json!({ "rateLimit": { "rateLimit": "1-S" } }),
        path if path.ends_with("/add") || path.ends_with("/remove") => {
            json!({ "authorizedParty": { "ncaId": "friend" } })
        }
        path if path.contains("/authorizations/") => json!({ "authorizedParties": [{ "ncaId": "other" }] }),
        path if path.contains("/gpu-specifications/") => json!({ "minInstances": 1, "maxInstances": 2 }),
        path if path.contains("/deployments/") => deployment(),
        path if path.ends_with("{versionId}") => json!({ "tags": ["a"] }),
        _ => json!({
            "name": "x", "inferenceUrl": "/", "helmChart": "oci://h/a:1", "helmChartServiceName": "a",
        }),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_leaves_an_entry() {
    let harness = Harness::start().await;
    let mut ids: BTreeMap<&str, String> = BTreeMap::from([
        ("{ncaId}", "nvcf-default".to_owned()),
        ("{other}", "another-account".to_owned()),
        ("{clusterId}", harness.cluster(8).await),
        ("{userId}", "tester".to_owned()),
    ]);
    for _ in 0..2 {
        harness.key("nvcf-default", &["invoke_function"]).await;
    }
    let keys = harness.get("/v1/service-admin/users/tester/keys").await.body["keys"].clone();
    ids.insert("{testersKey}", keys[0]["id"].as_str().unwrap().to_owned());
    for (method, action, path) in table() {
        if path.contains("{instanceId}") {
            let work = harness.work(&ids["{clusterId}"], |instances| !instances.is_empty()).await;
            ids.insert("{instanceId}", work[0]["id"].as_str().unwrap().to_owned());
        }
        let before = entries(&harness).await;
        let filled = ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
        let mut body = body(&method, path);
        if path == "/v2/nvcf/tokens/functions" {
            body["functions"] = json!([{ "functionId": ids["{functionId}"] }]);
        }
        if action == "delete_cluster" {
            // An instance that was asked for while its deployment was removed ends in the next round.
            crate::faults::until_no_instance_lives(&harness).await;
        }
        let answer = harness.call(Some(&harness.admin), method.clone(), &filled, Some(body)).await;
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
        let after = entries(&harness).await;
        let new: Vec<&str> =
            after[before.len()..].iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        assert_eq!(new.first(), Some(&action), "{method} {path}: {new:?}");
        let entry = &after[before.len()];
        assert!(entry["actor"].as_str().is_some_and(|actor| !actor.is_empty()), "{entry}");
        for (name, pointer) in [
            ("{functionId}", "/function/id"),
            ("{versionId}", "/function/versionId"),
            ("{deploymentId}", "/deployment/deploymentId"),
            ("{gpuSpecId}", "/deployment/deploymentSpecifications/0/gpuSpecificationId"),
            ("{registryCredentialId}", "/registryCredential/registryCredentialId"),
            ("{telemetryId}", "/telemetry/telemetryId"),
        ] {
            if let Some(id) = answer.body.pointer(pointer).and_then(Value::as_str) {
                ids.insert(name, id.to_owned());
            }
        }
        if path == "/v1/keys" {
            ids.insert("{keyId}", answer.body["id"].as_str().unwrap().to_owned());
        }
    }
}

async fn entries(harness: &Harness) -> Vec<Value> {
    let log = harness.get("/v1/audit?limit=1000").await;
    assert_eq!(log.status, 200, "{}", log.body);
    log.body["entries"].as_array().unwrap().clone()
}
