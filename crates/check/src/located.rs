use wheelhouse_chart::values::{Mark, ValueSource};
use wheelhouse_chart::{Chart, File};
use wheelhouse_gotemplate::{GoString, Value};
use wheelhouse_objects::read_document;
use wheelhouse_policy::Finding;
use wheelhouse_render::{Location, Provenance, RenderedChart, ValueOrigin};
use wheelhouse_source::{LineIndex, Span};

/// A finding with where it comes from.
#[derive(Clone, Debug)]
pub struct Located {
    /// The finding.
    pub finding: Finding,
    /// Where the bytes it is about come from: a template, or a line of Chart.yaml or values.yaml;
    /// none where there is no file to point into.
    pub provenance: Option<Provenance>,
    /// Under which values it shows, if not under those given: `debug=true`.
    pub under: Option<String>,
}

/// A place in a chart's files, as people and machines name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceInChart {
    /// The file below the chart's directory: `templates/deployment.yaml`.
    pub file: String,
    /// First line, from 1.
    pub line: usize,
    /// First column in bytes, from 1.
    pub column: usize,
    /// Last line, from 1.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
}

impl PlaceInChart {
    /// The place of a location in a template.
    #[must_use]
    pub fn of(location: &Location) -> Self {
        let index = LineIndex::new(location.source.as_bytes());
        let start = index.position(location.span.start);
        let end = index.position(location.span.end);
        // Template files are named `chart/templates/…`.
        let file = location.file.split_once('/').map_or(location.file.as_str(), |(_, rest)| rest);
        PlaceInChart {
            file: file.to_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

impl Located {
    /// A finding at a place that is known.
    #[must_use]
    pub fn at(finding: Finding, provenance: Option<Provenance>) -> Self {
        Located { finding, provenance, under: None }
    }

    /// Finds where a finding comes from; one about the chart as a whole stands in Chart.yaml.
    #[must_use]
    pub fn new(finding: Finding, rendered: &RenderedChart) -> Self {
        let keys = path_keys(&finding.path);
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let provenance = match finding.place {
            Some(place) => {
                // The first byte tells for a field that is missing: the mapping may span many templates.
                let span = if place.missing {
                    Span::new(place.span.start, (place.span.start + 1).min(place.span.end))
                } else {
                    place.span
                };
                rendered.provenance(place.file, span, if place.missing { &[] } else { &keys })
            }
            None => in_chart_file(&rendered.chart, &finding.path)
                .or_else(|| in_chart_file(&rendered.chart, "name")),
        };
        Located::at(finding, provenance)
    }

    /// The template place, if there is one.
    #[must_use]
    pub fn place(&self) -> Option<PlaceInChart> {
        let provenance = self.provenance.as_ref()?;
        // A text that `tpl` runs is no file: the call is the place.
        let mut places = std::iter::once(&provenance.template).chain(&provenance.stack);
        let in_file = places.find(|location| location.file.contains('/'));
        Some(PlaceInChart::of(in_file.unwrap_or(&provenance.template)))
    }
}

/// The mapping keys of a field path, without list indexes.
pub(crate) fn path_keys(path: &str) -> Vec<String> {
    path.split('.')
        .map(|part| part.split('[').next().unwrap_or_default().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

/// The line of a top-level key in a chart's own Chart.yaml.
pub(crate) fn in_chart_file(chart: &Chart, key: &str) -> Option<Provenance> {
    let file = chart.contents().raw.iter().find(|file| file.name == "Chart.yaml")?;
    let root = read_document(&file.data, 0).ok()?;
    let entry = root.entry(key)?;
    let end = if entry.value.entries().is_empty() && entry.value.items().is_empty() {
        entry.value.span.end.max(entry.key_span.end)
    } else {
        entry.key_span.end
    };
    Some(in_file(chart, file, Span::new(entry.key_span.start, end)))
}

fn in_file(chart: &Chart, file: &File, span: Span) -> Provenance {
    let directory = &chart.contents().directory;
    let below = if directory.is_empty() { file.name.clone() } else { format!("{directory}/{}", file.name) };
    let template =
        Location { file: format!("{}/{below}", chart.name()), source: GoString::from(&*file.data), span };
    Provenance { template, stack: Vec::new(), values: Vec::new() }
}

/// Where a value of the coalesced values was written; for one that is missing, its table.
pub(crate) fn mark_at(rendered: &RenderedChart, path: &[String]) -> Option<Mark> {
    let mut mark = None;
    let mut value = Value::Map(rendered.values.clone());
    for key in path {
        let next = match &value {
            Value::Map(map) => {
                mark = rendered.origins.of_key(map.address(), key.as_str()).cloned().or(mark);
                map.get(key.as_str())
            }
            Value::List(list) => {
                let index = key.parse::<usize>().ok()?;
                mark = rendered.origins.of_index(list.address(), index).cloned().or(mark);
                list.items().get(index).cloned()
            }
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => break,
        }
    }
    mark
}

/// The file of a chart, or of one of its subcharts, that a mark names, and the word there.
pub(crate) fn location_of_mark(root: &Chart, mark: &Mark) -> Option<Provenance> {
    let ValueSource::ChartDefaults { path } = &**mark.source()? else { return None };
    let mut waiting = vec![root];
    while let Some(chart) = waiting.pop() {
        let directory = &chart.contents().directory;
        for file in &chart.contents().raw {
            let below =
                if directory.is_empty() { file.name.clone() } else { format!("{directory}/{}", file.name) };
            if below == *path {
                let span = span_of(&file.text(), mark.line(), mark.column())?;
                let mut found = in_file(chart, file, span);
                found.template.file = format!("{}/{below}", root.name());
                return Some(found);
            }
        }
        waiting.extend(chart.dependencies());
    }
    None
}

/// From a line and column (in characters, from 1) to the end of the word there.
pub(crate) fn span_of(text: &str, line: u32, column: u32) -> Option<Span> {
    let line_start: usize =
        text.split_inclusive('\n').take((line as usize).checked_sub(1)?).map(str::len).sum();
    let rest = text.get(line_start..)?.lines().next()?;
    let before: usize = rest.chars().take((column as usize).checked_sub(1)?).map(char::len_utf8).sum();
    let word = rest.get(before..)?.trim_end();
    Some(Span::new(line_start + before, line_start + before + word.len()))
}

/// Paths of values as a message names them.
pub(crate) fn value_list(values: &[ValueOrigin]) -> String {
    values.iter().map(|value| value.path.as_str()).collect::<Vec<_>>().join(", ")
}
