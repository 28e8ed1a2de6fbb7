use wheelhouse_check::fix::edit_of;

use crate::chart::{CONTAINER, Try, deployment};

/// The file and the line that the fix of a rule's first finding changes, before and after.
fn fixed(rule: &'static str, tried: &Try) -> Option<(String, String)> {
    let files = tried.files.clone();
    let edit = tried.with(move |all| {
        let checked = all.unwrap().checked;
        let located = checked.findings.iter().find(|located| located.finding.rule.id == rule).unwrap();
        edit_of(located, &checked)
    })?;
    let text = edit.apply(&files[&edit.file]).unwrap();
    let again = tried.clone().file(&edit.file, text.clone());
    assert!(!again.rules().contains(rule), "{rule} is still there:\n{text}");
    Some((edit.file, text))
}

fn web(spec: &str, container: &str) -> Try {
    Try::default().file("templates/web.yaml", deployment(spec, container))
}

#[test]
fn a_switch_is_turned_off_where_it_is_written() {
    let (file, text) = fixed("WH-101", &web("hostPID: true\n", CONTAINER)).unwrap();
    assert_eq!(file, "templates/web.yaml");
    assert!(text.contains("      hostPID: false\n"), "{text}");
}

#[test]
fn a_value_of_the_chart_is_changed_in_its_values_file() {
    let chart = web("hostPID: {{ .Values.watch.node }}\n", CONTAINER)
        .file("values.yaml", "watch:\n  node: true # as root\n");
    let (file, text) = fixed("WH-101", &chart).unwrap();
    assert_eq!((file.as_str(), text.as_str()), ("values.yaml", "watch:\n  node: false # as root\n"));
}

#[test]
fn a_field_goes_with_what_stands_below_it() {
    let (_, text) = fixed("WH-171", &web("nodeSelector:\n  disk: ssd\n", CONTAINER)).unwrap();
    assert!(!text.contains("nodeSelector") && !text.contains("ssd"), "{text}");
    assert!(text.contains("      containers:\n"), "{text}");
}

#[test]
fn a_missing_field_is_added_to_its_mapping() {
    let container = CONTAINER.replace("  allowPrivilegeEscalation: false\n", "");
    let (_, text) = fixed("WH-121", &web("", &container)).unwrap();
    assert!(text.contains("            allowPrivilegeEscalation: false\n"), "{text}");
}

#[test]
fn a_missing_context_is_added_behind_the_name_of_the_container() {
    let container = CONTAINER.split("securityContext:").next().unwrap().to_owned();
    let (_, text) = fixed("WH-121", &web("", &container)).unwrap();
    assert!(
        text.contains(
            "        - name: c\n          securityContext:\n            allowPrivilegeEscalation: false\n"
        ),
        "{text}"
    );
}

#[test]
fn a_number_that_must_be_a_text_is_quoted() {
    let map = |value: &str| {
        Try::default().file("values.yaml", "size: 5\n").file(
            "templates/more.yaml",
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata:\n  k: {value}\n"),
        )
    };
    let (_, text) = fixed("WH-012", &map("5")).unwrap();
    assert!(text.contains("k: \"5\"\n"), "{text}");
    assert!(
        fixed("WH-012", &map("{{ .Values.size }}")).unwrap().1.contains("k: {{ .Values.size | quote }}\n")
    );
    assert!(fixed("WH-012", &map("{{ .Values.size -}}")).unwrap().1.contains("{{ .Values.size | quote -}}"));
}

#[test]
fn what_needs_thought_is_not_edited() {
    let printed = "{{ toYaml .Values.pod | nindent 6 }}";
    let chart = Try::default().file("values.yaml", "pod: {nodeSelector: {disk: ssd}, hostPID: true}\n").file(
        "templates/web.yaml",
        deployment("", CONTAINER)
            .replace("      containers:", &format!("      {printed}\n      containers:")),
    );
    assert_eq!(fixed("WH-171", &chart), None);
}
