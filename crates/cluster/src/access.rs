//! Where a Kubernetes API is and who we are to it.

use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::credentials::Credentials;
use crate::error::{Error, Result};

/// Where a pod finds its own identity.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A client certificate with its private key, both PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate chain.
    pub certificate: Vec<u8>,
    /// The private key.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Identity(..)")
    }
}

/// Everything needed to talk to one Kubernetes API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The base address, as `https://127.0.0.1:6443`.
    pub server: String,
    /// The certificate authorities to trust, PEM; the machine's own where left out.
    pub authority: Option<Vec<u8>>,
    /// The name to look for in the server's certificate instead of the address.
    pub server_name: Option<String>,
    /// Trust any certificate. For tests of others' clusters only.
    pub insecure: bool,
    /// The client certificate.
    pub identity: Option<Identity>,
    /// How requests are authorised besides the certificate.
    pub credentials: Credentials,
    /// The namespace to use where none is named.
    pub namespace: String,
}

impl Access {
    /// Access with a bearer token, trusting only the given authority.
    #[must_use]
    pub fn with_token(server: &str, authority: Option<Vec<u8>>, token: &str) -> Self {
        Self {
            server: server.trim_end_matches('/').to_owned(),
            authority,
            server_name: None,
            insecure: false,
            identity: None,
            credentials: Credentials::Token(token.to_owned()),
            namespace: "default".to_owned(),
        }
    }

    /// The identity that a pod is given by its service account.
    ///
    /// `host` and `port` are the values of `KUBERNETES_SERVICE_HOST` and
    /// `KUBERNETES_SERVICE_PORT`.
    ///
    /// # Errors
    /// If the mounted token or authority cannot be read: this is not a pod, or its service account
    /// is not mounted.
    pub fn in_cluster(host: &str, port: &str) -> Result<Self> {
        let folder = Path::new(SERVICE_ACCOUNT);
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|error| Error::settings(path.display().to_string(), error))
        };
        let authority = read("ca.crt")?;
        read("token")?;
        let namespace = String::from_utf8_lossy(&read("namespace")?).trim().to_owned();
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        Ok(Self {
            server: format!("https://{host}:{port}"),
            authority: Some(authority),
            server_name: None,
            insecure: false,
            identity: None,
            credentials: Credentials::TokenFile(folder.join("token")),
            namespace,
        })
    }

    /// The trusted authorities as certificates; none where the machine's own are to be used.
    pub(crate) fn authorities(&self) -> Result<Option<Vec<CertificateDer<'static>>>> {
        let Some(pem) = &self.authority else { return Ok(None) };
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|error| Error::settings("certificate authority", error))?;
        if certificates.is_empty() {
            return Err(Error::settings("certificate authority", "it holds no PEM certificate"));
        }
        Ok(Some(certificates))
    }

    /// The client certificate chain and key.
    pub(crate) fn client_certificate(
        &self,
    ) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>> {
        let Some(identity) = &self.identity else { return Ok(None) };
        let chain = CertificateDer::pem_slice_iter(&identity.certificate)
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|error| Error::settings("client certificate", error))?;
        let key = PrivateKeyDer::from_pem_slice(&identity.key)
            .map_err(|error| Error::settings("client key", error))?;
        Ok(Some((chain, key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_must_hold_a_certificate() {
        let access = Access::with_token("https://x/", Some(b"nothing".to_vec()), "t");
        assert_eq!(access.server, "https://x");
        let error = access.authorities().unwrap_err();
        assert_eq!(error.to_string(), "cannot use the cluster settings from certificate authority");
    }

    #[test]
    fn outside_a_pod_the_missing_file_is_named() {
        if Path::new(SERVICE_ACCOUNT).exists() {
            return;
        }
        let error = Access::in_cluster("10.0.0.1", "443").unwrap_err().to_string();
        assert!(error.contains("serviceaccount/ca.crt"), "{error}");
    }

    #[test]
    fn secrets_do_not_print() {
        let identity = Identity { certificate: b"c".to_vec(), key: b"secret".to_vec() };
        assert_eq!(format!("{identity:?}"), "Identity(..)");
        assert!(!format!("{:?}", Access::with_token("https://x", None, "hush")).contains("hush"));
    }
}
