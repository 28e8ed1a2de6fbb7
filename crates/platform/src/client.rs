//! A client of the API, for commands: the same calls anybody can make, with their problems read.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::Value;
use std::time::{Duration, Instant};
use wheelhouse_registry::AddressPolicy;
use wheelhouse_registry::http::{Http, read};

/// The largest answer that is read whole, in bytes.
const LIMIT: usize = 64 << 20;
/// How long an answer's head is waited for.
const PATIENCE: Duration = Duration::from_secs(3_700);

/// Why a call did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The API refused.
    #[error("{detail}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the API says.
        detail: String,
        /// Findings of the chart check, when they are why.
        findings: Vec<Value>,
    },
    /// The API cannot be reached.
    #[error("cannot reach {server}: {reason}")]
    Unreachable {
        /// The address.
        server: String,
        /// Why.
        reason: String,
    },
    /// The address or a header is malformed.
    #[error("{0}")]
    Invalid(String),
    /// What was waited for did not happen in time, or cannot happen any more.
    #[error("the function is {status} after {:.1} s{reason}", elapsed.as_secs_f64())]
    NotActive {
        /// The status it has.
        status: String,
        /// How long it was waited for.
        elapsed: Duration,
        /// What its instances say, after a colon.
        reason: String,
    },
}

/// How a gRPC call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcStatus {
    /// The status code; 0 is OK.
    pub code: u32,
    /// What the other side says about it.
    pub message: String,
}

impl GrpcStatus {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let code = text("grpc-status")?.parse().ok()?;
        Some(Self { code, message: text("grpc-message").unwrap_or_default().to_owned() })
    }
}

/// Takes one whole message off the front of a gRPC body.
fn unframe(buffer: &mut BytesMut) -> Result<Option<Bytes>, ClientError> {
    let Some((head, rest)) = buffer.split_first_chunk::<5>() else { return Ok(None) };
    let [compressed, size @ ..] = *head;
    if compressed != 0 {
        return Err(ClientError::Invalid("the answer is compressed, which was not asked for".to_owned()));
    }
    let size = usize::try_from(u32::from_be_bytes(size)).unwrap_or(usize::MAX);
    if size > LIMIT {
        return Err(ClientError::Invalid(format!("the answer has a message of {size} bytes, too large")));
    }
    if rest.len() < size {
        return Ok(None);
    }
    buffer.advance(5);
    Ok(Some(buffer.split_to(size).freeze()))
}

/// A word as a shell takes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A client of one API with one token.
pub struct ApiClient {
    http: Http,
    server: String,
    host: String,
    token: String,
}

impl std::fmt::Debug for ApiClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ApiClient").field("server", &self.server).finish_non_exhaustive()
    }
}

impl ApiClient {
    /// A client for a base address, e.g. `http://127.0.0.1:8080`.
    #[must_use]
    pub fn new(server: &str, token: &str) -> Self {
        let server = server.trim_end_matches('/').to_owned();
        let host = server.split("://").nth(1).unwrap_or(&server);
        let host = host.split('/').next().unwrap_or(host).to_owned();
        let policy = AddressPolicy {
            private_hosts: vec![host.clone()],
            plain_hosts: if server.starts_with("http://") { vec![host.clone()] } else { Vec::new() },
            trusted_hosts: Vec::new(),
        };
        Self { http: Http::new(policy, PATIENCE), server, host, token: token.to_owned() }
    }

