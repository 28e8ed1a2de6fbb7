//! Who is behind a bearer token.
//!
//! Answers come from memory for a short while, so that an invocation costs one hash; a key that is changed or
//! deleted through this process is forgotten at once, one changed elsewhere within five seconds.

use crate::Error;
use crate::credential::KeyValue;
use crate::record::{ApiKey, KeyOwner, key_owner_id};
use crate::store::Store;
use crate::token::Claims;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use wheelhouse_functions::access::Principal;
use wheelhouse_functions::id::KeyId;

/// How long an answer is taken from memory.
const HOLD: Duration = Duration::from_secs(5);

/// Answers kept in memory at most.
const KEPT: usize = 16_384;

/// Why a token is not accepted. Callers learn only that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No key has this value.
    #[error("unknown key")]
    Unknown,
    /// The key has ended.
    #[error("expired key")]
    Expired,
    /// The key is suspended.
    #[error("suspended key")]
    Suspended,
}

#[derive(Debug)]
struct Known {
    principal: Arc<Principal>,
    expires_at: Option<Timestamp>,
    read_at: Instant,
}

/// Finds out who is behind a bearer token.
#[derive(Debug)]
pub struct Authenticator {
    store: Store,
    known: RwLock<HashMap<String, Known>>,
}

impl Authenticator {
    /// An authenticator over a store's keys.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, known: RwLock::new(HashMap::new()) }
    }

    /// Finds the principal of a key.
    ///
    /// # Errors
    /// Outside: when the database fails. Inside: when the key is not accepted.
    pub async fn authenticate(
        &self,
        value: &str,
        now: Timestamp,
    ) -> Result<Result<Arc<Principal>, Refused>, Error> {
        // A token that was accepted for a call is remembered too, and must not pass for a key.
        if Claims::looks_like(value) {
            return Ok(Err(Refused::Unknown));
        }
        let hash = KeyValue::from_text(value).hash();
        if let Some(answer) = self.remembered(&hash, now) {
            return Ok(answer);
        }
        let Some(stored) = self.store.table::<ApiKey>().by_label(&hash).await? else {
            self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&hash);
            return Ok(Err(Refused::Unknown));
        };
        let key = stored.value;
        if let Err(refused) = self.stands(&key, now).await? {
            return Ok(Err(refused));
        }
        let principal = Principal {
            account: key.account,
            key: key.id,
            subject: key.owner,
            grants: key.grants,
            resources: key.resources,
        };
        Ok(Ok(self.remember(hash, principal, key.expires_at)))
    }

    /// Finds the principal of a call of a function, which may show a short-lived token (see [`crate::token`]) in
    /// place of a key.
    ///
    /// # Errors
    /// Outside: when the database fails. Inside: when neither is accepted.
    pub async fn authenticate_call(
        &self,
        credential: &str,
        now: Timestamp,
    ) -> Result<Result<Arc<Principal>, Refused>, Error> {
        if !Claims::looks_like(credential) {
            return self.authenticate(credential, now).await;
        }
        let hash = KeyValue::from_text(credential).hash();
        if let Some(answer) = self.remembered(&hash, now) {
            return Ok(answer);
        }
        let Some(claims) = Claims::read(self.store.vault(), credential) else {
            return Ok(Err(Refused::Unknown));
        };
        if claims.expires_at() <= now {
            return Ok(Err(Refused::Expired));
        }
        let Some(stored) = self.store.table::<ApiKey>().get(claims.key()).await? else {
            return Ok(Err(Refused::Unknown));
        };
        if let Err(refused) = self.stands(&stored.value, now).await? {
            return Ok(Err(refused));
        }
        Ok(match claims.principal(&stored.value) {
            Some(principal) => Ok(self.remember(hash, principal, Some(claims.expires_at()))),
            None => Err(Refused::Unknown),
        })
    }

    /// Whether a key is to be accepted, as far as the store knows.
    async fn stands(&self, key: &ApiKey, now: Timestamp) -> Result<Result<(), Refused>, Error> {
        if key.expires_at.is_some_and(|end| end <= now) {
            return Ok(Err(Refused::Expired));
        }
        let owner = self.store.table::<KeyOwner>().get(key_owner_id(&key.account, &key.owner)).await?;
        let suspended = key.suspended || owner.is_some_and(|owner| owner.value.suspended);
        Ok(if suspended { Err(Refused::Suspended) } else { Ok(()) })
    }

    fn remembered(&self, hash: &str, now: Timestamp) -> Option<Result<Arc<Principal>, Refused>> {
        let all = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(hash).filter(|known| known.read_at.elapsed() < HOLD)?;
        let ended = known.expires_at.is_some_and(|end| end <= now);
        Some(if ended { Err(Refused::Expired) } else { Ok(Arc::clone(&known.principal)) })
    }

    fn remember(&self, hash: String, principal: Principal, expires_at: Option<Timestamp>) -> Arc<Principal> {
        let principal = Arc::new(principal);
        let known = Known { principal: Arc::clone(&principal), expires_at, read_at: Instant::now() };
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(hash, known);
        principal
    }

    /// Forgets a key and its tokens, because it was changed or deleted.
    pub fn forget(&self, key: KeyId) {
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, known| known.principal.key != key);
    }
}
