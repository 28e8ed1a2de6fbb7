//! Calls answered with 202: found again, also after the process ended.

use crate::harness::{Answer, Harness, function_id, request_id, version_id};
use std::sync::atomic::Ordering;
use wheelhouse_functions::id::RequestId;

fn execute(harness: &Harness, token: &str) -> http::request::Builder {
    http::Request::builder()
        .method("POST")
        .uri(format!("/v2/nvcf/pexec/functions/{}", function_id()))
        .header("host", format!("api.{}", harness.address))
        .header("authorization", format!("Bearer {token}"))
}

async fn status(harness: &Harness, token: &str, id: RequestId, wait: u32) -> Answer {
    let request = http::Request::builder()
        .uri(format!("/v2/nvcf/pexec/status/{id}"))
        .header("nvcf-poll-seconds", wait.to_string())
        .header("authorization", format!("Bearer {token}"));
    harness.call(request, "").await
}

#[tokio::test]
async fn a_slow_answer_is_fetched_later() {
    let mut harness = Harness::start().await;
    harness.route.inference_path = "/hold".into();
    harness.publish();
    let token = harness.token.clone();
    let request = execute(&harness, &token).header("nvcf-poll-seconds", "1");
    let answer = harness.call(request, "{}").await;
    assert_eq!((answer.status, answer.header("nvcf-status")), (202, "in-progress"));
    let id = request_id(&answer);
    let pending = status(&harness, &token, id, 1).await;
    assert_eq!((pending.status, request_id(&pending)), (202, id));
    let stranger = harness.key("stranger", &["invoke_function"], vec![]).await;
    assert_eq!(status(&harness, &stranger, id, 1).await.status, 404);
    let waiting = status(&harness, &token, id, 60);
    let releasing = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        harness.function.release.notify_one();
    };
    let (done, ()) = tokio::join!(waiting, releasing);
    assert_eq!((done.status, done.body.as_str(), done.header("nvcf-status")), (200, "released", "fulfilled"));
    assert_eq!(done.header("x-from"), "function");
    assert_eq!(status(&harness, &token, RequestId::from_parts(9, [9; 10]), 1).await.status, 404);
    assert_eq!(harness.function.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_call_that_asks_for_it_is_accepted_at_once() {
    let harness = Harness::start().await;
    let token = harness.token.clone();
    let answer = harness.call(execute(&harness, &token).header("prefer", "respond-async"), "body").await;
    assert_eq!(answer.status, 202);
    let id = request_id(&answer);
    assert_eq!(answer.header("location"), format!("/v2/nvcf/pexec/status/{id}"));
    let done = status(&harness, &token, id, 60).await;
    assert_eq!((done.status, done.body.as_str()), (200, "POST /infer body"));
    // The caller's credential is not among what was written down.
    let stored =
        harness.store.table::<wheelhouse_store::record::AsyncRequest>().get(id).await.unwrap().unwrap();
    assert!(!serde_json::to_string(&stored.value).unwrap().contains(&token));
}

#[tokio::test]
async fn what_was_accepted_survives_the_process_and_is_marked_when_it_may_run_twice() {
    let mut harness = Harness::start().await;
    let token = harness.token.clone();
    // One call is being answered when the process ends, one waits in the queue.
    harness.route.inference_path = "/hold".into();
    harness.route.instances[0].slots = 1;
    harness.publish();
    let running = harness.call(execute(&harness, &token).header("nvcf-poll-seconds", "1"), "{}").await;
    assert_eq!(running.status, 202);
    let queued = harness.call(execute(&harness, &token).header("prefer", "respond-async"), "{}").await;
    assert_eq!(queued.status, 202);
    harness.until("it waits", |harness| harness.load.load(version_id()).queued == 1).await;
    let harness = harness.restart().await;
    let function = std::sync::Arc::clone(&harness.function);
    let releasing = tokio::spawn(async move {
        loop {
            function.release.notify_waiters();
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    let (first, second) = (request_id(&running), request_id(&queued));
    let done = status(&harness, &token, first, 60).await;
    assert_eq!((done.status, done.header("nvcf-attempt")), (200, "2"));
    let done = status(&harness, &token, second, 60).await;
    assert_eq!(done.status, 200);
    releasing.abort();
    let seen = harness.function.seen.lock().unwrap();
    let attempts: Vec<bool> = seen.iter().map(|(_, headers)| headers.contains_key("nvcf-attempt")).collect();
    // Each call runs once without a mark at most. The second has one too where the end of the first's task handed it
    // the slot before its own task ended.
    assert!(attempts.iter().filter(|marked| !**marked).count() <= 2, "{attempts:?}");
    assert!(attempts.contains(&true), "{attempts:?}");
}

#[tokio::test]
async fn nobody_there_in_time_is_504_and_too_large_is_413() {
    let options =
        wheelhouse_gateway::Options { stored_body_limit: 10, ..wheelhouse_gateway::Options::default() };
    let mut harness = Harness::start_with(options, 1).await;
    harness.route.instances.clear();
    harness.publish();
    let token = harness.token.clone();
    let none = harness.call(execute(&harness, &token).header("nvcf-poll-seconds", "1"), "{}").await;
    assert_eq!((none.status, none.body.as_str()), (504, ""));
    assert_eq!(status(&harness, &token, request_id(&none), 1).await.status, 404);
    let large = harness.call(execute(&harness, &token), "12345678901").await;
    assert_eq!(large.status, 413);
}
