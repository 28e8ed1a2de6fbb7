//! AES-256 in CBC mode with PKCS#7 padding, the random first block in front.

use aes::Aes256;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};

use crate::{CipherError, Entropy};

/// The length of a block, in bytes.
pub const BLOCK: usize = 16;

/// Encrypts a text; the first block of the result is random.
pub fn encrypt(password: &[u8], plain: &[u8], entropy: &mut Entropy<'_>) -> Vec<u8> {
    let first: [u8; BLOCK] = entropy.bytes();
    let mut cipher = cbc::Encryptor::<Aes256>::new(&key(password).into(), &first.into());
    // What is missing to whole blocks, at least one byte, is filled up with its own length.
    let padding = BLOCK - plain.len() % BLOCK;
    let padded = [plain, [padding as u8; BLOCK].get(..padding).unwrap_or_default()].concat();
    let mut encrypted = first.to_vec();
    for block in padded.as_chunks::<BLOCK>().0 {
        let mut block = (*block).into();
        cipher.encrypt_block(&mut block);
        encrypted.extend_from_slice(&block);
    }
    encrypted
}

/// Decrypts the blocks that follow a first block. Of the padding only the last byte counts, as in
/// Sprig.
///
/// # Errors
/// What Go panics with.
pub fn decrypt(password: &[u8], first: &[u8; BLOCK], blocks: &[u8]) -> Result<Vec<u8>, CipherError> {
    if !blocks.len().is_multiple_of(BLOCK) {
        return Err(CipherError::PartialBlock);
    }
    let mut cipher = cbc::Decryptor::<Aes256>::new(&key(password).into(), first.into());
    let mut plain = Vec::with_capacity(blocks.len());
    let (blocks, _) = blocks.as_chunks::<BLOCK>();
    for block in blocks {
        let mut block = (*block).into();
        cipher.decrypt_block(&mut block);
        plain.extend_from_slice(&block);
    }
    let padding = usize::from(*plain.last().ok_or(CipherError::Empty)?);
    match plain.len().checked_sub(padding) {
        Some(length) => {
            plain.truncate(length);
            Ok(plain)
        }
        None => Err(CipherError::Padding(plain.len() as i64 - padding as i64)),
    }
}

/// The password cut or filled up with zeros to 32 bytes.
fn key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().zip(password) {
        *place = *byte;
    }
    key
}
