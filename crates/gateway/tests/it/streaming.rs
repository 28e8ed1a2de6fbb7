//! Events, WebSockets and gRPC: nothing waits for more.

use crate::harness::{Harness, TestBody, function_id, version_id};
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Channel};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn events_arrive_one_by_one() {
    let harness = Harness::start().await;
    let request = harness.request("GET", "/events").body(crate::harness::full("")).unwrap();
    let response = harness.send(request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    for number in 0..3 {
        harness.function.release.notify_one();
        // The next event is sent only after this one has arrived.
        let frame =
            tokio::time::timeout(Duration::from_secs(60), body.frame()).await.unwrap().unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), format!("data: {number}\n\n"));
        if number < 2 {
            assert_eq!(harness.load.load(version_id()).busy, 1);
        }
    }
    assert!(body.frame().await.is_none());
    harness.until("the slot is free", |harness| harness.load.load(version_id()).busy == 0).await;
    assert_eq!(harness.function.left.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn when_the_client_leaves_the_function_is_told() {
    let harness = Harness::start().await;
    let request = harness.request("GET", "/events").body(crate::harness::full("")).unwrap();
    let mut body = harness.send(request).await.into_body();
    harness.function.release.notify_one();
    assert!(body.frame().await.is_some());
    drop(body);
    harness
        .until("the function is told", |harness| {
            harness.function.release.notify_one();
            harness.function.left.load(Ordering::SeqCst) == 1
        })
        .await;
    harness.until("the slot is free", |harness| harness.load.load(version_id()).busy == 0).await;
}

#[tokio::test]
async fn websockets_are_connected_through() {
    let harness = Harness::start().await;
    let mut stream = TcpStream::connect(harness.address).await.unwrap();
    // A browser cannot set headers: ids and token travel as protocols.
    let head = format!(
        "GET /socket HTTP/1.1\r\nhost: gateway.test\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-protocol: function-id.{}, authorization.{}\r\n\r\n",
        function_id(),
        harness.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    let answer = String::from_utf8(answer).unwrap().to_lowercase();
    assert!(answer.starts_with("http/1.1 101"), "{answer}");
    assert!(answer.contains(&format!("sec-websocket-protocol: function-id.{}", function_id())), "{answer}");
    assert!(!answer.contains(&harness.token.to_lowercase()));
    let (_, seen) = harness.function.seen.lock().unwrap().pop().unwrap();
    assert!(seen.get("sec-websocket-protocol").is_none());
    for word in ["ping", "pong"] {
        stream.write_all(word.as_bytes()).await.unwrap();
        let mut echo = [0; 4];
        stream.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, word.as_bytes());
    }
    assert_eq!(harness.load.load(version_id()).busy, 1);
    drop(stream);
    harness.until("the slot is free", |harness| harness.load.load(version_id()).busy == 0).await;
}

async fn connect(harness: &Harness) -> hyper::client::conn::http2::SendRequest<TestBody> {
    let stream = TcpStream::connect(harness.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn grpc(harness: &Harness) -> http::request::Builder {
    Request::builder()
        .method("POST")
        .uri(format!("http://{}/echo.Echo/Stream", harness.address))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {}", harness.token))
        .header("function-id", function_id().to_string())
}

#[tokio::test]
async fn grpc_streams_in_both_directions_with_trailers() {
    let mut harness = Harness::start().await;
    harness.route.grpc = true;
    harness.publish();
    let mut sender = connect(&harness).await;
    let (mut messages, body) = Channel::<Bytes, Infallible>::new(4);
    let response = sender.send_request(grpc(&harness).body(body.boxed_unsync()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    for word in ["one", "two", "three"] {
        messages.send_data(Bytes::from(word)).await.unwrap();
        let frame =
            tokio::time::timeout(Duration::from_secs(60), body.frame()).await.unwrap().unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), word);
    }
    drop(messages);
    let trailers: HeaderMap = body.frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(trailers["grpc-status"], "0");
}

#[tokio::test]
async fn grpc_refusals_are_grpc_statuses() {
    let mut harness = Harness::start().await;
    harness.route.grpc = true;
    harness.publish();
    let mut sender = connect(&harness).await;
    let mut status = async |change: &dyn Fn(&mut HeaderMap)| {
        let mut request = grpc(&harness).body(crate::harness::full("")).unwrap();
        change(request.headers_mut());
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200);
        response.headers()["grpc-status"].to_str().unwrap().to_owned()
    };
    assert_eq!(status(&|headers| drop(headers.remove("authorization"))).await, "16");
    assert_eq!(status(&|headers| drop(headers.remove("function-id"))).await, "3");
    let unknown = || "6f1cd0a2-1111-4222-8333-944445555666".parse().unwrap();
    assert_eq!(status(&|headers| drop(headers.insert("function-id", unknown()))).await, "5");
    harness.route.instances.clear();
    harness.publish();
    let mut sender = connect(&harness).await;
    let request = grpc(&harness).header("nvcf-poll-seconds", "1").body(crate::harness::full("")).unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().headers()["grpc-status"], "4");
}
