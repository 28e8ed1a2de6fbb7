//! Charts into archives.

use std::time::SystemTime;

use wheelhouse_goyaml::json::{DecodeOptions, decode};

use crate::archive::{ArchiveFile, write_archive};
use crate::metadata::{API_VERSION_V2, Timestamp};
use crate::text::base_name;
use crate::{Chart, Compat, Error, File};

/// The extra field of the gzip header, by which Helm marks its archives.
const HELM4_MARK: &[u8] = b"rr\x28\x00aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=";
const HELM3_MARK: &[u8] = b"+aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=";

/// What time files of an archive get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// Each file's own time, and this one where it has none: Helm 4's way.
    Own(SystemTime),
    /// This one for all: Helm 3's way with the current time, and the reproducible way with that
    /// of `SOURCE_DATE_EPOCH`.
    Fixed(SystemTime),
}

/// A chart as an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// `NAME-VERSION.tgz`
    pub file_name: String,
    /// The bytes.
    pub archive: Vec<u8>,
}

/// Packs a chart with its subcharts as directories: Chart.yaml written anew, everything else as it
/// was. The same chart and stamp give the same bytes.
///
/// # Errors
/// [`Error::ChartValidation`] for metadata that breaks a rule, [`Error::InvalidChartName`] for a
/// name with slashes, [`Error::InvalidSchema`] for a values.schema.json that is no JSON.
pub fn package(chart: &Chart, compat: Compat, stamp: Stamp) -> Result<Package, Error> {
    let mut chart = chart.clone();
    chart.metadata.validate().map_err(|error| Error::ChartValidation(Box::new(error)))?;
    let mut entries = Vec::new();
    collect(&chart, "", compat, &mut entries)?;
    let files: Vec<ArchiveFile<'_>> = entries
        .iter()
        .map(|entry| ArchiveFile {
            path: entry.path.clone(),
            data: &entry.file.data,
            modified: match stamp {
                Stamp::Own(fallback) => entry.file.modified.unwrap_or(fallback),
                Stamp::Fixed(time) => time,
            },
        })
        .collect();
    let mark = match compat {
        Compat::V4 => HELM4_MARK,
        Compat::V3 => HELM3_MARK,
    };
    let archive = write_archive(&files, mark).map_err(|error| Error::Compress(error.to_string()))?;
    Ok(Package { file_name: format!("{}-{}.tgz", chart.name(), chart.metadata.version), archive })
}

/// A file with its path in the archive.
struct Entry {
    path: String,
    file: File,
}

fn collect(chart: &Chart, prefix: &str, compat: Compat, entries: &mut Vec<Entry>) -> Result<(), Error> {
    let name = chart.name();
    if base_name(name) != name {
        return Err(Error::InvalidChartName(name.to_owned()));
    }
    let base = format!("{prefix}{name}");
    let contents = chart.contents();
    let mut add = |file: File| entries.push(Entry { path: format!("{base}/{}", file.name), file });

    let chart_file_time =
        contents.raw.iter().rfind(|file| file.name == "Chart.yaml").and_then(|file| file.modified);
    let mut chart_file = File::new("Chart.yaml", &chart.metadata.to_yaml()?);
    chart_file.modified = chart_file_time;
    add(chart_file);
    if let Some(lock) = contents.lock.as_ref().filter(|_| chart.metadata.api_version == API_VERSION_V2) {
        let mut file = File::new("Chart.lock", &lock.to_yaml()?);
        file.modified = (lock.generated != Timestamp::default()).then(|| lock.generated.to_system_time());
        add(file);
    }
    for file in contents.raw.iter().filter(|file| file.name == "values.yaml") {
        add(file.clone());
    }
    if let Some(schema) = &contents.schema {
        if decode(&schema.data, &DecodeOptions::default()).is_err() {
            return Err(Error::InvalidSchema {
                invalid: if compat == Compat::V4 { "invalid" } else { "Invalid" },
            });
        }
        add(schema.clone());
    }
    for file in contents.templates.iter().chain(&contents.files) {
        add(file.clone());
    }
    let subcharts = format!("{base}/charts/");
    chart.dependencies().iter().try_for_each(|subchart| collect(subchart, &subcharts, compat, entries))
}
