//! A: the chart and its package.

use wheelhouse_source::Span;

use crate::check::{Checker, Said};
use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] = &[
    &VERSION_DASH,
    &NAME_SYMBOLS,
    &REFERENCE,
    &TYPE,
    &DEPENDENCY,
    &KUBE_VERSION,
    &SCHEMA,
    &ARCHIVE,
    &RENDER,
];

static VERSION_DASH: Rule = Rule::error(
    "WH-001",
    "chart-version-dash",
    "the platform cannot tell a dash in the version from the one between name and version in NAME-VERSION.tgz",
    "publish without a pre-release part (1.2.3, or 1.2.3+build)",
)
.by_platform();

static NAME_SYMBOLS: Rule = Rule::warning(
    "WH-002",
    "chart-name-symbols",
    "underscores and other special symbols in a chart's name may cause issues during deployment",
    "rename the chart and its directory",
)
.by_platform();

static REFERENCE: Rule = Rule::error(
    "WH-003",
    "chart-reference",
    "a chart is named by an https archive or an OCI reference, and the archive is what the reference says",
    "https://HOST/PATH/NAME-VERSION.tgz, oci://HOST/PATH/NAME:VERSION or oci://HOST/PATH/NAME-VERSION.tgz",
)
.by_platform()
.protecting();

static TYPE: Rule = Rule::error(
    "WH-004",
    "chart-type",
    "a library chart has nothing to deploy",
    "deploy a chart that uses the library as a dependency",
)
.protecting();

static DEPENDENCY: Rule = Rule::error(
    "WH-005",
    "dependency-missing",
    "what a chart depends on comes in its own archive; nothing is fetched when it is deployed",
    "run dependency update, then package again",
);

static KUBE_VERSION: Rule = Rule::error(
    "WH-006",
    "kube-version",
    "a chart says which versions of Kubernetes it is for",
    "widen kubeVersion in Chart.yaml, or choose another cluster",
);

static SCHEMA: Rule = Rule::error(
    "WH-007",
    "values-schema",
    "the chart's own schema says which values it takes",
    "give the value the type and range that the schema asks for",
)
.by_platform();

static ARCHIVE: Rule = Rule::error(
    "WH-008",
    "archive-unsafe",
    "an archive with links, strange paths or endless content reaches beyond the chart",
    "package the chart again with package, which never writes such entries",
)
.protecting();

static RENDER: Rule = Rule::error(
    "WH-009",
    "render-failed",
    "a chart renders, within its budget of steps, bytes, depth and time",
    "mend the template line; put a bound on the loop",
)
.protecting();

pub(crate) fn check(checker: &mut Checker<'_>) {
    let chart = &checker.facts.chart;
    if chart.version.contains('-') {
        let message = format!(
            "chart version \"{}\" contains \"-\", which the platform cannot tell from the name in NAME-VERSION.tgz",
            chart.version
        );
        checker.chart(&VERSION_DASH, Said::at("version", Span::default(), message));
    }
    if let Some(symbol) = unsafe_symbol(&chart.name) {
        let message = format!(
            "chart name \"{}\" {symbol}; only lower-case letters, digits and \"-\" are safe in a chart name",
            chart.name
        );
        checker.chart(&NAME_SYMBOLS, Said::at("name", Span::default(), message));
    }
    if chart.chart_type == "library" {
        let message = format!("chart {} is a library chart and cannot be deployed", chart.name);
        checker.chart(&TYPE, Said::at("type", Span::default(), message));
    }
}

/// What is wrong with a chart's name, if anything.
fn unsafe_symbol(name: &str) -> Option<String> {
    let is_safe = |letter: &char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || *letter == '-';
    if let Some(letter) = name.chars().find(|letter| !is_safe(letter)) {
        return Some(format!("contains \"{letter}\""));
    }
    if name.starts_with('-') || name.ends_with('-') || name.contains("--") {
        return Some("has a \"-\" without a letter or digit at both sides".to_owned());
    }
    (name.len() > 63).then(|| "is longer than 63 characters".to_owned())
}
