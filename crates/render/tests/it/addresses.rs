//! Go's structs whose methods have pointer receivers: they print by `String()` as long as they have an address. What
//! goes through an `interface {}`, as into a function, is a copy without one. Held against Helm 4.2.4.

use crate::support::{chart, text_of};

/// What stands between braces, and what it gives.
const TEXTS: &[(&str, &str)] = &[
    (".Capabilities.KubeVersion", "v1.36.0"),
    ("default 1 .Capabilities.KubeVersion", "{v1.36.0 v1.36.0 1 36}"),
    (".Capabilities.KubeVersion | default 1", "{v1.36.0 v1.36.0 1 36}"),
    ("index (list .Capabilities.KubeVersion) 0", "{v1.36.0 v1.36.0 1 36}"),
    ("first (list .Capabilities.KubeVersion)", "{v1.36.0 v1.36.0 1 36}"),
    ("toYaml .Capabilities.KubeVersion", "Major: \"1\"\nMinor: \"36\"\nVersion: v1.36.0"),
    ("toJson .Capabilities.KubeVersion", "{\"Version\":\"v1.36.0\",\"Major\":\"1\",\"Minor\":\"36\"}"),
    ("printf \"%v\" .Capabilities.KubeVersion", "{v1.36.0 v1.36.0 1 36}"),
    ("printf \"%s\" .Capabilities.KubeVersion", "{v1.36.0 v1.36.0 1 36}"),
    (
        "printf \"%+v\" .Capabilities.KubeVersion",
        "{Version:v1.36.0 normalizedVersion:v1.36.0 Major:1 Minor:36}",
    ),
    (
        "printf \"%#v\" .Capabilities.KubeVersion",
        "common.KubeVersion{Version:\"v1.36.0\", normalizedVersion:\"v1.36.0\", Major:\"1\", Minor:\"36\"}",
    ),
    ("printf \"%T\" .Capabilities.KubeVersion", "common.KubeVersion"),
    ("printf \"%q\" .Capabilities.KubeVersion", "{\"v1.36.0\" \"v1.36.0\" \"1\" \"36\"}"),
    (
        "printf \"%d\" .Capabilities.KubeVersion",
        "{%!d(string=v1.36.0) %!d(string=v1.36.0) %!d(string=1) %!d(string=36)}",
    ),
    ("print .Capabilities.KubeVersion", "{v1.36.0 v1.36.0 1 36}"),
    ("println .Capabilities.KubeVersion", "{v1.36.0 v1.36.0 1 36}\n"),
    ("ternary .Capabilities.KubeVersion 1 true", "{v1.36.0 v1.36.0 1 36}"),
    ("quote .Capabilities.KubeVersion", "\"{v1.36.0 v1.36.0 1 36}\""),
    ("squote .Capabilities.KubeVersion", "'{v1.36.0 v1.36.0 1 36}'"),
    ("toString .Capabilities.KubeVersion", "{v1.36.0 v1.36.0 1 36}"),
    ("or .Capabilities.KubeVersion 1", "v1.36.0"),
    ("and 1 .Capabilities.KubeVersion", "v1.36.0"),
    ("or 0 .Capabilities.KubeVersion", "v1.36.0"),
    ("$x := .Capabilities.KubeVersion}}{{$x", "v1.36.0"),
    ("$x := default 1 .Capabilities.KubeVersion}}{{$x", "{v1.36.0 v1.36.0 1 36}"),
    ("$x := default 1 .Capabilities.KubeVersion}}{{$x.Version", "v1.36.0"),
    ("$x := .Capabilities.KubeVersion}}{{$x.GitVersion", "v1.36.0"),
    ("(dict \"a\" .Capabilities.KubeVersion).a", "{v1.36.0 v1.36.0 1 36}"),
    ("(dict \"a\" .Capabilities.KubeVersion).a.Major", "1"),
    ("dict \"a\" .Capabilities.KubeVersion", "map[a:{v1.36.0 v1.36.0 1 36}]"),
    ("list .Capabilities.KubeVersion", "[{v1.36.0 v1.36.0 1 36}]"),
    ("range list .Capabilities.KubeVersion}}{{.}}{{end", "{v1.36.0 v1.36.0 1 36}"),
    ("range list .Capabilities.KubeVersion}}{{.Version}}{{end", "v1.36.0"),
    ("with .Capabilities.KubeVersion}}{{.}}{{.GitVersion}}{{end", "v1.36.0v1.36.0"),
    ("with default 1 .Capabilities.KubeVersion}}{{.}}{{end", "{v1.36.0 v1.36.0 1 36}"),
    ("(.Capabilities.KubeVersion)", "v1.36.0"),
    ("(default 1 .Capabilities).KubeVersion", "v1.36.0"),
    ("(default 1 .Capabilities).KubeVersion.GitVersion", "v1.36.0"),
    ("(dict \"c\" .Capabilities).c.KubeVersion", "v1.36.0"),
    ("html .Capabilities.KubeVersion", "{v1.36.0 v1.36.0 1 36}"),
    ("urlquery .Capabilities.KubeVersion", "%7Bv1.36.0+v1.36.0+1+36%7D"),
    ("eq .Capabilities.KubeVersion .Capabilities.KubeVersion", "true"),
    ("kindOf .Capabilities.KubeVersion", "struct"),
    ("typeOf .Capabilities.KubeVersion", "common.KubeVersion"),
    ("typeOf (default 1 .Capabilities.KubeVersion)", "common.KubeVersion"),
    ("cat .Capabilities.KubeVersion 1", "{v1.36.0 v1.36.0 1 36} 1"),
    ("join \",\" (list .Capabilities.KubeVersion)", "{v1.36.0 v1.36.0 1 36}"),
    ("include \"x\" .Capabilities.KubeVersion", "[{v1.36.0 v1.36.0 1 36}]"),
    ("tpl \"{{ . }}\" .Capabilities.KubeVersion", "{v1.36.0 v1.36.0 1 36}"),
    (".Capabilities.KubeVersion | toYaml | trim", "Major: \"1\"\nMinor: \"36\"\nVersion: v1.36.0"),
    (
        "toJson .Capabilities.HelmVersion",
        "{\"version\":\"v4.2\",\"go_version\":\"go1.26.8\",\"kube_client_version\":\"v1.36\"}",
    ),
    ("eq .Capabilities.HelmVersion .Capabilities.HelmVersion", "true"),
    ("deepEqual .Capabilities.HelmVersion (index (list .Capabilities.HelmVersion) 0)", "true"),
    ("deepEqual .Capabilities .Capabilities", "true"),
    ("coalesce .Capabilities.KubeVersion 1", "{v1.36.0 v1.36.0 1 36}"),
];

