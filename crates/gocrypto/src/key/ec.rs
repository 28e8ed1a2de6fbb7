use p256::ecdsa::signature::Signer;

use super::{PublicKey, algorithm};
use crate::Entropy;
use crate::der::{Reader, bit_string, element, integer, octet_string, oid, sequence, tag};
use crate::error::CertificateError;

/// A key on one of the curves of NIST.
#[derive(Debug, Clone)]
pub(super) struct Key {
    curve: Curve,
    /// The secret number, as many bytes as the order of the curve has.
    secret: Vec<u8>,
    signing: Signing,
}

#[derive(Debug, Clone)]
enum Signing {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    /// P-224 and P-521: such a key can be read and written, but does not sign. Its public half is
    /// what was read beside it.
    None {
        public: Vec<u8>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    pub(crate) fn from_identifier(encoded: &[u8]) -> Option<Self> {
        [Curve::P224, Curve::P256, Curve::P384, Curve::P521]
            .into_iter()
            .find(|curve| curve.identifier() == encoded)
    }

    fn identifier(self) -> &'static [u8] {
        match self {
            Curve::P224 => oid::P224,
            Curve::P256 => oid::P256,
            Curve::P384 => oid::P384,
            Curve::P521 => oid::P521,
        }
    }

    /// The bytes of a number below the order of the curve.
    pub(crate) fn size(self) -> usize {
        match self {
            Curve::P224 => 28,
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }
}

impl Key {
    pub(super) fn generate(entropy: &mut Entropy<'_>) -> Self {
        loop {
            // Nearly every number of 32 bytes is below the order.
            let secret: [u8; 32] = entropy.bytes();
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&secret) {
                return Self { curve: Curve::P256, secret: secret.to_vec(), signing: Signing::P256(key) };
            }
        }
    }

    /// Reads SEC 1; the curve may be given from outside.
    pub(super) fn from_sec1(encoded: &[u8], outer_curve: Option<&[u8]>) -> Result<Self, String> {
        let structure = || "x509: failed to parse EC private key: asn1: structure error".to_owned();
        let mut fields = Reader::new(encoded).sequence().ok_or_else(structure)?;
        let version = fields.integer().ok_or_else(structure)?;
        let secret = fields.contents(tag::OCTET_STRING).ok_or_else(structure)?;
        let inner_curve = match fields.contents(tag::context_constructed(0)) {
            Some(field) => Some(Reader::new(field).contents(tag::OBJECT_IDENTIFIER).ok_or_else(structure)?),
            None => None,
        };
        let public = fields
            .contents(tag::context_constructed(1))
            .and_then(|field| Reader::new(field).bytes_of_bits())
            .unwrap_or_default();
        if version != [1] {
            let version = version.iter().fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
            return Err(format!("x509: unknown EC private key version {version}"));
        }
        let curve = outer_curve
            .or(inner_curve)
            .and_then(Curve::from_identifier)
            .ok_or("x509: unknown elliptic curve")?;
        // Some programs write more or fewer zeros in front than they should.
        let zeros = secret.iter().take_while(|&&byte| byte == 0).count();
        let secret = secret.get(zeros..).unwrap_or_default();
        let padding = curve.size().checked_sub(secret.len()).ok_or("x509: invalid private key length")?;
        let secret = [vec![0; padding].as_slice(), secret].concat();
        let invalid = |_| "ecdsa: invalid private key".to_owned();
        let signing = match curve {
            Curve::P256 => Signing::P256(p256::ecdsa::SigningKey::from_slice(&secret).map_err(invalid)?),
            Curve::P384 => Signing::P384(p384::ecdsa::SigningKey::from_slice(&secret).map_err(invalid)?),
            Curve::P224 | Curve::P521 => Signing::None { public: public.to_vec() },
        };
        Ok(Self { curve, secret, signing })
    }

    pub(super) fn to_sec1(&self) -> Vec<u8> {
        let curve = element(tag::OBJECT_IDENTIFIER, self.curve.identifier());
        sequence(&[
            &integer(&[1]),
            &octet_string(&self.secret),
            &element(tag::context_constructed(0), &curve),
            &element(tag::context_constructed(1), &bit_string(&self.public_point(), 0)),
        ])
    }

    /// The public point, not compressed.
    fn public_point(&self) -> Vec<u8> {
        match &self.signing {
            Signing::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Signing::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Signing::None { public } => public.clone(),
        }
    }

    pub(super) fn public(&self) -> Result<PublicKey, CertificateError> {
        let curve = element(tag::OBJECT_IDENTIFIER, self.curve.identifier());
        Ok(PublicKey { algorithm: algorithm(oid::EC, &curve), bits: self.public_point() })
    }

    pub(super) fn signature_algorithm(&self) -> Result<&'static [u8], CertificateError> {
        match &self.signing {
            Signing::P256(_) => Ok(oid::ECDSA_WITH_SHA256),
            Signing::P384(_) => Ok(oid::ECDSA_WITH_SHA384),
            Signing::None { .. } => Err(CertificateError::UnsupportedCurve),
        }
    }

    /// Signs with a nonce derived from key and data (RFC 6979).
    pub(super) fn sign(&self, data: &[u8]) -> Result<Vec<u8>, CertificateError> {
        match &self.signing {
            Signing::P256(key) => {
                let signature: p256::ecdsa::DerSignature =
                    key.try_sign(data).map_err(|error| CertificateError::Signing(error.to_string()))?;
                Ok(signature.as_bytes().to_vec())
            }
            Signing::P384(key) => {
                let signature: p384::ecdsa::DerSignature =
                    key.try_sign(data).map_err(|error| CertificateError::Signing(error.to_string()))?;
                Ok(signature.as_bytes().to_vec())
            }
            Signing::None { .. } => Err(CertificateError::UnsupportedCurve),
        }
    }
}
