//! Jobs and cron jobs.

use serde_json::Value;

use super::selector::label_selector;
use super::{Errors, not_negative, number, one_of, pod, unchanged};
use crate::field::FieldError;
use crate::meta;
use crate::selector::picks;

fn job_spec(spec: &Value, field: &str, errors: &mut Errors) {
    for key in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        not_negative(spec, &[key], &format!("{field}.{key}"), errors);
    }
    let mode = meta::text(spec, &["completionMode"]);
    if !matches!(mode, "" | "NonIndexed" | "Indexed") {
        errors.push(FieldError::not_supported(
            format!("{field}.completionMode"),
            mode,
            &["NonIndexed", "Indexed"],
        ));
    }
    if mode == "Indexed" && spec.get("completions").is_none_or(Value::is_null) {
        errors.push(FieldError::required(format!("{field}.completions"), "when completion mode is Indexed"));
    }
    let wrapper = serde_json::json!({"template": spec.get("template").cloned().unwrap_or_default()});
    pod::template(&wrapper, &["template"], &format!("{field}.template"), errors);
    let policy = meta::text(spec, &["template", "spec", "restartPolicy"]);
    let place = format!("{field}.template.spec.restartPolicy");
    if policy.is_empty() || policy == "Always" {
        errors.push(FieldError {
            field: place,
            problem: crate::field::Problem::RequiredValid(
                policy.into(),
                "valid values: \"OnFailure\", \"Never\"".to_owned(),
            ),
        });
    } else if !matches!(policy, "OnFailure" | "Never") {
        errors.push(FieldError::not_supported(place, policy, &["OnFailure", "Never"]));
    } else if spec.get("podFailurePolicy").is_some_and(|p| !p.is_null()) && policy != "Never" {
        errors.push(FieldError::invalid(
            place,
            policy,
            "only \"Never\" is supported when podFailurePolicy is specified",
        ));
    }
}

/// Labels and selector of a job that did not ask to choose its own are those the server made.
fn generated_selector(object: &Value, errors: &mut Errors) {
    let manual = meta::at(object, &["spec", "manualSelector"]).and_then(Value::as_bool).unwrap_or(false);
    let selector = meta::at(object, &["spec", "selector"]).filter(|selector| selector.is_object());
    let (Some(selector), false) = (selector, manual) else { return };
    let labels = meta::text_map(object, &["spec", "template", "metadata", "labels"]);
    let expected = [
        ("controller-uid", meta::uid(object)),
        ("job-name", meta::name(object)),
        ("batch.kubernetes.io/controller-uid", meta::uid(object)),
        ("batch.kubernetes.io/job-name", meta::name(object)),
    ];
    for (key, value) in expected {
        match labels.iter().find(|(label, _)| label == key) {
            None => errors.push(FieldError::required(
                format!("spec.template.metadata.labels[{key}]"),
                format!("must be '{value}'"),
            )),
            Some((_, found)) if found != value => errors.push(FieldError::invalid(
                format!("spec.template.metadata.labels[{key}]"),
                serde_json::json!(labels.iter().cloned().collect::<std::collections::BTreeMap<_, _>>()),
                format!("must be '{value}'"),
            )),
            Some(_) => {}
        }
    }
    let expected: Vec<(String, String)> =
        expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    if super::selector::is_usable(selector) && !picks(selector, &expected) {
        errors.push(FieldError::invalid("spec.selector", selector.clone(), "`selector` not auto-generated"));
    }
}

pub(super) fn job(object: &Value, old: Option<&Value>, errors: &mut Errors) {
    let spec = object.get("spec").cloned().unwrap_or_default();
    generated_selector(object, errors);
    match meta::at(object, &["spec", "selector"]).filter(|selector| selector.is_object()) {
        None => errors.push(FieldError::required("spec.selector", "")),
        Some(selector) => {
            label_selector(selector, "spec.selector", errors);
            let labels = meta::text_map(object, &["spec", "template", "metadata", "labels"]);
            if !picks(selector, &labels) {
                errors.push(FieldError::invalid(
                    "spec.template.metadata.labels",
                    meta::at(object, &["spec", "template", "metadata", "labels"])
                        .cloned()
                        .unwrap_or_default(),
                    "`selector` does not match template `labels`",
                ));
            }
        }
    }
    job_spec(&spec, "spec", errors);
    let Some(old) = old else { return };
    let indexed = meta::text(object, &["spec", "completionMode"]) == "Indexed";
    let together = number(object, &["spec", "completions"]) == number(object, &["spec", "parallelism"]);
    if !(indexed && together) {
        unchanged(object, old, &["spec", "completions"], errors);
    }
    unchanged(object, old, &["spec", "selector"], errors);
    let suspended = meta::at(old, &["spec", "suspend"]).and_then(Value::as_bool).unwrap_or(false)
        && meta::at(old, &["status", "startTime"]).is_none_or(Value::is_null);
    if !suspended {
        unchanged(object, old, &["spec", "template"], errors);
    }
    unchanged(object, old, &["spec", "completionMode"], errors);
    unchanged(object, old, &["spec", "podFailurePolicy"], errors);
    unchanged(object, old, &["spec", "backoffLimitPerIndex"], errors);
}

