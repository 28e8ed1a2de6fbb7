//! Rules for Chart.yaml.

mod address;
mod api_version;
mod chart_type;
mod dependencies;
mod icon;
mod maintainers;
mod name;
mod sources;
mod value_type;
mod version;

pub use api_version::check_api_version;
pub use chart_type::check_chart_type;
pub use dependencies::check_dependencies;
pub use icon::{check_icon, check_icon_address};
pub use maintainers::check_maintainers;
pub use name::check_name;
pub use sources::check_sources;
pub use value_type::check_value_type;
pub use version::{check_strict_version, check_version};

use wheelhouse_chart::{Compat, Metadata};
use wheelhouse_goyaml::{Map, ReadOptions, read_map};

use crate::linter::Subject;
use crate::message::Severity::{Error, Info, Warning};

const FILE: &str = "Chart.yaml";

pub(crate) fn run(subject: &mut Subject<'_, '_>) {
    let compat = subject.options.compat;
    let is_file = match subject.is_directory(FILE) {
        Some(true) => Err("should be a file, not a directory".to_owned()),
        _ => Ok(()),
    };
    subject.note(Error, FILE, is_file);
    let text = subject.directory.read(FILE).map_err(|error| error.to_string());
    let parsed = text.and_then(|text| match Metadata::parse(&text, compat) {
        Ok(metadata) => Ok((text, metadata)),
        Err(error) => Err(error.to_string()),
    });
    let (text, metadata) = match parsed {
        Ok(parsed) => parsed,
        Err(problem) => {
            subject.note(Error, FILE, Err(format!("unable to parse YAML\n\t{problem}")));
            return;
        }
    };
    if compat == Compat::V4 {
        let strict = Metadata::parse_strict(&text, compat)
            .map_err(|error| format!("failed to strictly parse chart metadata file\n\t{error}"));
        subject.note(Warning, FILE, strict.map(drop));
    }
    let as_written = read_map(&text, &ReadOptions::default()).unwrap_or_default();
    for (severity, found) in findings(&metadata, &as_written, compat) {
        subject.note(severity, FILE, found);
    }
}

/// What each rule says to a parsed file, in order.
fn findings(
    metadata: &Metadata,
    as_written: &Map,
    compat: Compat,
) -> Vec<(crate::Severity, Result<(), String>)> {
    let mut findings = vec![
        (Error, check_name(metadata)),
        (Error, check_api_version(metadata)),
        (Error, check_value_type(as_written, "version")),
        (Error, check_version(metadata)),
        (Error, check_value_type(as_written, "appVersion")),
        (Error, check_maintainers(metadata)),
        (Error, check_sources(metadata)),
        (Info, check_icon(metadata)),
        (Error, check_icon_address(metadata)),
        (Error, check_chart_type(metadata)),
        (Error, check_dependencies(metadata)),
    ];
    if compat == Compat::V4 {
        findings.push((Warning, check_strict_version(metadata)));
    }
    findings
}
