//! `dependency`: what a chart depends on.

use std::path::PathBuf;

use super::Failure;
use crate::archives;
use crate::arguments::{Dependency, DependencyAction, DependencyFetch};
use crate::dependencies::{Manager, list};
use crate::filesystem::clean;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::signatures::{Verify, keyring};

/// Lists, builds or updates.
pub(super) fn run(options: &Dependency, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    match &options.action {
        DependencyAction::List(options) => {
            let path = chart_path("list", &options.arguments)?;
            printer.data(list(&path, options.max_col_width, printer)?);
            Ok(())
        }
        DependencyAction::Build(options) => {
            fetch("build", options, Verify::IfPossible, settings, printer, |manager| manager.build())
        }
        DependencyAction::Update(options) => {
            fetch("update", options, Verify::Always, settings, printer, |manager| manager.update())
        }
    }
}

/// The one chart an action is about: the current directory if none is named.
fn chart_path(action: &str, arguments: &[String]) -> Result<PathBuf, Failure> {
    match arguments {
        [] => Ok(PathBuf::from(".")),
        [path] => Ok(clean(path.as_ref())),
        _ => Err(Failure::new(format!(
            "\"helm dependency {action}\" accepts at most 1 argument\n\nUsage:  helm dependency {action} CHART [flags]"
        ))),
    }
}

fn fetch(
    action: &str,
    options: &DependencyFetch,
    verify: Verify,
    settings: &Settings,
    printer: Printer,
    run: impl FnOnce(&Manager<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let chart_path = chart_path(action, &options.arguments)?;
    run(&Manager {
        chart_path: &chart_path,
        debug: settings.debug,
        stamp: archives::stamp()?,
        printer,
        settings,
        skip_refresh: options.skip_refresh,
        verify: if options.verify { verify } else { Verify::Never },
        keyring: &keyring(options.keyring.as_ref()),
        out: &|line| printer.data(format!("{line}\n")),
    })
}
