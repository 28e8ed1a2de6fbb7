//! Fetching from registries and HTTPS hosts.

use crate::address::AddressPolicy;
use crate::authorization::{self, Challenge};
use crate::digest::Digest;
use crate::http::{Http, read};
use crate::manifest::Manifest;
use crate::{Error, Trust};
use ::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use serde::Deserialize;
use std::time::Duration;
use wheelhouse_functions::chart_reference::{ChartLocation, ChartReference, OciVersion};

/// Redirects followed at most.
const REDIRECTS: u32 = 10;
/// Pages of tags read at most.
const PAGES: u32 = 1_000;
const ACCEPT: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which addresses may be asked.
    pub policy: AddressPolicy,
    /// The longest wait for an answer's head.
    pub timeout: Duration,
    /// The largest manifest, in bytes.
    pub manifest_limit: usize,
    /// The largest chart archive, in bytes.
    pub chart_limit: usize,
    /// Whose certificates are taken.
    pub trust: Trust,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            policy: AddressPolicy::default(),
            timeout: Duration::from_secs(30),
            manifest_limit: 4 << 20,
            chart_limit: 20 << 20,
            trust: Trust::default(),
        }
    }
}

/// A user and password for one registry. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The registry's host, with port when it has one.
    pub host: String,
    /// `user:password`, base64. The user `<token>` has an identity token for a password: it is shown to the
    /// registry's token service alone, which gives others for it.
    pub auth: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Login").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Bytes and their digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The bytes.
    pub bytes: Bytes,
    /// Their digest.
    pub digest: Digest,
}

/// A client of registries.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) http: Http,
    options: Options,
}

/// A registry repository and who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repository<'a> {
    pub(crate) host: &'a str,
    pub(crate) name: &'a str,
    pub(crate) logins: &'a [Login],
    pub(crate) push: bool,
}

#[derive(Deserialize)]
struct TagList {
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Client {
    /// A client with the given options.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let http = Http::trusting(options.policy.clone(), options.timeout, &options.trust);
        Self { http, options }
    }

    /// Fetches a chart archive.
    ///
    /// # Errors
    /// When the address is not allowed, the credentials do not fit, there is no such chart, or what came is not one.
    pub async fn fetch_chart(&self, reference: &ChartReference, logins: &[Login]) -> Result<Pulled, Error> {
        match reference.location() {
            ChartLocation::Https { host, path } => self.fetch_archive(host, path, logins).await,
            ChartLocation::Oci { host, repository, version } => {
                let repository = Repository { host, name: repository, logins, push: false };
                match version {
                    OciVersion::Digest(digest) => self.pull_chart(&repository, digest).await,
                    OciVersion::Tag(tag) => match self.pull_chart(&repository, tag).await {
                        // A version of two parts may have been pushed under its full form.
                        Err(Error::NotFound { .. }) if tag.matches('.').count() == 1 => {
                            self.pull_chart(&repository, &format!("{tag}.0")).await
                        }
                        pulled => pulled,
                    },
                }
            }
        }
    }

    async fn pull_chart(&self, repository: &Repository<'_>, reference: &str) -> Result<Pulled, Error> {
        let invalid = |reason: String| Error::Invalid { host: repository.host.to_owned(), reason };
        let (manifest, _) = self.manifest(repository, reference).await?;
        let layer = manifest
            .chart_layer()
            .ok_or_else(|| invalid(format!("{}:{reference} is not a chart", repository.name)))?;
        if layer.size > u64::try_from(self.options.chart_limit).unwrap_or(u64::MAX) {
            return Err(invalid(format!("the chart has {} bytes, too many", layer.size)));
        }
        let digest: Digest = layer.digest.parse().map_err(|error| invalid(format!("{error}")))?;
        let bytes = self.blob(repository, &digest, self.options.chart_limit).await?;
        Ok(Pulled { bytes, digest })
    }

