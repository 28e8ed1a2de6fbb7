//! Charts that are not on this machine: registries and repositories, for the user who runs the
//! command. The user may ask any address; credentials stay with the host they were given for.

mod credential_helper;
mod hub;
mod index;
mod login;
mod oci;
mod reference;
mod repositories;
mod schema_documents;

use std::path::{Path, PathBuf};

use tokio::runtime::{Builder, Runtime};
use wheelhouse_registry::{AddressPolicy, Client, Options, Trust};

use crate::arguments::{ChartPathOptions, RegistryOptions};
use crate::commands::Failure;
use crate::filesystem;
use crate::settings::Settings;

pub(crate) use hub::search_hub;
pub(crate) use index::{Entry, Index, sort};
pub(crate) use login::Logins;
pub(crate) use oci::{OciReference, PROVENANCE, registry_tags};
pub(crate) use reference::{Fetched, Provenance, fetch, fetch_address, fetch_to_cache, underscore};
pub(crate) use repositories::{
    Repositories, Repository, cached_index, charts_file, index_file, refresh, resolve,
};
pub(crate) use schema_documents::SchemaDocuments;
pub(crate) use wheelhouse_registry::Digest;

use repositories::download_index;

/// The largest chart archive and the largest index, in bytes.
const LIMIT: usize = 200 << 20;

/// How a host is spoken to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls {
    pub plain_http: bool,
    /// Whether any certificate is taken.
    pub insecure: bool,
    /// The file of the authorities to trust instead of the public ones; empty for those.
    pub ca_file: String,
    /// The files of the client's own certificate and its key: both, or neither counts.
    pub identity: [String; 2],
}

impl Tls {
    /// What the options of commands that read charts say.
    pub(crate) fn of_chart(options: &ChartPathOptions) -> Self {
        Tls {
            plain_http: options.plain_http,
            insecure: options.insecure_skip_tls_verify,
            ca_file: options.ca_file.clone().unwrap_or_default(),
            identity: [&options.cert_file, &options.key_file].map(|file| file.clone().unwrap_or_default()),
        }
    }

    /// What the options of commands that write charts say.
    pub(crate) fn of_registry(options: &RegistryOptions) -> Self {
        Tls {
            plain_http: options.plain_http,
            insecure: options.insecure_skip_tls_verify,
            ca_file: options.ca_file.clone().unwrap_or_default(),
            identity: [&options.cert_file, &options.key_file].map(|file| file.clone().unwrap_or_default()),
        }
    }

    /// Whether what only TLS has was named.
    fn is_asked_for(&self) -> bool {
        self.insecure || !self.ca_file.is_empty() || !self.identity.contains(&String::new())
    }

    /// Reads the files that are named.
    ///
    /// # Errors
    /// Files that cannot be read or used, in Helm's words.
    pub(crate) fn trust(&self) -> Result<Trust, Failure> {
        let failed = |problem: String| Failure::new(format!("can't create TLS config for client: {problem}"));
        let read = |what: &str, file: &str| {
            filesystem::read(Path::new(file)).map_err(|error| failed(format!("{what}: {file:?}: {error}")))
        };
        let [certificate, key] = &self.identity;
        let identity = if certificate.is_empty() || key.is_empty() {
            None
        } else {
            Some((read("unable to read cert file", certificate)?, read("unable to read key file", key)?))
        };
        let authorities = match self.ca_file.as_str() {
            "" => None,
            file => Some(read("can't read CA file", file)?),
        };
        if !self.is_asked_for() {
            return Ok(Trust::default());
        }
        let identity = identity.as_ref().map(|(certificate, key)| (&certificate[..], &key[..]));
        Trust::new(authorities.as_deref(), identity, self.insecure).map_err(|error| failed(error.to_string()))
    }
}

/// A client of one registry or repository, and the runtime it works on.
pub(crate) struct Remote {
    pub client: Client,
    runtime: Runtime,
}

impl Remote {
    /// A client of a host. Loopback is spoken to without TLS, as is any host with `--plain-http`.
    pub(crate) fn new(host: &str, tls: &Tls) -> Result<Self, Failure> {
        let trust = tls.trust()?;
        let any = vec!["*".to_owned()];
        let is_plain = tls.plain_http || is_loopback(host) && !tls.is_asked_for();
        let plain_hosts = if is_plain { vec![host.to_owned()] } else { Vec::new() };
        let policy = AddressPolicy { private_hosts: any.clone(), plain_hosts, trusted_hosts: any };
        let options = Options { policy, chart_limit: LIMIT, trust, ..Options::default() };
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
