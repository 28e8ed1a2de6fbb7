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
            "authorizedParties": [], "authorizedParty": { "ncaId": "stranger" }, "clientId": "client",
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_peoples_keys_are_administered_within_their_account_and_over_all() {
    let harness = Harness::start().await;
    let admin =
        async |method: Method, path: &str, body| harness.call(Some(&harness.admin), method, path, body).await;
    let one = harness.key("mine", &["list_functions"]).await;
    let other = harness.key("other", &["list_functions"]).await;
    let keeper = harness.key("mine", &["account_setup", "list_functions"]).await;
    let works =
        async |key: &str| harness.call(Some(key), Method::GET, "/v2/nvcf/functions", None).await.status;
    assert_eq!((works(&one).await, works(&other).await), (200, 200));

    // The owner of all three is "tester"; who administers one account sees its keys only.
    let listed = admin(Method::GET, "/v1/admin/users/tester/keys", None).await;
    assert_eq!(listed.body["keys"].as_array().unwrap().len(), 3, "{}", listed.body);
    let user = admin(Method::GET, "/v1/admin/users/tester", None).await.body;
    assert_eq!((&user["status"], &user["nca_ids"]), (&json!("ACTIVE"), &json!(["mine", "other"])));
    let own = harness.call(Some(&keeper), Method::GET, "/v1/service-admin/users/tester/keys", None).await;
    assert_eq!(own.body["keys"].as_array().unwrap().len(), 2, "{}", own.body);
    assert_eq!(admin(Method::GET, "/v1/admin/users/nobody", None).await.status, 404);

    // A value leads to its key, and is not shown again.
    let found = admin(Method::POST, "/v1/admin/lookup", Some(json!({ "key": one }))).await;
    assert_eq!((found.status, &found.body["owner_id"]), (200, &json!("tester")), "{}", found.body);
    assert!(!found.body.to_string().contains(&one));
    let unknown = admin(Method::POST, "/v1/admin/lookup", Some(json!({ "key": "nvapi-none" }))).await;
    assert_eq!(unknown.status, 404);

    // Nobody locks themselves out.
    let suspend = "/v1/service-admin/users/tester/suspend";
    assert_eq!(harness.call(Some(&keeper), Method::PUT, suspend, Some(json!({}))).await.status, 409);
    let id = found.body["id"].as_str().unwrap();
    let status = format!("/v1/service-admin/users/tester/keys/{id}/status");
    let set = async |path: &str, status: &str| {
        harness.call(Some(&keeper), Method::PUT, path, Some(json!({ "status": status }))).await
    };
    assert_eq!(set(&status, "SUSPENDED").await.body["status"], "SUSPENDED");
    assert_eq!((works(&one).await, works(&other).await), (401, 200));
    assert_eq!(set(&status, "ACTIVE").await.body["status"], "ACTIVE");
    assert_eq!(works(&one).await, 200);
    assert_eq!(set(&status, "GONE").await.status, 400);

    // An administrator suspends the user everywhere, at once, and no new key is made for them.
    let everywhere = "/v1/admin/users/tester/status";
    let suspended = admin(Method::PUT, everywhere, Some(json!({ "status": "SUSPENDED" }))).await;
    assert_eq!(suspended.body["status"], "SUSPENDED", "{}", suspended.body);
    assert_eq!((works(&one).await, works(&other).await, works(&keeper).await), (401, 401, 401));
    let listed = admin(Method::GET, "/v1/admin/users/tester/keys", None).await.body;
    assert!(listed["keys"].as_array().unwrap().iter().all(|key| key["status"] == "SUSPENDED"), "{listed}");
    let lifted = admin(Method::PUT, everywhere, Some(json!({ "status": "ACTIVE" }))).await;
    assert_eq!(lifted.body["status"], "ACTIVE", "{}", lifted.body);
    assert_eq!((works(&one).await, works(&other).await), (200, 200));
    let deleted = admin(Method::DELETE, "/v1/admin/users/tester/keys", None).await;
    assert_eq!(deleted.status, 204);
    assert_eq!((works(&one).await, works(&other).await), (401, 401));
    assert_eq!(admin(Method::GET, "/v1/admin/users/tester", None).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invocation_token_names_what_its_maker_may_call() {
    let harness = Harness::start().await;
    let (function, version) = harness.create(|_| {}).await;
    let (other, _) = harness.create(|body| body["name"] = json!("other")).await;
    let claims = |token: &str| -> serde_json::Value {
        let part = token.split('.').nth(1).unwrap();
        let bytes = base64::engine::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, part);
        serde_json::from_slice(&bytes.unwrap()).unwrap()
    };
    let made =
        harness.post(&format!("/v2/nvcf/tokens/functions/{function}"), json!({ "clientId": "c" })).await;
    assert_eq!((made.status, &made.body["expires_in"]), (200, &json!(900)), "{}", made.body);
    let token = made.body["access_token"].as_str().unwrap();
    assert_eq!(claims(token)["functions"], json!([{ "functionId": function }]));
    assert_eq!(claims(token)["sub"], "c");
    // It opens nothing of the API.
    assert_eq!(harness.call(Some(token), Method::GET, "/v2/nvcf/functions", None).await.status, 401);

    let several = async |functions: serde_json::Value| {
        harness.post("/v2/nvcf/tokens/functions", json!({ "clientId": "c", "functions": functions })).await
    };
    let pair = json!([{ "functionId": function, "functionVersionId": version }, { "functionId": other }]);
    let made = several(pair.clone()).await;
    assert_eq!(claims(made.body["access_token"].as_str().unwrap())["functions"], pair);
    assert_eq!(several(json!([])).await.status, 400);
    assert_eq!(several(json!(vec![json!({ "functionId": function }); 5])).await.status, 400);
    let nobody = json!([{ "functionId": "00000000-0000-4000-8000-000000000000" }]);
    assert_eq!(several(nobody).await.status, 404);
    let blank = harness.post(&format!("/v2/nvcf/tokens/functions/{function}"), json!({})).await;
    assert_eq!(blank.status, 400, "{}", blank.body);

    // A key that is limited to a version gives no token for more.
    let body = json!({ "authorizations": { "policies": [{
        "scopes": ["invoke_function"], "resources": [{ "type": "function-version", "id": version }],
    }] } });
    let limited = harness.post("/v1/keys", body).await.body["value"].as_str().unwrap().to_owned();
    let path = format!("/v2/nvcf/tokens/functions/{function}");
    let made = harness.call(Some(&limited), Method::POST, &path, Some(json!({ "clientId": "c" }))).await;
    let named = claims(made.body["access_token"].as_str().unwrap())["functions"].clone();
    assert_eq!(named, json!([{ "functionId": function, "functionVersionId": version }]));
    let path = format!("/v2/nvcf/tokens/functions/{other}");
    let refused = harness.call(Some(&limited), Method::POST, &path, Some(json!({ "clientId": "c" }))).await;
    assert_eq!(refused.status, 404);
}
