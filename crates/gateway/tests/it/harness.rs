//! A gateway with a function behind it.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Channel, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use wheelhouse_functions::access::Resource;
use wheelhouse_functions::id::{AccountId, FunctionId, InstanceId, KeyId, RequestId, VersionId};
use wheelhouse_functions::instance::Endpoint;
use wheelhouse_functions::rate_limit::RateLimit;
use wheelhouse_functions::route::{LoadSource, Route, RouteInstance, RouteTable};
use wheelhouse_functions::scope::{Grant, Grants};
use wheelhouse_functions::trace::{Span, SpanSink};
use wheelhouse_functions::version_state::VersionState;
use wheelhouse_gateway::{ApiService, Body, Build, Gateway, Options};
use wheelhouse_store::credential::KeyValue;
use wheelhouse_store::record::ApiKey;
use wheelhouse_store::{Authenticator, Store};

pub(crate) type TestBody = UnsyncBoxBody<Bytes, Infallible>;

/// What the function's server saw and is told to do.
#[derive(Default)]
pub(crate) struct Function {
    pub(crate) calls: AtomicU32,
    pub(crate) seen: Mutex<Vec<(String, HeaderMap)>>,
    /// `/hold` answers only after this.
    pub(crate) release: Notify,
    /// Streams that were left before their end.
    pub(crate) left: AtomicU32,
}

/// Spans that have ended.
#[derive(Debug, Default)]
pub(crate) struct Spans(pub(crate) Mutex<Vec<Span>>);

impl SpanSink for Spans {
    fn take(&self, span: Span) {
        self.0.lock().unwrap().push(span);
    }
}

pub(crate) struct Harness {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    pub(crate) function: Arc<Function>,
    pub(crate) routes: watch::Sender<Arc<RouteTable>>,
    pub(crate) route: Route,
    pub(crate) store: Store,
    pub(crate) load: Arc<dyn LoadSource>,
    pub(crate) cancel: CancellationToken,
    pub(crate) serving: Option<tokio::task::JoinHandle<()>>,
    runtime: Option<tokio::runtime::Runtime>,
    directory: Option<tempfile::TempDir>,
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) fn function_id() -> FunctionId {
    FunctionId::from_parts(1, [1; 10])
}

