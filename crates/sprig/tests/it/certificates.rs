//! Certificates. Their bytes are checked where they are made; here it is what templates see.

use crate::support::{check, check_error};

#[test]
fn a_certificate_has_two_fields() {
    let template = r#"{{ $c := genCAWithKey "x" 1 (genPrivateKey "ecdsa") }}"#;
    check(&format!("{template}{{{{ typeOf $c }}}} {{{{ kindOf $c }}}}"), "sprig.certificate struct");
    check(&format!("{template}{{{{ $c.Cert | trunc 27 }}}}"), "-----BEGIN CERTIFICATE-----");
    check(&format!("{template}{{{{ $c.Key | trunc 30 }}}}"), "-----BEGIN EC PRIVATE KEY-----");
    check(&format!("{template}{{{{ eq (printf `%v` $c) (printf `{{%s %s}}` $c.Cert $c.Key) }}}}"), "true");
    check_error(&format!("{template}{{{{ $c.Foo }}}}"), "can't evaluate field Foo in type sprig.certificate");
}

#[test]
fn a_key_is_made_where_none_is_given() {
    check(r#"{{ (genCA "x" 365).Key | trunc 31 }}"#, "-----BEGIN RSA PRIVATE KEY-----");
    let template =
        r#"{{ $ca := genCA "ca" 1 }}{{ $c := genSignedCert "y" (list "10.0.0.1" "::1") (list "a") 1 $ca }}"#;
    check(
        &format!("{template}{{{{ ne $c.Key $ca.Key }}}} {{{{ $c.Cert | trunc 27 }}}}"),
        "true -----BEGIN CERTIFICATE-----",
    );
}

#[test]
fn a_given_key_comes_back() {
    let template = r#"{{ $k := genPrivateKey "ecdsa" }}{{ $ca := genCAWithKey "x" 1 $k }}"#;
    check(
        &format!(r#"{template}{{{{ (genSignedCertWithKey "y" nil (list "a") 1 $ca $k).Key | eq $k }}}}"#),
        "true",
    );
    check(
        &format!("{template}{{{{ (buildCustomCert (b64enc $ca.Cert) (b64enc $k)).Cert | eq $ca.Cert }}}}"),
        "true",
    );
    check(
        r#"{{ (genSelfSignedCertWithKey "x" nil nil 99999999 (genPrivateKey "ed25519")).Cert | trunc 5 }}"#,
        "-----",
    );
    check_error(
        r#"{{ genCAWithKey "x" 1 "foo" }}"#,
        "error calling genCAWithKey: parsing private key: no PEM data in input",
    );
}

#[test]
fn names_must_be_names() {
    check_error(
        r#"{{ genSelfSignedCert "x" (list 1) nil 1 }}"#,
        "error calling genSelfSignedCert: error parsing ip: 1 is not a string",
    );
    check_error(
        r#"{{ genSelfSignedCert "x" (list "1.2.3") nil 1 }}"#,
        "error calling genSelfSignedCert: error parsing ip: 1.2.3",
    );
    check_error(
        r#"{{ genSelfSignedCert "x" nil (list 5) 1 }}"#,
        "error calling genSelfSignedCert: error processing alternate dns name: 5 is not a string",
    );
    check_error(
        r#"{{ genSelfSignedCertWithKey "x" nil (list "é") 1 (genPrivateKey "ed25519") }}"#,
        r#"error calling genSelfSignedCertWithKey: error creating certificate: x509: "é" cannot be encoded as an IA5String"#,
    );
    check_error(
        r#"{{ genSelfSignedCert "x" nil (splitList "," "a") 1 }}"#,
        "wrong type for value; expected []interface {}; got []string",
    );
}

#[test]
fn who_signs_must_be_a_certificate() {
    check_error(r#"{{ genSignedCert "x" nil nil 1 nil }}"#, "cannot assign nil to sprig.certificate");
    check_error(
        r#"{{ genSignedCert "x" nil nil 1 (dict "Cert" "" "Key" "") }}"#,
        "wrong type for value; expected sprig.certificate; got map[string]interface {}",
    );
}

#[test]
fn custom_certificates_are_checked() {
    check_error(
        r#"{{ buildCustomCert "x" "y" }}"#,
        "error calling buildCustomCert: unable to decode base64 certificate",
    );
    check_error(
        r#"{{ buildCustomCert "eA==" "!" }}"#,
        "error calling buildCustomCert: unable to decode base64 private key",
    );
    check_error(
        r#"{{ buildCustomCert (b64enc "x") "eA==" }}"#,
        "error calling buildCustomCert: unable to decode certificate",
    );
    check_error(
        r#"{{ buildCustomCert (b64enc "-----BEGIN X-----\nYWJj\n-----END X-----\n") "eA==" }}"#,
        "error calling buildCustomCert: error parsing certificate: decodedCert.Bytes: x509: malformed certificate",
    );
}
