//! The file system as charts are read from it, with Go's error texts.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use wheelhouse_chart::{ChartDirectory, FileKind, FileStatus};

/// A chart's directory on disk.
#[derive(Debug)]
pub(crate) struct DiskDirectory {
    root: PathBuf,
}

impl DiskDirectory {
    /// The directory at an absolute path.
    pub(crate) fn new(root: PathBuf) -> Self {
        DiskDirectory { root }
    }

    fn path(&self, below: &str) -> PathBuf {
        if below.is_empty() { self.root.clone() } else { self.root.join(below) }
    }
}

/// Puts an error into Go's words: `open /charts/x: no such file or directory`.
pub(crate) fn go_error(operation: &str, path: &Path, error: &io::Error) -> io::Error {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        io::ErrorKind::AlreadyExists => "file exists".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().to_lowercase()
        }
    };
    io::Error::new(error.kind(), format!("{operation} {}: {reason}", path.display()))
}

/// Reads a file, with errors in Go's words.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    read_into(path, &mut content)?;
    Ok(content)
}

/// Reads a file in place of what is in a buffer.
fn read_into(path: &Path, buffer: &mut Vec<u8>) -> io::Result<()> {
    let file = fs::File::open(path).map_err(|error| go_error("open", path, &error))?;
    buffer.clear();
    io::Read::read_to_end(&mut &file, buffer).map_err(|error| go_error("read", path, &error))?;
    Ok(())
}

/// Makes a directory and those above it, with errors in Go's words: they name the first that cannot
/// be made.
pub(crate) fn create_directories(path: &Path) -> io::Result<()> {
    let mut missing: Vec<&Path> = path.ancestors().take_while(|above| !above.exists()).collect();
    missing.retain(|directory| !directory.as_os_str().is_empty());
    for directory in missing.into_iter().rev() {
        match fs::create_dir(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(go_error("mkdir", directory, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes a file, with errors in Go's words.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    fs::write(path, content).map_err(|error| go_error("open", path, &error))
}

/// Replaces a file at once: a reader sees the old content or the new one, and so does whoever looks
/// after a crash.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |error: &io::Error| go_error("open", path, error);
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(|error| fail(&error))?;
    io::Write::write_all(&mut file, content).map_err(|error| fail(&error))?;
    file.as_file().sync_all().map_err(|error| fail(&error))?;
    let permissions = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => std::os::unix::fs::PermissionsExt::from_mode(0o644),
    };
    file.as_file().set_permissions(permissions).map_err(|error| fail(&error))?;
    file.persist(path).map_err(|error| fail(&error.error))?;
    Ok(())
}

/// The absolute form of a path, cleaned, as Go's `filepath.Abs`.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    clean(&std::env::current_dir().unwrap_or_default().join(path))
}

/// A path with `.` and `..` taken out by their spelling, as Go's `filepath.Clean`.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match clean.components().next_back() {
                Some(Component::Normal(_)) => {
                    clean.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => clean.push(".."),
            },
            other => clean.push(other),
        }
    }
    if clean.as_os_str().is_empty() { PathBuf::from(".") } else { clean }
}

/// The first thing that is not there on the way to where links lead from a path.
fn first_missing(path: &Path) -> PathBuf {
    const MOST: usize = 255;
    let mut end = path.to_owned();
    for _ in 0..MOST {
        match fs::read_link(&end) {
            Ok(target) => end = clean(&end.parent().unwrap_or(Path::new("/")).join(target)),
            Err(_) => break,
        }
    }
    let missing = end.ancestors().take_while(|above| fs::symlink_metadata(above).is_err()).last();
    missing.map_or_else(|| end.clone(), Path::to_owned)
}

fn status(metadata: &fs::Metadata) -> FileStatus {
    let kind = match metadata.file_type() {
        kind if kind.is_symlink() => FileKind::Link,
        kind if kind.is_dir() => FileKind::Directory,
        kind if kind.is_file() => FileKind::File,
        _ => FileKind::Irregular,
    };
    FileStatus { kind, size: metadata.len(), modified: metadata.modified().ok() }
}

impl ChartDirectory for DiskDirectory {
    fn list(&mut self, path: &str) -> io::Result<Vec<String>> {
        let path = self.path(path);
        let entries = fs::read_dir(&path).map_err(|error| go_error("open", &path, &error))?;
        entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned())).collect()
    }

    fn status(&mut self, path: &str) -> io::Result<FileStatus> {
        let path = self.path(path);
        fs::symlink_metadata(&path)
            .map(|metadata| status(&metadata))
            .map_err(|error| go_error("lstat", &path, &error))
    }

    fn resolve(&mut self, path: &str) -> io::Result<(String, FileStatus)> {
        let path = self.path(path);
        let target =
            fs::canonicalize(&path).map_err(|error| go_error("lstat", &first_missing(&path), &error))?;
        let metadata = fs::metadata(&target).map_err(|error| go_error("lstat", &target, &error))?;
        Ok((target.to_string_lossy().into_owned(), status(&metadata)))
    }

    fn read(&mut self, path: &str) -> io::Result<Vec<u8>> {
        read(&self.path(path))
    }

    fn read_into(&mut self, path: &str, buffer: &mut Vec<u8>) -> io::Result<()> {
        read_into(&self.path(path), buffer)
    }

    fn absolute(&self, path: &str) -> String {
        self.path(path).to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_in_gos_words() {
        let error = read(Path::new("/nonexistent/x")).unwrap_err();
        assert_eq!(error.to_string(), "open /nonexistent/x: no such file or directory");
    }

    #[test]
    fn a_broken_link_is_told_by_the_first_thing_missing() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("gone/deep/file", folder.path().join("link")).unwrap();
        let error = DiskDirectory::new(folder.path().to_owned()).resolve("link").unwrap_err();
        let missing = folder.path().join("gone");
        assert_eq!(error.to_string(), format!("lstat {}: no such file or directory", missing.display()));
    }

    #[test]
    fn paths_are_cleaned_by_their_spelling() {
        assert_eq!(absolute(Path::new("/a/./b/../c")), Path::new("/a/c"));
        for (path, cleaned) in
            [("./a/../b", "b"), ("../../a", "../../a"), ("a/..", "."), ("/..", "/"), ("a/../../b", "../b")]
        {
            assert_eq!(clean(Path::new(path)), Path::new(cleaned), "{path}");
        }
    }
}
