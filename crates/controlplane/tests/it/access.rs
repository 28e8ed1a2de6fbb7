//! Every endpoint × (no token, unknown token, wrong scope, another account's things): 401, 401, 403, 404.

use crate::harness::{Harness, deployment};
use axum::http::Method;
use serde_json::json;
use wheelhouse_controlplane::{Access, ControlPlane};
use wheelhouse_functions::scope::Scope;

/// Fills a path's parameters with things that belong to the default account, or to nobody.
fn fill(path: &str, account: &str, function: &str, version: &str, deployment: &str) -> String {
    let nobody = "00000000-0000-4000-8000-000000000000";
    path.split('/')
        .map(|part| match part {
            "{ncaId}" => account,
            "{functionId}" => function,
            "{versionId}" => version,
            "{deploymentId}" => deployment,
            part if part.starts_with('{') => nobody,
            part => part,
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_endpoint_asks_for_a_credential_and_its_scope() {
    let harness = Harness::start().await;
    let (function, version) = harness.create(|_| {}).await;
    let endpoints = ControlPlane::endpoints();
    assert!(endpoints.len() > 100, "only {} endpoints", endpoints.len());
    for endpoint in &endpoints {
        let path = fill(&endpoint.path, "nvcf-default", &function, &version, &version);
        let (scopes, everywhere) = match endpoint.access {
            Access::Own(scopes) => (scopes, false),
            Access::Account(scopes) | Access::Everywhere(scopes) => (scopes, true),
        };
        assert!(!scopes.is_empty(), "{endpoint:?} asks for no scope");
        let call = async |token: Option<&str>| {
            harness.call(token, endpoint.method.clone(), &path, Some(json!({}))).await
        };
        for token in [None, Some(""), Some("nvapi-unknown")] {
            let answer = call(token).await;
            assert_eq!(answer.status, 401, "{endpoint:?} with token {token:?}: {}", answer.body);
            assert_eq!(answer.body["type"], "urn:nv-boot:problem-details:unauthorized");
            assert_eq!(answer.body["instance"], path);
        }
        // Every scope but the right ones, in the own account and everywhere.
        let mut wrong: Vec<String> = Vec::new();
        for scope in Scope::ALL.iter().filter(|scope| !scopes.contains(scope)) {
            wrong.push(scope.to_string());
            wrong.push(format!("admin:{scope}"));
        }
        if everywhere {
            // The own-account scope does not reach another account.
            wrong.extend(scopes.iter().map(ToString::to_string));
        }
        let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
        let key = harness.key("other", &wrong).await;
        let answer = call(Some(&key)).await;
        assert_eq!(answer.status, 403, "{endpoint:?}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_accounts_things_do_not_exist() {
    let harness = Harness::start().await;
    harness.cluster(8).await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    let deployed = harness.post(&path, deployment()).await;
    assert_eq!(deployed.status, 200, "{}", deployed.body);
    let deployment = deployed.body["deployment"]["deploymentId"].as_str().unwrap().to_owned();
    let all: Vec<String> = Scope::ALL.iter().map(ToString::to_string).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let stranger = harness.key("stranger", &all).await;
    let mut checked = 0;
    for endpoint in ControlPlane::endpoints() {
        let names_a_thing =
            endpoint.path.contains("{functionId}") || endpoint.path.contains("{deploymentId}");
        if !names_a_thing || !matches!(endpoint.access, Access::Own(_)) {
            continue;
        }
        let path = fill(&endpoint.path, "", &function, &version, &deployment);
        let body = json!({
            "name": "x", "inferenceUrl": "/", "helmChart": "oci://h/a:1", "helmChartServiceName": "a",
            "tags": ["a"], "secrets": [{ "name": "a", "value": "b" }], "rateLimit": { "rateLimit": "1-S" },
            "authorizedParties": [], "authorizedParty": { "ncaId": "stranger" },
            "deploymentSpecifications": [{ "gpu": "L40", "minInstances": 0, "maxInstances": 1 }],
        });
        let body = if endpoint.path.contains("ratelimit") || !endpoint.path.contains("secrets") {
            body
        } else {
            json!({ "secrets": [{ "name": "a", "value": "b" }] })
        };
        let answer = harness.call(Some(&stranger), endpoint.method.clone(), &path, Some(body)).await;
        assert_eq!(answer.status, 404, "{endpoint:?}: {}", answer.body);
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
    // Nothing leaks into listings either.
    for path in ["/v2/nvcf/functions", "/v2/nvcf/registry-credentials", "/v2/nvcf/telemetries", "/v1/keys"] {
        let answer = harness.call(Some(&stranger), Method::GET, path, None).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.body.to_string().contains(&function), "{path}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_makes_a_stronger_key() {
    let harness = Harness::start().await;
    let maker = harness.key("mine", &["account_setup", "invoke_function"]).await;
    let body = |scope: &str| json!({ "authorizations": { "policies": [{ "scopes": [scope] }] } });
    let make =
        async |scope: &str| harness.call(Some(&maker), Method::POST, "/v1/keys", Some(body(scope))).await;
    let made = make("invoke_function").await;
    assert_eq!(made.status, 200, "{}", made.body);
    for stronger in ["deploy_function", "admin:invoke_function"] {
        assert_eq!(make(stronger).await.status, 403, "{stronger}");
    }
    // The value is shown once.
    let value = made.body["value"].as_str().unwrap();
    assert!(value.starts_with("nvapi-nvcf-stg-"));
    let listed = harness.call(Some(&maker), Method::GET, "/v1/keys", None).await;
    assert!(!listed.body.to_string().contains(value));
    // A deleted key ends at once.
    let invoke = harness.call(Some(value), Method::GET, "/v2/nvcf/functions", None).await;
    assert_eq!(invoke.status, 403);
    let path = format!("/v1/keys/{}", made.body["id"].as_str().unwrap());
    assert_eq!(harness.call(Some(&maker), Method::DELETE, &path, None).await.status, 204);
    assert_eq!(harness.call(Some(value), Method::GET, "/v2/nvcf/functions", None).await.status, 401);
}
