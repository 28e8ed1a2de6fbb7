//! Charts and values as commands get them: located, loaded, with warnings told.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use wheelhouse_chart::values::{Data, Table};
use wheelhouse_chart::{Chart, Compat, Error, Warning, check_dependencies};
use wheelhouse_chart::{LoadOptions, load_archive_file, load_directory};
use wheelhouse_gotemplate::Limits;
use wheelhouse_gotemplate::error::LimitReached;
use wheelhouse_render::{Capabilities, KubeVersion};
use wheelhouse_sprig::Environment;

use crate::arguments::{ChartPathOptions, ValueOptions};
use crate::commands::Failure;
use crate::filesystem::{self, DiskDirectory, go_error};
use crate::host::MachineHost;
use crate::printer::Printer;
use crate::remote;
use crate::settings::Settings;
use crate::signatures;

/// How long a render may take.
const RENDER_TIME: Duration = Duration::from_secs(120);

/// Native stack that evaluation may use; commands run on a stack that has it (see `main`).
pub(crate) const RENDER_STACK: usize = 256 << 20;

/// Finds a chart: a path on this machine, or what is fetched from a registry or repository into the
/// cache.
pub(crate) fn locate(
    reference: &str,
    options: &ChartPathOptions,
    settings: &Settings,
    printer: Printer,
) -> Result<PathBuf, Failure> {
    let reference = reference.trim();
    if options.repo.is_none() {
        let path = Path::new(reference);
        if path.exists() {
            let path = filesystem::absolute(path);
            if options.verify {
                signatures::verify_file(&path, &signatures::keyring(options.keyring.as_ref()))?;
            }
            return Ok(path);
        }
        if path.is_absolute() || reference.starts_with('.') {
            return Err(Failure::new(format!("path {reference:?} not found")));
        }
    }
    remote::fetch_to_cache(reference, options, settings, printer)
}

/// Loads a chart from a directory or an archive, and tells what is odd about it.
pub(crate) fn load(path: &Path, options: LoadOptions, printer: Printer) -> Result<Chart, Failure> {
    if path.metadata().map_err(|error| go_error("stat", path, &error))?.is_dir() {
        return load_unpacked(path, options, printer);
    }
    load_content(&path.to_string_lossy(), &filesystem::read(path)?, options, printer)
}

/// Loads a chart from an archive's content.
pub(crate) fn load_content(
    name: &str,
    content: &[u8],
    options: LoadOptions,
    printer: Printer,
) -> Result<Chart, Failure> {
    let mut warnings = Vec::new();
    let chart = load_archive_file(name, content, options, &mut warnings);
    tell(&warnings, options.compat, printer);
    chart.map_err(not_loaded)
}

/// A chart that cannot be loaded, as Helm tells it, with the reason below where Helm gives none.
pub(crate) fn not_loaded(error: Error) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        Error::UnableToLoadArchive { source } => failure.with_advice(source.to_string()),
        _ => failure,
    }
}

/// How charts are loaded by commands that do not ask which format they have: Helm shows, lints and
/// lists the dependencies of charts of any `apiVersion`.
pub(crate) fn any_version() -> LoadOptions {
    LoadOptions { any_version: true, ..LoadOptions::default() }
}

/// Loads a chart that must be a directory.
pub(crate) fn load_unpacked(path: &Path, options: LoadOptions, printer: Printer) -> Result<Chart, Failure> {
    let mut warnings = Vec::new();
    let mut directory = DiskDirectory::new(filesystem::absolute(path));
    let chart = load_directory(&mut directory, options, &mut warnings);
    tell(&warnings, options.compat, printer);
    Ok(chart?)
}

/// What `install` and `template` ask of a chart before they use it.
pub(crate) fn check_installable(chart: &Chart, compat: Compat, printer: Printer) -> Result<(), Failure> {
    let kind = &chart.metadata.chart_type;
    if !matches!(kind.as_str(), "" | "application") {
        return Err(Failure::new(format!("{kind} charts are not installable")));
    }
    if chart.metadata.deprecated {
        printer.talk(match compat {
            Compat::V4 => "level=WARN msg=\"this chart is deprecated\"",
            Compat::V3 => "WARNING: This chart is deprecated",
        });
    }
    Ok(())
}

