//! Plain calls: what reaches the function and what comes back.

use crate::harness::{Harness, function_id, version_id};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[tokio::test]
async fn method_path_query_body_and_answer_pass_unchanged() {
    let harness = Harness::start().await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let request =
            harness.request(method, "/any/path?x=1&y=%20").header("x-mine", "1").header("nvcf-sub", "forged");
        let answer = harness.call(request, "hello").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, &*format!("{method} /any/path hello")));
        assert_eq!(answer.header("nvcf-status"), "fulfilled");
        assert_eq!(answer.header("x-from"), "function");
        assert!(
            answer.header("server-timing").starts_with("auth;dur="),
            "{}",
            answer.header("server-timing")
        );
        let (uri, seen) = harness.function.seen.lock().unwrap().pop().unwrap();
        assert_eq!(uri, "/any/path?x=1&y=%20");
        let header = |name: &str| seen.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
        assert_eq!(header("x-mine"), "1");
        assert_eq!(header("authorization"), "-");
        assert_eq!(header("function-id"), "-");
        assert_eq!(header("nvcf-sub"), "tester");
        assert_eq!(header("nvcf-ncaid"), "mine");
        assert_eq!(header("nvcf-function-name"), "echo");
        assert_eq!(header("nvcf-function-id"), function_id().to_string());
        assert_eq!(header("nvcf-function-version-id"), version_id().to_string());
        assert_eq!(header("nvcf-reqid"), answer.header("nvcf-reqid"));
        assert_eq!(header("nvcf-backend"), "group");
        assert_eq!(header("nvcf-instancetype"), "A.GPU.L40_1x");
    }
    let teapot = harness.call(harness.request("GET", "/teapot"), "").await;
    assert_eq!((teapot.status, teapot.header("x-own"), teapot.header("nvcf-status")), (418, "1", "errored"));
}

#[tokio::test]
async fn hosts_name_functions_too_and_all_else_is_the_api() {
    let harness = Harness::start().await;
    let to = |host: String| {
        let builder = http::Request::builder().uri("/p").header("host", host);
        builder.header("authorization", format!("Bearer {}", harness.token))
    };
    let (function, version) = (function_id(), version_id());
    for host in [format!("{function}.invocation.test"), format!("{version}.{function}.invocation.test:80")] {
        assert_eq!(harness.call(to(host), "").await.body, "GET /p ");
    }
    assert_eq!(harness.call(to("api.test".into()), "").await.body, "api /p");
    assert_eq!(harness.call(to("127.0.0.1".into()), "").await.body, "api /p");
    let other = version_id().to_string().replace('2', "3");
    assert_eq!(harness.call(to(format!("{other}.{function}.invocation.test")), "").await.status, 404);
}

#[tokio::test]
async fn legacy_calls_go_to_the_inference_url() {
    let harness = Harness::start().await;
    let path = format!("/v2/nvcf/pexec/functions/{}", function_id());
    let request = http::Request::builder()
        .method("POST")
        .uri(&path)
        .header("host", "api.test")
        .header("authorization", format!("Bearer {}", harness.token));
    let answer = harness.call(request, "{}").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "POST /infer {}"));
    assert_eq!(answer.header("nvcf-status"), "fulfilled");
}

#[tokio::test]
async fn slots_bound_what_an_instance_gets_and_the_queue_what_waits() {
    let options = wheelhouse_gateway::Options { queue_limit: 1, ..wheelhouse_gateway::Options::default() };
    let harness = std::sync::Arc::new(Harness::start_with(options, 1).await);
    let hold = || {
        let harness = std::sync::Arc::clone(&harness);
        tokio::spawn(async move { harness.call(harness.request("GET", "/hold"), "").await.status })
    };
    let first = hold();
    harness.until("a call is running", |harness| harness.load.load(version_id()).busy == 1).await;
    let second = hold();
    harness.until("a call waits", |harness| harness.load.load(version_id()).queued == 1).await;
    let refused = harness.call(harness.request("GET", "/"), "").await;
    assert_eq!((refused.status, refused.header("nvcf-status")), (429, "errored"));
    assert_eq!(harness.function.calls.load(Ordering::SeqCst), 1);
    harness.function.release.notify_one();
    assert_eq!(first.await.unwrap(), 200);
    harness.until("the second runs", |harness| harness.function.calls.load(Ordering::SeqCst) == 2).await;
    harness.function.release.notify_one();
    assert_eq!(second.await.unwrap(), 200);
    harness.until("all slots are free", |harness| harness.load.load(version_id()).busy == 0).await;
}

