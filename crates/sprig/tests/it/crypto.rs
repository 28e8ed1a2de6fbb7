//! Digests, password hashes, encryption, private keys.

use crate::support::{check, check_error};

#[test]
fn digests() {
    check(r#"{{ sha1sum "a" }}"#, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8");
    check(r#"{{ sha256sum "" }}"#, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check(r#"{{ sha512sum "a" | trunc 10 }} {{ adler32sum "abc" }}"#, "1f40fc92da 38600999");
}

#[test]
fn password_hashes() {
    check(r#"{{ htpasswd "a:b" "c" }}"#, "invalid username: a:b");
    check(r#"{{ htpasswd "a" "b" | trunc 9 }} {{ bcrypt "x" | len }}"#, "a:$2a$10$ 60");
    check(
        r#"{{ bcrypt (repeat 73 "x") }}"#,
        "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes",
    );
    check(r#"{{ derivePassword 1 "long" "password" "user" "example.com" }}"#, "ZedaFaxcZaso9*");
    check(r#"{{ derivePassword 1 "foo" "p" "u" "s" }}"#, "cannot find password template foo");
    check_error(r#"{{ derivePassword -1 "long" "p" "u" "s" }}"#, "expected unsigned integer; found -1");
}

#[test]
fn encryption() {
    check(r#"{{ encryptAES "k" "" }}|{{ decryptAES "k" "" }}"#, "|");
    check(r#"{{ encryptAES "k" "plaintext" | decryptAES "k" }}"#, "plaintext");
    check(r#"{{ encryptAES "k" "abc" | b64dec | len }}"#, "32");
    check_error(
        r#"{{ decryptAES "k" "!!" }}"#,
        "error calling decryptAES: illegal base64 data at input byte 0",
    );
    check_error(
        r#"{{ decryptAES "k" "YWJj" }}"#,
        "error calling decryptAES: runtime error: slice bounds out of range [:16] with capacity 3",
    );
    check_error(
        r#"{{ decryptAES "k" "MDEyMzQ1Njc4OWFiY2RlZjAxMjM=" }}"#,
        "error calling decryptAES: crypto/cipher: input not full blocks",
    );
    check_error(
        r#"{{ decryptAES "k" "MDEyMzQ1Njc4OWFiY2RlZg==" }}"#,
        "error calling decryptAES: runtime error: index out of range [-1]",
    );
}

#[test]
fn private_keys() {
    check(r#"{{ genPrivateKey "ecdsa" | trunc 31 }}"#, "-----BEGIN EC PRIVATE KEY-----\n");
    check(r#"{{ genPrivateKey "ed25519" | len }}"#, "119");
    check(r#"{{ genPrivateKey "foo" }}"#, "Unknown type foo");
    check(r#"{{ genPrivateKey "" | trunc 31 }}"#, "-----BEGIN RSA PRIVATE KEY-----");
}
