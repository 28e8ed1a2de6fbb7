use wheelhouse_check::{Baseline, fingerprints};

use crate::chart::{CONTAINER, Try, deployment};

fn chart(head: &str, container: &str) -> Try {
    Try::default().file("templates/web.yaml", format!("{head}{}", deployment("hostPID: true\n", container)))
}

fn baseline(tried: &Try) -> String {
    tried.with(|all| Baseline::of(&all.unwrap().checked.findings).to_text())
}

/// How many findings are new, known and gone.
fn compare(text: String, tried: &Try) -> (usize, usize, usize) {
    tried.with(move |all| {
        let against = Baseline::parse(&text).unwrap().compare(all.unwrap().checked.findings);
        (against.new.len(), against.known.len(), against.gone.len())
    })
}

#[test]
fn what_is_in_the_baseline_is_known_also_when_lines_move() {
    let before = chart("", CONTAINER);
    let text = baseline(&before);
    assert_eq!(compare(text.clone(), &before), (0, 1, 0));
    assert_eq!(compare(text, &chart("# a line more\n\n", CONTAINER)), (0, 1, 0));
}

#[test]
fn a_new_finding_is_new_and_a_mended_one_is_told() {
    let text = baseline(&chart("", CONTAINER));
    let privileged = CONTAINER.replace("securityContext:\n", "securityContext:\n  privileged: true\n");
    assert_eq!(compare(text.clone(), &chart("", &privileged)), (1, 1, 0));
    assert_eq!(compare(text, &Try::default()), (0, 0, 1));
}

#[test]
fn equal_findings_are_counted_one_by_one() {
    let names = chart("", CONTAINER).with(|all| {
        let found = all.unwrap().checked.findings;
        let twice: Vec<_> = found.iter().chain(&found).cloned().collect();
        fingerprints(&twice)
    });
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
}

#[test]
fn rules_that_protect_the_platform_are_in_no_baseline() {
    let broken =
        Try::default().file("templates/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n");
    let text = baseline(&broken);
    assert_eq!(compare(text, &broken).1, 0);
}

#[test]
fn a_broken_baseline_is_refused_with_a_reason() {
    for (text, reason) in [
        ("", "EOF"),
        ("[]", "no version"),
        ("{\"version\": 2, \"findings\": []}", "version 2"),
        ("{\"version\": 1}", "no list"),
        ("{\"version\": 1, \"findings\": [{}]}", "finding 1 has no fingerprint"),
    ] {
        let error = Baseline::parse(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}
