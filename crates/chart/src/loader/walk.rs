use std::io::ErrorKind;

use super::directory::{ChartDirectory, FileKind, FileStatus};
use super::{LinkPolicy, LoadOptions};
use crate::archive::MAX_FILE_SIZE;
use crate::ignore::{IGNORE_FILE, IgnoreRules};
use crate::text::base_name;
use crate::{Error, File, Warning};

/// How deep directories may nest: links can lead back to where they are.
const MAX_DIRECTORY_DEPTH: usize = 100;

/// Reads the files of a chart directory in Helm's order: names sorted in each directory, what is
/// in a directory before what comes behind it. Links are followed, ignored paths left out.
pub(super) fn read_directory(
    directory: &mut dyn ChartDirectory,
    options: LoadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<File>, Error> {
    let rules = match directory.read(IGNORE_FILE) {
        Ok(text) => IgnoreRules::parse(&text)?,
        Err(error) if error.kind() == ErrorKind::NotFound => IgnoreRules::defaults(),
        Err(error) => return Err(Error::ReadDirectory(error.to_string())),
    };
    let total_left = options.limits.total_size;
    let mut walk =
        Walk { directory, options, rules, warnings, files: Vec::new(), total_left, content: Vec::new() };
    walk.enter("", 0)?;
    Ok(walk.files)
}

struct Walk<'a> {
    directory: &'a mut dyn ChartDirectory,
    options: LoadOptions,
    rules: IgnoreRules,
    warnings: &'a mut Vec<Warning>,
    files: Vec<File>,
    total_left: u64,
    /// The file that was read last.
    content: Vec<u8>,
}

impl Walk<'_> {
    fn enter(&mut self, path: &str, depth: usize) -> Result<(), Error> {
        if depth > MAX_DIRECTORY_DEPTH {
            return Err(Error::DirectoriesTooDeep { limit: MAX_DIRECTORY_DEPTH });
        }
        let mut names = self.directory.list(path).map_err(cannot_read)?;
        names.sort_unstable();
        for name in names {
            let path = if path.is_empty() { name } else { format!("{path}/{name}") };
            let mut status = self.directory.status(&path).map_err(cannot_read)?;
            if status.kind == FileKind::Link {
                status = self.follow(&path)?;
            }
            self.visit(&path, status, depth)?;
        }
        Ok(())
    }

    fn follow(&mut self, path: &str) -> Result<FileStatus, Error> {
        let absolute = self.directory.absolute(path);
        if self.options.links == LinkPolicy::Refuse {
            return Err(Error::LinkInDirectory { path: absolute });
        }
        let (resolved, status) = self
            .directory
            .resolve(path)
            .map_err(|error| Error::ReadDirectory(format!("error evaluating symlink {absolute}: {error}")))?;
        self.warnings.push(Warning::SymbolicLink { path: absolute, resolved });
        Ok(status)
    }

    fn visit(&mut self, path: &str, status: FileStatus, depth: usize) -> Result<(), Error> {
        let is_directory = status.kind == FileKind::Directory;
        if self.rules.ignores(path, is_directory) {
            return Ok(());
        }
        if is_directory {
            return self.enter(path, depth + 1);
        }
        if status.kind != FileKind::File {
            return Err(Error::IrregularFile { path: self.directory.absolute(path) });
        }
        let limit = self.options.limits.file_size.min(MAX_FILE_SIZE);
        if status.size > limit {
            return Err(Error::DirectoryFileTooLarge { name: base_name(path).to_owned(), limit });
        }
        if self.files.len() >= self.options.limits.entries {
            return Err(Error::TooManyFiles { limit: self.options.limits.entries });
        }
        self.directory
            .read_into(path, &mut self.content)
            .map_err(|error| Error::ReadDirectory(format!("error reading {path}: {error}")))?;
        let size = self.options.limits.total_size;
        let left = self.total_left.checked_sub(self.content.len() as u64);
        self.total_left = left.ok_or(Error::ChartTooLarge { limit: size })?;
        let mut file = File::new(path, &self.content);
        file.modified = status.modified;
        self.files.push(file);
        Ok(())
    }
}

fn cannot_read(error: std::io::Error) -> Error {
    Error::ReadDirectory(error.to_string())
}
