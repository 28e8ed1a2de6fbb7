use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something a reader may want to know.
    Info,
    /// Against convention, but it will likely work.
    Warning,
    /// It will likely not work.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Severity::Info => "INFO",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        })
    }
}

/// A finding. `Display` gives Helm's line: `[ERROR] templates/: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: a path in the chart; for dependencies the chart's own absolute path, or
    /// nothing.
    pub path: String,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}] {}: {}", self.severity, self.path, self.text)
    }
}

/// All findings of one chart, in the order of the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The findings.
    pub messages: Vec<Message>,
}

impl Report {
    /// Notes what a rule found, and tells whether it found nothing.
    pub(crate) fn note(&mut self, severity: Severity, path: &str, found: Result<(), String>) -> bool {
        match found {
            Ok(()) => true,
            Err(text) => {
                self.messages.push(Message { severity, path: path.to_owned(), text });
                false
            }
        }
    }

    /// Whether there is a finding of this severity or a worse one.
    #[must_use]
    pub fn reaches(&self, severity: Severity) -> bool {
        self.messages.iter().any(|message| message.severity >= severity)
    }
}
