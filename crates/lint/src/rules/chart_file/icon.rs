use wheelhouse_chart::Metadata;
use wheelhouse_sprig::url::is_request_url;

/// A chart should have an icon.
///
/// # Errors
/// When it has none.
pub fn check_icon(metadata: &Metadata) -> Result<(), String> {
    if metadata.icon.is_empty() { Err("icon is recommended".to_owned()) } else { Ok(()) }
}

/// The icon is a URL.
///
/// # Errors
/// When it is something else.
pub fn check_icon_address(metadata: &Metadata) -> Result<(), String> {
    let icon = &metadata.icon;
    if icon.is_empty() || is_request_url(icon.as_bytes()) {
        Ok(())
    } else {
        Err(format!("invalid icon URL '{icon}'"))
    }
}
