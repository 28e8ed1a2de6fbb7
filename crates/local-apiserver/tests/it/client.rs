//! A plain HTTP/1.1 client over TLS for one connection.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wheelhouse_local_apiserver::Ready;

/// Where a server is and how to be let in.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    tls: TlsConnector,
}

/// A connection.
pub(crate) struct Client {
    door: Door,
    sender: SendRequest<BoxBody<Bytes, std::convert::Infallible>>,
}

impl Door {
    pub(crate) fn new(address: SocketAddr, token: &str, authority_pem: &str) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority_pem.as_bytes()) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Door { address, token: token.to_owned(), tls: TlsConnector::from(Arc::new(tls)) }
    }

    pub(crate) fn of(ready: &Ready) -> Self {
        Self::new(ready.address, &ready.admin_token, &ready.authority_pem)
    }

    /// Connects; an error says that nobody is there.
    pub(crate) async fn connect(&self) -> std::io::Result<Client> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let stream = self.tls.connect(ServerName::from(self.address.ip()), stream).await?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(std::io::Error::other)?;
        tokio::spawn(connection);
        Ok(Client { door: self.clone(), sender })
    }
}

impl Client {
    /// Sends a request and gives the answer with its body still to come.
    pub(crate) async fn open(
        &mut self,
        method: &str,
        path: &str,
        media: &str,
        body: BoxBody<Bytes, std::convert::Infallible>,
    ) -> Result<hyper::Response<Incoming>, hyper::Error> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.door.address.to_string())
            .header("authorization", format!("Bearer {}", self.door.token))
            .header("content-type", media)
            .body(body)
            .unwrap();
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }

    /// Sends a request and reads the whole answer: code and body.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        media: &str,
        body: impl Into<Bytes>,
    ) -> Result<(u16, Bytes), hyper::Error> {
        let answer = self.open(method, path, media, Full::new(body.into()).boxed()).await?;
        let code = answer.status().as_u16();
        Ok((code, answer.into_body().collect().await?.to_bytes()))
    }

    /// Sends JSON and reads JSON; null where the answer is none.
    pub(crate) async fn json(
        &mut self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<(u16, Value), hyper::Error> {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let (code, answer) = self.send(method, path, "application/json", bytes).await?;
        Ok((code, serde_json::from_slice(&answer).unwrap_or_default()))
    }
}
