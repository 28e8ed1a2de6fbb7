use std::thread;

use crypto_bigint::BoxedUint;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha2::{Digest, Sha256};

use super::prime::{Divisors, prime};
use super::{NULL, PublicKey, algorithm};
use crate::Entropy;
use crate::der::{Reader, integer, oid, sequence};
use crate::entropy::Stream;
use crate::error::{CertificateError, KeyError};

/// What stands before a SHA-256 digest that is signed: its algorithm, encoded.
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// The smallest modulus Go takes, in bits.
const MIN_BITS: u32 = 1024;

/// The public exponent, as Go's.
const EXPONENT: u64 = 65537;

/// What Go says of keys that are too small.
fn insecure(bits: u32) -> String {
    format!(
        "crypto/rsa: {bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"
    )
}

#[derive(Debug, Clone)]
pub(super) struct Key(RsaPrivateKey);

impl Key {
    /// Searches for both primes at once: that is nearly all of the work.
    pub(super) fn generate(bits: u32, entropy: &mut Entropy<'_>) -> Result<Self, KeyError> {
        let failed = |error: &dyn std::fmt::Display| KeyError::Generation(error.to_string());
        if bits < MIN_BITS {
            return Err(failed(&insecure(bits)));
        }
        let divisors = Divisors::for_bits(bits / 2);
        loop {
            let (mut first, mut second) = (Stream::new(entropy.bytes()), Stream::new(entropy.bytes()));
            let found = thread::scope(|scope| {
                let other =
                    thread::Builder::new().spawn_scoped(scope, || prime(bits / 2, &divisors, &mut second));
                // Where no thread is to be had, one prime is found after the other.
                let first = prime(bits / 2, &divisors, &mut first);
                let other = other.map_or(None, |other| other.join().ok());
                first.map(|first| (first, other))
            });
            let (first, second) = match found.map_err(|error| failed(&error))? {
                (first, Some(second)) => (first, second.map_err(|error| failed(&error))?),
                (first, None) => {
                    (first, prime(bits / 2, &divisors, &mut second).map_err(|error| failed(&error))?)
                }
            };
            // Primes that are too near each other, or not coprime with the exponent: once in ages.
            let exponent = BoxedUint::from(EXPONENT);
            if first != second
                && let Ok(key) = RsaPrivateKey::from_p_q(first, second, exponent)
            {
                return Ok(Self(key));
            }
        }
    }

    /// Reads PKCS#1.
    pub(super) fn from_pkcs1(encoded: &[u8]) -> Result<Self, String> {
        let structure = || "asn1: structure error: not a PKCS#1 private key".to_owned();
        let mut outer = Reader::new(encoded);
        let mut fields = outer.sequence().ok_or_else(structure)?;
        if !outer.is_empty() {
            return Err("asn1: syntax error: trailing data".to_owned());
        }
        let version = fields.integer().ok_or_else(structure)?;
        if !matches!(version, [0 | 1]) {
            return Err("x509: unsupported private key version".to_owned());
        }
        let mut number = || {
            let bytes = fields.positive().ok_or("x509: private key contains zero or negative value")?;
            Ok::<_, String>(BoxedUint::from_be_slice_vartime(bytes))
        };
        let (modulus, exponent, secret) = (number()?, number()?, number()?);
        let primes = vec![number()?, number()?];
        let bits = modulus.bits();
        if bits < MIN_BITS {
            return Err(insecure(bits));
        }
        RsaPrivateKey::from_components(modulus, exponent, secret, primes)
            .map(Self)
            .map_err(|error| format!("crypto/rsa: {error}"))
    }

    /// Writes PKCS#1.
    pub(super) fn to_pkcs1(&self) -> Vec<u8> {
        let key = &self.0;
        let bytes = |number: &BoxedUint| integer(&number.to_be_bytes());
        let prime =
            |index: usize| key.primes().get(index).map(|prime| bytes(prime.as_ref())).unwrap_or_default();
        let coefficient = key.crt_coefficient();
        sequence(&[
            &integer(&[0]),
            &integer(&key.n_bytes()),
            &integer(&key.e_bytes()),
            &bytes(key.d()),
            &prime(0),
            &prime(1),
            &key.dp().map(bytes).unwrap_or_default(),
            &key.dq().map(bytes).unwrap_or_default(),
            &coefficient.as_ref().map(bytes).unwrap_or_default(),
        ])
    }

    pub(super) fn public(&self) -> PublicKey {
        let bits = sequence(&[&integer(&self.0.n_bytes()), &integer(&self.0.e_bytes())]);
        PublicKey { algorithm: algorithm(oid::RSA, &NULL), bits }
    }

    /// Signs the SHA-256 digest of data (PKCS#1 v1.5).
    pub(super) fn sign(&self, data: &[u8], entropy: &mut Entropy<'_>) -> Result<Vec<u8>, CertificateError> {
        let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: SHA256_PREFIX.into() };
        // The randomness blinds the computation and does not show in the signature.
        self.0
            .sign_with_rng(entropy, scheme, &Sha256::digest(data))
            .map_err(|error| CertificateError::Signing(error.to_string()))
    }
}
