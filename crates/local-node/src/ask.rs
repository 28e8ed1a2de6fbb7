//! The questions of probes over the network.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty, Full, Limited};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;

/// How much of an answer is quoted.
const QUOTED: usize = 10 * 1_024;

async fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let stream =
        TcpStream::connect((host, port)).await.map_err(|error| format!("dial tcp {host}:{port}: {error}"))?;
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Whether a connection is taken.
pub(crate) async fn tcp(host: &str, port: u16) -> Result<(), String> {
    connect(host, port).await.map(drop)
}

/// Whether a GET is answered with 200 to 399. Certificates are not looked at, as with the kubelet.
pub(crate) async fn http(
    host: &str,
    port: u16,
    path: &str,
    tls: bool,
    headers: &[(String, String)],
) -> Result<(), String> {
    let stream = connect(host, port).await?;
    let mut request =
        Request::get(path).header(header::USER_AGENT, "kube-probe/1.36").header(header::CONNECTION, "close");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request = request.header(header::HOST, format!("{host}:{port}"));
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    let response = if tls {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(wheelhouse_tls::unverified(provider))
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
        let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        exchange(TokioIo::new(stream.map_err(|error| error.to_string())?), request).await?
    } else {
        exchange(TokioIo::new(stream), request).await?
    };
    let code = response.0;
    if (200..400).contains(&code) {
        Ok(())
    } else {
        Err(format!("HTTP probe failed with statuscode: {code}"))
    }
}

async fn exchange<S>(stream: S, request: Request<Empty<Bytes>>) -> Result<(u16, Bytes), String>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(stream).await.map_err(|error| error.to_string())?;
    let driving = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| error.to_string());
    let answer = match response {
        Ok(response) => {
            let code = response.status().as_u16();
            let body = Limited::new(response.into_body(), QUOTED).collect().await.map(|body| body.to_bytes());
            Ok((code, body.unwrap_or_default()))
        }
        Err(error) => Err(error),
    };
    driving.abort();
    answer
}

/// Whether the gRPC health service answers `SERVING`.
pub(crate) async fn grpc(host: &str, port: u16, service: &str) -> Result<(), String> {
    let stream = connect(host, port).await?;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
    let driving = tokio::spawn(connection);
    let request = Request::post(format!("http://{host}:{port}/grpc.health.v1.Health/Check"))
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .body(Full::new(Bytes::from(health_request(service))))
        .map_err(|error| error.to_string())?;
    let asked = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let early = response.headers().get("grpc-status").cloned();
        let body =
            Limited::new(response.into_body(), QUOTED).collect().await.map_err(|error| error.to_string())?;
        let late = body.trailers().and_then(|trailers| trailers.get("grpc-status").cloned());
        let status =
            late.or(early).and_then(|value| value.to_str().ok().map(str::to_owned)).unwrap_or_default();
        if status != "0" {
            return Err(format!("gRPC status {status}"));
        }
        match serving_status(&body.to_bytes()) {
            Some(1) => Ok(()),
            other => Err(format!("service unhealthy (responded with {:?})", other.unwrap_or_default())),
        }
    };
    let answer = asked.await;
    driving.abort();
    answer
}

/// A gRPC frame with a `HealthCheckRequest`: field 1 is the service's name.
fn health_request(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(0x0a);
        let mut length = service.len();
        while length > 0x7f {
            message.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
            length >>= 7;
        }
        message.push(u8::try_from(length).unwrap_or_default());
        message.extend_from_slice(service.as_bytes());
    }
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap_or_default().to_be_bytes());
    frame.extend_from_slice(&message);
    frame
}

/// Field 1 of a `HealthCheckResponse` in a gRPC frame.
fn serving_status(frame: &[u8]) -> Option<u8> {
    match frame.get(5..)? {
        [] => Some(0),
        [0x08, status, ..] => Some(*status),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn answering(text: &'static str) -> u16 {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 1_024];
            let _ = stream.read(&mut buffer).await;
            stream.write_all(text.as_bytes()).await.unwrap();
        });
        port
    }

    #[tokio::test]
    async fn codes_decide_what_is_healthy() {
        for (text, healthy) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", true),
            ("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n", true),
            ("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", false),
            ("nonsense\r\n\r\n", false),
        ] {
            let port = answering(text).await;
            assert_eq!(http("127.0.0.1", port, "/", false, &[]).await.is_ok(), healthy, "{text}");
        }
        assert!(tcp("127.0.0.1", 1).await.is_err());
    }

    /// A gRPC server that answers each question for a service by its name.
    async fn healthy() -> u16 {
        use hyper::body::{Frame, Incoming};
        use hyper::service::service_fn;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = async |request: Request<Incoming>| {
            assert_eq!(request.uri().path(), "/grpc.health.v1.Health/Check");
            let asked = request.into_body().collect().await.unwrap().to_bytes();
            let (status, serving) = match asked.get(7..).unwrap_or_default() {
                b"" => ("0", 1),
                b"sick" => ("0", 2),
                _ => ("5", 0),
            };
            let trailers = http::HeaderMap::from_iter([(
                header::HeaderName::from_static("grpc-status"),
                header::HeaderValue::from_static(status),
            )]);
            let frames = [
                Frame::data(Bytes::copy_from_slice(&[0, 0, 0, 0, 2, 8, serving])),
                Frame::trailers(trailers),
            ];
            let frames = frames.map(Ok::<_, std::convert::Infallible>);
            let body = http_body_util::StreamBody::new(futures_util::stream::iter(frames));
            Ok::<_, std::convert::Infallible>(http::Response::new(body))
        };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service_fn(answer));
                tokio::spawn(serving);
            }
        });
        port
    }

    #[tokio::test]
    async fn the_health_service_of_grpc_is_asked() {
        let port = healthy().await;
        assert_eq!(grpc("127.0.0.1", port, "").await, Ok(()));
        let sick = grpc("127.0.0.1", port, "sick").await;
        assert_eq!(sick, Err("service unhealthy (responded with 2)".to_owned()));
        assert_eq!(grpc("127.0.0.1", port, "nobody").await, Err("gRPC status 5".to_owned()));
    }

    #[test]
    fn health_messages_are_written_and_read() {
        assert_eq!(health_request(""), [0, 0, 0, 0, 0]);
        assert_eq!(health_request("ab"), [0, 0, 0, 0, 4, 0x0a, 2, b'a', b'b']);
        assert_eq!(serving_status(&[0, 0, 0, 0, 2, 8, 1]), Some(1));
        assert_eq!(serving_status(&[0, 0, 0, 0, 0]), Some(0));
        assert_eq!(serving_status(&[0]), None);
    }
}
