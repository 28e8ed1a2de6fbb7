use std::collections::HashMap;

use flate2::read::MultiGzDecoder;

use super::entry::{Entry, Kind};
use super::limits::{ArchiveLimits, Budget};
use super::tar::TarReader;
use crate::{Error, File};

/// Reads the files of a chart archive, without the directory they are all in.
///
/// Helm's rules and texts hold; beyond them, links, devices, sparse files and files given twice
/// with different content are refused, and everything is bounded.
///
/// # Errors
/// What is wrong with the archive; see [`Error`].
pub fn read_archive(archive: &[u8], limits: ArchiveLimits) -> Result<Vec<File>, Error> {
    read_archive_within(archive, &mut Budget::new(limits))
}

/// [`read_archive`] with limits that further archives share.
pub(crate) fn read_archive_within(archive: &[u8], budget: &mut Budget) -> Result<Vec<File>, Error> {
    if archive.is_empty() {
        return Err(Error::EmptyArchive);
    }
    let limits = budget.limits;
    let too_large = Error::ChartTooLarge { limit: limits.chart_size };
    let stream_limit = limits.chart_size.saturating_add(limits.overhead);
    let mut tar = TarReader::new(MultiGzDecoder::new(archive), stream_limit, too_large.clone());
    let mut left = limits.chart_size;
    let mut entries = 0;
    let mut files: Vec<File> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    while let Some(entry) = tar.next()? {
        entries += 1;
        if entries > limits.entries {
            return Err(Error::TooManyFiles { limit: limits.entries });
        }
        if entry.kind == Kind::Directory {
            continue;
        }
        let name = path_in_chart(&entry, limits)?;
        match entry.kind {
            Kind::File => {}
            Kind::Link => return Err(Error::LinkInArchive(entry.name)),
            _ => return Err(Error::SpecialFileInArchive(entry.name)),
        }
        if entry.size > left {
            return Err(too_large);
        }
        if entry.size > limits.file_size {
            return Err(Error::FileTooLarge { name: entry.name, limit: limits.file_size });
        }
        budget.total_left = budget
            .total_left
            .checked_sub(entry.size)
            .ok_or(Error::ChartTooLarge { limit: limits.total_size })?;
        let content = tar.content(entry.size)?;
        left -= entry.size;
        if left == 0 {
            return Err(too_large);
        }
        let mut file = File::new(name, &content);
        file.modified = entry.modified;
        match by_name.get(&file.name).and_then(|index| files.get(*index)) {
            Some(earlier) if earlier.data == file.data => {}
            Some(_) => return Err(Error::DuplicateInArchive(file.name)),
            None => {
                by_name.insert(file.name.clone(), files.len());
                files.push(file);
            }
        }
    }
    if files.is_empty() {
        return Err(Error::NoFilesInArchive);
    }
    Ok(files)
}

/// The entry's path without its first part, if it stays in the chart's directory.
fn path_in_chart(entry: &Entry, limits: ArchiveLimits) -> Result<String, Error> {
    let name = entry.name.as_str();
    if name.len() > limits.path_length {
        return Err(Error::PathTooLong { limit: limits.path_length });
    }
    // Helm drops what is before the first slash, and with it what makes a path absolute.
    if name.starts_with(['/', '\\']) {
        return Err(Error::AbsolutePathInArchive);
    }
    // Archives made on Windows.
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (first, rest) = name.split_once(delimiter).unwrap_or((name, ""));
    let path = rest.replace(delimiter, "/");
    if path.starts_with('/') {
        return Err(Error::AbsolutePathInArchive);
    }
    let path = clean(&path);
    if path == "." {
        return Err(Error::OutsideBaseDirectory(entry.name.clone()));
    }
    if path.starts_with("..") {
        return Err(Error::ParentDirectoryInArchive);
    }
    let is_drive =
        |path: &str| matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
    if is_drive(&path) {
        return Err(Error::IllegalNameInArchive);
    }
    if first == "Chart.yaml" {
        return Err(Error::ChartNotInBaseDirectory);
    }
    Ok(path)
}

/// The shortest form of a relative slash path, as Go's `path.Clean` gives it.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, expected) in [
            ("", "."),
            ("a", "a"),
            ("a/./b//c/", "a/b/c"),
            ("a/../b", "b"),
            ("a/../../b", "../b"),
            ("../..", "../.."),
            ("a/..", "."),
        ] {
            assert_eq!(clean(path), expected, "{path:?}");
        }
    }
}
