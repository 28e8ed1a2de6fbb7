//! Keys and certificates in the state directory: the authority and the signing key are made once, the
//! server's own certificate at each start.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;

/// What the server needs to speak TLS and to sign tokens.
pub(crate) struct Certificates {
    /// The authority's certificate, PEM.
    pub(crate) authority_pem: String,
    /// Server configuration.
    pub(crate) tls: rustls::ServerConfig,
    /// Signing key of service account tokens, PKCS #8 PEM.
    pub(crate) signing_key_pem: String,
    /// Its public half, PEM.
    pub(crate) signing_public_pem: String,
}

fn made(error: impl std::fmt::Display) -> Error {
    Error::Certificates(error.to_string())
}

/// Reads a secret of the state directory, or makes it, readable by the owner only.
///
/// # Errors
/// When the file cannot be read or written.
pub(crate) fn kept(
    directory: &Path,
    name: &str,
    make: impl FnOnce() -> Result<String, Error>,
) -> Result<String, Error> {
    let path: PathBuf = directory.join(name);
    let fail = |source| Error::State { path: path.display().to_string(), source };
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = make()?;
            write_private(&path, &text).map_err(fail)?;
            Ok(text)
        }
        Err(error) => Err(fail(error)),
    }
}

/// Writes a file only its owner can read, whole or not at all.
///
/// # Errors
/// When the file system refuses.
pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let partial = path.with_extension("partial");
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, path)
}

impl Certificates {
    /// Reads or makes what is kept in the directory; the server answers to these names and addresses.
    ///
    /// # Errors
    /// When files or keys cannot be used.
    pub(crate) fn load(directory: &Path, names: &[String]) -> Result<Self, Error> {
        let authority_key_pem =
            kept(directory, "ca.key", || KeyPair::generate().map(|key| key.serialize_pem()).map_err(made))?;
        let authority_key = KeyPair::from_pem(&authority_key_pem).map_err(made)?;
        let authority_pem = kept(directory, "ca.crt", || {
            let certificate = authority_params().map_err(made)?.self_signed(&authority_key).map_err(made)?;
            Ok(certificate.pem())
        })?;
        let signing_key_pem =
            kept(directory, "sa.key", || KeyPair::generate().map(|key| key.serialize_pem()).map_err(made))?;
        let signing_public_pem = KeyPair::from_pem(&signing_key_pem).map_err(made)?.public_key_pem();

        let key = KeyPair::generate().map_err(made)?;
        let mut params = CertificateParams::new(names.to_vec()).map_err(made)?;
        params.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        let issuer = Issuer::from_ca_cert_pem(&authority_pem, authority_key).map_err(made)?;
        let certificate = params.signed_by(&key, &issuer).map_err(made)?;
        let authority = CertificateDer::from_pem_slice(authority_pem.as_bytes()).map_err(made)?;
        let chain = vec![certificate.der().clone(), authority];
        let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(made)?;
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(made)?
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(made)?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Certificates { authority_pem, tls, signing_key_pem, signing_public_pem })
    }
}

fn authority_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "wheelhouse-local-ca");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    Ok(params)
}
