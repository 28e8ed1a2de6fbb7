use super::Certificate;
use crate::der::{Reader, oid, tag};
use crate::error::CertificateError;
use crate::key::{Curve, PublicKey};
use crate::pem;

type Result<T> = std::result::Result<T, CertificateError>;

/// Something missing or wrong, by Go's name of it.
fn or<T>(value: Option<T>, what: &'static str) -> Result<T> {
    value.ok_or(CertificateError::Malformed(what))
}

impl Certificate {
    /// Reads the first block of a PEM text, whatever its label; none if there is no block.
    ///
    /// # Errors
    /// The block is no certificate.
    pub fn from_pem(text: &[u8]) -> Option<Result<Self>> {
        pem::decode(text).map(|block| Self::from_der(&block.data))
    }

    /// Reads a certificate, checking its form in Go's order.
    fn from_der(encoded: &[u8]) -> Result<Self> {
        let mut outer = Reader::new(encoded);
        let mut certificate = or(outer.sequence(), "malformed certificate")?;
        let mut fields = or(certificate.sequence(), "malformed tbs certificate")?;
        let version = version(&mut fields)?;
        let serial = or(fields.integer(), "malformed serial number")?;
        if serial.first().is_some_and(|&byte| byte >= 0x80) {
            return Err(CertificateError::Malformed("negative serial number"));
        }
        let algorithm = or(fields.contents(tag::SEQUENCE), "malformed signature algorithm identifier")?;
        let outer_algorithm = or(certificate.contents(tag::SEQUENCE), "malformed algorithm identifier")?;
        if algorithm != outer_algorithm {
            return Err(CertificateError::Malformed(
                "inner and outer signature algorithm identifiers don't match",
            ));
        }
        or(Reader::new(algorithm).contents(tag::OBJECT_IDENTIFIER), "malformed OID")?;
        let issuer = or(fields.element(tag::SEQUENCE), "malformed issuer")?;
        check_name(issuer.contents)?;
        check_validity(or(fields.sequence(), "malformed validity")?)?;
        let subject = or(fields.element(tag::SEQUENCE), "malformed issuer")?;
        check_name(subject.contents)?;
        let public_key = public_key(or(fields.sequence(), "malformed spki")?)?;
        let subject_key_id = if version == 2 { extensions(&mut fields)? } else { Vec::new() };
        if !outer.is_empty() {
            return Err(CertificateError::Malformed("trailing data"));
        }
        or(certificate.bytes_of_bits(), "malformed signature")?;
        Ok(Self { subject: subject.whole.to_vec(), subject_key_id, public_key })
    }
}

/// The version, counted from 0; 0 if it is not written.
fn version(fields: &mut Reader<'_>) -> Result<u8> {
    if !fields.peek(tag::context_constructed(0)) {
        return Ok(0);
    }
    let number = fields.contents(tag::context_constructed(0)).and_then(|field| Reader::new(field).integer());
    match or(number, "malformed version")? {
        [version @ 0..=2] => Ok(*version),
        [0x80..=0xff, ..] => Err(CertificateError::Malformed("malformed version")),
        _ => Err(CertificateError::Malformed("invalid version")),
    }
}

fn check_name(contents: &[u8]) -> Result<()> {
    let mut name = Reader::new(contents);
    while !name.is_empty() {
        let mut set = Reader::new(or(name.contents(tag::SET), "invalid RDNSequence")?);
        while !set.is_empty() {
            let mut attribute = or(set.sequence(), "invalid RDNSequence: invalid attribute")?;
            or(attribute.contents(tag::OBJECT_IDENTIFIER), "invalid RDNSequence: invalid attribute type")?;
            or(attribute.any(), "invalid RDNSequence: invalid attribute value")?;
        }
    }
    Ok(())
}

fn check_validity(mut validity: Reader<'_>) -> Result<()> {
    for _ in 0..2 {
        let time = or(
            validity.any().filter(|time| matches!(time.tag, tag::UTC_TIME | tag::GENERALIZED_TIME)),
            "unsupported time format",
        )?;
        let what = if time.tag == tag::UTC_TIME { "malformed UTCTime" } else { "malformed GeneralizedTime" };
        let digits = time.contents.iter().take_while(|byte| byte.is_ascii_digit()).count();
        or((digits >= 10).then_some(()), what)?;
    }
    Ok(())
}

/// The key, if its algorithm is one of those certificates are issued for here.
fn public_key(mut fields: Reader<'_>) -> Result<Option<PublicKey>> {
    let algorithm = or(fields.element(tag::SEQUENCE), "malformed public key algorithm identifier")?;
    let mut parameters = Reader::new(algorithm.contents);
    let name = or(parameters.contents(tag::OBJECT_IDENTIFIER), "malformed OID")?;
    let bits = or(fields.bytes_of_bits(), "malformed subjectPublicKey")?;
    if name == oid::RSA {
        or(parameters.contents(tag::NULL), "RSA key missing NULL parameters")?;
        let mut key = or(Reader::new(bits).sequence(), "invalid RSA public key")?;
        or(key.positive(), "invalid RSA modulus")?;
        or(key.positive(), "invalid RSA public exponent")?;
    } else if name == oid::EC {
        let curve = or(parameters.contents(tag::OBJECT_IDENTIFIER), "invalid ECDSA parameters")?;
        let curve = or(Curve::from_identifier(curve), "unsupported elliptic curve")?;
        let whole = bits.len() == 2 * curve.size() + 1 && bits.first() == Some(&4);
        or(whole.then_some(()), "failed to unmarshal elliptic curve point")?;
    } else if name == oid::ED25519 {
        or(parameters.is_empty().then_some(()), "Ed25519 key encoded with illegal parameters")?;
        or((bits.len() == 32).then_some(()), "wrong Ed25519 public key size")?;
    } else {
        return Ok(None);
    }
    Ok(Some(PublicKey { algorithm: algorithm.whole.to_vec(), bits: bits.to_vec() }))
}

/// Reads the extensions, if there are any; gives the identifier of the key.
fn extensions(fields: &mut Reader<'_>) -> Result<Vec<u8>> {
    for unique_id in [1, 2] {
        if fields.peek(tag::context(unique_id)) {
            or(fields.any(), "malformed issuerUniqueID")?;
        }
    }
    let Some(field) = fields.contents(tag::context_constructed(3)) else { return Ok(Vec::new()) };
    let mut extensions = or(Reader::new(field).sequence(), "malformed extensions")?;
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut subject_key_id = Vec::new();
    while !extensions.is_empty() {
        let mut extension = or(extensions.sequence(), "malformed extension")?;
        let name = or(extension.contents(tag::OBJECT_IDENTIFIER), "malformed extension OID field")?;
        let critical = match extension.peek(tag::BOOLEAN) {
            true => {
                let flag = extension.contents(tag::BOOLEAN).filter(|flag| matches!(flag, [0 | 0xff]));
                or(flag, "malformed extension critical field")? == [0xff]
            }
            false => false,
        };
        let value = or(extension.contents(tag::OCTET_STRING), "malformed extension value field")?;
        if seen.contains(&name) {
            return Err(CertificateError::DuplicateExtension(oid::dotted(name)));
        }
        seen.push(name);
        if name == oid::SUBJECT_KEY_ID {
            if critical {
                return Err(CertificateError::Malformed(
                    "subject key identifier incorrectly marked critical",
                ));
            }
            let identifier = Reader::new(value).contents(tag::OCTET_STRING);
            subject_key_id = or(identifier, "invalid subject key identifier")?.to_vec();
        }
    }
    Ok(subject_key_id)
}
