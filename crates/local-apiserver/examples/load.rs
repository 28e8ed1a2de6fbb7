//! Measures a cluster from outside: `load KUBECONFIG OBJECTS WATCHERS IMAGE PID...`
//!
//! Prints one figure a line, `name value unit`. The processes are those whose memory counts. IMAGE is what
//! pods run; `-` where there are no nodes.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Stream = tokio_rustls::client::TlsStream<tokio::net::TcpStream>;
type Sender = hyper::client::conn::http2::SendRequest<Full<Bytes>>;

const NAMESPACE: &str = "load";

/// Where the server is and how to be let in.
#[derive(Clone)]
struct Door {
    address: std::net::SocketAddr,
    token: String,
    tls: tokio_rustls::TlsConnector,
}

impl Door {
    fn of(kubeconfig: &str) -> Self {
        let text = std::fs::read(kubeconfig).unwrap();
        let json =
            wheelhouse_goyaml::yaml_to_json(&text, &wheelhouse_goyaml::ReadOptions::default()).unwrap();
        let config: Value = serde_json::from_slice(&json).unwrap();
        let cluster = &config["clusters"][0]["cluster"];
        let pem = base64::engine::general_purpose::STANDARD
            .decode(cluster["certificate-authority-data"].as_str().unwrap())
            .unwrap();
        let mut roots = rustls::RootCertStore::empty();
        for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let address = cluster["server"].as_str().unwrap().trim_start_matches("https://").parse().unwrap();
        let token = config["users"][0]["user"]["token"].as_str().unwrap().to_owned();
        Door { address, token, tls: tokio_rustls::TlsConnector::from(Arc::new(tls)) }
    }

    /// A connection that speaks HTTP/2 where `protocol` is `h2`, else HTTP/1.1.
    async fn stream(&self, protocol: &[u8]) -> Stream {
        let stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let name = rustls::pki_types::ServerName::from(self.address.ip());
        self.tls.with_alpn(vec![protocol.to_vec()]).connect(name, stream).await.unwrap()
    }

    async fn connect(&self) -> Sender {
        let stream = self.stream(b"h2").await;
        let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(8 << 20).initial_connection_window_size(16 << 20);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    async fn open(
        &self,
        sender: &mut Sender,
        method: &str,
        path: &str,
        body: String,
    ) -> hyper::Response<hyper::body::Incoming> {
        let request = Request::builder()
            .method(method)
            .uri(format!("https://localhost{path}"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        sender.send_request(request).await.unwrap()
    }

    async fn send(&self, sender: &mut Sender, method: &str, path: &str, body: String) -> (u16, Bytes) {
        let answer = self.open(sender, method, path, body).await;
        (answer.status().as_u16(), answer.into_body().collect().await.unwrap().to_bytes())
    }
}

fn print(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.3} {unit}");
}

fn resident_megabytes(processes: &[String]) -> f64 {
    let of = |process: &String| {
        let text = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap();
        text.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 4096.0 / 1e6
    };
    processes.iter().map(of).sum()
}

/// Runs a request for every number of a range, 128 at a time over four connections; gives the rate.
async fn many(door: &Door, method: &'static str, from: usize, to: usize) -> f64 {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/configmaps");
    let next = Arc::new(AtomicUsize::new(from));
    let started = Instant::now();
    let mut workers = Vec::new();
    for _ in 0..4 {
        let sender = door.connect().await;
        for _ in 0..32 {
            let (mut sender, next, door, path) = (sender.clone(), next.clone(), door.clone(), path.clone());
            workers.push(tokio::spawn(async move {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= to {
                        return;
                    }
                    let (path, body) = if method == "POST" {
                        let data = "x".repeat(300);
                        (path.clone(), format!("{{\"metadata\":{{\"name\":\"c{index}\",\"labels\":{{\"a\":\"b\"}}}},\"data\":{{\"k\":\"{data}\"}}}}"))
                    } else {
                        (format!("{path}/c{index}"), String::new())
                    };
                    let (code, _) = door.send(&mut sender, method, &path, body).await;
                    assert!(code < 300, "{method} {path}: {code}");
                }
            }));
        }
    }
    for worker in workers {
        worker.await.unwrap();
    }
    (to - from) as f64 / started.elapsed().as_secs_f64()
}

/// Gets each object once over connections of HTTP/1.1 that have one request under way each, and do no more
/// for it than they must, so that the server is measured and not the client; gives the rate.
async fn plain_gets(door: &Door, connections: usize, to: usize) -> f64 {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = Vec::new();
    let mut streams = Vec::new();
    for _ in 0..connections {
        streams.push(door.stream(b"http/1.1").await);
    }
    let started = Instant::now();
    for mut stream in streams {
        let (next, token) = (next.clone(), door.token.clone());
        workers.push(tokio::spawn(async move {
            let (mut request, mut answer) = (Vec::new(), Vec::new());
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= to {
                    return;
                }
                request.clear();
                let head = format!(
                    "GET /api/v1/namespaces/{NAMESPACE}/configmaps/c{index} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n"
                );
                request.extend_from_slice(head.as_bytes());
                stream.write_all(&request).await.unwrap();
                answer.clear();
                while !is_whole(&answer) {
                    assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "the server hangs up");
                }
                assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
            }
        }));
    }
    for worker in workers {
        worker.await.unwrap();
    }
    to as f64 / started.elapsed().as_secs_f64()
}

