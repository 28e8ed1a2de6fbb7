//! `show`: what is in a chart.

use wheelhouse_chart::Chart;
use wheelhouse_chart::jsonpath::JsonPath;
use wheelhouse_goyaml::{ReadOptions, Value, load_values, to_yaml};

use super::Failure;
use crate::arguments::{Show, ShowPart};
use crate::charts;
use crate::printer::Printer;
use crate::settings::Settings;

/// The names a README may have, in any letter case.
const README_NAMES: &[&str] = &["readme.md", "readme.txt", "readme"];

/// Prints a part of a chart.
pub(super) fn run(options: &Show, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let (name, options, template) = match &options.part {
        ShowPart::All(options) => ("all", options, ""),
        ShowPart::Chart(options) => ("chart", options, ""),
        ShowPart::Values(options) => ("values", &options.show, options.jsonpath.as_str()),
        ShowPart::Readme(options) => ("readme", options, ""),
        ShowPart::Crds(options) => ("crds", options, ""),
    };
    let [reference] = options.arguments.as_slice() else {
        return Err(Failure::new(format!(
            "\"helm show {name}\" requires 1 argument\n\nUsage:  helm show {name} [CHART] [flags]"
        )));
    };
    let path = charts::locate(reference, &options.chart_path, settings, printer)?;
    let chart = charts::load(&path, charts::any_version(), printer)?;
    printer.data(shown(&chart, name, template)?);
    Ok(())
}

fn shown(chart: &Chart, part: &str, template: &str) -> Result<Vec<u8>, Failure> {
    let all = part == "all";
    let mut text = Vec::new();
    if all || part == "chart" {
        text.extend(to_yaml(&chart.metadata)?);
        text.push(b'\n');
    }
    let values = chart.contents().raw.iter().find(|file| file.name == "values.yaml");
    if let Some(values) = values.filter(|_| all || part == "values") {
        if all {
            text.extend(b"---\n");
        }
        if template.is_empty() {
            text.extend(&*values.data);
            text.push(b'\n');
        } else {
            text.extend(chosen(&values.data, template)?);
        }
    }
    let readme = chart
        .contents()
        .files
        .iter()
        .find(|file| README_NAMES.iter().any(|name| file.name.eq_ignore_ascii_case(name)));
    if let Some(readme) = readme.filter(|_| all || part == "readme") {
        if all {
            text.extend(b"---\n");
        }
        text.extend(&*readme.data);
        text.push(b'\n');
    }
    if all || part == "crds" {
        for crd in chart.crds() {
            if !crd.file.data.starts_with(b"---") {
                text.extend(b"---\n");
            }
            text.extend(&*crd.file.data);
            text.push(b'\n');
        }
    }
    Ok(text)
}

/// What a JSONPath template gives for a values file; nothing, as in Helm, if a field is missing.
fn chosen(values: &[u8], template: &str) -> Result<Vec<u8>, Failure> {
    let path = JsonPath::parse(template)
        .map_err(|error| Failure::new(format!("error parsing jsonpath {template}: {error}")))?;
    let values = load_values(values, &ReadOptions::default())?;
    Ok(path.apply(&Value::Map(values)).unwrap_or_default())
}
