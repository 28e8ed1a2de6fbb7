//! Carrying requests: TLS, connection reuse, authorisation, and the few retries that are safe.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};

use crate::access::Access;
use crate::credentials::Authorizer;
use crate::error::{Error, Result};

/// How long a connection may take to be made.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// How long the head of an answer may take.
const ANSWER_DEADLINE: Duration = Duration::from_secs(65);
/// How often an idle HTTP/2 connection is checked for life.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How often a request is tried again when the server says it is too busy.
const BUSY_RETRIES: u32 = 4;
/// The longest wait that we take a server's `Retry-After` for.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// The largest answer read into memory.
const MAX_ANSWER: usize = 1 << 30;

type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// One request to be carried.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            content_type: "application/json",
            accept: "application/json",
            body: Bytes::new(),
        }
    }

    pub(crate) fn json(mut self, value: &serde_json::Value) -> Self {
        self.body = Bytes::from(value.to_string());
        self
    }
}

/// The connections to one server.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    server: Arc<str>,
    authorizer: Authorizer,
    client: HttpClient,
    /// Upgrades need HTTP/1.1, where a connection carries one request at a time.
    upgrading: HttpClient,
}

impl Transport {
    pub(crate) fn new(access: &Access) -> Result<Self> {
        let tls = tls(access)?;
        let resolver = access
            .server_name
            .as_ref()
            .map(|name| {
                ServerName::try_from(name.clone()).map_err(|error| Error::settings("tls-server-name", error))
            })
            .transpose()?;
        let connector = |http2: bool| {
            let mut http = HttpConnector::new();
            http.enforce_http(false);
            // Small writes wait 40 ms for the peer's acknowledgement otherwise.
            http.set_nodelay(true);
            http.set_keepalive(Some(KEEPALIVE));
            http.set_connect_timeout(Some(CONNECT_DEADLINE));
            let builder = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http();
            let builder = match &resolver {
                Some(name) => builder.with_server_name_resolver(FixedServerNameResolver::new(name.clone())),
                None => builder,
            };
            if http2 {
                builder.enable_http1().enable_http2().wrap_connector(http)
            } else {
                builder.enable_http1().wrap_connector(http)
            }
        };
        let client = |http2: bool| {
            Client::builder(TokioExecutor::new())
                .timer(TokioTimer::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(Duration::from_secs(60))
                .http2_keep_alive_interval(KEEPALIVE)
                .http2_adaptive_window(true)
                .build(connector(http2))
        };
        Ok(Self {
            server: access.server.as_str().into(),
            authorizer: Authorizer::new(access.credentials.clone(), &access.server),
            client: client(true),
            upgrading: client(false),
        })
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    pub(crate) fn unreachable(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Unreachable { url: self.server.to_string(), source: source.into() }
    }

    async fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>> {
        let mut builder = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", self.server, call.path))
            .header(header::ACCEPT, call.accept)
            .header(header::USER_AGENT, concat!("wheelhouse/", env!("CARGO_PKG_VERSION")));
        if !call.body.is_empty() {
            builder = builder.header(header::CONTENT_TYPE, call.content_type);
        }
        if let Some(text) = self.authorizer.header().await? {
            let mut value = HeaderValue::from_str(&text).map_err(|error| Error::settings("token", error))?;
            value.set_sensitive(true);
            builder = builder.header(header::AUTHORIZATION, value);
        }
        builder.body(Full::new(call.body.clone())).map_err(|error| Error::Request(error.to_string()))
    }

    async fn attempt(&self, call: &Call) -> Result<Response<Incoming>> {
        let request = self.request(call).await?;
        tokio::time::timeout(ANSWER_DEADLINE, self.client.request(request))
            .await
            .map_err(|_| self.unreachable(format!("no answer in {} s", ANSWER_DEADLINE.as_secs())))?
            .map_err(|error| self.unreachable(error))
    }

    /// Sends a request and gives the answer's head with the body still to be read; refusals become
    /// errors. A refused token is renewed once; a server too busy is asked again after a while.
    pub(crate) async fn send(&self, call: &Call) -> Result<Response<Incoming>> {
        let mut renewed = false;
        let mut busy = 0;
        loop {
            let response = self.attempt(call).await?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            if status == StatusCode::UNAUTHORIZED && !renewed && self.authorizer.renewable() {
                renewed = true;
                self.authorizer.forget().await;
                continue;
            }
            let wait = retry_after(&response);
            let body = self.collect(response).await?;
            // 429 says that nothing was done, so any method may be sent again.
            if status == StatusCode::TOO_MANY_REQUESTS && busy < BUSY_RETRIES {
                busy += 1;
                tokio::time::sleep(wait.unwrap_or(Duration::from_millis(100) * busy).min(BUSY_WAIT)).await;
                continue;
            }
            return Err(Error::refused(status.as_u16(), &body));
        }
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn fetch(&self, call: &Call) -> Result<Bytes> {
        let response = self.send(call).await?;
        self.collect(response).await
    }

    async fn collect(&self, response: Response<Incoming>) -> Result<Bytes> {
        Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .map_err(|error| self.unreachable(error))
    }

    /// Asks for a protocol upgrade and gives the answer, which is `101 Switching Protocols`.
    pub(crate) async fn upgrade(
        &self,
        path: &str,
        headers: &[(header::HeaderName, String)],
    ) -> Result<Response<Incoming>> {
        let mut request = self.request(&Call::new(Method::GET, path)).await?;
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|error| Error::Request(error.to_string()))?;
            request.headers_mut().insert(name.clone(), value);
        }
        let response = tokio::time::timeout(ANSWER_DEADLINE, self.upgrading.request(request))
            .await
            .map_err(|_| self.unreachable("no answer to the upgrade"))?
            .map_err(|error| self.unreachable(error))?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        let code = response.status().as_u16();
        let body = self.collect(response).await?;
        Err(Error::refused(code, &body))
    }
}

fn retry_after(response: &Response<Incoming>) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn tls(access: &Access) -> Result<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let fail = |error: rustls::Error| Error::settings("TLS", error);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(fail)?;
    let builder = if access.insecure {
        builder.dangerous().with_custom_certificate_verifier(wheelhouse_tls::unverified(provider))
    } else {
        let mut roots = RootCertStore::empty();
        match access.authorities()? {
            Some(certificates) => {
                for certificate in certificates {
                    roots.add(certificate).map_err(fail)?;
                }
            }
            None if access.server.starts_with("https:") => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            None => {}
        }
        builder.with_root_certificates(roots)
    };
    match access.client_certificate()? {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(fail),
        None => Ok(builder.with_no_client_auth()),
    }
}
