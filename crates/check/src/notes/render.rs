//! The render: failures, impure functions, numbers and missing values in the text.

use wheelhouse_gotemplate::trace::{Key, OriginId};
use wheelhouse_objects::{Content, Node, Object, RepeatedKey};
use wheelhouse_policy::{Intake, Level, Noted, Place};
use wheelhouse_render::{Frame, Location, PipelineError, Provenance, RenderedChart};
use wheelhouse_source::Span;

use super::Notes;
use super::package::one_line;
use crate::located::value_list;

/// Functions that need a cluster or a network; the others that are watched change by themselves.
const OUTSIDE: &[&str] = &["lookup", "getHostByName"];

/// Most findings of one kind: a loop may print a thousand numbers.
const MOST: usize = 100;

/// A chart that gave no manifests (WH-009).
pub(crate) fn failed(notes: &mut Notes<'_>, error: &PipelineError) {
    let (message, place) = match error {
        PipelineError::Render(error) => {
            let limit = error.limit.is_some();
            let innermost = error.frames.last();
            let text = match (limit, innermost) {
                (true, Some(frame)) => format!("rendering stopped: {}", frame.message),
                _ => error.to_string(),
            };
            (text, provenance(&error.frames))
        }
        other => (other.to_string(), None),
    };
    notes.add("WH-009", Noted { message: one_line(&message), ..Noted::default() }, place);
}

fn provenance(frames: &[Frame]) -> Option<Provenance> {
    let location =
        |frame: &Frame| Location { file: frame.file.clone(), source: frame.source.clone(), span: frame.span };
    let (innermost, callers) = frames.split_last()?;
    Some(Provenance {
        template: location(innermost),
        stack: callers.iter().rev().map(location).collect(),
        values: Vec::new(),
    })
}

/// Rendered text that is no manifest (WH-009).
pub(crate) fn broken_manifest(notes: &mut Notes<'_>, rendered: &RenderedChart) {
    let Err(error) = &rendered.manifests else { return };
    let place =
        error.offset.and_then(|offset| rendered.provenance(error.index, Span::new(offset, offset + 1), &[]));
    notes.add("WH-009", Noted { message: one_line(&error.to_string()), ..Noted::default() }, place);
}

/// Keys that stand twice in a mapping (WH-012): the API server takes them, and the last one counts.
pub(crate) fn repeats(notes: &mut Notes<'_>, rendered: &RenderedChart, found: Vec<(usize, RepeatedKey)>) {
    for (file, RepeatedKey { key, span }) in found.into_iter().take(MOST) {
        let place = rendered.provenance(file, span, &[]);
        let name = place.as_ref().map(|place| place.template.file.clone()).unwrap_or_default();
        let noted = Noted {
            message: format!("{name}: key \"{key}\" is set twice; the last wins"),
            fix: Some("remove one of the two".to_owned()),
            level: Some(Level::Warning),
            place: Some(Place { file, span, missing: false }),
            ..Noted::default()
        };
        notes.add("WH-012", noted, place);
    }
}

/// Calls of functions that are not pure (WH-201, WH-202).
pub(crate) fn calls(notes: &mut Notes<'_>, rendered: &RenderedChart) {
    let Some(trace) = &rendered.trace else { return };
    for call in trace.calls.iter().take(MOST) {
        let Some(place) = rendered.place_of(call.frame, call.span) else { continue };
        let file = place.template.file.clone();
        let (rule, message) = if OUTSIDE.contains(&call.name.as_str()) {
            ("WH-202", format!("{file}: {} returns nothing here", call.name))
        } else {
            ("WH-201", format!("{file}: {} gives a new value at each render", call.name))
        };
        notes.add(rule, Noted { message, path: call.name.clone(), ..Noted::default() }, Some(place));
    }
}

