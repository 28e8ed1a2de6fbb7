//! The one way out: data goes to stdout, talk to stderr.

use std::io::{IsTerminal as _, Write as _};

use crate::commands::Failure;

/// Writes what commands have to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    colour: bool,
    colour_data: bool,
}

impl Printer {
    /// A printer that colours what goes to a terminal, unless the environment asks otherwise: `NO_COLOR`,
    /// `HELM_COLOR`, `TERM=dumb`.
    pub(crate) fn from_environment() -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let wanted = std::env::var("HELM_COLOR").unwrap_or_default();
        let mode = if is_set("NO_COLOR") || is_dumb { "never" } else { wanted.as_str() };
        Self::with_mode(mode).unwrap_or_else(|_| Self::automatic())
    }

    /// A printer that colours as `--color` says.
    ///
    /// # Errors
    /// For a word that is not a mode, in Helm's words.
    pub(crate) fn with_mode(mode: &str) -> Result<Self, String> {
        match mode {
            "never" => Ok(Printer { colour: false, colour_data: false }),
            "always" => Ok(Printer { colour: true, colour_data: true }),
            "auto" => Ok(Self::automatic()),
            _ => Err(format!("invalid color mode {mode:?}: must be one of: never, auto, always")),
        }
    }

    fn automatic() -> Self {
        Printer { colour: std::io::stderr().is_terminal(), colour_data: std::io::stdout().is_terminal() }
    }

    /// Whether data for people may have colours.
    pub(crate) fn colours_data(self) -> bool {
        self.colour_data
    }

    /// Writes data to stdout. A reader that went away (`| head`) ends the program quietly.
    pub(crate) fn data(self, text: impl AsRef<[u8]>) {
        let mut stdout = std::io::stdout().lock();
        if stdout.write_all(text.as_ref()).and_then(|()| stdout.flush()).is_err() {
            #[allow(clippy::disallowed_methods, reason = "nobody reads what a command would still write")]
            std::process::exit(0);
        }
    }

    /// Writes a line of talk to stderr.
    pub(crate) fn talk(self, line: &str) {
        // Nobody is left to tell if stderr is closed.
        drop(writeln!(std::io::stderr(), "{line}"));
    }

    /// Writes Helm's error form: `Error: …`.
    pub(crate) fn error(self, message: &str) {
        if self.colour {
            self.talk(&format!("\u{1b}[1;31mError:\u{1b}[0m {message}"));
        } else {
            self.talk(&format!("Error: {message}"));
        }
    }

    /// Writes a failed command's error, and below it what we know beyond Helm's text.
    pub(crate) fn failure(self, failure: &Failure) {
        if !failure.message.is_empty() {
            self.error(&failure.message);
        }
        if !failure.advice.is_empty() {
            self.talk(failure.advice.trim_end());
        }
        if let Some(detail) = &failure.detail {
            self.talk(&format!("\n{}", detail.render(self.colour).trim_end()));
        }
    }
}
