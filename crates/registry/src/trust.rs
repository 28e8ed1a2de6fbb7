//! Whom a client trusts over TLS, and what it shows of itself.

use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt as _;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, InconsistentKeys, RootCertStore};

/// Whom a client trusts. The default is the public authorities.
#[derive(Clone, Debug, Default)]
pub struct Trust(Option<Arc<ClientConfig>>);

/// Certificates and a key that make no [`Trust`], in the words of Go's `crypto/tls` as Helm gives them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrust {
    /// There is no certificate of an authority in the text.
    #[error("failed to append certificates from pem block")]
    NoAuthority,
    /// There is no certificate of one's own in the text.
    #[error("unable to load cert from key pair: tls: failed to find any PEM data in certificate input")]
    NoCertificate,
    /// There is no key in the text.
    #[error("unable to load cert from key pair: tls: failed to find any PEM data in key input")]
    NoKey,
    /// The certificate and the key cannot be used.
    #[error("unable to load cert from key pair: tls: {0}")]
    Unusable(String),
}

impl Trust {
    /// Trust in the authorities of a PEM text, or the public ones without it; `identity` is the client's own
    /// certificate and key, as PEM both. Where it is `unverified`, any certificate is taken.
    ///
    /// # Errors
    /// When a text holds no certificate or key, or those do not fit.
    pub fn new(
        authorities: Option<&[u8]>,
        identity: Option<(&[u8], &[u8])>,
        unverified: bool,
    ) -> Result<Self, InvalidTrust> {
        let unusable = |error: rustls::Error| InvalidTrust::Unusable(error.to_string());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let keys = provider.key_provider;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let builder = match authorities {
            _ if unverified => {
                builder.dangerous().with_custom_certificate_verifier(wheelhouse_tls::unverified(provider))
            }
            None => builder.with_webpki_roots(),
            Some(text) => {
                let mut roots = RootCertStore::empty();
                let (added, _) = roots.add_parsable_certificates(certificates(text));
                if added == 0 {
                    return Err(InvalidTrust::NoAuthority);
                }
                let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
                let verifier = verifier.map_err(|error| InvalidTrust::Unusable(error.to_string()))?;
                builder.with_webpki_verifier(verifier)
            }
        };
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate);
                if chain.is_empty() {
                    return Err(InvalidTrust::NoCertificate);
                }
                let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| InvalidTrust::NoKey)?;
                let key = keys.load_private_key(key).map_err(unusable)?;
                let own = CertifiedKey::new(chain, key);
                // A certificate of an old form cannot be compared, and is for the other side to judge.
                if let Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) = own.keys_match()
                {
                    return Err(InvalidTrust::Unusable("private key does not match public key".to_owned()));
                }
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)))
            }
        };
        Ok(Trust(Some(Arc::new(config))))
    }

    /// What connections are made with, if it is not the default.
    pub(crate) fn config(&self) -> Option<ClientConfig> {
        self.0.as_deref().cloned()
    }
}

fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(text).filter_map(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        let error = |authorities, identity| Trust::new(authorities, identity, false).unwrap_err();
        assert_eq!(error(Some(&b"x"[..]), None), InvalidTrust::NoAuthority);
        assert_eq!(error(None, Some((&b"x"[..], &b"x"[..]))), InvalidTrust::NoCertificate);
        assert!(Trust::default().config().is_none());
        assert!(Trust::new(None, None, true).unwrap().config().is_some());
    }
}
