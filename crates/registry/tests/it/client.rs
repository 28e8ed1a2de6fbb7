//! Pushing and fetching charts.

use crate::harness::Harness;
use bytes::Bytes;
use serde_json::json;
use std::collections::BTreeMap;
use wheelhouse_functions::chart_reference::ChartReference;
use wheelhouse_registry::server::Access;
use wheelhouse_registry::{AddressPolicy, Client, Digest, Error, Login, Options, Target};

async fn push(harness: &Harness, user: &str, tag: &str) -> Result<(), Error> {
    let logins = [harness.login(user)];
    let target =
        Target { host: &harness.host, repository: "team/charts/inference-test", tag, logins: &logins };
    let metadata = json!({ "name": "inference-test", "version": tag });
    let archive = Bytes::from_static(b"archive");
    harness.client().push_chart(&target, &metadata, archive, BTreeMap::new()).await.map(drop)
}

async fn fetch(harness: &Harness, reference: &str, logins: &[Login]) -> Result<Bytes, Error> {
    let reference = ChartReference::parse(&reference.replace("HOST", &harness.host)).unwrap();
    harness.client().fetch_chart(&reference, logins).await.map(|pulled| pulled.bytes)
}

#[tokio::test]
async fn every_form_of_reference_finds_the_chart() {
    let harness = Harness::start(Access::Pull).await;
    push(&harness, "pusher", "1.0").await.unwrap();
    let logins = [harness.login("puller")];
    let digest = harness
        .client()
        .pull_manifest(&harness.host, "team/charts/inference-test", "1.0", &logins)
        .await
        .unwrap()
        .1;
    for reference in [
        "oci://HOST/team/charts/inference-test-1.0.tgz".to_owned(),
        "oci://HOST/team/charts/inference-test:1.0".to_owned(),
        "HOST/team/charts/inference-test:1.0".to_owned(),
        format!("oci://HOST/team/charts/inference-test@{digest}"),
    ] {
        assert_eq!(fetch(&harness, &reference, &logins).await.unwrap(), "archive", "{reference}");
        assert_eq!(fetch(&harness, &reference, &[]).await.unwrap(), "archive", "{reference}");
    }
    push(&harness, "pusher", "2.0.0").await.unwrap();
    let short = "oci://HOST/team/charts/inference-test-2.0.tgz";
    assert_eq!(fetch(&harness, short, &logins).await.unwrap(), "archive");
    let missing = fetch(&harness, "oci://HOST/team/charts/inference-test:9.9.9", &logins).await;
    assert!(matches!(missing, Err(Error::NotFound { .. })), "{missing:?}");
}

#[tokio::test]
async fn credentials_are_asked_for_and_kept_to_their_host() {
    let harness = Harness::start(Access::None).await;
    assert!(matches!(push(&harness, "nobody", "1.0").await, Err(Error::Unauthorized { .. })));
    assert!(matches!(push(&harness, "puller", "1.0").await, Err(Error::Unauthorized { .. })));
    push(&harness, "pusher", "1.0").await.unwrap();
    let reference = "oci://HOST/team/charts/inference-test:1.0";
    assert!(fetch(&harness, reference, &[harness.login("puller")]).await.is_ok());
    assert!(matches!(fetch(&harness, reference, &[]).await, Err(Error::Unauthorized { .. })));
    let elsewhere = Login { host: "other:5000".into(), ..harness.login("puller") };
    assert!(matches!(fetch(&harness, reference, &[elsewhere]).await, Err(Error::Unauthorized { .. })));
    // The wrong one first, the right one second.
    let wrong = Login { auth: "d3Jvbmc6d3Jvbmc=".into(), ..harness.login("puller") };
    assert!(fetch(&harness, reference, &[wrong, harness.login("puller")]).await.is_ok());
}

