use wheelhouse_gocrypto::{KeyType, PrivateKey, pem};

use crate::generate;

/// Reading what was written gives the same text.
fn check_again(key: &PrivateKey, label: &str) {
    let text = key.to_pem();
    assert!(text.starts_with(&format!("-----BEGIN {label}-----\n")), "{text}");
    assert_eq!(PrivateKey::from_pem(text.as_bytes()).unwrap().to_pem(), text);
}

fn check_error(text: &str, expected: &str) {
    assert_eq!(PrivateKey::from_pem(text.as_bytes()).unwrap_err().to_string(), expected);
}

#[test]
fn keys_are_read_and_written() {
    check_again(&generate(KeyType::Rsa { bits: 2048 }, 1), "RSA PRIVATE KEY");
    check_again(&generate(KeyType::EcdsaP256, 1), "EC PRIVATE KEY");
    check_again(&generate(KeyType::Ed25519, 1), "PRIVATE KEY");
}

#[test]
fn dsa_keys_are_read_and_written() {
    check_again(&generate(KeyType::Dsa, 1), "DSA PRIVATE KEY");
}

#[test]
fn the_same_randomness_makes_the_same_key() {
    for key_type in [KeyType::Rsa { bits: 1024 }, KeyType::EcdsaP256, KeyType::Ed25519] {
        assert_eq!(generate(key_type, 7).to_pem(), generate(key_type, 7).to_pem());
        assert_ne!(generate(key_type, 7).to_pem(), generate(key_type, 8).to_pem());
    }
}

#[test]
fn small_moduli_are_refused() {
    let mut fill = crate::stream(1);
    let entropy = &mut wheelhouse_gocrypto::Entropy::new(&mut fill);
    assert!(PrivateKey::generate(KeyType::Rsa { bits: 512 }, entropy).is_err());
}

#[test]
fn keys_of_other_programs() {
    // openssl genpkey -algorithm ed25519
    let ed25519 = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINitadd9kfW6tDD4o54tjSALgwI2SPDb9y3hOSOUs/Qb\n-----END PRIVATE KEY-----\n";
    assert_eq!(PrivateKey::from_pem(ed25519.as_bytes()).unwrap().to_pem(), ed25519);
    // openssl ecparam -genkey, and the same key in PKCS#8.
    let ec = generate(KeyType::EcdsaP256, 3).to_pem();
    let sec1 = pem::decode(ec.as_bytes()).unwrap().data;
    let mut pkcs8 = vec![0x30, 0x81, 0x93, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    pkcs8.extend([6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x79]);
    pkcs8.extend(&sec1);
    let text = pem::encode("PRIVATE KEY", &pkcs8);
    assert_eq!(PrivateKey::from_pem(text.as_bytes()).unwrap().to_pem(), ec);
}

#[test]
fn errors() {
    check_error("", "no PEM data in input");
    check_error(&pem::encode("CERTIFICATE", b"x"), "no private key data in PEM block of type CERTIFICATE");
    check_error(&pem::encode("X PRIVATE KEY", b"x"), "invalid private key type X PRIVATE KEY");
    check_error(
        &pem::encode("EC PRIVATE KEY", &[0x30, 6, 2, 1, 2, 4, 1, 1]),
        "parsing EC private key from PEM: x509: unknown EC private key version 2",
    );
    check_error(
        &pem::encode("EC PRIVATE KEY", &[0x30, 6, 2, 1, 1, 4, 1, 1]),
        "parsing EC private key from PEM: x509: unknown elliptic curve",
    );
    let unknown = [0x30, 15, 2, 1, 0, 0x30, 7, 6, 5, 0x2b, 0x0e, 3, 2, 26, 4, 1, 1];
    check_error(
        &pem::encode("PRIVATE KEY", &unknown),
        "decoding PEM as PKCS#8: x509: PKCS#8 wrapping contained private key with unknown algorithm: 1.3.14.3.2.26",
    );
    for (label, prefix) in [("RSA", "parsing RSA"), ("EC", "parsing EC"), ("DSA", "parsing DSA")] {
        let error =
            PrivateKey::from_pem(pem::encode(&format!("{label} PRIVATE KEY"), b"x").as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with(prefix), "{error}");
    }
}
