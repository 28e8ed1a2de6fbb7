//! Short-lived tokens that may only call the functions they name: signed, and kept nowhere.
//!
//! A token is a JSON Web Token (HS256 under a key derived from the master key). It holds for as long as the key that
//! asked for it stands unchanged: deleting, suspending or changing that key ends its tokens too.

use crate::credential::hex;
use crate::record::ApiKey;
use crate::vault::Vault;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wheelhouse_functions::access::{Principal, Resource};
use wheelhouse_functions::id::{AccountId, FunctionId, KeyId, VersionId};
use wheelhouse_functions::scope::{Grant, Scope};

/// How long a token is accepted.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// The most functions of one token; the reference's limit.
pub const MOST_FUNCTIONS: usize = 4;

const PURPOSE: &str = "invocation token";
const ISSUER: &str = "wheelhouse";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A function a token may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Callable {
    /// The function.
    pub function_id: FunctionId,
    /// One version of it, or all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_version_id: Option<VersionId>,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    /// Whom calls are counted for: rates per user go by it.
    sub: String,
    #[serde(rename = "ncaId")]
    account: AccountId,
    #[serde(rename = "keyId")]
    key: KeyId,
    /// A digest of what the key allowed.
    rights: String,
    functions: Vec<Callable>,
    iat: i64,
    exp: i64,
}

impl Claims {
    /// What a key says for a client of its own.
    #[must_use]
    pub fn of(key: &ApiKey, client: &str, functions: Vec<Callable>, now: Timestamp) -> Self {
        let end = now.saturating_add(LIFETIME).unwrap_or(now);
        Self {
            iss: ISSUER.to_owned(),
            sub: client.to_owned(),
            account: key.account.clone(),
            key: key.id,
            rights: rights(key),
            functions,
            iat: now.as_second(),
            exp: key.expires_at.map_or(end, |last| end.min(last)).as_second(),
        }
    }

    /// The key that asked for the token.
    #[must_use]
    pub const fn key(&self) -> KeyId {
        self.key
    }

    /// When the token ends.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_second(self.exp).unwrap_or(Timestamp::MIN)
    }

    /// The token itself.
    ///
    /// # Errors
    /// When the claims cannot be written as JSON.
    pub fn sign(&self, vault: &Vault) -> Result<String, serde_json::Error> {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!("{}.{}", encode(HEADER.as_bytes()), encode(&serde_json::to_vec(self)?));
        let signature = encode(&vault.sign(PURPOSE, signed.as_bytes()));
        Ok(format!("{signed}.{signature}"))
    }

    /// Whether a credential has the form of a token. No key has.
    #[must_use]
    pub fn looks_like(text: &str) -> bool {
        text.matches('.').count() == 2
    }

    /// Reads a token whose signature holds; whether it has ended is not asked here.
    #[must_use]
    pub fn read(vault: &Vault, token: &str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (_, claims) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !vault.signed(PURPOSE, signed.as_bytes(), &signature) {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// Who calls with the token, given its key as it stands now; nobody where the key allows other things than it did.
    #[must_use]
    pub fn principal(&self, key: &ApiKey) -> Option<Principal> {
        if key.account != self.account || rights(key) != self.rights {
            return None;
        }
        let resource = |callable: &Callable| {
            callable.function_version_id.map_or(Resource::Function(callable.function_id), Resource::Version)
        };
        let resources: Vec<Resource> = self.functions.iter().map(resource).collect();
        // A principal without resources has no limits.
        (!resources.is_empty()).then(|| Principal {
            account: key.account.clone(),
            key: key.id,
            subject: self.sub.clone(),
            grants: std::iter::once(Grant { scope: Scope::InvokeFunction, everywhere: false }).collect(),
            resources,
        })
    }
}

fn rights(key: &ApiKey) -> String {
    // Both are plain data: writing them cannot fail, and where it did, every key would differ from every token.
    let text = serde_json::to_vec(&(&key.grants, &key.resources)).unwrap_or_default();
    hex(digest::digest(&digest::SHA256, &text).as_ref())
}
