//! What Helm adds.

use crate::support::{check, check_error};

#[test]
fn include_and_tpl() {
    check(r#"{{ define "p" }}<{{ . }}>{{ end }}{{ include "p" 5 }}"#, "<5>");
    check_error(
        r#"{{ include "nope" . }}"#,
        r#"error calling include: template: no template "nope" associated with template "gotpl""#,
    );
    check_error(
        r#"{{ define "p" }}{{ .a.b }}{{ end }}{{ include "p" (dict) }}"#,
        r#"error calling include: template: t:1:21: executing "p" at <.a.b>: nil pointer evaluating interface {}.b"#,
    );
    check(r#"{{ tpl "{{ .a }}-{{ .b }}" (dict "a" 1) }}"#, "1-");
    check(r#"{{ tpl "{{ define \"x\" }}in{{ end }}{{ include \"x\" . }}" . }}"#, "in");
    check_error(
        r#"{{ tpl "{{ .a" . }}"#,
        r#"error calling tpl: cannot parse template "{{ .a": template: gotpl:1: unclosed action"#,
    );
    check_error(
        r#"{{ tpl "{{ fail \"no\" }}" . }}"#,
        r#"error calling tpl: error during tpl function execution for "{{ fail \"no\" }}": template: gotpl:1:3: executing "gotpl" at <fail "no">: error calling fail: HELM_ERR_STARTnoHELM_ERR_END"#,
    );
    check_error(
        r#"{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "p" 1 }}"#,
        r#"error calling include: template: no template "p" associated with template "gotpl""#,
    );
}

#[test]
fn refusals_are_marked() {
    check_error(
        r#"{{ required "need it" .Values.nope }}"#,
        "error calling required: HELM_ERR_STARTneed itHELM_ERR_END",
    );
    check_error(
        r#"{{ required "need it" "" }}"#,
        "error calling required: HELM_ERR_STARTneed itHELM_ERR_END",
    );
    check(r#"{{ required "need it" 0 }}"#, "0");
    check(r#"{{ required "need it" false }}"#, "false");
    check_error(r#"{{ fail "stop" }}"#, "error calling fail: HELM_ERR_STARTstopHELM_ERR_END");
}

#[test]
fn the_cluster_is_empty() {
    check(r#"{{ lookup "v1" "Secret" "ns" "name" }}"#, "map[]");
    check(r#"{{ kindOf (lookup "v1" "Secret" "" "") }}"#, "map");
    check(r#"{{ getHostByName "localhost" }}|"#, "|");
    check_error(r#"{{ lookup "v1" }}"#, "wrong number of args for lookup: want 4 got 1");
}
