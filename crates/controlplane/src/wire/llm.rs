//! Models and callers of LLM functions on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wheelhouse_functions::llm::{LlmConfig, LlmPriority, LlmSettings, RoutingMethod};
use wheelhouse_functions::problem::Problem;
use wheelhouse_functions::rate_limit::Rate;

/// `llmConfig` of a model.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LlmConfigDto {
    /// Paths that are served for it.
    #[serde(default)]
    pub(crate) uris: Vec<String>,
    /// `NUMBER-UNIT[,NUMBER-UNIT…]`, units S, M, H, D.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_rate_limit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokenizer: Option<String>,
    /// `power-of-two`, `wait-and-widen`, `round-robin`, `random`, `pulsar` or `pulsar-wait-and-widen`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) routing_method: Option<String>,
}

impl LlmConfigDto {
    pub(crate) fn check(&self) -> Result<LlmConfig, Problem> {
        Ok(LlmConfig {
            uris: self.uris.clone(),
            token_rate_limit: rate(self.token_rate_limit.as_deref())?,
            tokenizer: self.tokenizer.clone(),
            routing_method: method(self.routing_method.as_deref())?,
        })
    }

    pub(crate) fn of(config: &LlmConfig) -> Self {
        Self {
            uris: config.uris.clone(),
            token_rate_limit: config.token_rate_limit.as_ref().map(ToString::to_string),
            tokenizer: config.tokenizer.clone(),
            routing_method: config.routing_method.map(|method| method.word().to_owned()),
        }
    }
}

fn rate(text: Option<&str>) -> Result<Option<Rate>, Problem> {
    text.map(|text| text.parse::<Rate>().map_err(Problem::invalid_request)).transpose()
}

fn method(word: Option<&str>) -> Result<Option<RoutingMethod>, Problem> {
    let known = |word: &str| {
        RoutingMethod::parse(word).ok_or_else(|| {
            let words = RoutingMethod::ALL.map(RoutingMethod::word).join(", ");
            Problem::invalid_request(format_args!(
                "Invalid routingMethod '{}' specified; it is one of {words}",
                word.chars().filter(|c| !c.is_control()).take(64).collect::<String>()
            ))
        })
    };
    word.map(known).transpose()
}

/// `llmInvocationConfig`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LlmInvocationDto {
    pub(crate) priority: LlmPriorityDto,
}

/// `llmInvocationConfig.priority`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LlmPriorityDto {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_priority: Option<u32>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) per_account_priority: BTreeMap<String, u32>,
}

impl LlmInvocationDto {
    pub(crate) fn into_priority(self) -> LlmPriority {
        LlmPriority {
            default: self.priority.default_priority,
            per_account: self.priority.per_account_priority,
        }
    }

    pub(crate) fn of(priority: &LlmPriority) -> Self {
        Self {
            priority: LlmPriorityDto {
                default_priority: priority.default,
                per_account_priority: priority.per_account.clone(),
            },
        }
    }
}

/// What may change of a model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelUpdateDto {
    pub(crate) model_name: String,
    pub(crate) llm_config: ModelUpdateConfigDto,
}

/// `llmConfig` of an update.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelUpdateConfigDto {
    pub(crate) token_rate_limit: Option<String>,
    pub(crate) routing_method: Option<String>,
}

impl ModelUpdateDto {
    /// Makes the change.
    pub(crate) fn apply(&self, settings: &mut LlmSettings) -> Result<(), Problem> {
        let (limit, method) = (
            rate(self.llm_config.token_rate_limit.as_deref())?,
            method(self.llm_config.routing_method.as_deref())?,
        );
        if settings.update_model(&self.model_name, limit, method) {
            return Ok(());
        }
        let name = self.model_name.chars().filter(|c| !c.is_control()).take(128).collect::<String>();
        Err(Problem::invalid_request(format_args!("Model '{name}' has no 'llmConfig' in this version")))
    }
}