pub(super) fn cron_job(object: &Value, errors: &mut Errors) {
    // the name of each job is the name, a dash and ten digits
    let name = meta::name(object);
    if name.len() > 52 {
        errors.push(FieldError::invalid("metadata.name", name, "must be no more than 52 characters"));
    }
    let schedule = meta::text(object, &["spec", "schedule"]);
    if schedule.is_empty() {
        errors.push(FieldError::required("spec.schedule", ""));
    } else {
        if let Some(why) = schedule_error(schedule) {
            errors.push(FieldError::invalid("spec.schedule", schedule, why));
        }
        if schedule.contains("TZ") {
            errors.push(FieldError::invalid(
                "spec.schedule",
                schedule,
                "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
            ));
        }
    }
    not_negative(object, &["spec", "startingDeadlineSeconds"], "spec.startingDeadlineSeconds", errors);
    one_of(
        object,
        &["spec", "concurrencyPolicy"],
        "spec.concurrencyPolicy",
        &["Allow", "Forbid", "Replace"],
        errors,
    );
    not_negative(object, &["spec", "successfulJobsHistoryLimit"], "spec.successfulJobsHistoryLimit", errors);
    not_negative(object, &["spec", "failedJobsHistoryLimit"], "spec.failedJobsHistoryLimit", errors);
    if let Some(zone) = meta::at(object, &["spec", "timeZone"]).and_then(Value::as_str) {
        if zone.is_empty() {
            errors.push(FieldError::invalid(
                "spec.timeZone",
                zone,
                "timeZone must be nil or non-empty string",
            ));
        } else if zone.eq_ignore_ascii_case("local") {
            errors.push(FieldError::invalid(
                "spec.timeZone",
                zone,
                "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
            ));
        } else if jiff::tz::TimeZone::get(zone).is_err() {
            errors.push(FieldError::invalid("spec.timeZone", zone, format!("unknown time zone {zone}")));
        }
    }
    let spec = meta::at(object, &["spec", "jobTemplate", "spec"]).cloned().unwrap_or_default();
    if let Some(selector) = spec.get("selector").filter(|selector| selector.is_object()) {
        errors.push(FieldError::invalid(
            "spec.jobTemplate.spec.selector",
            selector.clone(),
            "`selector` will be auto-generated",
        ));
    }
    if spec.get("manualSelector") == Some(&Value::Bool(true)) {
        errors.push(FieldError::not_supported(
            "spec.jobTemplate.spec.manualSelector",
            true,
            &["nil", "false"],
        ));
    }
    job_spec(&spec, "spec.jobTemplate.spec", errors);
}

/// What is wrong with a schedule in the standard five fields or a descriptor.
fn schedule_error(schedule: &str) -> Option<String> {
    let text = match schedule.strip_prefix("TZ=").or_else(|| schedule.strip_prefix("CRON_TZ=")) {
        Some(rest) => rest.split_once(' ').map_or("", |(_, rest)| rest),
        None => schedule,
    };
    if text.starts_with('@') {
        let known = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
        if known.contains(&text) || text.strip_prefix("@every ").is_some_and(|d| d.ends_with(['s', 'm', 'h']))
        {
            return None;
        }
        return Some(format!("unrecognized descriptor: {text}"));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != 5 {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    let bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    fields
        .iter()
        .zip(bounds)
        .enumerate()
        .find_map(|(index, (field, bounds))| field_error(field, bounds, index))
}

fn field_error(field: &str, (least, most): (i64, i64), index: usize) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let value = |text: &str| -> Result<i64, String> {
        let lower = text.to_lowercase();
        let named = match index {
            3 => MONTHS.iter().position(|m| *m == lower).map(|at| at + 1),
            4 => DAYS.iter().position(|d| *d == lower),
            _ => None,
        };
        match named.and_then(|at| i64::try_from(at).ok()) {
            Some(at) => Ok(at),
            None => text.parse().map_err(|_| {
                format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
            }),
        }
    };
    for part in field.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step {
            match value(step) {
                Ok(0) => return Some(format!("step of range should be a positive number: {part}")),
                Ok(_) => {}
                Err(why) => return Some(why),
            }
        }
        if matches!(range, "*" | "?") {
            continue;
        }
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        let (low, high) = match (value(low), value(high)) {
            (Ok(low), Ok(high)) => (low, high),
            (Err(why), _) | (_, Err(why)) => return Some(why),
        };
        if low < least {
            return Some(format!("beginning of range ({low}) below minimum ({least}): {part}"));
        }
        if high > most {
            return Some(format!("end of range ({high}) above maximum ({most}): {part}"));
        }
        if low > high {
            return Some(format!("beginning of range ({low}) beyond end of range ({high}): {part}"));
        }
    }
    None
}
