//! Charts from files, archives and directories.

mod directory;
mod walk;

pub use directory::{ChartDirectory, FileKind, FileStatus};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::archive::{ArchiveLimits, Budget, check_is_archive, read_archive_within};
use crate::chart::Contents;
use crate::metadata::{API_VERSION_V1, API_VERSION_V2, Strictness, api_version};
use crate::text::extension;
use crate::values::{ValueSource, read_values};
use crate::{Chart, Compat, Error, File, Lock, Metadata, Warning};

/// How deep subcharts may nest. Helm has no bound.
const MAX_SUBCHART_DEPTH: usize = 50;

/// How charts are loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Which Helm is followed.
    pub compat: Compat,
    /// What an archive or a directory may hold.
    pub limits: ArchiveLimits,
    /// Whether default values keep their places.
    pub trace: bool,
    /// What to do with symbolic links in directories.
    pub links: LinkPolicy,
    /// Whether a chart of any `apiVersion` is taken. Helm 4 looks at it first when it installs,
    /// renders or packs, and does not when it shows, lints or lists dependencies.
    pub any_version: bool,
}

impl LoadOptions {
    fn looks_at_version(&self) -> bool {
        self.compat == Compat::V4 && !self.any_version
    }
}

/// What to do with symbolic links in chart directories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkPolicy {
    /// Follow them, as Helm does.
    #[default]
    Follow,
    /// Refuse them: a stranger's directory could show any file of this machine.
    Refuse,
}

