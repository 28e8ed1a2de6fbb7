//! From ranges of versions to versions.

use wheelhouse_chart::Dependency;
use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_semver::{Constraints, Version};

use super::Manager;
use super::source::{Source, local_path};
use crate::charts;
use crate::commands::Failure;

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
                    let chart = charts::load_unpacked(&directory, self.printer)?;
                    let fits = Version::parse(&chart.metadata.version)
                        .is_ok_and(|version| constraint.check(&version));
                    fits.then(|| chart.metadata.version.clone())
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
}
