//! The user's registry logins, in the file Helm and Docker share the form of.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use wheelhouse_registry::Login;

use super::credential_helper::CredentialHelper;
use super::path_of;
use crate::commands::Failure;
use crate::contexts::write_private;
use crate::filesystem::go_error;
use crate::settings::Settings;

/// Docker Hub's name in such files.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// The file of logins.
pub(crate) struct Logins {
    path: PathBuf,
    document: Map<String, Value>,
}

impl Logins {
    /// Reads the file; without one there are no logins.
    pub(crate) fn load(settings: &Settings) -> Result<Self, Failure> {
        let path = path_of(settings, "HELM_REGISTRY_CONFIG");
        let document = read(&path)?;
        Ok(Logins { path, document })
    }

    /// The logins for a host: our own, then Docker's.
    pub(crate) fn of(&self, host: &str) -> Vec<Login> {
        let docker = read(&docker_config()).unwrap_or_default();
        [&self.document, &docker]
            .into_iter()
            .filter_map(|document| {
                let auth = match CredentialHelper::of(document, host) {
                    Some(helper) => helper.get()?,
                    None => kept(document.get("auths")?.get(key(host))?)?,
                };
                Some(Login { host: asked(host).to_owned(), auth })
            })
            .collect()
    }

    /// Keeps a login.
    pub(crate) fn put(&mut self, login: &Login) -> Result<(), Failure> {
        if let Some(helper) = CredentialHelper::of(&self.document, &login.host) {
            return helper.store(&login.auth);
        }
        let auths = self.document.entry("auths").or_insert_with(|| json!({}));
        if !auths.is_object() {
            *auths = json!({});
        }
        if let Some(auths) = auths.as_object_mut() {
            auths.insert(key(&login.host).to_owned(), json!({ "auth": login.auth }));
        }
        self.save()
    }

    /// Forgets the login of a host.
    pub(crate) fn remove(&mut self, host: &str) -> Result<(), Failure> {
        if let Some(helper) = CredentialHelper::of(&self.document, host) {
            return helper.erase();
        }
        let auths = self.document.get_mut("auths").and_then(Value::as_object_mut);
        let removed = auths.and_then(|auths| auths.shift_remove(key(host)));
        if removed.is_some() { self.save() } else { Ok(()) }
    }

    fn save(&self) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(&self.document)?;
        Ok(write_private(&self.path, &text)?)
    }
}

fn read(path: &Path) -> Result<Map<String, Value>, Failure> {
    match fs::read(path) {
        Ok(text) if text.is_empty() => Ok(Map::new()),
        Ok(text) => serde_json::from_slice(&text).map_err(|error| {
            // The parser's own words may quote a password.
            let place = format!("line {}, column {}", error.line(), error.column());
            Failure::new(format!("{} is not a file of logins ({place})", path.display()))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Map::new()),
        Err(error) => Err(go_error("open", path, &error).into()),
    }
}

fn docker_config() -> PathBuf {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let home = || PathBuf::from(variable("HOME").unwrap_or_default()).join(".docker");
    variable("DOCKER_CONFIG").map_or_else(home, PathBuf::from).join("config.json")
}

/// The login of an entry of such files: its identity token, or user and password.
fn kept(entry: &Value) -> Option<String> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    match text("identitytoken") {
        Some(token) => Some(STANDARD.encode(format!("<token>:{token}"))),
        None => text("auth").map(str::to_owned),
    }
}

/// What a host is called in such files.
pub(super) fn key(host: &str) -> &str {
    if host == "docker.io" { DOCKER_HUB } else { host }
}

/// The host that is asked where users say another.
pub(super) fn asked(host: &str) -> &str {
    if host == "docker.io" { "registry-1.docker.io" } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_token_goes_before_a_password() {
        let token = STANDARD.encode("<token>:t");
        for (entry, expected) in [
            (json!({ "auth": "dTpw" }), Some("dTpw")),
            (json!({ "auth": "dTpw", "identitytoken": "" }), Some("dTpw")),
            (json!({ "auth": "dTo=", "identitytoken": "t" }), Some(token.as_str())),
            (json!({ "identitytoken": "t" }), Some(token.as_str())),
            (json!({ "auth": "" }), None),
            (json!({}), None),
        ] {
            assert_eq!(kept(&entry).as_deref(), expected, "{entry}");
        }
    }
}