pub(crate) fn version_id() -> VersionId {
    VersionId::from_parts(1, [2; 10])
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Harness {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default(), 4).await
    }

    pub(crate) async fn start_with(options: Options, slots: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let function = Arc::new(Function::default());
        let instance = serve_function(Arc::clone(&function)).await;
        Self::start_in(directory, function, instance, options, slots, None).await
    }

    /// One whose calls are traced, and the spans it leaves.
    pub(crate) async fn start_traced() -> (Self, Arc<Spans>) {
        let directory = tempfile::tempdir().unwrap();
        let function = Arc::new(Function::default());
        let instance = serve_function(Arc::clone(&function)).await;
        let spans = Arc::new(Spans::default());
        let sink = Some(Arc::clone(&spans) as Arc<dyn SpanSink>);
        (Self::start_in(directory, function, instance, Options::default(), 4, sink).await, spans)
    }

    async fn start_in(
        directory: tempfile::TempDir,
        function: Arc<Function>,
        instance: SocketAddr,
        options: Options,
        slots: u32,
        spans: Option<Arc<dyn SpanSink>>,
    ) -> Self {
        let store = Store::open(directory.path()).unwrap();
        let route = Route {
            function: function_id(),
            version: version_id(),
            name: "echo".into(),
            account: "mine".parse().unwrap(),
            shared_with: vec!["friend".into()],
            state: VersionState::Active,
            inference_path: "/infer".into(),
            grpc: false,
            instances: vec![RouteInstance {
                id: InstanceId::from_parts(1, [3; 10]),
                endpoints: vec![Endpoint { host: instance.ip().to_string(), port: instance.port() }],
                slots,
                instance_type: "A.GPU.L40_1x".into(),
                backend: "group".into(),
            }],
            rate_limit: None,
        };
        let (routes, receiver) = watch::channel(Arc::default());
        let authenticator = Arc::new(Authenticator::new(store.clone()));
        let gateway = Gateway::build(Build {
            store: store.clone(),
            authenticator,
            routes: receiver,
            wake: Arc::new(Notify::new()),
            spans,
            options,
        });
        let load = gateway.load_source();
        // A runtime of its own, so that all it does can be made to end at once.
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let binding = runtime.spawn(async { TcpListener::bind("127.0.0.1:0").await.unwrap() });
        let listener = binding.await.unwrap();
        let address = listener.local_addr().unwrap();
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let api: ApiService = Arc::new(|request: Request<Incoming>| {
            let body: Body = Full::new(Bytes::from(format!("api {}", request.uri().path())))
                .map_err(|never: Infallible| match never {})
                .boxed_unsync();
            Box::pin(async move { Ok(Response::new(body)) })
        });
        let serving = runtime.spawn(async move { gateway.serve(vec![listener], api, stop).await });
        let mut harness = Self {
            address,
            token: String::new(),
            function,
            routes,
            route,
            store,
            load,
            cancel,
            serving: Some(serving),
            runtime: Some(runtime),
            directory: Some(directory),
        };
        harness.token = harness.key("mine", &["invoke_function"], vec![]).await;
        harness.publish();
        harness
    }

    /// Stops at once, as a crash would as far as the store can tell, and starts anew on the same directory.
    pub(crate) async fn restart(mut self) -> Self {
        let directory = self.directory.take().unwrap();
        let runtime = self.runtime.take().unwrap();
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(60))).await.unwrap();
        let endpoint = self.route.instances[0].endpoints[0].clone();
        let instance: SocketAddr = format!("{}:{}", endpoint.host, endpoint.port).parse().unwrap();
        let function = Arc::clone(&self.function);
        let token = self.token.clone();
        drop(self);
        let mut harness = Self::start_in(directory, function, instance, Options::default(), 4, None).await;
        harness.token = token;
        harness
    }

    pub(crate) fn publish(&self) {
        self.routes.send_replace(Arc::new([Arc::new(self.route.clone())].into_iter().collect()));
    }

    pub(crate) async fn key(&self, account: &str, grants: &[&str], resources: Vec<Resource>) -> String {
        let value = KeyValue::random().unwrap();
        let key = ApiKey {
            id: KeyId::from_parts(1, wheelhouse_store::credential::random_bytes().unwrap()),
            account: account.parse::<AccountId>().unwrap(),
            owner: "tester".into(),
            description: String::new(),
            hash: value.hash(),
            hint: value.hint(),
            grants: grants.iter().map(|text| text.parse::<Grant>().unwrap()).collect::<Grants>(),
            resources,
            issuer: String::new(),
            audience: vec![],
            suspended: false,
            expires_at: None,
            created_at: jiff::Timestamp::now(),
        };
        self.store.transaction().insert(&key).commit().await.unwrap();
        value.reveal().to_owned()
    }

    pub(crate) fn limit(&mut self, limit: RateLimit) {
        self.route.rate_limit = Some(limit);
        self.publish();
    }

    /// A request to the function by header, with the caller's token.
    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("host", "gateway.test")
            .header("function-id", function_id().to_string())
            .header("authorization", format!("Bearer {}", self.token))
    }

    pub(crate) async fn send(&self, request: Request<TestBody>) -> Response<Incoming> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(async move { connection.with_upgrades().await });
        sender.send_request(request).await.unwrap()
    }

    pub(crate) async fn call(&self, request: http::request::Builder, body: &str) -> Answer {
        let response = self.send(request.body(full(body)).unwrap()).await;
        read(response).await
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..6000 {
            if holds(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never: {what}");
    }
}

pub(crate) async fn read(response: Response<Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

pub(crate) fn full(text: &str) -> TestBody {
    Full::new(Bytes::from(text.to_owned())).boxed_unsync()
}

pub(crate) fn request_id(answer: &Answer) -> RequestId {
    answer.header("nvcf-reqid").parse().unwrap()
}

/// The function's own server.
async fn serve_function(function: Arc<Function>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let function = Arc::clone(&function);
            tokio::spawn(async move {
                let service = service_fn(move |request| respond(Arc::clone(&function), request));
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ended = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

struct Leaving(Arc<Function>, bool);

impl Drop for Leaving {
    fn drop(&mut self) {
        if !self.1 {
            self.0.left.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn respond(
    function: Arc<Function>,
    mut request: Request<Incoming>,
) -> Result<Response<TestBody>, Infallible> {
    function.calls.fetch_add(1, Ordering::SeqCst);
    let path = request.uri().path().to_owned();
    function.seen.lock().unwrap().push((request.uri().to_string(), request.headers().clone()));
    let mut response = match path.as_str() {
        "/events" => {
            let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Frame<Bytes>, Infallible>>(1);
            let leaving = Leaving(Arc::clone(&function), false);
            tokio::spawn(async move {
                // Taken whole, so that leaving early is noticed.
                let mut leaving = leaving;
                for number in 0..3 {
                    function.release.notified().await;
                    let event = Bytes::from(format!("data: {number}\n\n"));
                    tokio::select! {
                        sent = sender.send(Ok(Frame::data(event))) => if sent.is_err() { return },
                        () = sender.closed() => return,
                    }
                }
                leaving.1 = true;
            });
            let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
                receiver.recv().await.map(|frame| (frame, receiver))
            });
            let mut response = Response::new(StreamBody::new(stream).boxed_unsync());
            response.headers_mut().insert("content-type", "text/event-stream".parse().unwrap());
            response
        }
        "/hold" => {
            function.release.notified().await;
            Response::new(full("released"))
        }
        "/teapot" => {
            let mut response = Response::new(full("short and stout"));
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
            response.headers_mut().insert("x-own", "1".parse().unwrap());
            response
        }
        "/socket" => {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let upgraded = upgrade.await.unwrap();
                let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
                let _ended = tokio::io::copy(&mut read, &mut write).await;
            });
            let mut response = Response::new(Empty::new().boxed_unsync());
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            response.headers_mut().insert("connection", "upgrade".parse().unwrap());
            response.headers_mut().insert("upgrade", "websocket".parse().unwrap());
            response
        }
        "/echo.Echo/Stream" => {
            let (mut sender, body) = Channel::<Bytes, Infallible>::new(4);
            tokio::spawn(async move {
                let mut incoming = request.into_body();
                while let Some(Ok(frame)) = incoming.frame().await {
                    if let Ok(data) = frame.into_data() {
                        sender.send_data(data).await.unwrap();
                    }
                }
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", "0".parse().unwrap());
                sender.send_trailers(trailers).await.unwrap();
            });
            let mut response = Response::new(body.boxed_unsync());
            response.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
            return Ok(response);
        }
        _ => {
            let method = request.method().clone();
            let text = request.into_body().collect().await.unwrap().to_bytes();
            Response::new(full(&format!("{method} {path} {}", String::from_utf8_lossy(&text))))
        }
    };
    response.headers_mut().insert("x-from", "function".parse().unwrap());
    Ok(response)
}
