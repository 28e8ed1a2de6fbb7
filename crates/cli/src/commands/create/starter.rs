//! A new chart from another one: the name goes where the other says `<CHARTNAME>`.

use std::fs;
use std::path::Path;

use wheelhouse_chart::Metadata;
use wheelhouse_chart::metadata::API_VERSION_V2;
use wheelhouse_goyaml::to_yaml;

use super::{Failure, NAME_PLACEHOLDER};
use crate::archives;
use crate::charts;
use crate::filesystem::{go_error, write};
use crate::printer::Printer;

/// Writes the chart. Its Chart.yaml is a new one; subcharts become archives.
pub(super) fn create(path: &Path, starter: &Path, printer: Printer) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let options = charts::any_version();
    let chart = charts::load(starter, options, printer).map_err(|failure| {
        Failure::new(format!("could not load {}: {}", starter.display(), failure.message))
    })?;
    if path.metadata().is_ok_and(|metadata| !metadata.is_dir()) {
        return Err(Failure::new(format!("file {} already exists and is not a directory", path.display())));
    }
    fs::create_dir_all(path).map_err(|error| go_error("mkdir", path, &error))?;
    let metadata = Metadata {
        name: name.clone(),
        description: "A Helm chart for Kubernetes".to_owned(),
        chart_type: "application".to_owned(),
        version: "0.1.0".to_owned(),
        app_version: "0.1.0".to_owned(),
        api_version: API_VERSION_V2.to_owned(),
        ..Metadata::default()
    };
    write(&path.join("Chart.yaml"), &to_yaml(&metadata)?)?;
    let named = |data: &[u8]| replace(data, NAME_PLACEHOLDER.as_bytes(), name.as_bytes());
    let contents = chart.contents();
    for file in contents.raw.iter().filter(|file| file.name == "values.yaml") {
        write_below(path, &file.name, &named(&file.data))?;
    }
    for file in &contents.templates {
        write_below(path, &file.name, &named(&file.data))?;
    }
    for file in contents.schema.iter().chain(&contents.files) {
        write_below(path, &file.name, &file.data)?;
    }
    let stamp = archives::stamp()?;
    for subchart in chart.dependencies() {
        archives::save(subchart, &path.join("charts"), stamp).map_err(|failure| {
            Failure::new(format!("saving {name}/charts/{}: {}", subchart.name(), failure.message))
        })?;
    }
    Ok(())
}

fn write_below(path: &Path, name: &str, data: &[u8]) -> Result<(), Failure> {
    let file = path.join(name);
    let directory = file.parent().unwrap_or(path);
    fs::create_dir_all(directory).map_err(|error| go_error("mkdir", directory, &error))?;
    Ok(write(&file, data)?)
}

/// A text with every `from` replaced; the text may be anything.
fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        match rest.strip_prefix(from) {
            Some(after) => {
                out.extend_from_slice(to);
                rest = after;
            }
            None => {
                out.push(*first);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out
}
