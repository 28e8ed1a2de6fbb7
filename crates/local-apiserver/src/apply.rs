//! Server-side apply.

use serde_json::Value;

use crate::operations::{Context, Target};
use crate::status::Status;

/// Merges an applied configuration into the live object.
///
/// # Errors
/// 415 until it is served.
pub(crate) fn apply(
    _target: &Target,
    _context: &Context,
    _live: &Value,
    _applied: &Value,
) -> Result<Value, Status> {
    Err(Status::plain(415, "UnsupportedMediaType", "server-side apply is not served yet"))
}
