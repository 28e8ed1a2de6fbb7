use wheelhouse_gocrypto::{Certificate, Entropy, KeyType, Moment, PrivateKey, Request, Signer, hash, pem};

use crate::{generate, stream};

const NEW_YEAR: Moment = Moment { year: 2025, month: 1, day: 1, hour: 0, minute: 0, second: 0 };

fn request(common_name: &str, is_authority: bool) -> Request {
    Request {
        common_name: common_name.into(),
        dns_names: Vec::new(),
        addresses: Vec::new(),
        not_before: NEW_YEAR,
        not_after: Moment { year: 2050, ..NEW_YEAR },
        is_authority,
    }
}

fn issue(request: &Request, key: &PrivateKey, signer: Signer<'_>) -> Result<String, String> {
    request.issue(key, signer, &mut Entropy::new(&mut stream(9))).map_err(|error| error.to_string())
}

fn parse(text: &str) -> Result<Certificate, String> {
    Certificate::from_pem(text.as_bytes()).unwrap().map_err(|error| error.to_string())
}

/// The certificate as hexadecimal.
fn hex(text: &str) -> String {
    pem::decode(text.as_bytes()).unwrap().data.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_authority_says_so() {
    let key = generate(KeyType::Ed25519, 1);
    let encoded = hex(&issue(&request("ca", true), &key, Signer::Itself).unwrap());
    // Key usage: signatures, encrypting keys, certificates.
    assert!(encoded.contains("0603551d0f0101ff0404030202a4"), "{encoded}");
    // Extended key usage: servers and clients.
    assert!(encoded.contains("0603551d250416301406082b0601050507030106082b06010505070302"));
    assert!(encoded.contains("0603551d130101ff040530030101ff"));
    assert!(encoded.contains("0603551d0e04160414"));
    assert!(!encoded.contains("0603551d23"), "a certificate signed by itself names no other key");
    // 2025 in two digits, 2050 in four.
    assert!(encoded.contains("170d3235303130313030303030305a180f32303530303130313030303030305a"));
}

#[test]
fn a_leaf_names_its_authority() {
    let (authority_key, key) = (generate(KeyType::EcdsaP256, 1), generate(KeyType::Ed25519, 2));
    let authority = parse(&issue(&request("ca", true), &authority_key, Signer::Itself).unwrap()).unwrap();
    let signer = Signer::Authority { certificate: &authority, key: &authority_key };
    let leaf = Request {
        dns_names: vec![b"a.example".to_vec()],
        addresses: vec![
            "10.0.0.1".parse().unwrap(),
            "::ffff:10.0.0.2".parse().unwrap(),
            "2001:db8::1".parse().unwrap(),
        ],
        ..request("leaf", false)
    };
    let encoded = hex(&issue(&leaf, &key, signer).unwrap());
    assert!(encoded.contains("0603551d0f0101ff0404030205a0"), "{encoded}");
    assert!(encoded.contains("0603551d130101ff04023000"));
    assert!(!encoded.contains("0603551d0e"), "only authorities tell their key");
    assert!(encoded.contains("0603551d230418301680"), "{encoded}");
    let names = "0603551d11042b30298209612e6578616d706c6587040a00000187040a000002871020010db8000000000000000000000001";
    assert!(encoded.contains(names), "{encoded}");
    assert!(encoded.contains("06082a8648ce3d040302"), "signed by the authority's kind of key");
}

#[test]
fn names() {
    let key = generate(KeyType::Ed25519, 1);
    let named = |name: &str| hex(&issue(&request(name, false), &key, Signer::Itself).unwrap());
    assert!(named("a b'()+,-./:=?").contains("0603550403130e"));
    assert!(named("*.example").contains("06035504030c09"));
    assert!(named("é").contains("06035504030c02c3a9"));
    assert!(named("").contains("3000"));
    let alternative = Request { dns_names: vec![b"a".to_vec()], ..request("", false) };
    let encoded = hex(&issue(&alternative, &key, Signer::Itself).unwrap());
    assert!(
        encoded.contains("0603551d110101ff0405300382"),
        "with no other name it must be understood: {encoded}"
    );
    let foreign = Request { dns_names: vec!["é".into()], ..request("a", false) };
    assert!(
        issue(&foreign, &key, Signer::Itself).unwrap_err().ends_with("cannot be encoded as an IA5String")
    );
    let invalid = Request { common_name: vec![0xff], ..request("a", false) };
    assert_eq!(issue(&invalid, &key, Signer::Itself).unwrap_err(), "asn1: string not valid UTF-8");
    let late = Request { not_after: Moment { year: 10_000, ..NEW_YEAR }, ..request("a", false) };
    assert_eq!(
        issue(&late, &key, Signer::Itself).unwrap_err(),
        "asn1: structure error: cannot represent time as GeneralizedTime"
    );
}

#[test]
fn the_key_must_be_the_authoritys() {
    let (key, other) = (generate(KeyType::EcdsaP256, 1), generate(KeyType::EcdsaP256, 2));
    let authority = parse(&issue(&request("ca", true), &key, Signer::Itself).unwrap()).unwrap();
    let signer = Signer::Authority { certificate: &authority, key: &other };
    assert_eq!(
        issue(&request("leaf", false), &key, signer).unwrap_err(),
        "x509: provided PrivateKey doesn't match parent's PublicKey"
    );
}

#[test]
fn rsa_certificates_are_the_same_each_time() {
    let key = generate(KeyType::Rsa { bits: 2048 }, 5);
    let text = issue(&request("ca", true), &key, Signer::Itself).unwrap();
    assert_eq!(text, issue(&request("ca", true), &key, Signer::Itself).unwrap());
    assert!(hex(&text).contains("300d06092a864886f70d01010b0500"));
    parse(&text).unwrap();
}

#[test]
fn what_is_no_certificate() {
    let check = |data: &[u8], expected: &str| {
        assert_eq!(parse(&pem::encode("CERTIFICATE", data)).unwrap_err(), expected, "{data:x?}");
    };
    check(b"x", "x509: malformed certificate");
    check(&[0x30, 2, 5, 0], "x509: malformed tbs certificate");
    check(&[0x30, 2, 0x30, 0], "x509: malformed serial number");
    check(&[0x30, 7, 0x30, 5, 0xa0, 3, 2, 1, 3], "x509: invalid version");
    check(&[0x30, 5, 0x30, 3, 2, 1, 0xff], "x509: negative serial number");
    assert!(Certificate::from_pem(b"").is_none());
}

#[test]
fn cutting_a_certificate_off_never_panics() {
    let key = generate(KeyType::EcdsaP256, 1);
    let data =
        pem::decode(issue(&request("ca", true), &key, Signer::Itself).unwrap().as_bytes()).unwrap().data;
    for length in 0..data.len() {
        assert!(parse(&pem::encode("CERTIFICATE", &data[..length])).is_err());
        let mut changed = data.clone();
        changed[length] ^= 0x55;
        let _ = parse(&pem::encode("CERTIFICATE", &changed));
    }
    assert_eq!(hash::sha256_hex(&data).len(), 64);
}
