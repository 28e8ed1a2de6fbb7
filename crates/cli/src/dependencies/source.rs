//! Where dependencies come from.

use std::path::{Path, PathBuf};

use wheelhouse_chart::Dependency;

use super::Manager;
use crate::commands::Failure;
use crate::filesystem::{clean, go_error};

/// Where a dependency comes from.
pub(super) enum Source {
    /// It lies in `charts/` already.
    Vendored,
    /// A chart's directory on this machine.
    Directory(PathBuf),
}

impl Manager<'_> {
    /// Where a dependency comes from. Repositories and registries would be asked from here.
    pub(super) fn source(&self, dependency: &Dependency) -> Result<Source, Failure> {
        let repository = &dependency.repository;
        if repository.is_empty() {
            return Ok(Source::Vendored);
        }
        if repository.starts_with("file://") {
            return local_path(repository, self.chart_path).map(Source::Directory);
        }
        Err(Failure::new(format!(
            "dependency {} comes from {repository}: charts of repositories and registries are not fetched \
             here; unpack the chart into charts/{} and leave its repository empty, or name its directory \
             with file://",
            dependency.name, dependency.name
        )))
    }

    /// Whether every dependency comes from somewhere we know.
    pub(super) fn check_sources(&self, dependencies: &[Dependency]) -> Result<(), Failure> {
        dependencies.iter().try_for_each(|dependency| {
            let source = self.source(dependency)?;
            if self.debug && matches!(source, Source::Directory(_)) {
                (self.out)(&format!("Repository from local path: {}", dependency.repository));
            }
            Ok(())
        })
    }
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
