//! Signed charts: the `.prov` files of Helm, made and checked.
//!
//! A provenance file is a clear-signed OpenPGP message: the chart's metadata and the SHA-256 of its archive.
//! Helm works with `github.com/ProtonMail/go-crypto`; which keys and signatures it takes, in which order it
//! looks at them and what its errors say is followed here. The mathematics are the crate `pgp`'s.
//!
//! - [`Keyring`]: the keys of a file, public or secret.
//! - [`verify()`]: holds an archive against its provenance file; gives a [`Verification`].
//! - [`Choice`], [`Signer`]: makes a provenance file.
//!
//! Nothing here reads files or the clock: contents and the time come in as arguments.

mod armor;
mod clearsign;
mod error;
mod keyring;
mod message;
mod packets;
mod sign;
mod signature;
mod subpackets;
mod verify;

pub use error::Error;
pub use keyring::Keyring;
pub use sign::{Choice, Signer};
pub use verify::{Verification, verify};
