//! Charts that try to use up the machine end in ordinary errors.

use std::time::{Duration, Instant};

use wheelhouse_gotemplate::Limits;

use crate::support::{chart, render};

fn stopped(template: &str, steps: u64) -> String {
    let files = chart(&[("templates/t.yaml", template)]);
    let start = Instant::now();
    let limits = Limits { steps, bytes: 64 << 20, ..Limits::default() };
    let message = render(files, limits, |result| match result {
        Ok(_) => panic!("the chart rendered"),
        Err(error) => error.to_string(),
    });
    // Generous: debug builds on a busy machine. What is tested is that it ends at all.
    assert!(start.elapsed() < Duration::from_secs(60), "{template}");
    message
}

fn check(template: &str, expected: &str) {
    check_within(template, 5_000_000, expected);
}

fn check_within(template: &str, steps: u64, expected: &str) {
    let message = stopped(template, steps);
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
    check("{{define \"a\"}}{{template \"a\" .}}{{end}}{{template \"a\" .}}", "exceeded maximum");
    check(
        "{{define \"a\"}}{{tpl \"{{include \\\"a\\\" .}}\" .}}{{end}}{{include \"a\" .}}",
        "rendering template has a nested reference name: a",
    );
    check("{{$t := \"{{tpl . .}}\"}}{{tpl $t $t}}", "exceeded maximum template depth (1002)");
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
fn values_that_grow_pay_for_their_memory() {
    check("{{$x := list}}{{range 3000000}}{{$x = list $x}}{{end}}", "bytes");
    check("{{$d := dict}}{{range 3000000}}{{$_ := set $d (print .) .}}{{end}}", "bytes");
    check("{{$x := dict}}{{range until 64}}{{$x = dict \"a\" $x \"b\" $x}}{{end}}{{deepCopy $x}}", "bytes");
}

#[test]
fn costly_functions_in_a_loop_end() {
    for call in [
        r#"bcrypt "a""#,
        r#"derivePassword 1 "long" "a" "b" "c""#,
        r#"genPrivateKey "ecdsa""#,
        r#"regexMatch (print "((a{1,20}){1,20})" $i) "a""#,
        r#"regexFindAll "(x+x+)+y" (repeat 10000 "x") -1"#,
        r#"sha512sum (repeat 100000 "a")"#,
        r#"fromYaml (repeat 10000 "- a\n")"#,
        r#"fromToml (repeat 10000 "[[a]]\n")"#,
    ] {
        // Debug builds of the engines behind them are slow.
        let template = format!("{{{{range $i := until 100000}}}}{{{{$x := {call}}}}}{{{{end}}}}");
        check_within(&template, 600_000, "the render");
    }
}

#[test]
fn templates_too_large_to_hold_are_refused() {
    check("{{tpl (repeat 400000 \"{{.}}\") 1}}", "the template is too large");
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
