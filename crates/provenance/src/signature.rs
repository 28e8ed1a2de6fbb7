//! Signatures, and whether a key made them.

use pgp::packet::{PacketHeader, Signature as Packet, UserId};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, Tag, Timestamp, VerifyingKey};

use crate::Error;
use crate::subpackets::Claims;

/// The types of signatures that matter here, by number.
pub(crate) mod kinds {
    pub(crate) const BINARY: u8 = 0x00;
    pub(crate) const TEXT: u8 = 0x01;
    /// The first and last of the certifications of user ids.
    pub(crate) const CERTIFICATIONS: std::ops::RangeInclusive<u8> = 0x10..=0x13;
    pub(crate) const SUBKEY_BINDING: u8 = 0x18;
    pub(crate) const PRIMARY_KEY_BINDING: u8 = 0x19;
    pub(crate) const DIRECT: u8 = 0x1f;
    pub(crate) const KEY_REVOCATION: u8 = 0x20;
    pub(crate) const SUBKEY_REVOCATION: u8 = 0x28;
    pub(crate) const CERTIFICATION_REVOCATION: u8 = 0x30;
}

/// A signature.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    packet: Packet,
    /// Its type.
    pub(crate) kind: u8,
    algorithm: u8,
    /// What it says about itself.
    pub(crate) claims: Claims,
    embedded: Option<Box<Signature>>,
}

