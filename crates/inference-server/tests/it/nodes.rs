//! Several nodes that answer together.

use crate::support::{INFER, asking, output, start};
use serde_json::json;

/// A port nobody listens on at the moment.
async fn free_port() -> u16 {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn texts_are_dealt_out_to_all_nodes_and_come_back_in_order() {
    let ports = [free_port().await, free_port().await];
    let peers = ports.map(|port| format!("127.0.0.1:{port}"));
    let first = start("n0", ports[0], &peers).await;
    // Alone, it is alive and not ready.
    assert_eq!(first.call("GET", "/v2/health/live", "*/*", "").await.0, 200);
    let (status, reason) = first.call("GET", "/v2/health/ready", "*/*", "").await;
    assert_eq!(status, 503);
    assert!(reason.contains(&format!("peer {}: ", peers[1])), "{reason}");
    assert_eq!(first.call("POST", INFER, "*/*", &asking(&["a", "b"])).await.0, 502);

    let _second = start("n1", ports[1], &peers).await;
    assert_eq!(first.call("GET", "/v2/health/ready", "*/*", "").await.0, 200);
    let (status, answer) = first.call("POST", INFER, "*/*", &asking(&["a", "b", "c"])).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(output(&answer, "text"), json!(["hello, a", "hello, b", "hello, c"]));
    assert_eq!(output(&answer, "served_by"), json!(["n0", "n1", "n0"]));
}
