//! `.helmignore`: which files of a chart directory are left out.

mod glob;

use crate::Error;
use crate::text::base_name;

/// The name of the file with the rules.
pub const IGNORE_FILE: &str = ".helmignore";

/// The rules of a `.helmignore`, and Helm's own one.
///
/// Like gitignore, but: the first rule that matches decides; `!x` ignores everything that does
/// not match; `*` stops at slashes and `**` is an error; a rule with a slash in it matches the
/// whole path, one without the last name.
#[derive(Clone, Debug, Default)]
pub struct IgnoreRules {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: String,
    shape: Shape,
    on: Subject,
    negated: bool,
    only_directories: bool,
}

/// How a pattern is matched. Nearly all are names and endings, and every path meets every rule.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Name,
    /// `*.txt`
    Ending,
    Other,
}

impl Shape {
    fn of(pattern: &str) -> Self {
        let is_plain = |text: &str| !text.contains(['*', '?', '[', '\\']);
        match pattern.strip_prefix('*') {
            None if is_plain(pattern) => Shape::Name,
            Some(ending) if is_plain(ending) => Shape::Ending,
            _ => Shape::Other,
        }
    }
}

/// What of a path a rule looks at.
#[derive(Clone, Copy, Debug)]
enum Subject {
    WholePath,
    LastName,
}

impl IgnoreRules {
    /// Reads the rules of a file, and adds the one Helm always has: no dot files in `templates/`.
    ///
    /// # Errors
    /// [`Error::DoubleStar`] and [`Error::BadPattern`].
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let mut rules = IgnoreRules::default();
        for line in String::from_utf8_lossy(text).lines() {
            rules.add(line)?;
        }
        rules.add(DEFAULT_RULE)?;
        Ok(rules)
    }

    /// The rules of a chart without a `.helmignore`.
    #[must_use]
    pub fn defaults() -> Self {
        IgnoreRules::parse(b"").unwrap_or_default()
    }

    /// Whether a file or directory is ignored. `path` is below the chart's directory, with slashes.
    #[must_use]
    pub fn ignores(&self, path: &str, is_directory: bool) -> bool {
        if matches!(path, "" | "." | "./") {
            return false;
        }
        self.rules.iter().any(|rule| {
            let concerned = is_directory || !rule.only_directories;
            match rule.negated {
                true => !concerned || !rule.matches(path),
                false => concerned && rule.matches(path),
            }
        })
    }

    fn add(&mut self, line: &str) -> Result<(), Error> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.contains("**") {
            return Err(Error::DoubleStar);
        }
        // A name that is not empty, so that the pattern is looked at.
        glob::matches(line.as_bytes(), b"abc").map_err(|_| Error::BadPattern)?;
        let (negated, pattern) = strip(line, |line| line.strip_prefix('!'));
        let (only_directories, pattern) = strip(pattern, |pattern| pattern.strip_suffix('/'));
        let (rooted, pattern) = strip(pattern, |pattern| pattern.strip_prefix('/'));
        let on = if rooted || pattern.contains('/') { Subject::WholePath } else { Subject::LastName };
        let shape = Shape::of(pattern);
        self.rules.push(Rule { pattern: pattern.to_owned(), shape, on, negated, only_directories });
        Ok(())
    }
}

const DEFAULT_RULE: &str = "templates/.?*";

impl Rule {
    fn matches(&self, path: &str) -> bool {
        let subject = match self.on {
            Subject::WholePath => path,
            Subject::LastName => base_name(path),
        };
        match self.shape {
            Shape::Name => subject == self.pattern,
            Shape::Ending => subject
                .strip_suffix(self.pattern.get(1..).unwrap_or_default())
                .is_some_and(|before| !before.contains('/')),
            // A malformed rule that shows only now matches nothing.
            Shape::Other => glob::matches(self.pattern.as_bytes(), subject.as_bytes()).unwrap_or(false),
        }
    }
}

fn strip(text: &str, how: impl Fn(&str) -> Option<&str>) -> (bool, &str) {
    match how(text) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(rules: &str, path: &str) -> bool {
        let is_directory = path.ends_with('/');
        IgnoreRules::parse(rules.as_bytes()).unwrap().ignores(path.trim_end_matches('/'), is_directory)
    }

    #[test]
    fn rules_decide() {
        for (rules, path, expected) in [
            ("helm.txt", "helm.txt", true),
            ("helm.*", "helm.txt", true),
            ("helm.*", "rudder.txt", false),
            ("*.txt", "tiller.txt", true),
            ("*.txt", "cargo/a.txt", true),
            ("cargo/*.txt", "cargo/a.txt", true),
            ("/*txt", "cargo/a.txt", false),
            ("/*txt", "a.txt", true),
            ("*", "a.txt", true),
            ("a\\.txt", "a.txt", true),
            ("*.t?t", "a.txt", true),
            ("cargo/*.*", "cargo/a.txt", true),
            ("cargo/*.txt", "mast/a.txt", false),
            ("ru[c-e]?er.txt", "rudder.txt", true),
            ("templates/.?*", "templates/.dotfile", true),
            ("", "templates/.dotfile", true),
            ("", "templates/sub/.dotfile", false),
            ("cargo/", "cargo/", true),
            ("cargo/", "mast/", false),
            ("helm.txt/", "helm.txt", false),
            ("/a.txt", "a.txt", true),
            ("/cargo/a.txt", "cargo/a.txt", true),
            ("/cargo/*.txt", "cargo/a.txt", true),
            ("/*.txt", "cargo/a.txt", false),
            ("!helm.txt", "helm.txt", false),
            ("!helm.txt", "tiller.txt", true),
            ("!*.txt", "cargo/", true),
            ("!cargo/", "mast/", true),
            ("!cargo/", "a.txt", true),
            ("a.txt\n!b.txt", "c.txt", true),
            ("  a.txt  ", "a.txt", true),
            ("# a.txt\n\n", "a.txt", false),
            ("\u{feff}a.txt", "a.txt", true),
            ("a.txt\r\nb.txt\r\n", "b.txt", true),
            ("*", ".", false),
            ("*", "", false),
        ] {
            assert_eq!(ignored(rules, path), expected, "{rules:?} on {path:?}");
        }
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for (rules, error) in [
            ("**/a", "double-star (**) syntax is not supported"),
            ("a**", "double-star (**) syntax is not supported"),
            ("[", "syntax error in pattern"),
            ("a[", "syntax error in pattern"),
        ] {
            assert_eq!(IgnoreRules::parse(rules.as_bytes()).unwrap_err().to_string(), error, "{rules:?}");
        }
    }
}
