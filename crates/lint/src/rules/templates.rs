//! Rules for templates and what they render to.

mod deprecation;
mod extension;
mod helm2;
mod indent;
mod list_annotations;
mod match_selector;
mod object_name;

pub use deprecation::check_deprecation;
pub use extension::check_extension;
pub use helm2::{check_crd_hook, check_release_time};
pub use indent::check_indent;
pub use list_annotations::check_list_annotations;
pub use match_selector::check_match_selector;
pub use object_name::check_object_name;

use std::collections::HashMap;

use wheelhouse_chart::schema::validate_values;
use wheelhouse_chart::values::{Coalescer, Origins};
use wheelhouse_chart::{Chart, Compat, File, process_dependencies};
use wheelhouse_render::{Capabilities, Job, Operation, Release, Renderer, trim_space};

use crate::documents::document_heads;
use crate::linter::Subject;
use crate::message::Severity::{Error, Warning};

const DIRECTORY: &str = "templates/";

/// The name of the release that is rendered.
const RELEASE_NAME: &str = "test-release";

/// A rendered template: its name in the chart, and its text.
type RenderedTexts = HashMap<String, Vec<u8>>;

pub(crate) fn run(subject: &mut Subject<'_, '_>) {
    if !check_directory(subject) {
        return;
    }
    let chart = match subject.load() {
        Ok(chart) => chart,
        Err(error) => {
            subject.note(Error, DIRECTORY, Err(error.to_string()));
            return;
        }
    };
    let Some((chart, texts)) = render(subject, chart) else { return };
    for template in &chart.contents().templates {
        if !check_template(subject, template, texts.get(&template.name)) {
            return;
        }
    }
}

fn check_directory(subject: &mut Subject<'_, '_>) -> bool {
    match (subject.is_directory("templates"), subject.options.compat) {
        (Some(true), _) | (None, Compat::V3) => true,
        (None, Compat::V4) => subject.note(Warning, DIRECTORY, Err("directory does not exist".to_owned())),
        (Some(false), compat) => {
            let severity = if compat == Compat::V4 { Error } else { Warning };
            subject.note(severity, DIRECTORY, Err("not a directory".to_owned()))
        }
    }
}

/// Renders the chart, its dependencies processed; nothing if values do not fit together, which Helm
/// passes over in silence.
fn render(subject: &mut Subject<'_, '_>, mut chart: Chart) -> Option<(Chart, RenderedTexts)> {
    let options = subject.options;
    let mut warnings = Vec::new();
    let processed = process_dependencies(&mut chart, options.values, options.compat, false, &mut warnings);
    subject.tell_all(&warnings);
    processed.ok()?;

    let (mut origins, mut warnings) = (Origins::off(), Vec::new());
    let mut coalescer = Coalescer::new(options.compat, &mut origins, &mut warnings);
    let values = coalescer.coalesce(&chart, options.values);
    // Helm coalesces twice.
    let values = values.and_then(|values| coalescer.coalesce_again(&chart, values));
    let checked = values.as_ref().ok().filter(|_| !options.skip_schema_validation).map(|values| {
        let documents = |url: &str| options.environment.host.schema_document(url);
        validate_values(&chart, values, &documents, &mut warnings)
    });
    subject.tell_all(&warnings);
    let values = values.ok()?;
    if let Some(Err(error)) = checked {
        subject.note(Error, DIRECTORY, Err(error.to_string()));
        return None;
    }

    let mut capabilities = Capabilities::offline(options.compat);
    if let Some(version) = options.kube_version {
        capabilities.kube_version = version.clone();
    }
    let release = Release {
        name: RELEASE_NAME.to_owned(),
        namespace: options.namespace.to_owned(),
        revision: 0,
        operation: Operation::Lint,
    };
    let rendered = Renderer::new(options.compat).render(&Job {
        chart: &chart,
        values: &values,
        release: &release,
        capabilities: &capabilities,
        environment: options.environment,
        limits: options.limits,
        checkpoint: options.checkpoint,
        trace: false,
        clock: None,
    });
    match rendered {
        Ok(rendered) => {
            let prefix = format!("{}/", chart.name());
            let texts = rendered
                .files
                .into_iter()
                .filter_map(|file| file.name.strip_prefix(&prefix).map(|name| (name.to_owned(), file.text)));
            let texts = texts.collect();
            Some((chart, texts))
        }
        Err(error) => {
            subject.note(Error, DIRECTORY, Err(error.to_string()));
            None
        }
    }
}

/// Holds one template against the rules; tells whether to go on with the next.
fn check_template(subject: &mut Subject<'_, '_>, template: &File, text: Option<&Vec<u8>>) -> bool {
    let (name, compat) = (&template.name, subject.options.compat);
    subject.note(Error, name, check_extension(name));
    if compat == Compat::V3 {
        subject.note(Warning, name, check_crd_hook(&template.data));
        subject.note(Error, name, check_release_time(&template.data));
    }
    let text = match text {
        Some(text) if extension::is_yaml(name, compat) && !trim_space(text).is_empty() => text,
        _ => return true,
    };
    subject.note(Warning, name, check_indent(text));
    for document in document_heads(text, compat) {
        match document {
            Ok(head) => {
                let release = deprecation::release(subject.options.kube_version);
                subject.note(Warning, name, check_object_name(&head));
                subject.note(Warning, name, check_deprecation(&head, release));
                subject.note(Error, name, check_match_selector(&head, text));
                subject.note(Error, name, check_list_annotations(&head, text, compat));
            }
            // No further template is looked at.
            Err(problem) => {
                return subject.note(Error, name, Err(format!("unable to parse YAML: {problem}")));
            }
        }
    }
    true
}
