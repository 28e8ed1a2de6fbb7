use wheelhouse_gocrypto::{CipherError, Entropy, aes, bcrypt, hash, password};

use crate::stream;

#[test]
fn digests() {
    assert_eq!(hash::sha1_hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(hash::sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(&hash::sha512_hex(b"abc")[..32], "ddaf35a193617abacc417349ae204131");
    assert_eq!(hash::adler32(b"abc"), 38_600_999);
    assert_eq!(hash::adler32(b""), 1);
    assert_eq!(hash::adler32(&[0xff; 1_000_000]), 943_972_798);
}

#[test]
fn bcrypt_hashes() {
    // What Go says is the hash of the empty password.
    let salt =
        [0x14, 0x4b, 0x3d, 0x69, 0x1a, 0x7b, 0x4e, 0xcf, 0x39, 0xcf, 0x73, 0x5c, 0x7f, 0xa7, 0xa7, 0x9c];
    let hashed = bcrypt::hash_with_salt(b"", &salt).unwrap();
    assert_eq!(hashed, "$2a$10$DCq7YPn5Rq63x1Lad4cll.XQX254YOudrWO5wF6Jq.YfWEN8udHTm");
    let long = bcrypt::hash(&[b'x'; 73], &mut Entropy::new(&mut stream(1)));
    assert_eq!(long.unwrap_err().to_string(), "bcrypt: password length exceeds 72 bytes");
    let hashed = bcrypt::hash(&[b'x'; 72], &mut Entropy::new(&mut stream(1))).unwrap();
    assert!(hashed.starts_with("$2a$10$") && hashed.len() == 60, "{hashed}");
}

#[test]
fn passwords_of_a_master_password() {
    let derive = |counter, template| {
        password::derive(counter, template, b"password", b"user", b"example.com")
            .map_err(|error| error.to_string())
    };
    for (counter, template, expected) in [
        (1, "long", "ZedaFaxcZaso9*"),
        (2, "long", "Fovi2@JifpTupx"),
        (1, "maximum", "pf4zS1LjCg&LjhsZ7T2~"),
        (1, "medium", "ZedJuz8$"),
        (1, "basic", "pIS54PLs"),
        (1, "short", "Zed5"),
        (1, "pin", "6685"),
    ] {
        assert_eq!(derive(counter, template).unwrap(), expected);
    }
    assert_eq!(derive(1, "x").unwrap_err(), "cannot find password template x");
}

#[test]
fn aes_there_and_back() {
    for length in [0, 1, 15, 16, 17, 100] {
        let plain = vec![b'x'; length];
        let encrypted = aes::encrypt(b"secretkey", &plain, &mut Entropy::new(&mut stream(1)));
        let (first, blocks) = encrypted.split_first_chunk().unwrap();
        assert_eq!(aes::decrypt(b"secretkey", first, blocks).unwrap(), plain);
    }
}

#[test]
fn what_is_not_encrypted_fails_as_in_go() {
    let decrypt = |blocks: &[u8]| aes::decrypt(b"key", &[0; 16], blocks);
    assert_eq!(decrypt(&[0; 15]), Err(CipherError::PartialBlock));
    assert_eq!(decrypt(&[]), Err(CipherError::Empty));
    let failure = (0..=255).find_map(|byte| decrypt(&[byte; 16]).err()).unwrap();
    assert!(matches!(failure, CipherError::Padding(..0)), "{failure:?}");
}
