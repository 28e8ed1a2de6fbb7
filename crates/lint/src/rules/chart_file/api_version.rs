use wheelhouse_chart::Metadata;
use wheelhouse_chart::metadata::{API_VERSION_V1, API_VERSION_V2};

/// `apiVersion` is `v1` or `v2`.
///
/// # Errors
/// When it is missing, or something else.
pub fn check_api_version(metadata: &Metadata) -> Result<(), String> {
    const WANTED: &str = "The value must be either \"v1\" or \"v2\"";
    match metadata.api_version.as_str() {
        "" => Err(format!("apiVersion is required. {WANTED}")),
        API_VERSION_V1 | API_VERSION_V2 => Ok(()),
        other => Err(format!("apiVersion '{other}' is not valid. {WANTED}")),
    }
}
