//! What a function of type LLM says of its models and of the order of its callers. It may change, unlike the rest of
//! a definition.

use crate::definition::{Artifact, FunctionType};
use crate::rate_limit::Rate;
use crate::violation::{Violation, Violations};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How requests for a model are spread over what serves it: `routingMethod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoutingMethod {
    /// The less busy of two.
    PowerOfTwo,
    /// Wait for the best one, then take others too.
    WaitAndWiden,
    /// In turns.
    RoundRobin,
    /// Any.
    Random,
    /// By the prompt's cache.
    Pulsar,
    /// By the prompt's cache, then others too.
    PulsarWaitAndWiden,
}

impl RoutingMethod {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::PowerOfTwo,
        Self::WaitAndWiden,
        Self::RoundRobin,
        Self::Random,
        Self::Pulsar,
        Self::PulsarWaitAndWiden,
    ];

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PowerOfTwo => "power-of-two",
            Self::WaitAndWiden => "wait-and-widen",
            Self::RoundRobin => "round-robin",
            Self::Random => "random",
            Self::Pulsar => "pulsar",
            Self::PulsarWaitAndWiden => "pulsar-wait-and-widen",
        }
    }

    /// The method of a word; `None` for one that is none.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }
}

/// One model: `llmConfig`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LlmConfig {
    /// Paths that are served for it, e.g. `/v1/chat/completions`.
    pub uris: Vec<String>,
    /// Tokens per unit of time.
    pub token_rate_limit: Option<Rate>,
    /// Name of its tokenizer.
    pub tokenizer: Option<String>,
    /// How its requests are spread.
    pub routing_method: Option<RoutingMethod>,
}

/// Who comes first: `llmInvocationConfig.priority`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LlmPriority {
    /// Of accounts that are not named.
    pub default: Option<u32>,
    /// Of named accounts.
    pub per_account: BTreeMap<String, u32>,
}

impl LlmPriority {
    /// How many accounts may be named.
    pub const MOST_ACCOUNTS: usize = 64;

    /// The rules for priorities.
    pub fn check(&self, violations: &mut Violations) {
        let named = self.per_account.len();
        violations.require(
            named <= Self::MOST_ACCOUNTS,
            "llmInvocationConfig.priority.perAccountPriority",
            named,
            "size must be between 0 and 64",
        );
    }
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LlmSettings {
    /// Of models, by their names.
    pub models: BTreeMap<String, LlmConfig>,
    /// Who comes first.
    pub priority: Option<LlmPriority>,
}

impl LlmSettings {
    /// The rules for a new version.
    pub fn check(&self, kind: FunctionType, models: &[Artifact], violations: &mut Violations) {
        for (name, config) in &self.models {
            for uri in &config.uris {
                let field = format!("models[{name}].llmConfig.uris");
                violations.require(uri.starts_with('/'), &field, uri, "must be a path");
            }
        }
        if let Some(priority) = &self.priority {
            priority.check(violations);
        }
        let served =
            |model: &Artifact| self.models.get(&model.name).is_some_and(|config| !config.uris.is_empty());
        if kind == FunctionType::Llm && !models.iter().any(served) {
            violations.push(Violation::Request(
                "A function of type 'LLM' needs at least one model with 'llmConfig.uris'".to_owned(),
            ));
        }
        let says_something = !self.models.is_empty() || self.priority.is_some();
        if kind != FunctionType::Llm && says_something {
            violations.push(Violation::Request(
                "'llmConfig' and 'llmInvocationConfig' can be specified for functions of type 'LLM' only"
                    .to_owned(),
            ));
        }
    }

    /// Changes what may change of a model. `false` where there is no such model.
    pub fn update_model(&mut self, name: &str, limit: Option<Rate>, method: Option<RoutingMethod>) -> bool {
        let Some(config) = self.models.get_mut(name) else { return false };
        if limit.is_some() {
            config.token_rate_limit = limit;
        }
        if method.is_some() {
            config.routing_method = method;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: FunctionType, settings: &LlmSettings, expect: &[&str]) {
        let models = [Artifact { name: "m".into(), version: "1".into(), uri: "/m".into() }];
        let mut violations = Violations::of("x");
        settings.check(kind, &models, &mut violations);
        match violations.into_result(()) {
            Ok(()) => assert!(expect.is_empty(), "nothing is wrong with {settings:?}"),
            Err(problem) => {
                assert!(!expect.is_empty(), "{}", problem.detail);
                for text in expect {
                    assert!(problem.detail.contains(text), "{}", problem.detail);
                }
            }
        }
    }

    #[test]
    fn rules() {
        let none = LlmSettings::default();
        let served = |uris: &[&str]| LlmSettings {
            models: BTreeMap::from([(
                "m".to_owned(),
                LlmConfig {
                    uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
                    ..LlmConfig::default()
                },
            )]),
            priority: None,
        };
        check(FunctionType::Default, &none, &[]);
        check(FunctionType::Llm, &served(&["/v1/chat/completions"]), &[]);
        check(FunctionType::Llm, &none, &["at least one model"]);
        check(FunctionType::Llm, &served(&[]), &["at least one model"]);
        check(FunctionType::Llm, &served(&["v1"]), &["must be a path"]);
        check(FunctionType::Default, &served(&["/v1"]), &["of type 'LLM' only"]);
        let mut many = served(&["/v1"]);
        let per_account = (0..65).map(|number| (number.to_string(), number)).collect();
        many.priority = Some(LlmPriority { default: None, per_account });
        check(FunctionType::Llm, &many, &["between 0 and 64"]);
    }

    #[test]
    fn methods_have_the_words_they_are_kept_under() {
        for method in RoutingMethod::ALL {
            assert_eq!(RoutingMethod::parse(method.word()), Some(method));
            assert_eq!(serde_json::to_string(&method).unwrap(), format!("\"{}\"", method.word()));
        }
        assert_eq!(RoutingMethod::parse("x"), None);
    }
}
