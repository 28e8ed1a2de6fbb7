//! X.509 certificates.

mod extensions;
mod issue;
mod name;
mod parse;

pub use issue::{Moment, Request, Signer};

/// What is known of a certificate that issues others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is for, encoded.
    pub(crate) subject: Vec<u8>,
    /// The identifier of its key, if it has one.
    pub(crate) subject_key_id: Vec<u8>,
    /// Its key; none of an algorithm unknown here.
    pub(crate) public_key: Option<crate::key::PublicKey>,
}
