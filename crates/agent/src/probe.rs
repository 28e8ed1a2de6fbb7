//! Asking an instance's health endpoint, over HTTP or by the standard gRPC health service.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::time::Duration;
use tokio::net::TcpStream;
use wheelhouse_functions::definition::{Health, HealthProtocol};
use wheelhouse_functions::instance::Endpoint;

/// The longest a probe may take, whatever the definition says.
const LONGEST: Duration = Duration::from_secs(31);

/// Asks once. `Err` says why it is not healthy.
pub(crate) async fn probe(endpoint: &Endpoint, health: &Health) -> Result<(), String> {
    let timeout = health.timeout.unsigned_abs().clamp(Duration::from_millis(100), LONGEST);
    let asking = async {
        match health.protocol {
            HealthProtocol::Http => ask_http(endpoint, health).await,
            HealthProtocol::Grpc => ask_grpc(endpoint).await,
        }
    };
    match tokio::time::timeout(timeout, asking).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer for {timeout:?}")),
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

async fn connect(endpoint: &Endpoint) -> Result<TokioIo<TcpStream>, BoxError> {
    let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await?;
    stream.set_nodelay(true)?;
    Ok(TokioIo::new(stream))
}

async fn ask_http(endpoint: &Endpoint, health: &Health) -> Result<(), BoxError> {
    let (mut sender, connection) = http1::handshake(connect(endpoint).await?).await?;
    let driving = tokio::spawn(connection);
    let path = if health.uri.starts_with('/') { health.uri.clone() } else { format!("/{}", health.uri) };
    let request = Request::builder()
        .method(Method::GET)
        .uri(&path)
        .header("host", format!("{}:{}", endpoint.host, endpoint.port))
        .body(Full::new(Bytes::new()))?;
    let answered = sender.send_request(request).await;
    driving.abort();
    let status = answered?.status().as_u16();
    if status == health.expected_status {
        Ok(())
    } else {
        Err(format!("{path} answered {status}, not {}", health.expected_status).into())
    }
}

async fn ask_grpc(endpoint: &Endpoint) -> Result<(), BoxError> {
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), connect(endpoint).await?).await?;
    let driving = tokio::spawn(connection);
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{}:{}/grpc.health.v1.Health/Check", endpoint.host, endpoint.port))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        // An empty message: the whole server is asked about.
        .body(Full::new(Bytes::from_static(&[0, 0, 0, 0, 0])))?;
    let answered = async {
        let response = sender.send_request(request).await?;
        let refused = response.headers().get("grpc-status").filter(|code| *code != "0").cloned();
        let message = response.into_body().collect().await?.to_bytes();
        Ok::<_, BoxError>((refused, message))
    };
    let answered = answered.await;
    driving.abort();
    let (refused, message) = answered?;
    if let Some(code) = refused {
        return Err(format!("the health service answered with gRPC status {code:?}").into());
    }
    // HealthCheckResponse { status: SERVING }: field 1, varint 1.
    if message.get(5..) == Some(&[8, 1][..]) {
        Ok(())
    } else {
        Err("the health service says it is not serving".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::service::service_fn;
    use std::convert::Infallible;
    use tokio::net::TcpListener;

    async fn server(status: u16, grpc: Option<&'static [u8]>) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = service_fn(move |_| async move {
                    let body = Bytes::from_static(grpc.unwrap_or_default());
                    let response = http::Response::builder().status(status).body(Full::new(body));
                    Ok::<_, Infallible>(response.unwrap())
                });
                let io = TokioIo::new(stream);
                tokio::spawn(async move {
                    if grpc.is_some() {
                        let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                        let _ended = builder.serve_connection(io, service).await;
                    } else {
                        let _ended =
                            hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                    }
                });
            }
        });
        Endpoint { host: "127.0.0.1".into(), port }
    }

    #[tokio::test]
    async fn http() {
        let health = Health::default_for(1, false);
        assert_eq!(probe(&server(200, None).await, &health).await, Ok(()));
        let sick = probe(&server(503, None).await, &health).await.unwrap_err();
        assert_eq!(sick, "/v2/health/ready answered 503, not 200");
        let closed = Endpoint { host: "127.0.0.1".into(), port: 1 };
        assert!(probe(&closed, &health).await.is_err());
    }

    #[tokio::test]
    async fn grpc() {
        let health = Health::default_for(1, true);
        assert_eq!(probe(&server(200, Some(&[0, 0, 0, 0, 2, 8, 1])).await, &health).await, Ok(()));
        assert!(probe(&server(200, Some(&[0, 0, 0, 0, 2, 8, 2])).await, &health).await.is_err());
        assert!(probe(&server(200, Some(&[0, 0, 0, 0, 0])).await, &health).await.is_err());
    }
}
