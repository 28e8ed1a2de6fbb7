//! `template`: render a chart and print the manifests.

use std::fs;
use std::path::Path;

use wheelhouse_chart::Compat;
use wheelhouse_chart::LoadOptions;
use wheelhouse_render::{
    HookEvent, PipelineError, Release, RenderedChart, Renderer, Request, documents, path_matches,
};

use super::{Failure, require_arguments};
use crate::arguments::{InstallOptions, Template};
use crate::charts;
use crate::filesystem::go_error;
use crate::printer::Printer;
use crate::settings::Settings;

/// Renders and prints.
pub(super) fn run(options: &Template, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    require_arguments("template [NAME] [CHART]", &options.arguments, 1)?;
    let compat = Compat::from(options.compat);
    let capabilities = charts::offline_capabilities(&options.kube_version, &options.api_versions, compat)?;
    tell_deprecated(options, printer);
    let (name, reference) = name_and_chart(&options.arguments, &options.install)?;
    let path = charts::locate(&reference, &options.chart_path, settings, printer)?;
    let values = charts::user_values(&options.values, compat, false)?;
    let chart = charts::load(&path, LoadOptions { compat, ..LoadOptions::default() }, printer)?;
    charts::check_installable(&chart, compat, printer)?;
    check_name(&name)?;
    let release =
        Release { name, namespace: settings.namespace.clone(), revision: 1, is_upgrade: options.is_upgrade };
    let deadline = charts::deadline();
    let environment = charts::environment(compat, options.install.enable_dns);
    let request = Request {
        values: &values,
        release: &release,
        capabilities: &capabilities,
        environment: &environment,
        limits: charts::limits(),
        checkpoint: Some(&deadline),
        skip_schema_validation: options.install.skip_schema_validation,
        trace: false,
    };
    let mut warnings = Vec::new();
    let renderer = Renderer::new(compat);
    let result = renderer.release(chart, &request, &mut warnings);
    charts::tell(&warnings, compat, printer);
    let rendered = result.map_err(|error| failure(error, settings.debug))?;
    if options.profile {
        printer.talk(&format!("{} steps, {} bytes made", rendered.usage.steps, rendered.usage.bytes));
    }
    print(options, settings, &release, &rendered, printer)
}

fn tell_deprecated(options: &Template, printer: Printer) {
    for (given, text) in [
        (options.validate, "Flag --validate has been deprecated, use '--dry-run=server' instead"),
        (options.install.force, "Flag --force has been deprecated, use --force-replace instead"),
        (options.install.atomic, "Flag --atomic has been deprecated, use --rollback-on-failure instead"),
    ] {
        if given {
            printer.talk(text);
        }
    }
}

/// The release's name and the chart, out of one or two arguments.
fn name_and_chart(arguments: &[String], options: &InstallOptions) -> Result<(String, String), Failure> {
    match arguments {
        [name, chart] => {
            if options.generate_name {
                return Err(Failure::new("cannot set --generate-name and also specify a name"));
            }
            if !options.name_template.is_empty() {
                return Err(Failure::new("cannot set --name-template and also specify a name"));
            }
            Ok((name.clone(), chart.clone()))
        }
        [chart] => {
            if !options.name_template.is_empty() {
                return Ok((name_of_template(&options.name_template)?, chart.clone()));
            }
            Ok(("release-name".to_owned(), chart.clone()))
        }
        [_, _, rest @ ..] => Err(Failure::new(format!(
            "expected at most two arguments, unexpected arguments: {}",
            rest.join(", ")
        ))),
        [] => Err(Failure::new("a chart is needed")),
    }
}

/// Renders `--name-template`.
fn name_of_template(template: &str) -> Result<String, Failure> {
    let environment = charts::environment(Compat::V4, false);
    wheelhouse_render::render_name(template, &environment).map_err(Failure::new)
}

