//! Measures the server in this process: start, durable creates, gets, a list of everything, memory.
//! `load [OBJECTS]`
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use tokio_util::sync::CancellationToken;
use wheelhouse_local_apiserver::Options;

type Sender = hyper::client::conn::http2::SendRequest<Full<Bytes>>;

async fn connect(address: std::net::SocketAddr, authority: &str) -> Sender {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let mut tls =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let name = rustls::pki_types::ServerName::from(address.ip());
    let stream = tokio_rustls::TlsConnector::from(Arc::new(tls)).connect(name, stream).await.unwrap();
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(8 << 20).initial_connection_window_size(16 << 20);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn send(sender: &mut Sender, token: &str, method: &str, path: &str, body: String) -> (u16, usize) {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://localhost{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let code = answer.status().as_u16();
    (code, answer.into_body().collect().await.unwrap().to_bytes().len())
}

fn resident_megabytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let count: usize = std::env::args().nth(1).map_or(10_000, |text| text.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let server = Options::new(directory.path()).build().await.unwrap();
    let ready = server.ready().clone();
    let cancel = CancellationToken::new();
    tokio::spawn(server.run(cancel.clone()));
    let mut first = connect(ready.address, &ready.authority_pem).await;
    let (code, _) = send(&mut first, &ready.admin_token, "GET", "/readyz", String::new()).await;
    println!("ready after {:?} ({code})", started.elapsed());
    let path = "/api/v1/namespaces/default/configmaps";
    for (what, method) in [("creates", "POST"), ("gets", "GET")] {
        let next = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let mut workers = Vec::new();
        for _ in 0..4 {
            let sender = connect(ready.address, &ready.authority_pem).await;
            for _ in 0..32 {
                let (mut sender, next, token) = (sender.clone(), next.clone(), ready.admin_token.clone());
                workers.push(tokio::spawn(async move {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= count {
                            return;
                        }
                        let (path, body) = if method == "POST" {
                            let data = "x".repeat(300);
                            (path.to_owned(), format!("{{\"metadata\":{{\"name\":\"c{index}\",\"labels\":{{\"a\":\"b\"}}}},\"data\":{{\"k\":\"{data}\"}}}}"))
                        } else {
                            (format!("{path}/c{index}"), String::new())
                        };
                        let (code, _) = send(&mut sender, &token, method, &path, body).await;
                        assert!(code < 300, "{code}");
                    }
                }));
            }
        }
        for worker in workers {
            worker.await.unwrap();
        }
        let rate = count as f64 / started.elapsed().as_secs_f64();
        println!("{rate:.0} {what}/s, {:.0} MB resident", resident_megabytes());
    }
    let mut best = Duration::MAX;
    let mut size = 0;
    for _ in 0..5 {
        let started = Instant::now();
        size = send(&mut first, &ready.admin_token, "GET", path, String::new()).await.1;
        best = best.min(started.elapsed());
    }
    println!("{count} objects ({size} bytes) listed in {best:?}, {:.0} MB resident", resident_megabytes());
    cancel.cancel();
}
