//! What can go wrong between us and a Kubernetes API.

use serde_json::Value;

/// The result of a call to a cluster.
pub type Result<T> = std::result::Result<T, Error>;

/// One cause of a refusal, from the `details.causes` of a Kubernetes Status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The field at fault, as `spec.replicas`; empty where the server names none.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// The machine-readable reason, as `FieldManagerConflict` or `FieldValueInvalid`.
    pub reason: String,
}

/// An error of a call to a cluster.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server answered with a Kubernetes Status of failure.
    #[error("{message}")]
    Status {
        /// The HTTP status code.
        code: u16,
        /// The machine-readable reason, as `NotFound`, `AlreadyExists`, `Conflict`.
        reason: String,
        /// The server's own words.
        message: String,
        /// The single causes, where the server gives them.
        causes: Vec<Cause>,
    },
    /// No answer: the server could not be reached, or the connection broke.
    #[error("the cluster at {url} cannot be reached")]
    Unreachable {
        /// The address asked.
        url: String,
        /// What the connection said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The credentials could not be had or renewed.
    #[error("cannot authenticate to the cluster at {url}")]
    Credentials {
        /// The address asked.
        url: String,
        /// What the credential source said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The kubeconfig or the in-cluster settings cannot be used.
    #[error("cannot use the cluster settings from {origin}")]
    Settings {
        /// Where they came from.
        origin: String,
        /// What is wrong with them.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An answer that is not what the Kubernetes API promises.
    #[error("the cluster gave an answer that cannot be read: {what}")]
    Answer {
        /// What was being read.
        what: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The call itself cannot be put into a request.
    #[error("not a usable request: {0}")]
    Request(String),
}

impl Error {
    /// The HTTP status code, where the server answered with one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Status { code, .. } => Some(*code),
            _ => None,
        }
    }

    fn has_reason(&self, wanted: &str) -> bool {
        matches!(self, Self::Status { reason, .. } if reason == wanted)
    }

    /// The object or the kind is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.code() == Some(404)
    }

    /// An object of that name is there already.
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        self.has_reason("AlreadyExists")
    }

    /// The object changed since it was read, or another manager owns the field.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.code() == Some(409) && !self.is_already_exists()
    }

    /// The watch or the list is too old to be continued; list anew.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.code() == Some(410)
    }

    /// The caller may not do this.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.code() == Some(403)
    }

    /// The same call may succeed later without anything being changed by us.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Status { code, .. } => matches!(code, 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    pub(crate) fn settings(
        origin: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Settings { origin: origin.into(), source: source.into() }
    }

    pub(crate) fn answer(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Answer { what: what.into(), source: source.into() }
    }

    /// The refusal in an answer's body: a Status object, or failing that the body's text.
    pub(crate) fn refused(code: u16, body: &[u8]) -> Self {
        let status: Value = serde_json::from_slice(body).unwrap_or_default();
        if status.get("kind").and_then(Value::as_str) == Some("Status") {
            return Self::from_status(code, &status);
        }
        let text: String = String::from_utf8_lossy(body).chars().take(512).collect();
        let text = text.trim();
        let message = if text.is_empty() {
            format!("the server answered {code}")
        } else {
            format!("the server answered {code}: {text}")
        };
        Self::Status { code, reason: String::new(), message, causes: Vec::new() }
    }

    /// The refusal that a Status object tells; `code` stands in where it names none.
    pub(crate) fn from_status(code: u16, status: &Value) -> Self {
        let text = |object: &Value, field: &str| {
            object.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let code = status
            .get("code")
            .and_then(Value::as_u64)
            .and_then(|code| u16::try_from(code).ok())
            .filter(|code| *code != 0)
            .unwrap_or(code);
        let reason = text(status, "reason");
        let message = match text(status, "message") {
            message if message.is_empty() => format!("the server answered {code} {reason}"),
            message => message,
        };
        let causes = status
            .pointer("/details/causes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|cause| Cause {
                field: text(cause, "field"),
                message: text(cause, "message"),
                reason: text(cause, "reason"),
            })
            .collect();
        Self::Status { code, reason, message, causes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, reason: &str) -> Error {
        Error::Status { code, reason: reason.into(), message: "m".into(), causes: vec![] }
    }

    #[test]
    fn tells_the_refusals_apart() {
        assert!(status(404, "NotFound").is_not_found());
        assert!(status(409, "AlreadyExists").is_already_exists());
        assert!(!status(409, "AlreadyExists").is_conflict());
        assert!(status(409, "Conflict").is_conflict());
        assert!(status(410, "Expired").is_gone());
        assert!(status(403, "Forbidden").is_forbidden());
    }

    #[test]
    fn a_refusal_is_read_from_status_or_text() {
        let body = br#"{"kind":"Status","code":422,"reason":"Invalid","message":"bad",
            "details":{"causes":[{"field":"spec.x","reason":"FieldValueRequired","message":"required"}]}}"#;
        let Error::Status { code, reason, message, causes } = Error::refused(400, body) else { panic!() };
        assert_eq!((code, reason.as_str(), message.as_str()), (422, "Invalid", "bad"));
        assert_eq!(causes.first().map(|cause| cause.field.as_str()), Some("spec.x"));
        assert_eq!(Error::refused(502, b"bad gateway\n").to_string(), "the server answered 502: bad gateway");
        assert_eq!(Error::refused(503, b"").to_string(), "the server answered 503");
    }

    #[test]
    fn only_passing_trouble_is_transient() {
        for (code, transient) in [(429, true), (503, true), (500, true), (404, false), (422, false)] {
            assert_eq!(status(code, "").is_transient(), transient, "{code}");
        }
    }
}
