//! Keys, certificates and hashes, told by the bytes Go writes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod certificates;
mod hashes;
mod keys;
mod pem;

use wheelhouse_gocrypto::{Entropy, KeyType, PrivateKey};

/// A stream of bytes that is always the same.
fn stream(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |buffer: &mut [u8]| {
        for byte in buffer {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
    }
}

fn generate(key_type: KeyType, seed: u64) -> PrivateKey {
    PrivateKey::generate(key_type, &mut Entropy::new(&mut stream(seed))).unwrap()
}
