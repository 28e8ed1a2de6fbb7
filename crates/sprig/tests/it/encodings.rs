//! Base64 and base32.

use crate::support::check;

#[test]
fn there_and_back() {
    check(r#"{{ b64enc "héllo" }}"#, "aMOpbGxv");
    check(r#"{{ b64dec "aGVsbG8=" }}"#, "hello");
    check(r#"{{ b64dec "aGVs\nbG8=" }}"#, "hello");
    check(r#"{{ b32enc "hello" }}"#, "NBSWY3DP");
    check(r#"{{ b32dec "NBSWY3DP" }}"#, "hello");
    check(r#"{{ b64enc "" }}|"#, "|");
}

#[test]
fn what_is_wrong_is_told_in_place() {
    check(r#"{{ b64dec "a" }}"#, "illegal base64 data at input byte 0");
    check(r#"{{ b64dec "aGVsbG8" }}"#, "illegal base64 data at input byte 4");
    check(r#"{{ b64dec "aG=s" }}"#, "illegal base64 data at input byte 2");
    check(r#"{{ b64dec "aGVs*" }}"#, "illegal base64 data at input byte 4");
    check(r#"{{ b32dec "a" }}"#, "illegal base32 data at input byte 0");
    check(r#"{{ b32dec "NB=WY3DP" }}"#, "illegal base32 data at input byte 2");
    check(r#"{{ b32dec "N1" }}"#, "illegal base32 data at input byte 1");
}