/// Whether a chart has the charts that it asks for.
pub(crate) fn require_dependencies(chart: &Chart, compat: Compat) -> Result<(), Failure> {
    check_dependencies(chart).map_err(|error| {
        let advice = match compat {
            Compat::V4 => {
                "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies"
            }
            Compat::V3 => {
                "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing dependencies"
            }
        };
        Failure::new(format!("{advice}: {error}"))
    })
}

/// Writes warnings as Helm does.
pub(crate) fn tell(warnings: &[Warning], compat: Compat, printer: Printer) {
    for warning in warnings {
        printer.talk(&warning.line(compat));
    }
}

/// The user's values: files and flags together.
pub(crate) fn user_values(options: &ValueOptions, compat: Compat, trace: bool) -> Result<Table, Failure> {
    let mut read = |path: &str| {
        if path.trim() == "-" {
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut text)
                .map_err(|error| error.to_string())?;
            return Ok(text);
        }
        filesystem::read(Path::new(path)).map_err(|error| error.to_string())
    };
    Ok(options.flags().merge(compat, trace, &mut read)?)
}

/// Values as the platform's API takes them.
pub(crate) fn table_to_json(table: &Table) -> serde_json::Value {
    let members =
        table.iter().map(|(name, node)| (name.to_str_lossy().into_owned(), node_to_json(&node.data)));
    serde_json::Value::Object(members.collect())
}

fn node_to_json(data: &Data) -> serde_json::Value {
    match data {
        Data::Null => serde_json::Value::Null,
        Data::Bool(value) => (*value).into(),
        Data::Int(value) => (*value).into(),
        // A whole number of a values file is written as one.
        Data::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
            #[allow(clippy::cast_possible_truncation, reason = "it is whole and fits")]
            let whole = *value as i64;
            whole.into()
        }
        Data::Float(value) => (*value).into(),
        Data::String(text) => text.to_str_lossy().into_owned().into(),
        Data::List(items) => items.iter().map(|item| node_to_json(&item.data)).collect(),
        Data::Table(table) => table_to_json(table),
    }
}

/// What templates are told of the cluster when there is none.
pub(crate) fn offline_capabilities(
    kube_version: &str,
    api_versions: &[String],
    compat: Compat,
) -> Result<Capabilities, Failure> {
    let mut capabilities = Capabilities::offline(compat);
    if !kube_version.is_empty() {
        capabilities.kube_version = self::kube_version(kube_version, compat)?;
    }
    capabilities.api_versions.extend(api_versions.iter().filter(|version| !version.is_empty()).cloned());
    Ok(capabilities)
}

/// Reads `--kube-version`.
pub(crate) fn kube_version(text: &str, compat: Compat) -> Result<KubeVersion, Failure> {
    KubeVersion::parse(text, compat)
        .map_err(|error| Failure::new(format!("invalid kube version '{text}': {error}")))
}

/// Where this is `follow`, schemas of values may refer to files and addresses, as in Helm.
const SCHEMA_REFERENCES: &str = "WHEELHOUSE_SCHEMA_REFERENCES";

/// What functions get from this machine. A chart that is only looked at must not read files or call servers by its
/// schema, so that is for the user to allow.
pub(crate) fn environment(compat: Compat, enable_dns: bool) -> Environment {
    let mut host = MachineHost::new(enable_dns, compat);
    if std::env::var_os(SCHEMA_REFERENCES).is_some_and(|value| value == "follow") {
        host = host.with_documents();
    }
    Environment::new(Box::new(host), compat)
}

/// What a render on the user's own machine may use.
pub(crate) fn limits() -> Limits {
    Limits { stack: RENDER_STACK, ..Limits::default() }
}

/// A check that ends a render which takes too long.
pub(crate) fn deadline() -> impl Fn() -> Result<(), LimitReached> {
    let start = Instant::now();
    move || {
        if start.elapsed() > RENDER_TIME {
            let limit_ms = u64::try_from(RENDER_TIME.as_millis()).unwrap_or(u64::MAX);
            return Err(LimitReached::Time { limit_ms });
        }
        Ok(())
    }
}