    /// Calls an endpoint and reads its JSON answer; `Null` when it has none.
    ///
    /// # Errors
    /// When the API refuses or cannot be reached.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ClientError> {
        let bytes = Bytes::from(body.map(ToString::to_string).unwrap_or_default());
        let json = [("content-type", "application/json"), ("accept", "application/json")];
        let response = self.send(method, path, &json, bytes).await?;
        if response.status().is_client_error() || response.status().is_server_error() {
            return Err(self.refusal(path, response).await);
        }
        let read = read(&self.host, response.into_body(), LIMIT).await;
        let bytes = read.map_err(|error| self.unreachable(&error))?;
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        Ok(if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or_else(|_| text())
        })
    }

    /// Calls an endpoint whose answer streams, e.g. logs; a refusal is read.
    ///
    /// # Errors
    /// When the API refuses or cannot be reached.
    pub async fn stream(&self, method: Method, path: &str) -> Result<Response<Incoming>, ClientError> {
        let response = self.send(method, path, &[], Bytes::new()).await?;
        if response.status().is_client_error() || response.status().is_server_error() {
            return Err(self.refusal(path, response).await);
        }
        Ok(response)
    }

    /// What an answer that is a problem says.
    async fn refusal(&self, path: &str, response: Response<Incoming>) -> ClientError {
        let status = response.status().as_u16();
        let bytes = match read(&self.host, response.into_body(), LIMIT).await {
            Ok(bytes) => bytes,
            Err(error) => return self.unreachable(&error),
        };
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let detail = value.get("detail").and_then(Value::as_str).map(ToOwned::to_owned);
        ClientError::Refused {
            status,
            detail: detail.unwrap_or_else(|| format!("{path} answered {status}")),
            findings: value.get("findings").and_then(Value::as_array).cloned().unwrap_or_default(),
        }
    }

    /// Sends any request, e.g. an invocation, and gives the answer's head; its body streams.
    ///
    /// # Errors
    /// When the API cannot be reached or the request is malformed.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Response<Incoming>, ClientError> {
        let request = self.request(method, path, headers, body)?;
        self.http.send(request).await.map_err(|error| self.unreachable(&error))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let invalid = |what: String| ClientError::Invalid(what);
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        let uri = format!("{}{path}", self.server);
        *request.uri_mut() = uri.parse().map_err(|_| invalid(format!("'{uri}' is not an address")))?;
        for (name, value) in headers {
            let name: header::HeaderName =
                name.parse().map_err(|_| invalid(format!("'{name}' is not a header")))?;
            let value = HeaderValue::from_str(value)
                .map_err(|_| invalid(format!("'{name}' has a malformed value")))?;
            request.headers_mut().append(name, value);
        }
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", self.token))
            .map_err(|_| invalid("the token is malformed".to_owned()))?;
        authorization.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, authorization);
        Ok(request)
    }

    /// Waits until a version is active. `progress` is told each status once.
    ///
    /// # Errors
    /// When it ends in error, is not active in time, or the API refuses.
    pub async fn wait_until_active(
        &self,
        function: &str,
        version: &str,
        timeout: Duration,
        mut progress: impl FnMut(&str, Duration),
    ) -> Result<(), ClientError> {
        let path = format!("/v2/nvcf/functions/{function}/versions/{version}");
        let started = Instant::now();
        let mut told = String::new();
        loop {
            let seen = self.call(Method::GET, &path, None).await?;
            let status =
                seen.pointer("/function/status").and_then(Value::as_str).unwrap_or_default().to_owned();
            let elapsed = started.elapsed();
            if status != told {
                progress(&status, elapsed);
                told.clone_from(&status);
            }
            if status == "ACTIVE" {
                return Ok(());
            }
            if status == "ERROR" || elapsed >= timeout {
                let reason = self.health(function, version).await;
                return Err(ClientError::NotActive { status, elapsed, reason });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What the instances of a deployment say, after a colon; empty when they say nothing.
    async fn health(&self, function: &str, version: &str) -> String {
        let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
        let Ok(seen) = self.call(Method::GET, &path, None).await else { return String::new() };
        let said = seen.pointer("/deployment/healthInfo/0/error").and_then(Value::as_str);
        said.map_or(String::new(), |said| format!(": {said}"))
    }

    /// The same call for curl; the token stays a variable.
    #[must_use]
    pub fn curl(&self, method: &Method, path: &str, body: Option<&Value>) -> String {
        let body = body.map(ToString::to_string);
        let json = [("Content-Type", "application/json")];
        self.curl_of(method, path, if body.is_some() { &json } else { &[] }, body.as_deref())
    }

    /// Any call for curl, with what `curl --data-binary` is given; the token stays a variable.
    #[must_use]
    pub fn curl_of(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&str, &str)],
        data: Option<&str>,
    ) -> String {
        let address = quoted(&format!("{}{path}", self.server));
        let mut text =
            format!("curl -sN -X {method} {address} \\\n  -H \"Authorization: Bearer $NVCF_TOKEN\"");
        for (name, value) in headers {
            text = format!("{text} \\\n  -H {}", quoted(&format!("{name}: {value}")));
        }
        if let Some(data) = data {
            text = format!("{text} \\\n  --data-binary {}", quoted(data));
        }
        text
    }

    /// Makes a gRPC call with one encoded message and hands over each message of the answer. `server` is where gRPC
    /// is served, when that is another address.
    ///
    /// # Errors
    /// When the other side cannot be reached or does not speak gRPC.
    pub async fn grpc(
        &self,
        server: Option<&str>,
        path: &str,
        headers: &[(&str, &str)],
        message: &[u8],
        mut received: impl FnMut(&[u8]),
    ) -> Result<GrpcStatus, ClientError> {
        let mut frame = BytesMut::with_capacity(message.len() + 5);
        frame.put_u8(0);
        frame.put_u32(
            u32::try_from(message.len())
                .map_err(|_| ClientError::Invalid("the message is larger than gRPC can frame".to_owned()))?,
        );
        frame.put_slice(message);
        let other = server.map(|server| Self::new(server, &self.token));
        let client = other.as_ref().unwrap_or(self);
        let mut all = vec![("content-type", "application/grpc"), ("te", "trailers")];
        all.extend_from_slice(headers);
        let http = Http::over_http2(client.http.policy().clone(), PATIENCE);
        let request = client.request(Method::POST, path, &all, frame.freeze())?;
        let response = http.send(request).await.map_err(|error| client.unreachable(&error))?;
        let (head, mut body) = response.into_parts();
        let mut status = GrpcStatus::read(&head.headers);
        let mut buffer = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| ClientError::Unreachable {
                server: client.server.clone(),
                reason: error.to_string(),
            })?;
            match frame.into_data() {
                Ok(data) => {
                    buffer.extend_from_slice(&data);
                    while let Some(message) = unframe(&mut buffer)? {
                        received(&message);
                    }
                }
                Err(frame) => {
                    status = frame.trailers_ref().and_then(GrpcStatus::read).or(status);
                }
            }
        }
        status.ok_or_else(|| ClientError::Refused {
            status: head.status.as_u16(),
            detail: format!("{path} gave no gRPC status"),
            findings: Vec::new(),
        })
    }

    fn unreachable(&self, error: &wheelhouse_registry::Error) -> ClientError {
        ClientError::Unreachable { server: self.server.clone(), reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn curl_shows_no_token_and_quotes_quotes() {
        let client = ApiClient::new("http://127.0.0.1:8080/", "secret");
        let text = client.curl(&Method::POST, "/v2/nvcf/functions", Some(&json!({ "a": "it's" })));
        assert!(!text.contains("secret"));
        assert!(text.ends_with(r#"--data-binary '{"a":"it'\''s"}'"#), "{text}");
    }
}
