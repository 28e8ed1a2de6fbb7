//! Fixes that are an edit of a line: of a template where it says so itself, of the default values
//! where the value came from there.

use wheelhouse_objects::{Node, Object};
use wheelhouse_policy::{Edit, segments};
use wheelhouse_render::{Provenance, RenderedChart};
use wheelhouse_source::Span;

use crate::check::Checked;
use crate::located::{Located, location_of_mark};

/// A change of one file of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// The file below the chart's directory.
    pub file: String,
    /// The bytes that go.
    pub span: Span,
    /// What comes in their place.
    pub text: String,
}

impl TextEdit {
    /// The file's text with the edit done; `None` if the text is another one than was checked.
    #[must_use]
    pub fn apply(&self, text: &str) -> Option<String> {
        let before = text.get(..self.span.start)?;
        let after = text.get(self.span.end..)?;
        Some(format!("{before}{}{after}", self.text))
    }
}

/// The edit that is a finding's fix, if there is one that needs no thought: the field stands in a
/// template as it is, or its value stands in the chart's own values.
#[must_use]
pub fn edit_of(located: &Located, checked: &Checked) -> Option<TextEdit> {
    let finding = &located.finding;
    let place = finding.place?;
    let rendered = &checked.rendered;
    let provenance = located.provenance.as_ref()?;
    match finding.edit.as_ref()? {
        Edit::Set(value) => set(provenance, rendered, place.file, place.span, value),
        Edit::Quote => quote(provenance, rendered, place.file, place.span),
        Edit::Remove => {
            let mut objects = checked.intake.objects.iter();
            let object =
                objects.find(|object| object.file == place.file && object.to_string() == finding.object)?;
            remove(rendered, object, &finding.path)
        }
        Edit::Add(key, value) => add(provenance, rendered, place.file, place.span, key, value),
    }
}

/// The path of a template file below the chart's directory.
fn below_chart(file: &str) -> Option<String> {
    file.split_once('/').map(|(_, rest)| rest.to_owned())
}

fn set(
    provenance: &Provenance,
    rendered: &RenderedChart,
    file: usize,
    span: Span,
    value: &str,
) -> Option<TextEdit> {
    let pieces = rendered.files.get(file)?.pieces.as_ref()?.within(span);
    if pieces.iter().all(|piece| !piece.is_value) {
        let [_] = pieces else { return None };
        let file = below_chart(&provenance.template.file)?;
        return Some(TextEdit { file, span: provenance.template.span, text: value.to_owned() });
    }
    let [origin] = provenance.values.as_slice() else { return None };
    let found = location_of_mark(&rendered.chart, origin.mark.as_ref()?)?;
    let source = found.template.source.to_str_lossy().into_owned();
    let line = source.get(found.template.span.range())?;
    // A comment behind the value stays.
    let scalar = line.split_once(" #").map_or(line, |(before, _)| before).trim_end();
    let is_plain = scalar.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.\"'".contains(letter));
    let start = found.template.span.start;
    (is_plain && !scalar.is_empty()).then_some(())?;
    Some(TextEdit {
        file: below_chart(&found.template.file)?,
        span: Span::new(start, start + scalar.len()),
        text: value.to_owned(),
    })
}

/// Quotes a scalar of a template, or what an action prints.
fn quote(provenance: &Provenance, rendered: &RenderedChart, file: usize, span: Span) -> Option<TextEdit> {
    let [piece] = rendered.files.get(file)?.pieces.as_ref()?.within(span) else { return None };
    let location = &provenance.template;
    let source = location.source.to_str_lossy().into_owned();
    let written = source.get(location.span.range())?;
    let text = if piece.is_value {
        let inner = written.strip_suffix("}}")?;
        let (inner, end) = inner.strip_suffix(" -").map_or((inner, "}}"), |inner| (inner, " -}}"));
        let space = if end == "}}" { " " } else { "" };
        format!("{} | quote{space}{end}", inner.trim_end())
    } else {
        format!("\"{written}\"")
    };
    Some(TextEdit { file: below_chart(&location.file)?, span: location.span, text })
}

