//! The values of `format`. Drafts up to 7 check them; newer ones take them as remarks.

mod address;
mod time;
mod uri;

pub(super) use uri::{check_escapes, check_url};

use wheelhouse_goregex::Regex;
use wheelhouse_goyaml::Value;

use crate::text::quote_rune;

/// A format of text that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    JsonPointer,
    RelativeJsonPointer,
    Uuid,
    Duration,
    Period,
    Ipv4,
    Ipv6,
    Hostname,
    Email,
    Date,
    Time,
    DateTime,
    Uri,
    Iri,
    UriReference,
    IriReference,
    UriTemplate,
    Semver,
    Regex,
}

const FORMATS: &[(&str, Format)] = &[
    ("json-pointer", Format::JsonPointer),
    ("relative-json-pointer", Format::RelativeJsonPointer),
    ("uuid", Format::Uuid),
    ("duration", Format::Duration),
    ("period", Format::Period),
    ("ipv4", Format::Ipv4),
    ("ipv6", Format::Ipv6),
    ("hostname", Format::Hostname),
    ("email", Format::Email),
    ("date", Format::Date),
    ("time", Format::Time),
    ("date-time", Format::DateTime),
    ("uri", Format::Uri),
    ("iri", Format::Iri),
    ("uri-reference", Format::UriReference),
    ("iri-reference", Format::IriReference),
    ("uri-template", Format::UriTemplate),
    ("semver", Format::Semver),
    ("regex", Format::Regex),
];

impl Format {
    /// The format of a name; an unknown one is never checked.
    pub(super) fn named(name: &str) -> Option<Format> {
        FORMATS.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    /// The name.
    pub(super) fn name(self) -> &'static str {
        FORMATS.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// What is wrong with a value, in the words of Helm's validator. Only text can be wrong.
    pub(super) fn problem(self, value: &Value) -> Option<String> {
        let Value::String(text) = value else { return None };
        self.check(text).err()
    }

    fn check(self, text: &str) -> Result<(), String> {
        match self {
            Format::JsonPointer => check_json_pointer(text),
            Format::RelativeJsonPointer => check_relative_json_pointer(text),
            Format::Uuid => check_uuid(text),
            Format::Duration => time::check_duration(text),
            Format::Period => time::check_period(text),
            Format::Ipv4 => address::check_ipv4(text),
            Format::Ipv6 => address::check_ipv6(text),
            Format::Hostname => address::check_hostname(text),
            Format::Email => address::check_email(text),
            Format::Date => time::check_date(text),
            Format::Time => time::check_time(text),
            Format::DateTime => time::check_date_time(text),
            Format::Uri | Format::Iri => uri::check_uri(text),
            Format::UriReference | Format::IriReference => uri::check_reference(text),
            Format::UriTemplate => uri::check_template(text),
            Format::Semver => check_semver(text),
            Format::Regex => Regex::new(text).map(drop).map_err(|error| error.to_string()),
        }
    }
}

/// Refuses in words.
fn refuse(problem: impl Into<String>) -> Result<(), String> {
    Err(problem.into())
}

/// Refuses the first letter that is not allowed.
fn check_letters(text: &str, allowed: impl Fn(char) -> bool) -> Result<(), String> {
    match text.chars().find(|letter| !allowed(*letter)) {
        Some(letter) => refuse(format!("invalid character {}", quote_rune(letter))),
        None => Ok(()),
    }
}

fn check_json_pointer(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let Some(tokens) = text.strip_prefix('/') else { return refuse("not starting with /") };
    for token in tokens.split('/') {
        let mut letters = token.chars();
        while let Some(letter) = letters.next() {
            if letter == '~' && !matches!(letters.next(), Some('0' | '1')) {
                return refuse("~ must be followed by 0 or 1");
            }
        }
    }
    Ok(())
}

fn check_relative_json_pointer(text: &str) -> Result<(), String> {
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let digits = text.len() - rest.len();
    match digits {
        0 => refuse("must start with non-negative integer"),
        2.. if text.starts_with('0') => refuse("starts with zero"),
        _ if rest == "#" => Ok(()),
        _ => check_json_pointer(rest),
    }
}

fn check_uuid(text: &str) -> Result<(), String> {
    let lengths = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    if groups.len() != lengths.len() {
        return refuse("must have 5 elements");
    }
    for (index, (group, length)) in groups.iter().zip(lengths).enumerate() {
        if group.len() != length {
            return refuse(format!("element {} must be {length} characters long", index + 1));
        }
        if let Some(letter) = group.chars().find(|letter| !letter.is_ascii_hexdigit()) {
            return refuse(format!("non-hex character {}", quote_rune(letter)));
        }
    }
    Ok(())
}

fn check_semver(text: &str) -> Result<(), String> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let check_identifier =
        |identifier: &str, of: &str| match identifier.chars().find(|letter| !is_allowed(*letter)) {
            _ if identifier.is_empty() => refuse(format!("{of} identifier is empty")),
            Some(letter) => refuse(format!("invalid character {} in {of} identifier", quote_rune(letter))),
            None => Ok(()),
        };
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    if let Some(build) = build {
        if build.is_empty() {
            return refuse("build is empty");
        }
        build.split('.').try_for_each(|identifier| check_identifier(identifier, "build"))?;
    }
    let (core, prerelease) = text.split_once('-').map_or((text, None), |(core, rest)| (core, Some(rest)));
    for identifier in prerelease.into_iter().flat_map(|prerelease| prerelease.split('.')) {
        check_identifier(identifier, "pre-release")?;
        let is_number = identifier.bytes().all(|digit| digit.is_ascii_digit());
        if is_number && identifier.len() > 1 && identifier.starts_with('0') {
            return refuse("pre-release numeric identifier starts with zero");
        }
    }
    let numbers: Vec<&str> = core.split('.').collect();
    if numbers.len() != 3 {
        return refuse("versionCore must have 3 numbers separated by dot");
    }
    for (name, number) in ["major", "minor", "patch"].iter().zip(numbers) {
        if number.is_empty() {
            return refuse(format!("{name} is empty"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return refuse(format!("{name} starts with zero"));
        }
        if !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return refuse(format!("{name} contains non-digit"));
        }
    }
    Ok(())
}
