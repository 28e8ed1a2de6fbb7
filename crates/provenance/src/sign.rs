//! Makes provenance files.

use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{
    Notation, PacketTrait as _, SecretKey, SignatureConfig, SignatureType, Subpacket, SubpacketData,
};
use pgp::types::{KeyDetails as _, KeyVersion, Password, S2kParams, SecretParams, StringToKey, Timestamp};

use crate::keyring::Entity;
use crate::message::compose;
use crate::{Error, Keyring, clearsign};

/// The key that a name stands for, if any does.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a>(Option<&'a Entity>);

/// A secret key that is ready to sign.
#[derive(Clone, Debug)]
pub struct Signer {
    key: SecretKey,
}

impl Keyring {
    /// Finds a key by a user id, or by what is part of one key's user id only.
    ///
    /// # Errors
    /// [`Error::SeveralKeys`]
    pub fn choose(&self, name: &str) -> Result<Choice<'_>, Error> {
        let mut found = Vec::new();
        for entity in &self.keys {
            for identity in &entity.identities {
                if identity.name == name {
                    return Ok(Choice(Some(entity)));
                }
                if identity.name.contains(name) {
                    found.push(entity);
                }
            }
        }
        match found.as_slice() {
            [_, _, ..] => Err(Error::SeveralKeys(name.to_owned())),
            found => Ok(Choice(found.first().copied())),
        }
    }
}

impl Choice<'_> {
    /// Unlocks the key: `passphrase` is asked for the passphrase of the key with the user id it is given, if the
    /// key has one.
    ///
    /// # Errors
    /// No key, one without its secret part, a wrong passphrase, or what `passphrase` answers.
    pub fn unlock<E: From<Error>>(
        self,
        passphrase: impl FnOnce(&str) -> Result<Vec<u8>, E>,
    ) -> Result<Signer, E> {
        let entity = self.0.ok_or(Error::NoSuchKey)?;
        let mut key = entity.secret.clone().ok_or(Error::PublicKey)?;
        let SecretParams::Encrypted(locked) = key.secret_params() else {
            return Ok(Signer { key });
        };
        let parameters = locked.string_to_key_params().clone();
        if is_dummy(&parameters) {
            return Ok(Signer { key });
        }
        let name =
            entity.identities.iter().map(|identity| identity.name.as_str()).find(|name| !name.is_empty());
        let passphrase = Password::from(passphrase(name.unwrap_or("Unknown"))?.as_slice());
        key.remove_password(&passphrase).map_err(|_| match parameters {
            S2kParams::Aead { .. } => Error::Unauthentic,
            _ => Error::Structural("private key checksum failure".to_owned()),
        })?;
        Ok(Signer { key })
    }
}

/// Whether the secret part of a key is kept elsewhere, as GnuPG marks it.
fn is_dummy(parameters: &S2kParams) -> bool {
    let (S2kParams::Cfb { s2k, .. } | S2kParams::MalleableCfb { s2k, .. } | S2kParams::Aead { s2k, .. }) =
        parameters
    else {
        return false;
    };
    matches!(s2k, StringToKey::Private { typ: 101, .. })
}

impl Signer {
    /// Signs an archive under its file name: gives the provenance file. `metadata` is the chart's, as YAML; `now`
    /// is in seconds since 1970; `salt` is random, so that no signature is made twice: who sees one made right and
    /// the same made wrong, by a fault of the machine, learns of the key.
    ///
    /// # Errors
    /// A key whose secret part is kept elsewhere, or that does not sign.
    pub fn sign(
        &self,
        archive: &[u8],
        file_name: &str,
        metadata: &[u8],
        now: u64,
        salt: &[u8; 32],
    ) -> Result<String, Error> {
        let text = String::from_utf8_lossy(&compose(metadata, file_name, archive)?).into_owned();
        let not_signed = |error: Error| Error::NotSigned(Box::new(error));
        if self.key.secret_params().is_encrypted() {
            return Err(not_signed(Error::DummyKey));
        }
        let signature = self.signature(&clearsign::canonical(&text), now, salt);
        let signature = signature.map_err(|error| not_signed(Error::Unsupported(error.to_string())))?;
        Ok(clearsign::encode(&text, self.key.version() != KeyVersion::V6, &signature))
    }

    /// The packet of a signature over a text.
    fn signature(&self, text: &[u8], now: u64, salt: &[u8; 32]) -> pgp::errors::Result<Vec<u8>> {
        let (algorithm, hash) = (self.key.algorithm(), HashAlgorithm::Sha512);
        let is_new = self.key.version() == KeyVersion::V6;
        let mut config = if is_new {
            SignatureConfig::v6_with_salt(SignatureType::Text, algorithm, hash, salt.to_vec())
        } else {
            SignatureConfig::v4(SignatureType::Text, algorithm, hash)
        };
        let now = Timestamp::from_secs(u32::try_from(now).unwrap_or(u32::MAX));
        config.hashed_subpackets.push(Subpacket::critical(SubpacketData::SignatureCreationTime(now))?);
        let fingerprint = SubpacketData::IssuerFingerprint(self.key.fingerprint());
        if is_new {
            config.hashed_subpackets.push(Subpacket::critical(fingerprint)?);
        } else {
            let issuer = SubpacketData::IssuerKeyId(self.key.legacy_key_id());
            config.hashed_subpackets.push(Subpacket::regular(issuer)?);
            let notation = Notation {
                readable: false,
                name: "salt@notations.openpgpjs.org".into(),
                value: salt.to_vec().into(),
            };
            config.hashed_subpackets.push(Subpacket::regular(SubpacketData::Notation(notation))?);
            config.hashed_subpackets.push(Subpacket::regular(fingerprint)?);
        }
        let signature = config.sign(&self.key, &Password::empty(), text)?;
        let mut bytes = Vec::new();
        signature.to_writer_with_header(&mut bytes)?;
        Ok(bytes)
    }
}
