use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Limb, NonZero, Odd, Resize};
use crypto_primes::Flavor;

use crate::Entropy;
use crate::der::{Reader, integer, sequence};
use crate::error::KeyError;

/// The bits of the modulus and of the order of the subgroup.
const MODULUS_BITS: u32 = 2048;
const ORDER_BITS: u32 = 256;

/// A DSA key: the parameters P, Q, G, the public Y and the secret X, in this order.
#[derive(Debug, Clone)]
pub(super) struct Key {
    numbers: [Vec<u8>; 5],
}

impl Key {
    /// Makes parameters and a key (FIPS 186-3, without the seed that proves it).
    pub(super) fn generate(entropy: &mut Entropy<'_>) -> Result<Self, KeyError> {
        let failed = || KeyError::Generation("no DSA parameters".to_owned());
        let primes = small_primes();
        loop {
            let order: BoxedUint = crypto_primes::random_prime(entropy, Flavor::Any, ORDER_BITS);
            // With the order half as wide as it could be, P - 1 would have no room for it.
            if order.bits() != ORDER_BITS {
                continue;
            }
            // About one candidate in 700 is a prime; if 4096 are not, another order is tried.
            for _ in 0..4 * MODULUS_BITS {
                let candidate = candidate(&order, entropy).ok_or_else(failed)?;
                if candidate.bits() == MODULUS_BITS
                    && !has_factor(&candidate, &primes)
                    && crypto_primes::is_prime(Flavor::Any, &candidate)
                {
                    return Self::of_parameters(&candidate, &order, entropy).ok_or_else(failed);
                }
            }
        }
    }

    fn of_parameters(modulus: &BoxedUint, order: &BoxedUint, entropy: &mut Entropy<'_>) -> Option<Self> {
        let group = BoxedMontyParams::new_vartime(Option::from(Odd::new(modulus.clone()))?);
        let power = |base: &BoxedUint, exponent: &BoxedUint| {
            BoxedMontyForm::new(base.clone(), &group).pow(exponent).retrieve()
        };
        let one = BoxedUint::one_with_precision(MODULUS_BITS);
        let wide_order: NonZero<BoxedUint> = Option::from(NonZero::new(order.clone().resize(MODULUS_BITS)))?;
        let cofactor = modulus.wrapping_sub(&one).wrapping_div_vartime(&wide_order);
        let generator = (2_u64..).find_map(|base| {
            let power = power(&BoxedUint::from(base).resize(MODULUS_BITS), &cofactor);
            (power != one).then_some(power)
        })?;
        let secret = loop {
            let secret = BoxedUint::from_be_slice(&entropy.bytes::<32>(), ORDER_BITS).ok()?;
            if !bool::from(secret.is_zero()) && secret < *order {
                break secret;
            }
        };
        let public = power(&generator, &secret);
        let bytes = |number: &BoxedUint| number.to_be_bytes().to_vec();
        Some(Self {
            numbers: [bytes(modulus), bytes(order), bytes(&generator), bytes(&public), bytes(&secret)],
        })
    }

    pub(super) fn from_der(encoded: &[u8]) -> Result<Self, String> {
        let structure = || "asn1: structure error: not a DSA private key".to_owned();
        let mut fields = Reader::new(encoded).sequence().ok_or_else(structure)?;
        fields.integer().ok_or_else(structure)?;
        let mut numbers = [const { Vec::new() }; 5];
        for number in &mut numbers {
            *number = fields.positive().ok_or_else(structure)?.to_vec();
        }
        Ok(Self { numbers })
    }

    pub(super) fn to_der(&self) -> Vec<u8> {
        let [modulus, order, generator, public, secret] = self.numbers.each_ref().map(|bytes| integer(bytes));
        sequence(&[&integer(&[0]), &modulus, &order, &generator, &public, &secret])
    }
}

/// A random odd number one above a multiple of the order.
fn candidate(order: &BoxedUint, entropy: &mut Entropy<'_>) -> Option<BoxedUint> {
    let mut bytes: [u8; MODULUS_BITS as usize / 8] = entropy.bytes();
    if let Some(first) = bytes.first_mut() {
        *first |= 0x80;
    }
    let random = BoxedUint::from_be_slice(&bytes, MODULUS_BITS).ok()?;
    let twice_order = order.clone().resize(MODULUS_BITS).wrapping_shl_vartime(1);
    let twice_order: NonZero<BoxedUint> = Option::from(NonZero::new(twice_order))?;
    let multiple = random.wrapping_sub(random.rem_vartime(&twice_order));
    Some(multiple.wrapping_add(BoxedUint::one_with_precision(MODULUS_BITS)))
}

/// The odd primes below 2000: dividing by them refuses most candidates at little cost.
fn small_primes() -> Vec<NonZero<Limb>> {
    let is_prime =
        |number: &u64| (3..).step_by(2).take_while(|d| d * d <= *number).all(|d| !number.is_multiple_of(d));
    (3_u64..2000)
        .step_by(2)
        .filter(is_prime)
        .filter_map(|prime| Option::from(NonZero::new(Limb::from(prime))))
        .collect()
}

fn has_factor(number: &BoxedUint, primes: &[NonZero<Limb>]) -> bool {
    primes.iter().any(|prime| number.rem_limb(*prime) == Limb::ZERO)
}
