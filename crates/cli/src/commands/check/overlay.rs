use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use wheelhouse_chart::{
    Chart, ChartDirectory, Error, FileStatus, LoadOptions, Warning, load_archive_file, load_directory,
};

use super::Failure;
use crate::filesystem::{self, DiskDirectory, go_error};

/// Files of a chart directory as they would be: what is not in it is as on disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlay {
    files: BTreeMap<String, String>,
}

impl Overlay {
    /// A file's text, below the chart's directory.
    pub(super) fn text(&self, directory: &Path, file: &str) -> io::Result<String> {
        match self.files.get(file) {
            Some(text) => Ok(text.clone()),
            None => {
                let bytes = filesystem::read(&directory.join(file))?;
                String::from_utf8(bytes).map_err(|_| io::Error::other(format!("{file} is not UTF-8")))
            }
        }
    }

    /// Sets a file's text.
    pub(super) fn set(&mut self, file: &str, text: String) {
        self.files.insert(file.to_owned(), text);
    }

    /// The files that differ from the disk's.
    pub(super) fn files(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files.iter()
    }

    /// Loads the chart; the inner error is of the chart, the outer of the disk.
    pub(super) fn load(
        &self,
        path: &Path,
        warnings: &mut Vec<Warning>,
    ) -> Result<Result<Chart, Error>, Failure> {
        let options = LoadOptions { trace: true, ..LoadOptions::default() };
        if path.metadata().map_err(|error| go_error("stat", path, &error))?.is_dir() {
            let disk = DiskDirectory::new(filesystem::absolute(path));
            let mut directory = Laid { disk, over: self };
            return Ok(load_directory(&mut directory, options, warnings));
        }
        let content = filesystem::read(path)?;
        Ok(load_archive_file(&path.to_string_lossy(), &content, options, warnings))
    }

    /// Writes the files, each at once: a reader sees the old text or the new one.
    pub(super) fn write(&self, directory: &Path) -> Result<(), Failure> {
        for (file, text) in &self.files {
            filesystem::replace(&directory.join(file), text.as_bytes())?;
        }
        Ok(())
    }
}

/// A directory on disk with an overlay.
#[derive(Debug)]
struct Laid<'o> {
    disk: DiskDirectory,
    over: &'o Overlay,
}

impl ChartDirectory for Laid<'_> {
    fn list(&mut self, path: &str) -> io::Result<Vec<String>> {
        self.disk.list(path)
    }

    fn status(&mut self, path: &str) -> io::Result<FileStatus> {
        self.disk.status(path)
    }

    fn resolve(&mut self, path: &str) -> io::Result<(String, FileStatus)> {
        self.disk.resolve(path)
    }

    fn read(&mut self, path: &str) -> io::Result<Vec<u8>> {
        match self.over.files.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.disk.read(path),
        }
    }

    fn absolute(&self, path: &str) -> String {
        self.disk.absolute(path)
    }
}
