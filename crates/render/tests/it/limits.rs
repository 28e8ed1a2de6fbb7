//! Charts that try to use up the machine end in ordinary errors.

use std::time::{Duration, Instant};

use wheelhouse_gotemplate::Limits;

use crate::support::{chart, render};

fn stopped(template: &str) -> String {
    let files = chart(&[("templates/t.yaml", template)]);
    let start = Instant::now();
    let message = render(
        files,
        Limits { steps: 5_000_000, bytes: 64 << 20, ..Limits::default() },
        |result| match result {
            Ok(_) => panic!("the chart rendered"),
            Err(error) => error.to_string(),
        },
    );
    // Generous: debug builds on a busy machine. What is tested is that it ends at all.
    assert!(start.elapsed() < Duration::from_secs(60), "{template}");
    message
}

fn check(template: &str, expected: &str) {
    let message = stopped(template);
    assert!(message.contains(expected), "{template}\n  {message}");
    assert!(message.contains("c/templates/t.yaml:"), "the template line is named: {message}");
}

#[test]
fn an_endless_range_ends() {
    check("{{range 100000000000}}{{end}}", "range over 100000000000");
    check("{{range 3000}}{{range 3000}}{{end}}{{end}}", "evaluation steps");
}

#[test]
fn templates_that_call_themselves_end() {
    check(
        "{{define \"a\"}}{{include \"a\" .}}{{end}}{{include \"a\" .}}",
        "rendering template has a nested reference name: a",
    );
    check("{{define \"a\"}}{{template \"a\" .}}{{end}}{{template \"a\" .}}", "nested");
    check("{{define \"a\"}}{{tpl \"{{include \\\"a\\\" .}}\" .}}{{end}}{{include \"a\" .}}", "");
}

#[test]
fn functions_that_make_much_from_little_end() {
    check("{{repeat 1000000000 \"a\"}}", "bytes");
    check("{{until 1000000000 | len}}", "");
    check("{{untilStep 0 1000000000 1 | len}}", "");
    check("{{seq 1 1000000000}}", "");
    check("{{$x := \"a\"}}{{range until 64}}{{$x = print $x $x}}{{end}}", "bytes");
    check("{{$x := list 1}}{{range until 64}}{{$x = concat $x $x}}{{end}}", "");
    check("{{printf \"%1000000000d\" 1}}{{printf \"%999999999s\" \"a\"}}{{fail \"not bounded\"}}", "");
}

#[test]
fn a_text_that_grows_itself_ends() {
    check("{{$t := \"{{ . }}{{ . }}\"}}{{range until 64}}{{$t = tpl $t $t}}{{end}}", "");
}

#[test]
fn a_map_that_holds_itself_ends() {
    check("{{$d := dict}}{{$_ := set $d \"d\" $d}}{{toYaml $d}}{{toJson $d}}{{$d}}{{fail \"printed\"}}", "");
    check("{{$d := dict}}{{$_ := set $d \"d\" $d}}{{deepCopy $d}}", "");
}
