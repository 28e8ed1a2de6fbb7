//! The name of the release, and the chart.

use wheelhouse_chart::{Compat, log_line};

use super::Failure;
use crate::arguments::InstallOptions;
use crate::charts;
use crate::printer::Printer;

/// The release's name and the chart, out of one or two arguments.
pub(super) fn name_and_chart(
    arguments: &[String],
    options: &InstallOptions,
) -> Result<(String, String), Failure> {
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
pub(super) fn check_name(name: &str, compat: Compat, printer: Printer) -> Result<(), Failure> {
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
        "no name provided"
    } else if name.len() > 53 || !name.split('.').all(is_label) {
        "invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53"
    } else {
        return Ok(());
    };
    let problem = format!("release name {name:?}: {problem}");
    match compat {
        Compat::V4 => {
            printer.talk(&log_line("ERROR", "release name check failed", &[("error", &problem)]));
            Err(Failure::new(format!("release name check failed: {problem}")))
        }
        Compat::V3 => Err(Failure::new(problem)),
    }
}
