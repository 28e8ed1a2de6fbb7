//! Accounts: who owns functions, and how many of each thing they may have.

use crate::id::AccountId;
use crate::violation::Violations;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its identifier.
    pub id: AccountId,
    /// Its display name, 4–36 characters.
    pub name: String,
    /// Clients (subjects of tokens) that act for this account.
    pub clients: Vec<String>,
    /// Its limits.
    pub limits: Limits,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How many of each thing an account may have; `None` means uncapped, which is the self-hosted default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Functions.
    pub functions: Option<u32>,
    /// Tasks.
    pub tasks: Option<u32>,
    /// Telemetries (never above [`Limits::MOST_TELEMETRIES`]).
    pub telemetries: Option<u32>,
    /// Registry credentials (never above [`Limits::MOST_REGISTRY_CREDENTIALS`]).
    pub registry_credentials: Option<u32>,
}

impl Limits {
    /// The reference's hard limit of telemetries per account.
    pub const MOST_TELEMETRIES: u32 = 50;
    /// The reference's hard limit of registry credentials per account.
    pub const MOST_REGISTRY_CREDENTIALS: u32 = 50;

    /// How many telemetries are allowed.
    #[must_use]
    pub fn telemetries(&self) -> u32 {
        self.telemetries.unwrap_or(25).min(Self::MOST_TELEMETRIES)
    }

    /// How many registry credentials are allowed.
    #[must_use]
    pub fn registry_credentials(&self) -> u32 {
        self.registry_credentials
            .unwrap_or(Self::MOST_REGISTRY_CREDENTIALS)
            .min(Self::MOST_REGISTRY_CREDENTIALS)
    }
}

/// Checks an account's name.
pub fn check_name(name: &str, violations: &mut Violations) {
    let length = name.chars().count();
    violations.require((4..=36).contains(&length), "name", name, "size must be between 4 and 36");
}
