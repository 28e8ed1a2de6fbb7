//! Which program a plugin is here, and with what arguments.

use std::collections::BTreeMap;

/// A program for a platform; empty names stand for any.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlatformCommand {
    pub(crate) system: String,
    pub(crate) architecture: String,
    /// The program, and arguments after spaces.
    pub(crate) command: String,
    pub(crate) arguments: Vec<String>,
}

/// Go's names of this platform.
fn platform() -> (&'static str, &'static str) {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    (system, architecture)
}

/// The program and its arguments: variables in them are replaced, but not in `extra`.
pub(crate) fn prepare(
    commands: &[PlatformCommand],
    extra: &[String],
    environment: &BTreeMap<String, String>,
) -> Result<(String, Vec<String>), String> {
    let none = || "no plugin command is applicable".to_owned();
    let chosen = choose(commands).ok_or_else(none)?;
    let mut words = chosen.command.split(' ');
    let program = words.next().filter(|program| !program.is_empty()).ok_or_else(none)?;
    let expand = |text: &str| expand(text, environment);
    let arguments = words.map(expand).chain(chosen.arguments.iter().map(|text| expand(text)));
    Ok((expand(program), arguments.chain(extra.iter().cloned()).collect()))
}

/// The command for this system and architecture, else the first for this system, else the first
/// for any.
fn choose(commands: &[PlatformCommand]) -> Option<&PlatformCommand> {
    let (system, architecture) = platform();
    let fits = |command: &&PlatformCommand| command.system.eq_ignore_ascii_case(system);
    let exact = commands
        .iter()
        .find(|command| fits(command) && command.architecture.eq_ignore_ascii_case(architecture));
    let any = |command: &&PlatformCommand| command.architecture.is_empty();
    exact
        .or_else(|| commands.iter().find(|command| any(command) && fits(command)))
        .or_else(|| commands.iter().find(|command| any(command) && command.system.is_empty()))
}

/// Replaces `$name` and `${name}`, as Go's `os.Expand` does.
fn expand(text: &str, environment: &BTreeMap<String, String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        rest = after;
        if after.is_empty() {
            result.push('$');
            break;
        }
        let (name, width) = shell_name(after);
        match name {
            "" if width == 0 => result.push('$'),
            name => result.push_str(environment.get(name).map_or("", String::as_str)),
        }
        rest = after.get(width..).unwrap_or_default();
    }
    result.push_str(rest);
    result
}

/// The name a text begins with and the bytes it takes; broken braces are a name that is empty.
fn shell_name(text: &str) -> (&str, usize) {
    let bytes = text.as_bytes();
    let special = |byte: u8| b"*#$@!?-0123456789".contains(&byte);
    match bytes {
        [b'{', one, b'}', ..] if special(*one) => (text.get(1..2).unwrap_or_default(), 3),
        [b'{', inner @ ..] => match inner.iter().position(|byte| *byte == b'}') {
            Some(0) => ("", 2),
            Some(length) => (text.get(1..=length).unwrap_or_default(), length + 2),
            None => ("", 1),
        },
        [one, ..] if special(*one) => (text.get(..1).unwrap_or_default(), 1),
        _ => {
            let name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            let length = bytes.iter().take_while(name).count();
            (text.get(..length).unwrap_or_default(), length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_as_go_does() {
        let environment =
            BTreeMap::from([("A".to_owned(), "1".to_owned()), ("B_2".to_owned(), "2".to_owned())]);
        let check = |text: &str, expected: &str| assert_eq!(expand(text, &environment), expected, "{text:?}");
        check("x", "x");
        check("$A-${B_2}", "1-2");
        check("$AB", "");
        check("a$", "a$");
        check("a$ b", "a$ b");
        check("$$A", "A");
        check("${}x", "x");
        check("${Ax", "Ax");
        check("$1x", "x");
    }

    #[test]
    fn the_closest_platform_is_chosen() {
        let (system, architecture) = platform();
        let command = |os: &str, arch: &str, command: &str| PlatformCommand {
            system: os.to_owned(),
            architecture: arch.to_owned(),
            command: command.to_owned(),
            arguments: vec!["$X".to_owned()],
        };
        let commands = [
            command("", architecture, "wrong"),
            command("", "", "any one"),
            command("plan9", "", "other"),
            command(system, "", "system"),
            command(system, architecture, "exact"),
        ];
        let chosen = |count: usize| {
            let environment = BTreeMap::from([("X".to_owned(), "y".to_owned())]);
            prepare(&commands[..count], &["$X".to_owned()], &environment)
        };
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(chosen(1), Err("no plugin command is applicable".to_owned()));
        assert_eq!(chosen(3), Ok(("any".to_owned(), texts(&["one", "y", "$X"]))));
        assert_eq!(chosen(4), Ok(("system".to_owned(), texts(&["y", "$X"]))));
        assert_eq!(chosen(5), Ok(("exact".to_owned(), texts(&["y", "$X"]))));
    }
}
