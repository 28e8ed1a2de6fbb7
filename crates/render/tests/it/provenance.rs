use wheelhouse_gotemplate::Limits;
use wheelhouse_objects::read_document;
use wheelhouse_source::LineIndex;

use crate::support::{chart, traced};

const VALUES: &str = "image:\n  repository: app\n  tag: \"1.2\"\nresources:\n  limits:\n    cpu: 500m\n";
const HELPERS: &str =
    "{{- define \"labels\" -}}\napp: {{ .Chart.Name }}\ntag: {{ .Values.image.tag | quote }}\n{{- end }}\n";
const POD: &str = "kind: Pod\nmetadata:\n  labels:\n    {{- include \"labels\" . | nindent 4 }}\nspec:\n  image: {{ .Values.image.repository }}\n  {{- with .Values.resources }}\n  resources:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\n";

/// `FILE:LINE <- FILE:LINE | PATH at SOURCE:LINE` of a field.
fn origin(path: &'static str) -> String {
    let files =
        chart(&[("values.yaml", VALUES), ("templates/_helpers.tpl", HELPERS), ("templates/pod.yaml", POD)]);
    traced(files, Limits::default(), move |rendered| {
        let document = read_document(&rendered.files[0].text, 0).unwrap();
        let keys: Vec<&str> = path.split('.').collect();
        let node = document.at(path).unwrap();
        let found = rendered.provenance(0, node.span, &keys).unwrap();
        let place = |location: &wheelhouse_render::Location| {
            let line = LineIndex::new(location.source.as_bytes()).position(location.span.start).line;
            format!("{}:{line}", location.file)
        };
        let mut text = place(&found.template);
        for call in &found.stack {
            text.push_str(&format!(" <- {}", place(call)));
        }
        for value in &found.values {
            let mark = value.mark.as_ref().map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!(" | {} at {mark}", value.path));
        }
        text
    })
}

#[test]
fn a_literal_leads_to_its_line() {
    assert_eq!(origin("kind"), "c/templates/pod.yaml:1");
}

#[test]
fn a_printed_value_leads_to_the_values_line() {
    assert_eq!(origin("spec.image"), "c/templates/pod.yaml:6 | .Values.image.repository at values.yaml:2:15");
}

#[test]
fn an_included_text_keeps_its_own_lines() {
    assert_eq!(
        origin("metadata.labels.tag"),
        "c/templates/_helpers.tpl:3 <- c/templates/pod.yaml:4 | .Values.image.tag at values.yaml:3:8"
    );
}

#[test]
fn an_entry_of_a_printed_mapping_leads_to_its_own_line() {
    assert_eq!(
        origin("spec.resources.limits.cpu"),
        "c/templates/pod.yaml:9 | .Values.resources.limits.cpu at values.yaml:6:10"
    );
}
