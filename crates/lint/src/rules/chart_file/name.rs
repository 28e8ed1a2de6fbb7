use wheelhouse_chart::Metadata;
use wheelhouse_gotemplate::strconv::quote;

/// A chart has a name, which is no path.
///
/// # Errors
/// When it is missing, or has slashes.
pub fn check_name(metadata: &Metadata) -> Result<(), String> {
    let name = &metadata.name;
    if name.is_empty() {
        return Err("name is required".to_owned());
    }
    // Go's `filepath.Base` takes off what comes before the last slash, and slashes at the end.
    if name.contains('/') && name != "/" {
        return Err(format!("chart name {} is invalid", quote(name.as_bytes())));
    }
    Ok(())
}
