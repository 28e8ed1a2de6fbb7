use wheelhouse_policy::Finding;
use wheelhouse_render::{Location, Provenance, RenderedChart};
use wheelhouse_source::LineIndex;

/// A finding with where it comes from.
#[derive(Clone, Debug)]
pub struct Located {
    /// The finding.
    pub finding: Finding,
    /// Where the bytes it is about come from; none for a finding about the chart as a whole.
    pub provenance: Option<Provenance>,
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
    /// Finds where a finding comes from.
    #[must_use]
    pub fn new(finding: Finding, rendered: &RenderedChart) -> Self {
        let keys = path_keys(&finding.path);
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let provenance = finding.place.and_then(|place| {
            // The first byte tells for a field that is missing: the mapping may span many templates.
            let span = if place.missing {
                wheelhouse_source::Span::new(place.span.start, (place.span.start + 1).min(place.span.end))
            } else {
                place.span
            };
            rendered.provenance(place.file, span, if place.missing { &[] } else { &keys })
        });
        Located { finding, provenance }
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
fn path_keys(path: &str) -> Vec<String> {
    path.split('.')
        .map(|part| part.split('[').next().unwrap_or_default().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}
