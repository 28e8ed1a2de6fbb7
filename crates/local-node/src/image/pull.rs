//! Pulling images from a registry: anonymously, with a password, or with a token that the registry
//! sends us for.

use std::collections::HashSet;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

use super::manifest::{self, ACCEPTED, Descriptor, Document};
use super::store::{Image, ImageStore};
use super::{ImageError, Reference, digest_of, hex_digest};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(15);
/// How long the registry may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// The largest manifest or configuration.
const MAX_DOCUMENT: usize = 8 << 20;
/// How many redirections are followed.
const REDIRECTIONS: usize = 5;
/// How many layers of an image are fetched at once.
const AT_ONCE: usize = 3;

/// A user name and password for a registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password or token.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Login({})", self.user)
    }
}

/// Brings images into the store.
pub trait ImagePuller: Send + Sync {
    /// Pulls an image, trying the logins in order, and names it in the store.
    fn pull<'a>(
        &'a self,
        store: &'a ImageStore,
        reference: &'a Reference,
        logins: &'a [Login],
    ) -> Pin<Box<dyn Future<Output = Result<Image, ImageError>> + Send + 'a>>;
}

/// Pulls from any OCI or Docker registry over HTTPS; over plain HTTP from loopback and the hosts named.
#[derive(Debug, Clone)]
pub struct RegistryPuller {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    plain: Arc<HashSet<String>>,
}

impl RegistryPuller {
    /// A puller that speaks plain HTTP with the registries named, each `host` or `host:port`.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(plain: impl IntoIterator<Item = String>) -> Result<Self, ImageError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ImageError::Content(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            plain: Arc::new(plain.into_iter().collect()),
        })
    }

    /// Where a registry's API begins.
    fn base(&self, registry: &str) -> String {
        let host = if registry == "docker.io" { "registry-1.docker.io" } else { registry };
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let loopback = name == "localhost"
            || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
        let scheme = if loopback || self.plain.contains(host) { "http" } else { "https" };
        format!("{scheme}://{host}")
    }
}

impl ImagePuller for RegistryPuller {
    fn pull<'a>(
        &'a self,
        store: &'a ImageStore,
        reference: &'a Reference,
        logins: &'a [Login],
    ) -> Pin<Box<dyn Future<Output = Result<Image, ImageError>> + Send + 'a>> {
        Box::pin(async move {
            let mut last = None;
            for login in logins.iter().map(Some).chain([None]) {
                let mut session = Session { puller: self, reference, login, authorization: None };
                match session.image(store).await {
                    Err(error @ ImageError::Denied { .. }) => last = Some(last.unwrap_or(error)),
                    other => return other,
                }
            }
            Err(last.unwrap_or_else(|| session_error(reference, "no way to log in was left")))
        })
    }
}

fn session_error(reference: &Reference, message: impl Into<String>) -> ImageError {
    ImageError::Pull { image: reference.to_string(), message: message.into() }
}

/// One pull of one image.
struct Session<'a> {
    puller: &'a RegistryPuller,
    reference: &'a Reference,
    login: Option<&'a Login>,
    authorization: Option<String>,
}

