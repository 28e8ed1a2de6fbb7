//! From ranges of versions to versions.

use wheelhouse_chart::Dependency;
use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_semver::{Constraints, Version};

use super::Manager;
use super::source::{Source, local_path};
use crate::charts;
use crate::commands::Failure;
use crate::remote::{Entry, cached_index, registry_tags};

impl Manager<'_> {
    /// The exact dependencies that satisfy what is wanted.
    pub(super) fn resolve(&self, wanted: &[Dependency]) -> Result<Vec<Dependency>, Failure> {
        let mut locked = Vec::new();
        let mut missing = Vec::new();
        for dependency in wanted {
            let Dependency { name, version, repository, .. } = dependency;
            let constraint = Constraints::parse(version).map_err(|error| {
                let name = quote(name.as_bytes());
                Failure::new(format!("dependency {name} has an invalid version/constraint format: {error}"))
            })?;
            let found = match self.source(dependency)? {
                Source::Vendored => {
                    local_path(&format!("charts/{name}"), self.chart_path)?;
                    Some(version.clone())
                }
                Source::Directory(directory) => {
                    let chart = charts::load_unpacked(&directory, charts::any_version(), self.printer)?;
                    let fits = Version::parse(&chart.metadata.version)
                        .is_ok_and(|version| constraint.check(&version));
                    fits.then(|| chart.metadata.version.clone())
                }
                Source::Registry => Some(self.tag(dependency, &constraint)?),
                Source::Repository(repository) => {
                    let index = cached_index(&repository, self.settings, self.printer)?;
                    let versions = index.versions(name).ok_or_else(|| {
                        Failure::new(format!("{name} chart not found in repo {}", repository.url))
                    })?;
                    let fits = |entry: &&Entry| {
                        entry.url.is_some()
                            && Version::parse(&entry.version).is_ok_and(|version| constraint.check(&version))
                    };
                    versions.iter().find(fits).map(|entry| entry.version.clone())
                }
            };
            match found {
                Some(version) => locked.push(Dependency {
                    name: name.clone(),
                    repository: repository.clone(),
                    version,
                    ..Dependency::default()
                }),
                None => missing.push(format!(
                    "{} (repository {}, version {})",
                    quote(name.as_bytes()),
                    quote(repository.as_bytes()),
                    quote(version.as_bytes())
                )),
            }
        }
        if missing.is_empty() {
            return Ok(locked);
        }
        Err(Failure::new(format!(
            "can't get a valid version for {} subchart(s): {}. Make sure a matching chart version exists in \
             the repo, or change the version constraint in Chart.yaml",
            missing.len(),
            missing.join(", ")
        )))
    }

    /// The tag of a registry that a range leads to; the range itself where no tag fits, as Helm has it.
    fn tag(&self, dependency: &Dependency, constraint: &Constraints) -> Result<String, Failure> {
        let Dependency { name, version, repository, .. } = dependency;
        if Version::parse(version).is_ok() {
            return Ok(version.clone());
        }
        let tags = registry_tags(&format!("{repository}/{name}"), self.settings).map_err(|failure| {
            let message = failure.message;
            Failure::new(format!("could not retrieve list of tags for repository {repository}: {message}"))
        })?;
        let fits = |tag: &&String| Version::parse(tag).is_ok_and(|version| constraint.check(&version));
        Ok(tags.iter().find(fits).unwrap_or(version).clone())
    }
}
