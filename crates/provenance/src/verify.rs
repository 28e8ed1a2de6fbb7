//! Is this archive the one that somebody of the keyring has signed?

use pgp::types::{KeyDetails as _, KeyId};

use crate::clearsign::{self, Message};
use crate::keyring::{Entity, Subkey};
use crate::message::{digest, signed_digest};
use crate::packets::{Packet, Reader};
use crate::signature::Signature;
use crate::{Error, Keyring};

/// Who has signed an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The user ids of the key.
    pub identities: Vec<String>,
    /// The fingerprint of the key, not of the subkey that may have signed.
    pub fingerprint: Vec<u8>,
    /// The archive's digest, `sha256:` and hexadecimal.
    pub digest: String,
}

/// Holds an archive against its provenance file: the signature first, then the digest under the archive's file
/// name. `now` is in seconds since 1970.
///
/// # Errors
/// A provenance file that is none, a signature that is not by a key of the keyring which may sign and is valid
/// now, or a text that does not name the archive.
pub fn verify(
    keyring: &Keyring,
    archive: &[u8],
    provenance: &[u8],
    file_name: &str,
    now: u64,
) -> Result<Verification, Error> {
    let message = clearsign::decode(provenance).ok_or(Error::NoSignature)?;
    let signer = signer(keyring, &message, now)?;
    let found = digest(archive);
    let signed = signed_digest(&message.text, file_name)?;
    if signed != found {
        return Err(Error::OtherArchive { name: file_name.to_owned(), signed, found });
    }
    Ok(Verification {
        identities: signer.identities.iter().map(|identity| identity.name.clone()).collect(),
        fingerprint: signer.key.fingerprint().as_bytes().to_vec(),
        digest: found,
    })
}

/// A key that may have made a signature: the entity's own, or one of its subkeys.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    entity: &'a Entity,
    subkey: Option<&'a Subkey>,
}

/// Who made the first signature that is by a key of the keyring.
fn signer<'a>(keyring: &'a Keyring, message: &Message, now: u64) -> Result<&'a Entity, Error> {
    let mut packets = Reader::of_block(&message.signature);
    loop {
        let signature = match packets.next()? {
            None => return Err(Error::UnknownSigner),
            Some(Packet::Signature(signature)) => signature,
            Some(_) => return Err(Error::Structural("non signature packet found".to_owned())),
        };
        let issuer = signature.claims.issuer.as_deref();
        let issuer =
            issuer.ok_or_else(|| Error::Structural("signature doesn't have an issuer".to_owned()))?;
        let mut problem = None;
        for candidate in candidates(keyring, issuer) {
            match candidate.verify(&signature, &message.signed) {
                Ok(()) => {
                    candidate.check(&signature, now)?;
                    return Ok(candidate.entity);
                }
                Err(error) => problem = Some(error),
            }
        }
        if let Some(error) = problem {
            return Err(error);
        }
    }
}

/// The keys with an id that may sign.
fn candidates<'a>(keyring: &'a Keyring, id: &[u8]) -> impl Iterator<Item = Candidate<'a>> {
    let is_it = move |key: KeyId| key.as_ref() == id;
    keyring.keys.iter().flat_map(move |entity| {
        let own = entity.self_signature().0.filter(|signature| signature.claims.may_sign());
        let own =
            own.filter(|_| is_it(entity.key.legacy_key_id())).map(|_| Candidate { entity, subkey: None });
        let subkeys = entity
            .subkeys
            .iter()
            .filter(move |subkey| is_it(subkey.key.legacy_key_id()) && subkey.binding.claims.may_sign())
            .map(move |subkey| Candidate { entity, subkey: Some(subkey) });
        own.into_iter().chain(subkeys)
    })
}

impl Candidate<'_> {
    fn verify(&self, signature: &Signature, data: &[u8]) -> Result<(), Error> {
        match self.subkey {
            Some(subkey) => signature.verify_data(&subkey.key, data),
            None => signature.verify_data(&self.entity.key, data),
        }
    }

    /// Whether key and signature are valid now.
    fn check(&self, signature: &Signature, now: u64) -> Result<(), Error> {
        let (own, identity) = self.entity.self_signature();
        let binding = self.subkey.into_iter().flat_map(|subkey| subkey.binding.with_embedded());
        let signatures: Vec<&Signature> = std::iter::once(signature).chain(own).chain(binding).collect();
        if let Some(name) = signatures.iter().find_map(|one| one.claims.unknown_notation.as_ref()) {
            return Err(Error::Signature(format!("unknown critical notation: {name}")));
        }
        let is_revoked = is_revoked(&self.entity.revocations, now)
            || self.subkey.is_some_and(|subkey| is_revoked(&subkey.revocations, now))
            || identity.is_some_and(|identity| is_revoked(&identity.revocations, now));
        if is_revoked {
            return Err(Error::KeyRevoked);
        }
        if own.is_some_and(|own| own.is_key_expired(self.entity.key.created_at(), now))
            || self.subkey.is_some_and(|subkey| subkey.binding.is_key_expired(subkey.key.created_at(), now))
        {
            return Err(Error::KeyExpired);
        }
        if signatures.iter().any(|one| one.is_expired(now)) {
            return Err(Error::SignatureExpired);
        }
        Ok(())
    }
}

/// Whether a key was taken back: at once where somebody else has it, else while the revocation is valid.
fn is_revoked(revocations: &[Signature], now: u64) -> bool {
    revocations.iter().any(|revocation| revocation.claims.is_compromised || !revocation.is_expired(now))
}
