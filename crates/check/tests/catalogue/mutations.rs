use wheelhouse_check::mutation_diff;
use wheelhouse_policy::Additions;

use crate::chart::{CONTAINER, Try, additions, deployment};

fn diff(tried: &Try, additions: Additions) -> String {
    tried.with(move |all| mutation_diff(&all.unwrap().checked.intake, &additions).unwrap())
}

#[test]
fn every_hunk_names_the_rules_that_asked_for_it() {
    let chart =
        Try::default().file("templates/web.yaml", deployment("nodeSelector: {disk: ssd}\n", CONTAINER));
    let text = diff(&chart, additions());
    let hunks: Vec<&str> = text.lines().filter(|line| line.starts_with("@@")).collect();
    assert!(!hunks.is_empty() && hunks.iter().all(|hunk| hunk.contains("WH-")), "{text}");
    assert!(text.contains("--- Deployment/web (chart)\n+++ Deployment/web (platform)\n"), "{text}");
    assert!(text.contains("-      nodeSelector:\n-        disk: ssd\n"), "{text}");
    assert!(text.contains("+      imagePullSecrets:\n+      - name: pull\n"), "{text}");
    assert!(hunks.iter().any(|hunk| hunk.contains("WH-171 spec.template.spec.nodeSelector")), "{text}");
}

#[test]
fn the_diff_is_one_that_patch_understands() {
    let text = diff(&Try::default(), additions());
    let (mut old_left, mut new_left) = (0, 0);
    for line in text.lines() {
        if line.starts_with("@@") && old_left == 0 && new_left == 0 {
            let numbers: Vec<usize> =
                line.split(' ').take(3).filter_map(|part| part.split(',').nth(1)?.parse().ok()).collect();
            (old_left, new_left) = (numbers[0], numbers[1]);
        } else if old_left > 0 || new_left > 0 {
            match line.chars().next() {
                Some(' ') => (old_left, new_left) = (old_left - 1, new_left - 1),
                Some('-') => old_left -= 1,
                Some('+') => new_left -= 1,
                _ => panic!("{line:?} in a hunk"),
            }
        }
    }
    assert_eq!((old_left, new_left), (0, 0));
}

#[test]
fn hooks_are_dropped_in_sight() {
    let hook = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: x, annotations: {helm.sh/hook: test}}\n";
    let text = diff(&Try::default().file("templates/more.yaml", hook), Additions::default());
    assert!(text.starts_with("--- Job/x\n+++ /dev/null\n@@ -1,"), "{text}");
    assert!(text.lines().nth(2).unwrap().ends_with("@@ WH-015"), "{text}");
}

#[test]
fn a_change_that_would_break_the_chart_is_an_error_that_names_its_rule() {
    let selects = deployment("", CONTAINER).replace("app: web", "function-id: mine");
    let broken = Try::default()
        .file("templates/web.yaml", selects)
        .with(|all| mutation_diff(&all.unwrap().checked.intake, &additions()).unwrap_err());
    assert_eq!(broken.rule, "WH-182");
    assert!(broken.message.contains("Deployment/web"), "{broken}");
}
