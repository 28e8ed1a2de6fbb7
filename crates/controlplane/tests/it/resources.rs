//! Secrets, registry credentials, sharing, accounts, telemetries, versions, the audit log.

use crate::harness::{Harness, chart_function};
use axum::http::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_written_and_never_read_back() {
    let harness = Harness::start().await;
    let (function, version) =
        harness.create(|body| body["secrets"] = json!([{ "name": "one", "value": "hunter-1" }])).await;
    let path = format!("/v2/nvcf/secrets/functions/{function}/versions/{version}");
    let body = json!({ "secrets": [{ "name": "two", "value": { "user": "hunter-2" } }] });
    assert_eq!(harness.call(Some(&harness.admin), Method::PUT, &path, Some(body)).await.status, 204);
    let seen = harness.get(&format!("/v2/nvcf/functions/{function}/versions/{version}")).await;
    assert_eq!(seen.body["function"]["secrets"], json!(["one", "two"]));
    let without =
        harness.get(&format!("/v2/nvcf/functions/{function}/versions/{version}?includeSecrets=false")).await;
    assert_eq!(without.body["function"]["secrets"], json!(null));
    let credential = json!({
        "registryHostname": "private", "artifactTypes": ["HELM"],
        "secret": { "name": "login", "value": "dXNlcjpodW50ZXItMw==" },
    });
    let added = harness.post("/v2/nvcf/registry-credentials", credential).await;
    assert_eq!(added.status, 200, "{}", added.body);
    // With the credential the private registry's chart can be used.
    harness.create(|body| body["helmChart"] = json!("oci://private/a:1")).await;
    for path in ["/v2/nvcf/functions", "/v2/nvcf/registry-credentials", "/v1/audit", "/metrics", "/v1/keys"] {
        let text = harness.get(path).await.body.to_string();
        for secret in ["hunter", "dXNlcjpodW50ZXItMw==", &harness.admin] {
            assert!(!text.contains(secret), "{path} shows {secret}");
        }
    }
    let id = added.body["registryCredential"]["registryCredentialId"].as_str().unwrap();
    let one = format!("/v2/nvcf/registry-credentials/{id}");
    let patch = json!({ "artifactTypes": ["CONTAINER"] });
    let changed = harness.call(Some(&harness.admin), Method::PATCH, &one, Some(patch)).await;
    assert_eq!(changed.body["registryCredential"]["artifactTypes"], json!(["HELM", "CONTAINER"]));
    assert_eq!(harness.call(Some(&harness.admin), Method::DELETE, &one, None).await.status, 204);
    assert_eq!(harness.get(&one).await.status, 404);
    let wrong = json!({
        "registryHostname": "h", "artifactTypes": ["HELM"], "secret": { "name": "login", "value": "not-base64!" },
    });
    let refused = harness.post("/v2/nvcf/registry-credentials", wrong).await;
    assert!(refused.body["detail"].as_str().unwrap().contains("must be the base64 of user:password"));
    assert!(!refused.body.to_string().contains("not-base64!"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sharing_shows_what_may_be_seen_and_no_more() {
    let harness = Harness::start().await;
    let (function, version) = harness.create(|_| {}).await;
    let friend =
        harness.key("friend", &["list_functions", "list_functions_details", "update_function"]).await;
    let seen = format!("/v2/nvcf/functions/{function}/versions/{version}");
    assert_eq!(harness.call(Some(&friend), Method::GET, &seen, None).await.status, 404);
    let share = format!("/v2/nvcf/authorizations/functions/{function}");
    let body = json!({ "authorizedParties": [{ "ncaId": "friend" }] });
    assert_eq!(harness.post(&share, body).await.status, 200);
    let shown = harness.call(Some(&friend), Method::GET, &seen, None).await.body["function"].clone();
    assert_eq!(shown["ownedByDifferentAccount"], true);
    for hidden in
        ["inferenceUrl", "inferencePort", "helmChart", "helmChartServiceName", "health", "activeInstances"]
    {
        assert_eq!(shown[hidden], json!(null), "{hidden}");
    }
    let listed =
        harness.call(Some(&friend), Method::GET, "/v2/nvcf/functions?visibility=authorized", None).await;
    assert_eq!(listed.body["functions"].as_array().unwrap().len(), 1);
    let private =
        harness.call(Some(&friend), Method::GET, "/v2/nvcf/functions?visibility=private", None).await;
    assert_eq!(private.body["functions"], json!([]));
    let update = harness.call(Some(&friend), Method::PUT, &seen, Some(json!({ "tags": ["a"] }))).await;
    assert_eq!(update.status, 403);
    let party = json!({ "authorizedParty": { "ncaId": "friend" } });
    let patch = async |what: &str| {
        harness
            .call(Some(&harness.admin), Method::PATCH, &format!("{share}/{what}"), Some(party.clone()))
            .await
            .status
    };
    assert_eq!(patch("add").await, 409);
    assert_eq!(patch("remove").await, 200);
    assert_eq!(patch("remove").await, 404);
    assert_eq!(harness.call(Some(&friend), Method::GET, &seen, None).await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_have_limits_and_administrators_act_in_them() {
    let harness = Harness::start().await;
    let made =
        harness.post("/v2/nvcf/accounts/team", json!({ "name": "team", "maxFunctionsAllowed": 1 })).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let body = crate::harness::chart_function();
    let created = harness.post("/v2/nvcf/accounts/team/functions", body.clone()).await;
    assert_eq!(created.body["function"]["ncaId"], "team", "{}", created.body);
    let more = harness.post("/v2/nvcf/accounts/team/functions", body.clone()).await;
    assert_eq!(
        more.body["detail"],
        "Invalid request: Reached or exceeded the max limit for the number of functions allowed: 1"
    );
    let function = created.body["function"]["id"].as_str().unwrap();
    let versions = format!("/v2/nvcf/accounts/team/functions/{function}/versions");
    assert_eq!(harness.post(&versions, body).await.status, 200);
    assert_eq!(harness.get(&versions).await.body["functions"].as_array().unwrap().len(), 2);
    let own = harness.get("/v2/nvcf/functions").await;
    assert_eq!(own.body["functions"], json!([]));
    assert_eq!(
        harness.call(Some(&harness.admin), Method::DELETE, "/v2/nvcf/accounts/team", None).await.status,
        409
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listings_come_in_pages_and_reduced_without_the_details_scope() {
    let harness = Harness::start().await;
    for number in 0..5 {
        harness.create(|body| body["name"] = json!(format!("f{number}"))).await;
    }
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = harness.get(&format!("/v2/nvcf/functions?limit=2{cursor}")).await.body;
        for function in page["functions"].as_array().unwrap() {
            names.push(function["name"].as_str().unwrap().to_owned());
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["f0", "f1", "f2", "f3", "f4"]);
    let lister = harness.key("nvcf-default", &["list_functions"]).await;
    let reduced = harness.call(Some(&lister), Method::GET, "/v2/nvcf/functions?limit=1", None).await;
    assert_eq!(reduced.body["functions"][0]["helmChart"], json!(null));
    assert_eq!(reduced.body["functions"][0]["name"], "f0");
    let ids = harness.get("/v2/nvcf/functions/ids").await;
    assert_eq!(ids.body["functionIds"].as_array().unwrap().len(), 5);
    assert_eq!(harness.get("/v2/nvcf/functions?visibility=none").await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_shows_every_change_at_once() {
    let harness = Harness::start().await;
    let cluster = harness.cluster(8).await;
    let (function, version) = harness.create(|body| body["name"] = json!("f0")).await;
    let (other, other_version) = harness.create(|body| body["name"] = json!("f1")).await;
    // What is listed is what is found one by one, but for instances, which only deployed versions have here.
    let check = async |expect: &[&str]| {
        let listed = harness.get("/v2/nvcf/functions").await.body;
        let mut names = Vec::new();
        for entry in listed["functions"].as_array().unwrap() {
            let text = |name: &str| entry[name].as_str().unwrap();
            let path = format!("/v2/nvcf/functions/{}/versions/{}", text("id"), text("versionId"));
            let mut found = harness.get(&path).await.body["function"].clone();
            if found["activeInstances"] == json!([]) {
                found.as_object_mut().unwrap().remove("activeInstances");
            }
            assert_eq!(*entry, found);
            names.push(text("name").to_owned());
        }
        assert_eq!(names, expect);
    };
    check(&["f0", "f1"]).await;
    let path = format!("/v2/nvcf/functions/{function}/versions/{version}");
    let tags = json!({ "tags": ["a:b"] });
    assert_eq!(harness.call(Some(&harness.admin), Method::PUT, &path, Some(tags)).await.status, 200);
    check(&["f0", "f1"]).await;
    let deploy = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    assert_eq!(harness.post(&deploy, crate::harness::deployment()).await.status, 200);
    let work = harness.work(&cluster, |instances| instances.len() == 1).await;
    harness.report(&cluster, &work[0], json!({ "phase": "ready" })).await;
    harness.wait_for_status(&function, &version, "ACTIVE").await;
    check(&["f0", "f1"]).await;
    let active = harness.get("/v2/nvcf/functions").await.body["functions"][0].clone();
    assert_eq!(active["activeInstances"][0]["instanceStatus"], "RUNNING");
    assert_eq!(active["tags"], json!(["a:b"]));
    let path = format!("/v2/nvcf/functions/{other}/versions/{other_version}");
    assert_eq!(harness.call(Some(&harness.admin), Method::DELETE, &path, None).await.status, 204);
    check(&["f0"]).await;

    // Another account sees no instances, and only what is shared with it, by function or by version.
    let friend = harness.key("friend", &["list_functions", "list_functions_details"]).await;
    let listed = async |query: &str| {
        let path = format!("/v2/nvcf/functions{query}");
        harness.call(Some(&friend), Method::GET, &path, None).await.body["functions"].clone()
    };
    assert_eq!(listed("").await, json!([]));
    let share = format!("/v2/nvcf/authorizations/functions/{function}/versions/{version}");
    let parties = |account: &str| json!({ "authorizedParties": [{ "ncaId": account }] });
    assert_eq!(harness.post(&share, parties("friend")).await.status, 200);
    let shown = listed("?visibility=authorized,private").await;
    assert_eq!((&shown[0]["versionId"], shown.as_array().unwrap().len()), (&json!(version), 1));
    assert_eq!((&shown[0]["activeInstances"], &shown[0]["helmChart"]), (&json!(null), &json!(null)));
    assert_eq!(listed("?visibility=public").await, json!([]));
    assert_eq!(harness.post(&share, parties("*")).await.status, 200);
    assert_eq!(listed("?visibility=public").await[0]["ownedByDifferentAccount"], json!(true));
    assert_eq!(listed("?visibility=authorized").await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_is_in_the_audit_log() {
    let harness = Harness::start().await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/functions/{function}/versions/{version}");
    let update = json!({ "tags": ["a=b"], "rateLimit": { "rateLimit": "10-S" } });
    let updated = harness.call(Some(&harness.admin), Method::PUT, &path, Some(update)).await;
    assert_eq!(updated.body["function"]["rateLimit"]["rateLimit"], "10-S", "{}", updated.body);
    assert_eq!(harness.call(Some(&harness.admin), Method::DELETE, &path, None).await.status, 204);
    assert_eq!(harness.get(&path).await.status, 404);
    let log = harness.get("/v1/audit").await.body;
    let actions: Vec<&str> =
        log["entries"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["create_key", "create_version", "update_version", "delete_version"]);
    let metrics = harness.get("/metrics").await;
    assert!(
        metrics
            .body
            .as_str()
            .unwrap()
            .contains("http_server_requests_total{method=\"POST\",status=\"200\"} 1")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn charts_can_be_checked_and_telemetries_kept() {
    let harness = Harness::start().await;
    let checked = harness
        .post("/v1/validate", json!({ "helmChart": "oci://h/a:1", "helmChartServiceName": "missing" }))
        .await;
    assert_eq!((checked.status, &checked.body["valid"]), (200, &json!(false)));
    assert_eq!(checked.body["validationErrors"], json!(["no Service named \"missing\""]));
    let rendered =
        harness.post("/v1/render", json!({ "helmChart": "oci://h/a:1", "configuration": { "a": 1 } })).await;
    assert_eq!(rendered.body["output"], json!([{ "values": { "a": 1 } }]));
    let body = json!({
        "name": "t", "endpoint": "https://t", "protocol": "HTTP", "provider": "DATADOG", "types": ["LOGS"],
        "secret": { "name": "key", "value": "hunter" },
    });
    let added = harness.post("/v2/nvcf/telemetries", body).await;
    assert_eq!(added.status, 200, "{}", added.body);
    assert!(!added.body.to_string().contains("hunter"));
    let wrong =
        json!({ "name": "t", "endpoint": "x", "protocol": "UDP", "provider": "DATADOG", "types": ["LOGS"] });
    assert_eq!(harness.post("/v2/nvcf/telemetries", wrong).await.status, 400);

    // A version names telemetries of its own account, each for what it takes.
    let id = &added.body["telemetry"]["telemetryId"];
    let named = async |telemetries: Value| {
        let mut body = chart_function();
        body["telemetries"] = telemetries;
        harness.post("/v2/nvcf/functions", body).await
    };
    let told = named(json!({ "logsTelemetryId": id })).await;
    assert_eq!(&told.body["function"]["telemetries"]["logsTelemetryId"], id, "{}", told.body);
    let unknown = "6f1cd0a2-1111-4222-8333-944445555666";
    for (telemetries, detail) in [
        (json!({}), "At least one telemetry id must be specified in 'telemetries'".to_owned()),
        (json!({ "logsTelemetryId": unknown }), format!("Telemetry id '{unknown}': Not found")),
        (
            json!({ "tracesTelemetryId": id }),
            format!("Telemetry id '{}' does not take TRACES", id.as_str().unwrap()),
        ),
    ] {
        let refused = named(telemetries).await;
        assert_eq!(refused.body["detail"], format!("Invalid request: {detail}"), "{}", refused.body);
    }
}
