//! From the bytes of a body to an object of the target's type.

use serde_json::Value;

use super::{Context, FieldValidation, Target, body_shape};
use crate::decode::decode;
use crate::meta;
use crate::status::Status;

/// The encoding of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Protocol buffers: requests only.
    Protobuf,
}

/// Reads a document; the second part names keys given twice.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn read_value(media: Media, bytes: &[u8]) -> Result<(Value, Vec<String>), String> {
    match media {
        Media::Json => read_json(bytes),
        Media::Protobuf => crate::protobuf::read(bytes).map(|value| (value, Vec::new())),
        Media::Yaml => {
            if bytes.first() == Some(&b'{')
                && let Ok(read) = crate::json::read(bytes)
            {
                return Ok(read);
            }
            let options = wheelhouse_goyaml::ReadOptions::default();
            let text = wheelhouse_goyaml::yaml_to_json(bytes, &options).map_err(|error| error.to_string())?;
            read_json(&text)
        }
    }
}

fn read_json(bytes: &[u8]) -> Result<(Value, Vec<String>), String> {
    crate::json::read(bytes)
        .map_err(|error| crate::json::syntax_error(bytes).unwrap_or_else(|| error.to_string()))
}

/// Reads an object of the target's type from a body.
///
/// # Errors
/// 400 when the body is no such object.
pub(crate) fn object_from_body(
    target: &Target,
    context: &Context,
    media: Media,
    bytes: &[u8],
) -> Result<Value, Status> {
    let kind = body_kind(target);
    let (value, duplicates) = read_value(media, bytes).map_err(|why| {
        Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {why} ({})",
            summary(bytes)
        ))
    })?;
    if !value.is_object() {
        return Err(Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }} ({})",
            go_kind(&value),
            summary(bytes)
        )));
    }
    typed(target, context, value, &duplicates)
}

/// An object of another version of a definition: no schema knows its fields.
fn foreign_version(value: &Value, context: &Context) -> Result<(), Status> {
    let mut unknown: Vec<String> = value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind" | "metadata"))
        .map(|(key, _)| format!("unknown field \"{key}\""))
        .collect();
    unknown.sort();
    match context.field_validation {
        FieldValidation::Strict if !unknown.is_empty() => {
            return Err(Status::bad_request(format!("strict decoding error: {}", unknown.join(", "))));
        }
        FieldValidation::Warn => unknown.into_iter().for_each(|text| context.warn(text)),
        _ => {}
    }
    Ok(())
}