impl Session<'_> {
    fn fail(&self, message: impl Into<String>) -> ImageError {
        session_error(self.reference, message)
    }

    async fn image(&mut self, store: &ImageStore) -> Result<Image, ImageError> {
        let selector = self.reference.selector().to_owned();
        let top = self.document(&format!("manifests/{selector}"), self.reference.digest.as_deref()).await?;
        let digest = digest_of(&top);
        store.keep_blob(&digest, &top)?;
        let (config, layers) = match manifest::read(&top)? {
            Document::Image { config, layers } => (config, layers),
            Document::Index { chosen } => {
                let bytes =
                    self.document(&format!("manifests/{}", chosen.digest), Some(&chosen.digest)).await?;
                store.keep_blob(&chosen.digest, &bytes)?;
                match manifest::read(&bytes)? {
                    Document::Image { config, layers } => (config, layers),
                    Document::Index { .. } => return Err(self.fail("the index names another index")),
                }
            }
        };
        let bytes = match store.blob(&config.digest) {
            Some(bytes) => bytes,
            None => self.document(&format!("blobs/{}", config.digest), Some(&config.digest)).await?,
        };
        store.keep_blob(&config.digest, &bytes)?;
        let value: Value =
            serde_json::from_slice(&bytes).map_err(|error| ImageError::Content(error.to_string()))?;
        let diff_ids = super::ImageConfig::of(&value).diff_ids;
        if diff_ids.len() != layers.len() {
            return Err(self.fail(format!("{} layers for {} digests", layers.len(), diff_ids.len())));
        }
        self.layers(store, diff_ids.into_iter().zip(layers).collect()).await?;
        store.name(self.reference, &digest)?;
        store.image(&digest)
    }

    /// Fetches and unpacks the layers that are missing, a few at once.
    async fn layers(&self, store: &ImageStore, wanted: Vec<(String, Descriptor)>) -> Result<(), ImageError> {
        use futures_util::{StreamExt as _, TryStreamExt as _};
        let missing = wanted.into_iter().filter(|(diff_id, _)| !store.has_layer(diff_id));
        futures_util::stream::iter(missing.map(|(diff_id, layer)| self.layer(store, diff_id, layer)))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await
            .map(drop)
    }

    async fn layer(&self, store: &ImageStore, diff_id: String, layer: Descriptor) -> Result<(), ImageError> {
        if !manifest::is_digest(&diff_id) {
            return Err(ImageError::Content(format!("the configuration names a layer {diff_id:?}")));
        }
        let folder = store.incoming()?;
        let blob = folder.path().join("blob");
        self.fetch_to(&format!("blobs/{}", layer.digest), &layer.digest, &blob).await?;
        let store = store.clone();
        tokio::task::spawn_blocking(move || {
            let kept = store.keep_layer(&diff_id, &blob);
            drop(folder);
            kept
        })
        .await
        .map_err(|error| self.fail(error.to_string()))?
    }

    /// A small document, checked against its digest.
    async fn document(&mut self, path: &str, digest: Option<&str>) -> Result<Vec<u8>, ImageError> {
        let response = self.ask_authorized(path).await?;
        let limited = Limited::new(response.into_body(), MAX_DOCUMENT).collect();
        let body = tokio::time::timeout(SILENCE, limited)
            .await
            .map_err(|_| self.fail("the registry fell silent"))?
            .map_err(|error| self.fail(error.to_string()))?
            .to_bytes();
        let found = digest_of(&body);
        match digest {
            Some(wanted) if wanted != found => {
                Err(ImageError::Digest { what: path.to_owned(), wanted: wanted.to_owned(), found })
            }
            _ => Ok(body.to_vec()),
        }
    }

    async fn fetch_to(&self, path: &str, digest: &str, target: &Path) -> Result<(), ImageError> {
        let response = self.ask(path).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response).await);
        }
        let mut body = response.into_body();
        let store = |error: std::io::Error| ImageError::store("write a layer")(error);
        let mut file = tokio::fs::File::create(target).await.map_err(store)?;
        let mut hash = Sha256::new();
        loop {
            let frame = tokio::time::timeout(SILENCE, body.frame()).await;
            let Some(frame) = frame.map_err(|_| self.fail("the registry fell silent"))? else { break };
            let frame = frame.map_err(|error| self.fail(error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                hash.update(&data);
                file.write_all(&data).await.map_err(|error| ImageError::store("write a layer")(error))?;
            }
        }
        file.flush().await.map_err(|error| ImageError::store("write a layer")(error))?;
        let found = hex_digest(&hash.finalize());
        if found == digest {
            Ok(())
        } else {
            Err(ImageError::Digest { what: path.to_owned(), wanted: digest.to_owned(), found })
        }
    }

    /// Asks, and if the registry wants a token, gets one and asks again.
    async fn ask_authorized(&mut self, path: &str) -> Result<Response<Incoming>, ImageError> {
        let mut response = self.ask(path).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            self.authorization = Some(self.authorize(response.headers()).await?);
            response = self.ask(path).await?;
        }
        if response.status().is_success() { Ok(response) } else { Err(self.refusal(response).await) }
    }

    async fn ask(&self, path: &str) -> Result<Response<Incoming>, ImageError> {
        let base = self.puller.base(&self.reference.registry);
        let url = format!("{base}/v2/{}/{path}", self.reference.repository);
        self.get(url, self.authorization.as_deref()).await
    }

    /// Gets an address. A redirection to another host does not take the login along.
    async fn get(&self, url: String, authorization: Option<&str>) -> Result<Response<Incoming>, ImageError> {
        let mut url = url;
        let mut authorization = authorization;
        for _ in 0..=REDIRECTIONS {
            let mut request = Request::get(&url).header(header::ACCEPT, ACCEPTED);
            if let Some(value) = authorization {
                request = request.header(header::AUTHORIZATION, value);
            }
            let request = request
                .header(header::USER_AGENT, concat!("wheelhouse/", env!("CARGO_PKG_VERSION")))
                .body(Empty::new())
                .map_err(|error| self.fail(error.to_string()))?;
            let response = tokio::time::timeout(SILENCE, self.puller.client.request(request))
                .await
                .map_err(|_| self.fail(format!("no answer from {url}")))?
                .map_err(|error| self.fail(with_causes(&error)))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let next = response
                .headers()
                .get(header::LOCATION)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            let next =
                if next.starts_with('/') { format!("{}{next}", origin(&url)) } else { next.to_owned() };
            if origin(&next) != origin(&url) {
                authorization = None;
            }
            url = next;
        }
        Err(self.fail("too many redirections"))
    }

    async fn refusal(&self, response: Response<Incoming>) -> ImageError {
        let status = response.status();
        let body = Limited::new(response.into_body(), 4_096)
            .collect()
            .await
            .map(|body| body.to_bytes())
            .unwrap_or_default();
        let said: Value = serde_json::from_slice(&body).unwrap_or_default();
        let message = said.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or_default();
        let image = self.reference.to_string();
        match status {
            StatusCode::NOT_FOUND => ImageError::NotFound { image },
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                ImageError::Denied { image, message: message.to_owned() }
            }
            _ => self.fail(
                format!("unexpected status from the registry: {status} {message}").trim_end().to_owned(),
            ),
        }
    }

    /// What the registry's challenge asks for: the password itself, or a token from its token server.
    async fn authorize(&self, headers: &HeaderMap<HeaderValue>) -> Result<String, ImageError> {
        let denied = |message: &str| ImageError::Denied {
            image: self.reference.to_string(),
            message: message.to_owned(),
        };
        let challenge =
            headers.get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let basic = self.login.map(|login| {
            let pair = base64::engine::general_purpose::STANDARD
                .encode(format!("{}:{}", login.user, login.password));
            format!("Basic {pair}")
        });
        let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return basic.ok_or_else(|| denied("a login is needed"));
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(denied("the registry asks for a login that is not known"));
        }
        let parameter = |name: &str| challenge_parameter(parameters, name);
        let realm = parameter("realm").ok_or_else(|| denied("the registry names no token server"))?;
        let scope =
            parameter("scope").unwrap_or_else(|| format!("repository:{}:pull", self.reference.repository));
        let mut url =
            format!("{realm}{}scope={}", if realm.contains('?') { '&' } else { '?' }, escape(&scope));
        if let Some(service) = parameter("service") {
            url.push_str(&format!("&service={}", escape(&service)));
        }
        let response = self.get(url, basic.as_deref()).await?;
        if !response.status().is_success() {
            return Err(denied("the token server refused the login"));
        }
        let body = Limited::new(response.into_body(), MAX_DOCUMENT)
            .collect()
            .await
            .map_err(|error| self.fail(error.to_string()))?;
        let answer: Value =
            serde_json::from_slice(&body.to_bytes()).map_err(|error| self.fail(error.to_string()))?;
        let token = answer.get("token").or_else(|| answer.get("access_token")).and_then(Value::as_str);
        token.map(|token| format!("Bearer {token}")).ok_or_else(|| denied("the token server gave no token"))
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Scheme and host of an address.
fn origin(url: &str) -> &str {
    let after = url.find("://").map_or(0, |place| place + 3);
    let end = url.get(after..).and_then(|rest| rest.find('/')).map_or(url.len(), |place| after + place);
    url.get(..end).unwrap_or(url)
}

