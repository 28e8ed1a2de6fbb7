//! Which subcharts take part, under which names, and what they export to their parents.

mod check;
mod enabled;
mod graph;
mod imports;

pub use check::check_dependencies;

use wheelhouse_semver::{Constraints, Version};

use crate::values::{Origins, Table};
use crate::{Chart, Compat, Error, Warning};

/// Decides a chart's subcharts for the given user values, all levels down, as Helm does before
/// it renders: requirements are matched by name and version range, renamed to their aliases,
/// switched by tags and conditions; then `import-values` are copied into the parents' defaults.
/// Subcharts nobody asks for stay; requirements without a chart are passed over
/// ([`check_dependencies`] reports them).
///
/// Defaults that are moved keep their marks when `trace` is set.
///
/// # Errors
/// Those of coalescing: a value under a subchart's name that is no table, too many values.
pub fn process_dependencies(
    chart: &mut Chart,
    user: &Table,
    compat: Compat,
    trace: bool,
    warnings: &mut Vec<Warning>,
) -> Result<(), Error> {
    let node = graph::Node::new(chart.clone());
    enabled::keep_enabled(&node, user, compat, warnings)?;
    let mut origins = if trace { Origins::on() } else { Origins::off() };
    imports::import_values(&node, compat, &mut origins, warnings)?;
    *chart = node.to_chart();
    Ok(())
}

/// Whether a version lies in a range, as Helm asks for dependencies and Kubernetes versions: what
/// cannot be read lies in no range.
#[must_use]
pub fn is_compatible_range(range: &str, version: &str) -> bool {
    match (Version::parse(version), Constraints::parse(range)) {
        (Ok(version), Ok(range)) => range.check(&version),
        _ => false,
    }
}
