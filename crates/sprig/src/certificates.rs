//! Certificates.

use std::any::Any;
use std::net::IpAddr;

use wheelhouse_gocrypto::{Certificate, CertificateError, Moment, PrivateKey, Request, Signer};
use wheelhouse_gotemplate::Parameter::{Int, List as AnyList, Named, String as Str};
use wheelhouse_gotemplate::format::display;
use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_gotemplate::{
    Arguments, CallError, Context, Function, GoString, Object, Parameter, Signature, Value,
};
use wheelhouse_gotime::{Duration, Location, Time};

use crate::call::{Outcome, function};
use crate::crypto::{certificate_key, with_entropy};
use crate::dates::now;
use crate::encoding::decode_base64;

const CERTIFICATE: Parameter = Named(Pair::TYPE);

pub(crate) const TABLE: &[Function] = &[
    function("buildCustomCert", Signature::fixed(&[Str, Str], CERTIFICATE), build_custom),
    function("genCA", Signature::fixed(&[Str, Int], CERTIFICATE), |context, arguments| {
        authority(context, arguments, None)
    }),
    function("genCAWithKey", Signature::fixed(&[Str, Int, Str], CERTIFICATE), |context, arguments| {
        authority(context, arguments, Some(given_key(arguments, 2)?))
    }),
    function(
        "genSelfSignedCert",
        Signature::fixed(&[Str, AnyList, AnyList, Int], CERTIFICATE),
        |context, arguments| self_signed(context, arguments, None),
    ),
    function(
        "genSelfSignedCertWithKey",
        Signature::fixed(&[Str, AnyList, AnyList, Int, Str], CERTIFICATE),
        |context, arguments| self_signed(context, arguments, Some(given_key(arguments, 4)?)),
    ),
    function(
        "genSignedCert",
        Signature::fixed(&[Str, AnyList, AnyList, Int, CERTIFICATE], CERTIFICATE),
        |context, arguments| signed(context, arguments, None),
    ),
    function(
        "genSignedCertWithKey",
        Signature::fixed(&[Str, AnyList, AnyList, Int, CERTIFICATE, Str], CERTIFICATE),
        |context, arguments| signed(context, arguments, Some(given_key(arguments, 5)?)),
    ),
];

/// A certificate and its key, both as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    certificate: GoString,
    key: GoString,
}

impl Pair {
    const TYPE: &'static str = "sprig.certificate";
}

