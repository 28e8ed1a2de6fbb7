use std::any::Any;
use std::cmp::Ordering;

use wheelhouse_gotemplate::Parameter::{Bool, Bytes, Int, Named, String as Str, Uint64};
use wheelhouse_gotemplate::{CallError, Context, GoString, Kind, Method, Object, Signature, Value};
use wheelhouse_semver::Version;

use super::error;
use crate::call::Outcome;

/// `*semver.Version`, what `semver` gives.
#[derive(Clone, Debug)]
pub(crate) struct VersionPointer(pub(crate) Version);

/// `semver.Version`, what `IncMajor` and its like give. It has not the methods of the pointer.
#[derive(Clone, Debug)]
pub(crate) struct VersionStruct(pub(crate) Version);

impl VersionPointer {
    pub(crate) const TYPE: &'static str = "*semver.Version";
}

impl VersionStruct {
    const TYPE: &'static str = "semver.Version";
}

impl Object for VersionPointer {
    fn type_name(&self) -> &'static str {
        Self::TYPE
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn methods(&self) -> &'static [Method] {
        &POINTER_METHODS
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        fields(&self.0)
    }

    fn display(&self) -> Option<GoString> {
        Some(self.0.to_string().into())
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::string(self.0.to_string()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref().is_some_and(|VersionPointer(other)| same(&self.0, other))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for VersionStruct {
    fn type_name(&self) -> &'static str {
        Self::TYPE
    }

    fn methods(&self) -> &'static [Method] {
        STRUCT_METHODS
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        fields(&self.0)
    }

    fn display(&self) -> Option<GoString> {
        Some(self.0.to_string().into())
    }

    fn to_json(&self) -> Option<Value> {
        Some(Value::string(self.0.to_string()))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref().is_some_and(|VersionStruct(other)| same(&self.0, other))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What `printf "%d"` and its like show, which do not ask for the text.
fn fields(version: &Version) -> Vec<(&'static str, Value)> {
    vec![
        ("major", Value::Uint64(version.major())),
        ("minor", Value::Uint64(version.minor())),
        ("patch", Value::Uint64(version.patch())),
        ("pre", Value::string(version.prerelease())),
        ("metadata", Value::string(version.metadata())),
        ("original", Value::string(version.original())),
    ]
}

/// Whether all fields are equal, the text they were read from included.
fn same(left: &Version, right: &Version) -> bool {
    left == right && left.metadata() == right.metadata() && left.original() == right.original()
}

const STRING: Signature = Signature::fixed(&[], Str);
const NUMBER: Signature = Signature::fixed(&[], Uint64);
const BYTES: Signature = Signature::fixed(&[], Bytes);
const NEXT: Signature = Signature::fixed(&[], Named(VersionStruct::TYPE));
const REPLACE: Signature = Signature::fixed(&[Str], Named(VersionStruct::TYPE));
const COMPARE: Signature = Signature::fixed(&[Named(VersionPointer::TYPE)], Int);
const TEST: Signature = Signature::fixed(&[Named(VersionPointer::TYPE)], Bool);

type Body = fn(&mut dyn Context, &Value, &[Value]) -> Outcome;

const fn method(name: &'static str, signature: Signature, call: Body) -> Method {
    Method { name, signature, call }
}

/// The methods a version has as a value.
const STRUCT_METHODS: &[Method] = &[
    method("Major", NUMBER, |_, receiver, _| Ok(Value::Uint64(version(receiver)?.major()))),
    method("Minor", NUMBER, |_, receiver, _| Ok(Value::Uint64(version(receiver)?.minor()))),
    method("Patch", NUMBER, |_, receiver, _| Ok(Value::Uint64(version(receiver)?.patch()))),
    method("Prerelease", STRING, |_, receiver, _| Ok(Value::string(version(receiver)?.prerelease()))),
    method("Metadata", STRING, |_, receiver, _| Ok(Value::string(version(receiver)?.metadata()))),
    method("String", STRING, |_, receiver, _| Ok(Value::string(version(receiver)?.to_string()))),
    method("Value", Signature::fixed(&[], wheelhouse_gotemplate::Parameter::Any), |_, receiver, _| {
        Ok(Value::string(version(receiver)?.to_string()))
    }),
    method("MarshalText", BYTES, |_, receiver, _| {
        Ok(Value::Bytes(version(receiver)?.to_string().into_bytes().into()))
    }),
    method("MarshalJSON", BYTES, |_, receiver, _| {
        Ok(Value::Bytes(format!("\"{}\"", version(receiver)?).into_bytes().into()))
    }),
    method("IncMajor", NEXT, |_, receiver, _| next(version(receiver)?.increment_major())),
    method("IncMinor", NEXT, |_, receiver, _| next(version(receiver)?.increment_minor())),
    method("IncPatch", NEXT, |_, receiver, _| next(version(receiver)?.increment_patch())),
    method("SetPrerelease", REPLACE, |_, receiver, arguments| {
        next(version(receiver)?.with_prerelease(&text(arguments)))
    }),
    method("SetMetadata", REPLACE, |_, receiver, arguments| {
        next(version(receiver)?.with_metadata(&text(arguments)))
    }),
];

/// The methods only a pointer has.
const ONLY_POINTER_METHODS: &[Method] = &[
    method("Original", STRING, |_, receiver, _| Ok(Value::string(version(receiver)?.original()))),
    method("Compare", COMPARE, |_, receiver, arguments| {
        Ok(Value::Int(match compare(receiver, arguments)? {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }))
    }),
    method("Equal", TEST, |_, receiver, arguments| {
        // The one method that takes a nil.
        match arguments.first() {
            None | Some(Value::Nil) => Ok(Value::Bool(false)),
            Some(_) => Ok(Value::Bool(compare(receiver, arguments)?.is_eq())),
        }
    }),
    method("LessThan", TEST, |_, receiver, arguments| Ok(Value::Bool(compare(receiver, arguments)?.is_lt()))),
    method("LessThanEqual", TEST, |_, receiver, arguments| {
        Ok(Value::Bool(compare(receiver, arguments)?.is_le()))
    }),
    method("GreaterThan", TEST, |_, receiver, arguments| {
        Ok(Value::Bool(compare(receiver, arguments)?.is_gt()))
    }),
    method("GreaterThanEqual", TEST, |_, receiver, arguments| {
        Ok(Value::Bool(compare(receiver, arguments)?.is_ge()))
    }),
];

static POINTER_METHODS: std::sync::LazyLock<Vec<Method>> =
    std::sync::LazyLock::new(|| [ONLY_POINTER_METHODS, STRUCT_METHODS].concat());

/// The version of a pointer or of a value.
fn version(value: &Value) -> Result<&Version, CallError> {
    let Value::Object(object) = value else { return Err(CallError::nil_dereference()) };
    let any = object.as_any();
    let pointer = any.downcast_ref().map(|VersionPointer(version)| version);
    pointer
        .or_else(|| any.downcast_ref().map(|VersionStruct(version)| version))
        .ok_or_else(CallError::nil_dereference)
}

fn compare(receiver: &Value, arguments: &[Value]) -> Result<Ordering, CallError> {
    Ok(version(receiver)?.cmp(version(arguments.first().unwrap_or(&Value::Nil))?))
}

fn text(arguments: &[Value]) -> String {
    let argument = arguments.first().and_then(Value::as_string);
    argument.map(|text| text.to_str_lossy().into_owned()).unwrap_or_default()
}

fn next(version: Result<Version, wheelhouse_semver::Error>) -> Outcome {
    Ok(Value::object(VersionStruct(version.map_err(error)?)))
}