impl Signature {
    /// Reads the body of a packet.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Error> {
        Signature::parse_at(body, 0)
    }

    fn parse_at(body: &[u8], depth: usize) -> Result<Self, Error> {
        let (version, fields) = body.split_first().ok_or(Error::Truncated)?;
        let wide = match version {
            4 => false,
            6 => true,
            5 => {
                return Err(Error::Unsupported(
                    "support for parsing v5 entities is disabled; build with `-tags v5` if needed".to_owned(),
                ));
            }
            other => return Err(Error::Unsupported(format!("signature packet version {other}"))),
        };
        let [kind, algorithm, hash, rest @ ..] = fields else { return Err(Error::Truncated) };
        if !can_sign(*algorithm) {
            return Err(Error::Unsupported(format!("public key algorithm {algorithm}")));
        }
        // SHA-1 is taken in old signatures only, MD5 and RIPEMD-160 in none.
        if !matches!(hash, 8..=12 | 14) && (*hash != 2 || wide) {
            return Err(Error::Unsupported(format!("hash function {hash}")));
        }
        let mut claims = Claims::default();
        let (hashed, rest) = area(rest, wide)?;
        claims.read(hashed, *version, true)?;
        let (unhashed, _) = area(rest, wide)?;
        claims.read(unhashed, *version, false)?;
        let embedded = match &claims.embedded {
            // A signature within one within one is nothing that keys have.
            Some(_) if depth > 0 => return Err(Error::Structural("nested signature".to_owned())),
            Some(body) => Some(Box::new(Signature::parse_at(body, depth + 1)?)),
            None => None,
        };
        if let Some(other) = embedded.as_ref().map(|embedded| embedded.kind)
            && other != kinds::PRIMARY_KEY_BINDING
        {
            return Err(Error::Structural(format!("cross-signature has unexpected type {other}")));
        }
        let length = u32::try_from(body.len()).map_err(|_| Error::Truncated)?;
        let packet = Packet::try_from_reader(PacketHeader::new_fixed(Tag::Signature, length), body)
            .map_err(|error| Error::Structural(error.to_string()))?;
        Ok(Signature { packet, kind: *kind, algorithm: *algorithm, claims, embedded })
    }

    /// Whether it says that a key made it.
    pub(crate) fn is_by(&self, key: &impl KeyDetails) -> bool {
        match &self.claims.fingerprint {
            Some(fingerprint) => fingerprint == key.fingerprint().as_bytes(),
            None => self.claims.issuer.as_deref() == Some(key.legacy_key_id().as_ref()),
        }
    }

    /// Whether its time is over, or has not come.
    pub(crate) fn is_expired(&self, now: u64) -> bool {
        let created = self.claims.created.unwrap_or_default();
        created > now || self.claims.lifetime > 0 && now > created + self.claims.lifetime
    }

    /// Whether the time it gives a key, which was made at some time, is over or has not come.
    pub(crate) fn is_key_expired(&self, created: Timestamp, now: u64) -> bool {
        let created = u64::from(created.as_secs());
        created > now || self.claims.key_lifetime > 0 && now > created + self.claims.key_lifetime
    }

    /// The signature and the one within it.
    pub(crate) fn with_embedded(&self) -> impl Iterator<Item = &Signature> {
        std::iter::once(self).chain(self.embedded.as_deref())
    }

    /// Holds it against the data it should be of.
    pub(crate) fn verify_data(&self, key: &impl VerifyingKey, data: &[u8]) -> Result<(), Error> {
        if !matches!(self.kind, kinds::BINARY | kinds::TEXT) {
            return Err(Error::Unsupported(format!("unsupported signature type: {}", self.kind)));
        }
        self.checked(key, |packet| packet.verify(key, data))
    }

    /// Holds it against the user id it should certify for the key that made it.
    pub(crate) fn verify_user(
        &self,
        key: &(impl VerifyingKey + Serialize),
        id: &UserId,
    ) -> Result<(), Error> {
        self.checked(key, |packet| packet.verify_certification(key, Tag::UserId, id))
    }

    /// Holds it against the key that made it: revocations and statements about the key itself.
    pub(crate) fn verify_key(&self, key: &(impl VerifyingKey + Serialize)) -> Result<(), Error> {
        self.checked(key, |packet| packet.verify_key(key))
    }

    /// Holds it against the subkey it should bind to the key that made it. Subkeys that sign must have signed
    /// the key in their turn, or anyone could call them theirs.
    pub(crate) fn verify_subkey<P, S>(&self, primary: &P, subkey: &S) -> Result<(), Error>
    where
        P: VerifyingKey + Serialize,
        S: VerifyingKey + Serialize,
    {
        self.checked(primary, |packet| packet.verify_subkey_binding(primary, subkey))?;
        if !self.claims.may_sign() {
            return Ok(());
        }
        let own = self
            .embedded
            .as_ref()
            .ok_or_else(|| Error::Structural("signing subkey is missing cross-signature".to_owned()))?;
        own.checked(subkey, |packet| packet.verify_primary_key_binding(subkey, primary))
            .map_err(|error| Error::Structural(format!("error while verifying cross-signature: {error}")))
    }

    fn checked(
        &self,
        key: &impl KeyDetails,
        check: impl FnOnce(&Packet) -> pgp::errors::Result<()>,
    ) -> Result<(), Error> {
        let algorithm = u8::from(key.algorithm());
        if !can_sign(algorithm) {
            return Err(Error::Argument("public key cannot generate signatures"));
        }
        if algorithm != self.algorithm {
            return Err(Error::Argument("public key and signature use different algorithms"));
        }
        check(&self.packet).map_err(|_| {
            let name = match algorithm {
                1 | 3 => "RSA",
                17 => "DSA",
                19 => "ECDSA",
                22 => "EdDSA",
                27 => "Ed25519",
                _ => "ed448",
            };
            Error::Signature(format!("{name} verification failure"))
        })
    }
}

/// Whether an algorithm makes signatures.
pub(crate) fn can_sign(algorithm: u8) -> bool {
    matches!(algorithm, 1 | 3 | 17 | 19 | 22 | 27 | 28)
}

/// An area of subpackets, which starts with its length, and what follows.
fn area(fields: &[u8], wide: bool) -> Result<(&[u8], &[u8]), Error> {
    let (length, rest) = match fields {
        [a, b, c, d, rest @ ..] if wide => (u32::from_be_bytes([*a, *b, *c, *d]), rest),
        [a, b, rest @ ..] if !wide => (u32::from(u16::from_be_bytes([*a, *b])), rest),
        _ => return Err(Error::Truncated),
    };
    let length = usize::try_from(length).map_err(|_| Error::Truncated)?;
    rest.split_at_checked(length).ok_or(Error::Truncated)
}
