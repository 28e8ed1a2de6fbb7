//! Rate limits: of a version for each account and user, and of each key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use wheelhouse_functions::access::Principal;
use wheelhouse_functions::id::{KeyId, VersionId};
use wheelhouse_functions::rate_limit::{Meter, Rate, RateLimit};

/// Meters kept before idle ones are looked for.
const SWEEP_AT: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Key(KeyId),
    Account(VersionId, String),
    User(VersionId, String, String),
}

/// The meters of everybody who is limited.
#[derive(Debug)]
pub(crate) struct Limits {
    meters: Mutex<HashMap<Who, Meter>>,
    start: Instant,
}

impl Default for Limits {
    fn default() -> Self {
        Self { meters: Mutex::new(HashMap::new()), start: Instant::now() }
    }
}

impl Limits {
    /// Admits one call of a version.
    ///
    /// # Errors
    /// The seconds after which it would be admitted.
    pub(crate) fn admit(
        &self,
        version: VersionId,
        limit: Option<&RateLimit>,
        per_key: Option<&Rate>,
        principal: &Principal,
    ) -> Result<(), u64> {
        let mut checks: Vec<(Who, &Rate)> = Vec::new();
        if let Some(rate) = per_key {
            checks.push((Who::Key(principal.key), rate));
        }
        let account = principal.account.as_str();
        if let Some(limit) = limit
            && let Some(rate) = limit.for_account(account)
        {
            checks.push((Who::Account(version, account.to_owned()), rate));
            if let Some(rate) = &limit.per_user {
                checks.push((Who::User(version, account.to_owned(), principal.subject.clone()), rate));
            }
        }
        if checks.is_empty() {
            return Ok(());
        }
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        if meters.len() >= SWEEP_AT {
            meters.retain(|_, meter| !meter.is_idle(now));
        }
        for (who, rate) in checks {
            meters.entry(who).or_default().admit(rate, now).map_err(|wait| wait.div_ceil(1000).max(1))?;
        }
        Ok(())
    }
}
