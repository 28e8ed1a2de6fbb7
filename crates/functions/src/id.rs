//! Typed identifiers: UUIDs on the wire, one type per kind of thing inside.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The text is not an identifier of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a valid {kind}")]
pub struct InvalidId {
    /// What was given.
    pub text: String,
    /// What was expected, in words.
    pub kind: &'static str,
}

macro_rules! identifiers {
    ($($(#[doc = $doc:literal])+ $name:ident = $kind:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to name such a thing.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Makes a time-ordered identifier (UUID version 7) of a time in milliseconds since 1970
            /// and ten bytes of the caller's randomness.
            #[must_use]
            pub fn from_parts(milliseconds: u64, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
            }

            /// The plain UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err(InvalidId { text: text.to_owned(), kind: $kind }),
                }
            }
        }
    )+};
}

identifiers! {
    /// A function: the stable name under which versions are collected.
    FunctionId = "function id";
    /// One immutable definition of a function.
    VersionId = "function version id";
    /// One deployment of a version.
    DeploymentId = "deployment id";
    /// One GPU specification of a deployment.
    GpuSpecificationId = "GPU specification id";
    /// One running copy of a version.
    InstanceId = "instance id";
    /// One invocation.
    RequestId = "request id";
    /// An API key (its public id, never its value).
    KeyId = "key id";
    /// A stored registry credential.
    RegistryCredentialId = "registry credential id";
    /// A registered telemetry endpoint.
    TelemetryId = "telemetry id";
    /// A registered cluster.
    ClusterId = "cluster id";
}

/// An account: an opaque text (the reference calls it `ncaId`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(String);

impl AccountId {
    /// The account a self-hosted installation starts with.
    #[must_use]
    pub fn default_account() -> Self {
        Self("nvcf-default".to_owned())
    }

    /// The text of the identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for AccountId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@');
        if (1..=128).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId { text: text.chars().take(256).collect(), kind: "account id" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hyphenated_uuids_only() {
        let text = "6f1cd0a2-1111-4222-8333-944445555666";
        assert_eq!(text.parse::<FunctionId>().unwrap().to_string(), text);
        for bad in ["", "6f1cd0a2111142228333944445555666", "{6f1cd0a2-1111-4222-8333-944445555666}", "x"] {
            assert!(bad.parse::<FunctionId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn made_ids_sort_by_time() {
        let early = InstanceId::from_parts(1_000, [255; 10]);
        let late = InstanceId::from_parts(2_000, [0; 10]);
        assert!(early < late);
    }

    #[test]
    fn account_ids_hold_no_separators() {
        assert!("nvcf-default".parse::<AccountId>().is_ok());
        for bad in ["", "a/b", "a b", "*", "a\nb"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad:?}");
        }
    }
}
