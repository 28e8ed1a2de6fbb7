use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::extensions::Extensions;
use super::{Certificate, name};
use crate::der::{bit_string, element, integer, sequence, tag};
use crate::error::CertificateError;
use crate::{Entropy, PrivateKey, pem};

/// A date and time in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The year.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
    /// The hour.
    pub hour: i64,
    /// The minute.
    pub minute: i64,
    /// The second.
    pub second: i64,
}

/// What a certificate is to say.
#[derive(Debug, Clone)]
pub struct Request {
    /// The common name it is for.
    pub common_name: Vec<u8>,
    /// The DNS names it is for.
    pub dns_names: Vec<Vec<u8>>,
    /// The addresses it is for.
    pub addresses: Vec<IpAddr>,
    /// From when on it holds.
    pub not_before: Moment,
    /// Until when it holds.
    pub not_after: Moment,
    /// Whether it may issue others.
    pub is_authority: bool,
}

/// Who signs a certificate.
#[derive(Debug, Clone, Copy)]
pub enum Signer<'a> {
    /// The key it is for.
    Itself,
    /// Another one.
    Authority {
        /// The certificate of the authority.
        certificate: &'a Certificate,
        /// Its key.
        key: &'a PrivateKey,
    },
}

impl Request {
    /// Issues the certificate for a key, as PEM. Its serial number is 128 random bits.
    ///
    /// # Errors
    /// A name or time that cannot be written, or a key that does not sign or does not belong to
    /// the authority.
    pub fn issue(
        &self,
        key: &PrivateKey,
        signer: Signer<'_>,
        entropy: &mut Entropy<'_>,
    ) -> Result<String, CertificateError> {
        let serial: [u8; 16] = entropy.bytes();
        let signing_key = match signer {
            Signer::Itself => key,
            Signer::Authority { key, .. } => key,
        };
        let algorithm = signing_key.signature_algorithm()?;
        let public_key = key.public()?;
        let subject = name::encode(&self.common_name)?;
        let (issuer, authority_key_id) = match signer {
            Signer::Itself => (subject.as_slice(), [].as_slice()),
            Signer::Authority { certificate, .. } => {
                // A certificate that seems to be issued by itself names no other key.
                let same = certificate.subject == subject;
                (
                    certificate.subject.as_slice(),
                    if same { &[] } else { certificate.subject_key_id.as_slice() },
                )
            }
        };
        let subject_key_id = if self.is_authority {
            // The left 160 bits of the digest of the key (RFC 7093).
            Sha256::digest(&public_key.bits).iter().take(20).copied().collect()
        } else {
            Vec::new()
        };
        if let Signer::Authority { certificate, .. } = signer
            && certificate
                .public_key
                .as_ref()
                .is_some_and(|public| Ok(public) != signing_key.public().as_ref())
        {
            return Err(CertificateError::OtherKey);
        }
        let extensions = Extensions {
            is_authority: self.is_authority,
            subject_key_id: &subject_key_id,
            authority_key_id,
            dns_names: &self.dns_names,
            addresses: &self.addresses,
            subject_is_empty: self.common_name.is_empty(),
        };
        let version = element(tag::context_constructed(0), &integer(&[2]));
        let validity = sequence(&[&self.not_before.encode()?, &self.not_after.encode()?]);
        let to_be_signed = sequence(&[
            &version,
            &integer(&serial),
            &algorithm,
            issuer,
            &validity,
            &subject,
            &sequence(&[&public_key.algorithm, &bit_string(&public_key.bits, 0)]),
            &extensions.encode()?,
        ]);
        let signature = signing_key.sign(&to_be_signed, entropy)?;
        let certificate = sequence(&[&to_be_signed, &algorithm, &bit_string(&signature, 0)]);
        Ok(pem::encode("CERTIFICATE", &certificate))
    }
}

impl Moment {
    /// With two digits of the year where they are enough, from 1950 to 2049.
    fn encode(self) -> Result<Vec<u8>, CertificateError> {
        let Moment { year, month, day, hour, minute, second } = self;
        let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
        match year {
            1950..=2049 => Ok(element(tag::UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())),
            0..=9999 => Ok(element(tag::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())),
            _ => Err(CertificateError::Time),
        }
    }
}
