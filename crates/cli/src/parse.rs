//! From a command line to arguments, with the error texts of Helm's own parser: scripts and people
//! know them.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, Command, CommandFactory as _, FromArgMatches as _};

use crate::arguments::Arguments;

/// Why no command is run.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The user asked for help; this is it.
    Help(String),
    /// The command line is wrong.
    Wrong(String),
}

/// Parses a command line, the program's name first.
pub(crate) fn arguments(words: impl IntoIterator<Item = OsString>) -> Result<Arguments, Stop> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut command = command();
    let matches = command.try_get_matches_from_mut(&words).map_err(|error| stop(&error, &words))?;
    Arguments::from_arg_matches(&matches).map_err(|error| stop(&error, &words))
}

/// The whole command tree, taking flags the way Helm's parser does: `--flag=true`, a flag given
/// again wins, and a value may begin with a dash.
pub(crate) fn command() -> Command {
    as_helm_parses(Arguments::command())
}

fn as_helm_parses(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|child| child.get_name().to_owned()).collect();
    let command = command.args_override_self(true).disable_version_flag(true).mut_args(|argument| {
        if matches!(argument.get_action(), ArgAction::SetTrue) {
            argument
                .action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .default_value("false")
                .hide_default_value(true)
                .hide_possible_values(true)
                .value_parser(go_bool)
        } else if argument.get_long().is_some() && argument.get_action().takes_values() {
            argument.allow_hyphen_values(true)
        } else {
            argument
        }
    });
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, as_helm_parses))
}

/// Go's `strconv.ParseBool`.
fn go_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}

fn stop(error: &clap::Error, words: &[OsString]) -> Stop {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let argument = context(ContextKind::InvalidArg);
    let flag = argument.split([' ', '=', '[']).next().unwrap_or_default().to_owned();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Stop::Help(error.to_string())
        }
        ErrorKind::UnknownArgument if argument.starts_with("--") => {
            Stop::Wrong(format!("unknown flag: {}", flag.split('=').next().unwrap_or_default()))
        }
        ErrorKind::UnknownArgument => {
            let letter = argument.trim_start_matches('-').chars().next().unwrap_or_default();
            let word = words
                .iter()
                .filter_map(|word| word.to_str())
                .find(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
                .unwrap_or(&argument);
            Stop::Wrong(format!("unknown shorthand flag: '{letter}' in {word}"))
        }
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand);
            Stop::Wrong(format!("unknown command \"{name}\" for \"helm\"\nRun 'helm --help' for usage."))
        }
        ErrorKind::InvalidValue | ErrorKind::WrongNumberOfValues | ErrorKind::TooFewValues
            if context(ContextKind::InvalidValue).is_empty() =>
        {
            Stop::Wrong(format!("flag needs an argument: {flag}"))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let value = context(ContextKind::InvalidValue);
            let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            Stop::Wrong(format!("invalid argument \"{value}\" for \"{flag}\" flag: {cause}"))
        }
        _ => {
            let text = error.to_string();
            Stop::Wrong(text.trim_start_matches("error: ").trim_end().to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> String {
        let words = std::iter::once("wheelhouse").chain(line.split_whitespace()).map(OsString::from);
        match arguments(words) {
            Err(Stop::Wrong(message)) => message,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_wrong_command_line_is_told_in_helms_words() {
        assert_eq!(
            wrong("nonsense"),
            "unknown command \"nonsense\" for \"helm\"\nRun 'helm --help' for usage."
        );
        assert_eq!(wrong("version --foo"), "unknown flag: --foo");
        assert_eq!(wrong("version --foo=1"), "unknown flag: --foo");
        assert_eq!(wrong("version -x"), "unknown shorthand flag: 'x' in -x");
        assert_eq!(wrong("version --template"), "flag needs an argument: --template");
        assert_eq!(
            wrong("version --short=maybe"),
            "invalid argument \"maybe\" for \"--short\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax"
        );
    }

    #[test]
    fn the_command_tree_is_consistent() {
        command().debug_assert();
    }
}
