//! The processes that are measured.

use bytes::Bytes;
use futures_util::StreamExt;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use wheelhouse_functions::id::{FunctionId, InstanceId, KeyId, VersionId};
use wheelhouse_functions::instance::Endpoint;
use wheelhouse_functions::route::{Route, RouteInstance, RouteTable};
use wheelhouse_functions::scope::Grants;
use wheelhouse_functions::version_state::VersionState;
use wheelhouse_gateway::{ApiService, Body, Build, Gateway, Options};
use wheelhouse_store::credential::KeyValue;
use wheelhouse_store::record::ApiKey;
use wheelhouse_store::{Authenticator, Store};

/// A child process; ends with its handle.
pub(crate) struct Running {
    child: Child,
    pub(crate) port: u16,
    pub(crate) token: String,
    _directory: Option<tempfile::TempDir>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked, not killed: a killed nginx leaves its workers behind.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _gone = self.child.kill();
        }
        let _gone = self.child.wait();
    }
}

impl Running {
    /// This program in one of its roles; its first line tells port and token.
    pub(crate) fn role(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let (port, token) = line.trim_end_matches('\n').split_once(' ').unwrap();
        Self { child, port: port.parse().unwrap(), token: token.to_owned(), _directory: None }
    }

    /// nginx in front of the backend, with as many workers as the gateway has threads.
    pub(crate) fn nginx(backend: u16) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let place = directory.path().display();
        let configuration = format!(
            "daemon off; worker_processes {}; pid {place}/pid; error_log {place}/error.log crit;\n\
             events {{ worker_connections 4096; }}\n\
             http {{ access_log off; tcp_nodelay on; keepalive_requests 1000000000;\n\
             client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;\n\
             uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;\n\
             upstream backend {{ server 127.0.0.1:{backend}; keepalive 128; keepalive_requests 1000000000; }}\n\
             server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://backend;\n\
             proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }} }}\n",
            threads()
        );
        let file = directory.path().join("nginx.conf");
        std::fs::write(&file, configuration).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-e").arg(directory.path().join("start.log")).arg("-c").arg(file).arg("-p");
        let child = command.arg(directory.path()).stderr(Stdio::null()).spawn().ok()?;
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(Self { child, port, token: String::new(), _directory: Some(directory) });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("nginx did not start: {:?}", std::fs::read_to_string(directory.path().join("error.log")));
    }

    /// Resident memory, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }
}

/// How many files a process may have open.
pub(crate) fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().nth(3).and_then(|limit| limit.parse().ok()).unwrap_or(65_536)
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, Into::into)
}

pub(crate) fn function_id() -> FunctionId {
    FunctionId::from_parts(1, [1; 10])
}

/// One that takes few calls at a time, so that what is measured is taking calls in.
pub(crate) fn slow_function_id() -> FunctionId {
    FunctionId::from_parts(2, [2; 10])
}

fn tell(port: u16, token: &str) {
    println!("{port} {token}");
    std::io::stdout().flush().unwrap();
}

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// A server that answers at once, or opens an event stream and leaves it idle.
pub(crate) fn backend() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        tell(listener.local_addr().unwrap().port(), "");
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(
                TokioIo::new(stream),
                service_fn(|request: Request<Incoming>| async { Ok::<_, Infallible>(answer(request).await) }),
            ));
        }
    });
}

async fn answer(request: Request<Incoming>) -> Answer {
    if request.uri().path() == "/events" {
        let first = Frame::data(Bytes::from_static(b"data: 0\n\n"));
        let events = futures_util::stream::once(async { Ok(first) }).chain(futures_util::stream::pending());
        let body = StreamBody::new(events).boxed_unsync();
        return Response::builder().header("content-type", "text/event-stream").body(body).unwrap();
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    if body.len() > 2 {
        // An asynchronous call: long enough that what is measured is taking it in.
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
    let text = Bytes::from_static(&[b'x'; 512]);
    Response::builder()
        .header("content-type", "application/json")
        .body(Full::new(text).boxed_unsync())
        .unwrap()
}

/// A gateway with one function on the backend.
pub(crate) fn gateway(backend: u16) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let value = KeyValue::random().unwrap();
        store.transaction().insert(&key(&value)).commit().await.unwrap();
        let routes: RouteTable =
            [route(backend, function_id(), 1, 20_000), route(backend, slow_function_id(), 2, 16)]
                .into_iter()
                .map(Arc::new)
                .collect();
        let (_publisher, routes) = watch::channel(Arc::new(routes));
        let gateway = Gateway::build(Build {
            authenticator: Arc::new(Authenticator::new(store.clone())),
            store,
            routes,
            wake: Arc::new(Notify::new()),
            spans: None,
            options: Options { queue_limit: usize::MAX, ..Options::default() },
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        tell(listener.local_addr().unwrap().port(), value.reveal());
        let api: ApiService = Arc::new(|_| {
            let body: Body =
                Full::new(Bytes::new()).map_err(|never: Infallible| match never {}).boxed_unsync();
            Box::pin(async move { Ok(Response::new(body)) })
        });
        gateway.serve(vec![listener], api, CancellationToken::new()).await;
    });
}

fn key(value: &KeyValue) -> ApiKey {
    ApiKey {
        id: KeyId::from_parts(1, [4; 10]),
        account: "bench".parse().unwrap(),
        owner: "bench".into(),
        description: String::new(),
        hash: value.hash(),
        hint: value.hint(),
        grants: std::iter::once("invoke_function".parse().unwrap()).collect::<Grants>(),
        resources: vec![],
        issuer: String::new(),
        audience: vec![],
        suspended: false,
        expires_at: None,
        created_at: jiff::Timestamp::now(),
    }
}

fn route(backend: u16, function: FunctionId, number: u8, slots: u32) -> Route {
    Route {
        function,
        version: VersionId::from_parts(u64::from(number), [number; 10]),
        name: "bench".into(),
        account: "bench".parse().unwrap(),
        shared_with: vec![],
        state: VersionState::Active,
        inference_path: "/infer".into(),
        grpc: false,
        instances: vec![RouteInstance {
            id: InstanceId::from_parts(u64::from(number), [3; 10]),
            endpoints: vec![Endpoint { host: "127.0.0.1".into(), port: backend }],
            slots,
            instance_type: "A.GPU.L40_1x".into(),
            backend: "group".into(),
        }],
        rate_limit: None,
    }
}
