//! Digests, password hashes, encryption, private keys.

use wheelhouse_gocrypto::{Entropy, KeyType, PrivateKey, aes, bcrypt, hash, password};
use wheelhouse_gotemplate::Parameter::{String as Str, Uint32};
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, GoString, Signature};

use crate::call::{Outcome, function, text};
use crate::encoding::{decode_base64, encode_base64};
use crate::environment::environment;

const TEXT_TO_TEXT: Signature = Signature::fixed(&[Str], Str);
const TEXTS_TO_TEXT: Signature = Signature::fixed(&[Str, Str], Str);

pub(crate) const TABLE: &[Function] = &[
    function("sha1sum", TEXT_TO_TEXT, |context, arguments| digest(context, arguments, hash::sha1_hex)),
    function("sha256sum", TEXT_TO_TEXT, |context, arguments| digest(context, arguments, hash::sha256_hex)),
    function("sha512sum", TEXT_TO_TEXT, |context, arguments| digest(context, arguments, hash::sha512_hex)),
    function("adler32sum", TEXT_TO_TEXT, |context, arguments| {
        digest(context, arguments, |bytes| hash::adler32(bytes).to_string())
    }),
    function("bcrypt", TEXT_TO_TEXT, |context, arguments| {
        let hashed = hash_password(context, arguments.string(0)?)?;
        text(context, hashed)
    }),
    function("htpasswd", TEXTS_TO_TEXT, htpasswd),
    function("derivePassword", Signature::fixed(&[Uint32, Str, Str, Str, Str], Str), derive_password),
    function("encryptAES", TEXTS_TO_TEXT, encrypt),
    function("decryptAES", TEXTS_TO_TEXT, decrypt),
    function("genPrivateKey", TEXT_TO_TEXT, generate_private_key),
];

/// Bytes a digest takes in one step.
const BYTES_A_STEP: u64 = 32;

// What takes long costs steps by its time: a render ends within two seconds of computing. Real charts make keys of
// 4096 bits in three templates, a hash for each user, and two dozen keys of 2048 bits where each workload includes the
// secrets whose checksum it carries.

/// A password hash takes fifty milliseconds.
const HASHED: u64 = 750_000;
/// A derived password takes two hundred milliseconds.
const DERIVED: u64 = 2_100_000;
/// A key of 2048 bits takes seventy milliseconds, or thrice that with bad luck.
const KEY: u64 = 700_000;
/// A key of 4096 bits takes half a second on two processors, or thrice that with bad luck.
const LARGE_KEY: u64 = 5_000_000;

/// Does something with random bytes. They come from the host of the environment.
pub(crate) fn with_entropy<T>(
    context: &dyn Context,
    body: impl FnOnce(&mut Entropy<'_>) -> T,
) -> Result<T, CallError> {
    let environment = environment(context)?;
    Ok(body(&mut Entropy::new(&mut |buffer: &mut [u8]| environment.host.fill_random(buffer))))
}

fn digest(context: &mut dyn Context, arguments: Arguments<'_>, digest: fn(&[u8]) -> String) -> Outcome {
    let bytes = arguments.string(0)?.as_bytes();
    context.charge_steps(bytes.len() as u64 / BYTES_A_STEP)?;
    text(context, digest(bytes))
}

/// What cannot be hashed gives the text of the error.
fn hash_password(context: &mut dyn Context, password: &GoString) -> Result<String, CallError> {
    context.charge_steps(HASHED)?;
    let hashed = with_entropy(context, |entropy| bcrypt::hash(password.as_bytes(), entropy))?;
    Ok(hashed.unwrap_or_else(|error| format!("failed to encrypt string with bcrypt: {error}")))
}

fn htpasswd(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let user = arguments.string(0)?.as_bytes();
    if user.contains(&b':') {
        return text(context, [b"invalid username: ", user].concat());
    }
    let hashed = hash_password(context, arguments.string(1)?)?;
    text(context, [user, b":", hashed.as_bytes()].concat())
}

fn derive_password(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    context.charge_steps(DERIVED)?;
    let template = arguments.string(1)?.to_str_lossy();
    let [secret, user, site] = [arguments.string(2)?, arguments.string(3)?, arguments.string(4)?];
    let derived = password::derive(
        arguments.uint32(0)?,
        &template,
        secret.as_bytes(),
        user.as_bytes(),
        site.as_bytes(),
    );
    text(context, derived.unwrap_or_else(|error| error.to_string()))
}

fn encrypt(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let (password, plain) = (arguments.string(0)?, arguments.string(1)?);
    if plain.is_empty() {
        return text(context, "");
    }
    context.charge_bytes(2 * plain.len())?;
    let encrypted =
        with_entropy(context, |entropy| aes::encrypt(password.as_bytes(), plain.as_bytes(), entropy))?;
    text(context, encode_base64(&encrypted))
}

fn decrypt(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let (password, encoded) = (arguments.string(0)?, arguments.string(1)?.as_bytes());
    if encoded.is_empty() {
        return text(context, "");
    }
    context.charge_bytes(encoded.len())?;
    let encrypted = decode_base64(encoded)
        .map_err(|at| CallError::message(format!("illegal base64 data at input byte {at}")))?;
    let plain = match encrypted.split_first_chunk() {
        Some((first, blocks)) => aes::decrypt(password.as_bytes(), first, blocks),
        None => return Err(too_short(encrypted.len(), encoded.len())),
    };
    text(context, plain.map_err(|error| CallError::message(error.to_string()))?)
}

/// Go's panic where there is not even a first block. It slices the buffer it decoded into, which is
/// as long as the text could be at most.
fn too_short(length: usize, encoded: usize) -> CallError {
    let (block, capacity) = (aes::BLOCK, encoded / 4 * 3);
    CallError::message(if capacity < block {
        format!("runtime error: slice bounds out of range [:{block}] with capacity {capacity}")
    } else {
        format!("runtime error: slice bounds out of range [{block}:{length}]")
    })
}

fn generate_private_key(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let name = arguments.string(0)?;
    let (key_type, steps) = match name.as_bytes() {
        b"" | b"rsa" => (KeyType::Rsa { bits: 4096 }, LARGE_KEY),
        b"dsa" => (KeyType::Dsa, LARGE_KEY),
        b"ecdsa" => (KeyType::EcdsaP256, 8000),
        b"ed25519" => (KeyType::Ed25519, 2000),
        _ => return text(context, [b"Unknown type ", name.as_bytes()].concat()),
    };
    context.charge_steps(steps)?;
    let key = with_entropy(context, |entropy| PrivateKey::generate(key_type, entropy))?;
    match key {
        Ok(key) => text(context, key.to_pem()),
        Err(error) => text(context, format!("failed to generate private key: {error}")),
    }
}

/// A key of the kind Sprig makes for certificates.
pub(crate) fn certificate_key(context: &mut dyn Context) -> Result<PrivateKey, CallError> {
    context.charge_steps(KEY)?;
    with_entropy(context, |entropy| PrivateKey::generate(KeyType::Rsa { bits: 2048 }, entropy))?
        .map_err(|error| CallError::message(format!("error generating rsa key: {error}")))
}
