//! One table of every endpoint of the committed OpenAPI document, each called without a token, with the wrong scopes,
//! and for another account's things. An endpoint that is missing here fails the test.

use crate::harness::{Harness, deployment};
use axum::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wheelhouse_functions::scope::Scope;

/// Method, what a stranger with every scope of their own account meets, path:
/// - `404`: the other account's thing does not exist for them;
/// - `403`: the endpoint, or the account in its path, is not theirs (named by their own account, the thing is 404);
/// - `own`: a list of their own, which shows nothing of others;
/// - `new`: they make or check something of their own and name nobody's;
/// - `shared`: the same for all accounts.
const TABLE: &str = "
    GET    403    /metrics
    GET    403    /v1/accounts/{ncaId}/clusters
    DELETE 403    /v1/accounts/{ncaId}/clusters/{clusterId}
    GET    403    /v1/accounts/{ncaId}/clusters/{clusterId}
    PATCH  403    /v1/accounts/{ncaId}/clusters/{clusterId}
    POST   403    /v1/accounts/{ncaId}/keys
    POST   403    /v1/admin/lookup
    GET    403    /v1/admin/users/{userId}
    DELETE 403    /v1/admin/users/{userId}/keys
    GET    403    /v1/admin/users/{userId}/keys
    PUT    403    /v1/admin/users/{userId}/status
    GET    403    /v1/agent/charts/{digest}
    PUT    403    /v1/agent/clusters
    POST   403    /v1/agent/clusters/{clusterId}/logs/{requestId}
    POST   403    /v1/agent/clusters/{clusterId}/report
    GET    403    /v1/agent/clusters/{clusterId}/work
    GET    403    /v1/audit
    POST   403    /v1/introspect
    GET    own    /v1/keys
    POST   new    /v1/keys
    DELETE 404    /v1/keys/{keyId}
    GET    404    /v1/keys/{keyId}
    PUT    404    /v1/keys/{keyId}/authorizations
    POST   new    /v1/render
    GET    404    /v1/service-admin/users/{userId}/keys
    DELETE 404    /v1/service-admin/users/{userId}/keys/{keyId}
    GET    404    /v1/service-admin/users/{userId}/keys/{keyId}
    PUT    404    /v1/service-admin/users/{userId}/keys/{keyId}/status
    PUT    404    /v1/service-admin/users/{userId}/suspend
    GET    shared /v1/services
    GET    shared /v1/services/{serviceId}
    POST   new    /v1/validate
    GET    403    /v2/nvcf/accounts
    DELETE 403    /v2/nvcf/accounts/{ncaId}
    GET    403    /v2/nvcf/accounts/{ncaId}
    PATCH  403    /v2/nvcf/accounts/{ncaId}
    POST   403    /v2/nvcf/accounts/{ncaId}
    DELETE 403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}
    POST   403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}
    PATCH  403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}/add
    PATCH  403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}/remove
    DELETE 403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}/versions/{versionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}/versions/{versionId}
    POST   403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}/versions/{versionId}
    PATCH  403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}/versions/{versionId}/add
    PATCH  403    /v2/nvcf/accounts/{ncaId}/authorizations/functions/{functionId}/versions/{versionId}/remove
    PATCH  403    /v2/nvcf/accounts/{ncaId}/clients/associate
    PATCH  403    /v2/nvcf/accounts/{ncaId}/clients/disassociate
    GET    403    /v2/nvcf/accounts/{ncaId}/deployments
    DELETE 403    /v2/nvcf/accounts/{ncaId}/deployments/functions/{functionId}/versions/{versionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/deployments/functions/{functionId}/versions/{versionId}
    POST   403    /v2/nvcf/accounts/{ncaId}/deployments/functions/{functionId}/versions/{versionId}
    PUT    403    /v2/nvcf/accounts/{ncaId}/deployments/functions/{functionId}/versions/{versionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/deployments/{deploymentId}
    PATCH  403    /v2/nvcf/accounts/{ncaId}/deployments/{deploymentId}/gpu-specifications/{gpuSpecId}
    GET    403    /v2/nvcf/accounts/{ncaId}/functions
    POST   403    /v2/nvcf/accounts/{ncaId}/functions
    GET    403    /v2/nvcf/accounts/{ncaId}/functions/ids
    GET    403    /v2/nvcf/accounts/{ncaId}/functions/{functionId}/versions
    POST   403    /v2/nvcf/accounts/{ncaId}/functions/{functionId}/versions
    DELETE 403    /v2/nvcf/accounts/{ncaId}/functions/{functionId}/versions/{versionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/functions/{functionId}/versions/{versionId}
    PUT    403    /v2/nvcf/accounts/{ncaId}/functions/{functionId}/versions/{versionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/functions/{functionId}/versions/{versionId}/logs
    PUT    403    /v2/nvcf/accounts/{ncaId}/metadata/functions/{functionId}/versions/{versionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/queues/functions/{functionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/queues/functions/{functionId}/versions/{versionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/queues/{requestId}/position
    DELETE 403    /v2/nvcf/accounts/{ncaId}/ratelimit/functions/{functionId}/versions/{versionId}
    PUT    403    /v2/nvcf/accounts/{ncaId}/ratelimit/functions/{functionId}/versions/{versionId}
    GET    403    /v2/nvcf/accounts/{ncaId}/registry-credentials
    POST   403    /v2/nvcf/accounts/{ncaId}/registry-credentials
    DELETE 403    /v2/nvcf/accounts/{ncaId}/registry-credentials/{registryCredentialId}
    GET    403    /v2/nvcf/accounts/{ncaId}/registry-credentials/{registryCredentialId}
    PATCH  403    /v2/nvcf/accounts/{ncaId}/registry-credentials/{registryCredentialId}
    PUT    403    /v2/nvcf/accounts/{ncaId}/secrets/functions/{functionId}/versions/{versionId}
    PUT    403    /v2/nvcf/accounts/{ncaId}/secrets/telemetries/{telemetryId}
    GET    403    /v2/nvcf/accounts/{ncaId}/telemetries
    POST   403    /v2/nvcf/accounts/{ncaId}/telemetries
    DELETE 403    /v2/nvcf/accounts/{ncaId}/telemetries/{telemetryId}
    GET    403    /v2/nvcf/accounts/{ncaId}/telemetries/{telemetryId}
    DELETE 404    /v2/nvcf/authorizations/functions/{functionId}
    GET    404    /v2/nvcf/authorizations/functions/{functionId}
    POST   404    /v2/nvcf/authorizations/functions/{functionId}
    PATCH  404    /v2/nvcf/authorizations/functions/{functionId}/add
    PATCH  404    /v2/nvcf/authorizations/functions/{functionId}/remove
    DELETE 404    /v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}
    GET    404    /v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}
    POST   404    /v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}
    PATCH  404    /v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}/add
    PATCH  404    /v2/nvcf/authorizations/functions/{functionId}/versions/{versionId}/remove
    GET    403    /v2/nvcf/clients/{clientId}
    GET    shared /v2/nvcf/clusterGroups
    DELETE 404    /v2/nvcf/deployments/functions/{functionId}/versions/{versionId}
    GET    404    /v2/nvcf/deployments/functions/{functionId}/versions/{versionId}
    POST   404    /v2/nvcf/deployments/functions/{functionId}/versions/{versionId}
    PUT    404    /v2/nvcf/deployments/functions/{functionId}/versions/{versionId}
    GET    404    /v2/nvcf/deployments/{deploymentId}
    PATCH  404    /v2/nvcf/deployments/{deploymentId}/gpu-specifications/{gpuSpecId}
    GET    own    /v2/nvcf/functions
    POST   new    /v2/nvcf/functions
    GET    own    /v2/nvcf/functions/ids
    GET    404    /v2/nvcf/functions/{functionId}/versions
    POST   404    /v2/nvcf/functions/{functionId}/versions
    DELETE 404    /v2/nvcf/functions/{functionId}/versions/{versionId}
    GET    404    /v2/nvcf/functions/{functionId}/versions/{versionId}
    PUT    404    /v2/nvcf/functions/{functionId}/versions/{versionId}
    GET    404    /v2/nvcf/functions/{functionId}/versions/{versionId}/logs
    DELETE 403    /v2/nvcf/instances/{instanceId}
    PUT    404    /v2/nvcf/metadata/functions/{functionId}/versions/{versionId}
    GET    404    /v2/nvcf/queues/functions/{functionId}
    GET    404    /v2/nvcf/queues/functions/{functionId}/versions/{versionId}
    GET    404    /v2/nvcf/queues/{requestId}/position
    DELETE 404    /v2/nvcf/ratelimit/functions/{functionId}/versions/{versionId}
    PUT    404    /v2/nvcf/ratelimit/functions/{functionId}/versions/{versionId}
    GET    shared /v2/nvcf/recognized-registries
    GET    own    /v2/nvcf/registry-credentials
    POST   new    /v2/nvcf/registry-credentials
    DELETE 404    /v2/nvcf/registry-credentials/{registryCredentialId}
    GET    404    /v2/nvcf/registry-credentials/{registryCredentialId}
    PATCH  404    /v2/nvcf/registry-credentials/{registryCredentialId}
    PUT    404    /v2/nvcf/secrets/functions/{functionId}/versions/{versionId}
    PUT    404    /v2/nvcf/secrets/telemetries/{telemetryId}
    GET    shared /v2/nvcf/supportedGpus
    GET    own    /v2/nvcf/telemetries
    POST   new    /v2/nvcf/telemetries
    DELETE 404    /v2/nvcf/telemetries/{telemetryId}
    GET    404    /v2/nvcf/telemetries/{telemetryId}
    POST   404    /v2/nvcf/tokens/functions
    POST   404    /v2/nvcf/tokens/functions/{functionId}
    POST   404    /v2/nvcf/tokens/functions/{functionId}/versions/{versionId}
";

struct Row {
    method: Method,
    path: &'static str,
    foreign: &'static str,
}

fn table() -> Vec<Row> {
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_else(|| panic!("{line:?} is no row"));
        Row { method: word().parse().unwrap(), foreign: word(), path: word() }
    };
    TABLE.lines().filter(|line| !line.trim().is_empty()).map(row).collect()
}

/// The scopes each endpoint of the committed document asks for.
fn committed() -> BTreeMap<(String, String), Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut endpoints = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let scopes = operation["x-scopes"].as_array().unwrap();
            let scopes = scopes.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect();
            endpoints.insert((method.to_uppercase(), path.clone()), scopes);
        }
    }
    endpoints
}

