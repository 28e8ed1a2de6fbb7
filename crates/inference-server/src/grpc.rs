//! gRPC over plain HTTP/2: frames, statuses, and the services `inference.GRPCInferenceService` and
//! `grpc.health.v1.Health`.

use crate::protocol::{
    HealthCheckResponse, ModelInferRequest, ModelInferResponse, ModelStreamInferResponse, YesResponse,
};
use crate::request;
use crate::server::{Body, Shared};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::Incoming;
use prost::Message;
use std::sync::Arc;
use std::time::Instant;

/// The largest message, in bytes.
const LIMIT: usize = 64 << 20;
/// The length of a frame's head: is it compressed, and how long is it.
const HEAD: usize = 5;
/// How many answers of a stream may wait for a slow reader.
const WAITING: usize = 8;

/// How a call ends when it does not end well.
#[derive(Debug)]
struct Status {
    code: u8,
    message: String,
}

const INVALID_ARGUMENT: u8 = 3;
const UNIMPLEMENTED: u8 = 12;
const INTERNAL: u8 = 13;
const UNAVAILABLE: u8 = 14;

fn status(code: u8, message: impl Into<String>) -> Status {
    Status { code, message: message.into() }
}

/// Answers a gRPC call.
pub(crate) async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let mut frames = Frames { body: request.into_body(), buffer: BytesMut::new() };
    let answered = match path.as_str() {
        "/inference.GRPCInferenceService/ModelInfer" => {
            let started = Instant::now();
            let answered = infer(&shared, &mut frames).await;
            shared.telemetry.observe("grpc", answered.is_ok(), started.elapsed());
            answered
        }
        "/inference.GRPCInferenceService/ModelStreamInfer" => return stream(shared, frames),
        "/inference.GRPCInferenceService/ServerLive" => Ok(framed(&YesResponse { yes: true })),
        "/inference.GRPCInferenceService/ServerReady" | "/inference.GRPCInferenceService/ModelReady" => {
            Ok(framed(&YesResponse { yes: shared.why_not_ready().await.is_none() }))
        }
        "/grpc.health.v1.Health/Check" => {
            let serving = shared.why_not_ready().await.is_none();
            Ok(framed(&HealthCheckResponse { status: if serving { 1 } else { 2 } }))
        }
        _ => Err(status(UNIMPLEMENTED, format!("there is no method {path}"))),
    };
    match answered {
        Ok(message) => {
            let (mut sender, body) = Channel::new(2);
            // Both fit into the empty channel.
            let _fits = sender.try_send(http_frame(message));
            let _fits = sender.try_send(hyper::body::Frame::trailers(trailers(None)));
            response(Either::Right(body))
        }
        Err(status) => {
            let mut response = response(Either::Left(Full::new(Bytes::new())));
            response.headers_mut().extend(trailers(Some(&status)));
            response
        }
    }
}

async fn infer(shared: &Shared, frames: &mut Frames) -> Result<Bytes, Status> {
    let frame = frames.next().await?.ok_or_else(|| status(INVALID_ARGUMENT, "the call has no message"))?;
    Ok(framed(&inferred(shared, &frame).await?))
}

async fn inferred(shared: &Shared, frame: &[u8]) -> Result<ModelInferResponse, Status> {
    let asked = ModelInferRequest::decode(frame)
        .map_err(|error| status(INVALID_ARGUMENT, format!("not an inference request: {error}")))?;
    let texts =
        request::message_texts(&asked).map_err(|error| status(INVALID_ARGUMENT, error.to_string()))?;
    let inferred = shared
        .infer(&asked.model_name, &asked.model_version, &texts, false)
        .await
        .map_err(|error| status(UNAVAILABLE, error.to_string()))?;
    Ok(request::message(&asked, &inferred))
}

/// One answer for each request of the stream, as they come.
fn stream(shared: Arc<Shared>, mut frames: Frames) -> Response<Body> {
    let (mut sender, body) = Channel::new(WAITING);
    tokio::spawn(async move {
        let ended = stream_answers(&shared, &mut frames, &mut sender).await;
        let _gone = sender.send_trailers(trailers(ended.err().as_ref())).await;
    });
    response(Either::Right(body))
}

async fn stream_answers(
    shared: &Shared,
    frames: &mut Frames,
    sender: &mut Sender<Bytes>,
) -> Result<(), Status> {
    while let Some(frame) = frames.next().await? {
        let started = Instant::now();
        let answered = inferred(shared, &frame).await;
        shared.telemetry.observe("grpc", answered.is_ok(), started.elapsed());
        let message = match answered {
            Ok(response) => {
                ModelStreamInferResponse { error_message: String::new(), infer_response: Some(response) }
            }
            Err(status) => ModelStreamInferResponse { error_message: status.message, infer_response: None },
        };
        if sender.send_data(framed(&message)).await.is_err() {
            break;
        }
    }
    Ok(())
}

fn response(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

fn trailers(status: Option<&Status>) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(status.map_or(0, |status| u16::from(status.code))));
    if let Some(status) = status {
        // What a header may not hold is left out of the message.
        let message: String =
            status.message.chars().filter(|c| matches!(c, ' '..='~' if *c != '%')).collect();
        if let Ok(value) = HeaderValue::from_str(&message) {
            trailers.insert("grpc-message", value);
        }
    }
    trailers
}

fn http_frame(bytes: Bytes) -> hyper::body::Frame<Bytes> {
    hyper::body::Frame::data(bytes)
}

/// A message with its head, uncompressed.
fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(HEAD + length);
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    // The buffer grows, so there is always room.
    let _fits = message.encode(&mut bytes);
    bytes.freeze()
}

/// The messages of a call, one after the other.
struct Frames {
    body: Incoming,
    buffer: BytesMut,
}

impl Frames {
    async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        loop {
            if let Some(head) = self.buffer.first_chunk::<HEAD>() {
                let [compressed, length @ ..] = *head;
                if compressed != 0 {
                    return Err(status(UNIMPLEMENTED, "compressed messages are not taken"));
                }
                let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
                if length > LIMIT {
                    return Err(status(INVALID_ARGUMENT, "the message is too long"));
                }
                if self.buffer.len() >= HEAD + length {
                    self.buffer.advance(HEAD);
                    return Ok(Some(self.buffer.split_to(length).freeze()));
                }
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => return Err(status(INTERNAL, error.to_string())),
                None if self.buffer.is_empty() => return Ok(None),
                None => return Err(status(INVALID_ARGUMENT, "the message is cut short")),
            }
        }
    }
}