/// Methods that a copy does not have, and the ends of the errors.
const MISSING: &[(&str, &str)] = &[
    (
        "$x := default 1 .Capabilities.KubeVersion}}{{$x.GitVersion",
        "can't evaluate field GitVersion in type common.KubeVersion",
    ),
    (
        "$x := default 1 .Capabilities.KubeVersion}}{{$x.String",
        "can't evaluate field String in type common.KubeVersion",
    ),
    (
        "(dict \"a\" .Capabilities.KubeVersion).a.GitVersion",
        "can't evaluate field GitVersion in type interface {}",
    ),
    (
        "range list .Capabilities.KubeVersion}}{{.GitVersion}}{{end",
        "can't evaluate field GitVersion in type interface {}",
    ),
    (".Capabilities.KubeVersion | trim", "wrong type for value; expected string; got common.KubeVersion"),
];

fn run(expression: &str) -> Result<String, String> {
    let text = format!("{{{{ define \"x\" }}}}[{{{{ . }}}}]{{{{ end }}}}{{{{ {expression} }}}}");
    text_of(chart(&[("templates/t.yaml", &text)]), "c/templates/t.yaml")
}

#[test]
fn a_copy_prints_its_fields() {
    for (expression, expect) in TEXTS {
        assert_eq!(run(expression).as_deref(), Ok(*expect), "{expression}");
    }
}

#[test]
fn a_copy_has_no_methods_of_pointers() {
    for (expression, expect) in MISSING {
        let error = run(expression).unwrap_err();
        assert!(error.ends_with(expect), "{expression}: {error}");
    }
}