/// Takes a field out of a template: its lines must be template text from their start to their end.
fn remove(rendered: &RenderedChart, object: &Object, path: &str) -> Option<TextEdit> {
    let field = field_span(&object.root, path)?;
    let text = &rendered.files.get(object.file)?.text;
    let line_start = text.get(..field.start)?.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    text.get(line_start..field.start)?.iter().all(|byte| *byte == b' ').then_some(())?;
    let pieces = rendered.files.get(object.file)?.pieces.as_ref()?.within(Span::new(line_start, field.end));
    let [piece] = pieces else { return None };
    (!piece.is_value && piece.bytes.len() == piece.source.len()).then_some(())?;
    let location = rendered.place_of(piece.frame, piece.source)?.template;
    let source = location.source.to_str_lossy().into_owned();
    let at = |offset: usize| offset - piece.bytes.start + piece.source.start;
    let (start, end) = (at(line_start), at(field.end));
    // To the end of the line, with a comment but without anything else.
    let rest = source.get(end..)?;
    let tail = rest.split_inclusive('\n').next().unwrap_or_default();
    let is_empty = tail.trim().is_empty() || tail.trim_start().starts_with('#');
    let is_line_start = start == 0 || source.get(..start)?.ends_with('\n');
    (is_empty && is_line_start).then_some(())?;
    Some(TextEdit {
        file: below_chart(&location.file)?,
        span: Span::new(start, end + tail.len()),
        text: String::new(),
    })
}

/// From a field's key to the end of what stands below it.
fn field_span(root: &Node, path: &str) -> Option<Span> {
    let keys = segments(path);
    let (last, parents) = keys.split_last()?;
    let parent = parents.iter().try_fold(root, |node, key| match key.parse::<usize>() {
        Ok(index) if !node.items().is_empty() => node.items().get(index),
        _ => node.get(key),
    })?;
    let entry = parent.entry(last)?;
    // The only field of a mapping cannot go without the mapping.
    (parent.entries().len() > 1).then(|| Span::new(entry.key_span.start, entry.value.span.end))
}

/// Adds a field to a mapping whose first key stands in a template as it is.
fn add(
    provenance: &Provenance,
    rendered: &RenderedChart,
    file: usize,
    span: Span,
    key: &str,
    value: &str,
) -> Option<TextEdit> {
    let piece = rendered.files.get(file)?.pieces.as_ref()?.at(span.start)?;
    (!piece.is_value).then_some(())?;
    let source = provenance.template.source.to_str_lossy().into_owned();
    let offset = provenance.template.span.start;
    let line_start = source.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let before = source.get(line_start..offset)?;
    let line = source.get(offset..)?.split_inclusive('\n').next()?;
    (!line.starts_with('{')).then_some(())?;
    let indent = before.chars().count();
    let field = |first: usize| -> String {
        let names: Vec<&str> = key.split('.').collect();
        let depth = names.len();
        (0..depth)
            .zip(&names)
            .map(|(level, name)| {
                let end = if level + 1 == depth { format!(" {value}") } else { String::new() };
                let width = if level == 0 { first } else { indent + 2 * level };
                format!("{}{name}:{end}\n", " ".repeat(width))
            })
            .collect()
    };
    let file = below_chart(&provenance.template.file)?;
    if before.trim().is_empty() {
        return Some(TextEdit { file, span: Span::at(line_start), text: field(indent) });
    }
    // In a list: behind the first field, if that is all on its line.
    let is_item = before.trim_start().starts_with("- ")
        && before.trim_start().trim_start_matches("- ").trim().is_empty();
    let is_scalar = line.split_once(": ").is_some_and(|(_, value)| {
        let value = value.trim();
        !value.is_empty() && !value.starts_with(['|', '>', '&', '{', '[', '"'])
    });
    let end = offset + line.len();
    (is_item && is_scalar && line.ends_with('\n')).then(|| TextEdit {
        file,
        span: Span::at(end),
        text: field(indent),
    })
}
