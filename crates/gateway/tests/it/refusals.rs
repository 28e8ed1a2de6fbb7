//! Who may call what: 401, 403, 404, 400, 429.

use crate::harness::{Harness, function_id, version_id};
use std::collections::BTreeMap;
use wheelhouse_functions::access::Resource;
use wheelhouse_functions::id::VersionId;
use wheelhouse_functions::rate_limit::RateLimit;
use wheelhouse_functions::version_state::VersionState;

#[tokio::test]
async fn credentials() {
    let harness = Harness::start().await;
    let call = async |token: Option<&str>| {
        let mut request = http::Request::builder().uri("/").header("function-id", function_id().to_string());
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        harness.call(request, "").await
    };
    let none = call(None).await;
    assert_eq!((none.status, none.header("content-type")), (401, "text/plain"));
    assert_eq!(none.header("www-authenticate"), "Bearer");
    assert_eq!(call(Some("Bearer nonsense")).await.status, 401);
    assert_eq!(call(Some("Basic dXNlcjpwdw==")).await.status, 401);
    let lister = harness.key("mine", &["list_functions"], vec![]).await;
    let refused = call(Some(&format!("Bearer {lister}"))).await;
    assert_eq!((refused.status, refused.header("content-type")), (403, "application/problem+json"));
    let stranger = harness.key("stranger", &["invoke_function"], vec![]).await;
    assert_eq!(call(Some(&format!("Bearer {stranger}"))).await.status, 404);
    let friend = harness.key("friend", &["invoke_function"], vec![]).await;
    assert_eq!(call(Some(&format!("bearer {friend}"))).await.status, 200);
    let other = vec![Resource::Version(VersionId::from_parts(9, [9; 10]))];
    let narrow = harness.key("mine", &["invoke_function"], other).await;
    assert_eq!(call(Some(&format!("Bearer {narrow}"))).await.status, 404);
    let exact = harness.key("mine", &["invoke_function"], vec![Resource::Version(version_id())]).await;
    assert_eq!(call(Some(&format!("Bearer {exact}"))).await.status, 200);
}

#[tokio::test]
async fn a_call_that_names_assets_is_not_made_without_them() {
    let harness = Harness::start().await;
    let call = async |assets: &str| {
        let mut request = harness.request("POST", &format!("/v2/nvcf/pexec/functions/{}", function_id()));
        request.headers_mut().unwrap().insert("nvcf-input-asset-references", assets.parse().unwrap());
        harness.call(request, "").await
    };
    let refused = call("6f1cd0a2-1111-4222-8333-944445555666, other").await;
    assert_eq!(refused.status, 404);
    assert!(refused.body.contains("Asset id '6f1cd0a2-1111-4222-8333-944445555666': Not found"));
    assert_eq!(call("").await.status, 200);
}

#[tokio::test]
async fn only_active_and_degrading_versions_take_calls() {
    let mut harness = Harness::start().await;
    for (state, status) in [
        (VersionState::Active, 200),
        (VersionState::Degrading, 200),
        (VersionState::Deploying, 404),
        (VersionState::Inactive, 404),
        (VersionState::Draining, 404),
        (VersionState::Error, 404),
        (VersionState::Degraded, 400),
    ] {
        harness.route.state = state;
        harness.publish();
        let answer = harness.call(harness.request("GET", "/"), "").await;
        assert_eq!(answer.status, status, "{state:?}: {}", answer.body);
        if state == VersionState::Degraded {
            assert!(answer.body.contains("DEGRADED function cannot be invoked"));
        }
    }
}

#[tokio::test]
async fn poll_seconds_are_checked() {
    let harness = Harness::start().await;
    for (value, status) in [("1", 200), ("0", 200), ("-5", 200), ("3600", 200), ("3601", 400), ("soon", 400)]
    {
        let answer = harness.call(harness.request("GET", "/").header("nvcf-poll-seconds", value), "").await;
        assert_eq!(answer.status, status, "{value}: {}", answer.body);
    }
}

#[tokio::test]
async fn rate_limits_hold_per_account() {
    let mut harness = Harness::start().await;
    harness.limit(RateLimit {
        rate: "2-H".parse().unwrap(),
        exempted_accounts: vec!["friend".into()],
        per_account: BTreeMap::new(),
        per_user: None,
        synchronous: true,
    });
    let statuses = async |token: &str| {
        let mut all = Vec::new();
        for _ in 0..3 {
            let request = http::Request::builder()
                .uri("/")
                .header("function-id", function_id().to_string())
                .header("authorization", format!("Bearer {token}"));
            let answer = harness.call(request, "").await;
            if answer.status == 429 {
                assert_eq!(answer.header("retry-after"), "1800");
            }
            all.push(answer.status);
        }
        all
    };
    assert_eq!(statuses(&harness.token).await, [200, 200, 429]);
    let friend = harness.key("friend", &["invoke_function"], vec![]).await;
    assert_eq!(statuses(&friend).await, [200, 200, 200]);
}
