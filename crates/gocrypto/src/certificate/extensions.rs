use std::net::IpAddr;

use crate::der::{bit_string, boolean, element, octet_string, oid, sequence, tag};
use crate::error::CertificateError;

/// What is said in the extensions.
pub(super) struct Extensions<'a> {
    pub(super) is_authority: bool,
    pub(super) subject_key_id: &'a [u8],
    pub(super) authority_key_id: &'a [u8],
    pub(super) dns_names: &'a [Vec<u8>],
    pub(super) addresses: &'a [IpAddr],
    /// Whether the other names are the only ones, and so must be understood.
    pub(super) subject_is_empty: bool,
}

impl Extensions<'_> {
    /// All extensions, encoded in Go's order.
    pub(super) fn encode(&self) -> Result<Vec<u8>, CertificateError> {
        let mut extensions = vec![self.key_usage(), extended_key_usage(), self.basic_constraints()];
        if !self.subject_key_id.is_empty() {
            extensions.push(extension(oid::SUBJECT_KEY_ID, false, &octet_string(self.subject_key_id)));
        }
        if !self.authority_key_id.is_empty() {
            let identifier = sequence(&[&element(tag::context(0), self.authority_key_id)]);
            extensions.push(extension(oid::AUTHORITY_KEY_ID, false, &identifier));
        }
        if !self.dns_names.is_empty() || !self.addresses.is_empty() {
            extensions.push(extension(oid::SUBJECT_ALT_NAME, self.subject_is_empty, &self.other_names()?));
        }
        let extensions = element(tag::SEQUENCE, &extensions.concat());
        Ok(element(tag::context_constructed(3), &extensions))
    }

    /// Bits counted from the left: 0 for signatures, 2 for encrypting keys, 5 for certificates.
    fn key_usage(&self) -> Vec<u8> {
        let usage =
            if self.is_authority { bit_string(&[0b1010_0100], 2) } else { bit_string(&[0b1010_0000], 5) };
        extension(oid::KEY_USAGE, true, &usage)
    }

    fn basic_constraints(&self) -> Vec<u8> {
        let authority = if self.is_authority { boolean(true) } else { Vec::new() };
        extension(oid::BASIC_CONSTRAINTS, true, &sequence(&[&authority]))
    }

    fn other_names(&self) -> Result<Vec<u8>, CertificateError> {
        let mut names = Vec::new();
        for name in self.dns_names {
            if !name.is_ascii() {
                return Err(CertificateError::NotAscii(name.clone()));
            }
            names.push(element(tag::context(2), name));
        }
        names.extend(self.addresses.iter().map(|address| match address.to_canonical() {
            IpAddr::V4(address) => element(tag::context(7), &address.octets()),
            IpAddr::V6(address) => element(tag::context(7), &address.octets()),
        }));
        Ok(element(tag::SEQUENCE, &names.concat()))
    }
}

fn extended_key_usage() -> Vec<u8> {
    let usages = sequence(&[
        &element(tag::OBJECT_IDENTIFIER, oid::SERVER_AUTH),
        &element(tag::OBJECT_IDENTIFIER, oid::CLIENT_AUTH),
    ]);
    extension(oid::EXTENDED_KEY_USAGE, false, &usages)
}

fn extension(name: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { boolean(true) } else { Vec::new() };
    sequence(&[&element(tag::OBJECT_IDENTIFIER, name), &critical, &octet_string(value)])
}