/// Helm's rule for names of releases.
fn check_name(name: &str) -> Result<(), Failure> {
    let is_label = |label: &str| {
        let edge = |letter: Option<u8>| {
            letter.is_some_and(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        };
        edge(label.bytes().next())
            && edge(label.bytes().last())
            && label
                .bytes()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-')
    };
    let problem = if name.is_empty() {
        "no name provided".to_owned()
    } else if name.len() > 53 || !name.split('.').all(is_label) {
        "invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53".to_owned()
    } else {
        return Ok(());
    };
    Err(Failure::new(format!("release name check failed: release name {name:?}: {problem}")))
}

fn failure(error: PipelineError, debug: bool) -> Failure {
    let hint = !debug && matches!(error, PipelineError::Render(_) | PipelineError::KubeVersion { .. });
    let mut failure = Failure::from_pipeline(error);
    if hint {
        failure.message.push_str("\n\nUse --debug flag to render out invalid YAML");
    }
    failure
}

/// What is printed, or written to files.
fn print(
    options: &Template,
    settings: &Settings,
    release: &Release,
    rendered: &RenderedChart,
    printer: Printer,
) -> Result<(), Failure> {
    let compat = Compat::from(options.compat);
    let manifests = match &rendered.manifests {
        Ok(manifests) => manifests,
        Err(error) => {
            let mut failure = Failure::from_manifest(error, rendered);
            if settings.debug {
                let mut text = Vec::new();
                for file in rendered.files.iter().filter(|file| !file.text.trim_ascii().is_empty()) {
                    append(&mut text, &file.name, &file.text);
                }
                let mut all = text.trim_ascii().to_vec();
                all.push(b'\n');
                printer.data(all);
            } else {
                failure.message.push_str("\n\nUse --debug flag to render out invalid YAML");
            }
            return Err(failure);
        }
    };
    for types in &manifests.unknown_hooks {
        printer.talk(&format!("level=INFO msg=\"skipping unknown hooks\" hookTypes={types:?}"));
    }
    let mut sink = Sink::new(options, release, printer);
    if options.include_crds {
        for crd in rendered.chart.crds() {
            sink.add(&crd.path, &crd.file.data, false)?;
        }
    }
    for manifest in &manifests.manifests {
        sink.add(rendered.file_name(manifest), rendered.text(manifest), false)?;
    }
    sink.end_of_manifests();
    if !options.install.no_hooks {
        for hook in &manifests.hooks {
            if options.skip_tests && hook.events.contains(&HookEvent::Test) {
                continue;
            }
            sink.add(rendered.file_name(&hook.manifest), rendered.text(&hook.manifest), true)?;
        }
    }
    let text = sink.text;
    if options.show_only.is_empty() {
        printer.data(text);
        return Ok(());
    }
    let mut chosen = Vec::new();
    let spans = documents(&text, compat);
    for pattern in &options.show_only {
        let mut missing = true;
        for span in &spans {
            let document = text.get(span.range()).unwrap_or_default();
            if source_of(document).is_some_and(|path| path_matches(pattern, &path)) {
                missing = false;
                chosen.extend_from_slice(b"---\n");
                chosen.extend_from_slice(document);
                chosen.push(b'\n');
            }
        }
        if missing {
            return Err(Failure::new(format!("could not find template {pattern} in chart")));
        }
    }
    printer.data(chosen);
    Ok(())
}

/// The path after the chart's name in `# Source: chart/templates/x.yaml`.
fn source_of(document: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(document);
    let (_, rest) = text.split_once("# Source: ")?;
    let line = rest.lines().next()?;
    line.split_once('/').map(|(_, path)| path.to_owned())
}

fn append(text: &mut Vec<u8>, name: &str, content: &[u8]) {
    text.extend_from_slice(format!("---\n# Source: {name}\n").as_bytes());
    text.extend_from_slice(content);
    text.push(b'\n');
}

/// Collects manifests into one text, or writes them to files.
struct Sink<'a> {
    options: &'a Template,
    directory: String,
    hook_directory: String,
    written: Vec<String>,
    printer: Printer,
    text: Vec<u8>,
}

impl<'a> Sink<'a> {
    fn new(options: &'a Template, release: &Release, printer: Printer) -> Self {
        let directory = options.output_dir.clone();
        let hook_directory =
            if options.release_name { format!("{directory}/{}", release.name) } else { directory.clone() };
        Sink { options, directory, hook_directory, written: Vec::new(), printer, text: Vec::new() }
    }

    fn add(&mut self, name: &str, content: &[u8], is_hook: bool) -> Result<(), Failure> {
        if self.options.output_dir.is_empty() {
            append(&mut self.text, name, content);
            return Ok(());
        }
        let is_crd = name.contains("/crds/");
        let directory = if is_crd { &self.directory } else { &self.hook_directory };
        let path = format!("{directory}/{name}");
        let again = self.written.contains(&path) || (is_hook && Path::new(&path).exists());
        write_to_file(&path, name, content, again)?;
        self.printer.data(format!("wrote {path}\n"));
        self.written.push(path);
        Ok(())
    }

    /// Everything before the hooks ends with one line break.
    fn end_of_manifests(&mut self) {
        let mut trimmed = wheelhouse_render::trim_space(&self.text).to_vec();
        trimmed.push(b'\n');
        self.text = trimmed;
    }
}

fn write_to_file(path: &str, name: &str, content: &[u8], again: bool) -> Result<(), Failure> {
    let path = Path::new(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| go_error("mkdir", parent, &error))?;
    }
    let mut text = Vec::new();
    append(&mut text, name, content);
    let mut open = fs::OpenOptions::new();
    let file = if again { open.append(true) } else { open.write(true).create(true).truncate(true) };
    let mut file = file.open(path).map_err(|error| go_error("open", path, &error))?;
    std::io::Write::write_all(&mut file, &text).map_err(|error| go_error("write", path, &error))?;
    Ok(())
}
