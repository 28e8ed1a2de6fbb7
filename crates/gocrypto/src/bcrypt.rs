//! bcrypt password hashes, `$2a$10$…`.

use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use blowfish::Blowfish;

use crate::{Entropy, PasswordError};

/// The logarithm of the number of rounds, Go's default.
const COST: u32 = 10;

/// The longest password, in bytes.
const MAX_PASSWORD: usize = 72;

const ENCODING: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);

/// Hashes a password with a random salt.
///
/// # Errors
/// [`PasswordError::TooLong`].
pub fn hash(password: &[u8], entropy: &mut Entropy<'_>) -> Result<String, PasswordError> {
    hash_with_salt(password, &entropy.bytes())
}

/// Hashes a password with a given salt.
///
/// # Errors
/// [`PasswordError::TooLong`].
pub fn hash_with_salt(password: &[u8], salt: &[u8; 16]) -> Result<String, PasswordError> {
    if password.len() > MAX_PASSWORD {
        return Err(PasswordError::TooLong);
    }
    // The terminating zero of C strings is part of the key.
    let key = [password, &[0]].concat();
    let mut cipher = Blowfish::bc_init_state();
    cipher.salted_expand_key(salt, &key);
    for _ in 0..1_u32 << COST {
        cipher.bc_expand_key(&key);
        cipher.bc_expand_key(salt);
    }
    let mut digest = Vec::with_capacity(24);
    for block in [*b"OrpheanB", *b"eholderS", *b"cryDoubt"] {
        let block = u64::from_be_bytes(block);
        let mut halves = [(block >> 32) as u32, block as u32];
        for _ in 0..64 {
            halves = cipher.bc_encrypt(halves);
        }
        digest.extend(halves.iter().flat_map(|half| half.to_be_bytes()));
    }
    // All implementations leave out the last byte, as the first one did.
    digest.truncate(23);
    Ok(format!("$2a${COST:02}${}{}", ENCODING.encode(salt), ENCODING.encode(digest)))
}