/// Makes a parsed document an object of the target's type.
///
/// # Errors
/// 400 when it is none.
pub(super) fn typed(
    target: &Target,
    context: &Context,
    mut value: Value,
    duplicates: &[String],
) -> Result<Value, Status> {
    let resource = &target.resource;
    let (api_version, kind) = body_identity(target);
    let given_version = meta::text(&value, &["apiVersion"]).to_owned();
    let given_kind = meta::text(&value, &["kind"]).to_owned();
    let shown_kind = if given_kind.is_empty() { kind.clone() } else { given_kind.clone() };
    let shown_version = if given_version.is_empty() { api_version.clone() } else { given_version.clone() };
    let (_, version) = meta::group_version(&shown_version);
    let cannot = |why: &str| {
        Status::bad_request(format!(
            "{shown_kind} in version {version:?} cannot be handled as a {kind}: {why}"
        ))
    };
    if resource.custom.is_some() && given_kind.is_empty() && !is_foreign(target) {
        let text = value.to_string();
        return Err(Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): Object 'Kind' is missing in '{text}' ({})",
            summary(text.as_bytes())
        )));
    }
    if target.sub().is_none() || target.sub().is_some_and(|sub| sub.foreign.is_none()) {
        let registered = {
            let (group, version) = meta::group_version(&shown_version);
            crate::schema::kind_type(group, version, &shown_kind).is_some()
        };
        let other_kind = resource.custom.is_none()
            && (shown_kind != kind || (shown_version != api_version && !(registered && kind == "Event")));
        if other_kind && !registered {
            return Err(cannot(&format!(
                "no kind \"{shown_kind}\" is registered for version \"{shown_version}\" in scheme \"pkg/runtime/scheme.go:111\""
            )));
        }
        if !given_version.is_empty() && given_version != api_version && !other_kind {
            if resource.custom.is_some() {
                foreign_version(&value, context)?;
            }
            return Err(Status::bad_request(format!(
                "the API version in the data ({given_version}) does not match the expected API version ({api_version})"
            )));
        }
        if other_kind || (!given_kind.is_empty() && given_kind != kind) {
            let (group, version_name) = meta::group_version(&shown_version);
            if let Some(name) =
                crate::schema::kind_type(group, version_name, &shown_kind).filter(|_| other_kind)
            {
                let shape = crate::schema::Shape::Ref { name, atomic: false };
                decode(&shape, value.clone()).map_err(|why| cannot(&why.0))?;
            }
            if resource.custom.is_some() {
                let about = crate::status::Subject {
                    group: &resource.group,
                    kind: &given_kind,
                    name: meta::name(&value),
                };
                let error =
                    crate::field::FieldError::invalid("kind", given_kind.clone(), format!("must be {kind}"));
                return Err(Status::invalid(about, &[error]));
            }
            return Err(cannot(&format!(
                "converting ({version}.{shown_kind}) to ({}.{kind}): unknown conversion",
                if resource.group.is_empty() {
                    "core"
                } else {
                    resource.group.split('.').next().unwrap_or_default()
                }
            )));
        }
    }
    let mut unknown: Vec<String> =
        duplicates.iter().map(|path| format!("duplicate field \"{path}\"")).collect();
    let shape = body_shape(target);
    let custom = resource.custom.as_ref().filter(|_| target.sub().is_none_or(|sub| sub.foreign.is_none()));
    if let Some(custom) = custom {
        let dropped = custom.clean(&mut value).map_err(|why| cannot(&why))?;
        unknown.extend(dropped.into_iter().map(|path| format!("unknown field \"{path}\"")));
    } else {
        let decoded = decode(&shape, value).map_err(|why| cannot(&why.0))?;
        unknown.extend(decoded.unknown.into_iter().map(|path| format!("unknown field \"{path}\"")));
        value = decoded.value;
    }
    match context.field_validation {
        FieldValidation::Strict if !unknown.is_empty() => {
            return Err(cannot(&format!("strict decoding error: {}", unknown.join(", "))));
        }
        FieldValidation::Warn => unknown.into_iter().for_each(|text| context.warn(text)),
        _ => {}
    }
    meta::set(&mut value, "apiVersion", shown_version);
    meta::set(&mut value, "kind", kind);
    Ok(value)
}

/// The body is of a kind of its own, which may go without saying.
fn is_foreign(target: &Target) -> bool {
    target.sub().is_some_and(|sub| sub.foreign.is_some())
}

fn body_identity(target: &Target) -> (String, String) {
    match target.sub() {
        Some(sub) => match &sub.foreign {
            Some((group, version)) if group.is_empty() => (version.clone(), sub.kind.clone()),
            Some((group, version)) => (format!("{group}/{version}"), sub.kind.clone()),
            None => (target.resource.api_version(), sub.kind.clone()),
        },
        None => (target.resource.api_version(), target.resource.kind.clone()),
    }
}

fn body_kind(target: &Target) -> String {
    body_identity(target).1
}

fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The first bytes of a body as error messages show them.
fn summary(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "<empty>".to_owned();
    }
    let (head, rest) = bytes.split_at_checked(30).unwrap_or((bytes, &[]));
    let more = if rest.is_empty() { "" } else { " ..." };
    if bytes.first() == Some(&b'{') {
        return format!("{}{more}", String::from_utf8_lossy(head));
    }
    let hex: String = head.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}{more}")
}
