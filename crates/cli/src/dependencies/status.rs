//! What `dependency list` tells.

use std::fs;
use std::path::{Path, PathBuf};

use wheelhouse_chart::{Chart, Dependency};
use wheelhouse_gotemplate::strconv::quote;
use wheelhouse_semver::{Constraints, Version};

use crate::charts;
use crate::commands::Failure;
use crate::filesystem::clean;
use crate::printer::Printer;
use crate::table::table;

/// The dependencies of a chart with their states, and the charts nobody asked for.
pub(crate) fn list(chart_path: &Path, width: usize, printer: Printer) -> Result<String, Failure> {
    let chart = charts::load(chart_path, charts::any_version(), printer)?;
    let directory = clean(&chart_path.join("charts"));
    if chart.metadata.dependencies.is_none() {
        return Ok(format!("WARNING: no dependencies at {}\n", directory.display()));
    }
    let mut rows = vec![["NAME", "VERSION", "REPOSITORY", "STATUS"].map(str::to_owned)];
    for dependency in chart.metadata.requirements() {
        let status = status(&directory, dependency, &chart, printer);
        rows.push([
            dependency.name.clone(),
            dependency.version.clone(),
            dependency.repository.clone(),
            status.to_owned(),
        ]);
    }
    let mut text = format!("{}\n\n", table(&rows, width));
    for path in entries(&directory) {
        let is_archive = path.extension().is_some_and(|extension| extension == "tgz");
        if !path.is_dir() && !is_archive {
            continue;
        }
        let shown = quote(path.display().to_string().as_bytes());
        match charts::load(&path, charts::any_version(), printer) {
            Err(_) => text.push_str(&format!("WARNING: {shown} is not a chart.\n")),
            Ok(found) if !chart.metadata.requirements().any(|wanted| wanted.name == found.name()) => {
                text.push_str(&format!("WARNING: {shown} is not in Chart.yaml.\n"));
            }
            Ok(_) => {}
        }
    }
    Ok(text)
}

/// What is in a directory, sorted, without hidden entries.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// How a dependency stands: an archive in `charts/` counts first, then an unpacked chart.
fn status(directory: &Path, dependency: &Dependency, chart: &Chart, printer: Printer) -> &'static str {
    let prefix = format!("{}-", dependency.name);
    let version_of = |path: &Path| -> Option<String> {
        let name = path.file_name()?.to_str()?;
        Some(name.strip_prefix(&prefix)?.strip_suffix(".tgz")?.to_owned())
    };
    let mut archives: Vec<PathBuf> =
        entries(directory).into_iter().filter(|path| version_of(path).is_some()).collect();
    if archives.len() > 1 {
        // `redis-*.tgz` is also the name of redis-cluster's archive: versions decide.
        archives.retain(|path| version_of(path).is_some_and(|text| Version::parse_strict(&text).is_ok()));
    }
    match archives.as_slice() {
        [] => {}
        [archive] => {
            return match charts::load(archive, charts::any_version(), printer) {
                Err(_) => "corrupt",
                Ok(found) if found.name() != dependency.name => "misnamed",
                Ok(found) => mismatch(&found, dependency).unwrap_or("ok"),
            };
        }
        _ => return "too many matches",
    }
    match chart.dependencies().iter().rfind(|found| found.name() == dependency.name) {
        None => "missing",
        Some(found) => mismatch(found, dependency).unwrap_or("unpacked"),
    }
}

/// What is wrong with the version of a chart that was found.
fn mismatch(found: &Chart, dependency: &Dependency) -> Option<&'static str> {
    let version = &found.metadata.version;
    if *version == dependency.version {
        return None;
    }
    match (Constraints::parse(&dependency.version), Version::parse(version)) {
        (Ok(range), Ok(version)) if range.check(&version) => None,
        (Ok(_), Ok(_)) => Some("wrong version"),
        _ => Some("invalid version"),
    }
}