#[test]
fn the_table_has_every_endpoint_once() {
    let mut known: Vec<(String, String)> =
        table().iter().map(|row| (row.method.to_string(), row.path.to_owned())).collect();
    let mut all: Vec<(String, String)> = committed().into_keys().collect();
    known.sort();
    all.sort();
    assert_eq!(known, all);
}

/// One of each thing, in the default account.
struct Things(Vec<(&'static str, String)>);

impl Things {
    async fn make(harness: &Harness) -> Self {
        let cluster = harness.cluster(8).await;
        let (function, version) = harness.create(|_| {}).await;
        let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
        let deployed = harness.post(&path, deployment()).await;
        assert_eq!(deployed.status, 200, "{}", deployed.body);
        let made = async |path: &str, body: Value, id: &str| {
            let answer = harness.post(path, body).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            answer
                .body
                .pointer(id)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("{}", answer.body))
                .to_owned()
        };
        let credential = json!({
            "registryHostname": "private", "artifactTypes": ["HELM"],
            "secret": { "name": "login", "value": "dXNlcjpwYXNz" },
        });
        let telemetry = json!({
            "name": "t", "endpoint": "https://example.org/v1", "protocol": "HTTP", "provider": "PROMETHEUS",
            "types": ["METRICS"], "secret": { "name": "s", "value": "v" },
        });
        let key = json!({ "authorizations": { "policies": [{ "scopes": ["invoke_function"] }] } });
        let of = |path: &str| deployed.body.pointer(path).unwrap().as_str().unwrap().to_owned();
        Self(vec![
            ("{clusterId}", cluster),
            ("{functionId}", function),
            ("{versionId}", version),
            ("{deploymentId}", of("/deployment/deploymentId")),
            ("{gpuSpecId}", of("/deployment/deploymentSpecifications/0/gpuSpecificationId")),
            (
                "{registryCredentialId}",
                made("/v2/nvcf/registry-credentials", credential, "/registryCredential/registryCredentialId")
                    .await,
            ),
            ("{telemetryId}", made("/v2/nvcf/telemetries", telemetry, "/telemetry/telemetryId").await),
            ("{keyId}", made("/v1/keys", key, "/id").await),
            ("{requestId}", "00000000-0000-4000-8000-000000000000".to_owned()),
            ("{instanceId}", "00000000-0000-4000-8000-000000000001".to_owned()),
            ("{clientId}", "client".to_owned()),
            ("{userId}", "administrator".to_owned()),
            ("{serviceId}", "nvidia-cloud-functions-ncp-service-id-aketm".to_owned()),
            ("{digest}", format!("sha256:{}", "1".repeat(64))),
        ])
    }

    fn fill(&self, path: &str, account: &str) -> String {
        let all = self.0.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
        let filled = all.replace("{ncaId}", account);
        assert!(!filled.contains('{'), "{path} names something this test has none of");
        filled
    }

    /// Which of them a text shows.
    fn shown_in(&self, text: &str) -> Option<&str> {
        self.0.iter().map(|(_, id)| id.as_str()).filter(|id| id.len() >= 36).find(|id| text.contains(id))
    }
}

/// A body that every endpoint that takes one reads as far as the thing in its path.
fn body(path: &str) -> Value {
    if path.contains("/secrets/functions") {
        return json!({ "secrets": [{ "name": "a", "value": "b" }] });
    }
    if path.contains("/secrets/telemetries") {
        return json!({ "secret": { "name": "a", "value": "b" } });
    }
    if path.ends_with("/status") {
        return json!({ "status": "SUSPENDED" });
    }
    json!({
        "name": "x", "inferenceUrl": "/", "helmChart": "oci://h/a:1", "helmChartServiceName": "a",
        "tags": ["a"], "rateLimit": { "rateLimit": "1-S" }, "artifactTypes": ["HELM"], "status": "CORDON",
        "authorizedParties": [], "authorizedParty": { "ncaId": "stranger" }, "minInstances": 0, "key": "k",
        "clientId": "client", "functions": [{ "functionId": "00000000-0000-4000-8000-000000000000" }],
        "deploymentSpecifications": [{ "gpu": "L40", "minInstances": 0, "maxInstances": 1 }],
        "authorizations": { "policies": [{ "scopes": ["invoke_function"] }] },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_endpoint_refuses_whom_it_must() {
    let harness = Harness::start().await;
    let things = Things::make(&harness).await;
    let scopes = committed();
    let own: Vec<String> = Scope::ALL.iter().map(ToString::to_string).collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let stranger = harness.key("stranger", &own).await;
    for Row { method, path, foreign } in table() {
        let call = async |token: Option<&str>, account: &str| {
            let path = things.fill(path, account);
            harness.call(token, method.clone(), &path, Some(body(&path))).await
        };
        // No token.
        let answer = call(None, "nvcf-default").await;
        assert_eq!(answer.status, 401, "{method} {path} without a token: {}", answer.body);

        // Every scope but those it asks for, in the account's own key.
        let asked = &scopes[&(method.to_string(), path.to_owned())];
        let wrong: Vec<&str> = own
            .iter()
            .copied()
            .filter(|scope| !asked.iter().any(|asked| asked.trim_start_matches("admin:") == *scope))
            .collect();
        let key = harness.key("nvcf-default", &wrong).await;
        let answer = call(Some(&key), "nvcf-default").await;
        assert_eq!(answer.status, 403, "{method} {path} with the wrong scopes: {}", answer.body);

        // Every scope, in another account.
        let answer = call(Some(&stranger), "nvcf-default").await;
        let text = answer.body.to_string();
        match foreign {
            "404" | "403" => {
                assert_eq!(answer.status.to_string(), foreign, "{method} {path} for a stranger: {text}");
            }
            "own" => {
                assert_eq!(answer.status, 200, "{method} {path} for a stranger: {text}");
                assert_eq!(things.shown_in(&text), None, "{method} {path} shows another account's thing");
            }
            "new" => assert!(![401, 403, 404].contains(&answer.status), "{method} {path}: {text}"),
            "shared" => assert_eq!(answer.status, 200, "{method} {path}: {text}"),
            other => panic!("{other} is no column of the table"),
        }
        // The same thing named through their own account.
        let names_more = path.split('/').any(|part| part.starts_with('{') && part != "{ncaId}");
        if path.contains("{ncaId}") && names_more && foreign == "403" {
            let answer = call(Some(&stranger), "stranger").await;
            assert_eq!(answer.status, 404, "{method} {path} in the stranger's account: {}", answer.body);
        }
    }
    // After all this, everything is as it was.
    for (name, path) in [
        ("function", "/v2/nvcf/functions/{functionId}/versions/{versionId}"),
        ("deployment", "/v2/nvcf/deployments/{deploymentId}"),
        ("credential", "/v2/nvcf/registry-credentials/{registryCredentialId}"),
        ("telemetry", "/v2/nvcf/telemetries/{telemetryId}"),
        ("key", "/v1/keys/{keyId}"),
    ] {
        let answer = harness.get(&things.fill(path, "")).await;
        assert_eq!(answer.status, 200, "the {name} is there: {}", answer.body);
    }
}
