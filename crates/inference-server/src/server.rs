//! Serving: one port for everything.

use crate::events;
use crate::grpc;
use crate::model::{Inferred, infer};
use crate::options::Options;
use crate::peers::{self, PeerError, SHARE};
use crate::request;
use crate::telemetry::{EXPOSITION, Telemetry, log};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::channel::Channel;
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::json;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The largest body of a request, in bytes.
const LIMIT: usize = 64 << 20;
/// How long requests may go on after a stop was asked for; the example charts give five seconds.
const DRAIN: Duration = Duration::from_secs(4);

/// A body of any answer: whole, or streamed.
pub(crate) type Body = Either<Full<Bytes>, Channel<Bytes>>;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    options: Options,
    stopping: AtomicBool,
    pub(crate) telemetry: Telemetry,
}

/// The server, listening.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// The whole program: reads flags and variables, serves until SIGTERM or SIGINT.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = String>) -> ExitCode {
    let options = match Options::read(arguments, |name| std::env::var(name).ok()) {
        Ok(options) => options,
        Err(error) => {
            log(&error.to_string());
            return ExitCode::from(2);
        }
    };
    let serving = async {
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let server = Server::build(options).await?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        server.run(stop).await;
        Ok::<_, std::io::Error>(())
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(serving)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(&format!("cannot serve: {error}"));
            ExitCode::FAILURE
        }
    }
}

impl Server {
    /// Listens on all addresses. Nothing is answered yet.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn build(options: Options) -> Result<Self, std::io::Error> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, options.port)).await?;
        let shared = Shared { options, stopping: AtomicBool::new(false), telemetry: Telemetry::new() };
        Ok(Self { listener, shared: Arc::new(shared) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> Result<SocketAddr, std::io::Error> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is done, then lets requests finish.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, shared } = self;
        log(&format!("{} serves on port {}", shared.options.name, shared.options.port));
        let connections = GracefulShutdown::new();
        tokio::pin!(stop);
        loop {
            let stream = tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        log(&format!("cannot accept: {error}"));
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            // Without this, small answers wait for acknowledgements.
            let _best_effort = stream.set_nodelay(true);
            let shared = Arc::clone(&shared);
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(answer(shared, request).await) }
            });
            let builder = Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
            let connection = connections.watch(connection);
            tokio::spawn(async move {
                // Clients that go away are no matter.
                let _ended = connection.await;
            });
        }
        log("stopping");
        shared.stopping.store(true, Ordering::Relaxed);
        drop(listener);
        if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
            log("some requests were cut off");
        }
    }
}

impl Shared {
    /// Why requests should not come here now; `None` when they may.
    pub(crate) async fn why_not_ready(&self) -> Option<String> {
        if self.stopping.load(Ordering::Relaxed) {
            return Some("stopping".to_owned());
        }
        peers::missing(&self.options.peers).await.map(|error| error.to_string())
    }

