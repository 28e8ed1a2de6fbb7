//! Durable state: one contract, SQLite embedded, secrets encrypted at rest.
