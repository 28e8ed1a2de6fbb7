use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::rate_limit::{Rate, RateLimit};
use wheelhouse_functions::violation::Violations;

/// Rate limits of a version, e.g. `{"rateLimit": "100-S"}`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RateLimitDto {
    /// `NUMBER-UNIT[,NUMBER-UNIT…]`, units S, M, H, D.
    pub(crate) rate_limit: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) exempted_nca_ids: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) per_nca_id_rate: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) per_user_rate: Option<String>,
    #[serde(default)]
    pub(crate) sync_check: bool,
}

impl RateLimitDto {
    pub(crate) fn check(&self) -> Result<RateLimit, Problem> {
        let mut violations = Violations::of("rateLimit");
        let most = RateLimit::MOST_ACCOUNTS;
        let (exempted, named) = (self.exempted_nca_ids.len(), self.per_nca_id_rate.len());
        violations.require(exempted <= most, "exemptedNcaIds", exempted, "size must be between 0 and 32");
        violations.require(named <= most, "perNcaIdRate", named, "size must be between 0 and 32");
        violations.into_result(())?;
        let rate = |text: &str| text.parse::<Rate>().map_err(Problem::invalid_request);
        let mut per_account = BTreeMap::new();
        for (account, text) in &self.per_nca_id_rate {
            per_account.insert(account.clone(), rate(text)?);
        }
        Ok(RateLimit {
            rate: rate(&self.rate_limit)?,
            exempted_accounts: self.exempted_nca_ids.clone(),
            per_account,
            per_user: self.per_user_rate.as_deref().map(rate).transpose()?,
            synchronous: self.sync_check,
        })
    }
}

impl From<&RateLimit> for RateLimitDto {
    fn from(limit: &RateLimit) -> Self {
        Self {
            rate_limit: limit.rate.to_string(),
            exempted_nca_ids: limit.exempted_accounts.clone(),
            per_nca_id_rate: limit
                .per_account
                .iter()
                .map(|(account, rate)| (account.clone(), rate.to_string()))
                .collect(),
            per_user_rate: limit.per_user.as_ref().map(ToString::to_string),
            sync_check: limit.synchronous,
        }
    }
}
