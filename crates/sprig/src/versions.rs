//! Semantic versions, as Masterminds/semver reads them.

mod object;

use wheelhouse_gotemplate::Parameter::{Bool, Named, String as Str};
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, Object, Signature, Value};
use wheelhouse_semver::{Constraints, Error, Version};

use crate::call::{Outcome, function};
use object::{VersionPointer, VersionStruct};

pub(crate) const TABLE: &[Function] = &[
    function("semver", Signature::fixed(&[Str], Named(VersionPointer::TYPE)), semver),
    function("semverCompare", Signature::fixed(&[Str, Str], Bool), semver_compare),
];

fn semver(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let version = Version::parse(&arguments.string(0)?.to_str_lossy()).map_err(error)?;
    Ok(Value::object(VersionPointer(version)))
}

fn semver_compare(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let constraints = Constraints::parse(&arguments.string(0)?.to_str_lossy()).map_err(error)?;
    let version = Version::parse(&arguments.string(1)?.to_str_lossy()).map_err(error)?;
    Ok(Value::Bool(constraints.check(&version)))
}

/// What a deep copy makes of a version: its fields are not exported, so none is copied.
pub(crate) fn deep_copied(object: &dyn Object) -> Option<Value> {
    let any = object.as_any();
    if any.is::<VersionPointer>() {
        return Some(Value::object(VersionPointer(Version::default())));
    }
    any.is::<VersionStruct>().then(|| Value::object(VersionStruct(Version::default())))
}

fn error(error: Error) -> CallError {
    CallError::message(error.to_string())
}
