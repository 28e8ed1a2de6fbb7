//! Rules for `crds/` (Helm 4 only).

use crate::documents::{DocumentHead, document_heads};
use crate::linter::Subject;
use crate::message::Severity::Error;

const DIRECTORY: &str = "crds/";

pub(crate) fn run(subject: &mut Subject<'_, '_>) {
    let Some(is_directory) = subject.is_directory("crds") else { return };
    let found = if is_directory { Ok(()) } else { Err("not a directory".to_owned()) };
    if !subject.note(Error, DIRECTORY, found) {
        return;
    }
    let chart = match subject.load() {
        Ok(chart) => chart,
        Err(error) => {
            subject.note(Error, DIRECTORY, Err(error.to_string()));
            return;
        }
    };
    for crd in chart.crds() {
        let name = crd.file.name.clone();
        for document in document_heads(&crd.file.data, subject.options.compat) {
            match document {
                Ok(head) => {
                    subject.note(Error, &name, check_api_version(&head));
                    subject.note(Error, &name, check_kind(&head));
                }
                // Nothing is looked at after it, in whatever file.
                Err(problem) => {
                    subject.note(Error, &name, Err(format!("unable to parse YAML: {problem}")));
                    return;
                }
            }
        }
    }
}

/// What is in `crds/` is of the group of custom resource definitions.
///
/// # Errors
/// When it is not.
pub fn check_api_version(head: &DocumentHead) -> Result<(), String> {
    match head.api_version.starts_with("apiextensions.k8s.io") {
        true => Ok(()),
        false => Err("apiVersion is not in 'apiextensions.k8s.io'".to_owned()),
    }
}

/// What is in `crds/` is a custom resource definition.
///
/// # Errors
/// When it is not.
pub fn check_kind(head: &DocumentHead) -> Result<(), String> {
    match head.kind == "CustomResourceDefinition" {
        true => Ok(()),
        false => Err("object kind is not 'CustomResourceDefinition'".to_owned()),
    }
}
