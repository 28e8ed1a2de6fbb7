//! Helm 4's post-renderers: plugins of type `postrenderer/v1`.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use wheelhouse_chart::Compat;
use wheelhouse_render::{RenderedChart, manifests, merge_files, split_output, trim_space};

use super::program::look_path;
use super::{Ending, pipe_through, refusal};
use crate::arguments::InstallOptions;
use crate::commands::Failure;
use crate::filesystem::go_error;
use crate::plugins::{self, Plugin, Runtime};
use crate::printer::Printer;
use crate::settings::Settings;

/// A plugin that reads manifests and writes others.
#[derive(Debug)]
pub(in crate::commands::template) struct PostRendererPlugin {
    plugin: Plugin,
    arguments: Vec<String>,
}

impl PostRendererPlugin {
    /// The plugin the flags name, if they name one.
    pub(super) fn find(
        options: &InstallOptions,
        settings: &Settings,
        printer: Printer,
    ) -> Result<Option<Self>, Failure> {
        let mut names = super::names(options);
        let Some(name) = names.next() else { return Ok(None) };
        let plugin = plugins::find(settings.variable("HELM_PLUGINS"), name, "postrenderer/v1", printer)
            .map_err(|problem| refusal(name, &problem))?;
        if let Some(second) = names.next() {
            return Err(refusal(second, "cannot specify --post-renderer flag more than once"));
        }
        Ok(Some(Self { plugin, arguments: options.post_renderer_args.clone() }))
    }

    /// Puts what the plugin makes of the rendered files in their place.
    pub(in crate::commands::template) fn change(&self, rendered: &mut RenderedChart) -> Result<(), Failure> {
        let merged = merge_files(&rendered.files).map_err(|error| Failure::new(error.to_string()))?;
        let output = self.run(&merged).map_err(|problem| {
            Failure::new(format!("error while running post render on files: {problem}"))
        })?;
        rendered.files = split_output(&output).map_err(|error| Failure::new(error.to_string()))?;
        rendered.manifests = manifests(&rendered.files, Compat::V4, false);
        Ok(())
    }

    fn run(&self, merged: &[u8]) -> Result<Vec<u8>, String> {
        let name = &self.plugin.metadata.name;
        let output = self
            .invoke(merged)
            .map_err(|problem| format!("failed to invoke post-renderer plugin {name:?}: {problem}"))?;
        if trim_space(&output).is_empty() {
            return Err(format!("post-renderer {name:?} produced empty output"));
        }
        Ok(output)
    }

    /// Runs the plugin's program. What it says on stderr is not shown, as in Helm.
    fn invoke(&self, merged: &[u8]) -> Result<Vec<u8>, String> {
        let name = &self.plugin.metadata.name;
        let Runtime::Subprocess(commands) = &self.plugin.metadata.runtime else {
            return Err("plugins of the runtime \"extism/v1\" (WebAssembly) are not supported; use one of the runtime \"subprocess\"".to_owned());
        };
        let mut environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let directory = self.plugin.directory.display().to_string();
        environment.insert("HELM_PLUGIN_NAME".to_owned(), name.clone());
        environment.insert("HELM_PLUGIN_DIR".to_owned(), directory);
        let (program, arguments) = plugins::prepare(commands, &self.arguments, &environment)
            .map_err(|problem| format!("failed to prepare plugin command: {problem}"))?;
        let path = look_path(&program).map_err(|problem| start_problem(&program, &problem))?;
        let mut command = Command::new(&path);
        command
            .arg0(&program)
            .args(arguments)
            .env("HELM_PLUGIN_NAME", name)
            .env("HELM_PLUGIN_DIR", &self.plugin.directory);
        let output = pipe_through(command, merged)
            .map_err(|error| go_error("fork/exec", &path, &error).to_string())?;
        match output.ending {
            Ending::Success => Ok(output.stdout),
            Ending::Code(_) | Ending::Signal(_) => Err(format!("plugin {name:?} exited with error")),
        }
    }
}

/// Why a program cannot be started, in Go's words: a path is only tried.
fn start_problem(program: &str, problem: &str) -> String {
    if program.contains('/') {
        let reason = problem.rsplit(": ").next().unwrap_or(problem);
        return format!("fork/exec {}: {reason}", Path::new(program).display());
    }
    format!("exec: {program:?}: {problem}")
}
