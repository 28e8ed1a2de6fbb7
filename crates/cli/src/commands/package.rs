//! `package`: chart directories into archives.

use std::path::Path;

use wheelhouse_chart::{LoadOptions, check_dependencies};
use wheelhouse_semver::Version;

use super::Failure;
use crate::archives;
use crate::arguments::Package;
use crate::charts;
use crate::dependencies;
use crate::filesystem::{absolute, clean, go_error};
use crate::printer::Printer;
use crate::settings::Settings;
use crate::signatures::Signing;

/// Packs each chart, telling where each archive is.
pub(super) fn run(options: &Package, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    if options.arguments.is_empty() {
        return Err(Failure::new("need at least one argument, the path to the chart"));
    }
    require_key(options)?;
    let mut signing = Signing::default();
    let stamp = archives::stamp()?;
    for argument in &options.arguments {
        let given = Path::new(argument);
        given.metadata().map_err(|error| go_error("stat", given, &error))?;
        let path = absolute(given);
        if options.dependency_update {
            dependencies::update_quietly(&path, stamp, settings, printer)?;
        }
        let mut chart = charts::load_unpacked(&path, LoadOptions::default(), printer)?;
        if !options.version.is_empty() {
            chart.metadata.version.clone_from(&options.version);
        }
        Version::parse(&chart.metadata.version)?;
        if !options.app_version.is_empty() {
            chart.metadata.app_version.clone_from(&options.app_version);
        }
        check_dependencies(&chart)?;
        let destination = match options.destination.as_str() {
            "." => absolute(Path::new(".")),
            other => clean(Path::new(other)),
        };
        let archive = archives::save(&chart, &destination, stamp)
            .map_err(|failure| Failure::new(format!("failed to save: {}", failure.message)))?;
        if options.signing.sign {
            let load = |content: &[u8]| {
                let name = archive.to_string_lossy();
                charts::load_content(&name, content, LoadOptions::default(), printer)
            };
            signing.sign(options, &archive, load, printer)?;
        }
        printer.data(format!("Successfully packaged chart and saved it to: {}\n", archive.display()));
    }
    Ok(())
}

/// What signing needs to be told.
fn require_key(options: &Package) -> Result<(), Failure> {
    let signing = &options.signing;
    if signing.sign && signing.key.is_empty() {
        return Err(Failure::new("--key is required for signing a package"));
    }
    if signing.sign && signing.keyring.as_ref().is_some_and(String::is_empty) {
        return Err(Failure::new("--keyring is required for signing a package"));
    }
    Ok(())
}