/// Numbers printed with an exponent (WH-204).
pub(crate) fn numbers(notes: &mut Notes<'_>, rendered: &RenderedChart, intake: &Intake) {
    let suspicious: Vec<bool> = rendered.files.iter().map(|file| contains(&file.text, b"e+")).collect();
    let mut found = Vec::new();
    for object in objects(intake).filter(|object| suspicious.get(object.file) == Some(&true)) {
        scalars(&object.root, &mut String::new(), &mut |path, node| {
            let text = rendered.files.get(object.file).and_then(|file| file.text.get(node.span.range()));
            let Some(token) = text.and_then(|text| exponent(&String::from_utf8_lossy(text))) else { return };
            found.push((object, path.to_owned(), node.span, token));
        });
    }
    for (object, path, span, token) in found.into_iter().take(MOST) {
        let keys: Vec<&str> = path.split('.').collect();
        let Some(place) = rendered.provenance(object.file, span, &keys) else { continue };
        if place.values.is_empty() {
            continue;
        }
        let values = value_list(&place.values);
        let noted = Noted {
            object: object.to_string(),
            message: format!("{object}: {path} is \"{token}\"; the value {values} is a float to Helm"),
            path,
            place: Some(Place { file: object.file, span, missing: false }),
            ..Noted::default()
        };
        notes.add("WH-204", noted, Some(place));
    }
}

/// Values that are not there and were printed as nothing (WH-204).
pub(crate) fn missing_values(notes: &mut Notes<'_>, rendered: &RenderedChart, intake: &Intake) {
    for (name, piece) in rendered.missing.iter().take(MOST) {
        let Some(mut place) = rendered.place_of(piece.frame, piece.source) else { continue };
        place.values = rendered.values_of(piece.origin);
        let value = path_of(rendered, piece.origin);
        let file = rendered.files.iter().position(|file| file.name == *name);
        let at = piece.bytes.start;
        let object = objects(intake)
            .filter(|object| Some(object.file) == file && object.root.span.start <= at)
            .max_by_key(|object| object.root.span.start);
        let object = object.map(Object::to_string).unwrap_or_default();
        let subject = if object.is_empty() { name.clone() } else { object.clone() };
        let message = format!("{subject}: {value} has no value and is printed as nothing");
        notes.add("WH-204", Noted { object, message, ..Noted::default() }, Some(place));
    }
}

fn path_of(rendered: &RenderedChart, origin: OriginId) -> String {
    let Some(trace) = &rendered.trace else { return String::new() };
    let lookups = trace.lookups(origin);
    let Some(first) = lookups.first() else { return "what is printed here".to_owned() };
    trace.path(*first).into_iter().fold(String::new(), |path, key| match key {
        Key::Name(name) => format!("{path}.{name}"),
        Key::Index(index) => format!("{path}[{index}]"),
    })
}

fn objects(intake: &Intake) -> impl Iterator<Item = &Object> {
    intake.objects.iter().chain(&intake.hooks).chain(&intake.workload_config)
}

/// Goes through the scalars of a document with their paths.
fn scalars(node: &Node, path: &mut String, visit: &mut impl FnMut(&str, &Node)) {
    let length = path.len();
    match &node.value {
        Content::Mapping(entries) => {
            for entry in entries {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(&entry.key);
                scalars(&entry.value, path, visit);
                path.truncate(length);
            }
        }
        Content::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                scalars(item, path, visit);
                path.truncate(length);
            }
        }
        Content::String(_) | Content::Float(_) => visit(path, node),
        _ => {}
    }
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
}

/// The first number with an exponent in a text, as Go prints large floats: `1e+06`.
fn exponent(text: &str) -> Option<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '+');
    text.split(|letter: char| !is_part(letter))
        .find(|word| {
            let Some((number, power)) = word.split_once("e+") else { return false };
            let digits = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit());
            let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
            whole.len() == 1 && digits(whole) && digits(fraction) && power.len() >= 2 && digits(power)
        })
        .map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::exponent;

    #[test]
    fn only_what_go_prints_of_a_large_float_is_a_number() {
        for (text, found) in [
            ("1e+06", Some("1e+06")),
            ("\"1.5e+09\"", Some("1.5e+09")),
            ("--max=1e+06", Some("1e+06")),
            ("1000000", None),
            ("one+06", None),
            ("12e+06", None),
            ("1e+6", None),
        ] {
            assert_eq!(exponent(text).as_deref(), found, "{text}");
        }
    }
}
