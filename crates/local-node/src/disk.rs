//! How much is on disk.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// How many bytes the files in a folder take; links are not followed.
pub(crate) fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size(&entry.path()),
            Ok(found) => found.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}
