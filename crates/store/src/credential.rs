//! API keys: 64 random characters behind a prefix, kept only as a hash.

use crate::Error;
use aws_lc_rs::{digest, rand};
use std::cell::RefCell;

/// What every key of a self-hosted installation begins with; the reference's.
pub const PREFIX: &str = "nvapi-nvcf-stg-";

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LENGTH: usize = 64;

/// A key's value. It exists in full only here and in the answer that hands it out.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyValue(String);

impl std::fmt::Debug for KeyValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyValue(…)")
    }
}

impl KeyValue {
    /// Makes a new value of 384 random bits.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn random() -> Result<Self, Error> {
        let mut random = [0_u8; LENGTH];
        rand::fill(&mut random).map_err(|_| Error::Randomness)?;
        let characters = random
            .iter()
            .map(|byte| ALPHABET.get(usize::from(byte & 63)).copied().unwrap_or(b'A'))
            .map(char::from);
        Ok(Self(PREFIX.chars().chain(characters).collect()))
    }

    /// Takes a value from outside, e.g. from an authorization header.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The value, to be handed to its owner once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept: SHA-256, hexadecimal. At 384 bits of entropy a slow hash would add nothing.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref())
    }

    /// What is shown later: prefix, stars and the last three characters.
    #[must_use]
    pub fn hint(&self) -> String {
        let last: String = self.0.chars().skip(self.0.chars().count().saturating_sub(3)).collect();
        format!("{}**********{last}", PREFIX.trim_end_matches('-'))
    }
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
    let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    String::from_utf8(digits).unwrap_or_default()
}

/// Ten random bytes, for an identifier.
///
/// # Errors
/// When the system gives no randomness.
pub fn random_bytes() -> Result<[u8; 10], Error> {
    thread_local! {
        // Asking for many at once costs as much as asking for ten, which every call would.
        static LEFT: RefCell<Vec<[u8; 10]>> = const { RefCell::new(Vec::new()) };
    }
    LEFT.with_borrow_mut(|left| {
        if let Some(random) = left.pop() {
            return Ok(random);
        }
        let mut many = [[0; 10]; 64];
        rand::fill(many.as_flattened_mut()).map_err(|_| Error::Randomness)?;
        left.extend(many);
        left.pop().ok_or(Error::Randomness)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_differ_and_do_not_print() {
        let (one, two) = (KeyValue::random().unwrap(), KeyValue::random().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.reveal().len(), PREFIX.len() + LENGTH);
        assert_eq!(format!("{one:?}"), "KeyValue(…)");
        assert_eq!(KeyValue::from_text(one.reveal()).hash(), one.hash());
        let secret: String = one.reveal().chars().skip(PREFIX.len()).take(20).collect();
        assert!(!one.hint().contains(&secret));
        assert_eq!(one.hint().len(), "nvapi-nvcf-stg**********xyz".len());
    }
}