#[tokio::test]
async fn an_instance_that_cannot_be_reached_is_passed_over() {
    let mut harness = Harness::start().await;
    let mut dead = harness.route.instances[0].clone();
    dead.id = wheelhouse_functions::id::InstanceId::from_parts(9, [9; 10]);
    // A port nobody listens on: bound once, then closed.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    dead.endpoints[0].port = closed;
    harness.route.instances.push(dead);
    harness.publish();
    for _ in 0..6 {
        assert_eq!(harness.call(harness.request("POST", "/"), "body").await.body, "POST / body");
    }
    harness.route.instances.remove(0);
    harness.publish();
    harness.until("the route is taken over", |_| true).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(harness.call(harness.request("GET", "/"), "").await.status, 503);
}

#[tokio::test]
async fn a_sleeping_function_holds_the_call_until_it_wakes() {
    let mut harness = Harness::start().await;
    let instances = std::mem::take(&mut harness.route.instances);
    harness.publish();
    let waking = async {
        harness.until("the call waits", |harness| harness.load.load(version_id()).queued == 1).await;
        let mut route = harness.route.clone();
        route.instances = instances;
        harness.routes.send_replace(std::sync::Arc::new([std::sync::Arc::new(route)].into_iter().collect()));
    };
    let (answer, ()) = tokio::join!(harness.call(harness.request("GET", "/woken"), ""), waking);
    assert_eq!(answer.body, "GET /woken ");
}

#[tokio::test]
async fn whoever_does_not_get_a_slot_in_time_is_told_and_forgotten() {
    let mut harness = Harness::start().await;
    harness.route.instances.clear();
    harness.publish();
    let started = Instant::now();
    let answer = harness.call(harness.request("GET", "/").header("nvcf-poll-seconds", "1"), "").await;
    assert_eq!((answer.status, answer.body.as_str(), answer.header("nvcf-status")), (504, "", "errored"));
    assert!(!answer.header("nvcf-reqid").is_empty());
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(harness.load.load(version_id()).queued, 0);
}

#[tokio::test]
async fn stopping_lets_calls_finish() {
    let mut harness = Harness::start().await;
    let call = harness.call(harness.request("GET", "/hold"), "");
    let function = std::sync::Arc::clone(&harness.function);
    let cancel = harness.cancel.clone();
    let stopping = async {
        while function.calls.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancel.cancel();
        tokio::time::sleep(Duration::from_millis(50)).await;
        function.release.notify_one();
    };
    let (answer, ()) = tokio::join!(call, stopping);
    assert_eq!(answer.body, "released");
    tokio::time::timeout(Duration::from_secs(60), harness.serving.take().unwrap()).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(harness.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_browsers_may_call_by_path_and_functions_answer_for_their_own() {
    let harness = Harness::start().await;
    let path = format!("/v2/nvcf/pexec/functions/{}", function_id());
    let asks = |path: &str| {
        http::Request::builder()
            .method("OPTIONS")
            .uri(path)
            .header("host", "api.test")
            .header("origin", "https://page.test")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type")
    };
    let allowed = harness.call(asks(&path), "").await;
    assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (200, "https://page.test"));
    assert_eq!(allowed.header("access-control-allow-methods"), "POST");
    assert_eq!(allowed.header("access-control-allow-headers"), "authorization,content-type");
    assert_eq!(allowed.header("access-control-max-age"), "86400");
    let called =
        harness.call(harness.request("POST", &path).header("origin", "https://page.test"), "x").await;
    assert_eq!((called.status, called.header("access-control-allow-origin")), (200, "https://page.test"));
    // Passed through, both belong to the function.
    let passed =
        harness.call(harness.request("OPTIONS", "/any").header("origin", "https://page.test"), "").await;
    assert_eq!((passed.body.as_str(), passed.header("access-control-allow-origin")), ("OPTIONS /any ", ""));
}
