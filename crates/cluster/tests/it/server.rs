//! A tiny API server: answers by a function of the request, and remembers what it was asked.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use wheelhouse_cluster::{Access, Cluster};

pub(crate) type Reply = Response<BoxBody<Bytes, Infallible>>;

/// What was asked: method, path with query, authorization, content type, body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

pub(crate) fn reply(code: u16, body: &serde_json::Value) -> Reply {
    Response::builder().status(code).body(Full::new(Bytes::from(body.to_string())).boxed()).unwrap()
}

/// A body sent in the given pieces, one frame each.
pub(crate) fn pieces(parts: Vec<String>) -> Reply {
    let frames = parts.into_iter().map(|part| Ok::<_, Infallible>(Frame::data(Bytes::from(part))));
    Response::new(StreamBody::new(stream::iter(frames)).boxed())
}

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let answer = Arc::new(answer);
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                    async move {
                        let header = |name: &str| {
                            request
                                .headers()
                                .get(name)
                                .map(|v| v.to_str().unwrap().to_owned())
                                .unwrap_or_default()
                        };
                        let mut one = Asked {
                            line: format!("{} {}", request.method(), request.uri()),
                            authorization: header("authorization"),
                            content_type: header("content-type"),
                            body: String::new(),
                        };
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        one.body = String::from_utf8(body.to_vec()).unwrap();
                        let index = {
                            let mut seen = seen.lock().unwrap();
                            seen.push(one.clone());
                            seen.len() - 1
                        };
                        Ok::<_, Infallible>(answer(index, &one))
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service),
                );
            }
        });
        Self { url, asked }
    }

    pub(crate) fn cluster(&self) -> Cluster {
        Cluster::new(&Access::with_token(&self.url, None, "secret")).unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}
