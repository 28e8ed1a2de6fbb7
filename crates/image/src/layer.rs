//! Files as a layer: a plain tar, in order of the names, with nothing of this machine in it.

use std::collections::BTreeMap;
use std::io;
use tar::{EntryType, Header};

/// What is in a layer, by path without the first slash.
#[derive(Debug, Default)]
pub(crate) struct Files(BTreeMap<String, Entry>);

#[derive(Debug)]
enum Entry {
    Folder(u32),
    File(u32, Vec<u8>),
}

impl Files {
    /// Adds a folder.
    pub(crate) fn folder(&mut self, path: &str, mode: u32) {
        self.parents(path);
        self.0.insert(relative(path), Entry::Folder(mode));
    }

    /// Adds a file.
    pub(crate) fn file(&mut self, path: &str, mode: u32, content: Vec<u8>) {
        self.parents(path);
        self.0.insert(relative(path), Entry::File(mode, content));
    }

    fn parents(&mut self, path: &str) {
        let path = relative(path);
        for (end, _) in path.match_indices('/') {
            let parent = path.get(..end).unwrap_or_default().to_owned();
            self.0.entry(parent).or_insert(Entry::Folder(0o755));
        }
    }

    /// The tar.
    pub(crate) fn archive(&self) -> io::Result<Vec<u8>> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, entry) in &self.0 {
            let (kind, mode, content, path) = match entry {
                Entry::Folder(mode) => (EntryType::Directory, *mode, &[][..], format!("{path}/")),
                Entry::File(mode, content) => (EntryType::Regular, *mode, content.as_slice(), path.clone()),
            };
            append(&mut builder, &path, kind, mode, content)?;
        }
        builder.into_inner()
    }
}

/// Appends an entry that root owns and that has no age.
pub(crate) fn append<W: io::Write>(
    builder: &mut tar::Builder<W>,
    path: &str,
    kind: EntryType,
    mode: u32,
    content: &[u8],
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(u64::try_from(content.len()).map_err(io::Error::other)?);
    builder.append_data(&mut header, path, content)
}

fn relative(path: &str) -> String {
    path.trim_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_first_and_bytes_depend_on_the_files_alone() {
        let files = |paths: &[&str]| {
            let mut files = Files::default();
            for path in paths {
                files.file(path, 0o644, path.as_bytes().to_vec());
            }
            files.archive().unwrap()
        };
        let archive = files(&["/usr/bin/a", "/lib/b"]);
        assert_eq!(archive, files(&["/lib/b", "/usr/bin/a"]));
        let mut reader = tar::Archive::new(archive.as_slice());
        let names: Vec<String> = reader
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["lib/", "lib/b", "usr/", "usr/bin/", "usr/bin/a"]);
    }
}
