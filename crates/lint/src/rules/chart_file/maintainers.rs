use wheelhouse_chart::Metadata;

use super::address::{is_email, is_url};

/// Maintainers have names, and addresses that look like addresses.
///
/// # Errors
/// For the first that does not.
pub fn check_maintainers(metadata: &Metadata) -> Result<(), String> {
    for maintainer in &metadata.maintainers {
        let Some(maintainer) = maintainer else { return Err("a maintainer entry is empty".to_owned()) };
        let name = &maintainer.name;
        if name.is_empty() {
            return Err("each maintainer requires a name".to_owned());
        }
        if !maintainer.email.is_empty() && !is_email(&maintainer.email) {
            return Err(format!("invalid email '{}' for maintainer '{name}'", maintainer.email));
        }
        if !maintainer.url.is_empty() && !is_url(&maintainer.url) {
            return Err(format!("invalid url '{}' for maintainer '{name}'", maintainer.url));
        }
    }
    Ok(())
}
