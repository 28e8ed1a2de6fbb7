//! The name of the entry Service: the function says it once, for every deployment.

use wheelhouse_objects::Object;
use wheelhouse_policy::{FunctionFacts, Intake, Level, Noted, Place};
use wheelhouse_render::RenderedChart;

use super::Notes;
use crate::located::{PlaceInChart, value_list};

/// An entry Service whose name comes from a value or from the release (WH-025): other values give
/// it another name, and then requests find no Service.
pub(crate) fn name(
    notes: &mut Notes<'_>,
    rendered: &RenderedChart,
    intake: &Intake,
    function: Option<&FunctionFacts>,
) {
    let Some(function) = function else { return };
    let is_entry = |object: &&Object| object.is("", "Service") && object.name() == function.service_name;
    let Some(service) = intake.objects.iter().find(is_entry) else { return };
    let Some(node) = service.root.at("metadata.name") else { return };
    let Some(place) = rendered.provenance(service.file, node.span, &["metadata", "name"]) else { return };
    let written = place.template.source.as_bytes().get(place.template.span.range()).unwrap_or_default();
    let from = if !place.values.is_empty() {
        value_list(&place.values)
    } else if String::from_utf8_lossy(written).contains(".Release.") {
        "the release".to_owned()
    } else {
        return;
    };
    let shown = PlaceInChart::of(&place.template);
    let message = format!(
        "Service name \"{name}\" at {}:{}:{} comes from {from}; it must stay \"{name}\" in every deployment",
        shown.file,
        shown.line,
        shown.column,
        name = function.service_name
    );
    let noted = Noted {
        object: service.to_string(),
        path: "metadata.name".to_owned(),
        message,
        fix: Some("write the name itself into the template".to_owned()),
        level: Some(Level::Warning),
        also: Vec::new(),
        place: Some(Place { file: service.file, span: node.span, missing: false }),
    };
    notes.add("WH-025", noted, Some(place));
}
