use ed25519_dalek::{Signer, SigningKey};

use super::{PublicKey, algorithm, pkcs8};
use crate::Entropy;
use crate::der::{Reader, octet_string, oid, tag};

#[derive(Debug, Clone)]
pub(super) struct Key(SigningKey);

impl Key {
    pub(super) fn generate(entropy: &mut Entropy<'_>) -> Self {
        Self(SigningKey::from_bytes(&entropy.bytes()))
    }

    /// Reads what PKCS#8 holds: the seed as an octet string.
    pub(super) fn from_der(encoded: &[u8]) -> Result<Self, String> {
        let seed = Reader::new(encoded)
            .contents(tag::OCTET_STRING)
            .ok_or("x509: invalid Ed25519 private key: asn1: structure error")?;
        let seed = <&[u8; 32]>::try_from(seed)
            .map_err(|_| format!("x509: invalid Ed25519 private key length: {}", seed.len()))?;
        Ok(Self(SigningKey::from_bytes(seed)))
    }

    pub(super) fn to_pkcs8(&self) -> Vec<u8> {
        pkcs8(&algorithm(oid::ED25519, &[]), &octet_string(self.0.as_bytes()))
    }

    pub(super) fn public(&self) -> PublicKey {
        let bits = self.0.verifying_key().as_bytes().to_vec();
        PublicKey { algorithm: algorithm(oid::ED25519, &[]), bits }
    }

    pub(super) fn sign(&self, data: &[u8]) -> Vec<u8> {
        self.0.sign(data).to_bytes().to_vec()
    }
}
