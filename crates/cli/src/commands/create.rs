//! `create`: a new chart to start from.

mod starter;

use std::fs;
use std::path::Path;

use super::Failure;
use crate::arguments::Create;
use crate::filesystem::{absolute, clean, go_error, write};
use crate::printer::Printer;
use crate::settings::Settings;

/// Helm's bound, below what file systems allow.
const MAX_NAME_LENGTH: usize = 250;

/// What stands for the chart's name in a scaffold.
const NAME_PLACEHOLDER: &str = "<CHARTNAME>";

/// A file below the chart's directory, with its text.
type ScaffoldFile = (&'static str, &'static str);

macro_rules! scaffold {
    ($kind:literal: $($path:literal),* $(,)?) => {
        &[
            $(($path, include_str!(concat!("../../scaffold/", $kind, "/", $path))),)*
            (".helmignore", include_str!("../../scaffold/helmignore")),
        ]
    };
}

/// A web service with everything around it.
const CHART: &[ScaffoldFile] = scaffold!("chart":
    "Chart.yaml",
    "values.yaml",
    "templates/NOTES.txt",
    "templates/_helpers.tpl",
    "templates/deployment.yaml",
    "templates/hpa.yaml",
    "templates/ingress.yaml",
    "templates/service.yaml",
    "templates/serviceaccount.yaml",
    "templates/tests/test-connection.yaml",
);

/// A function: a mini-service `entrypoint` on port 8000.
const FUNCTION: &[ScaffoldFile] = scaffold!("function":
    "Chart.yaml",
    "values.yaml",
    "templates/NOTES.txt",
    "templates/_helpers.tpl",
    "templates/deployment.yaml",
    "templates/service.yaml",
);

/// Writes the chart.
pub(super) fn run(options: &Create, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let [path] = options.arguments.as_slice() else {
        return Err(Failure::new("\"helm create\" requires 1 argument\n\nUsage:  helm create NAME [flags]"));
    };
    printer.data(format!("Creating {path}\n"));
    if !options.starter.is_empty() {
        let starter = Path::new(settings.variable("HELM_DATA_HOME")).join("starters").join(&options.starter);
        return starter::create(&clean(Path::new(path)), &starter, printer);
    }
    scaffold(&absolute(Path::new(path)), options.function, printer)
}

/// Writes a chart's files at an absolute path, whose last part is the chart's name.
pub(super) fn scaffold(path: &Path, function: bool, printer: Printer) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    check_name(&name)?;
    check_place(path)?;
    let files = if function { FUNCTION } else { CHART };
    for (file, text) in files {
        let file = path.join(file);
        if file.exists() {
            // Helm tells it among the data.
            printer.data(format!("WARNING: File \"{}\" already exists. Overwriting.\n", file.display()));
        }
        let directory = file.parent().unwrap_or(path);
        fs::create_dir_all(directory).map_err(|error| go_error("mkdir", directory, &error))?;
        write(&file, text.replace(NAME_PLACEHOLDER, &name).as_bytes())?;
    }
    let charts = path.join("charts");
    Ok(fs::create_dir_all(&charts).map_err(|error| go_error("mkdir", &charts, &error))?)
}

fn check_name(name: &str) -> Result<(), Failure> {
    if name.is_empty() || name.len() > MAX_NAME_LENGTH {
        return Err(Failure::new(format!("chart name must be between 1 and {MAX_NAME_LENGTH} characters")));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        return Err(Failure::new("chart name must match the regular expression \"^[a-zA-Z0-9._-]+$\""));
    }
    Ok(())
}

/// The directory above must be there; the chart's own may.
fn check_place(path: &Path) -> Result<(), Failure> {
    let above = path.parent().unwrap_or(path);
    let status = above.metadata().map_err(|error| go_error("stat", above, &error))?;
    if !status.is_dir() {
        return Err(Failure::new(format!("no such directory {}", above.display())));
    }
    if path.exists() && !path.is_dir() {
        return Err(Failure::new(format!("file {} already exists and is not a directory", path.display())));
    }
    Ok(())
}
