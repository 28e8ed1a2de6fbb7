use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{Input, place};

/// A name, a template, values, and a part of the error's text.
type Row = (&'static str, &'static str, &'static str, &'static str);

const LINE: &str = "t.yaml:1";

/// Templates that do not end, or make much from little.
const TEMPLATES: &[Row] = &[
    ("endless range", "{{range 100000000000}}{{end}}", "", LINE),
    ("loops in loops", "{{range until 9999}}{{range until 9999}}{{end}}{{end}}", "", LINE),
    ("includes itself", r#"{{define "a"}}{{include "a" .}}{{end}}{{include "a" .}}"#, "", "nested reference"),
    ("calls itself", r#"{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}"#, "", LINE),
    (
        "calls itself twice",
        r#"{{define "a"}}{{template "a" .}}{{template "a" .}}{{end}}{{template "a" .}}"#,
        "",
        LINE,
    ),
    ("repeat", r#"{{repeat 1000000000 "a"}}"#, "", LINE),
    ("until", "{{until 1000000000}}", "", LINE),
    ("seq", "{{seq 1 1000000000}}", "", LINE),
    ("text that doubles", r#"{{$x := "a"}}{{range until 64}}{{$x = print $x $x}}{{end}}"#, "", LINE),
    ("list that doubles", "{{$x := list 1}}{{range until 64}}{{$x = concat $x $x}}{{end}}", "", LINE),
    (
        "dict that doubles",
        r#"{{$x := dict "a" 1}}{{range until 64}}{{$x = dict "a" (deepCopy $x) "b" (deepCopy $x)}}{{end}}"#,
        "",
        LINE,
    ),
    (
        "tpl that grows",
        r#"{{$t := "{{ . }}{{ . }}"}}{{range until 64}}{{$t = tpl $t $t}}{{end}}{{fail "end"}}"#,
        "",
        LINE,
    ),
    ("tpl of itself", r#"{{$t := "{{ tpl .t . }}"}}{{tpl $t (dict "t" $t "Template" .Template)}}"#, "", LINE),
    (
        "tpl of a long comment",
        r#"{{$t := print "{{/* " (repeat 1000000 "a") " */}}{{tpl .t .}}"}}{{tpl $t (dict "t" $t "Template" .Template)}}"#,
        "",
        LINE,
    ),
    ("printf width", r#"{{printf "%999999999d" 1}}{{fail "end"}}"#, "", LINE),
    ("replace that grows", r#"{{$x := repeat 100000 "a"}}{{replace "a" $x $x}}"#, "", LINE),
    ("indent that grows", r#"{{$x := repeat 1000000 "\n"}}{{indent 100000 $x}}"#, "", LINE),
    (
        "indent in a loop",
        r#"{{$x := "a\n"}}{{range until 9999}}{{$x = indent 99 $x}}{{$x = print $x $x}}{{end}}"#,
        "",
        LINE,
    ),
    (
        "regex that backtracks",
        r#"{{regexMatch "^(a+)+$" (print (repeat 50000 "a") "b")}}{{fail "end"}}"#,
        "",
        LINE,
    ),
    ("regex that repeats", r#"{{regexMatch "((a{1,999}){1,999}){1,999}" "a"}}{{fail "end"}}"#, "", LINE),
    (
        "regex replace that grows",
        r#"{{regexReplaceAll "" (repeat 5000000 "a") (repeat 5000 "b")}}"#,
        "",
        LINE,
    ),
    ("passwords", r#"{{range until 100000}}{{derivePassword 1 "long" "p" "u" "s"}}{{end}}"#, "", LINE),
    ("bcrypt", r#"{{range until 100000}}{{bcrypt "p"}}{{end}}"#, "", LINE),
    ("keys", r#"{{range until 100000}}{{genPrivateKey "rsa"}}{{end}}"#, "", LINE),
    ("cyclic value printed", r#"{{$d := dict}}{{$_ := set $d "d" $d}}{{print $d}}{{fail "end"}}"#, "", LINE),
    (
        "lists in lists",
        r#"{{$x := list}}{{range until 100000}}{{$x = list $x}}{{end}}{{toJson $x}}{{fail "end"}}"#,
        "",
        LINE,
    ),
    ("date layout", r#"{{date (repeat 10000000 "January") now}}{{fail "end"}}"#, "", LINE),
    (
        "text looked for again",
        r#"{{define "b"}}{{repeat 500000 "a\n"}}{{end}}{{$b := include "b" .}}{{range until 9999}}{{range until 9999}}{{$y := trunc 1 $b}}{{end}}{{end}}"#,
        "",
        LINE,
    ),
    ("pieces without end", "{{range until 9999}}{{range until 9999}}{{.}}{{end}}{{end}}", "", LINE),
    (
        "values of each other",
        "{{$a := .Values.a}}{{$b := .Values.b}}{{range until 9999}}{{range until 9999}}{{$a = trunc 3 (print $a $b)}}{{$b = trunc 3 (print $b $a)}}{{end}}{{end}}",
        "a: x\nb: y\n",
        LINE,
    ),
    ("many documents", "{{range until 1000000}}\n---\na: b\n{{end}}{{fail \"end\"}}", "", "t.yaml"),
];

const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: y\n";
const FAIL: &str = "{{fail \"end\"}}";

/// Aliases of aliases of aliases.
fn aliases() -> String {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (before, name) in "abcdefgh".chars().zip("bcdefghi".chars()) {
        text.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(", ")));
    }
    text
}

/// Values and manifests that explode.
fn documents() -> Vec<(&'static str, String, String, &'static str)> {
    let deep = format!("a: {}{}\n", "[".repeat(200_000), "]".repeat(200_000));
    let wide = format!("a: [{}0]\n", "0,".repeat(2_400_000));
    let merges = (1..40).fold("a0: &a0 {x: 1}\n".to_owned(), |text, number| {
        format!("{text}a{number}: &a{number} {{<<: [*a{0}, *a{0}], y{number}: 1}}\n", number - 1)
    });
    let numbers = "{{range until 700000}}  k{{.}}: 'v'\n{{end}}{{fail \"end\"}}";
    let fail = || FAIL.to_owned();
    vec![
        ("alias bomb in values", fail(), aliases(), "excessive aliasing"),
        ("alias bomb in a manifest", format!("{OBJECT}{}", aliases()), String::new(), "excessive aliasing"),
        ("deep values", fail(), deep.clone(), "exceeded max depth"),
        ("wide values", fail(), wide, ""),
        ("merge keys", format!("{{{{toYaml .Values | len}}}}{FAIL}"), merges, ""),
        ("deep manifest", format!("{OBJECT}{deep}"), String::new(), ""),
        ("wide manifest", format!("{OBJECT}{numbers}"), String::new(), "t.yaml"),
    ]
}

/// Writes every chart below a directory.
pub(super) fn write(work: &Path) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    let mut add = |name: &'static str, template: &str, values: &str, expected: &'static str| -> Result<()> {
        let path = place(work, name)?.join("c");
        fs::create_dir_all(path.join("templates"))?;
        fs::write(path.join("Chart.yaml"), "apiVersion: v2\nname: c\nversion: 1.0.0\n")?;
        fs::write(path.join("templates/t.yaml"), template)?;
        fs::write(path.join("values.yaml"), values)?;
        inputs.push(Input { name, path, expected });
        Ok(())
    };
    for (name, template, values, expected) in TEMPLATES {
        add(name, template, values, expected)?;
    }
    for (name, template, values, expected) in documents() {
        add(name, &template, &values, expected)?;
    }
    Ok(inputs)
}
