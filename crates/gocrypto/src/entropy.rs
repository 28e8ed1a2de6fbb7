use std::convert::Infallible;
use std::fmt;

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha512};

/// Where random bytes come from. Whoever hands it in answers for their being unpredictable.
pub struct Entropy<'s>(&'s mut dyn FnMut(&mut [u8]));

impl<'s> Entropy<'s> {
    /// A source that fills buffers by calling `fill`.
    pub fn new(fill: &'s mut dyn FnMut(&mut [u8])) -> Self {
        Self(fill)
    }

    /// So many random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }
}

/// Random bytes for a thread of its own, drawn out of a random seed: SHA-512 of the seed and a count.
pub(crate) struct Stream {
    seed: [u8; 64],
    count: u64,
    /// What is left of the last digest, from its end.
    left: Vec<u8>,
}

impl Stream {
    pub(crate) fn new(seed: [u8; 64]) -> Self {
        Stream { seed, count: 0, left: Vec::new() }
    }

    pub(crate) fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            if self.left.is_empty() {
                let digest = Sha512::new().chain_update(self.seed).chain_update(self.count.to_be_bytes());
                self.left.extend(digest.finalize());
                self.count += 1;
            }
            *byte = self.left.pop().unwrap_or_default();
        }
    }
}

impl TryRng for Entropy<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.bytes()))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(buffer);
        Ok(())
    }
}

impl TryCryptoRng for Entropy<'_> {}

impl fmt::Debug for Entropy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}
