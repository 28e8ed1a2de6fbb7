use wheelhouse_objects::read_document;
use wheelhouse_policy::{ChartFacts, Facts, Finding, Intake, check};

/// Facts of a sound chart without a function.
pub(crate) fn facts() -> Facts {
    Facts {
        chart: ChartFacts { name: "web".into(), version: "1.0.0".into(), ..ChartFacts::default() },
        namespace: "instance".into(),
        ..Facts::default()
    }
}

/// The findings of a text of documents, each with the text it points at.
pub(crate) fn findings_with(documents: &str, facts: &Facts) -> Vec<(Finding, String)> {
    let mut offset = 0;
    let mut nodes = Vec::new();
    for document in documents.split_inclusive("\n---\n") {
        let body = document.strip_suffix("---\n").unwrap_or(document);
        nodes.push((
            0,
            read_document(body.as_bytes(), offset).unwrap_or_else(|error| panic!("{error}: {body}")),
        ));
        offset += document.len();
    }
    let report = check(&Intake::new(nodes), facts);
    report
        .findings
        .into_iter()
        .map(|finding| {
            let text =
                finding.place.map(|place| documents[place.span.range()].to_owned()).unwrap_or_default();
            (finding, text)
        })
        .collect()
}

/// The findings of one rule as `level path = text at the place`.
pub(crate) fn of_rule(id: &str, documents: &str, facts: &Facts) -> Vec<String> {
    findings_with(documents, facts)
        .into_iter()
        .filter(|(finding, _)| finding.rule.id == id)
        .map(|(finding, text)| {
            let text = text.lines().next().unwrap_or_default().to_owned();
            let missing = if finding.place.is_some_and(|place| place.missing) { " (missing)" } else { "" };
            format!("{} {} = {text}{missing}", finding.level, finding.path)
        })
        .collect()
}

/// Holds a rule against documents: exactly these findings, in this order.
pub(crate) fn expect(id: &str, documents: &str, expected: &[&str]) {
    assert_eq!(of_rule(id, documents, &facts()), expected, "{id} of\n{documents}");
}

/// The messages of one rule.
pub(crate) fn messages(id: &str, documents: &str, facts: &Facts) -> Vec<String> {
    findings_with(documents, facts)
        .into_iter()
        .filter(|(finding, _)| finding.rule.id == id)
        .map(|(finding, _)| finding.message)
        .collect()
}

/// A Pod with the given lines below `spec`, which is indented by two.
pub(crate) fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n{}", indented(spec, 2))
}

/// A Pod with one container `c` and the given lines inside it.
pub(crate) fn container(lines: &str) -> String {
    pod(&format!("containers:\n- name: c\n  image: i:1\n{}", indented(lines, 2)))
}

pub(crate) fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}
