//! Calling the function: over HTTP, as events, over gRPC.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use wheelhouse_inference_server::protocol::{
    BYTES, InferTensor, InferTensorContents, ModelInferRequest, ModelInferResponse,
};
use wheelhouse_platform::client::ApiClient;

use crate::commands::Failure;

/// The path of the function that answers, as the create call names it.
const PATH: &str = "/v2/models/model_name/versions/model_version/infer";
const METHOD: &str = "/inference.GRPCInferenceService/ModelInfer";
/// The question.
const TEXT: &str = "wheelhouse from a chart";

/// An answer and how long it took.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) text: String,
    /// Until the first byte of the body.
    pub(super) first: Duration,
    /// Until the last.
    pub(super) whole: Duration,
}

/// Calls one function with a key.
pub(super) struct Caller {
    client: ApiClient,
    gateway: SocketAddr,
    function: String,
    key: String,
}

impl Caller {
    pub(super) fn new(gateway: SocketAddr, function: &str, key: &str) -> Self {
        let client = ApiClient::new(&format!("http://{gateway}"), key);
        Caller { client, gateway, function: function.to_owned(), key: key.to_owned() }
    }

    /// The same call for curl; the key stays a variable.
    pub(super) fn curl(&self) -> String {
        format!(
            "curl -s \"http://{gateway}{PATH}\" -H \"Host: {function}.invocation.{gateway}\" \\\n  \
             -H \"Authorization: Bearer $NVCF_API_KEY\" -d '{}'",
            question(),
            gateway = self.gateway,
            function = self.function,
        )
    }

    /// Asks over HTTP.
    pub(super) async fn http(&self) -> Result<Answer, Failure> {
        let (body, first, whole) = self.post("application/json").await?;
        let answer: Value = serde_json::from_str(&body)?;
        let text = answer.pointer("/outputs/0/data/0").and_then(Value::as_str);
        let text = text.ok_or_else(|| Failure::new(format!("the function answered {body}")))?.to_owned();
        Ok(Answer { text, first, whole })
    }

    /// Asks for events.
    pub(super) async fn events(&self) -> Result<Answer, Failure> {
        let (body, first, whole) = self.post("text/event-stream").await?;
        let events = body.split("\n\n").filter_map(|event| event.strip_prefix("event: token\ndata: "));
        let words = events.map(|data| {
            let data: Value = serde_json::from_str(data)?;
            Ok(data.get("text").and_then(Value::as_str).unwrap_or_default().to_owned())
        });
        let words = words.collect::<Result<Vec<_>, Failure>>()?;
        if words.is_empty() {
            return Err(Failure::new(format!("the function streamed no events: {body}")));
        }
        Ok(Answer { text: words.join(" | "), first, whole })
    }

    async fn post(&self, accept: &str) -> Result<(String, Duration, Duration), Failure> {
        let started = Instant::now();
        let host = format!("{}.invocation.{}", self.function, self.gateway);
        let headers = [("host", host.as_str()), ("accept", accept), ("content-type", "application/json")];
        let response = self.client.send(Method::POST, PATH, &headers, question().to_string().into()).await?;
        let status = response.status();
        let mut body = response.into_body();
        let (mut bytes, mut first) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                first.get_or_insert_with(|| started.elapsed());
                bytes.extend_from_slice(&data);
            }
        }
        let whole = started.elapsed();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if !status.is_success() {
            return Err(Failure::new(format!("the function answered {status}: {text}")));
        }
        Ok((text, first.unwrap_or(whole), whole))
    }

    /// Asks over gRPC.
    pub(super) async fn grpc(&self) -> Result<Answer, Failure> {
        let stream = TcpStream::connect(self.gateway).await?;
        stream.set_nodelay(true)?;
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (mut sender, connection) = handshake.await?;
        let driving = tokio::spawn(connection);
        let started = Instant::now();
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{}{METHOD}", self.gateway))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("function-id", &self.function)
            .header("authorization", format!("Bearer {}", self.key))
            .body(Full::new(message()))?;
        let response = sender.send_request(request).await?;
        let headers = response.headers().clone();
        let collected = response.into_body().collect().await?;
        driving.abort();
        let trailers = collected.trailers().cloned().unwrap_or(headers);
        let code = trailers.get("grpc-status").and_then(|code| code.to_str().ok()).unwrap_or("none");
        if code != "0" {
            let reason = trailers.get("grpc-message").and_then(|text| text.to_str().ok()).unwrap_or_default();
            return Err(Failure::new(format!("the function answered with gRPC status {code} {reason}")));
        }
        let mut bytes = collected.to_bytes();
        bytes.advance(FRAME_HEAD.min(bytes.len()));
        let answer = ModelInferResponse::decode(bytes)?;
        let text = answer.outputs.first().and_then(|output| output.contents.as_ref()?.bytes_contents.first());
        let text = text.ok_or_else(|| Failure::new("the function answered nothing over gRPC"))?;
        let whole = started.elapsed();
        Ok(Answer { text: String::from_utf8_lossy(text).into_owned(), first: whole, whole })
    }
}

/// The length of what comes before a gRPC message.
const FRAME_HEAD: usize = 5;

fn question() -> Value {
    json!({ "inputs": [{ "name": "text", "datatype": BYTES, "shape": [1], "data": [TEXT] }] })
}

/// The question as a gRPC message in its frame.
fn message() -> Bytes {
    let contents =
        InferTensorContents { bytes_contents: vec![TEXT.into()], ..InferTensorContents::default() };
    let input = InferTensor {
        name: "text".to_owned(),
        datatype: BYTES.to_owned(),
        shape: vec![1],
        contents: Some(contents),
    };
    let request = ModelInferRequest {
        model_name: "model_name".to_owned(),
        model_version: "model_version".to_owned(),
        inputs: vec![input],
        ..ModelInferRequest::default()
    };
    let message = request.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0][..], &length.to_be_bytes(), &message].concat().into()
}
