use crate::{Chart, Error};

/// Checks that every requirement of the chart itself has a chart, by name alone, as Helm does
/// before it installs or renders. Requirements of subcharts are not looked at.
///
/// # Errors
/// [`Error::MissingDependencies`] with their names.
pub fn check_dependencies(chart: &Chart) -> Result<(), Error> {
    let is_there = |name: &str| chart.dependencies().iter().any(|subchart| subchart.name() == name);
    let missing: Vec<String> = chart
        .metadata
        .requirements()
        .filter(|requirement| !is_there(&requirement.name))
        .map(|requirement| requirement.name.clone())
        .collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Error::MissingDependencies(missing)),
    }
}
