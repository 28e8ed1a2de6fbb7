//! Charts into `charts/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use wheelhouse_chart::{Compat, Dependency, package};
use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_semver::{Constraints, Version};

use super::Manager;
use super::source::Source;
use crate::arguments::ChartPathOptions;
use crate::charts;
use crate::commands::Failure;
use crate::filesystem::{go_error, write};
use crate::remote::{Entry, Fetched, Provenance, Repository, cached_index, fetch, fetch_address, resolve};

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
        let mut got = BTreeSet::new();
        for dependency in &mut *dependencies {
            match self.source(dependency)? {
                Source::Vendored => self.check_vendored(dependency, &directory)?,
                Source::Directory(source) => self
                    .pack(dependency, &source, &mut archives)
                    .map_err(|failure| self.save_error(failure.message))?,
                Source::Registry => {
                    let reference = format!("{}/{}", dependency.repository, dependency.name);
                    self.download(dependency, &reference, &mut got, &mut archives, || {
                        let options = ChartPathOptions {
                            version: dependency.version.clone(),
                            ..ChartPathOptions::default()
                        };
                        fetch(&reference, &options, self.verify, self.settings, self.printer)
                    })?;
                }
                Source::Repository(repository) => {
                    let url = self.url(dependency, &repository)?;
                    self.download(dependency, &url, &mut got, &mut archives, || {
                        fetch_address(&url, &repository, self.verify, self.settings)
                    })?;
                }
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
        let chart = charts::load_unpacked(&path, charts::any_version(), self.printer).map_err(|failure| {
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
        let chart = charts::load_unpacked(source, charts::any_version(), self.printer)?;
        if !parse_range(name, range)?.check(&Version::parse(&chart.metadata.version)?) {
            return Err(Failure::new(format!("can't get a valid version for dependency {name}")));
        }
        let package = package(&chart, Compat::V4, self.stamp)?;
        archives.insert(package.file_name, package.archive);
        dependency.version = chart.metadata.version;
        Ok(())
    }

    /// The address of a dependency's version in its repository.
    fn url(&self, dependency: &Dependency, repository: &Repository) -> Result<String, Failure> {
        let Dependency { name, version, .. } = dependency;
        let found = cached_index(repository, self.settings, self.printer).and_then(|index| {
            let versions = index.versions(name).ok_or_else(|| Failure::new("entry not found".to_owned()))?;
            let is_it = |entry: &&Entry| entry.version == *version || same_version(&entry.version, version);
            let entry = versions.iter().find(is_it);
            entry.and_then(|entry| entry.url.clone()).ok_or_else(|| Failure::new("no matching version"))
        });
        match found {
            Ok(url) => Ok(resolve(&repository.url, &url)),
            Err(failure) => Err(self.save_error(format!("could not find : {}", failure.message))),
        }
    }

    /// Fetches an archive once, however often it is asked for.
    fn download(
        &self,
        dependency: &Dependency,
        what: &str,
        got: &mut BTreeSet<String>,
        archives: &mut Archives,
        fetch: impl FnOnce() -> Result<Fetched, Failure>,
    ) -> Result<(), Failure> {
        let Dependency { name, repository, .. } = dependency;
        if !got.insert(format!("{what}:{}", dependency.version)) {
            (self.out)(&format!("Already downloaded {name} from repo {repository}"));
            return Ok(());
        }
        (self.out)(&format!("Downloading {name} from repo {repository}"));
        let fetched = fetch()
            .map_err(|failure| self.save_error(format!("could not download {what}: {}", failure.message)))?;
        if !fetched.told.is_empty() {
            (self.out)(fetched.told.trim_end());
        }
        fetched
            .verify(self.verify, self.keyring, self.out)
            .map_err(|failure| self.save_error(format!("could not download {what}: {}", failure.message)))?;
        if let Provenance::Found(provenance) = fetched.provenance {
            archives.insert(format!("{}.prov", fetched.file_name), provenance);
        }
        archives.insert(fetched.file_name, fetched.archive);
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
        let mut skipped = String::new();
        for (name, archive) in archives {
            // Helm moves what is a chart, and tells of the signatures that they are none.
            let fetched = self.chart_path.join(format!("tmpcharts-{}", std::process::id())).join(name);
            let loaded = charts::load_content(
                &fetched.to_string_lossy(),
                archive,
                charts::any_version(),
                self.printer,
            );
            if let Err(failure) = loaded {
                let (path, reason) = (fetched.display(), failure.message);
                skipped.push_str(&format!("Could not verify {path} for moving: {reason} (Skipping)"));
                continue;
            }
            let path = directory.join(name);
            // The archive appears as a whole or not at all.
            let unfinished = directory.join(format!("{name}.tmp-{}", std::process::id()));
            write(&unfinished, archive)?;
            fs::rename(&unfinished, &path).map_err(|error| go_error("rename", &unfinished, &error))?;
        }
        (self.out)(&format!("{skipped}Deleting outdated charts"));
        for name in before.iter().filter(|name| !archives.contains_key(*name)) {
            let path = directory.join(name);
            let chart = match charts::load(&path, charts::any_version(), self.printer) {
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

/// Whether two texts mean the same version.
fn same_version(left: &str, right: &str) -> bool {
    Version::parse(left).ok().zip(Version::parse(right).ok()).is_some_and(|(left, right)| left == right)
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
