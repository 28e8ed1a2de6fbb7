//! Which function and version a command is about: by id, by name, or the one remembered.

use http::Method;
use serde_json::Value;

use super::{Api, exit};
use crate::arguments::Target;
use crate::commands::Failure;
use crate::output::{items, text};

/// A function and one of its versions, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub function: String,
    pub version: String,
}

impl Version {
    /// The path of the version's own endpoint.
    pub(crate) fn path(&self) -> String {
        format!("/v2/nvcf/functions/{}/versions/{}", self.function, self.version)
    }

    /// The path of the version's deployment.
    pub(crate) fn deployment(&self) -> String {
        format!("/v2/nvcf/deployments/functions/{}/versions/{}", self.function, self.version)
    }
}

impl Api {
    /// The function a command is about.
    pub(crate) fn function(&self, target: &Target) -> Result<String, Failure> {
        match target.function.as_deref() {
            Some(id) if is_id(id) => Ok(id.to_owned()),
            Some(name) => self.function_by_name(name),
            None => match self.remembered() {
                (Some(function), _) => Ok(function.to_owned()),
                (None, _) => Err(Failure::new("no function is named, and none is remembered")
                    .with_advice("  fix: name one by its id or name; `wheelhouse function list` shows them")),
            },
        }
    }

    /// The version a command is about: the one named, the one remembered, else the newest.
    pub(crate) fn version(&self, target: &Target) -> Result<Version, Failure> {
        let function = self.function(target)?;
        if let Some(version) = &target.version {
            return Ok(Version { function, version: version.clone() });
        }
        if let (Some(remembered), Some(version)) = self.remembered()
            && remembered == function
        {
            return Ok(Version { version: version.to_owned(), function });
        }
        let path = format!("/v2/nvcf/functions/{function}/versions");
        let versions = self.call("find the function's versions", Method::GET, &path, None)?;
        let newest = items(&versions, "/functions").iter().max_by_key(|version| text(version, "/createdAt"));
        let version = newest.map(|version| text(version, "/versionId"));
        let version = version.ok_or_else(|| not_found(format!("function {function} has no version")))?;
        Ok(Version { function, version })
    }

    fn function_by_name(&self, name: &str) -> Result<String, Failure> {
        let listed = self.all_versions("")?;
        let all = items(&listed, "/functions");
        let mut ids: Vec<String> = all
            .iter()
            .filter(|version| text(version, "/name") == name)
            .map(|version| text(version, "/id"))
            .collect();
        ids.sort();
        ids.dedup();
        match ids.as_slice() {
            [id] => Ok(id.clone()),
            [] => {
                let mut names: Vec<String> = all.iter().map(|version| text(version, "/name")).collect();
                names.sort();
                names.dedup();
                let near = wheelhouse_policy::nearest(name, names.iter().map(String::as_str));
                let near = near.map(|near| format!("did you mean \"{near}\"? ")).unwrap_or_default();
                Err(not_found(format!("there is no function \"{name}\""))
                    .with_advice(format!("  fix: {near}`wheelhouse function list` shows what there is")))
            }
            several => Err(Failure::new(format!("{} functions are called \"{name}\"", several.len()))
                .with_advice(format!("  fix: name one by its id: {}", several.join(", ")))),
        }
    }

    /// Every version that may be seen, over all pages.
    pub(crate) fn all_versions(&self, query: &str) -> Result<Value, Failure> {
        let mut all: Vec<Value> = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v2/nvcf/functions?limit=500{query}{cursor}");
            let page = self.call("list the functions", Method::GET, &path, None)?;
            all.extend(items(&page, "/functions").iter().cloned());
            let next = text(&page, "/cursor");
            if next.is_empty() {
                return Ok(serde_json::json!({ "functions": all }));
            }
            cursor = format!("&cursor={next}");
        }
    }
}

fn not_found(message: String) -> Failure {
    Failure { exit_code: exit::NOT_FOUND, ..Failure::new(message) }
}

/// Whether a text is an id, not a name: 8-4-4-4-12 hexadecimal digits.
fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.chars().all(|letter| letter.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names() {
        assert!(is_id("6f1cd0a2-1111-4222-8333-944445555666"));
        for name in
            ["", "echo", "6f1cd0a2-1111-4222-8333-94444555566", "6f1cd0a2-1111-4222-8333-94444555566g"]
        {
            assert!(!is_id(name), "{name}");
        }
    }
}
