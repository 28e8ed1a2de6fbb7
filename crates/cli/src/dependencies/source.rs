//! Where dependencies come from.

use std::path::{Path, PathBuf};

use wheelhouse_chart::Dependency;

use super::Manager;
use crate::commands::Failure;
use crate::filesystem::{clean, go_error};
use crate::remote::{Digest, Repositories, Repository, refresh};

/// The names of repositories that are known by their address only begin so; Helm's own scheme.
const UNMANAGED: &str = "helm-manager-";

/// Where a dependency comes from.
pub(super) enum Source {
    /// It lies in `charts/` already.
    Vendored,
    /// A chart's directory on this machine.
    Directory(PathBuf),
    /// An OCI registry.
    Registry,
    /// A repository, by the user's name for it or by its address.
    Repository(Repository),
}

impl Manager<'_> {
    /// Where a dependency comes from.
    pub(super) fn source(&self, dependency: &Dependency) -> Result<Source, Failure> {
        let address = &dependency.repository;
        if address.is_empty() {
            return Ok(Source::Vendored);
        }
        if address.starts_with("file://") {
            return local_path(address, self.chart_path).map(Source::Directory);
        }
        if address.starts_with("oci://") {
            return Ok(Source::Registry);
        }
        let known = self.repositories()?;
        if let Some(repository) = known.iter().find(|known| is_same(&known.url, address)) {
            return Ok(Source::Repository(repository.clone()));
        }
        if !address.contains("://") {
            return Err(undefined(std::slice::from_ref(address)));
        }
        let digest = Digest::of(address.as_bytes()).to_string();
        let name = format!("{UNMANAGED}{}", digest.trim_start_matches("sha256:"));
        Ok(Source::Repository(Repository { name, url: address.clone(), ..Repository::default() }))
    }

    fn repositories(&self) -> Result<Vec<Repository>, Failure> {
        Ok(Repositories::load(self.settings)?.unwrap_or_default().repositories)
    }

    /// The dependencies with the addresses that `@name` and `alias:name` stand for; fails when one
    /// comes from nowhere we know.
    pub(super) fn known(&self, dependencies: Vec<Dependency>) -> Result<Vec<Dependency>, Failure> {
        let repositories = self.repositories()?;
        let mut missing = Vec::new();
        let mut known = Vec::new();
        for mut dependency in dependencies {
            let address = &dependency.repository;
            if address.starts_with("file://") {
                local_path(address, self.chart_path)?;
                if self.debug {
                    (self.out)(&format!("Repository from local path: {address}"));
                }
            }
            let name = address.strip_prefix('@').or_else(|| address.strip_prefix("alias:"));
            let named = name.map(|name| repositories.iter().find(|known| known.name == name));
            match named {
                Some(Some(repository)) => dependency.repository.clone_from(&repository.url),
                Some(None) => missing.push(address.clone()),
                None if address.is_empty() || address.contains("://") => {}
                None => missing.push(address.clone()),
            }
            known.push(dependency);
        }
        if missing.is_empty() { Ok(known) } else { Err(undefined(&missing)) }
    }

    /// What a build asks for must come from repositories the user has named.
    pub(super) fn require_named(&self, dependencies: &[Dependency]) -> Result<(), Failure> {
        let mut missing = Vec::new();
        for dependency in dependencies {
            if let Source::Repository(repository) = self.source(dependency)?
                && repository.name.starts_with(UNMANAGED)
            {
                missing.push(dependency.repository.clone());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!("no repository definition for {}", missing.join(", "))))
    }

    /// Fetches the indexes of repositories that nobody gave a name to.
    pub(super) fn refresh_unnamed(&self, dependencies: &[Dependency]) -> Result<(), Failure> {
        let mut unnamed: Vec<Repository> = Vec::new();
        for dependency in dependencies {
            if let Source::Repository(repository) = self.source(dependency)?
                && repository.name.starts_with(UNMANAGED)
                && !unnamed.contains(&repository)
            {
                unnamed.push(repository);
            }
        }
        if !self.skip_refresh && !unnamed.is_empty() {
            (self.out)("Getting updates for unmanaged Helm repositories...");
            self.refresh_each(&unnamed, |repository| format!("{:?} chart repository", repository.url));
        }
        Ok(())
    }

    /// Fetches the indexes of all repositories the user has named.
    pub(super) fn refresh_named(&self) -> Result<(), Failure> {
        let named = self.repositories()?;
        if !self.skip_refresh && !named.is_empty() {
            (self.out)("Hang tight while we grab the latest from your chart repositories...");
            self.refresh_each(&named, |repository| format!("{:?} chart repository", repository.name));
            (self.out)("Update Complete. ⎈Happy Helming!⎈");
        }
        Ok(())
    }

    fn refresh_each(&self, repositories: &[Repository], shown: impl Fn(&Repository) -> String) {
        for repository in repositories {
            let shown = shown(repository);
            match refresh(repository, self.settings, self.printer) {
                Ok(()) => (self.out)(&format!("...Successfully got an update from the {shown}")),
                Err(failure) => {
                    let place = if repository.name.starts_with(UNMANAGED) {
                        String::new()
                    } else {
                        format!(" ({})", repository.url)
                    };
                    let message = failure.message;
                    (self.out)(&format!("...Unable to get an update from the {shown}{place}:\n\t{message}"));
                }
            }
        }
    }
}

/// Whether two addresses of repositories are the same, whatever slashes they end in.
fn is_same(left: &str, right: &str) -> bool {
    left.trim_end_matches('/') == right.trim_end_matches('/')
}

fn undefined(missing: &[String]) -> Failure {
    let mut message =
        format!("no repository definition for {}. Please add them via 'helm repo add'", missing.join(", "));
    let is_word =
        |name: &String| !name.contains("//") && !name.starts_with('@') && !name.starts_with("alias:");
    if missing.iter().any(is_word) {
        message.push_str(
            "\nNote that repositories must be URLs or aliases. For example, to refer to the \"example\"\n\
             repository, use \"https://charts.example.com/\" or \"@example\" instead of\n\
             \"example\". Don't forget to add the repo, too ('helm repo add').",
        );
    }
    Failure::new(message)
}

/// The directory a `file://` repository names; relative ones start at the chart.
pub(super) fn local_path(repository: &str, chart_path: &Path) -> Result<PathBuf, Failure> {
    let below = repository.strip_prefix("file://").unwrap_or(repository);
    let path = clean(&chart_path.join(below));
    match path.metadata() {
        Ok(_) => Ok(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("directory {} not found", path.display())))
        }
        Err(error) => Err(go_error("stat", &path, &error).into()),
    }
}
