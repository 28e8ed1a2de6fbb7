use wheelhouse_chart::Metadata;
use wheelhouse_chart::metadata::API_VERSION_V2;

/// Only charts of `apiVersion: v2` have a type.
///
/// # Errors
/// When another has one.
pub fn check_chart_type(metadata: &Metadata) -> Result<(), String> {
    let version = &metadata.api_version;
    if metadata.chart_type.is_empty() || version == API_VERSION_V2 {
        return Ok(());
    }
    Err(format!(
        "chart type is not valid in apiVersion '{version}'. It is valid in apiVersion '{API_VERSION_V2}'"
    ))
}
