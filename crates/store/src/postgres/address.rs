//! Where a database is.

use crate::Error;
use std::str::FromStr;
use tokio_postgres::Config;

/// The address of a PostgreSQL database: a `postgres://` URL or a `key=value` connection string. It may hold a
/// password and is therefore never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Config);

impl Address {
    pub(super) fn config(&self) -> Config {
        self.0.clone()
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // The parser's own words, without the text it was given.
        let refused = |error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            Error::Address { reason: cause.unwrap_or_else(|| error.to_string()) }
        };
        text.parse().map(Self).map_err(refused)
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Address")
            .field("hosts", &self.0.get_hosts())
            .field("database", &self.0.get_dbname())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_does_not_show_its_password() {
        let good: Address = "postgres://me:hunter2@host/db".parse().unwrap();
        assert!(!format!("{good:?}").contains("hunter2"));
        for text in ["postgres://me:hunter2@host:port/db", "host=h password=hunter2 nonsense=1"] {
            let error = text.parse::<Address>().unwrap_err();
            assert!(!format!("{error:?} {error}").contains("hunter2"), "{error:?}");
        }
    }
}
