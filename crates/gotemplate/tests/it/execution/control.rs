//! `if`, `with`, `range`, and the white space around actions.

use super::check;

#[test]
fn control() {
    check(&[
        ("{{if .t}}a{{end}}|{{if .no}}a{{end}}|{{if .no}}a{{else}}b{{end}}", Ok("a||b")),
        (
            r#"{{if 0}}1{{else if 0.0}}2{{else if ""}}3{{else if .el}}4{{else if .em}}5{{else if .n}}6{{else}}7{{end}}"#,
            Ok("7"),
        ),
        ("{{if 1i}}a{{end}}{{if 0i}}b{{end}}", Ok("a")),
        ("{{with .s}}{{.}}{{else}}no{{end}}|{{with .e}}{{.}}{{else}}no{{end}}", Ok("hello|no")),
        ("{{with .e}}1{{else with .s}}{{.}}{{else}}3{{end}}", Ok("hello")),
        (
            "{{range .l}}{{.}},{{end}}|{{range .el}}x{{else}}empty{{end}}|{{range .n}}x{{else}}nil{{end}}|{{range .nope}}x{{else}}none{{end}}",
            Ok("3,1,2,|empty|nil|none"),
        ),
        (
            "{{range 3}}{{.}}{{end}}|{{range $i := 3}}{{$i}}{{end}}|{{range 0}}x{{else}}zero{{end}}|{{range -1}}x{{else}}neg{{end}}",
            Ok("012|012|zero|neg"),
        ),
        (
            "{{range $i, $j := 3}}{{end}}",
            Err(
                r#"template: t:1:18: executing "t" at <3>: can't use 3 to iterate over more than one variable"#,
            ),
        ),
        (
            "{{range .f}}{{end}}",
            Err(r#"template: t:1:8: executing "t" at <.f>: range can't iterate over 1.5"#),
        ),
        (
            "{{range .s}}{{end}}",
            Err(r#"template: t:1:8: executing "t" at <.s>: range can't iterate over hello"#),
        ),
        (
            "{{range .t}}{{end}}",
            Err(r#"template: t:1:8: executing "t" at <.t>: range can't iterate over true"#),
        ),
        (
            "{{range .l}}{{if eq . 1.0}}{{break}}{{end}}{{.}}{{end}}|{{range .l}}{{if eq . 1.0}}{{continue}}{{end}}{{.}}{{end}}",
            Ok("3|32"),
        ),
        ("{{range .l}}{{range $.l}}{{break}}{{end}}{{.}}{{end}}", Ok("312")),
        ("{{range .m}}{{.}};{{end}}", Ok("x;1;map[d:<nil> e:[1 two 3.5]];")),
        (r#"{{range bytes "ab"}}{{.}};{{end}}"#, Ok("97;98;")),
        (r#"{{range u32 2}}{{printf "%T" .}};{{end}}"#, Ok("uint32;uint32;")),
        (
            r#"{{define "x"}}[{{.}}]{{end}}{{template "x"}}{{template "x" .s}}{{template "x" .n}}"#,
            Ok("[<no value>][hello][<no value>]"),
        ),
        (
            r#"{{template "nope"}}"#,
            Err(r#"template: t:1:11: executing "t" at <{{template "nope"}}>: template "nope" not defined"#),
        ),
        (r#"{{block "b" .s}}<{{.}}>{{end}}{{template "b" 1}}"#, Ok("<hello><1>")),
        (r#"{{define "a"}}1{{end}}{{define "a"}} {{end}}{{template "a"}}"#, Ok("1")),
        ("{{if}}{{end}}", Err("template: t:1: missing value for if")),
        (
            "{{.s | .i}}",
            Err(r#"template: t:1:7: executing "t" at <.i>: i is not a method but has arguments"#),
        ),
        (
            r#"{{"x" | print | .s}}"#,
            Err(r#"template: t:1:16: executing "t" at <.s>: s is not a method but has arguments"#),
        ),
    ]);
}

#[test]
fn white_space() {
    check(&[
        ("a {{- 1 -}} b", Ok("a1b")),
        ("a\n  {{- /* c */ -}}\n b", Ok("ab")),
        ("{{/* c */}}x", Ok("x")),
        ("a {{-1}} b", Ok("a -1 b")),
        ("{{ 3 -}}\n\n\n.", Ok("3.")),
        ("  \n{{- 3}}", Ok("3")),
        ("{{\n.s\n|\nupper\n}}", Ok("HELLO")),
        ("{{- 1 }}{{- 2 -}}{{ 3 -}}", Ok("123")),
    ]);
}
