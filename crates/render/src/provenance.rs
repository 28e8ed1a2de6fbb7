//! Where the bytes of a manifest come from: the one question that check, explain and errors ask.

use wheelhouse_chart::values::Mark;
use wheelhouse_gotemplate::trace::{FrameId, Key, Origin, OriginId, Trace};
use wheelhouse_gotemplate::{GoString, Map, Piece, Value};
use wheelhouse_source::Span;

use crate::pipeline::RenderedChart;

/// A place in a template.
#[derive(Clone, Debug)]
pub struct Location {
    /// The template's file: `chart/templates/deployment.yaml`.
    pub file: String,
    /// The file's text.
    pub source: GoString,
    /// The bytes.
    pub span: Span,
}

/// The value that was printed.
#[derive(Clone, Debug)]
pub struct ValueOrigin {
    /// How templates call it: `.Values.image.tag`.
    pub path: String,
    /// Where it was written, if that is known.
    pub mark: Option<Mark>,
}

/// Where some bytes come from.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// The template text or action that wrote them.
    pub template: Location,
    /// The calls that led there, innermost first: `include`, `template`, `tpl`.
    pub stack: Vec<Location>,
    /// The values that were printed or that the printed text was made from.
    pub values: Vec<ValueOrigin>,
}

impl RenderedChart {
    /// Where the bytes of a rendered file come from; `None` when places were not recorded.
    ///
    /// `path` is the field's path in its document (`["spec", "replicas"]`): where a whole mapping
    /// was printed at once, it tells which entry of the mapping is meant.
    #[must_use]
    pub fn provenance(&self, file: usize, span: Span, path: &[&str]) -> Option<Provenance> {
        let trace = self.trace.as_ref()?;
        let pieces = self.files.get(file)?.pieces.as_ref()?;
        let inside = pieces.within(span);
        // What was printed says more than the text around it.
        let piece = inside
            .iter()
            .find(|piece| piece.is_value)
            .or_else(|| inside.first())
            .or_else(|| pieces.at(span.start))?;
        let mut found = self.place_of(piece.frame, source_span(piece, span))?;
        let lookups = trace.lookups(piece.origin);
        found.values = lookups.into_iter().filter_map(|id| self.value_origin(trace, id, path)).collect();
        Some(found)
    }

    /// A place in a template that ran, with the calls that led there; no values.
    #[must_use]
    pub fn place_of(&self, frame: FrameId, span: Span) -> Option<Provenance> {
        let trace = self.trace.as_ref()?;
        let found = trace.frame(frame)?;
        let template = Location { file: found.file().to_string(), source: found.source().clone(), span };
        let stack = trace
            .stack(frame)
            .filter_map(|frame| {
                let (caller, call) = frame.caller?;
                let caller = trace.frame(caller)?;
                Some(Location {
                    file: caller.file().to_string(),
                    source: caller.source().clone(),
                    span: call,
                })
            })
            .collect();
        Some(Provenance { template, stack, values: Vec::new() })
    }

    /// The values behind an origin: `.Values.image.tag`, each with where it was written.
    #[must_use]
    pub fn values_of(&self, origin: OriginId) -> Vec<ValueOrigin> {
        let Some(trace) = self.trace.as_ref() else { return Vec::new() };
        trace.lookups(origin).into_iter().filter_map(|id| self.value_origin(trace, id, &[])).collect()
    }

    fn value_origin(&self, trace: &Trace, id: OriginId, path: &[&str]) -> Option<ValueOrigin> {
        let keys = trace.path(id);
        // `.Chart`, `.Release` and the like are not values.
        if !keys.iter().any(|key| matches!(key, Key::Name(name) if name.as_bytes() == b"Values")) {
            return None;
        }
        let mut shown = String::new();
        for key in &keys {
            match key {
                Key::Name(name) => shown.push_str(&format!(".{name}")),
                Key::Index(index) => shown.push_str(&format!("[{index}]")),
            }
        }
        let Some(Origin::Lookup { container, key, .. }) = trace.origin(id) else { return None };
        let mark = match key {
            Key::Name(name) => self.origins.of_key(*container, name),
            Key::Index(index) => self.origins.of_index(*container, *index),
        };
        if let Key::Name(name) = key
            && let Some(Value::Map(printed)) = self.origins.map(*container).and_then(|map| map.get(name))
            && let Some((below, holder, key)) = entry_below(&printed, path)
        {
            let mark = self.origins.of_key(holder.address(), key).or(mark).cloned();
            return Some(ValueOrigin { path: format!("{shown}.{}", below.join(".")), mark });
        }
        Some(ValueOrigin { path: shown, mark: mark.cloned() })
    }
}

/// Template text was copied byte by byte, so that one can point into it; of an action, it is all of it.
fn source_span(piece: &Piece, span: Span) -> Span {
    if piece.is_value || piece.bytes.len() != piece.source.len() {
        return piece.source;
    }
    let start = span.start.clamp(piece.bytes.start, piece.bytes.end) - piece.bytes.start;
    let end = span.end.clamp(piece.bytes.start, piece.bytes.end) - piece.bytes.start;
    Span::new(piece.source.start + start, piece.source.start + end)
}

/// The entry of a printed mapping that a field's path ends in: the longest end of the path that
/// leads through the mapping. Gives that end, the map that holds the entry, and its key.
fn entry_below<'p>(printed: &Map, path: &'p [&'p str]) -> Option<(&'p [&'p str], Map, &'p str)> {
    (0..path.len()).find_map(|from| {
        let below = path.get(from..)?;
        let (key, parents) = below.split_last()?;
        let holder = parents.iter().try_fold(printed.clone(), |map, name| match map.get(name) {
            Some(Value::Map(next)) => Some(next),
            _ => None,
        })?;
        holder.contains(key).then_some((below, holder, *key))
    })
}
