//! Making API keys.

use super::{internal, storage};
use jiff::Timestamp;
use wheelhouse_functions::access::Resource;
use wheelhouse_functions::account::{Account, Limits};
use wheelhouse_functions::id::{AccountId, KeyId};
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::scope::Grants;
use wheelhouse_store::credential::{KeyValue, random_bytes};
use wheelhouse_store::record::{ApiKey, AuditEntry};
use wheelhouse_store::{Filter, Store};

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The account it acts for.
    pub account: AccountId,
    /// Whom it is made for.
    pub owner: String,
    /// Free text.
    pub description: String,
    /// What it allows.
    pub grants: Grants,
    /// What it is limited to; empty means no limit.
    pub resources: Vec<Resource>,
    /// The service it is issued through.
    pub issuer: String,
    /// Services it is meant for.
    pub audience: Vec<String>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// Who makes it: a key's id, or `system`.
    pub actor: String,
    /// The request it is made by, for the audit log.
    pub request: String,
}

/// Makes a key and returns its record and its value; the value is not kept.
///
/// # Errors
/// When the store fails or there is no randomness.
pub async fn create_key(store: &Store, new: NewKey, now: Timestamp) -> Result<(ApiKey, KeyValue), Problem> {
    let value = KeyValue::random().map_err(|error| internal(&error))?;
    let random = random_bytes().map_err(|error| internal(&error))?;
    let key = ApiKey {
        id: KeyId::from_parts(u64::try_from(now.as_millisecond()).unwrap_or(0), random),
        account: new.account,
        owner: new.owner,
        description: new.description,
        hash: value.hash(),
        hint: value.hint(),
        grants: new.grants,
        resources: new.resources,
        issuer: new.issuer,
        audience: new.audience,
        suspended: false,
        expires_at: new.expires_at,
        created_at: now,
    };
    let entry = AuditEntry {
        at: now,
        account: key.account.to_string(),
        actor: new.actor,
        action: "create_key".to_owned(),
        target: key.id.to_string(),
        request: new.request,
    };
    store.transaction().insert(&key).audit(&entry).commit().await.map_err(storage)?;
    Ok((key, value))
}

/// Makes the default account and, when the store holds no key at all, the first administrator's key. Needs the
/// store itself, not the API: whoever can call it owns the installation already.
///
/// # Errors
/// When the store fails.
pub async fn ensure_first_key(store: &Store, now: Timestamp) -> Result<Option<KeyValue>, Problem> {
    let account = AccountId::default_account();
    if store.table::<Account>().get(&account).await.map_err(storage)?.is_none() {
        let record = Account {
            id: account.clone(),
            name: account.to_string(),
            clients: Vec::new(),
            limits: Limits::default(),
            created_at: now,
        };
        store.transaction().insert(&record).commit().await.map_err(storage)?;
    }
    if store.table::<ApiKey>().count(Filter::All).await.map_err(storage)? > 0 {
        return Ok(None);
    }
    let new = NewKey {
        account,
        owner: "administrator".to_owned(),
        description: "first administrator's token".to_owned(),
        grants: Grants::administrator(),
        resources: Vec::new(),
        issuer: "system".to_owned(),
        audience: Vec::new(),
        expires_at: None,
        actor: "system".to_owned(),
        request: String::new(),
    };
    Ok(Some(create_key(store, new, now).await?.1))
}
