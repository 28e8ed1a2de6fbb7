use wheelhouse_chart::Metadata;
use wheelhouse_chart::metadata::API_VERSION_V2;

/// Only charts of `apiVersion: v2` name their dependencies in Chart.yaml.
///
/// # Errors
/// When another does.
pub fn check_dependencies(metadata: &Metadata) -> Result<(), String> {
    let version = &metadata.api_version;
    if metadata.dependencies.as_ref().is_none_or(Vec::is_empty) || version == API_VERSION_V2 {
        return Ok(());
    }
    Err(format!(
        "dependencies are not valid in the Chart file with apiVersion '{version}'. They are valid in apiVersion '{API_VERSION_V2}'"
    ))
}
