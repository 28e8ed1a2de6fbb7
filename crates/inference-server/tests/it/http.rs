use crate::support::{INFER, asking, output, start};
use serde_json::{Value, json};

#[tokio::test]
async fn a_request_is_answered_and_counted() {
    let server = start("s", 0, &[]).await;
    let (status, answer) = server.call("POST", INFER, "*/*", &asking(&["big world", "x"])).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(output(&answer, "text"), json!(["hello, big world", "hello, x"]));
    assert_eq!(output(&answer, "words"), json!([2, 1]));
    assert_eq!(output(&answer, "served_by"), json!(["s", "s"]));
    let whole: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        (&whole["id"], &whole["model_name"], &whole["model_version"]),
        (&json!("7"), &json!("greeter"), &json!("1"))
    );

    let (_, metrics) = server.call("GET", "/metrics", "*/*", "").await;
    assert!(
        metrics.contains("inference_requests_total{protocol=\"http\",outcome=\"answered\"} 1"),
        "{metrics}"
    );
    server.stop().await;
}

#[tokio::test]
async fn who_accepts_events_gets_one_for_each_word() {
    let server = start("s", 0, &[]).await;
    let (status, events) = server.call("POST", INFER, "text/event-stream", &asking(&["world"])).await;
    assert_eq!(status, 200);
    let events: Vec<&str> = events.trim_end().split("\n\n").collect();
    assert_eq!(
        events[..2],
        [
            "event: token\ndata: {\"index\":0,\"text\":\"hello,\"}",
            "event: token\ndata: {\"index\":1,\"text\":\"world\"}",
        ]
    );
    let done = events[2].strip_prefix("event: done\ndata: ").unwrap();
    assert_eq!(output(done, "text"), json!(["hello, world"]));
    assert_eq!(events.len(), 3);
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_a_reason() {
    let server = start("s", 0, &[]).await;
    for (method, path, body, status, reason) in [
        ("POST", INFER, "{", 400, "not an inference request: "),
        ("POST", INFER, "{\"inputs\":[]}", 400, "there is nothing to infer from"),
        ("GET", INFER, "", 405, "inference requests are posted"),
        ("GET", "/nowhere", "", 404, "there is nothing at /nowhere"),
    ] {
        let (found, answer) = server.call(method, path, "*/*", body).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(found, status, "{answer}");
        assert!(answer["error"].as_str().unwrap().starts_with(reason), "{answer}");
    }
    for path in
        ["/v2/health/live", "/v2/health/ready", "/v2/models/m/ready", "/v2/models/m/versions/1", "/v2"]
    {
        assert_eq!(server.call("GET", path, "*/*", "").await.0, 200, "{path}");
    }
}
