//! The values: overrides that are run as templates, overrides that nothing reads.

use std::collections::{HashMap, HashSet};

use wheelhouse_chart::Chart;
use wheelhouse_chart::values::{Data, GLOBAL_KEY, Mark, Table, ValueSource};
use wheelhouse_gotemplate::trace::{CallKind, Key, Origin, OriginId, Trace};
use wheelhouse_gotemplate::{Map, Value};
use wheelhouse_policy::{Noted, nearest};
use wheelhouse_render::RenderedChart;

use super::Notes;
use crate::located::in_chart_file;

/// `tpl` on a text that an override gave (WH-203).
pub(crate) fn as_code(notes: &mut Notes<'_>, rendered: &RenderedChart) {
    let Some(trace) = &rendered.trace else { return };
    let mut seen = HashSet::new();
    for (_, frame) in trace.frames().filter(|(_, frame)| frame.kind == CallKind::Text) {
        let Some((caller, span)) = frame.caller else { continue };
        for value in rendered.values_of(frame.text) {
            let Some(mark) = value.mark.as_ref().filter(|mark| is_override(mark)) else { continue };
            let Some(place) = rendered.place_of(caller, span) else { continue };
            if seen.insert((place.template.file.clone(), span, value.path.clone())) {
                let message = format!(
                    "{}: the value {} from the override ({mark}) is executed as a template",
                    place.template.file, value.path
                );
                notes.add("WH-203", Noted { message, path: value.path, ..Noted::default() }, Some(place));
            }
        }
    }
}

fn is_override(mark: &Mark) -> bool {
    mark.source().is_some_and(|source| !matches!(**source, ValueSource::ChartDefaults { .. }))
}

/// Overrides that no template, condition or schema reads (WH-205).
pub(crate) fn unused(notes: &mut Notes<'_>, rendered: &RenderedChart, user: &Table) {
    let Some(trace) = &rendered.trace else { return };
    if user.is_empty() {
        return;
    }
    let mut leaves = Vec::new();
    leaves_of(user, &mut Vec::new(), &mut leaves);
    let mut reads = None;
    let mut words = None;
    for (path, mark) in leaves {
        let reads = reads.get_or_insert_with(|| Reads::of(trace, rendered));
        if reads.any(&path) {
            continue;
        }
        // A branch that was not taken may read it: then each key stands in some template.
        let words = words.get_or_insert_with(|| words_of(&rendered.chart));
        if path.iter().all(|key| words.contains(key.as_str())) {
            continue;
        }
        let shown = path.join(".");
        let near = near(&rendered.chart, &path);
        let question = near.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let from = if mark.source().is_some() { format!(" ({mark})") } else { String::new() };
        let message = format!("override {shown}{from} has no effect{question}");
        let noted = Noted {
            message,
            path: shown,
            fix: near.map(|near| format!("write {near}, or remove it")),
            ..Noted::default()
        };
        notes.add("WH-205", noted, in_chart_file(&rendered.chart, "name"));
    }
}

fn leaves_of(table: &Table, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, Mark)>) {
    for (key, node) in table.iter() {
        path.push(key.to_string());
        match &node.data {
            Data::Table(inner) if !inner.is_empty() => leaves_of(inner, path, found),
            _ => found.push((path.clone(), node.mark.clone())),
        }
        path.pop();
    }
}

/// What a render read of the values.
struct Reads {
    /// Paths that were read by their key.
    read: HashSet<Vec<String>>,
    /// Paths whose whole value went into a function or into the output.
    whole: HashSet<Vec<String>>,
}

impl Reads {
    fn of(trace: &Trace, rendered: &RenderedChart) -> Self {
        let places = places(&rendered.values);
        let path = |id: OriginId| -> Option<Vec<String>> {
            let Some(Origin::Lookup { container, key, .. }) = trace.origin(id) else { return None };
            let Key::Name(name) = key else { return None };
            let mut path = places.get(container).cloned().unwrap_or_default();
            if path.is_empty() && rendered.values.address() != *container {
                // `.Values` itself: read whole if anything but a lookup uses it.
                return (name.as_bytes() == b"Values").then(Vec::new);
            }
            path.push(name.to_string());
            Some(path)
        };
        let mut reads = Reads { read: HashSet::new(), whole: HashSet::new() };
        for (id, origin) in trace.origins() {
            match origin {
                Origin::Lookup { .. } => reads.read.extend(path(id)),
                Origin::Made(parts) => reads.whole.extend(parts.iter().filter_map(|part| path(*part))),
            }
        }
        for piece in
            rendered.files.iter().filter_map(|file| file.pieces.as_ref()).flat_map(|pieces| pieces.all())
        {
            if piece.origin.is_some() {
                reads.whole.extend(path(piece.origin));
            }
        }
        reads
    }

    fn any(&self, path: &[String]) -> bool {
        // Subcharts see the globals in tables of their own.
        let is_global = path.first().is_some_and(|first| first == GLOBAL_KEY);
        let reads = |wanted: &[String]| {
            self.read.contains(wanted)
                || (0..=wanted.len())
                    .any(|length| wanted.get(..length).is_some_and(|part| self.whole.contains(part)))
        };
        reads(path) || (is_global && self.read.iter().chain(&self.whole).any(|other| other.ends_with(path)))
    }
}

/// The paths of all tables of the values, by address.
pub(crate) fn places(values: &Map) -> HashMap<usize, Vec<String>> {
    let mut places = HashMap::new();
    let mut waiting = vec![(values.clone(), Vec::new())];
    while let Some((map, path)) = waiting.pop() {
        for (key, value) in map.entries() {
            if let Value::Map(inner) = value {
                let below: Vec<String> = path.iter().cloned().chain([key.to_string()]).collect();
                if !places.contains_key(&inner.address()) {
                    waiting.push((inner, below));
                }
            }
        }
        places.insert(map.address(), path);
    }
    places
}

/// Every word of the templates, of conditions and tags of dependencies, and of schemas.
fn words_of(root: &Chart) -> HashSet<String> {
    let mut words = HashSet::new();
    let mut add = |text: &str| {
        let is_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
        words.extend(text.split(|letter: char| !is_word(letter)).map(ToOwned::to_owned));
    };
    let mut waiting = vec![root];
    while let Some(chart) = waiting.pop() {
        for file in chart.contents().templates.iter().chain(&chart.contents().schema) {
            add(&file.text());
        }
        for requirement in chart.metadata.requirements() {
            add(&requirement.condition);
            add("tags");
            requirement.tags.iter().for_each(|tag| add(tag));
            add(&requirement.name);
        }
        for subchart in chart.dependencies() {
            add(subchart.name());
            waiting.push(subchart);
        }
    }
    words
}

/// A default value whose path is near.
fn near(chart: &Chart, path: &[String]) -> Option<String> {
    let mut defaults = Vec::new();
    leaves_of(chart.values(), &mut Vec::new(), &mut defaults);
    let mut candidates: Vec<String> = defaults.iter().map(|(path, _)| path.join(".")).collect();
    // Tables too: an override may replace a whole one.
    candidates.extend(defaults.iter().filter_map(|(path, _)| Some(path.split_last()?.1.join("."))));
    let wanted = path.join(".");
    nearest(&wanted, candidates.iter().map(String::as_str))
        .filter(|near| *near != wanted)
        .map(ToOwned::to_owned)
}
