//! A plain HTTP/1.1 client over TLS, from a kubeconfig.

use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub(crate) struct Client {
    address: String,
    token: String,
    tls: TlsConnector,
}

pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn from_kubeconfig(text: &str) -> Self {
        let config: Value = crate::runner::yaml(text);
        let cluster = &config["clusters"][0]["cluster"];
        let address = cluster["server"].as_str().unwrap().trim_start_matches("https://").to_owned();
        let pem = base64::engine::general_purpose::STANDARD
            .decode(cluster["certificate-authority-data"].as_str().unwrap())
            .unwrap();
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let token = config["users"][0]["user"]["token"].as_str().unwrap().to_owned();
        Client { address, token, tls: TlsConnector::from(Arc::new(tls)) }
    }

    /// Sends a request over a connection of its own; a header `Authorization: none` sends no token.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Vec<u8>,
    ) -> Answer {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from(self.address.split(':').next().unwrap().to_owned()).unwrap();
        let stream = self.tls.connect(name, stream).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header("host", &self.address);
        let own = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if own.is_none() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers.iter().filter(|(_, value)| value != "none") {
            request = request.header(name, value);
        }
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("user-agent")) {
            request = request.header("user-agent", "conformance/1.0");
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let (code, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body =
            answer.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        Answer { code, headers, body }
    }
}
