//! Contexts: the platforms a user talks to, each with its token and what was last used there.
//!
//! One JSON file, readable by its owner only. A token belongs to its context's server and is sent
//! nowhere else.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::commands::Failure;
use crate::filesystem::go_error;

/// A token. It is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Token(String);

impl Token {
    /// A token as the user gave it.
    pub(crate) fn new(text: &str) -> Self {
        Token(text.trim().to_owned())
    }

    /// The token itself, for the header that carries it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(hidden)")
    }
}

/// One platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Context {
    /// The base address of its API.
    pub server: String,
    /// The token its calls carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// The function that was created or named last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The version of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The state folder of the `up` that keeps this context; no other one changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What `up` calls its context, with a number where that is taken.
const OWN: &str = "local";

/// All contexts of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contexts {
    /// The name of the one in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// By name.
    #[serde(default)]
    pub contexts: BTreeMap<String, Context>,
}

/// Where contexts are kept: `WHEELHOUSE_CONFIG_HOME`, else `XDG_CONFIG_HOME/wheelhouse`, else
/// `~/.config/wheelhouse`.
pub(crate) fn file() -> PathBuf {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let directory = variable("WHEELHOUSE_CONFIG_HOME").map_or_else(
        || {
            let base = variable("XDG_CONFIG_HOME").map(PathBuf::from);
            let home = || PathBuf::from(variable("HOME").unwrap_or_default()).join(".config");
            base.unwrap_or_else(home).join("wheelhouse")
        },
        PathBuf::from,
    );
    directory.join("contexts.json")
}

impl Contexts {
    /// Reads the file; without one there are no contexts.
    pub(crate) fn load() -> Result<Self, Failure> {
        let path = file();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contexts::default()),
            Err(error) => return Err(go_error("open", &path, &error).into()),
        };
        serde_json::from_slice(&text).map_err(|error| {
            // The parser's own words may quote the file, and with it a token.
            let place = format!("line {}, column {}", error.line(), error.column());
            Failure::new(format!("{} is not a file of contexts ({place})", path.display()))
        })
    }

    /// Writes the file in one step, for its owner's eyes only.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(self)?;
        write_private(&file(), &text)?;
        Ok(())
    }

    /// The context a command uses: the one asked for, else the one in use.
    pub(crate) fn chosen(&self, asked: Option<&str>) -> Result<Option<(&str, &Context)>, Failure> {
        let Some(name) = asked.or(self.current.as_deref()) else { return Ok(None) };
        match self.contexts.get_key_value(name) {
            Some((name, context)) => Ok(Some((name, context))),
            None => Err(self.missing(name)),
        }
    }

    /// What to say of a context that is not there.
    pub(crate) fn missing(&self, name: &str) -> Failure {
        let known: Vec<&str> = self.contexts.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
        Failure::new(format!("there is no context \"{name}\"")).with_advice(format!(
            "  why: {} knows: {known}\n  fix: `wheelhouse context set {name} --server URL`",
            file().display()
        ))
    }

    /// Remembers a function and its version in a context.
    pub(crate) fn remember(name: &str, function: &str, version: Option<&str>) -> Result<(), Failure> {
        let mut contexts = Contexts::load()?;
        let Some(context) = contexts.contexts.get_mut(name) else { return Ok(()) };
        let before = context.clone();
        if context.function.as_deref() != Some(function) {
            context.version = None;
        }
        context.function = Some(function.to_owned());
        if let Some(version) = version {
            context.version = Some(version.to_owned());
        }
        if *context == before { Ok(()) } else { contexts.save() }
    }

    /// Keeps a context for a platform that runs here on a state folder, and puts it in use; gives its name. A start
    /// that makes no token keeps the one that is known; without any there is nothing to keep.
    pub(crate) fn keep_own(
        state: &str,
        server: &str,
        token: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let mut contexts = Contexts::load()?;
        let own = |(_, context): &(&String, &Context)| context.state.as_deref() == Some(state);
        let known = contexts.contexts.iter().find(own).map(|(name, _)| name.clone());
        if token.is_none() && known.is_none() {
            return Ok(None);
        }
        let free = || {
            let names = std::iter::once(OWN.to_owned()).chain((2..).map(|number| format!("{OWN}-{number}")));
            let mut names = names;
            names.find(|name| !contexts.contexts.contains_key(name)).unwrap_or_default()
        };
        let name = known.unwrap_or_else(free);
        let context = contexts.contexts.entry(name.clone()).or_default();
        // The state has a platform of its own: what was remembered stays true wherever it listens.
        server.clone_into(&mut context.server);
        context.state = Some(state.to_owned());
        if let Some(token) = token {
            // A first start: what another platform on this folder had is gone.
            (context.function, context.version) = (None, None);
            context.token = Some(Token::new(token));
        }
        contexts.current = Some(name.clone());
        contexts.save()?;
        Ok(Some(name))
    }

    /// Forgets a version that is gone, in every context.
    pub(crate) fn forget(version: &str) -> Result<(), Failure> {
        let mut contexts = Contexts::load()?;
        let mut changed = false;
        for context in contexts.contexts.values_mut() {
            if context.version.as_deref() == Some(version) {
                (context.function, context.version) = (None, None);
                changed = true;
            }
        }
        if changed { contexts.save() } else { Ok(()) }
    }
}

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(directory).map_err(|error| go_error("mkdir", directory, &error))?;
    // Temporary files are made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| go_error("rename", path, &error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_shown() {
        let context = Context { token: Some(Token::new(" secret\n")), ..Context::default() };
        assert!(!format!("{context:?}").contains("secret"));
        assert_eq!(context.token.unwrap().reveal(), "secret");
    }
}
