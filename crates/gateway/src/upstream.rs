//! Connections to instances: HTTP/1.1 ones kept for the next call, one HTTP/2 one per endpoint for gRPC.

use crate::body::{Body, BoxError};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use wheelhouse_functions::instance::Endpoint;
use wheelhouse_store::BoxFuture;

/// Idle connections kept per endpoint.
const KEPT: usize = 64;
/// How long an idle connection is kept: below the 75 s after which many servers close it.
const KEPT_FOR: Duration = Duration::from_secs(50);

/// Why a call did not reach an instance or got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// Nothing was sent: another instance may be tried.
    #[error("cannot connect to {0}")]
    Connect(String, #[source] BoxError, Option<Box<Request<Body>>>),
    /// Something was or may have been sent.
    #[error("the instance did not answer")]
    Answer(#[source] hyper::Error),
}

/// A connection that takes one call at a time. It is driven by the task of its call: a task of its own would cost
/// two changes of task for each piece that crosses it, and memory for each stream that is open.
struct Link {
    sender: http1::SendRequest<Body>,
    driving: BoxFuture<'static, ()>,
    ended: bool,
}

impl Link {
    /// Lets the connection read and write what it can.
    fn drive(&mut self, context: &mut Context<'_>) {
        if !self.ended && self.driving.as_mut().poll(context).is_ready() {
            self.ended = true;
        }
    }

    /// Whether the next call can be sent. A connection that the other side has closed is found out here.
    async fn is_ready(&mut self) -> bool {
        poll_fn(|context| {
            self.drive(context);
            if self.ended {
                Poll::Ready(false)
            } else {
                self.sender.poll_ready(context).map(|ready| ready.is_ok())
            }
        })
        .await
    }

    async fn send(
        &mut self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Body>>> {
        let mut sending = pin!(self.sender.try_send_request(request));
        poll_fn(|context| {
            if !self.ended && self.driving.as_mut().poll(context).is_ready() {
                self.ended = true;
            }
            sending.as_mut().poll(context)
        })
        .await
    }
}

/// The connections of all endpoints.
#[derive(Clone)]
pub(crate) struct Upstream {
    pool: Arc<Pool>,
    connect_timeout: Duration,
}

#[derive(Default)]
struct Pool {
    idle: Mutex<HashMap<Endpoint, Vec<Idle>>>,
    multiplexed: Mutex<HashMap<Endpoint, http2::SendRequest<Body>>>,
}

struct Idle {
    link: Link,
    since: Instant,
}

impl Upstream {
    pub(crate) fn new(connect_timeout: Duration) -> Self {
        Self { pool: Arc::default(), connect_timeout }
    }

    /// Sends a request and waits for the answer's head.
    ///
    /// # Errors
    /// [`UpstreamError::Connect`] with the request when nothing was sent.
    pub(crate) async fn send(
        &self,
        endpoint: &Endpoint,
        request: Request<Body>,
        multiplexed: bool,
    ) -> Result<Response<Body>, UpstreamError> {
        if multiplexed {
            self.send_http2(endpoint, request).await
        } else {
            self.send_http1(endpoint, request).await
        }
    }

    async fn send_http1(
        &self,
        endpoint: &Endpoint,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, UpstreamError> {
        loop {
            let (mut link, reused) = match self.pool.take(endpoint).await {
                Some(link) => (link, true),
                None => match self.connect_http1(endpoint).await {
                    Ok(link) => (link, false),
                    Err(error) => return Err(connect_error(endpoint, error, request)),
                },
            };
            match link.send(request).await {
                Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                    // From here on the connection lives as long as both sides want it to.
                    tokio::spawn(link.driving);
                    return Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()));
                }
                Ok(response) => {
                    let back = Some((Arc::clone(&self.pool), endpoint.clone(), link));
                    return Ok(response.map(|body| Returned { body, back }.boxed_unsync()));
                }
                Err(mut error) => match error.take_message() {
                    // The kept connection was closed by the other side: nothing was sent.
                    Some(unsent) if reused => request = unsent,
                    Some(unsent) => {
                        return Err(connect_error(endpoint, Box::new(error.into_error()), unsent));
                    }
                    None => return Err(UpstreamError::Answer(error.into_error())),
                },
            }
        }
    }

    async fn send_http2(
        &self,
        endpoint: &Endpoint,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, UpstreamError> {
        let mut tried = false;
        loop {
            let known = self.pool.multiplexed().get(endpoint).filter(|sender| !sender.is_closed()).cloned();
            let reused = known.is_some();
            let mut sender = match known {
                Some(sender) => sender,
                None => match self.connect_http2(endpoint).await {
                    Ok(sender) => {
                        self.pool.multiplexed().insert(endpoint.clone(), sender.clone());
                        sender
                    }
                    Err(error) => return Err(connect_error(endpoint, error, request)),
                },
            };
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(response.map(|body| body.map_err(Into::into).boxed_unsync())),
                Err(mut error) => match error.take_message() {
                    Some(unsent) if reused && !tried => {
                        tried = true;
                        self.pool.multiplexed().remove(endpoint);
                        request = unsent;
                    }
                    Some(unsent) => {
                        return Err(connect_error(endpoint, Box::new(error.into_error()), unsent));
                    }
                    None => return Err(UpstreamError::Answer(error.into_error())),
                },
            }
        }
    }

    async fn stream(&self, endpoint: &Endpoint) -> Result<TokioIo<TcpStream>, BoxError> {
        let connecting = TcpStream::connect((endpoint.host.as_str(), endpoint.port));
        let stream = tokio::time::timeout(self.connect_timeout, connecting).await??;
        // Without this, small messages wait for the other side's acknowledgement.
        stream.set_nodelay(true)?;
        Ok(TokioIo::new(stream))
    }

    async fn connect_http1(&self, endpoint: &Endpoint) -> Result<Link, BoxError> {
        let (sender, connection) = http1::handshake(self.stream(endpoint).await?).await?;
        // Its errors show up at the call that uses it.
        let driving = async move {
            let _ended = connection.with_upgrades().await;
        };
        Ok(Link { sender, driving: Box::pin(driving), ended: false })
    }

    async fn connect_http2(&self, endpoint: &Endpoint) -> Result<http2::SendRequest<Body>, BoxError> {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .adaptive_window(true)
            .keep_alive_interval(Duration::from_secs(20))
            .handshake(self.stream(endpoint).await?)
            .await?;
        tokio::spawn(async move {
            let _ended = connection.await;
        });
        Ok(sender)
    }
}

