use std::collections::BTreeSet;
use std::io;

use wheelhouse_chart::archive::{ArchiveLimits, read_archive};
use wheelhouse_chart::{ChartDirectory, Compat, File, FileKind, FileStatus, Metadata};
use wheelhouse_gotemplate::strconv::quote;

/// A chart archive seen as the directory it would be unpacked to. Nothing is written.
#[derive(Debug)]
pub struct AsDirectory {
    /// Where the directory would be.
    path: String,
    files: Vec<File>,
}

/// An archive that cannot be unpacked, in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveError(pub String);

impl AsDirectory {
    /// Unpacks an archive to memory, below a directory that need not exist.
    ///
    /// # Errors
    /// When it is no archive, or its chart has no proper name.
    pub fn unpack(archive: &[u8], below: &str, compat: Compat) -> Result<Self, ArchiveError> {
        let files = read_archive(archive, ArchiveLimits::default())
            .map_err(|error| ArchiveError(error.to_string()))?;
        let mut name = String::new();
        for file in files.iter().filter(|file| file.name == "Chart.yaml") {
            let metadata = Metadata::parse(&file.data, compat)
                .map_err(|error| ArchiveError(format!("cannot load Chart.yaml: {error}")))?;
            name = metadata.name;
        }
        check_name(&name).map_err(ArchiveError)?;
        Ok(AsDirectory { path: format!("{below}/{name}"), files })
    }

    /// The directory that holds these files: their paths below it, and their texts.
    #[must_use]
    pub fn from_files(path: &str, files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(name, text)| File::new(*name, text.as_bytes())).collect();
        AsDirectory { path: path.to_owned(), files }
    }

    fn entry(&self, path: &str) -> Option<Option<&File>> {
        if path.is_empty() {
            return Some(None);
        }
        if let Some(file) = self.files.iter().find(|file| file.name == path) {
            return Some(Some(file));
        }
        let inside = |file: &File| file.name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        self.files.iter().any(inside).then_some(None)
    }

    fn missing(&self, operation: &str, path: &str) -> io::Error {
        let path = self.absolute(path);
        io::Error::new(io::ErrorKind::NotFound, format!("{operation} {path}: no such file or directory"))
    }
}

fn check_name(name: &str) -> Result<(), String> {
    match name {
        "" => Err("chart name not specified".to_owned()),
        "." | ".." => Err(format!("chart name {} is not allowed", quote(name.as_bytes()))),
        name if name.contains('/') => {
            Err(format!("chart name {} must not contain path separators", quote(name.as_bytes())))
        }
        _ => Ok(()),
    }
}

impl ChartDirectory for AsDirectory {
    fn list(&mut self, path: &str) -> io::Result<Vec<String>> {
        let below = |file: &File| match path {
            "" => Some(file.name.clone()),
            path => file.name.strip_prefix(path)?.strip_prefix('/').map(ToOwned::to_owned),
        };
        let names: BTreeSet<String> = self
            .files
            .iter()
            .filter_map(below)
            .filter_map(|name| name.split('/').next().map(ToOwned::to_owned))
            .collect();
        Ok(names.into_iter().collect())
    }

    fn status(&mut self, path: &str) -> io::Result<FileStatus> {
        match self.entry(path) {
            Some(Some(file)) => Ok(FileStatus {
                kind: FileKind::File,
                size: u64::try_from(file.data.len()).unwrap_or(u64::MAX),
                modified: None,
            }),
            Some(None) => Ok(FileStatus { kind: FileKind::Directory, size: 0, modified: None }),
            None => Err(self.missing("lstat", path)),
        }
    }

    fn resolve(&mut self, path: &str) -> io::Result<(String, FileStatus)> {
        self.status(path).map(|status| (self.absolute(path), status))
    }

    fn read(&mut self, path: &str) -> io::Result<Vec<u8>> {
        match self.entry(path) {
            Some(Some(file)) => Ok(file.data.to_vec()),
            Some(None) => Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                format!("read {}: is a directory", self.absolute(path)),
            )),
            None => Err(self.missing("open", path)),
        }
    }

    fn absolute(&self, path: &str) -> String {
        if path.is_empty() { self.path.clone() } else { format!("{}/{path}", self.path) }
    }
}
