//! Digests, as text.

use std::fmt::Write;

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// The SHA-1 digest in hexadecimal.
pub fn sha1_hex(data: &[u8]) -> String {
    hexadecimal(&Sha1::digest(data))
}

/// The SHA-256 digest in hexadecimal.
pub fn sha256_hex(data: &[u8]) -> String {
    hexadecimal(&Sha256::digest(data))
}

/// The SHA-512 digest in hexadecimal.
pub fn sha512_hex(data: &[u8]) -> String {
    hexadecimal(&Sha512::digest(data))
}

/// The Adler-32 checksum.
pub fn adler32(data: &[u8]) -> u32 {
    /// The largest prime below 2^16.
    const MODULUS: u32 = 65_521;
    /// As many bytes as cannot overflow 32 bits.
    const RUN: usize = 5552;
    let (mut low, mut high) = (1_u32, 0_u32);
    for run in data.chunks(RUN) {
        for &byte in run {
            low += u32::from(byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    high << 16 | low
}

fn hexadecimal(digest: &[u8]) -> String {
    let mut text = String::with_capacity(digest.len() * 2);
    for byte in digest {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
