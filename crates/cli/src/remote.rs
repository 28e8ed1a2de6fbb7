//! Charts that are not on this machine: registries and repositories, for the user who runs the
//! command. The user may ask any address; credentials stay with the host they were given for.

mod index;
mod login;
mod oci;
mod reference;
mod repositories;

use std::path::PathBuf;

use tokio::runtime::{Builder, Runtime};
use wheelhouse_registry::{AddressPolicy, Client, Options};

use crate::arguments::{ChartPathOptions, RegistryOptions};
use crate::commands::Failure;
use crate::settings::Settings;

pub(crate) use index::{Entry, Index, sort};
pub(crate) use login::Logins;
pub(crate) use oci::{OciReference, PROVENANCE, registry_tags};
pub(crate) use reference::{Fetched, fetch, fetch_address, fetch_to_cache, underscore};
pub(crate) use repositories::{
    Repositories, Repository, cached_index, charts_file, index_file, refresh, resolve,
};
pub(crate) use wheelhouse_registry::Digest;

use repositories::download_index;

/// The largest chart archive and the largest index, in bytes.
const LIMIT: usize = 200 << 20;

/// How a host is spoken to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tls {
    pub plain_http: bool,
    pub insecure: bool,
    /// Whether own certificates were named.
    pub files: bool,
}

impl Tls {
    /// What the options of commands that read charts say.
    pub(crate) fn of_chart(options: &ChartPathOptions) -> Self {
        let files = [&options.cert_file, &options.key_file, &options.ca_file];
        Tls {
            plain_http: options.plain_http,
            insecure: options.insecure_skip_tls_verify,
            files: files.map(Option::is_some).contains(&true),
        }
    }

    /// What the options of commands that write charts say.
    pub(crate) fn of_registry(options: &RegistryOptions) -> Self {
        let files = [&options.cert_file, &options.key_file, &options.ca_file];
        Tls {
            plain_http: options.plain_http,
            insecure: options.insecure_skip_tls_verify,
            files: files.map(Option::is_some).contains(&true),
        }
    }
}

/// A client of one registry or repository, and the runtime it works on.
pub(crate) struct Remote {
    pub client: Client,
    runtime: Runtime,
}

impl Remote {
    /// A client of a host. Loopback is spoken to without TLS, as is any host with `--plain-http`.
    pub(crate) fn new(host: &str, tls: Tls) -> Result<Self, Failure> {
        if tls.insecure || tls.files {
            return Err(Failure::new("own certificates and unverified TLS are not supported")
                .with_advice("  why: certificates are held against the public authorities only\n  fix: use --plain-http where the network is trusted"));
        }
        let any = vec!["*".to_owned()];
        let plain_hosts =
            if tls.plain_http || is_loopback(host) { vec![host.to_owned()] } else { Vec::new() };
        let policy = AddressPolicy { private_hosts: any.clone(), plain_hosts, trusted_hosts: any };
        let options = Options { policy, chart_limit: LIMIT, ..Options::default() };
        Ok(Remote {
            client: Client::new(options),
            runtime: Builder::new_current_thread().enable_all().build()?,
        })
    }

    /// Runs a future of the client to its end.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|letter| letter.is_ascii_digit()) => name,
        _ => host,
    };
    name == "localhost"
        || name
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// A path out of Helm's settings.
fn path_of(settings: &Settings, variable: &str) -> PathBuf {
    let found = settings.variables().iter().find(|(name, _)| *name == variable);
    found.map(|(_, value)| PathBuf::from(value)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5000"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.org", "10.0.0.1:5000", "registry:5000", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
