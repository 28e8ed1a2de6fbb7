use wheelhouse_chart::Compat;

/// Templates are YAML, helpers or notes, by their names.
///
/// # Errors
/// When the name ends otherwise.
pub fn check_extension(name: &str) -> Result<(), String> {
    match of(name) {
        ".yaml" | ".yml" | ".tpl" | ".txt" => Ok(()),
        other => Err(format!(
            "file extension '{other}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"
        )),
    }
}

/// Whether what a template renders to is looked at. Helm 3 looks at `.yaml` only.
pub(super) fn is_yaml(name: &str, compat: Compat) -> bool {
    match compat {
        Compat::V4 => matches!(of(name).to_lowercase().as_str(), ".yaml" | ".yml"),
        Compat::V3 => of(name) == ".yaml",
    }
}

/// What follows the last dot of the last part of a path, and the dot.
fn of(path: &str) -> &str {
    let base = path.rsplit('/').next().unwrap_or_default();
    base.rfind('.').and_then(|at| base.get(at..)).unwrap_or_default()
}
