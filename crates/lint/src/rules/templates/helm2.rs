//! What charts for Helm 2 had and Helm 3 warns of.

use wheelhouse_goregex::Regex;

/// Custom resource definitions are no hooks any more.
///
/// # Errors
/// When a template has such a hook.
pub fn check_crd_hook(template: &[u8]) -> Result<(), String> {
    if finds(r#""?helm\.sh/hook"?:\s+crd-install"#, template) {
        return Err("manifest is a crd-install hook. This hook is no longer supported in v3 and all CRDs should also exist the crds/ directory at the top level of the chart".to_owned());
    }
    Ok(())
}

/// Releases have no time any more.
///
/// # Errors
/// When a template asks for it.
pub fn check_release_time(template: &[u8]) -> Result<(), String> {
    if finds(r"\.Release\.Time", template) {
        return Err(
            ".Release.Time has been removed in v3, please replace with the `now` function in your templates"
                .to_owned(),
        );
    }
    Ok(())
}

fn finds(pattern: &str, text: &[u8]) -> bool {
    Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
}
