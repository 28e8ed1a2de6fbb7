//! Secrets at rest: each sealed with a data key of its own, the data key sealed with the master key.
//!
//! Format of a sealed record, version 1: `01 | nonce(12) | sealed data key(48) | nonce(12) | sealed value`. Both
//! are AES-256-GCM; owner and name are authenticated with them, so that a record moved elsewhere does not open.

use crate::Error;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Write;
use std::path::Path;

const VERSION: u8 = 1;
const KEY_LENGTH: usize = 32;
const TAG_LENGTH: usize = 16;

/// Seals and opens secrets, and signs what is handed out to be shown again.
pub struct Vault {
    master: LessSafeKey,
    /// What signing keys are derived with.
    deriving: hmac::Key,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// Reads the master key of a file (base64 of 32 bytes), or makes one that only its owner can read.
    ///
    /// # Errors
    /// When the file cannot be read or made, holds no key, or may be read by others.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let fail = |reason: String| Error::MasterKey { path: path.display().to_string(), reason };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => {
                check_permissions(path).map_err(fail)?;
                text
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut key = [0; KEY_LENGTH];
                rand::fill(&mut key).map_err(|_| Error::Randomness)?;
                let text = STANDARD.encode(key);
                create_private(path, &text).map_err(|error| fail(error.to_string()))?;
                text
            }
            Err(error) => return Err(fail(error.to_string())),
        };
        let key = STANDARD.decode(text.trim()).map_err(|_| fail("is not base64".to_owned()))?;
        Self::with_key(&key).ok_or_else(|| fail("does not hold 32 bytes".to_owned()))
    }

    /// A vault with a given master key of 32 bytes.
    #[must_use]
    pub fn with_key(key: &[u8]) -> Option<Self> {
        Some(Self { master: aead(key)?, deriving: hmac::Key::new(hmac::HMAC_SHA256, key) })
    }

    /// Signs bytes for one purpose; a signature for another is not accepted.
    #[must_use]
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> Vec<u8> {
        hmac::sign(&self.signing_key(purpose), bytes).as_ref().to_vec()
    }

    /// Whether bytes were signed for this purpose, by any process that has the master key.
    #[must_use]
    pub fn signed(&self, purpose: &str, bytes: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.signing_key(purpose), bytes, signature).is_ok()
    }

    fn signing_key(&self, purpose: &str) -> hmac::Key {
        let derived = hmac::sign(&self.deriving, format!("signing key: {purpose}").as_bytes());
        hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
    }

    /// Seals one secret.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn seal(&self, owner: &str, name: &str, value: &str) -> Result<Vec<u8>, Error> {
        let mut data_key = [0; KEY_LENGTH];
        rand::fill(&mut data_key).map_err(|_| Error::Randomness)?;
        let context = context(owner, name);
        let mut sealed = vec![VERSION];
        append_sealed(&self.master, &context, &data_key, &mut sealed)?;
        let key = aead(&data_key).ok_or(Error::Randomness)?;
        append_sealed(&key, &context, value.as_bytes(), &mut sealed)?;
        Ok(sealed)
    }

    /// Opens one secret.
    ///
    /// # Errors
    /// [`Error::Sealed`] when the key, the owner, the name or the record is not the one it was sealed with.
    pub fn unseal(&self, owner: &str, name: &str, sealed: &[u8]) -> Result<String, Error> {
        self.open_record(&context(owner, name), sealed).ok_or_else(|| Error::Sealed { name: name.to_owned() })
    }

    fn open_record(&self, context: &[u8], sealed: &[u8]) -> Option<String> {
        let (&version, rest) = sealed.split_first()?;
        if version != VERSION {
            return None;
        }
        let (wrapped, value) = rest.split_at_checked(NONCE_LEN + KEY_LENGTH + TAG_LENGTH)?;
        let data_key = open_sealed(&self.master, context, wrapped)?;
        let value = open_sealed(&aead(&data_key)?, context, value)?;
        String::from_utf8(value).ok()
    }
}

fn aead(key: &[u8]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(LessSafeKey::new)
}

/// Lengths come first, so that no other owner and name give the same bytes.
fn context(owner: &str, name: &str) -> Vec<u8> {
    format!("{}:{owner}{}:{name}", owner.len(), name.len()).into_bytes()
}

fn append_sealed(key: &LessSafeKey, context: &[u8], value: &[u8], to: &mut Vec<u8>) -> Result<(), Error> {
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).map_err(|_| Error::Randomness)?;
    let mut buffer = value.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut buffer)
        .map_err(|_| Error::Randomness)?;
    to.extend_from_slice(&nonce);
    to.append(&mut buffer);
    Ok(())
}

fn open_sealed(key: &LessSafeKey, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, value) = sealed.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut buffer = value.to_vec();
    let length = key.open_in_place(nonce, Aad::from(context), &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

#[cfg(unix)]
fn check_permissions(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_err(|error| error.to_string())?.permissions().mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(format!("may be read by others (mode {:o}); use chmod 600", mode & 0o777))
    }
}

#[cfg(not(unix))]
fn check_permissions(_path: &Path) -> Result<(), String> {
    Ok(())
}

fn create_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_open_only_where_they_were_sealed() {
        let vault = Vault::with_key(&[1; 32]).unwrap();
        let sealed = vault.seal("version", "token", "hunter2").unwrap();
        assert_eq!(vault.unseal("version", "token", &sealed).unwrap(), "hunter2");
        assert!(vault.unseal("other", "token", &sealed).is_err());
        assert!(vault.unseal("version", "other", &sealed).is_err());
        assert!(Vault::with_key(&[2; 32]).unwrap().unseal("version", "token", &sealed).is_err());
        assert_ne!(sealed, vault.seal("version", "token", "hunter2").unwrap());
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(vault.unseal("version", "token", &damaged).is_err(), "byte {at}");
            assert!(vault.unseal("version", "token", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn signatures_hold_for_their_purpose_and_master_key() {
        let vault = Vault::with_key(&[1; 32]).unwrap();
        let signature = vault.sign("calls", b"text");
        assert!(Vault::with_key(&[1; 32]).unwrap().signed("calls", b"text", &signature));
        assert!(!vault.signed("files", b"text", &signature));
        assert!(!vault.signed("calls", b"texts", &signature));
        assert!(!vault.signed("calls", b"text", &[]));
        assert!(!Vault::with_key(&[2; 32]).unwrap().signed("calls", b"text", &signature));
    }

    #[test]
    fn the_key_file_is_made_private_and_refused_when_it_is_not() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master.key");
        let sealed = Vault::open(&path).unwrap().seal("o", "n", "v").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Vault::open(&path).unwrap().unseal("o", "n", &sealed).unwrap(), "v");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Vault::open(&path).unwrap_err().to_string().contains("may be read by others (mode 644)"));
    }
}
