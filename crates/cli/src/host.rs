//! This machine, as far as templates may see it.

use std::net::ToSocketAddrs as _;
use std::time::{Duration, Instant, SystemTime};

use wheelhouse_chart::{Compat, log_line};
use wheelhouse_sprig::{Host, LintNote};

use crate::printer::Printer;
use crate::remote::SchemaDocuments;

/// The clock, the randomness and the names of this machine.
#[derive(Debug)]
pub(crate) struct MachineHost {
    enable_dns: bool,
    compat: Compat,
    started: Instant,
    documents: Option<SchemaDocuments>,
}

impl MachineHost {
    /// The host; names are looked up only where the user allows it.
    pub(crate) fn new(enable_dns: bool, compat: Compat) -> Self {
        MachineHost { enable_dns, compat, started: Instant::now(), documents: None }
    }

    /// The host that also reads files and asks addresses which schemas refer to.
    pub(crate) fn with_documents(self) -> Self {
        MachineHost { documents: Some(SchemaDocuments::default()), ..self }
    }
}

impl Host for MachineHost {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn running_for(&self) -> Option<Duration> {
        Some(self.started.elapsed())
    }

    /// `TZ`, else what `/etc/localtime` leads to, as Go decides.
    fn local_zone(&self) -> String {
        if let Ok(zone) = std::env::var("TZ") {
            return if zone.is_empty() { "UTC".to_owned() } else { zone };
        }
        std::fs::read_link("/etc/localtime")
            .ok()
            .and_then(|target| {
                let target = target.to_string_lossy().into_owned();
                target.split_once("zoneinfo/").map(|(_, zone)| zone.to_owned())
            })
            .unwrap_or_else(|| "UTC".to_owned())
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        // Without randomness no secret may be made; there is nothing sensible left to do.
        if getrandom::fill(buffer).is_err() {
            #[allow(clippy::disallowed_methods, reason = "a weak secret is worse than none")]
            std::process::abort();
        }
    }

    fn resolve_host(&self, name: &str) -> Option<Vec<String>> {
        if !self.enable_dns {
            return None;
        }
        let addresses = (name, 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
        Some(addresses.iter().map(|address| address.ip().to_string()).collect())
    }

    fn schema_document(&self, url: &str) -> Result<Vec<u8>, String> {
        match &self.documents {
            Some(documents) => documents.get(url),
            None => Err("references out of the schema are not followed".to_owned()),
        }
    }

    fn note(&self, note: LintNote<'_>) {
        let line = match self.compat {
            Compat::V4 => match note {
                LintNote::MissingValue(text) => {
                    log_line("WARN", "missing required value", &[("message", text)])
                }
                LintNote::EmptyValue(text) => {
                    log_line("WARN", "missing required values", &[("message", text)])
                }
                LintNote::Failure(text) => log_line("INFO", "funcMap fail", &[("message", text)]),
            },
            // Helm 3 names the place in its own source.
            Compat::V3 => match note {
                LintNote::MissingValue(text) => {
                    format!("engine.go:206: [INFO] Missing required value: {text}")
                }
                LintNote::EmptyValue(text) => format!("engine.go:214: [INFO] Missing required value: {text}"),
                LintNote::Failure(text) => format!("engine.go:227: [INFO] Fail: {text}"),
            },
        };
        Printer::from_environment().talk(&line);
    }
}
