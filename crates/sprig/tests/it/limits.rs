//! What would take for ever or fill the memory ends at once in an error.

use std::time::{Duration, Instant};

use wheelhouse_gotemplate::Limits;

use crate::support::Render;

#[track_caller]
fn check(template: &str, expect: &str) {
    let started = Instant::now();
    let limits = Limits { bytes: 4 << 20, steps: 2_000_000, ..Limits::default() };
    let error = Render { limits, ..Render::new(template) }.run().expect_err(template);
    assert!(error.contains(expect), "{template}: {error}");
    assert!(started.elapsed() < Duration::from_secs(60), "{template} took {:?}", started.elapsed());
}

#[test]
fn great_texts_and_lists_are_paid_for_before_they_are_made() {
    let expect = "the render made more than";
    for template in [
        r#"{{ repeat 1000000000 "a" }}"#,
        r#"{{ indent 1000000000 "a\nb" }}"#,
        r#"{{ nindent 1000000000 "a" }}"#,
        "{{ until 1000000000 }}",
        "{{ untilStep 0 1000000000000 1 }}",
        "{{ seq 1000000000 }}",
        "{{ seq 0 9223372036854775806 }}",
        "{{ untilStep -9223372036854775808 9223372036854775807 1 }}",
        r#"{{ $s := "aaaaaaaaaa" }}{{ range until 100 }}{{ $s = replace "a" $s $s }}{{ end }}"#,
        r#"{{ $s := "a" }}{{ range until 100 }}{{ $s = cat $s $s }}{{ end }}"#,
        r#"{{ $s := "a" }}{{ range until 100 }}{{ $s = quote $s $s }}{{ end }}"#,
        "{{ $l := list 1 2 }}{{ range until 100 }}{{ $l = concat $l $l }}{{ end }}",
        r#"{{ $s := "ab" }}{{ range until 100 }}{{ $s = join $s (splitList "" $s) }}{{ end }}"#,
        r#"{{ wrapWith 1 (repeat 100000 "x") (repeat 100000 "a") }}"#,
    ] {
        check(template, expect);
    }
}

#[test]
fn small_values_with_endless_texts_are_stopped() {
    let nested = "{{ $x := list 1 }}{{ range until 100 }}{{ $x = list $x $x }}{{ end }}";
    for function in ["toJson", "toYaml", "toYamlPretty", "toPrettyJson", "deepCopy", "quote"] {
        check(&format!("{nested}{{{{ {function} $x }}}}"), "the render made more than");
    }
    let twice = "{{ $x := list 1 }}{{ $y := list 1 }}\
                 {{ range until 100 }}{{ $x = list $x $x }}{{ $y = list $y $y }}{{ end }}";
    check(&format!("{twice}{{{{ deepEqual $x $y }}}}"), "evaluation steps");
    check(&format!("{twice}{{{{ has $x (list $y) }}}}"), "evaluation steps");
}

#[test]
fn maps_that_hold_themselves_are_no_end() {
    let cycle = r#"{{ $d := dict "a" 1 }}{{ $_ := set $d "self" $d }}"#;
    for function in ["deepCopy $d", "merge $d (deepCopy $d)"] {
        check(&format!("{cycle}{{{{ {function} }}}}"), "levels deep or holds itself");
    }
    let two = r#"{{ $e := dict "a" 1 }}{{ $_ := set $e "self" $e }}"#;
    check(&format!("{cycle}{two}{{{{ deepEqual $d $e }}}}"), "levels deep or holds itself");
    check(&format!("{cycle}{two}{{{{ merge $d $e }}}}"), "levels deep or holds itself");
    // As in Helm, the lenient writers give nothing.
    for function in ["toJson", "toYaml"] {
        let template = format!("{cycle}{{{{ {function} $d }}}}");
        assert_eq!(Render::new(&template).run(), Ok(Vec::new()), "{template}");
    }
}

#[test]
fn a_list_compared_with_itself_costs_steps() {
    let limits = Limits { steps: 100_000, ..Limits::default() };
    let render = Render { limits, ..Render::new("{{ uniq (until 10000) }}") };
    let error = render.run().unwrap_err();
    assert!(error.contains("the render took more than 100000 evaluation steps"), "{error}");
}
