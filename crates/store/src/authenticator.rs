//! Who is behind a bearer token.
//!
//! Answers come from memory for a short while, so that an invocation costs one hash; a key that is changed or
//! deleted through this process is forgotten at once, one changed elsewhere within five seconds.

use crate::Error;
use crate::credential::KeyValue;
use crate::record::ApiKey;
use crate::store::Store;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use wheelhouse_functions::access::Principal;

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

    /// Finds the principal of a token.
    ///
    /// # Errors
    /// Outside: when the database fails. Inside: when the token is not accepted.
    pub async fn authenticate(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Result<Arc<Principal>, Refused>, Error> {
        let hash = KeyValue::from_text(token).hash();
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&hash)
            && known.read_at.elapsed() < HOLD
        {
            return Ok(if known.expires_at.is_some_and(|end| end <= now) {
                Err(Refused::Expired)
            } else {
                Ok(Arc::clone(&known.principal))
            });
        }
        let Some(stored) = self.store.table::<ApiKey>().by_label(&hash).await? else {
            self.forget(&hash);
            return Ok(Err(Refused::Unknown));
        };
        let key = stored.value;
        if key.suspended {
            return Ok(Err(Refused::Suspended));
        }
        if key.expires_at.is_some_and(|end| end <= now) {
            return Ok(Err(Refused::Expired));
        }
        let principal = Arc::new(Principal {
            account: key.account,
            key: key.id,
            subject: key.owner,
            grants: key.grants,
            resources: key.resources,
        });
        let known =
            Known { principal: Arc::clone(&principal), expires_at: key.expires_at, read_at: Instant::now() };
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(hash, known);
        Ok(Ok(principal))
    }

    /// Forgets a key, by its hash, because it was changed or deleted.
    pub fn forget(&self, hash: &str) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }
}
