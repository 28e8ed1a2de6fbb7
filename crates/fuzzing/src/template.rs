//! Any text as a template of a chart: whether places are recorded makes no difference.

use wheelhouse_chart::values::Table;
use wheelhouse_chart::{Compat, File};

use crate::pipeline::render_both_ways;

const VALUES: &[u8] = br#"
text: some text
number: 3
float: 1.5
yes: true
nothing: null
list: [a, b, 3, {k: v}, [x]]
map: {a: 1, b: {c: d}, "weird key": "- x"}
template: "{{ .Values.text }} of {{ .Release.Name }}"
yaml: "a: [1, 2]\nb: {c: ~}"
json: '{"a": [1, 2.5, null]}'
toml: "a = 1\n[b]\nc = \"d\""
image: {repository: nginx, tag: "1.27"}
"#;

const HELPERS: &[u8] = br#"{{- define "name" -}}{{ .Release.Name | trunc 20 }}{{- end -}}
{{- define "labels" -}}
app: {{ include "name" . }}
chart: {{ .Chart.Name }}
{{- end -}}"#;

pub(crate) fn run(input: &[u8]) {
    let files = [
        File::new("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        File::new("values.yaml", VALUES),
        File::new("templates/_helpers.tpl", HELPERS),
        File::new("files/a.txt", b"one\ntwo\n"),
        File::new("templates/t.yaml", input),
    ];
    render_both_ways(&files, &|_| Some(Table::new()), Compat::V4);
}
