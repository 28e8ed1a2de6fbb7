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

/// What a raw connection gives up to some text, in lower case.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(end.as_bytes()) {
        let byte = tokio::time::timeout(Duration::from_secs(60), stream.read_u8()).await.unwrap();
        seen.push(byte.unwrap_or_else(|error| panic!("{error} after {}", String::from_utf8_lossy(&seen))));
    }
    String::from_utf8(seen).unwrap().to_lowercase()
}

fn raw(harness: &Harness, line: &str, more: &str) -> String {
    format!(
        "{line} HTTP/1.1\r\nhost: gateway.test\r\nfunction-id: {}\r\nauthorization: Bearer {}\r\n{more}\r\n",
        function_id(),
        harness.token
    )
}

#[tokio::test]
async fn after_a_stream_the_connection_takes_the_next_call() {
    let harness = Harness::start().await;
    let mut stream = TcpStream::connect(harness.address).await.unwrap();
    stream.write_all(raw(&harness, "GET /events", "").as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 200") && head.contains("transfer-encoding: chunked"), "{head}");
    // Sent while the stream still goes on.
    stream.write_all(raw(&harness, "GET /next", "").as_bytes()).await.unwrap();
    for number in 0..3 {
        harness.function.release.notify_one();
        assert_eq!(read_until(&mut stream, "\n\n\r\n").await, format!("9\r\ndata: {number}\n\n\r\n"));
    }
    assert_eq!(read_until(&mut stream, "\r\n\r\n").await, "0\r\n\r\n");
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(read_until(&mut stream, "GET /next ").await, "get /next ");
}

#[tokio::test]
async fn a_stream_that_was_asked_for_as_the_last_call_is_the_last() {
    let harness = Harness::start().await;
    let mut stream = TcpStream::connect(harness.address).await.unwrap();
    stream.write_all(raw(&harness, "GET /events", "connection: close\r\n").as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.contains("connection: close"), "{head}");
    for _ in 0..3 {
        harness.function.release.notify_one();
        read_until(&mut stream, "\n\n\r\n").await;
    }
    assert_eq!(read_until(&mut stream, "\r\n\r\n").await, "0\r\n\r\n");
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn a_question_for_a_streams_head_gets_only_that() {
    let harness = Harness::start().await;
    let mut stream = TcpStream::connect(harness.address).await.unwrap();
    stream.write_all(raw(&harness, "HEAD /events", "").as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 200") && head.contains("text/event-stream"), "{head}");
    stream.write_all(raw(&harness, "GET /next", "").as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
}

#[tokio::test]
async fn bodies_of_any_kind_and_size_arrive_whole() {
    let harness = Harness::start().await;
    for size in [0, 1, 1 << 10, 16 << 10, (16 << 10) + 1, 300 << 10] {
        let text: String = (0..size).map(|number| char::from(b'a' + (number % 26) as u8)).collect();
        for chunked in [false, true] {
            let body: TestBody = if chunked {
                let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
                let pieces: Vec<Bytes> = text.as_bytes().chunks(70_000).map(Bytes::copy_from_slice).collect();
                tokio::spawn(async move {
                    for piece in pieces {
                        sender.send_data(piece).await.unwrap();
                    }
                });
                body.boxed_unsync()
            } else {
                crate::harness::full(&text)
            };
            let response = harness.send(harness.request("POST", "/echo").body(body).unwrap()).await;
            let answer = crate::harness::read(response).await;
            assert_eq!(answer.status, 200);
            assert!(answer.body == format!("POST /echo {text}"), "{size} bytes, in chunks: {chunked}");
        }
    }
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
