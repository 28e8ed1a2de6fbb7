use serde_json::json;
use wheelhouse_cluster::{
    Access, ApplyOptions, Cluster, Credentials, DeleteOptions, Error, ListOptions, LogOptions, PatchKind,
    Subresource, resources,
};

use crate::server::{Server, pieces, reply};

fn refusal(code: u16, reason: &str) -> serde_json::Value {
    json!({"kind": "Status", "code": code, "reason": reason, "message": reason})
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_its_items_are_marked() {
    let server = Server::start(|_, asked| {
        let second = asked.line.contains("continue=next");
        let (name, token) = if second { ("b", "") } else { ("a", "next") };
        reply(200, &json!({"metadata": {"continue": token, "resourceVersion": "9"}, "items": [{"metadata": {"name": name}}]}))
    })
    .await;
    let options = ListOptions { limit: Some(1), labels: Some("app=x".into()), ..ListOptions::default() };
    let items = server.cluster().list(&resources::POD, Some("n"), &options).await.unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[1], json!({"metadata": {"name": "b"}, "apiVersion": "v1", "kind": "Pod"}));
    assert_eq!(
        server.lines(),
        [
            "GET /api/v1/namespaces/n/pods?labelSelector=app%3Dx&limit=1",
            "GET /api/v1/namespaces/n/pods?labelSelector=app%3Dx&limit=1&continue=next",
        ]
    );
    assert_eq!(server.asked()[0].authorization, "Bearer secret");
}

#[tokio::test]
async fn each_write_goes_to_its_path_with_its_content_type() {
    let server = Server::start(|_, _| reply(200, &json!({}))).await;
    let cluster = server.cluster();
    let object = json!({"metadata": {"namespace": "n", "name": "x"}});
    let deployment = &resources::DEPLOYMENT;
    cluster.create(deployment, Some("n"), &object).await.unwrap();
    cluster.replace(deployment, &object, Some(Subresource::Status)).await.unwrap();
    cluster.apply(deployment, &object, None, &ApplyOptions::by("me").forced()).await.unwrap();
    cluster.patch(deployment, Some("n"), "x", None, PatchKind::Merge, &json!({})).await.unwrap();
    cluster.delete(deployment, Some("n"), "x", &DeleteOptions::default()).await.unwrap();
    let said: Vec<String> =
        server.asked().into_iter().map(|asked| format!("{} {}", asked.line, asked.content_type)).collect();
    assert_eq!(
        said,
        [
            "POST /apis/apps/v1/namespaces/n/deployments application/json",
            "PUT /apis/apps/v1/namespaces/n/deployments/x/status application/json",
            "PATCH /apis/apps/v1/namespaces/n/deployments/x?fieldManager=me&force=true application/apply-patch+yaml",
            "PATCH /apis/apps/v1/namespaces/n/deployments/x application/merge-patch+json",
            "DELETE /apis/apps/v1/namespaces/n/deployments/x application/json",
        ]
    );
}

#[tokio::test]
async fn what_is_not_there_is_nothing_and_no_error() {
    let server = Server::start(|_, _| reply(404, &refusal(404, "NotFound"))).await;
    assert_eq!(server.cluster().get(&resources::NODE, None, "x").await.unwrap(), None);
    let deleted =
        server.cluster().delete(&resources::NODE, None, "x", &DeleteOptions::default()).await.unwrap();
    assert_eq!(deleted, None);
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_others_are_not() {
    let server = Server::start(|index, _| match index {
        0 | 1 => reply(429, &refusal(429, "TooManyRequests")),
        2 => reply(200, &json!({"ok": true})),
        _ => reply(503, &refusal(503, "ServiceUnavailable")),
    })
    .await;
    assert_eq!(server.cluster().get_path("/version").await.unwrap(), json!({"ok": true}));
    let error = server.cluster().create(&resources::NODE, None, &json!({})).await.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_refused_token_is_read_again_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "old\n").unwrap();
    let server = Server::start(|_, asked| match asked.authorization.as_str() {
        "Bearer new" => reply(200, &json!({})),
        _ => reply(401, &refusal(401, "Unauthorized")),
    })
    .await;
    let mut access = Access::with_token(&server.url, None, "");
    access.credentials = Credentials::TokenFile(file.clone());
    let cluster = Cluster::new(&access).unwrap();
    assert_eq!(cluster.get_path("/version").await.unwrap_err().code(), Some(401));
    std::fs::write(&file, "new\n").unwrap();
    cluster.get_path("/version").await.unwrap();
}

#[tokio::test]
async fn an_absent_server_is_named() {
    let cluster = Cluster::new(&Access::with_token("http://127.0.0.1:1", None, "")).unwrap();
    let error = cluster.get_path("/version").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }));
    assert_eq!(error.to_string(), "the cluster at http://127.0.0.1:1 cannot be reached");
}

#[tokio::test]
async fn logs_flow_as_they_are_written() {
    let server = Server::start(|_, _| pieces(vec!["one\n".into(), "two\n".into()])).await;
    let options =
        LogOptions { container: Some("c".into()), follow: true, tail: Some(5), ..LogOptions::default() };
    let mut stream = server.cluster().logs("n", "p", &options).await.unwrap();
    let mut text = String::new();
    while let Some(part) = stream.next().await {
        text.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
    }
    assert_eq!(text, "one\ntwo\n");
    assert_eq!(server.lines(), ["GET /api/v1/namespaces/n/pods/p/log?container=c&follow=true&tailLines=5"]);
}