/// Head and body of an answer are there.
fn is_whole(answer: &[u8]) -> bool {
    const LENGTH: &[u8] = b"content-length: ";
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = answer[..end].to_ascii_lowercase();
    let at = head.windows(LENGTH.len()).position(|part| part == LENGTH).unwrap() + LENGTH.len();
    let digits = head[at..].iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    answer.len() >= end + 4 + length
}

/// Opens watches, makes one change, and gives the time until every one has seen it.
async fn watchers(door: &Door, count: usize) -> Duration {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/secrets");
    let mut first = door.connect().await;
    let (_, list) = door.send(&mut first, "GET", &format!("{path}?limit=1"), String::new()).await;
    let list: Value = serde_json::from_slice(&list).unwrap();
    let version = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let mut waiting = Vec::new();
    // real servers take a hundred streams on a connection
    let mut sender = door.connect().await;
    for index in 0..count {
        if index % 80 == 79 {
            sender = door.connect().await;
        }
        let watch = format!("{path}?watch=1&resourceVersion={version}");
        let answer = door.open(&mut sender, "GET", &watch, String::new()).await;
        assert_eq!(answer.status().as_u16(), 200);
        let mut body = answer.into_body();
        let kept = sender.clone();
        waiting.push(tokio::spawn(async move {
            let _kept = kept;
            let frame = body.frame().await.unwrap().unwrap();
            assert!(frame.data_ref().unwrap().starts_with(b"{\"type\":\"ADDED\""));
            Instant::now()
        }));
    }
    let started = Instant::now();
    let body = "{\"metadata\":{\"name\":\"seen\"}}".to_owned();
    let (code, _) = door.send(&mut first, "POST", &path, body).await;
    assert_eq!(code, 201);
    let mut last = started;
    for watcher in waiting {
        last = last.max(watcher.await.unwrap());
    }
    last - started
}

/// Waits for the account that a controller makes in the namespace: pods are refused without.
async fn account_is_there(door: &Door, sender: &mut Sender) {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default");
    while door.send(sender, "GET", &path, String::new()).await.0 != 200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until the first node is ready.
async fn node_is_ready(door: &Door, sender: &mut Sender) {
    loop {
        let (_, nodes) = door.send(sender, "GET", "/api/v1/nodes", String::new()).await;
        let nodes: Value = serde_json::from_slice(&nodes).unwrap();
        if is_ready(&nodes["items"][0]) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn is_ready(object: &Value) -> bool {
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|each| each["type"] == "Ready" && each["status"] == "True")
}

/// The time from the creation of a pod until it is seen to be ready.
async fn pod_is_ready(door: &Door, sender: &mut Sender, name: &str, image: &str) -> Duration {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/pods");
    let watch = format!("{path}?watch=1&fieldSelector=metadata.name%3D{name}");
    let mut body = door.open(sender, "GET", &watch, String::new()).await.into_body();
    let pod = serde_json::json!({"metadata": {"name": name}, "spec": {"terminationGracePeriodSeconds": 0,
        "containers": [{"name": "main", "image": image}]}});
    let started = Instant::now();
    let (code, answer) = door.send(sender, "POST", &path, pod.to_string()).await;
    assert_eq!(code, 201, "{answer:?}");
    let mut text = Vec::new();
    loop {
        text.extend_from_slice(body.frame().await.unwrap().unwrap().data_ref().unwrap());
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            let event: Value = serde_json::from_slice(&line).unwrap();
            if is_ready(&event["object"]) {
                let took = started.elapsed();
                door.send(sender, "DELETE", &format!("{path}/{name}"), String::new()).await;
                return took;
            }
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let kubeconfig = arguments.next().unwrap();
    let mut number = || arguments.next().unwrap().parse::<usize>().unwrap();
    let (objects, watching) = (number(), number());
    let image = arguments.next().unwrap();
    let processes: Vec<String> = arguments.collect();
    let door = Door::of(&kubeconfig);
    let mut first = door.connect().await;
    loop {
        if door.send(&mut first, "GET", "/readyz", String::new()).await.0 == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("ready");
    let body = format!("{{\"metadata\":{{\"name\":\"{NAMESPACE}\"}}}}");
    door.send(&mut first, "POST", "/api/v1/namespaces", body).await;
    if image != "-" {
        node_is_ready(&door, &mut first).await;
        println!("node");
        account_is_there(&door, &mut first).await;
        let mut times = Vec::new();
        for number in 0..5 {
            times.push(pod_is_ready(&door, &mut first, &format!("pod-{number}"), &image).await);
        }
        times.sort();
        print("pod", times[times.len() / 2].as_secs_f64() * 1e3, "ms");
    }
    many(&door, "POST", 0, 1000).await;
    print("resident", resident_megabytes(&processes), "MB");
    print("creates", many(&door, "POST", 1000, objects).await, "/s");
    print("gets", plain_gets(&door, 64, objects).await, "/s");
    print("gets-h2", many(&door, "GET", 0, objects).await, "/s");
    let path = format!("/api/v1/namespaces/{NAMESPACE}/configmaps");
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        let (code, _) = door.send(&mut first, "GET", &path, String::new()).await;
        assert_eq!(code, 200);
        best = best.min(started.elapsed());
    }
    print("list", best.as_secs_f64() * 1e3, "ms");
    print("watchers", watchers(&door, watching).await.as_secs_f64() * 1e3, "ms");
    print("resident-after", resident_megabytes(&processes), "MB");
}
