//! What is wrong with a key, a signature or a provenance file, in Helm's and go-crypto's words.

/// Why a chart is not signed, or not by whom it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The provenance file is no clear-signed message.
    #[error("signature block not found")]
    NoSignature,
    /// Bytes that are no OpenPGP.
    #[error("openpgp: invalid data: {0}")]
    Structural(String),
    /// OpenPGP that go-crypto does not know.
    #[error("openpgp: unsupported feature: {0}")]
    Unsupported(String),
    /// A signature that does not fit key and data.
    #[error("openpgp: invalid signature: {0}")]
    Signature(String),
    /// A key that cannot do what is asked of it.
    #[error("openpgp: invalid argument: {0}")]
    Argument(&'static str),
    /// A packet that must not be passed over.
    #[error("openpgp: unknown critical packet type: {0}")]
    CriticalPacket(u8),
    /// The key of the signer is not in the keyring, or may not sign.
    #[error("openpgp: signature made by unknown entity")]
    UnknownSigner,
    /// The key was taken back.
    #[error("openpgp: signature made by revoked key")]
    KeyRevoked,
    /// The key was valid for a time that is over.
    #[error("openpgp: key expired")]
    KeyExpired,
    /// The signature was valid for a time that is over.
    #[error("openpgp: signature expired")]
    SignatureExpired,
    /// The secret part of a key is kept elsewhere.
    #[error("openpgp: s2k GNU dummy key: dummy key found")]
    DummyKey,
    /// A locked key whose passphrase is another.
    #[error("cipher: message authentication failed")]
    Unauthentic,
    /// Bytes end too soon.
    #[error("unexpected EOF")]
    Truncated,
    /// Armour that is no base64.
    #[error("illegal base64 data at input byte {0}")]
    Base64(usize),
    /// The signed text does not name the archive.
    #[error("provenance does not contain a SHA for a file named {0:?}")]
    NotNamed(String),
    /// The archive is not the one that was signed.
    #[error("sha256 sum does not match for {name}: {signed:?} != {found:?}")]
    OtherArchive {
        /// The archive's file name.
        name: String,
        /// What was signed.
        signed: String,
        /// What there is.
        found: String,
    },
    /// The signed text is no metadata with sums.
    #[error("message block must have at least two parts")]
    NoSums,
    /// The sums are no YAML.
    #[error(transparent)]
    Yaml(#[from] wheelhouse_goyaml::Error),
    /// No key of the keyring has the name.
    #[error("private key not found")]
    NoSuchKey,
    /// The key is public only.
    #[error("provided key is not a private key. Try providing a keyring with secret keys")]
    PublicKey,
    /// A name that is part of several keys' names.
    #[error("more than one key contain the id {0:?}")]
    SeveralKeys(String),
    /// What the key does not do.
    #[error("failed to either sign or armor message block: {0}")]
    NotSigned(Box<Error>),
}
