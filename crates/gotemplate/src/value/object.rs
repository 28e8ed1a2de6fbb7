use std::any::Any;
use std::fmt;

use super::{GoString, Kind, List, Value};
use crate::function::{CallError, Context, Signature};

/// A Go value with fields or methods of its own: `time.Time`, `*semver.Version`,
/// `*common.Capabilities`, a certificate.
pub trait Object: Any + fmt::Debug {
    /// The type's name as `%T` prints it.
    fn type_name(&self) -> &'static str;

    /// The kind as `reflect.Kind` tells it.
    fn kind(&self) -> Kind {
        Kind::Struct
    }

    /// An exported field.
    fn field(&self, _name: &str) -> Option<Value> {
        None
    }

    /// The fields in declaration order, for printing with `%v`.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// The fields that JSON, YAML and TOML show: those whose names begin with a capital letter.
    fn exported_fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = self.fields();
        fields.retain(|(name, _)| name.starts_with(char::is_uppercase));
        fields
    }

    /// The methods.
    fn methods(&self) -> &'static [Method] {
        &[]
    }

    /// What `String()` or `Error()` gives, if the type has it.
    fn display(&self) -> Option<GoString> {
        None
    }

    /// What `String()` on a pointer receiver gives. An action prints with it when the value is
    /// addressable (a field of a pointer's struct); `printf` and functions never do.
    fn display_by_address(&self) -> Option<GoString> {
        None
    }

    /// The value as a copy behind an `interface {}`, which has no address: what only a pointer receiver has
    /// is gone. `None` if that changes nothing.
    fn without_address(&self) -> Option<Value> {
        None
    }

    /// The fields of a struct as JSON names them, those left out that it leaves out when empty:
    /// JSON keeps their order. `None` if [`to_json`](Self::to_json) says it all.
    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        None
    }

    /// What `MarshalJSON` or `MarshalText` gives as a value, if the type has it.
    fn to_json(&self) -> Option<Value> {
        None
    }

    /// The integer below, for named integer types such as `time.Duration`.
    fn as_int64(&self) -> Option<i64> {
        None
    }

    /// The elements, if the type is a named slice such as `common.VersionSet`.
    fn elements(&self) -> Option<List> {
        None
    }

    /// Template truth: structs and pointers are true, integers when not zero, slices when not empty.
    fn truth(&self) -> bool {
        match self.elements() {
            Some(list) => !list.is_empty(),
            None => self.as_int64().is_none_or(|value| value != 0),
        }
    }

    /// Whether `==` can tell values of the type apart: there is no map and no slice in it.
    fn is_comparable(&self) -> bool {
        true
    }

    /// `reflect.DeepEqual` with another object.
    fn equals(&self, _other: &dyn Object) -> bool {
        false
    }

    /// The object as `Any`, for functions that know its type.
    fn as_any(&self) -> &dyn Any;
}

/// A method of an object or of a named map type.
#[derive(Clone, Copy)]
pub struct Method {
    /// The exported name.
    pub name: &'static str,
    /// Its parameters, without the receiver.
    pub signature: Signature,
    /// The body: receiver, then the converted arguments.
    pub call: fn(&mut dyn Context, &Value, &[Value]) -> Result<Value, CallError>,
}

impl fmt::Debug for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Method").field("name", &self.name).finish_non_exhaustive()
    }
}
