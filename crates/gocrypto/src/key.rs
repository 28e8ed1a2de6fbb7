//! Private keys.

mod dsa;
mod ec;
mod ed25519;
mod prime;
mod rsa;

use crate::der::{Reader, integer, octet_string, oid, sequence, tag};
use crate::error::{CertificateError, KeyError};
use crate::{Entropy, pem};

pub(crate) use ec::Curve;

/// A private key.
#[derive(Debug, Clone)]
pub struct PrivateKey(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Rsa(Box<rsa::Key>),
    Ec(ec::Key),
    Ed25519(ed25519::Key),
    Dsa(Box<dsa::Key>),
}

/// Kinds of keys that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// At least 1024.
        bits: u32,
    },
    /// ECDSA on the curve P-256.
    EcdsaP256,
    /// Ed25519.
    Ed25519,
    /// DSA with a modulus of 2048 bits and a subgroup of 256.
    Dsa,
}

/// A public key in the parts a certificate has it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicKey {
    /// Which algorithm, and its parameters, encoded.
    pub(crate) algorithm: Vec<u8>,
    /// The key itself.
    pub(crate) bits: Vec<u8>,
}

impl PrivateKey {
    /// Makes a key.
    ///
    /// # Errors
    /// A size no key can have.
    pub fn generate(key_type: KeyType, entropy: &mut Entropy<'_>) -> Result<Self, KeyError> {
        Ok(Self(match key_type {
            KeyType::Rsa { bits } => Kind::Rsa(Box::new(rsa::Key::generate(bits, entropy)?)),
            KeyType::EcdsaP256 => Kind::Ec(ec::Key::generate(entropy)),
            KeyType::Ed25519 => Kind::Ed25519(ed25519::Key::generate(entropy)),
            KeyType::Dsa => Kind::Dsa(Box::new(dsa::Key::generate(entropy)?)),
        }))
    }

    /// Reads the first block of a PEM text: PKCS#8, `RSA`, `EC` or `DSA PRIVATE KEY`.
    ///
    /// # Errors
    /// There is no block, it holds no private key, or one that is wrong.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let block = pem::decode(text).ok_or(KeyError::NoPem)?;
        if block.label == "PRIVATE KEY" {
            return Self::from_pkcs8(&block.data).map_err(KeyError::Pkcs8);
        }
        match block.label.strip_suffix(" PRIVATE KEY") {
            None => Err(KeyError::NoPrivateKey(block.label)),
            Some("RSA") => {
                let key = rsa::Key::from_pkcs1(&block.data).map_err(KeyError::Rsa)?;
                Ok(Self(Kind::Rsa(Box::new(key))))
            }
            Some("EC") => {
                let key = ec::Key::from_sec1(&block.data, None).map_err(KeyError::Ec)?;
                Ok(Self(Kind::Ec(key)))
            }
            Some("DSA") => {
                let key = dsa::Key::from_der(&block.data).map_err(KeyError::Dsa)?;
                Ok(Self(Kind::Dsa(Box::new(key))))
            }
            Some(_) => Err(KeyError::UnknownType(block.label)),
        }
    }

    fn from_pkcs8(encoded: &[u8]) -> Result<Self, String> {
        let structure = || "asn1: structure error: not a PKCS#8 private key".to_owned();
        let mut outer = Reader::new(encoded).sequence().ok_or_else(structure)?;
        outer.integer().ok_or_else(structure)?;
        let mut algorithm = outer.sequence().ok_or_else(structure)?;
        let name = algorithm.contents(tag::OBJECT_IDENTIFIER).ok_or_else(structure)?;
        let key = outer.contents(tag::OCTET_STRING).ok_or_else(structure)?;
        if name == oid::RSA {
            let key = rsa::Key::from_pkcs1(key).map_err(|error| {
                format!("x509: failed to parse RSA private key embedded in PKCS#8: {error}")
            })?;
            Ok(Self(Kind::Rsa(Box::new(key))))
        } else if name == oid::EC {
            let curve = algorithm.contents(tag::OBJECT_IDENTIFIER);
            let key = ec::Key::from_sec1(key, curve).map_err(|error| {
                format!("x509: failed to parse EC private key embedded in PKCS#8: {error}")
            })?;
            Ok(Self(Kind::Ec(key)))
        } else if name == oid::ED25519 {
            if !algorithm.is_empty() {
                return Err("x509: invalid Ed25519 private key parameters".to_owned());
            }
            Ok(Self(Kind::Ed25519(ed25519::Key::from_der(key)?)))
        } else {
            let name = oid::dotted(name);
            Err(format!("x509: PKCS#8 wrapping contained private key with unknown algorithm: {name}"))
        }
    }

    /// Writes the key as PEM, in the form of its kind: PKCS#1, SEC 1, PKCS#8 or OpenSSL's for DSA.
    pub fn to_pem(&self) -> String {
        match &self.0 {
            Kind::Rsa(key) => pem::encode("RSA PRIVATE KEY", &key.to_pkcs1()),
            Kind::Ec(key) => pem::encode("EC PRIVATE KEY", &key.to_sec1()),
            Kind::Ed25519(key) => pem::encode("PRIVATE KEY", &key.to_pkcs8()),
            Kind::Dsa(key) => pem::encode("DSA PRIVATE KEY", &key.to_der()),
        }
    }

    /// The public key, if certificates can hold it.
    pub(crate) fn public(&self) -> Result<PublicKey, CertificateError> {
        match &self.0 {
            Kind::Rsa(key) => Ok(key.public()),
            Kind::Ec(key) => key.public(),
            Kind::Ed25519(key) => Ok(key.public()),
            Kind::Dsa(_) => Err(CertificateError::UnsupportedPublicKey),
        }
    }

    /// The encoded name of the algorithm it signs certificates with.
    pub(crate) fn signature_algorithm(&self) -> Result<Vec<u8>, CertificateError> {
        match &self.0 {
            Kind::Rsa(_) => Ok(algorithm(oid::SHA256_WITH_RSA, &NULL)),
            Kind::Ec(key) => Ok(algorithm(key.signature_algorithm()?, &[])),
            Kind::Ed25519(_) => Ok(algorithm(oid::ED25519, &[])),
            Kind::Dsa(_) => Err(CertificateError::NotASigner),
        }
    }

    /// Signs data.
    pub(crate) fn sign(&self, data: &[u8], entropy: &mut Entropy<'_>) -> Result<Vec<u8>, CertificateError> {
        match &self.0 {
            Kind::Rsa(key) => key.sign(data, entropy),
            Kind::Ec(key) => key.sign(data),
            Kind::Ed25519(key) => Ok(key.sign(data)),
            Kind::Dsa(_) => Err(CertificateError::NotASigner),
        }
    }
}

/// The encoded absence of parameters, where it must be said.
const NULL: [u8; 2] = [tag::NULL, 0];

/// An algorithm by its identifier and its encoded parameters.
fn algorithm(name: &[u8], parameters: &[u8]) -> Vec<u8> {
    sequence(&[&crate::der::element(tag::OBJECT_IDENTIFIER, name), parameters])
}

/// PKCS#8 around a key of an algorithm.
fn pkcs8(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[&integer(&[0]), algorithm, &octet_string(key)])
}
