//! Connections to instances: HTTP/1.1 ones kept for the next call, one HTTP/2 one per endpoint for gRPC.

mod answer;
mod link;
mod message;

use crate::body::{Body, BoxError, BoxRequest, full};
use crate::instance::Place;
use crate::rewound::Rewound;
use crate::workers;
use answer::Answer;
use http::{Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use link::Link;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use wheelhouse_functions::instance::Endpoint;

/// Idle connections kept per endpoint.
const KEPT: usize = 64;
/// How long an idle connection is kept: below the 5 s after which common servers of models close it. A call sent just
/// then would be lost.
const KEPT_FOR: Duration = Duration::from_secs(4);

/// Why a call did not reach an instance or got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// Nothing was sent: another instance may be tried.
    #[error("cannot connect to {0}")]
    Connect(String, #[source] BoxError, Option<BoxRequest>),
    /// Something was or may have been sent.
    #[error("the instance did not answer")]
    Answer(#[source] BoxError),
}

impl UpstreamError {
    fn connect(endpoint: &Endpoint, error: BoxError, unsent: BoxRequest) -> Self {
        Self::Connect(format!("{}:{}", endpoint.host, endpoint.port), error, Some(unsent))
    }
}

/// What came of a request.
pub(crate) struct Sent {
    pub(crate) response: Response<Body>,
    /// The connection itself, where the instance switched protocols.
    pub(crate) switched: Option<Rewound>,
}

/// The connections of all endpoints.
#[derive(Clone)]
pub(crate) struct Upstream {
    /// One for each thread that serves, and one for all others: connections stay with the thread that made them.
    pools: Arc<[Arc<Pool>]>,
    connect_timeout: Duration,
}

#[derive(Default)]
struct Pool {
    idle: Mutex<HashMap<Endpoint, Vec<Kept>>>,
    multiplexed: Mutex<HashMap<Endpoint, http2::SendRequest<Body>>>,
}

/// A connection between two calls.
struct Kept {
    link: Link,
    since: Instant,
}

impl Kept {
    fn now(link: Link) -> Self {
        Self { link, since: Instant::now() }
    }
}

/// Where a connection goes back to.
struct Home {
    pool: Arc<Pool>,
    place: Arc<Place>,
}

impl Upstream {
    pub(crate) fn new(connect_timeout: Duration) -> Self {
        let pools = (0..=workers::count()).map(|_| Arc::default()).collect();
        Self { pools, connect_timeout }
    }

    fn pool(&self) -> Arc<Pool> {
        self.pools.get(workers::number()).map(Arc::clone).unwrap_or_default()
    }

    /// Sends a request and waits for the answer's head.
    ///
    /// # Errors
    /// [`UpstreamError::Connect`] with the request when nothing was sent.
    pub(crate) async fn send(
        &self,
        place: &Arc<Place>,
        request: BoxRequest,
        multiplexed: bool,
    ) -> Result<Sent, UpstreamError> {
        if multiplexed {
            let response = Box::pin(self.send_http2(&place.endpoint, *request)).await?;
            Ok(Sent { response, switched: None })
        } else {
            self.send_http1(place, request).await
        }
    }

    async fn send_http1(&self, place: &Arc<Place>, request: BoxRequest) -> Result<Sent, UpstreamError> {
        let endpoint = &place.endpoint;
        let pool = self.pool();
        let mut link = match pool.take(endpoint) {
            Some(link) => link,
            None => match Box::pin(self.stream(endpoint)).await {
                Ok(stream) => Link::new(stream),
                Err(error) => return Err(UpstreamError::connect(endpoint, error, request)),
            },
        };
        let wants_switch = request.headers().contains_key(http::header::UPGRADE);
        let head = link.exchange(request).await.map_err(|error| UpstreamError::Answer(error.into()))?;
        let mut response = Response::new(());
        *response.status_mut() = head.status;
        *response.version_mut() = Version::HTTP_11;
        *response.headers_mut() = head.headers;
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            if !wants_switch {
                return Err(UpstreamError::Answer("it switched protocols unasked".into()));
            }
            let response = response.map(|()| crate::body::empty());
            return Ok(Sent { response, switched: Some(link.into_rewound()) });
        }
        let mut framing = head.framing;
        let home = head.kept.then(|| Home { pool, place: Arc::clone(place) });
        let body = match link.whole_body(&mut framing) {
            Some(bytes) => {
                if let Some(home) = home {
                    home.put(link);
                }
                full(bytes)
            }
            None => Answer { framing, link: Some(link), home }.boxed_unsync(),
        };
        Ok(Sent { response: response.map(|()| body), switched: None })
    }

    async fn send_http2(
        &self,
        endpoint: &Endpoint,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, UpstreamError> {
        let mut tried = false;
        let pool = self.pool();
        loop {
            let known = pool.multiplexed().get(endpoint).filter(|sender| !sender.is_closed()).cloned();
            let reused = known.is_some();
            let mut sender = match known {
                Some(sender) => sender,
                None => match self.connect_http2(endpoint).await {
                    Ok(sender) => {
                        pool.multiplexed().insert(endpoint.clone(), sender.clone());
                        sender
                    }
                    Err(error) => return Err(UpstreamError::connect(endpoint, error, Box::new(request))),
                },
            };
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(response.map(|body| body.map_err(Into::into).boxed_unsync())),
                Err(mut error) => match error.take_message() {
                    Some(unsent) if reused && !tried => {
                        tried = true;
                        pool.multiplexed().remove(endpoint);
                        request = unsent;
                    }
                    Some(unsent) => {
                        let error = Box::new(error.into_error());
                        return Err(UpstreamError::connect(endpoint, error, Box::new(unsent)));
                    }
                    None => return Err(UpstreamError::Answer(error.into_error().into())),
                },
            }
        }
    }

    async fn stream(&self, endpoint: &Endpoint) -> Result<TcpStream, BoxError> {
        let connecting = TcpStream::connect((endpoint.host.as_str(), endpoint.port));
        let stream = tokio::time::timeout(self.connect_timeout, connecting).await??;
        // Without this, small messages wait for the other side's acknowledgement.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn connect_http2(&self, endpoint: &Endpoint) -> Result<http2::SendRequest<Body>, BoxError> {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .adaptive_window(true)
            .keep_alive_interval(Duration::from_secs(20))
            .handshake(TokioIo::new(self.stream(endpoint).await?))
            .await?;
        tokio::spawn(async move {
            let _ended = connection.await;
        });
        Ok(sender)
    }
}

impl Pool {
    fn multiplexed(&self) -> std::sync::MutexGuard<'_, HashMap<Endpoint, http2::SendRequest<Body>>> {
        self.multiplexed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A kept connection that still works.
    fn take(&self, endpoint: &Endpoint) -> Option<Link> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.get_mut(endpoint)?;
        while let Some(Kept { link, since }) = kept.pop() {
            if since.elapsed() < KEPT_FOR && link.is_idle() {
                return Some(link);
            }
        }
        None
    }

    fn put(&self, endpoint: &Endpoint, link: Kept) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() > 1024 {
            idle.retain(|_, kept| kept.iter().any(|kept| kept.since.elapsed() < KEPT_FOR));
        }
        match idle.get_mut(endpoint) {
            Some(kept) if kept.len() < KEPT => kept.push(link),
            Some(_) => {}
            None => {
                idle.insert(endpoint.clone(), vec![link]);
            }
        }
    }
}
