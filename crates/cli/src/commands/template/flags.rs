//! What is said of flags before anything is done.

use wheelhouse_chart::{Compat, log_line};

use super::Failure;
use crate::arguments::Template;
use crate::printer::Printer;

/// Flags that Helm 4 still takes, with what it says of them.
const DEPRECATED: &[(&str, &str)] = &[
    ("validate", "use '--dry-run=server' instead"),
    ("force", "use --force-replace instead"),
    ("atomic", "use --rollback-on-failure instead"),
    ("hide-notes", NO_EFFECT),
    ("render-subchart-notes", NO_EFFECT),
];

const NO_EFFECT: &str = "this flag has no effect for 'helm template' and will be removed in Helm 5";

/// Flags of which one may be given.
const EXCLUSIVE: &[[&str; 2]] =
    &[["force", "force-conflicts"], ["force-replace", "force-conflicts"], ["validate", "dry-run"]];

/// Warns of deprecated flags, and refuses those that exclude each other.
pub(super) fn check(options: &Template, printer: Printer) -> Result<(), Failure> {
    if Compat::from(options.compat) == Compat::V3 {
        return Ok(());
    }
    for flag in &options.given {
        if let Some((_, text)) = DEPRECATED.iter().find(|(name, _)| name == flag) {
            printer.talk(&format!("Flag --{flag} has been deprecated, {text}"));
        }
    }
    for group in EXCLUSIVE {
        if group.iter().all(|name| options.given.iter().any(|given| given == name)) {
            let mut sorted = *group;
            sorted.sort_unstable();
            return Err(Failure::new(format!(
                "if any flags in the group [{}] are set none of the others can be; [{}] were all set",
                group.join(" "),
                sorted.join(" ")
            )));
        }
    }
    Ok(())
}

/// Reads `--dry-run`, and refuses what needs a cluster: charts are rendered without one.
pub(super) fn check_dry_run(options: &Template, printer: Printer) -> Result<(), Failure> {
    let value = options.dry_run.as_str();
    let asks_server = match Compat::from(options.compat) {
        Compat::V4 => check_dry_run_v4(value, printer)? || options.validate,
        Compat::V3 => match value {
            "false" | "true" | "none" | "client" | "unset" | "" => options.validate,
            "server" => true,
            _ => {
                return Err(Failure::new(
                    "Invalid dry-run flag. Flag must one of the following: false, true, none, client, server",
                ));
            }
        },
    };
    if asks_server {
        return Err(Failure::new(
            "there is no cluster to ask: templates are rendered on this machine alone (use --dry-run=client)",
        ));
    }
    Ok(())
}

/// Whether the server is to be asked.
fn check_dry_run_v4(value: &str, printer: Printer) -> Result<bool, Failure> {
    let invalid =
        |valid: &str| Err(Failure::new(format!("invalid dry-run value ({value:?}). Must be {valid}")));
    let either = "\"server\" or \"client\"";
    match value {
        "unset" => {
            let text = "--dry-run is deprecated and should be replaced with '--dry-run=client'";
            printer.talk(&log_line("WARN", text, &[]));
            Ok(false)
        }
        "client" => Ok(false),
        "server" => Ok(true),
        "none" => invalid(either),
        _ => match crate::parse::go_bool(value) {
            Ok(true) => {
                let text = format!(
                    "boolean '--dry-run={value}' flag is deprecated and must be replaced with '--dry-run=client'"
                );
                printer.talk(&log_line("WARN", &text, &[]));
                Ok(false)
            }
            Ok(false) => invalid(either),
            Err(_) => invalid("\"none\", \"server\", or \"client\""),
        },
    }
}