fn connect_error(endpoint: &Endpoint, error: BoxError, unsent: Request<Body>) -> UpstreamError {
    UpstreamError::Connect(format!("{}:{}", endpoint.host, endpoint.port), error, Some(Box::new(unsent)))
}

impl Pool {
    fn multiplexed(&self) -> std::sync::MutexGuard<'_, HashMap<Endpoint, http2::SendRequest<Body>>> {
        self.multiplexed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A kept connection that still works.
    async fn take(&self, endpoint: &Endpoint) -> Option<Link> {
        loop {
            let Idle { mut link, since } = {
                let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                idle.get_mut(endpoint)?.pop()?
            };
            if since.elapsed() < KEPT_FOR && link.is_ready().await {
                return Some(link);
            }
        }
    }

    fn put(&self, endpoint: Endpoint, link: Link) {
        if link.ended || link.sender.is_closed() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() > 1024 {
            idle.retain(|_, kept| kept.iter().any(|kept| kept.since.elapsed() < KEPT_FOR));
        }
        let kept = idle.entry(endpoint).or_default();
        if kept.len() < KEPT {
            kept.push(Idle { link, since: Instant::now() });
        }
    }
}

/// A body whose connection goes back to the pool when it has ended. Left before its end, the connection is closed,
/// which tells the instance that nobody listens any more.
struct Returned {
    body: Incoming,
    back: Option<(Arc<Pool>, Endpoint, Link)>,
}

impl Returned {
    fn give_back(&mut self) {
        if let Some((pool, endpoint, link)) = self.back.take() {
            pool.put(endpoint, link);
        }
    }
}

impl hyper::body::Body for Returned {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_pending()
            && let Some((_, _, link)) = &mut self.back
        {
            link.drive(context);
            polled = Pin::new(&mut self.body).poll_frame(context);
        }
        if let Poll::Ready(None) = polled {
            self.give_back();
        }
        polled.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Returned {
    fn drop(&mut self) {
        if self.body.is_end_stream() {
            self.give_back();
        }
    }
}
