//! Managed fields: who set which field of an object. The rules of server-side apply are in
//! [`crate::apply`]; here they are kept up to date by every write.

use serde_json::Value;

use crate::meta;
use crate::operations::{Context, Target};

/// Records the fields of a new object.
pub(crate) fn on_create(_target: &Target, _context: &Context, object: &mut Value) {
    meta::set_metadata(object, "managedFields", None);
}

/// Records the fields a change set.
pub(crate) fn on_update(_target: &Target, _context: &Context, new: &mut Value, _old: &Value, _applied: bool) {
    meta::set_metadata(new, "managedFields", None);
}

/// Two states of an object are the same but for the times of managed fields.
pub(crate) fn same_beside_times(new: &Value, old: &Value) -> bool {
    new == old
}
