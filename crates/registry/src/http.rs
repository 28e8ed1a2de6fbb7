//! The one HTTP client: TLS by rustls, every connection only to addresses that are allowed.

use crate::address::{AddressPolicy, name};
use crate::{Error, Trust};
use ::http::{Request, Response, Uri};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Resolves names to allowed addresses only. The connection goes to the very address that was checked, so a name
/// that changes its mind between check and use gains nothing.
#[derive(Clone)]
struct GuardedResolver(Arc<AddressPolicy>);

type Resolving = Pin<Box<dyn Future<Output = Result<std::vec::IntoIter<SocketAddr>, Error>> + Send>>;

impl tower::Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Error;
    type Future = Resolving;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, asked: Name) -> Resolving {
        let policy = Arc::clone(&self.0);
        Box::pin(async move {
            let host = asked.as_str().to_owned();
            let unavailable = |reason: String| Error::Unavailable { host: host.clone(), reason };
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0))
                .await
                .map_err(|error| unavailable(error.to_string()))?
                .collect();
            let mut refused = None;
            let mut allowed = Vec::new();
            for address in found {
                // Without the port: entries of the allow-list that carry one were checked with the URI.
                match policy.check(&host, address.ip()) {
                    Ok(()) => allowed.push(address),
                    Err(_)
                        if policy
                            .private_hosts
                            .iter()
                            .any(|entry| name(entry).eq_ignore_ascii_case(&host)) =>
                    {
                        allowed.push(address);
                    }
                    Err(error) => refused = Some(error),
                }
            }
            match (allowed.is_empty(), refused) {
                (true, Some(error)) => Err(error),
                (true, None) => Err(unavailable("the name has no address".to_owned())),
                (false, _) => Ok(allowed.into_iter()),
            }
        })
    }
}

/// An HTTP client that asks only where it may.
#[derive(Clone)]
pub struct Http {
    client: HyperClient<HttpsConnector<HttpConnector<GuardedResolver>>, Full<Bytes>>,
    policy: Arc<AddressPolicy>,
    timeout: Duration,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Http").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Http {
    /// A client under a policy; `timeout` bounds each wait for an answer's head.
    #[must_use]
    pub fn new(policy: AddressPolicy, timeout: Duration) -> Self {
        Self::build(policy, timeout, &Trust::default(), false)
    }

    /// The same with a trust of its own.
    #[must_use]
    pub fn trusting(policy: AddressPolicy, timeout: Duration, trust: &Trust) -> Self {
        Self::build(policy, timeout, trust, false)
    }

    /// The same over HTTP/2 only, without TLS by prior knowledge: what gRPC needs.
    #[must_use]
    pub fn over_http2(policy: AddressPolicy, timeout: Duration) -> Self {
        Self::build(policy, timeout, &Trust::default(), true)
    }

    fn build(policy: AddressPolicy, timeout: Duration, trust: &Trust, http2: bool) -> Self {
        let policy = Arc::new(policy);
        let mut connector = HttpConnector::new_with_resolver(GuardedResolver(Arc::clone(&policy)));
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(10)));
        let builder = match trust.config() {
            None => HttpsConnectorBuilder::new().with_webpki_roots(),
            Some(config) => HttpsConnectorBuilder::new().with_tls_config(config),
        };
        let builder = builder.https_or_http();
        let connector = if http2 {
            builder.enable_http2().wrap_connector(connector)
        } else {
            builder.enable_http1().wrap_connector(connector)
        };
        let client = HyperClient::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .http2_only(http2)
            .build(connector);
        Self { client, policy, timeout }
    }

    /// The policy it works under.
    #[must_use]
    pub fn policy(&self) -> &AddressPolicy {
        &self.policy
    }

    /// Sends a request and waits for the answer's head.
    ///
    /// # Errors
    /// When the address is not allowed, plain HTTP is asked of a host that is not listed for it, or the other side
    /// does not answer.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        let host = self.check(request.uri())?;
        let unavailable = |reason: String| Error::Unavailable { host: host.clone(), reason };
        match tokio::time::timeout(self.timeout, self.client.request(request)).await {
            Err(_) => Err(unavailable(format!("no answer for {} s", self.timeout.as_secs()))),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(refused(&error).unwrap_or_else(|| unavailable(chain(&error)))),
        }
    }

    /// Checks a URI before it is asked; returns its host with port.
    fn check(&self, uri: &Uri) -> Result<String, Error> {
        let authority = uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
        let forbidden =
            |reason: &str| Error::Forbidden { host: authority.clone(), reason: reason.to_owned() };
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if self.policy.is_plain(&authority) => {}
            Some("http") => return Err(forbidden("it would be asked without TLS")),
            _ => return Err(forbidden("only http and https can be asked")),
        }
        // Addresses written out never meet the resolver.
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        if let Ok(address) = host.parse::<IpAddr>() {
            self.policy.check(&authority, address)?;
        } else if !self.policy.allows_private(&authority)
            && self.policy.private_hosts.iter().any(|entry| name(entry).eq_ignore_ascii_case(host))
        {
            return Err(forbidden("the allow-list names another port"));
        }
        Ok(authority)
    }
}

/// Our own refusal, when it is why a connection failed.
fn refused(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(Error::Forbidden { host, reason }) = error.downcast_ref::<Error>() {
            return Some(Error::Forbidden { host: host.clone(), reason: reason.clone() });
        }
        next = error.source();
    }
    None
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// Reads a whole answer of at most `limit` bytes.
///
/// # Errors
/// When it is larger or breaks off.
pub async fn read(host: &str, mut body: Incoming, limit: usize) -> Result<Bytes, Error> {
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|error| Error::Unavailable { host: host.to_owned(), reason: chain(&error) })?;
        if let Ok(data) = frame.into_data() {
            if collected.len() + data.len() > limit {
                let reason = format!("the answer is larger than {limit} bytes");
                return Err(Error::Invalid { host: host.to_owned(), reason });
            }
            collected.extend_from_slice(&data);
        }
    }
    Ok(collected.freeze())
}