    /// Pulls a manifest by tag or digest.
    ///
    /// # Errors
    /// As [`Client::fetch_chart`].
    pub(crate) async fn manifest(
        &self,
        repository: &Repository<'_>,
        reference: &str,
    ) -> Result<(Manifest, Digest), Error> {
        let invalid = |reason: String| Error::Invalid { host: repository.host.to_owned(), reason };
        let path = format!("manifests/{reference}");
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
        let response = self.call(repository, Method::GET, &path, headers, Bytes::new()).await?;
        let bytes = read(repository.host, response.into_body(), self.options.manifest_limit).await?;
        let digest = Digest::of(&bytes);
        if let Ok(wanted) = reference.parse::<Digest>()
            && wanted != digest
        {
            return Err(invalid(format!("the manifest's digest is {digest}, not {wanted}")));
        }
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| invalid(format!("not a manifest: {error}")))?;
        Ok((manifest, digest))
    }

    /// Pulls a blob and checks its digest.
    pub(crate) async fn blob(
        &self,
        repository: &Repository<'_>,
        digest: &Digest,
        limit: usize,
    ) -> Result<Bytes, Error> {
        let path = format!("blobs/{digest}");
        let response = self.call(repository, Method::GET, &path, HeaderMap::new(), Bytes::new()).await?;
        let bytes = read(repository.host, response.into_body(), limit).await?;
        let found = Digest::of(&bytes);
        if found != *digest {
            let reason = format!("the blob's digest is {found}, not {digest}");
            return Err(Error::Invalid { host: repository.host.to_owned(), reason });
        }
        Ok(bytes)
    }

    /// Pulls any artefact's manifest and its layers, e.g. an image for the local cluster.
    ///
    /// # Errors
    /// As [`Client::fetch_chart`].
    pub async fn pull_manifest(
        &self,
        host: &str,
        repository: &str,
        reference: &str,
        logins: &[Login],
    ) -> Result<(Manifest, Digest), Error> {
        self.manifest(&Repository { host, name: repository, logins, push: false }, reference).await
    }

    /// Pulls a blob of at most `limit` bytes and checks its digest.
    ///
    /// # Errors
    /// As [`Client::fetch_chart`].
    pub async fn pull_blob(
        &self,
        host: &str,
        repository: &str,
        digest: &Digest,
        limit: usize,
        logins: &[Login],
    ) -> Result<Bytes, Error> {
        self.blob(&Repository { host, name: repository, logins, push: false }, digest, limit).await
    }

    /// Checks that a registry takes a login.
    ///
    /// # Errors
    /// When it does not, cannot be reached, or is no registry.
    pub async fn ping(&self, login: &Login) -> Result<(), Error> {
        let logins = std::slice::from_ref(login);
        let repository = Repository { host: &login.host, name: "", logins, push: false };
        // Sent at once: a registry that lets everybody in would ask for none, and take a wrong one.
        let mut headers = HeaderMap::new();
        if let Some(authorization) = basic(login) {
            headers.insert(header::AUTHORIZATION, authorization);
        }
        self.call(&repository, Method::GET, "/v2/", headers, Bytes::new()).await.map(|_| ())
    }

    /// All tags of a repository.
    ///
    /// # Errors
    /// As [`Client::fetch_chart`].
    pub async fn tags(&self, host: &str, name: &str, logins: &[Login]) -> Result<Vec<String>, Error> {
        let repository = Repository { host, name, logins, push: false };
        let mut tags = Vec::new();
        let mut path = "tags/list".to_owned();
        for _ in 0..PAGES {
            let response = self.call(&repository, Method::GET, &path, HeaderMap::new(), Bytes::new()).await?;
            let next = response.headers().get(header::LINK).and_then(|value| next_page(value.to_str().ok()?));
            let bytes = read(host, response.into_body(), self.options.manifest_limit).await?;
            let page: TagList = serde_json::from_slice(&bytes).map_err(|_| Error::Invalid {
                host: host.to_owned(),
                reason: "not a list of tags".to_owned(),
            })?;
            tags.extend(page.tags.unwrap_or_default());
            let Some(next) = next else { return Ok(tags) };
            let base = format!("https://{host}/v2/{name}/tags/list");
            let base = base.parse().map_err(|_| Error::NotFound { what: name.to_owned() })?;
            let next = resolve(&base, &next)?;
            path = next.path_and_query().map_or_else(String::new, ToString::to_string);
        }
        Err(Error::Invalid { host: host.to_owned(), reason: format!("more than {PAGES} pages of tags") })
    }

    /// Fetches whatever lies at an address, at most `limit` bytes of it. A login goes to the address's own host only.
    ///
    /// # Errors
    /// As [`Client::fetch_chart`].
    pub async fn fetch_url(&self, uri: &str, login: Option<&Login>, limit: usize) -> Result<Bytes, Error> {
        let mut headers = HeaderMap::new();
        if let Some(authorization) = login.and_then(basic) {
            headers.insert(header::AUTHORIZATION, authorization);
        }
        let host = uri.split("://").nth(1).unwrap_or(uri).split('/').next().unwrap_or_default();
        let response = self.follow(Method::GET, uri, headers, Bytes::new()).await?;
        let response = check(host, uri, response).await?;
        read(host, response.into_body(), limit).await
    }

    async fn fetch_archive(&self, host: &str, path: &str, logins: &[Login]) -> Result<Pulled, Error> {
        let uri = format!("https://{host}{path}");
        let mut tries: Vec<Option<HeaderValue>> = authorization::login(logins, host).map(basic).collect();
        tries.push(None);
        let mut last = None;
        for authorization in tries {
            let mut headers = HeaderMap::new();
            if let Some(authorization) = authorization {
                headers.insert(header::AUTHORIZATION, authorization);
            }
            let response = self.follow(Method::GET, &uri, headers, Bytes::new()).await?;
            match check(host, &uri, response).await {
                Ok(response) => {
                    let bytes = read(host, response.into_body(), self.options.chart_limit).await?;
                    return Ok(Pulled { digest: Digest::of(&bytes), bytes });
                }
                Err(error @ Error::Unauthorized { .. }) => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or(Error::NotFound { what: uri }))
    }

    /// Calls a repository, answering its challenge with each login that fits and then with none.
    pub(crate) async fn call(
        &self,
        repository: &Repository<'_>,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Incoming>, Error> {
        self.call_again(repository, method, path, headers, body, &mut None).await
    }

    /// As [`Client::call`], one of several calls of one user: what authorized the last one is tried first. A large
    /// body cannot wait for a challenge, because a registry that asks for one does not read the body.
    pub(crate) async fn call_again(
        &self,
        repository: &Repository<'_>,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
        known: &mut Option<HeaderValue>,
    ) -> Result<Response<Incoming>, Error> {
        let scheme = if self.http.policy().is_plain(repository.host) { "http" } else { "https" };
        let uri = if path.starts_with('/') {
            format!("{scheme}://{}{path}", repository.host)
        } else {
            format!("{scheme}://{}/v2/{}/{path}", repository.host, repository.name)
        };
        let mut with_known = headers.clone();
        if let Some(value) = known.clone() {
            with_known.insert(header::AUTHORIZATION, value);
        }
        let first = self.follow(method.clone(), &uri, with_known, body.clone()).await?;
        if first.status() != StatusCode::UNAUTHORIZED {
            return check(repository.host, &uri, first).await;
        }
        let challenges: Vec<Challenge> = first
            .headers()
            .get_all(header::WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| authorization::parse(value.to_str().ok()?))
            .collect();
        let mut last = check(repository.host, &uri, first).await.err();
        for challenge in &challenges {
            let mut logins: Vec<Option<&Login>> =
                authorization::login(repository.logins, repository.host).map(Some).collect();
            // A call about no repository is about the login itself.
            if !repository.name.is_empty() {
                logins.push(None);
            }
            for login in logins {
                let authorization = match self.authorize(repository, challenge, login).await {
                    Ok(Some(authorization)) => authorization,
                    Ok(None) => continue,
                    Err(error @ Error::Unauthorized { .. }) => {
                        last = Some(error);
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                let mut headers = headers.clone();
                headers.insert(header::AUTHORIZATION, authorization.clone());
                let response = self.follow(method.clone(), &uri, headers, body.clone()).await?;
                match check(repository.host, &uri, response).await {
                    Err(error @ Error::Unauthorized { .. }) => last = Some(error),
                    done => {
                        *known = Some(authorization);
                        return done;
                    }
                }
            }
        }
        Err(last.unwrap_or_else(|| Error::Unauthorized {
            host: repository.host.to_owned(),
            reason: "the registry asks for a credential in a way that is not known".to_owned(),
        }))
    }

    /// Makes the authorization header that answers a challenge.
    async fn authorize(
        &self,
        repository: &Repository<'_>,
        challenge: &Challenge,
        login: Option<&Login>,
    ) -> Result<Option<HeaderValue>, Error> {
        let host = repository.host;
        let Challenge::Bearer { realm, service, scope } = challenge else { return Ok(login.and_then(basic)) };
        let invalid = |reason: String| Error::Invalid { host: host.to_owned(), reason };
        let uri: Uri =
            realm.parse().map_err(|_| invalid("its token service is not an address".to_owned()))?;
        let realm_host = uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
        // A registry must not send us, with its users' passwords, to somebody else.
        if !self.http.policy().trusts_realm(host, &realm_host) {
            let reason = format!("{host} names it as its token service, but it is not a trusted host");
            return Err(Error::Forbidden { host: realm_host, reason });
        }
        let own_scope =
            (!repository.name.is_empty()).then(|| authorization::scope(repository.name, repository.push));
        let scope = scope.clone().or(own_scope);
        let asked = [("service", service.as_deref()), ("scope", scope.as_deref())];
        let mut headers = HeaderMap::new();
        let response = match login.and_then(identity_token) {
            Some(token) => {
                let form = HeaderValue::from_static("application/x-www-form-urlencoded");
                headers.insert(header::CONTENT_TYPE, form);
                let grant = [
                    ("client_id", Some("wheelhouse")),
                    ("grant_type", Some("refresh_token")),
                    ("refresh_token", Some(token.as_str())),
                ];
                let body = Bytes::from(pairs(grant.into_iter().chain(asked)));
                self.follow(Method::POST, realm, headers, body).await?
            }
            None => {
                if let Some(authorization) = login.and_then(basic) {
                    headers.insert(header::AUTHORIZATION, authorization);
                }
                let separator = if realm.contains('?') { '&' } else { '?' };
                let asked = format!("{realm}{separator}{}", pairs(asked));
                self.follow(Method::GET, &asked, headers, Bytes::new()).await?
            }
        };
        let response = check(&realm_host, realm, response).await?;
        let bytes = read(&realm_host, response.into_body(), 1 << 20).await?;
        let token: Token = serde_json::from_slice(&bytes)
            .map_err(|_| invalid("its token service gave no token".to_owned()))?;
        let token = token.token.or(token.access_token);
        let token = token.ok_or_else(|| invalid("its token service gave no token".to_owned()))?;
        HeaderValue::from_str(&format!("Bearer {token}"))
            .map(Some)
            .map_err(|_| invalid("a malformed token".to_owned()))
    }

    /// Sends a request and follows redirects of reading calls. Credentials stay with the host they were meant for.
    async fn follow(
        &self,
        method: Method,
        uri: &str,
        mut headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Incoming>, Error> {
        let mut uri: Uri = uri.parse().map_err(|_| Error::Invalid {
            host: uri.chars().take(128).collect(),
            reason: "not an address".to_owned(),
        })?;
        for _ in 0..=REDIRECTS {
            let mut request = Request::new(Full::new(body.clone()));
            *request.method_mut() = method.clone();
            *request.uri_mut() = uri.clone();
            request.headers_mut().clone_from(&headers);
            let response = self.http.send(request).await?;
            let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            let (true, Some(location)) =
                (response.status().is_redirection() && method == Method::GET, location)
            else {
                return Ok(response);
            };
            let next = resolve(&uri, location)?;
            if next.authority() != uri.authority() || next.scheme() != uri.scheme() {
                headers.remove(header::AUTHORIZATION);
            }
            uri = next;
        }
        let host = uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
        Err(Error::Invalid { host, reason: format!("more than {REDIRECTS} redirects") })
    }
}

/// The address a redirect or an upload's location leads to.
pub(crate) fn resolve(base: &Uri, location: &str) -> Result<Uri, Error> {
    let host = base.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
    let scheme = base.scheme_str().unwrap_or("https");
    let absolute = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{host}{location}")
    } else {
        let directory = base.path().rsplit_once('/').map_or("", |(directory, _)| directory);
        format!("{scheme}://{host}{directory}/{location}")
    };
    absolute.parse().map_err(|_| Error::Invalid { host, reason: "a redirect leads nowhere".to_owned() })
}

/// The address of the next page out of a `Link` header: `<…>; rel="next"`.
fn next_page(header: &str) -> Option<String> {
    let (address, rest) = header.trim().strip_prefix('<')?.split_once('>')?;
    rest.contains("next").then(|| address.to_owned())
}

/// The identity token a login has for a password.
fn identity_token(login: &Login) -> Option<String> {
    let plain = String::from_utf8(STANDARD.decode(&login.auth).ok()?).ok()?;
    plain.strip_prefix("<token>:").map(str::to_owned)
}

/// What is given of some names and values, as in the query of an address.
fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let given: Vec<String> =
        pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", escape(value?)))).collect();
    given.join("&")
}

fn basic(login: &Login) -> Option<HeaderValue> {
    if identity_token(login).is_some() {
        return None;
    }
    let mut value = HeaderValue::from_str(&format!("Basic {}", login.auth)).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Turns an answer that is none into an error, with the registry's own words.
pub(crate) async fn check(
    host: &str,
    what: &str,
    response: Response<Incoming>,
) -> Result<Response<Incoming>, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = read(host, response.into_body(), 64 << 10).await.unwrap_or_default();
    let words: String =
        String::from_utf8_lossy(&text).chars().filter(|c| !c.is_control()).take(300).collect();
    let reason = format!("{status} {words}").trim_end().to_owned();
    let host = host.to_owned();
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Error::Unauthorized { host, reason },
        StatusCode::NOT_FOUND => Error::NotFound { what: what.to_owned() },
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Error::Unavailable { host, reason }
        }
        _ => Error::Invalid { host, reason },
    })
}

fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:,".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