impl Object for Pair {
    fn type_name(&self) -> &'static str {
        Self::TYPE
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Cert", Value::String(self.certificate.clone())), ("Key", Value::String(self.key.clone()))]
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Checks a certificate and a key, both in base64, and gives them as they are.
fn build_custom(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let decode = |index: usize, what: &str| {
        decode_base64(arguments.string(index)?.as_bytes())
            .map_err(|_| CallError::message(format!("unable to decode base64 {what}")))
    };
    context.charge_bytes(arguments.string(0)?.len() + arguments.string(1)?.len())?;
    let certificate = decode(0, "certificate")?;
    let key = decode(1, "private key")?;
    parse_certificate(&certificate)?;
    parse_key(&key)?;
    Ok(Value::object(Pair { certificate: certificate.into(), key: key.into() }))
}

fn authority(context: &mut dyn Context, arguments: Arguments<'_>, key: Option<PrivateKey>) -> Outcome {
    let key = key.map_or_else(|| certificate_key(context), Ok)?;
    let names = Names { dns: Vec::new(), addresses: Vec::new() };
    let request =
        Request { is_authority: true, ..request(context, arguments.string(0)?, names, arguments.int(1)?)? };
    issue(context, &request, &key, Signer::Itself)
}

fn self_signed(context: &mut dyn Context, arguments: Arguments<'_>, key: Option<PrivateKey>) -> Outcome {
    let names = Names::read(context, arguments)?;
    let key = key.map_or_else(|| certificate_key(context), Ok)?;
    let request = request(context, arguments.string(0)?, names, arguments.int(3)?)?;
    issue(context, &request, &key, Signer::Itself)
}

fn signed(context: &mut dyn Context, arguments: Arguments<'_>, key: Option<PrivateKey>) -> Outcome {
    let pair = match arguments.any(4) {
        Value::Object(object) => object.as_any().downcast_ref::<Pair>(),
        _ => None,
    };
    let pair = pair.ok_or_else(CallError::nil_dereference)?;
    let certificate = parse_certificate(pair.certificate.as_bytes())?;
    let authority_key = parse_key(pair.key.as_bytes())?;
    let names = Names::read(context, arguments)?;
    let key = key.map_or_else(|| certificate_key(context), Ok)?;
    let request = request(context, arguments.string(0)?, names, arguments.int(3)?)?;
    issue(context, &request, &key, Signer::Authority { certificate: &certificate, key: &authority_key })
}

/// A key handed in as PEM.
fn given_key(arguments: Arguments<'_>, index: usize) -> Result<PrivateKey, CallError> {
    PrivateKey::from_pem(arguments.string(index)?.as_bytes())
        .map_err(|error| CallError::message(format!("parsing private key: {error}")))
}

fn parse_key(text: &[u8]) -> Result<PrivateKey, CallError> {
    PrivateKey::from_pem(text)
        .map_err(|error| CallError::message(format!("error parsing private key: {error}")))
}

fn parse_certificate(text: &[u8]) -> Result<Certificate, CallError> {
    Certificate::from_pem(text)
        .ok_or_else(|| CallError::message("unable to decode certificate"))?
        .map_err(|error| CallError::message(format!("error parsing certificate: decodedCert.Bytes: {error}")))
}

/// The names a certificate is for besides the common name.
struct Names {
    dns: Vec<Vec<u8>>,
    addresses: Vec<IpAddr>,
}

impl Names {
    /// Reads the second and third argument: addresses and DNS names.
    fn read(context: &mut dyn Context, arguments: Arguments<'_>) -> Result<Self, CallError> {
        let mut addresses = Vec::new();
        for item in arguments.list(1)?.items() {
            let Value::String(text) = item else {
                let shown = display(context, item)?;
                return Err(CallError::message(format!("error parsing ip: {shown} is not a string")));
            };
            let address = text.as_str().and_then(|text| text.parse().ok());
            addresses.push(address.ok_or_else(|| CallError::message(format!("error parsing ip: {text}")))?);
        }
        let mut dns = Vec::new();
        for item in arguments.list(2)?.items() {
            let Value::String(name) = item else {
                let shown = display(context, item)?;
                let text = format!("error processing alternate dns name: {shown} is not a string");
                return Err(CallError::message(text));
            };
            dns.push(name.as_bytes().to_vec());
        }
        Ok(Self { dns, addresses })
    }
}

/// A request that holds from now on for so many days.
fn request(
    context: &dyn Context,
    common_name: &GoString,
    names: Names,
    days: i64,
) -> Result<Request, CallError> {
    let begin = now(context)?.in_location(Location::UTC);
    // More than some 106,751 days wrap around, as in Go.
    let end = begin.add(Duration(Duration::HOUR.0.wrapping_mul(24).wrapping_mul(days)));
    Ok(Request {
        common_name: common_name.as_bytes().to_vec(),
        dns_names: names.dns,
        addresses: names.addresses,
        not_before: moment(&begin),
        not_after: moment(&end),
        is_authority: false,
    })
}

fn moment(time: &Time) -> Moment {
    Moment {
        year: time.year(),
        month: time.month().0,
        day: time.day(),
        hour: time.hour(),
        minute: time.minute(),
        second: time.second(),
    }
}

/// Issues the certificate; a key that was handed in comes back in the form of its kind.
fn issue(context: &mut dyn Context, request: &Request, key: &PrivateKey, signer: Signer<'_>) -> Outcome {
    let certificate = with_entropy(context, |entropy| request.issue(key, signer, entropy))?;
    let certificate = certificate.map_err(|error| {
        let error = match error {
            CertificateError::NotAscii(name) => {
                format!("x509: {} cannot be encoded as an IA5String", quote(&name))
            }
            error => error.to_string(),
        };
        CallError::message(format!("error creating certificate: {error}"))
    })?;
    let key = key.to_pem();
    context.charge_bytes(certificate.len() + key.len())?;
    Ok(Value::object(Pair { certificate: certificate.into(), key: key.into() }))
}