    /// Infers here, or with all peers when there are any and this is not a share already.
    pub(crate) async fn infer(
        &self,
        model: &str,
        version: &str,
        texts: &[String],
        is_share: bool,
    ) -> Result<Vec<Inferred>, PeerError> {
        self.telemetry.in_flight.inc();
        let inferring = async {
            if !is_share && self.options.peers.len() > 1 {
                return peers::share(&self.options.peers, model, version, texts).await;
            }
            tokio::time::sleep(self.options.delay).await;
            let Options { greeting, name, .. } = &self.options;
            Ok(texts.iter().map(|text| infer(greeting, name, text)).collect())
        };
        let inferred = inferring.await;
        self.telemetry.in_flight.dec();
        inferred
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let is_grpc = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    let response =
        if is_grpc { grpc::answer(shared, request).await } else { route(&shared, &path, request).await };
    if !path.starts_with("/v2/health") && path != "/metrics" {
        let took = started.elapsed().as_secs_f64() * 1e3;
        log(&format!("{method} {path} {} {took:.2} ms", response.status().as_u16()));
    }
    response
}

async fn route(shared: &Shared, path: &str, request: Request<Incoming>) -> Response<Body> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match parts.as_slice() {
        ["metrics"] if reads => whole(StatusCode::OK, EXPOSITION, shared.telemetry.expose()),
        ["v2"] if reads => json(
            StatusCode::OK,
            &json!({ "name": shared.options.name, "version": env!("CARGO_PKG_VERSION"), "extensions": [] }),
        ),
        ["v2", "health", "live"] if reads => json(StatusCode::OK, &json!({ "live": true })),
        ["v2", "health", "ready"]
        | ["v2", "models", _, "ready"]
        | ["v2", "models", _, "versions", _, "ready"]
            if reads =>
        {
            match shared.why_not_ready().await {
                None => json(StatusCode::OK, &json!({ "ready": true })),
                Some(reason) => {
                    json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "ready": false, "error": reason }))
                }
            }
        }
        ["v2", "models", model] | ["v2", "models", model, "versions", _] if reads => {
            let tensor =
                |name: &str, datatype: &str| json!({ "name": name, "datatype": datatype, "shape": [-1] });
            let description = json!({
                "name": model, "platform": "wheelhouse-example", "inputs": [tensor("text", "BYTES")],
                "outputs": [tensor("text", "BYTES"), tensor("words", "INT64"), tensor("served_by", "BYTES")],
            });
            json(StatusCode::OK, &description)
        }
        ["v2", "models", model, "infer"] => infer_over_http(shared, model, "1", request).await,
        ["v2", "models", model, "versions", version, "infer"] => {
            infer_over_http(shared, model, version, request).await
        }
        _ => refusal(StatusCode::NOT_FOUND, &format!("there is nothing at {path}")),
    }
}

async fn infer_over_http(
    shared: &Shared,
    model: &str,
    version: &str,
    request: Request<Incoming>,
) -> Response<Body> {
    if request.method() != Method::POST {
        return refusal(StatusCode::METHOD_NOT_ALLOWED, "inference requests are posted");
    }
    let started = Instant::now();
    let headers = request.headers().clone();
    let streams = accepts_events(&headers);
    let answered = inferred_over_http(shared, model, version, &headers, request.into_body()).await;
    let protocol = if streams { "events" } else { "http" };
    shared.telemetry.observe(protocol, answered.is_ok(), started.elapsed());
    match answered {
        Err((status, reason)) => refusal(status, &reason),
        Ok((id, inferred)) => {
            let whole = request::answer(model, version, id, &inferred);
            if streams {
                let body = events::stream(inferred, whole, shared.options.delay);
                let mut response = Response::new(Either::Right(body));
                let (name, value) = (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
                response.headers_mut().insert(name, value);
                return response;
            }
            match serde_json::to_value(&whole) {
                Ok(value) => json(StatusCode::OK, &value),
                Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
            }
        }
    }
}

async fn inferred_over_http(
    shared: &Shared,
    model: &str,
    version: &str,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<(Option<String>, Vec<Inferred>), (StatusCode, String)> {
    let body = Limited::new(body, LIMIT)
        .collect()
        .await
        .map_err(|error| (StatusCode::PAYLOAD_TOO_LARGE, error.to_string()))?
        .to_bytes();
    let bad = |error: request::Unusable| (StatusCode::BAD_REQUEST, error.to_string());
    let asked = request::of_json(&body).map_err(bad)?;
    let texts = request::texts(&asked).map_err(bad)?;
    let inferred = shared
        .infer(model, version, &texts, headers.contains_key(SHARE))
        .await
        .map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))?;
    Ok((asked.id, inferred))
}

fn accepts_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/event-stream"))
}

fn json(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    whole(status, "application/json", value.to_string())
}

fn refusal(status: StatusCode, reason: &str) -> Response<Body> {
    json(status, &json!({ "error": reason }))
}

fn whole(status: StatusCode, media_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(text.into())));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
