//! Searches for large primes.
//!
//! Nearly all of the time goes to powers modulo candidates that turn out composite. So a deep sieve
//! leaves few of them, and Fermat's test to base 2, whose only products are squares, refuses the
//! rest; whether what passes is a prime is decided by `crypto-primes` (Baillie–PSW) alone.
//!
//! The sieve's time depends on the number the search starts from, as it does in Go: it tells about
//! how far the prime lies behind that. The powers of the prime itself take the same time for all.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{BoxedUint, CtSelect, Limb, NonZero, Odd, Uint};
use crypto_primes::hazmat::{SetBits, random_odd_integer};
use crypto_primes::{Flavor, is_prime};

use crate::Entropy;
use crate::entropy::Stream;

/// A prime of so many bits whose first two are set, so that the product of two has twice as many.
pub(super) fn prime(bits: u32, divisors: &Divisors, stream: &mut Stream) -> Result<BoxedUint, String> {
    let length = std::num::NonZeroU32::new(bits).ok_or("a prime has bits")?;
    let mut fill = |buffer: &mut [u8]| stream.fill(buffer);
    let mut entropy = Entropy::new(&mut fill);
    loop {
        let start: Odd<BoxedUint> =
            random_odd_integer(&mut entropy, length, SetBits::TwoMsb).map_err(|error| error.to_string())?;
        // An odd number is prime with a probability of 2 in `ln 2 · bits`: one of so many nearly always is.
        let count = 8 * bits as usize;
        for index in divisors.sieve(&start, count) {
            let candidate = start.as_ref().wrapping_add(BoxedUint::from(2 * index as u64));
            if candidate.bits_vartime() == bits
                && passes(&candidate, bits)
                && is_prime(Flavor::Any, &candidate)
            {
                return Ok(candidate);
            }
        }
    }
}

/// Up to where the sieve's primes go. What they cost grows with the size of the candidates, what one
/// power costs grows with its cube.
fn sieve_bound(bits: u32) -> usize {
    match bits {
        ..768 => 1 << 15,
        768..1280 => 1 << 17,
        1280..1792 => 1 << 18,
        _ => 1 << 20,
    }
}

/// Small odd primes, in groups whose product fits into a limb: a large number is divided by each
/// product instead of by each prime.
pub(super) struct Divisors {
    primes: Vec<u32>,
    /// The product of each group and how many primes it has.
    groups: Vec<(NonZero<Limb>, usize)>,
}

impl Divisors {
    /// What candidates of so many bits are divided by.
    pub(super) fn for_bits(bits: u32) -> Self {
        Self::below(sieve_bound(bits))
    }

    fn below(bound: usize) -> Self {
        let primes: Vec<u32> = odd_primes_below(bound).collect();
        let mut groups = Vec::new();
        let mut rest = primes.as_slice();
        while !rest.is_empty() {
            let mut product = 1_u64;
            let fits = |prime: &&u32| match product.checked_mul(u64::from(**prime)) {
                Some(longer) => {
                    product = longer;
                    true
                }
                None => false,
            };
            let count = rest.iter().take_while(fits).count();
            groups
                .extend(NonZero::new(Limb::from_u64(product)).into_option().map(|product| (product, count)));
            rest = rest.get(count..).unwrap_or_default();
        }
        Self { primes, groups }
    }

    /// The places among `count` odd numbers from `start` on of those that no divisor divides.
    fn sieve(&self, start: &BoxedUint, count: usize) -> Vec<usize> {
        let mut composite = vec![false; count];
        let mut primes = self.primes.iter();
        for (product, length) in &self.groups {
            let rest = u64::from(start.rem_limb(*product));
            for prime in primes.by_ref().take(*length) {
                let prime = u64::from(*prime);
                // The first `index` with `start + 2 · index` divisible by the prime.
                let missing = (prime - rest % prime) % prime;
                let first = if missing.is_multiple_of(2) { missing / 2 } else { (missing + prime) / 2 };
                let multiples = composite.iter_mut().skip(first as usize).step_by(prime as usize);
                multiples.for_each(|composite| *composite = true);
            }
        }
        composite.iter().enumerate().filter(|(_, composite)| !**composite).map(|(index, _)| index).collect()
    }
}

fn odd_primes_below(bound: usize) -> impl Iterator<Item = u32> {
    let mut composite = vec![false; bound];
    let mut divisor = 3;
    while divisor * divisor < bound {
        if !composite.get(divisor).is_some_and(|composite| *composite) {
            let multiples = composite.iter_mut().skip(divisor * divisor).step_by(2 * divisor);
            multiples.for_each(|composite| *composite = true);
        }
        divisor += 2;
    }
    (3..)
        .zip(composite.into_iter().skip(3))
        .step_by(2)
        .filter(|(_, composite)| !composite)
        .map(|(prime, _)| prime)
}

/// Whether the number may be prime. Sizes that keys do not have are left to the full test.
fn passes(candidate: &BoxedUint, bits: u32) -> bool {
    match bits {
        512 => fermat::<{ 512 / Limb::BITS as usize }>(candidate),
        1024 => fermat::<{ 1024 / Limb::BITS as usize }>(candidate),
        1536 => fermat::<{ 1536 / Limb::BITS as usize }>(candidate),
        2048 => fermat::<{ 2048 / Limb::BITS as usize }>(candidate),
        _ => true,
    }
}

/// Whether 2 to the power of `candidate - 1` leaves 1, as it does for every odd prime.
fn fermat<const LIMBS: usize>(candidate: &BoxedUint) -> bool {
    let candidate = Uint::<LIMBS>::from_le_slice(&candidate.to_le_bytes());
    let Some(modulus) = Odd::new(candidate).into_option() else { return false };
    let parameters = FixedMontyParams::new_vartime(modulus);
    let one = FixedMontyForm::one(&parameters);
    let mut power = one;
    // The exponent has the candidate's bits, except for the last.
    for index in (0..Uint::<LIMBS>::BITS).rev() {
        power = power.square();
        if index > 0 {
            // Chosen among the bare numbers: a power carries its modulus with it.
            let (plain, doubled) = (*power.as_montgomery(), *power.double().as_montgomery());
            power =
                FixedMontyForm::from_montgomery(plain.ct_select(&doubled, candidate.bit(index)), &parameters);
        }
    }
    power == one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sieve_leaves_what_has_no_small_factor() {
        let start = BoxedUint::from(1_000_001_u64);
        let left = Divisors::below(1 << 10).sieve(&start, 50);
        let has_factor = |number: u64| (3..1 << 10).any(|factor| number.is_multiple_of(factor));
        let expect: Vec<usize> = (0..50).filter(|index| !has_factor(1_000_001 + 2 * *index as u64)).collect();
        assert_eq!(left, expect);
        assert_eq!(odd_primes_below(30).collect::<Vec<_>>(), [3, 5, 7, 11, 13, 17, 19, 23, 29]);
    }

    #[test]
    fn primes_have_their_size_and_pass_every_test() {
        for (bits, seed) in [(512, 1), (768, 2), (1024, 3)] {
            let divisors = Divisors::for_bits(bits);
            let search = || prime(bits, &divisors, &mut Stream::new([seed; 64])).unwrap();
            let found = search();
            assert_eq!(found.bits(), bits);
            assert!(bool::from(found.bit(bits - 2)) && is_prime(Flavor::Any, &found));
            assert!(passes(&found, bits));
            assert_eq!(search(), found, "only the seed decides");
        }
    }
}
