//! Keyrings: keys with the user ids and subkeys that they vouch for.
//!
//! What a key's own signatures do not confirm is no part of it. A key that cannot be read is passed over as long
//! as there is another.

use pgp::packet::{PublicKey, PublicSubkey, SecretKey, UserId};
use pgp::types::{KeyDetails as _, KeyVersion};

use crate::Error;
use crate::packets::{Packet, Reader};
use crate::signature::{Signature, can_sign, kinds};

/// The keys of a file.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    pub(crate) keys: Vec<Entity>,
}

/// A key with what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) key: PublicKey,
    /// The key's secret part.
    pub(crate) secret: Option<SecretKey>,
    pub(crate) identities: Vec<Identity>,
    pub(crate) subkeys: Vec<Subkey>,
    pub(crate) revocations: Vec<Signature>,
    /// What a key of version 6 says about itself.
    direct: Option<Signature>,
}

/// A user id.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) name: String,
    signature: Option<Signature>,
    pub(crate) revocations: Vec<Signature>,
}

/// A subkey.
#[derive(Clone, Debug)]
pub(crate) struct Subkey {
    pub(crate) key: PublicSubkey,
    pub(crate) binding: Signature,
    pub(crate) revocations: Vec<Signature>,
}

impl Keyring {
    /// Reads a keyring, which is binary: armoured ones are refused, as Helm refuses them.
    ///
    /// # Errors
    /// Bytes that are no keyring, or one without a usable key. An empty file is an empty keyring.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut packets = Reader::new(bytes);
        let mut keys = Vec::new();
        let mut last = None;
        loop {
            match entity(&mut packets) {
                Ok(Some(key)) => keys.push(key),
                Ok(None) => break,
                Err(error @ (Error::Unsupported(_) | Error::Structural(_))) => {
                    last = Some(error);
                    if !skip_to_key(&mut packets)? {
                        break;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        match last {
            Some(error) if keys.is_empty() => Err(error),
            _ => Ok(Keyring { keys }),
        }
    }
}

impl Entity {
    /// The signature that says how long the key is valid and what it may do, with the user id it is of.
    pub(crate) fn self_signature(&self) -> (Option<&Signature>, Option<&Identity>) {
        if self.key.version() == KeyVersion::V6 {
            return (self.direct.as_ref(), None);
        }
        let first =
            self.identities.iter().reduce(|best, other| if other.is_preferred(best) { other } else { best });
        (first.and_then(|identity| identity.signature.as_ref()), first)
    }
}

impl Identity {
    /// Whether it goes before another one: fewer revocations, then the one called primary, then the newer.
    fn is_preferred(&self, other: &Identity) -> bool {
        let (own, others) = (self.revocations.len(), other.revocations.len());
        if own != others {
            return own < others;
        }
        let rank = |identity: &Identity| {
            identity
                .signature
                .as_ref()
                .map(|signature| (signature.claims.is_primary, signature.claims.created))
        };
        rank(self) > rank(other)
    }
}

/// Reads packets up to the next key that starts a new entity; says whether there is one.
fn skip_to_key(packets: &mut Reader<'_>) -> Result<bool, Error> {
    while let Some(packet) = packets.next()? {
        if let Packet::PublicKey(_) = packet {
            packets.unread(packet);
            return Ok(true);
        }
    }
    Ok(false)
}

fn entity(packets: &mut Reader<'_>) -> Result<Option<Entity>, Error> {
    let (key, secret) = match packets.next()? {
        None => return Ok(None),
        Some(Packet::PublicKey(key)) => (*key, None),
        Some(Packet::SecretKey(secret)) => (secret.public_key().clone(), Some(*secret)),
        Some(packet) => {
            packets.unread(packet);
            return Err(Error::Structural("first packet was not a public/private key".to_owned()));
        }
    };
    if !can_sign(key.algorithm().into()) {
        return Err(Error::Structural("primary key cannot be used for signatures".to_owned()));
    }
    let mut entity = Entity {
        key,
        secret,
        identities: Vec::new(),
        subkeys: Vec::new(),
        revocations: Vec::new(),
        direct: None,
    };
    let mut direct = Vec::new();
    while let Some(packet) = packets.next()? {
        match packet {
            Packet::UserId(id) => identity(&mut entity, &id, packets)?,
            Packet::Signature(signature) if signature.kind == kinds::KEY_REVOCATION => {
                entity.revocations.push(*signature);
            }
            Packet::Signature(signature) if signature.kind == kinds::DIRECT => direct.push(*signature),
            Packet::PublicSubkey(key) => subkey(&mut entity, *key, packets)?,
            Packet::SecretSubkey(key) => subkey(&mut entity, key.public_key().clone(), packets)?,
            Packet::PublicKey(_) | Packet::SecretKey(_) => {
                packets.unread(packet);
                break;
            }
            Packet::Signature(_) | Packet::Other => {}
        }
    }
    if entity.key.version() == KeyVersion::V6 {
        entity.direct = Some(direct_signature(&entity.key, direct)?);
    } else if entity.identities.is_empty() {
        return Err(Error::Structural("v4 entity without any identities".to_owned()));
    }
    for revocation in &entity.revocations {
        revocation
            .verify_key(&entity.key)
            .map_err(|_| Error::Structural("revocation signature signed by alternate key".to_owned()))?;
    }
    Ok(Some(entity))
}

fn direct_signature(key: &PublicKey, signatures: Vec<Signature>) -> Result<Signature, Error> {
    if signatures.is_empty() {
        return Err(Error::Structural("v6 entity without a valid direct-key signature".to_owned()));
    }
    let own = signatures.into_iter().filter(|signature| signature.is_by(key));
    let newest = own.reduce(|best, other| if is_newer(&other, Some(&best)) { other } else { best });
    let newest = newest.ok_or_else(|| {
        Error::Structural("no valid direct-key self-signature for v6 primary key found".to_owned())
    })?;
    newest
        .verify_key(key)
        .map_err(|_| Error::Structural("invalid direct-key self-signature for v6 primary key".to_owned()))?;
    Ok(newest)
}

fn is_newer(signature: &Signature, other: Option<&Signature>) -> bool {
    other.is_none_or(|other| signature.claims.created > other.claims.created)
}

/// Reads the signatures of a user id. It counts if the key itself has signed it.
fn identity(entity: &mut Entity, id: &UserId, packets: &mut Reader<'_>) -> Result<(), Error> {
    let name = String::from_utf8_lossy(id.id()).into_owned();
    let mut identity = Identity { name, signature: None, revocations: Vec::new() };
    let mut is_own = false;
    while let Some(packet) = packets.next()? {
        let Packet::Signature(signature) = packet else {
            packets.unread(packet);
            break;
        };
        let is_revocation = signature.kind == kinds::CERTIFICATION_REVOCATION;
        if !is_revocation && !kinds::CERTIFICATIONS.contains(&signature.kind) {
            return Err(Error::Structural("user ID signature with wrong type".to_owned()));
        }
        if !signature.is_by(&entity.key) {
            continue;
        }
        signature
            .verify_user(&entity.key, id)
            .map_err(|error| Error::Structural(format!("user ID self-signature invalid: {error}")))?;
        if is_revocation {
            identity.revocations.push(*signature);
        } else if is_newer(&signature, identity.signature.as_ref()) {
            identity.signature = Some(*signature);
        }
        is_own = true;
    }
    if is_own {
        entity.identities.retain(|known| known.name != identity.name);
        entity.identities.push(identity);
    }
    Ok(())
}

/// Reads the signatures of a subkey.
fn subkey(entity: &mut Entity, key: PublicSubkey, packets: &mut Reader<'_>) -> Result<(), Error> {
    let invalid = |error: Error| Error::Structural(format!("subkey signature invalid: {error}"));
    let mut binding: Option<Signature> = None;
    let mut revocations = Vec::new();
    while let Some(packet) = packets.next().map_err(invalid)? {
        let Packet::Signature(signature) = packet else {
            packets.unread(packet);
            break;
        };
        if !matches!(signature.kind, kinds::SUBKEY_BINDING | kinds::SUBKEY_REVOCATION) {
            return Err(Error::Structural("subkey signature with wrong type".to_owned()));
        }
        signature.verify_subkey(&entity.key, &key).map_err(invalid)?;
        if signature.kind == kinds::SUBKEY_REVOCATION {
            revocations.push(*signature);
        } else if is_newer(&signature, binding.as_ref()) {
            binding = Some(*signature);
        }
    }
    let binding =
        binding.ok_or_else(|| Error::Structural("subkey packet not followed by signature".to_owned()))?;
    entity.subkeys.push(Subkey { key, binding, revocations });
    Ok(())
}
