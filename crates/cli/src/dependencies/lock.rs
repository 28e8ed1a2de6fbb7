//! Chart.lock, which old charts call requirements.lock.

use std::fs;
use std::path::Path;

use wheelhouse_chart::{Chart, Dependency, Lock};
use wheelhouse_gotemplate::strconv::quote;

use crate::commands::Failure;
use crate::filesystem::write as write_file;
use crate::printer::Printer;

fn is_old(chart: &Chart) -> bool {
    chart.metadata.api_version == "v1"
}

/// Whether a lock was made from these requirements: as they are written, and with the addresses their
/// aliases stand for.
pub(super) fn check(
    chart: &Chart,
    (as_written, requirements): (&[Option<Dependency>], &[Option<Dependency>]),
    lock: &Lock,
    printer: Printer,
) -> Result<(), Failure> {
    if Lock::digest_of(requirements, lock.dependencies.as_deref().unwrap_or_default()) == lock.digest {
        return Ok(());
    }
    if !is_old(chart) {
        return Err(Failure::new(
            "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update \
             the dependencies with 'helm dependency update'",
        ));
    }
    printer.talk("warning: a valid Helm v3 hash was not found. Checking against Helm v2 hash...");
    if Lock::helm2_digest_of(as_written) == lock.digest {
        return Ok(());
    }
    Err(Failure::new(
        "the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). \
         Please update the dependencies",
    ))
}

/// Writes a chart's lock; never through a symbolic link, which could lead anywhere.
pub(super) fn write(chart_path: &Path, chart: &Chart, lock: &Lock) -> Result<(), Failure> {
    let name = if is_old(chart) { "requirements.lock" } else { "Chart.lock" };
    let path = chart_path.join(name);
    if path.is_symlink() {
        let target = quote(fs::read_link(&path)?.display().to_string().as_bytes());
        return Err(Failure::new(format!("the {name} file is a symlink to {target}")));
    }
    Ok(write_file(&path, &lock.to_yaml()?)?)
}
