//! From a command line to arguments, with the error texts of Helm's own parser: scripts and people
//! know them.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, Command, CommandFactory as _, FromArgMatches as _};

use crate::arguments::{Arguments, Check, Command as Subcommand, Global, Lint, Show, Template, Version};

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
    if let Some(arguments) = of_one_command(&words) {
        return Ok(arguments);
    }
    // Only the commands that are named have to parse anything: making all of them ready takes longer
    // than many commands run.
    let mut command = as_helm_parses(Arguments::command(), &|name| words.iter().any(|word| word == name));
    let matches = command.try_get_matches_from_mut(&words).map_err(|error| stop(&error, &words))?;
    from_matches(&matches).map_err(|error| stop(&error, &words))
}

fn from_matches(matches: &ArgMatches) -> Result<Arguments, clap::Error> {
    let mut arguments = Arguments::from_arg_matches(matches)?;
    if let (Subcommand::Template(options), Some((_, matches))) =
        (&mut arguments.command, matches.subcommand())
    {
        options.given = given(matches);
    }
    Ok(arguments)
}

/// Parses a line whose first word is one of the commands that run for a moment only, without making
/// the tree of all commands first: that alone takes a millisecond. A line with anything wrong or
/// unusual in it is left to the whole tree.
fn of_one_command(words: &[OsString]) -> Option<Arguments> {
    type AddOptions = fn(Command) -> Command;
    const COMMANDS: [(&str, AddOptions); 5] = [
        ("template", Template::augment_args),
        ("lint", Lint::augment_args),
        ("check", Check::augment_args),
        ("show", Show::augment_args),
        ("version", Version::augment_args),
    ];
    let word = words.get(1)?;
    let (name, options) = COMMANDS.into_iter().find(|(name, _)| word == name)?;
    let tree = Global::augment_args(Command::new("wheelhouse")).subcommand(options(Command::new(name)));
    let matches = as_helm_parses(tree, &|_| true).try_get_matches_from(words).ok()?;
    from_matches(&matches).ok()
}

/// The whole command tree, taking flags the way Helm's parser does: `--flag=true`, a flag given
/// again wins, and a value may begin with a dash.
pub(crate) fn command() -> Command {
    as_helm_parses(Arguments::command(), &|_| true)
}

/// Makes a command and those below it that are `wanted` parse as Helm's do.
fn as_helm_parses(command: Command, wanted: &dyn Fn(&str) -> bool) -> Command {
    let wanted_names: Vec<String> = command
        .get_subcommands()
        .filter(|child| wanted(child.get_name()) || child.get_all_aliases().any(wanted))
        .map(|child| child.get_name().to_owned())
        .collect();
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
    wanted_names
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, |child| as_helm_parses(child, wanted)))
}

/// Go's `strconv.ParseBool`.
pub(crate) fn go_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}

/// Go's `time.ParseDuration`; the text is kept.
pub(crate) fn go_duration(text: &str) -> Result<String, String> {
    wheelhouse_gotime::Duration::parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// What `--wait` takes.
pub(crate) fn wait_strategy(text: &str) -> Result<String, String> {
    match text {
        "watcher" | "hookOnly" | "legacy" | "true" | "false" => Ok(text.to_owned()),
        _ => Err(format!("invalid wait input {text:?}. Valid inputs are watcher, hookOnly, and legacy")),
    }
}

/// A `key=value`.
pub(crate) fn label(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains('=') {
        return Ok(text.to_owned());
    }
    Err(format!("{text} must be formatted as key=value"))
}

/// The flags of a command that were given, in their order.
fn given(matches: &ArgMatches) -> Vec<String> {
    let mut flags: Vec<(usize, String)> = matches
        .ids()
        .filter(|id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine))
        .flat_map(|id| {
            let places = matches.indices_of(id.as_str()).into_iter().flatten();
            places.map(|place| (place, id.as_str().replace('_', "-")))
        })
        .collect();
    flags.sort_unstable();
    flags.into_iter().map(|(_, name)| name).collect()
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
            let flag = with_short_form(&flag, words);
            Stop::Wrong(format!("invalid argument \"{value}\" for \"{flag}\" flag: {cause}"))
        }
        _ => {
            let text = error.to_string();
            Stop::Wrong(text.trim_start_matches("error: ").trim_end().to_owned())
        }
    }
}

/// A flag with its one-letter form before it, if it has one: `-l, --labels`.
fn with_short_form(flag: &str, words: &[OsString]) -> String {
    let long = flag.trim_start_matches('-');
    let root = command();
    let mut command = &root;
    for word in words.iter().skip(1).filter_map(|word| word.to_str()) {
        command = command.find_subcommand(word).unwrap_or(command);
    }
    let argument = command.get_arguments().find(|argument| argument.get_long() == Some(long));
    match argument.and_then(clap::Arg::get_short) {
        Some(short) => format!("-{short}, --{long}"),
        None => flag.to_owned(),
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
        assert_eq!(
            wrong("template c -l a"),
            "invalid argument \"a\" for \"-l, --labels\" flag: a must be formatted as key=value"
        );
        assert_eq!(
            wrong("template c --timeout 5"),
            "invalid argument \"5\" for \"--timeout\" flag: time: missing unit in duration \"5\""
        );
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
