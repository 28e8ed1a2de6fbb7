use wheelhouse_check::suppress;
use wheelhouse_policy::Policy;

use crate::chart::{CONTAINER, Try, deployment};

/// The rules that are told and those that are suppressed on a day.
fn on(day: &'static str, tried: &Try) -> (Vec<String>, Vec<String>) {
    tried.with(move |all| {
        let checked = all.unwrap().checked;
        let today = day.parse().unwrap();
        let result = suppress(checked.findings, &checked.rendered.chart, today, &Policy::default());
        let ids = |found: Vec<wheelhouse_check::Located>| -> Vec<String> {
            found.iter().map(|located| located.finding.rule.id.to_owned()).collect()
        };
        (ids(result.kept), ids(result.suppressed))
    })
}

fn chart(comment: &str) -> Try {
    let text = deployment(&format!("{comment}hostPID: true\n"), CONTAINER);
    Try::default().file("templates/web.yaml", text)
}

const SOUND: &str = "# wheelhouse:allow WH-101 until=2026-12-31 reason=\"it watches the node\"\n";

#[test]
fn a_comment_takes_the_finding_of_the_next_line_out_until_its_day() {
    assert_eq!(on("2026-12-31", &chart(SOUND)), (vec![], vec!["WH-101".to_owned()]));
    assert_eq!(on("2027-01-01", &chart(SOUND)).0, ["WH-101", "WH-211"]);
}

#[test]
fn a_comment_of_the_template_language_does_as_well() {
    let comment = "{{- /* wheelhouse:allow WH-101 until=2026-12-31 reason=x */}}\n";
    assert_eq!(on("2026-01-01", &chart(comment)).1, ["WH-101"]);
}

#[test]
fn a_comment_names_rule_and_object_exactly() {
    for (comment, told) in [
        ("# wheelhouse:allow WH-102 until=2026-12-31 reason=x\n", vec!["WH-101", "WH-212"]),
        ("# wheelhouse:allow WH-101 object=Deployment/web until=2026-12-31 reason=x\n", vec![]),
        (
            "# wheelhouse:allow WH-101 object=Deployment/x until=2026-12-31 reason=x\n",
            vec!["WH-101", "WH-212"],
        ),
        ("# wheelhouse:allow WH-101,WH-102 until=2026-12-31 reason=x\n", vec![]),
        ("# wheelhouse:allow WH-101 until=2026-12-31\n", vec!["WH-101", "WH-210"]),
        ("# wheelhouse:allow WH-101 reason=x\n", vec!["WH-101", "WH-210"]),
        ("# wheelhouse:allow WH-101 until=soon reason=x\n", vec!["WH-101", "WH-210"]),
        ("# wheelhouse:allow WH-999 until=2026-12-31 reason=x\n", vec!["WH-101", "WH-210"]),
        ("# wheelhouse:allow WH-012 until=2026-12-31 reason=x\n", vec!["WH-101", "WH-210"]),
    ] {
        assert_eq!(on("2026-06-01", &chart(comment)).0, told, "{comment}");
    }
}

#[test]
fn a_comment_in_the_values_speaks_of_what_the_value_causes() {
    let chart = Try::default()
        .file("templates/web.yaml", deployment("hostPID: {{ .Values.watch }}\n", CONTAINER))
        .file("values.yaml", "watch: true # wheelhouse:allow WH-101 until=2026-12-31 reason=x\n");
    assert_eq!(on("2026-06-01", &chart), (vec![], vec!["WH-101".to_owned()]));
}
