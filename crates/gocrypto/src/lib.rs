//! Keys, certificates and hashes, byte for byte in the forms Go gives them.
//!
//! - [`PrivateKey`]: RSA, ECDSA, Ed25519 and DSA keys: made, read from PEM and written to it.
//! - [`Certificate`] and [`Request`]: X.509 certificates, read and issued with the fields,
//!   extensions and order of Go's `x509.CreateCertificate`.
//! - [`hash`], [`bcrypt`], [`aes`], [`password`]: digests, password hashes, AES-256-CBC and the
//!   "master password" derivation.
//! - [`pem`]: text armour, as lenient as Go's.
//!
//! There is no source of randomness here: whatever needs some takes an [`Entropy`], and with the
//! same bytes makes the same key.

pub mod aes;
pub mod bcrypt;
mod certificate;
mod der;
mod entropy;
mod error;
pub mod hash;
mod key;
pub mod password;
pub mod pem;

pub use certificate::{Certificate, Moment, Request, Signer};
pub use entropy::Entropy;
pub use error::{CertificateError, CipherError, KeyError, PasswordError};
pub use key::{KeyType, PrivateKey};
