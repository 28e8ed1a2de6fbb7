use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wheelhouse_inference_server::{Options, Server};

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// Starts a server on a free port.
pub(crate) async fn start(name: &str, port: u16, peers: &[String]) -> Running {
    let options = Options {
        port,
        peers: peers.to_vec(),
        greeting: "hello".into(),
        delay: Duration::ZERO,
        name: name.into(),
    };
    let server = Server::build(options).await.unwrap();
    let port = server.address().unwrap().port();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(server.run(async {
        let _dropped = stopped.await;
    }));
    Running { address: SocketAddr::from(([127, 0, 0, 1], port)), stop: Some(stop), task }
}

impl Running {
    /// Stops it, and waits until it has ended.
    pub(crate) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(60), self.task).await.unwrap().unwrap();
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        accept: &str,
        body: &str,
    ) -> (StatusCode, String) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request =
            Request::builder().method(method).uri(path).header("host", "x").header("accept", accept);
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let response = sender.send_request(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Calls a gRPC method; gives the answer's bytes and its trailers, or its headers when there are none.
    pub(crate) async fn grpc(&self, method: &str, body: Vec<u8>) -> (Bytes, HeaderMap) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (mut sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        let request = Request::builder()
            .method("POST")
            .uri(format!("http://{}{method}", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        let response =
            sender.send_request(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
        let headers = response.headers().clone();
        let collected = response.into_body().collect().await.unwrap();
        let trailers = collected.trailers().cloned().unwrap_or(headers);
        (collected.to_bytes(), trailers)
    }
}

pub(crate) const INFER: &str = "/v2/models/greeter/versions/1/infer";

pub(crate) fn asking(texts: &[&str]) -> String {
    let input = json!({ "name": "text", "datatype": "BYTES", "shape": [texts.len()], "data": texts });
    json!({ "id": "7", "inputs": [input] }).to_string()
}

pub(crate) fn output(answer: &str, name: &str) -> Value {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let outputs = answer["outputs"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
    outputs.into_iter().find(|output| output["name"] == name).unwrap()["data"].clone()
}
