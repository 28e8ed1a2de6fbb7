//! `repositories.yaml`: the repositories a user gave names to, and their cached indexes.

use std::fs;
use std::io;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use wheelhouse_goyaml::{ReadOptions, json_to_yaml, yaml_to_json};
use wheelhouse_registry::Login;

use super::{Index, LIMIT, Remote, Tls, path_of};
use crate::commands::Failure;
use crate::contexts::write_private;
use crate::filesystem::{go_error, read, write};
use crate::printer::Printer;
use crate::settings::Settings;

/// A repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Repository {
    pub name: String,
    pub url: String,
    pub username: String,
    pub password: String,
    #[serde(rename = "certFile")]
    pub cert_file: String,
    #[serde(rename = "keyFile")]
    pub key_file: String,
    #[serde(rename = "caFile")]
    pub ca_file: String,
    pub insecure_skip_tls_verify: bool,
    pub pass_credentials_all: bool,
}

/// The file of repositories.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Repositories {
    #[serde(rename = "apiVersion")]
    api_version: String,
    generated: String,
    pub repositories: Vec<Repository>,
}

impl Default for Repositories {
    fn default() -> Self {
        Repositories {
            api_version: String::new(),
            generated: "0001-01-01T00:00:00Z".to_owned(),
            repositories: Vec::new(),
        }
    }
}

impl Repository {
    /// What its host is told; credentials go to the repository's own host only.
    pub(crate) fn login(&self) -> Option<Login> {
        let auth = STANDARD.encode(format!("{}:{}", self.username, self.password));
        let host = host_of(&self.url).to_owned();
        (!self.username.is_empty() && !self.password.is_empty()).then_some(Login { host, auth })
    }

    /// How its host is spoken to.
    pub(crate) fn tls(&self) -> Tls {
        Tls {
            plain_http: self.url.starts_with("http://"),
            insecure: self.insecure_skip_tls_verify,
            ca_file: self.ca_file.clone(),
            identity: [self.cert_file.clone(), self.key_file.clone()],
        }
    }
}

/// The host of an address, with its port.
pub(crate) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

impl Repositories {
    fn file(settings: &Settings) -> PathBuf {
        path_of(settings, "HELM_REPOSITORY_CONFIG")
    }

    /// Reads the file; nothing where there is none.
    pub(crate) fn load(settings: &Settings) -> Result<Option<Self>, Failure> {
        let path = Repositories::file(settings);
        match fs::read(&path) {
            Ok(text) if text.trim_ascii().is_empty() => Ok(Some(Repositories::default())),
            Ok(text) => {
                let json = yaml_to_json(&text, &ReadOptions::default())?;
                let wrong = |_| Failure::new(format!("{} is not a file of repositories", path.display()));
                Ok(Some(serde_json::from_slice(&json).map_err(wrong)?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(go_error("open", &path, &error).into()),
        }
    }

    /// Writes the file, for its owner's eyes only: it may hold passwords.
    pub(crate) fn save(&self, settings: &Settings) -> Result<(), Failure> {
        let yaml = json_to_yaml(&serde_json::to_vec(self)?)?;
        Ok(write_private(&Repositories::file(settings), &yaml)?)
    }

    /// A repository by its name.
    pub(crate) fn get(&self, name: &str) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.name == name)
    }
}

/// Where the index of a repository is kept.
pub(crate) fn index_file(settings: &Settings, name: &str) -> PathBuf {
    path_of(settings, "HELM_REPOSITORY_CACHE").join(format!("{name}-index.yaml"))
}

/// Where the names of a repository's charts are kept.
pub(crate) fn charts_file(settings: &Settings, name: &str) -> PathBuf {
    path_of(settings, "HELM_REPOSITORY_CACHE").join(format!("{name}-charts.txt"))
}

/// Fetches the index of a repository.
pub(crate) fn download_index(repository: &Repository, printer: Printer) -> Result<(Index, Vec<u8>), Failure> {
    let url = resolve(&repository.url, "index.yaml");
    let remote = Remote::new(host_of(&url), &repository.tls())?;
    let login = repository.login();
    let fetched = remote.block_on(remote.client.fetch_url(&url, login.as_ref(), LIMIT));
    let content = fetched.map_err(|error| fetch_failed(&url, &error))?.to_vec();
    let index = Index::parse(&content, &repository.url, printer)?;
    Ok((index, content))
}

/// Fetches the index of a repository and keeps it.
pub(crate) fn refresh(repository: &Repository, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let (index, content) = download_index(repository, printer)?;
    let file = index_file(settings, &repository.name);
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory).map_err(|error| go_error("mkdir", directory, &error))?;
    }
    let names: String = index.names().map(|name| format!("{name}\n")).collect();
    write(&charts_file(settings, &repository.name), names.as_bytes())?;
    Ok(write(&file, &content)?)
}

/// The index of a repository as it was fetched last.
pub(crate) fn cached_index(
    repository: &Repository,
    settings: &Settings,
    printer: Printer,
) -> Result<Index, Failure> {
    let file = index_file(settings, &repository.name);
    let name = &repository.name;
    let missing = |reason: String| {
        Failure::new(format!("no cached repository for {name} found. (try 'helm repo update'): {reason}"))
    };
    let content = read(&file).map_err(|error| missing(error.to_string()))?;
    let shown = file.display().to_string();
    Index::parse(&content, &shown, printer)
        .map_err(|failure| missing(format!("error loading {shown}: {}", failure.message)))
}

/// What Helm says of an address that cannot be fetched.
pub(crate) fn fetch_failed(url: &str, error: &wheelhouse_registry::Error) -> Failure {
    match error {
        wheelhouse_registry::Error::NotFound { .. } => {
            Failure::new(format!("failed to fetch {url} : 404 Not Found"))
        }
        other => Failure::new(format!("failed to fetch {url} : {other}")),
    }
}

/// An address that may be relative to a repository's.
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    if reference.contains("://") {
        return reference.to_owned();
    }
    let (base, query) = base.split_once('?').map_or((base, None), |(base, query)| (base, Some(query)));
    let joined = if reference.starts_with('/') {
        let scheme = base.split_once("://").map_or("https", |(scheme, _)| scheme);
        format!("{scheme}://{}{reference}", host_of(base))
    } else {
        format!("{}/{reference}", base.trim_end_matches('/'))
    };
    query.map_or(joined.clone(), |query| format!("{joined}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_start_at_the_repository() {
        for (base, reference, expect) in [
            ("https://h/charts", "index.yaml", "https://h/charts/index.yaml"),
            ("https://h/charts/", "a/b-1.tgz", "https://h/charts/a/b-1.tgz"),
            ("https://h/charts/", "/b-1.tgz", "https://h/b-1.tgz"),
            ("https://h/charts?key=1", "b-1.tgz", "https://h/charts/b-1.tgz?key=1"),
            ("https://h/charts", "http://other/b-1.tgz", "http://other/b-1.tgz"),
        ] {
            assert_eq!(resolve(base, reference), expect);
        }
        assert_eq!(host_of("https://h:1/x"), "h:1");
    }
}
