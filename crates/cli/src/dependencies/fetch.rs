//! Charts into `charts/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use wheelhouse_chart::{Compat, Dependency, package};
use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_semver::{Constraints, Version};

use super::Manager;
use super::source::Source;
use crate::charts;
use crate::commands::Failure;
use crate::filesystem::{go_error, write};

/// Archives by their file names.
type Archives = BTreeMap<String, Vec<u8>>;

impl Manager<'_> {
    /// Puts every dependency into `charts/` and deletes archives that are no longer wanted. The
    /// dependencies get the versions they were found with. Nothing changes unless all are found.
    pub(super) fn fetch(&self, dependencies: &mut [Dependency]) -> Result<(), Failure> {
        let directory = self.chart_path.join("charts");
        match directory.metadata() {
            Ok(status) if !status.is_dir() => {
                let path = quote(directory.display().to_string().as_bytes());
                return Err(Failure::new(format!("{path} is not a directory")));
            }
            Ok(_) => {}
            Err(_) => {
                fs::create_dir_all(&directory).map_err(|error| go_error("mkdir", &directory, &error))?;
            }
        }
        (self.out)(&format!("Saving {} charts", dependencies.len()));
        let mut archives = Archives::new();
        for dependency in &mut *dependencies {
            match self.source(dependency)? {
                Source::Vendored => self.check_vendored(dependency, &directory)?,
                Source::Directory(source) => self
                    .pack(dependency, &source, &mut archives)
                    .map_err(|failure| self.save_error(failure.message))?,
            }
        }
        self.replace(dependencies, &archives, &directory)
    }

    /// A chart that should lie in `charts/` already.
    fn check_vendored(&self, dependency: &Dependency, directory: &Path) -> Result<(), Failure> {
        let Dependency { name, version: range, .. } = dependency;
        (self.out)(&format!(
            "Dependency {name} did not declare a repository. Assuming it exists in the charts directory"
        ));
        let path = directory.join(name);
        let chart = charts::load_unpacked(&path, self.printer).map_err(|failure| {
            Failure::new(format!("unable to load chart '{}': {}", path.display(), failure.message))
        })?;
        let constraint = parse_range(name, range)?;
        let found = &chart.metadata.version;
        let version = Version::parse(found).map_err(|error| {
            Failure::new(format!("invalid version {range} for dependency {name}: {error}"))
        })?;
        if constraint.check(&version) {
            return Ok(());
        }
        Err(self.save_error(format!(
            "dependency {name} at version {found} does not satisfy the constraint {range}"
        )))
    }

    /// Packs a chart of a directory.
    fn pack(
        &self,
        dependency: &mut Dependency,
        source: &Path,
        archives: &mut Archives,
    ) -> Result<(), Failure> {
        let Dependency { name, version: range, repository, .. } = &*dependency;
        if self.debug {
            (self.out)(&format!("Archiving {name} from repo {repository}"));
        }
        let chart = charts::load_unpacked(source, self.printer)?;
        if !parse_range(name, range)?.check(&Version::parse(&chart.metadata.version)?) {
            return Err(Failure::new(format!("can't get a valid version for dependency {name}")));
        }
        let package = package(&chart, Compat::V4, self.stamp)?;
        archives.insert(package.file_name, package.archive);
        dependency.version = chart.metadata.version;
        Ok(())
    }

    fn save_error(&self, message: String) -> Failure {
        (self.out)(&format!("Save error occurred:  {message}"));
        Failure::new(message)
    }

    fn replace(
        &self,
        dependencies: &[Dependency],
        archives: &Archives,
        directory: &Path,
    ) -> Result<(), Failure> {
        let before = files(directory)?;
        for (name, archive) in archives {
            let path = directory.join(name);
            // The archive appears as a whole or not at all.
            let unfinished = directory.join(format!("{name}.tmp-{}", std::process::id()));
            write(&unfinished, archive)?;
            fs::rename(&unfinished, &path).map_err(|error| go_error("rename", &unfinished, &error))?;
        }
        (self.out)("Deleting outdated charts");
        for name in before.iter().filter(|name| !archives.contains_key(*name)) {
            let path = directory.join(name);
            let chart = match charts::load(&path, Default::default(), self.printer) {
                Ok(chart) => chart,
                Err(failure) => {
                    (self.out)(&format!(
                        "Could not verify {} for deletion: {} (Skipping)",
                        path.display(),
                        failure.message
                    ));
                    continue;
                }
            };
            let is_vendored =
                |dependency: &Dependency| dependency.repository.is_empty() && dependency.name == chart.name();
            if !dependencies.iter().any(is_vendored)
                && let Err(error) = fs::remove_file(&path)
            {
                let error = go_error("remove", &path, &error);
                (self.out)(&format!("Could not delete {}: {error} (Skipping)", path.display()));
            }
        }
        Ok(())
    }
}

fn parse_range(name: &str, range: &str) -> Result<Constraints, Failure> {
    Constraints::parse(range).map_err(|error| {
        Failure::new(format!("dependency {name} has an invalid version/constraint format: {error}"))
    })
}

/// The names in a directory that are no directories, sorted.
fn files(directory: &Path) -> Result<BTreeSet<String>, Failure> {
    let entries = fs::read_dir(directory).map_err(|error| go_error("open", directory, &error))?;
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            names.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}
