//! `template`: render a chart and print the manifests.

mod flags;
mod output;
mod post_renderer;
mod release_name;

use std::mem::ManuallyDrop;
use std::time::Instant;

use wheelhouse_chart::{Compat, LoadOptions, log_line};
use wheelhouse_render::{
    HookEvent, Manifests, Operation, PipelineError, Release, RenderedChart, Renderer, Request,
};

use super::{Failure, require_arguments};
use crate::arguments::Template;
use crate::charts;
use crate::dependencies;
use crate::printer::Printer;
use crate::profile;
use crate::rendering::Rendering;
use crate::settings::Settings;
use output::{Sink, append, chosen, trimmed};
use post_renderer::{PostRenderer, Program};

const HINT: &str = "\n\nUse --debug flag to render out invalid YAML";

/// Renders and prints.
pub(super) fn run(options: &Template, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let compat = Compat::from(options.compat);
    let post_renderer = PostRenderer::find(&options.install, compat, settings, printer)?;
    flags::check(options, printer)?;
    require_arguments("template [NAME] [CHART]", &options.arguments, 1)?;
    let capabilities = charts::offline_capabilities(&options.kube_version, &options.api_versions, compat)?;
    flags::check_dry_run(options, printer)?;
    let (name, reference) = release_name::name_and_chart(&options.arguments, &options.install)?;
    let path = charts::locate(&reference, &options.chart_path, settings, printer)?;
    let values = charts::user_values(&options.values, compat, false)?;
    let load = LoadOptions { compat, ..LoadOptions::default() };
    let chart = charts::load(&path, load, printer)?;
    charts::check_installable(&chart, compat, printer)?;
    let chart = match charts::require_dependencies(&chart, compat) {
        Ok(()) => chart,
        Err(_) if options.install.dependency_update => {
            dependencies::complete(&path, settings, printer)?;
            charts::load(&path, load, printer).map_err(|failure| {
                Failure::new(format!("failed reloading chart after repo update: {}", failure.message))
            })?
        }
        Err(failure) => return Err(failure),
    };
    release_name::check_name(&name, compat, printer)?;
    let operation = if options.is_upgrade { Operation::Upgrade } else { Operation::Install };
    let release = Release { name, namespace: settings.namespace.clone(), revision: 1, operation };
    let mut rendering = Rendering::new(compat, release, values, capabilities, options.install.enable_dns);
    rendering.skip_schema_validation = options.install.skip_schema_validation;
    let start = Instant::now();
    let clock = || start.elapsed();
    let request = Request { clock: options.profile.then_some(&clock), ..rendering.request() };
    let mut warnings = Vec::new();
    // The process ends when all is printed: taking trees and values apart before would be in vain.
    let renderer = ManuallyDrop::new(Renderer::new(compat));
    let result = renderer.release(chart, &request, &mut warnings);
    charts::tell(&warnings, compat, printer);
    let rendered = match result {
        Ok(rendered) => ManuallyDrop::new(rendered),
        Err(error) => return Err(render_failure(error, options, settings, printer)),
    };
    let mut rendered = rendered;
    if let Some(PostRenderer::Plugin(plugin)) = &post_renderer {
        plugin
            .change(&mut rendered)
            .map_err(|failure| without_manifests(failure, options, settings, printer))?;
    }
    if options.profile {
        printer.talk(&profile::report(&rendered.costs, options.output));
    }
    let program = match &post_renderer {
        Some(PostRenderer::Program(program)) => Some(program),
        _ => None,
    };
    print(options, settings, &rendering.release, &rendered, program, printer)
}

/// A chart that did not render. With `--debug`, Helm prints what there is of manifests: nothing.
fn render_failure(
    error: PipelineError,
    options: &Template,
    settings: &Settings,
    printer: Printer,
) -> Failure {
    let has_release = matches!(error, PipelineError::Render(_) | PipelineError::KubeVersion { .. });
    if let PipelineError::Dependencies(problem) = &error {
        let problem = problem.to_string();
        if Compat::from(options.compat) == Compat::V3 {
            return Failure::new(problem);
        }
        let message = "chart dependencies processing failed";
        printer.talk(&log_line("ERROR", message, &[("error", &problem)]));
    }
    let failure = Failure::from_pipeline(error);
    if has_release { without_manifests(failure, options, settings, printer) } else { failure }
}

/// The end of a release that has no manifests: with `--debug` they are printed all the same.
fn without_manifests(
    mut failure: Failure,
    options: &Template,
    settings: &Settings,
    printer: Printer,
) -> Failure {
    if !settings.debug {
        failure.message.push_str(HINT);
    } else if options.show_only.is_empty() {
        printer.data("\n");
    }
    failure
}

/// What is printed, or written to files.
fn print(
    options: &Template,
    settings: &Settings,
    release: &Release,
    rendered: &RenderedChart,
    post_renderer: Option<&Program>,
    printer: Printer,
) -> Result<(), Failure> {
    let compat = Compat::from(options.compat);
    let manifests = match &rendered.manifests {
        Ok(manifests) => manifests,
        Err(error) => {
            let mut failure = Failure::from_manifest(error, rendered);
            if !settings.debug {
                failure.message.push_str(HINT);
                return Err(failure);
            }
            let mut text = Vec::new();
            for file in rendered.files.iter().filter(|file| !file.text.trim_ascii().is_empty()) {
                append(&mut text, &file.name, &file.text);
            }
            let text = trimmed(&text);
            match options.show_only.as_slice() {
                [] => printer.data(text),
                // What is not there may be what is not YAML: that is the error to tell.
                patterns => printer.data(chosen(&text, patterns, compat).unwrap_or_default()),
            }
            return Err(failure);
        }
    };
    for types in &manifests.unknown_hooks {
        printer.talk(&unknown_hooks(types, compat));
    }
    let mut sink = Sink::new(options, &release.name, printer);
    add_manifests(options, rendered, manifests, post_renderer, &mut sink).map_err(|mut failure| {
        if !settings.debug {
            failure.message.push_str(HINT);
        }
        failure
    })?;
    sink.text = trimmed(&sink.text);
    if !options.install.no_hooks {
        for hook in &manifests.hooks {
            if options.skip_tests && hook.events.contains(&HookEvent::Test) {
                continue;
            }
            sink.add(rendered.file_name(&hook.manifest), rendered.text(&hook.manifest), true)?;
        }
    }
    match options.show_only.as_slice() {
        [] => printer.data(sink.text),
        patterns => printer.data(chosen(&sink.text, patterns, compat).map_err(Failure::new)?),
    }
    Ok(())
}

/// What Helm takes for the making of the release: hooks come after it.
fn add_manifests(
    options: &Template,
    rendered: &RenderedChart,
    manifests: &Manifests,
    post_renderer: Option<&Program>,
    sink: &mut Sink<'_>,
) -> Result<(), Failure> {
    if options.include_crds {
        for crd in rendered.chart.crds() {
            sink.add(&crd.path, &crd.file.data, false)?;
        }
    }
    for manifest in &manifests.manifests {
        sink.add(rendered.file_name(manifest), rendered.text(manifest), false)?;
    }
    if let Some(post_renderer) = post_renderer {
        sink.text = post_renderer.run(&sink.text)?;
    }
    Ok(())
}

/// What Helm logs of a hook that nothing runs.
fn unknown_hooks(types: &str, compat: Compat) -> String {
    match compat {
        Compat::V4 => log_line("INFO", "skipping unknown hooks", &[("hookTypes", types)]),
        // Helm 3 names the place in its own source.
        Compat::V3 => format!("manifest_sorter.go:199: info: skipping unknown hook: {types:?}"),
    }
}
