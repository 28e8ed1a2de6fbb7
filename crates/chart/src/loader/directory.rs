use std::io;
use std::time::SystemTime;

/// A chart's directory, seen by whoever may read the file system. Paths are below the directory,
/// with slashes; the directory itself is the empty path. Errors show as Go shows them
/// (`open /charts/x/values.yaml: permission denied`), as their texts are passed on.
pub trait ChartDirectory {
    /// The names in a directory, in any order.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn list(&mut self, path: &str) -> io::Result<Vec<String>>;

    /// What a path is, links not followed.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn status(&mut self, path: &str) -> io::Result<FileStatus>;

    /// Where a symbolic link leads in the end, as an absolute path, and what is there.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn resolve(&mut self, path: &str) -> io::Result<(String, FileStatus)>;

    /// The content of a file, links followed.
    ///
    /// # Errors
    /// Whatever the file system says; of kind `NotFound` if there is no such file.
    fn read(&mut self, path: &str) -> io::Result<Vec<u8>>;

    /// Puts the content of a file in place of what is in a buffer, so that the memory of one file
    /// serves the next.
    ///
    /// # Errors
    /// As [`ChartDirectory::read`].
    fn read_into(&mut self, path: &str, buffer: &mut Vec<u8>) -> io::Result<()> {
        *buffer = self.read(path)?;
        Ok(())
    }

    /// The absolute form of a path, for messages.
    fn absolute(&self, path: &str) -> String;
}

/// What a file system knows of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// What it is.
    pub kind: FileKind,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last changed, if known.
    pub modified: Option<SystemTime>,
}

/// What there can be in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A device, a socket, a pipe.
    Irregular,
}
