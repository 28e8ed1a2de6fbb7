//! The rules, one family a file: each file holds its rules' cards and the check itself.

pub(crate) mod additions;
pub(crate) mod baseline;
pub(crate) mod capacity;
pub(crate) mod chart;
pub(crate) mod entry_point;
pub(crate) mod fields;
pub(crate) mod fit;
pub(crate) mod images;
pub(crate) mod objects;
pub(crate) mod placement;
pub(crate) mod pod;
pub(crate) mod rbac;
pub(crate) mod references;
pub(crate) mod resources;
pub(crate) mod restricted;
pub(crate) mod security_context;
pub(crate) mod services;
pub(crate) mod set_aside;
pub(crate) mod storage;
pub(crate) mod suppressions;

use crate::rule::Rule;

/// Every family's cards, in the order of ids.
pub(crate) const FAMILIES: &[&[&Rule]] = &[
    chart::RULES,
    objects::KIND_RULES,
    set_aside::RULES,
    objects::NAME_RULES,
    entry_point::RULES,
    services::RULES,
    storage::RULES,
    baseline::RULES,
    restricted::RULES,
    pod::RULES,
    resources::RULES,
    capacity::FOREIGN_RULES,
    fit::GPU_FIT_RULES,
    capacity::FIT_RULES,
    fit::RULES,
    rbac::RULES,
    references::RULES,
    placement::RULES,
    additions::RULES,
    images::RULES,
    suppressions::RULES,
];
