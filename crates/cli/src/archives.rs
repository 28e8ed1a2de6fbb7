//! Charts as archives on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use wheelhouse_chart::{Chart, Compat, Stamp, package};

use crate::commands::Failure;
use crate::filesystem::{go_error, write};

/// What times files of archives get: their own, or that of `SOURCE_DATE_EPOCH` for all, so that a
/// package does not change with the checkout it is made from.
///
/// # Errors
/// A `SOURCE_DATE_EPOCH` that is no count of seconds.
pub(crate) fn stamp() -> Result<Stamp, Failure> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) if !text.is_empty() => text
            .parse()
            .ok()
            .and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)))
            .map(Stamp::Fixed)
            .ok_or_else(|| Failure::new(format!("SOURCE_DATE_EPOCH is no number of seconds: {text:?}"))),
        _ => Ok(Stamp::Own(SystemTime::now())),
    }
}

/// Writes a chart as `NAME-VERSION.tgz` into a directory, which is made if need be.
///
/// # Errors
/// Those of packaging, and what cannot be written.
pub(crate) fn save(chart: &Chart, directory: &Path, stamp: Stamp) -> Result<PathBuf, Failure> {
    let package = package(chart, Compat::V4, stamp)?;
    match fs::metadata(directory) {
        Ok(metadata) if !metadata.is_dir() => {
            return Err(Failure::new(format!("is not a directory: {}", directory.display())));
        }
        Ok(_) => {}
        Err(_) => {
            fs::create_dir_all(directory).map_err(|error| go_error("mkdir", directory, &error))?;
        }
    }
    let path = directory.join(&package.file_name);
    write(&path, &package.archive)?;
    Ok(path)
}
