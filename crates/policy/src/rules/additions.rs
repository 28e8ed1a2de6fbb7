//! M: what the platform adds. These are entries of the ledger, not findings.

use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] =
    &[&PULL_SECRETS, &ENVIRONMENT, &LABELS, &PLACEMENT, &SECRET_FILES, &METADATA];

const FIX: &str = "none needed; check --show-mutations shows the change";

static PULL_SECRETS: Rule = Rule::info(
    "WH-180",
    "pull-secrets",
    "the pull secrets of the account are merged into every pod; the chart's own are kept",
    FIX,
)
.by_platform();
static ENVIRONMENT: Rule = Rule::info(
    "WH-181",
    "environment",
    "the platform's variables are set in every container; they replace the chart's of the same name",
    FIX,
)
.by_platform();
static LABELS: Rule = Rule::info(
    "WH-182",
    "labels",
    "objects and pods are labelled with their function, version and instance; the chart's own labels stay",
    FIX,
)
.by_platform();
static PLACEMENT: Rule =
    Rule::info("WH-183", "placement", "pods that ask for GPUs are bound to nodes of the instance type", FIX)
        .by_platform();
static SECRET_FILES: Rule = Rule::info(
    "WH-184",
    "secret-files",
    "the secrets of the function, if it has any, lie in /var/secrets of every container that has nothing there itself",
    FIX,
)
.by_platform();
static METADATA: Rule =
    Rule::info("WH-185", "metadata-clean", "metadata that only a server may set is removed", FIX);
