//! `pull`: a chart's archive from a registry or repository.

use std::fs;
use std::path::{Component, Path, PathBuf};

use wheelhouse_chart::{Chart, LoadOptions, load_archive_file};

use super::{Failure, require_arguments};
use crate::arguments::Pull;
use crate::filesystem::{clean, go_error, write};
use crate::printer::Printer;
use crate::remote::{self, Provenance};
use crate::settings::Settings;
use crate::signatures::{Verify, keyring};

/// Fetches charts and writes them, as archives or unpacked.
pub(super) fn run(options: &Pull, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    require_arguments("pull [chart URL | repo/chartname] [...]", &options.arguments, 1)?;
    let verify = match (options.chart_path.verify, options.prov) {
        (true, _) => Verify::Always,
        (false, true) => Verify::Later,
        (false, false) => Verify::Never,
    };
    let keyring = keyring(options.chart_path.keyring.as_ref());
    for reference in &options.arguments {
        let fetched = remote::fetch(reference, &options.chart_path, verify, settings, printer)?;
        printer.data(&fetched.told);
        let destination = Path::new(&options.destination);
        // As in Helm, what is not verified lies there all the same, unless it was to be unpacked.
        if !options.untar {
            write(&destination.join(&fetched.file_name), &fetched.archive)?;
            if let Provenance::Found(provenance) = &fetched.provenance {
                write(&destination.join(format!("{}.prov", fetched.file_name)), provenance)?;
            }
        }
        let mut told = String::new();
        if let Some(signer) = fetched.verify(verify, &keyring, |line| told = format!("{line}\n"))? {
            told.push_str(&signer);
        }
        if options.untar {
            let directory = clean(&destination.join(&options.untardir));
            unpack(&fetched.file_name, &fetched.archive, &directory, reference)?;
        }
        printer.data(told);
    }
    Ok(())
}

/// Unpacks a chart below a directory. Nothing is written but what the chart reader, which refuses
/// links and ways out, has taken in.
fn unpack(file_name: &str, archive: &[u8], directory: &Path, reference: &str) -> Result<(), Failure> {
    let named = reference.rsplit('/').next().unwrap_or_default();
    let named = named.split([':', '@']).next().unwrap_or_default();
    let chart = load_archive_file(file_name, archive, LoadOptions::default(), &mut Vec::new())?;
    for taken in [directory.join(named), directory.join(chart.name())] {
        if taken.exists() {
            return Err(Failure::new(format!(
                "failed to untar: a file or directory with the name {} already exists",
                taken.display()
            )));
        }
    }
    write_chart(&chart, directory)
}

fn write_chart(chart: &Chart, directory: &Path) -> Result<(), Failure> {
    let root = directory.join(chart.name());
    for file in &chart.contents().raw {
        let below = PathBuf::from(&file.name);
        if !below.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Failure::new(format!("chart illegally references parent directory: {}", file.name)));
        }
        let path = root.join(below);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| go_error("mkdir", parent, &error))?;
        }
        write(&path, &file.data)?;
    }
    Ok(())
}
