//! Helm 4's plugins, as far as charts are rendered with them: those of type `postrenderer/v1`
//! with the `subprocess` runtime.

mod command;
mod metadata;

use std::fs;
use std::path::{Path, PathBuf};

use wheelhouse_chart::log_line;

use crate::filesystem::go_error;
use crate::printer::Printer;
use metadata::Metadata;

pub(crate) use command::prepare;
pub(crate) use metadata::Runtime;

/// A plugin that was found.
#[derive(Debug)]
pub(crate) struct Plugin {
    /// Its directory.
    pub(crate) directory: PathBuf,
    /// What its `plugin.yaml` says.
    pub(crate) metadata: Metadata,
}

/// The plugin of a name and type in directories separated by colons. Those that cannot be loaded
/// are passed over with a warning.
pub(crate) fn find(directories: &str, name: &str, kind: &str, printer: Printer) -> Result<Plugin, String> {
    let mut found = None;
    for base in directories.split(':').filter(|base| !base.is_empty()) {
        let plugins = load_all(Path::new(base), printer)?;
        let fits = |plugin: &Plugin| plugin.metadata.name == name && plugin.metadata.kind == kind;
        found = found.or_else(|| plugins.into_iter().find(fits));
    }
    found.ok_or_else(|| format!("plugin: {{Name:{name} Type:{kind}}} not found"))
}

/// The plugins in the directories of a directory, by the names of these.
fn load_all(base: &Path, printer: Printer) -> Result<Vec<Plugin>, String> {
    let mut directories: Vec<PathBuf> =
        fs::read_dir(base).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    directories.sort();
    let mut plugins: Vec<Plugin> = Vec::new();
    for directory in directories {
        let file = directory.join("plugin.yaml");
        if fs::symlink_metadata(&file).is_err() {
            continue;
        }
        match load(&directory, &file) {
            Ok(plugin) => plugins.push(plugin),
            Err(error) => printer.talk(&log_line(
                "WARN",
                "failed to load plugin (ignoring)",
                &[("plugin_yaml", &file.display().to_string()), ("error", &error)],
            )),
        }
    }
    check_names(&plugins)?;
    Ok(plugins)
}

fn load(directory: &Path, file: &Path) -> Result<Plugin, String> {
    let text = fs::read(file).map_err(|error| {
        format!("failed to read plugin at {:?}: {}", file, go_error("open", file, &error))
    })?;
    let metadata =
        Metadata::parse(&text).map_err(|error| format!("failed to load plugin {directory:?}: {error}"))?;
    if matches!(metadata.runtime, Runtime::Wasm) {
        let binary = directory.join("plugin.wasm");
        if !binary.exists() {
            return Err(format!("wasm binary missing for extism/v1 plugin: {binary:?}"));
        }
    }
    Ok(Plugin { directory: directory.to_owned(), metadata })
}

fn check_names(plugins: &[Plugin]) -> Result<(), String> {
    for (index, plugin) in plugins.iter().enumerate() {
        let name = &plugin.metadata.name;
        let earlier = plugins.iter().take(index).find(|earlier| earlier.metadata.name == *name);
        if let Some(earlier) = earlier {
            return Err(format!(
                "two plugins claim the name {name:?} at {:?} and {:?}",
                earlier.directory, plugin.directory
            ));
        }
    }
    Ok(())
}
