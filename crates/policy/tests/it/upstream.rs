//! The verdicts of Kubernetes' own Pod Security fixtures, read in place where the Go module
//! `k8s.io/pod-security-admission` is at hand: over four thousand pods, by level and version.

use std::path::{Path, PathBuf};

use wheelhouse_policy::Finding;

use crate::support::{facts, findings_with};

/// Upstream's checks, by the names of the fixtures' files, with the rules that stand for them.
const CHECKS: &[(&str, &[&str])] = &[
    ("allowprivilegeescalation", &["WH-121"]),
    ("apparmorprofile", &["WH-106"]),
    ("capabilities_baseline", &["WH-103"]),
    ("capabilities_restricted", &["WH-125"]),
    ("hostnamespaces", &["WH-101"]),
    ("hostpathvolumes", &["WH-104"]),
    ("hostports", &["WH-105"]),
    ("hostprobesandhostlifecycle", &["WH-111"]),
    ("privileged", &["WH-102"]),
    ("procmount_restricted", &["WH-108", "WH-126"]),
    ("procmount", &["WH-108", "WH-126"]),
    ("restrictedvolumes", &["WH-040"]),
    ("runasnonroot", &["WH-122"]),
    ("runasuser", &["WH-123"]),
    ("seccompprofile_baseline", &["WH-109"]),
    ("seccompprofile_restricted", &["WH-109", "WH-124"]),
    ("selinuxoptions", &["WH-107"]),
    ("sysctls", &["WH-110"]),
    ("windowshostprocess", &["WH-100"]),
];

/// The fixtures: `POD_SECURITY_TESTDATA`, or in Go's module cache.
fn testdata() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("POD_SECURITY_TESTDATA") {
        return Some(path.into());
    }
    let cache = std::env::var_os("GOMODCACHE").map(PathBuf::from).or_else(|| {
        let path = std::env::var_os("GOPATH").map(PathBuf::from);
        let path = path.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join("go")))?;
        Some(path.join("pkg/mod"))
    })?;
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir(cache.join("k8s.io")).ok()?.flatten().map(|entry| entry.path()).collect();
    versions.retain(|path| path.to_string_lossy().contains("pod-security-admission@"));
    versions.sort();
    versions.pop().map(|path| path.join("test/testdata"))
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// The rules that a pod breaches, with the ids that findings stand for too.
fn breached(text: &str, minor: u32) -> Vec<&'static str> {
    let mut facts = facts();
    facts.policy.kubernetes_minor = minor;
    let ids =
        |finding: &Finding| std::iter::once(finding.rule.id).chain(finding.also.clone()).collect::<Vec<_>>();
    findings_with(text, &facts).iter().flat_map(|(finding, _)| ids(finding)).collect()
}

/// What a pod of a fixture must or must not breach; a sentence if it does otherwise.
fn difference(path: &Path, level: &str, minor: u32, is_pass: bool) -> Option<String> {
    let name = stem(path);
    let found = breached(&std::fs::read_to_string(path).unwrap(), minor);
    let of_level = |id: &&&str| {
        let number: u32 = id.trim_start_matches("WH-").parse().unwrap();
        (100..=111).contains(&number) || (level == "restricted" && (121..=126).contains(&number))
    };
    if is_pass {
        let wrong: Vec<_> = found.iter().filter(of_level).collect();
        return (!wrong.is_empty()).then(|| format!("{} passes upstream, here {wrong:?}", path.display()));
    }
    let check = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let (_, rules) =
        CHECKS.iter().find(|(known, _)| *known == check).unwrap_or_else(|| panic!("unknown check {check}"));
    let is_found = rules.iter().any(|rule| found.contains(rule));
    (!is_found).then(|| format!("{} fails upstream, here {found:?}", path.display()))
}

#[test]
fn verdicts_are_upstreams() {
    let Some(root) = testdata().filter(|path| path.is_dir()) else {
        eprintln!(
            "SKIPPED: the fixtures of k8s.io/pod-security-admission are not here (POD_SECURITY_TESTDATA)"
        );
        return;
    };
    let (mut pods, mut differences) = (0, Vec::new());
    for level in ["baseline", "restricted"] {
        for version in entries(&root.join(level)) {
            let name = version.file_name().unwrap().to_string_lossy().into_owned();
            let minor: u32 = name.trim_start_matches("v1.").parse().unwrap();
            for (verdict, is_pass) in [("pass", true), ("fail", false)] {
                for path in entries(&version.join(verdict)) {
                    pods += 1;
                    differences.extend(difference(&path, level, minor, is_pass));
                }
            }
        }
    }
    println!("{pods} pods of upstream's fixtures, {} judged otherwise", differences.len());
    assert!(differences.is_empty(), "{} of {pods}:\n{}", differences.len(), differences.join("\n"));
    assert!(pods > 4000, "only {pods} fixtures found");
}
