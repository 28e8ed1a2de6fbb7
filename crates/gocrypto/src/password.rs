//! Passwords derived from a master password, by the rules of masterpasswordapp.com.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::PasswordError;

const SEED: &[u8] = b"com.lyndir.masterpassword";

/// The memory the derivation takes, in bytes.
pub const MEMORY: usize = 128 * 8 * (1 << 15);

/// The forms of passwords: each letter of a template stands for a class of characters.
const TEMPLATES: [(&str, &[&str]); 6] = [
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

/// The characters a letter of a template stands for.
fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// Derives the password of a user at a site.
///
/// # Errors
/// There is no template of the name.
pub fn derive(
    counter: u32,
    template: &str,
    password: &[u8],
    user: &[u8],
    site: &[u8],
) -> Result<String, PasswordError> {
    let templates = TEMPLATES
        .iter()
        .find(|(name, _)| *name == template)
        .map(|(_, templates)| *templates)
        .ok_or_else(|| PasswordError::UnknownTemplate(template.to_owned()))?;
    let length = |text: &[u8]| (text.len() as u32).to_be_bytes();
    let failed = |error: &dyn std::fmt::Display| PasswordError::Derivation(error.to_string());

    let salt = [SEED, &length(user), user].concat();
    let mut key = [0; 64];
    let parameters = scrypt::Params::new(15, 8, 2).map_err(|error| failed(&error))?;
    scrypt::scrypt(password, &salt, &parameters, &mut key).map_err(|error| failed(&error))?;

    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| failed(&error))?;
    mac.update(&[SEED, &length(site), site, &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();

    let (first, rest) = seed.split_first().unwrap_or((&0, &[]));
    let template = templates.get(usize::from(*first) % templates.len()).copied().unwrap_or_default();
    let pick = |(class, byte): (u8, &u8)| {
        let characters = characters(class);
        characters.get(usize::from(*byte) % characters.len()).map(|byte| char::from(*byte))
    };
    Ok(template.bytes().zip(rest).filter_map(pick).collect())
}
