//! O: suppressions in the chart itself. The findings are made by whoever reads the chart's files.

use crate::rule::Rule;

pub(crate) const RULES: &[&Rule] = &[&BROKEN, &EXPIRED, &UNUSED];

static BROKEN: Rule = Rule::warning(
    "WH-210",
    "suppression-broken",
    "a suppression names rules that may be suppressed, a reason and the day until which it holds",
    "wheelhouse:allow RULE until=YYYY-MM-DD reason=\"…\"",
);
static EXPIRED: Rule = Rule::warning(
    "WH-211",
    "suppression-expired",
    "a suppression holds until its day, then the finding is told again",
    "mend what the rule asks for, or give a new day and reason",
);
static UNUSED: Rule = Rule::warning(
    "WH-212",
    "suppression-unused",
    "a suppression of something that is not there hides what comes later",
    "remove the suppression",
);
