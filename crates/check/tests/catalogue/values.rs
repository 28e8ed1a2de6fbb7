use crate::chart::Try;

const DAEMON: &str = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: x}\n";

/// Findings as `rules under values`, the sets tried, and the sides that ran of those there are.
fn all(tried: Try) -> (Vec<String>, Vec<String>, (usize, usize)) {
    let tried = Try { all_values: true, ..tried };
    tried.with(|all| {
        let all = all.unwrap();
        let found = all
            .checked
            .findings
            .iter()
            .filter_map(|located| {
                let finding = &located.finding;
                let also = finding.also.join("+");
                Some(format!(
                    "{}+{also} {} under {}",
                    finding.rule.id,
                    finding.level,
                    located.under.as_ref()?
                ))
            })
            .collect();
        (found, all.sets, (all.coverage.ran, all.coverage.sides))
    })
}

fn chart(values: &str, template: &str) -> Try {
    Try::default().file("values.yaml", values).file("templates/more.yaml", template)
}

#[test]
fn an_object_behind_a_switch_is_found_and_its_values_are_named() {
    let template = format!("{{{{ if .Values.debug }}}}\n{DAEMON}{{{{ end }}}}");
    for (values, under) in [
        ("debug: false\n", "debug=true"),
        ("", "debug=true"),
        ("debug: \"\"\n", "debug=\"x\""),
        ("debug: 0\n", "debug=1"),
    ] {
        let (found, sets, coverage) = all(chart(values, &template));
        assert_eq!(found, [format!("WH-206+WH-010 info under {under}")], "{values}");
        assert_eq!(sets, [under], "{values}");
        assert_eq!(coverage, (2, 2), "{values}");
    }
}

#[test]
fn a_switch_behind_a_switch_is_found() {
    let template =
        format!("{{{{ if .Values.a }}}}{{{{ if .Values.b.on }}}}\n{DAEMON}{{{{ end }}}}{{{{ end }}}}");
    let (found, _, coverage) = all(chart("a: false\nb: {on: false}\n", &template));
    assert_eq!(found, ["WH-206+WH-010 info under a=true,b.on=true"]);
    assert_eq!(coverage, (4, 4));
}

#[test]
fn a_text_that_a_branch_compares_with_is_tried() {
    let template = format!("{{{{ if eq .Values.mode \"node\" }}}}\n{DAEMON}{{{{ end }}}}");
    let (found, _, _) = all(chart("mode: pod\n", &template));
    assert_eq!(found, ["WH-206+WH-010 info under mode=\"node\""]);
}

#[test]
fn value_files_of_the_chart_are_its_authors_word() {
    let template = format!("{{{{ if .Values.debug }}}}\n{DAEMON}{{{{ end }}}}");
    let tried = chart("debug: false\n", &template).file("ci/debug-values.yaml", "debug: true\n");
    let (found, sets, _) = all(tried);
    assert_eq!(found, ["WH-010+ error under ci/debug-values.yaml"]);
    assert!(sets.contains(&"ci/debug-values.yaml".to_owned()));
}

#[test]
fn a_finding_that_is_there_anyway_is_told_once() {
    let template = format!("{{{{ if .Values.debug }}}}# on\n{{{{ end }}}}\n{DAEMON}");
    let tried = Try { all_values: true, ..chart("debug: false\n", &template) };
    let count = tried.with(|all| {
        all.unwrap().checked.findings.iter().filter(|located| located.finding.object == "DaemonSet/x").count()
    });
    assert_eq!(count, 1);
}

#[test]
fn a_subcharts_switch_is_flipped_in_its_own_values() {
    let template = format!("{{{{ if .Values.debug }}}}\n{DAEMON}{{{{ end }}}}");
    let tried = Try::default()
        .file("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n")
        .file("charts/sub/values.yaml", "debug: false\n")
        .file("charts/sub/templates/x.yaml", template);
    assert_eq!(all(tried).0, ["WH-206+WH-010 info under sub.debug=true"]);
}
