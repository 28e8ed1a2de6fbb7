/// Why there is no private key. The texts are those of Sprig and of Go's `crypto/x509`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM block in the text.
    #[error("no PEM data in input")]
    NoPem,
    /// A PEM block that holds something else.
    #[error("no private key data in PEM block of type {0}")]
    NoPrivateKey(String),
    /// A kind of private key that is not known.
    #[error("invalid private key type {0}")]
    UnknownType(String),
    /// A PKCS#8 block with something wrong inside.
    #[error("decoding PEM as PKCS#8: {0}")]
    Pkcs8(String),
    /// An `RSA PRIVATE KEY` block with something wrong inside.
    #[error("parsing RSA private key from PEM: {0}")]
    Rsa(String),
    /// An `EC PRIVATE KEY` block with something wrong inside.
    #[error("parsing EC private key from PEM: {0}")]
    Ec(String),
    /// A `DSA PRIVATE KEY` block with something wrong inside.
    #[error("parsing DSA private key from PEM: {0}")]
    Dsa(String),
    /// A key could not be made.
    #[error("{0}")]
    Generation(String),
}

/// Why a certificate could not be read or issued. The texts are those of Go's `crypto/x509`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// A certificate that does not have the form of one.
    #[error("x509: {0}")]
    Malformed(&'static str),
    /// A certificate with the same extension twice.
    #[error("x509: certificate contains duplicate extension with OID \"{0}\"")]
    DuplicateExtension(String),
    /// A key of a kind that does not sign certificates.
    #[error("x509: certificate private key does not implement crypto.Signer")]
    NotASigner,
    /// A key of a kind that certificates are not for.
    #[error("x509: unsupported public key type: *dsa.PublicKey")]
    UnsupportedPublicKey,
    /// A key on a curve without signatures here.
    #[error("x509: unsupported elliptic curve")]
    UnsupportedCurve,
    /// The issuing certificate is for another key.
    #[error("x509: provided PrivateKey doesn't match parent's PublicKey")]
    OtherKey,
    /// A DNS name with letters outside of ASCII.
    #[error("x509: {} cannot be encoded as an IA5String", String::from_utf8_lossy(.0))]
    NotAscii(Vec<u8>),
    /// A name that is not UTF-8.
    #[error("asn1: string not valid UTF-8")]
    NotUtf8,
    /// A time outside of the years 0 to 9999.
    #[error("asn1: structure error: cannot represent time as GeneralizedTime")]
    Time,
    /// The signature could not be made.
    #[error("{0}")]
    Signing(String),
}

/// Why a text does not decrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CipherError {
    /// The text behind the first block is not made of whole blocks.
    #[error("crypto/cipher: input not full blocks")]
    PartialBlock,
    /// There is nothing behind the first block.
    #[error("runtime error: index out of range [-1]")]
    Empty,
    /// The last byte says that more is padding than there is.
    #[error("runtime error: slice bounds out of range [:{0}]")]
    Padding(i64),
}

/// Why a password could not be hashed or derived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// bcrypt looks at 72 bytes only.
    #[error("bcrypt: password length exceeds 72 bytes")]
    TooLong,
    /// There is no template of the name.
    #[error("cannot find password template {0}")]
    UnknownTemplate(String),
    /// The key could not be derived.
    #[error("failed to derive password: {0}")]
    Derivation(String),
}
