//! Volumes of pods.

use serde_json::Value;

use super::Errors;
use crate::field::FieldError;
use crate::{meta, names};

/// What is wrong with the volumes of a pod spec; gives their names.
pub(super) fn volumes(spec: &Value, field: &str, errors: &mut Errors) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for (index, volume) in meta::items(spec, &["volumes"]).iter().enumerate() {
        let field = format!("{field}.volumes[{index}]");
        source(volume, &field, errors);
        let name = meta::text(volume, &["name"]);
        if name.is_empty() {
            errors.push(FieldError::required(format!("{field}.name"), ""));
            continue;
        }
        for why in names::label(name) {
            errors.push(FieldError::invalid(format!("{field}.name"), name, why));
        }
        if seen.iter().any(|other| other == name) {
            errors.push(FieldError::duplicate(format!("{field}.name"), name));
        }
        seen.push(name.to_owned());
    }
    seen
}

fn source(volume: &Value, field: &str, errors: &mut Errors) {
    let given: Vec<&String> = volume
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| *key != "name" && value.is_object())
        .map(|(key, _)| key)
        .collect();
    for extra in given.iter().skip(1) {
        errors.push(FieldError::forbidden(
            format!("{field}.{extra}"),
            "may not specify more than 1 volume type",
        ));
    }
    let Some(kind) = given.first() else {
        errors.push(FieldError::required(field, "must specify a volume type"));
        return;
    };
    let field = format!("{field}.{kind}");
    let Some(source) = volume.get(kind.as_str()) else { return };
    let mut required = |key: &str| {
        if meta::text(source, &[key]).is_empty() {
            errors.push(FieldError::required(format!("{field}.{key}"), ""));
        }
    };
    match kind.as_str() {
        "hostPath" => {
            required("path");
            if meta::text(source, &["path"]).split('/').any(|part| part == "..") {
                errors.push(FieldError::invalid(
                    format!("{field}.path"),
                    meta::text(source, &["path"]),
                    "must not contain '..'",
                ));
            }
            let kind = meta::text(source, &["type"]);
            let allowed = [
                "",
                "DirectoryOrCreate",
                "Directory",
                "FileOrCreate",
                "File",
                "Socket",
                "CharDevice",
                "BlockDevice",
            ];
            if !allowed.contains(&kind) {
                errors.push(FieldError::not_supported(format!("{field}.type"), kind, &allowed));
            }
        }
        "secret" => required("secretName"),
        "configMap" => required("name"),
        "persistentVolumeClaim" => required("claimName"),
        "nfs" => {
            required("server");
            required("path");
        }
        "csi" => required("driver"),
        "projected" => {}
        _ => {}
    }
    if let Some(mode) = source.get("defaultMode").and_then(Value::as_i64)
        && !(0..=0o777).contains(&mode)
    {
        errors.push(FieldError::invalid(
            format!("{field}.defaultMode"),
            mode,
            "must be a number between 0 and 0777 (octal), both inclusive",
        ));
    }
    for (index, item) in meta::items(source, &["items"]).iter().enumerate() {
        if kind.as_str() != "downwardAPI" && meta::text(item, &["key"]).is_empty() {
            errors.push(FieldError::required(format!("{field}.items[{index}].key"), ""));
        }
        let path = meta::text(item, &["path"]);
        if path.is_empty() {
            errors.push(FieldError::required(format!("{field}.items[{index}].path"), ""));
        } else if path.starts_with('/') {
            errors.push(FieldError::invalid(
                format!("{field}.items[{index}].path"),
                path,
                "must be a relative path",
            ));
        }
    }
}