/// A parameter of a `WWW-Authenticate` header.
fn challenge_parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    while let Some((key, after)) = rest.split_once('=') {
        let (value, tail) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at_checked(after.find(',').unwrap_or(after.len()))?,
        };
        if key.trim().trim_start_matches(',').trim().eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = tail.trim_start_matches([',', ' ']);
    }
    None
}

fn escape(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let parameters =
            r#"realm="https://auth.x/token",service="registry.x", scope="repository:a/b:pull,push""#;
        assert_eq!(challenge_parameter(parameters, "realm").as_deref(), Some("https://auth.x/token"));
        assert_eq!(challenge_parameter(parameters, "service").as_deref(), Some("registry.x"));
        assert_eq!(challenge_parameter(parameters, "scope").as_deref(), Some("repository:a/b:pull,push"));
        assert_eq!(challenge_parameter(parameters, "error"), None);
    }

    #[test]
    fn plain_http_is_for_loopback_and_those_named() {
        let puller = RegistryPuller::new(["reg.lan:5000".to_owned()]).unwrap();
        let cases = [
            ("docker.io", "https://registry-1.docker.io"),
            ("localhost:5000", "http://localhost:5000"),
            ("127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("reg.lan:5000", "http://reg.lan:5000"),
            ("reg.lan", "https://reg.lan"),
        ];
        for (registry, base) in cases {
            assert_eq!(puller.base(registry), base);
        }
        assert_eq!(origin("https://a.b:1/c/d"), "https://a.b:1");
    }
}