/// Loads a chart from its files, as paths below its directory.
///
/// Subcharts in `charts/` are loaded in the order of their names, so that which of two versions
/// of a chart comes first does not change from run to run (in Helm it does).
///
/// # Errors
/// What is wrong with the chart, in Helm's words.
pub fn load_files(
    files: Vec<File>,
    options: LoadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Chart, Error> {
    Loader::new(options, warnings).files(files, String::new(), 0)
}

/// Loads a chart from an archive in memory.
///
/// # Errors
/// As [`load_files`], and what is wrong with the archive.
pub fn load_archive(
    archive: &[u8],
    options: LoadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Chart, Error> {
    Loader::new(options, warnings).archive(archive, String::new(), 0)
}

/// Loads a chart from an archive that a user named, with the errors Helm's commands give for it.
///
/// # Errors
/// As [`load_archive`].
pub fn load_archive_file(
    path: &str,
    content: &[u8],
    options: LoadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Chart, Error> {
    check_is_archive(path, content)?;
    let mut loader = Loader::new(options, warnings);
    let files = read_archive_within(content, &mut loader.budget).map_err(|error| {
        let source = Box::new(error);
        match (*source == Error::InvalidGzipHeader, options.looks_at_version()) {
            (true, _) => Error::NotAValidArchive { path: path.to_owned(), source },
            (false, true) => Error::UnableToLoadArchive { source },
            (false, false) => *source,
        }
    })?;
    if options.looks_at_version() {
        let chart_file = files.iter().find(|file| file.name == CHART_FILE).ok_or(Error::NoChartInArchive)?;
        check_api_version(&chart_file.data)?;
    }
    loader.files(files, String::new(), 0)
}

/// Loads a chart from a directory, leaving out what its `.helmignore` names.
///
/// # Errors
/// As [`load_files`], and what cannot be read.
pub fn load_directory(
    directory: &mut dyn ChartDirectory,
    options: LoadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Chart, Error> {
    if options.looks_at_version() {
        let text = directory.read(CHART_FILE).map_err(|error| Error::NoChartInDirectory {
            path: directory.absolute(CHART_FILE),
            problem: error.to_string(),
        })?;
        check_api_version(&text)?;
    }
    let files = walk::read_directory(directory, options, warnings)?;
    Loader::new(options, warnings).files(files, String::new(), 0)
}

const CHART_FILE: &str = "Chart.yaml";

fn check_api_version(chart_file: &[u8]) -> Result<(), Error> {
    let version = api_version(chart_file).map_err(cannot_load(CHART_FILE))?;
    match version.as_str() {
        "" | API_VERSION_V1 | API_VERSION_V2 => Ok(()),
        // Helm's next format: it is read, but not taken by commands.
        "v3" => {
            let mut metadata = Metadata::default();
            metadata
                .read_over(chart_file, Compat::V4, Strictness::Lenient)
                .map_err(cannot_load(CHART_FILE))?;
            metadata.validate()?;
            Err(Error::InvalidChartVersion)
        }
        _ => Err(Error::UnsupportedChartVersion),
    }
}

fn cannot_load(file: &'static str) -> impl Fn(Error) -> Error {
    move |error| Error::LoadFile { file, source: Box::new(error) }
}

struct Loader<'a> {
    options: LoadOptions,
    budget: Budget,
    warnings: &'a mut Vec<Warning>,
}

impl<'a> Loader<'a> {
    fn new(options: LoadOptions, warnings: &'a mut Vec<Warning>) -> Self {
        Loader { options, budget: Budget::new(options.limits), warnings }
    }

    fn archive(&mut self, archive: &[u8], directory: String, depth: usize) -> Result<Chart, Error> {
        let files = read_archive_within(archive, &mut self.budget)?;
        self.files(files, directory, depth)
    }

    /// `directory` is where the files are, below the root chart's directory.
    fn files(&mut self, files: Vec<File>, directory: String, depth: usize) -> Result<Chart, Error> {
        if depth > MAX_SUBCHART_DEPTH {
            return Err(Error::SubchartsTooDeep { limit: MAX_SUBCHART_DEPTH });
        }
        let compat = self.options.compat;
        let mut metadata = None;
        for file in files.iter().filter(|file| file.name == CHART_FILE) {
            let metadata = metadata.get_or_insert_with(Metadata::default);
            metadata.read_over(&file.data, compat, Strictness::Lenient).map_err(cannot_load(CHART_FILE))?;
            if metadata.api_version.is_empty() {
                API_VERSION_V1.clone_into(&mut metadata.api_version);
            }
        }
        let mut contents = Contents { directory, ..Contents::default() };
        let mut values = None;
        let mut subcharts: BTreeMap<String, Vec<File>> = BTreeMap::new();
        for file in &files {
            match file.name.as_str() {
                CHART_FILE => {}
                "Chart.lock" => {
                    contents.lock = Lock::parse(&file.data, compat).map_err(cannot_load("Chart.lock"))?;
                }
                "values.yaml" => values = Some(self.values(file, &contents.directory)?),
                "values.schema.json" => contents.schema = Some(file.clone()),
                "requirements.yaml" => {
                    let metadata = metadata.get_or_insert_with(Metadata::default);
                    if metadata.api_version != API_VERSION_V1 {
                        self.warnings.push(Warning::RequirementsFile);
                    }
                    metadata
                        .read_over(&file.data, compat, Strictness::Lenient)
                        .map_err(cannot_load("requirements.yaml"))?;
                    if metadata.api_version == API_VERSION_V1 {
                        contents.files.push(file.clone());
                    }
                }
                "requirements.lock" => {
                    contents.lock =
                        Lock::parse(&file.data, compat).map_err(cannot_load("requirements.lock"))?;
                    let metadata = metadata.get_or_insert_with(Metadata::default);
                    if metadata.api_version == API_VERSION_V1 {
                        contents.files.push(file.clone());
                    } else {
                        self.warnings.push(Warning::RequirementsLock);
                    }
                }
                name if name.starts_with("templates/") => contents.templates.push(file.clone()),
                name => match name.strip_prefix("charts/") {
                    Some(below) if extension(name) != ".prov" => {
                        let first = below.split_once('/').map_or(below, |(first, _)| first);
                        let inner = File { name: below.to_owned(), ..file.clone() };
                        subcharts.entry(first.to_owned()).or_default().push(inner);
                    }
                    _ => contents.files.push(file.clone()),
                },
            }
        }
        let Some(mut metadata) = metadata else { return Err(Error::ChartFileMissing) };
        metadata.validate()?;
        let mut dependencies = Vec::new();
        for (name, files) in subcharts {
            dependencies.extend(self.subchart(&name, files, &metadata, &contents.directory, depth)?);
        }
        contents.raw = files;
        let values = values.unwrap_or_default();
        Ok(Chart {
            metadata,
            values: Arc::new(values),
            contents: Arc::new(contents),
            dependencies,
            path: None,
        })
    }

    fn values(&self, file: &File, directory: &str) -> Result<crate::values::Table, Error> {
        let source = self.options.trace.then(|| {
            let separator = if directory.is_empty() { "" } else { "/" };
            Arc::new(ValueSource::ChartDefaults { path: format!("{directory}{separator}{}", file.name) })
        });
        read_values(&file.data, source.as_ref(), self.options.compat).map_err(cannot_load("values.yaml"))
    }

    /// The subchart of one name in `charts/`; files that start with a dot or underscore are none.
    fn subchart(
        &mut self,
        name: &str,
        files: Vec<File>,
        parent: &Metadata,
        parent_directory: &str,
        depth: usize,
    ) -> Result<Option<Chart>, Error> {
        if name.starts_with(['_', '.']) {
            return Ok(None);
        }
        let separator = if parent_directory.is_empty() { "" } else { "/" };
        let directory = format!("{parent_directory}{separator}charts/{name}");
        let loaded = if extension(name) == ".tgz" {
            let Some(file) = files.first() else { return Ok(None) };
            if file.name != name {
                return Err(Error::SubchartArchiveIsDirectory {
                    parent: parent.name.clone(),
                    name: name.to_owned(),
                    found: file.name.clone(),
                });
            }
            self.archive(&file.data, directory, depth + 1)
        } else {
            let files = files.into_iter().filter_map(|file| {
                let (_, name) = file.name.split_once('/')?;
                Some(File { name: name.to_owned(), ..file })
            });
            self.files(files.collect(), directory, depth + 1)
        };
        loaded.map(Some).map_err(|error| Error::Subchart {
            name: name.to_owned(),
            parent: parent.name.clone(),
            source: Box::new(error),
        })
    }
}
