use wheelhouse_chart::Metadata;
use wheelhouse_sprig::url::is_request_url;

/// Sources are URLs.
///
/// # Errors
/// For the first that is none.
pub fn check_sources(metadata: &Metadata) -> Result<(), String> {
    match metadata.sources.iter().find(|source| !is_request_url(source.as_bytes())) {
        Some(source) => Err(format!("invalid source URL '{source}'")),
        None => Ok(()),
    }
}
