//! `Status` errors: what a refused request is told.

use serde_json::{Map, Value, json};

use crate::field::FieldError;

/// A refused request: the fields of a Kubernetes `Status`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Status {
    /// HTTP status code.
    pub(crate) code: u16,
    /// Machine-readable reason, such as `NotFound`; empty when there is none.
    pub(crate) reason: &'static str,
    /// Sentence for people.
    pub(crate) message: String,
    /// The `details` object; null when absent.
    pub(crate) details: Value,
}

/// The thing a status is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// API group.
    pub(crate) group: &'a str,
    /// Plural resource (or kind, for invalid objects).
    pub(crate) kind: &'a str,
    /// Object name.
    pub(crate) name: &'a str,
}

impl Subject<'_> {
    fn qualified(&self) -> String {
        if self.group.is_empty() { self.kind.to_owned() } else { format!("{}.{}", self.kind, self.group) }
    }

    fn details(&self) -> Map<String, Value> {
        let mut details = Map::new();
        for (key, value) in [("name", self.name), ("group", self.group), ("kind", self.kind)] {
            if !value.is_empty() {
                details.insert(key.to_owned(), value.into());
            }
        }
        details
    }
}

impl Status {
    fn about(code: u16, reason: &'static str, message: String, subject: Subject<'_>) -> Self {
        Status { code, reason, message, details: Value::Object(subject.details()) }
    }

    /// 404 for an object.
    pub(crate) fn not_found(subject: Subject<'_>) -> Self {
        let message = format!("{} \"{}\" not found", subject.qualified(), subject.name);
        Self::about(404, "NotFound", message, subject)
    }

    /// 404 for a path nothing is served at.
    pub(crate) fn no_such_path() -> Self {
        Status {
            code: 404,
            reason: "NotFound",
            message: "the server could not find the requested resource".to_owned(),
            details: json!({}),
        }
    }

    /// 409 for an object that exists.
    pub(crate) fn already_exists(subject: Subject<'_>) -> Self {
        let message = format!("{} \"{}\" already exists", subject.qualified(), subject.name);
        Self::about(409, "AlreadyExists", message, subject)
    }

    /// 409 for a write against another state of the object.
    pub(crate) fn conflict(subject: Subject<'_>, why: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {} \"{}\": {why}", subject.qualified(), subject.name);
        Self::about(409, "Conflict", message, subject)
    }

    /// 409 for a write against an older resource version.
    pub(crate) fn stale(subject: Subject<'_>) -> Self {
        Self::conflict(
            subject,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// 409 of server-side apply: fields that others own. Each cause is (message, field).
    pub(crate) fn apply_conflict(message: String, causes: &[(String, String)]) -> Self {
        let causes: Vec<Value> = causes
            .iter()
            .map(|(message, field)| json!({"reason": "FieldManagerConflict", "message": message, "field": field}))
            .collect();
        Status { code: 409, reason: "Conflict", message, details: json!({ "causes": causes }) }
    }

    /// 403.
    pub(crate) fn forbidden(subject: Subject<'_>, why: &str) -> Self {
        let message = if subject.kind.is_empty() {
            format!("forbidden: {why}")
        } else if subject.name.is_empty() {
            format!("{} is forbidden: {why}", subject.qualified())
        } else {
            format!("{} \"{}\" is forbidden: {why}", subject.qualified(), subject.name)
        };
        Self::about(403, "Forbidden", message, subject)
    }

    /// 422 with causes.
    pub(crate) fn invalid(subject: Subject<'_>, errors: &[FieldError]) -> Self {
        let mut texts: Vec<String> = Vec::new();
        for error in errors {
            let text = error.to_string();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let list = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{} \"{}\" is invalid: {list}", subject.qualified(), subject.name);
        let mut status = Self::about(422, "Invalid", message, subject);
        let causes: Vec<Value> = errors
            .iter()
            .map(|error| json!({"reason": error.reason(), "message": error.detail_text(), "field": error.field}))
            .collect();
        if let Value::Object(details) = &mut status.details
            && !causes.is_empty()
        {
            details.insert("causes".to_owned(), Value::Array(causes));
        }
        status
    }

    /// 400.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::plain(400, "BadRequest", message)
    }

    /// 500.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        let message = message.into();
        Status {
            code: 500,
            reason: "InternalError",
            details: json!({"causes": [{"message": message}]}),
            message: format!("Internal error occurred: {message}"),
        }
    }

    /// 410 with reason `Expired`.
    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::plain(410, "Expired", message)
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        Self::plain(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
        .with_details(json!({}))
    }

    /// 401.
    pub(crate) fn unauthorized() -> Self {
        Self::plain(401, "Unauthorized", "Unauthorized")
    }

    /// 504 for a resource version that lies in the future.
    pub(crate) fn too_large_version(asked: u64, current: u64) -> Self {
        Status {
            code: 504,
            reason: "Timeout",
            message: format!("Timeout: Too large resource version: {asked}, current: {current}"),
            details: json!({
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1
            }),
        }
    }

    /// A status with code, reason and message only.
    pub(crate) fn plain(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Status { code, reason, message: message.into(), details: Value::Null }
    }

    /// The same with these details.
    #[must_use]
    pub(crate) fn with_details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    /// The JSON object sent to the client.
    pub(crate) fn to_value(&self) -> Value {
        let mut value = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message
        });
        if let Value::Object(map) = &mut value {
            if !self.reason.is_empty() {
                map.insert("reason".to_owned(), self.reason.into());
            }
            if !self.details.is_null() {
                map.insert("details".to_owned(), self.details.clone());
            }
            map.insert("code".to_owned(), self.code.into());
        }
        value
    }
}
