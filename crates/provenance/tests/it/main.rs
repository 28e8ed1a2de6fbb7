//! Charts are signed and checked with keys of many kinds.
//!
//! The keys and the messages in `keys/` were made with GnuPG 2 for these tests, and unlock nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use wheelhouse_provenance::{Error, Keyring, verify};

const ARCHIVE: &[u8] = b"an archive";
const NAME: &str = "web-1.2.3.tgz";
const DIGEST: &str = "sha256:9e691d5adacf0e102f203100842ffaba4e2a7dfe3dbd536827d3c0db8c7e88f1";
const METADATA: &[u8] = b"apiVersion: v2\nkeywords:\n- a\nname: web\nversion: 1.2.3\n";

/// Shortly after the keys and messages were made.
const THEN: u64 = 1_795_306_500;
const SALT: &[u8; 32] = b"a salt that is anything but that";

fn binary(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/it/keys/{name}.gpg", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The keys of these files together.
fn ring(names: &[&str]) -> Keyring {
    let bytes: Vec<u8> = names.iter().flat_map(|name| binary(name)).collect();
    Keyring::parse(&bytes).unwrap()
}

fn message(name: &str) -> String {
    let path = format!("{}/tests/it/keys/{name}.prov", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn check(keyring: &Keyring, provenance: &str, now: u64) -> Result<Vec<String>, String> {
    match verify(keyring, ARCHIVE, provenance.as_bytes(), NAME, now) {
        Ok(verification) => {
            assert_eq!(verification.digest, DIGEST);
            assert_eq!(verification.fingerprint.len(), 20);
            Ok(verification.identities)
        }
        Err(error) => Err(error.to_string()),
    }
}

fn sign(keyring: &Keyring, name: &str, passphrase: &str, now: u64) -> Result<String, Error> {
    let signer = keyring.choose(name)?.unlock(|_| Ok::<_, Error>(passphrase.as_bytes().to_vec()))?;
    signer.sign(ARCHIVE, NAME, METADATA, now, SALT)
}

const ALL: &[&str] = &["plain", "cert", "ed", "nist", "short", "locked", "gone"];

#[test]
fn what_gnupg_signs_is_verified() {
    let all = ring(ALL);
    for (file, name) in [
        ("plain", "Plain Key <plain@example.org>"),
        // The key itself may not sign: its subkey has.
        ("cert", "Cert Only <cert@example.org>"),
        ("ed", "Edward Key <ed@example.org>"),
        ("nist", "Nist Key <nist@example.org>"),
    ] {
        assert_eq!(check(&all, &message(file), THEN), Ok(vec![name.to_owned()]), "{file}");
        assert_eq!(check(&ring(&[file]), &message(file), THEN), Ok(vec![name.to_owned()]), "{file} alone");
    }
}

#[test]
fn what_is_signed_here_is_verified() {
    let all = ring(ALL);
    for (name, user) in [
        ("plain@", "Plain Key <plain@example.org>"),
        ("Edward Key <ed@example.org>", "Edward Key <ed@example.org>"),
        ("Nist", "Nist Key <nist@example.org>"),
        ("Locked", "Locked Key <locked@example.org>"),
    ] {
        let signed = sign(&all, name, "open sesame", THEN).unwrap();
        assert_eq!(check(&all, &signed, THEN), Ok(vec![user.to_owned()]), "{name}");
    }
    let signed = sign(&all, "plain", "", THEN).unwrap();
    let head = format!(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\napiVersion: v2\nkeywords:\n- - a\nname: web\n\
         version: 1.2.3\n\n...\nfiles:\n  {NAME}: {DIGEST}\n\n-----BEGIN PGP SIGNATURE-----\n\n"
    );
    assert!(signed.starts_with(&head), "{signed}");
    assert!(signed.ends_with("=\n-----END PGP SIGNATURE-----"), "{signed}");
}

#[test]
fn what_does_not_hold_is_refused() {
    let plain = ring(&["plain"]);
    let message = message("plain");
    let refused = |text: &str, expect: &str| {
        assert_eq!(check(&plain, text, THEN), Err(expect.to_owned()));
    };
    refused(
        &message.replace("name: web", "name: wet"),
        "openpgp: invalid signature: RSA verification failure",
    );
    refused(&message.replace("PGP SIGNED", "PGP SINGED"), "signature block not found");
    refused("", "signature block not found");
    // Whitespace at the ends of lines is not signed.
    assert!(check(&plain, &message.replace("name: web", "name: web \t"), THEN).is_ok());
    assert_eq!(
        verify(&plain, b"another", message.as_bytes(), NAME, THEN).unwrap_err().to_string(),
        format!(
            "sha256 sum does not match for {NAME}: \"{DIGEST}\" != \
             \"sha256:ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5\""
        )
    );
    assert_eq!(
        verify(&plain, ARCHIVE, message.as_bytes(), "web.tgz", THEN).unwrap_err().to_string(),
        "provenance does not contain a SHA for a file named \"web.tgz\""
    );
}

#[test]
fn the_signer_must_be_in_the_keyring_and_allowed_to_sign() {
    let unknown = Err("openpgp: signature made by unknown entity".to_owned());
    assert_eq!(check(&ring(&["ed", "nist"]), &message("plain"), THEN), unknown);
    assert_eq!(check(&Keyring::parse(b"").unwrap(), &message("plain"), THEN), unknown);
    // As Helm, it is the key itself that signs; that this one may not shows only when it is checked.
    let cert = ring(&["cert"]);
    let signed = sign(&cert, "Cert", "", THEN).unwrap();
    assert_eq!(check(&cert, &signed, THEN), unknown);
}

#[test]
fn keys_and_signatures_have_their_time() {
    let short = ring(&["short"]);
    let made = 1_795_305_960;
    let signed = (0..60).find_map(|second| {
        let now = made + second;
        let signed = sign(&short, "Short", "", now).unwrap();
        check(&short, &signed, now).is_ok().then_some((signed, now))
    });
    let (signed, now) = signed.expect("the key is valid for three seconds");
    assert_eq!(check(&short, &signed, now + 60), Err("openpgp: key expired".to_owned()));
    assert_eq!(check(&short, &signed, now - 60), Err("openpgp: key expired".to_owned()));
    let plain = ring(&["plain"]);
    let later = sign(&plain, "Plain", "", THEN + 60).unwrap();
    assert_eq!(check(&plain, &later, THEN), Err("openpgp: signature expired".to_owned()));
    let gone = ring(&["gone"]);
    assert_eq!(
        check(&gone, &message("gone"), THEN),
        Err("openpgp: signature made by revoked key".to_owned())
    );
}

#[test]
fn keys_are_chosen_by_name() {
    let all = ring(ALL);
    let error = |name: &str, passphrase: &str| sign(&all, name, passphrase, THEN).unwrap_err().to_string();
    assert_eq!(error("example.org", ""), "more than one key contain the id \"example.org\"");
    assert_eq!(error("nobody", ""), "private key not found");
    assert_eq!(
        error("Gone", ""),
        "provided key is not a private key. Try providing a keyring with secret keys"
    );
    assert_eq!(error("Locked", "open says me"), "openpgp: invalid data: private key checksum failure");
    let mut asked = String::new();
    let signer = all.choose("Locked").unwrap().unlock(|name| {
        asked = name.to_owned();
        Ok::<_, Error>(b"open sesame".to_vec())
    });
    assert!(signer.is_ok());
    assert_eq!(asked, "Locked Key <locked@example.org>");
}

#[test]
fn what_is_no_keyring_is_refused() {
    let error = |bytes: &[u8]| Keyring::parse(bytes).unwrap_err().to_string();
    let msb = "openpgp: invalid data: tag byte does not have MSB set";
    assert_eq!(error(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n"), msb);
    assert_eq!(error(b"\0\0\0 \x01KBXf"), msb);
    let plain = binary("plain");
    assert_eq!(error(&plain[..plain.len() - 10]), "unexpected EOF");
    assert_eq!(error(&plain[..20]), "unexpected EOF");
    // A key whose user id it has not signed itself.
    let position = plain.windows(5).position(|window| window == b"Plain").unwrap();
    let mut other = plain.clone();
    other[position] = b'p';
    assert_eq!(
        error(&other),
        "openpgp: invalid data: user ID self-signature invalid: openpgp: invalid signature: RSA verification failure"
    );
    // It is passed over where there is another.
    let both = Keyring::parse(&[other, binary("ed")].concat());
    assert!(both.is_err() || check(&both.unwrap(), &message("plain"), THEN).is_err());
}

#[test]
fn damaged_keyrings_and_messages_end_in_errors() {
    let (key, message) = (binary("cert"), message("cert"));
    for index in (0..key.len()).step_by(7) {
        for bit in [1, 0x80] {
            let mut damaged = key.clone();
            damaged[index] ^= bit;
            // Whatever comes out, it comes out.
            let _ = Keyring::parse(&damaged).map(|ring| check(&ring, &message, THEN));
        }
    }
    let ring = ring(&["cert"]);
    let start = message.find("SIGNATURE").unwrap();
    for index in start..message.len() {
        let mut damaged = message.clone().into_bytes();
        damaged[index] = if damaged[index] == b'A' { b'B' } else { b'A' };
        let _ = check(&ring, &String::from_utf8(damaged).unwrap(), THEN);
    }
}