#[tokio::test]
async fn private_addresses_are_refused_unless_allowed() {
    let harness = Harness::start(Access::Push).await;
    push(&harness, "pusher", "1.0").await.unwrap();
    let port = harness.host.rsplit_once(':').unwrap().1.to_owned();
    let ask = async |policy: AddressPolicy, host: &str| {
        let client = Client::new(Options { policy, ..Options::default() });
        let text = format!("oci://{host}/team/charts/inference-test:1.0");
        client.fetch_chart(&ChartReference::parse(&text).unwrap(), &[]).await.map(drop)
    };
    let plain = |hosts: &[&str], private: &[&str]| AddressPolicy {
        plain_hosts: hosts.iter().map(ToString::to_string).collect(),
        private_hosts: private.iter().map(ToString::to_string).collect(),
        trusted_hosts: vec![],
    };
    let (address, name) = (harness.host.clone(), format!("localhost:{port}"));
    for host in [&address, &name] {
        let refused = ask(plain(&[host], &[]), host).await;
        assert!(matches!(refused, Err(Error::Forbidden { .. })), "{host}: {refused:?}");
        let unencrypted = ask(plain(&[], &[host]), host).await;
        assert!(unencrypted.is_err(), "{host}");
        let other_port = ask(plain(&[host], &["localhost:1", "127.0.0.1:1"]), host).await;
        assert!(matches!(other_port, Err(Error::Forbidden { .. })), "{host}: {other_port:?}");
        ask(plain(&[host], &[host]), host).await.unwrap();
    }
}

#[tokio::test]
async fn damaged_content_is_noticed() {
    let harness = Harness::start(Access::Push).await;
    push(&harness, "pusher", "1.0").await.unwrap();
    let blob = harness.directory.path().join("blobs").join(Digest::of(b"archive").hex());
    std::fs::write(blob, b"arch1ve").unwrap();
    let damaged = fetch(&harness, "oci://HOST/team/charts/inference-test:1.0", &[]).await;
    assert!(matches!(damaged, Err(Error::Invalid { .. })), "{damaged:?}");
}

/// A token service that knows no passwords: it gives a token for an identity token.
#[tokio::test]
async fn identity_tokens_are_exchanged_and_shown_to_nobody_else() {
    use axum::http::{HeaderMap, StatusCode, header};
    use axum::response::IntoResponse;
    use axum::routing::{any, get};
    use base64::Engine as _;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"s\"");
    let tags = async move |headers: HeaderMap| match headers.get(header::AUTHORIZATION) {
        None => (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response(),
        Some(given) if given == "Bearer given" => r#"{"tags": ["1.0.0"]}"#.into_response(),
        Some(_) => StatusCode::FORBIDDEN.into_response(),
    };
    let token = async |headers: HeaderMap, form: String| {
        let expected = "client_id=wheelhouse&grant_type=refresh_token&refresh_token=a%2Bb%3D&service=s&scope=repository:team/web:pull";
        let is_form =
            headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/x-www-form-urlencoded");
        match !headers.contains_key(header::AUTHORIZATION) && is_form && form == expected {
            true => r#"{"access_token": "given"}"#.into_response(),
            false => StatusCode::UNAUTHORIZED.into_response(),
        }
    };
    let router = axum::Router::new().route("/v2/team/web/tags/list", get(tags)).route("/token", any(token));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let policy = AddressPolicy {
        private_hosts: vec![host.clone()],
        plain_hosts: vec![host.clone()],
        ..AddressPolicy::default()
    };
    let client = Client::new(Options { policy, ..Options::default() });
    let login = |secret: &str| {
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("<token>:{secret}"));
        [Login { host: host.clone(), auth }]
    };
    assert_eq!(client.tags(&host, "team/web", &login("a+b=")).await.unwrap(), ["1.0.0"]);
    let refused = client.tags(&host, "team/web", &login("other")).await;
    assert!(matches!(refused, Err(Error::Unauthorized { .. })), "{refused:?}");
}
