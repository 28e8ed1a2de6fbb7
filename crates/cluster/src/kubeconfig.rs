//! Reading a kubeconfig: clusters, users, and contexts that join them.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::Value;

use crate::access::{Access, Identity};
use crate::credentials::{Credentials, ExecPlugin};
use crate::error::{Error, Result};

/// A kubeconfig that has been parsed into a value.
///
/// Where several files are named in `KUBECONFIG`, add them in order: the first to set a name wins,
/// as with `kubectl`.
#[derive(Debug, Clone, Default)]
pub struct Kubeconfig {
    clusters: Vec<(String, Value, PathBuf)>,
    users: Vec<(String, Value, PathBuf)>,
    contexts: Vec<(String, Value)>,
    current: Option<String>,
    origin: String,
}

impl Kubeconfig {
    /// Adds one file's contents. `folder` is where relative paths in it start.
    pub fn add(&mut self, value: &Value, file: &Path) {
        let folder = file.parent().unwrap_or_else(|| Path::new("")).to_owned();
        if self.origin.is_empty() {
            self.origin = file.display().to_string();
        }
        for (name, cluster) in entries(value, "clusters", "cluster") {
            if !self.clusters.iter().any(|(known, ..)| *known == name) {
                self.clusters.push((name, cluster, folder.clone()));
            }
        }
        for (name, user) in entries(value, "users", "user") {
            if !self.users.iter().any(|(known, ..)| *known == name) {
                self.users.push((name, user, folder.clone()));
            }
        }
        for (name, context) in entries(value, "contexts", "context") {
            if !self.contexts.iter().any(|(known, _)| *known == name) {
                self.contexts.push((name, context));
            }
        }
        if self.current.is_none() {
            self.current = text(value, "current-context");
        }
    }

    /// The names of all contexts.
    pub fn contexts(&self) -> impl Iterator<Item = &str> {
        self.contexts.iter().map(|(name, _)| name.as_str())
    }

    /// The access that a context gives; the current one where `context` is left out.
    ///
    /// # Errors
    /// If the context, its cluster or its user is not there, if a file named cannot be read, or if
    /// something is asked for that we cannot do (a proxy, a legacy auth provider).
    pub fn access(&self, context: Option<&str>) -> Result<Access> {
        let fail = |message: String| Error::settings(self.origin.clone(), message);
        let name = context
            .map(str::to_owned)
            .or_else(|| self.current.clone())
            .ok_or_else(|| fail("no current context is set".to_owned()))?;
        let (_, context) = self
            .contexts
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| fail(format!("there is no context {name:?}")))?;
        let cluster_name = text(context, "cluster").unwrap_or_default();
        let (_, cluster, folder) =
            self.clusters.iter().find(|(known, ..)| *known == cluster_name).ok_or_else(|| {
                fail(format!("context {name:?} names cluster {cluster_name:?}, which is not there"))
            })?;
        let server =
            text(cluster, "server").ok_or_else(|| fail(format!("cluster {cluster_name:?} has no server")))?;
        if text(cluster, "proxy-url").is_some() {
            return Err(fail(format!("cluster {cluster_name:?} asks for a proxy, which is not supported")));
        }
        let mut access = Access {
            server: server.trim_end_matches('/').to_owned(),
            authority: data_or_file(cluster, "certificate-authority", folder)?,
            server_name: text(cluster, "tls-server-name"),
            insecure: flag(cluster, "insecure-skip-tls-verify"),
            identity: None,
            credentials: Credentials::None,
            namespace: text(context, "namespace").unwrap_or_else(|| "default".to_owned()),
        };
        let user_name = text(context, "user").unwrap_or_default();
        if user_name.is_empty() {
            return Ok(access);
        }
        let (_, user, folder) =
            self.users.iter().find(|(known, ..)| *known == user_name).ok_or_else(|| {
                fail(format!("context {name:?} names user {user_name:?}, which is not there"))
            })?;
        let certificate = data_or_file(user, "client-certificate", folder)?;
        let key = data_or_file(user, "client-key", folder)?;
        access.identity = certificate.zip(key).map(|(certificate, key)| Identity { certificate, key });
        access.credentials = credentials(user, folder).map_err(fail)?;
        Ok(access)
    }
}

/// What a user entry authorises requests with. A token file goes before a token, as in client-go.
fn credentials(user: &Value, folder: &Path) -> std::result::Result<Credentials, String> {
    if let Some(file) = text(user, "tokenFile") {
        return Ok(Credentials::TokenFile(folder.join(file)));
    }
    if let Some(token) = text(user, "token") {
        return Ok(Credentials::Token(token));
    }
    if let (Some(name), Some(password)) = (text(user, "username"), text(user, "password")) {
        return Ok(Credentials::Basic { user: name, password });
    }
    if let Some(exec) = user.get("exec").filter(|exec| !exec.is_null()) {
        let list = |field: &str| exec.get(field).and_then(Value::as_array).into_iter().flatten();
        return Ok(Credentials::Exec(ExecPlugin {
            api_version: text(exec, "apiVersion").unwrap_or_default(),
            command: text(exec, "command").ok_or("the credential plugin has no command")?,
            args: list("args").filter_map(Value::as_str).map(str::to_owned).collect(),
            env: list("env")
                .filter_map(|entry| Some((text(entry, "name")?, text(entry, "value").unwrap_or_default())))
                .collect(),
            install_hint: text(exec, "installHint"),
        }));
    }
    if user.get("auth-provider").is_some_and(|provider| !provider.is_null()) {
        return Err("auth-provider is not supported; use a credential plugin (exec)".to_owned());
    }
    Ok(Credentials::None)
}

fn entries(value: &Value, list: &str, inner: &str) -> Vec<(String, Value)> {
    value
        .get(list)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some((text(entry, "name")?, entry.get(inner)?.clone())))
        .collect()
}

fn text(value: &Value, field: &str) -> Option<String> {
    value.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn flag(value: &Value, field: &str) -> bool {
    value.get(field).and_then(Value::as_bool).unwrap_or_default()
}

/// `<field>-data` (base64) or the file that `<field>` names; data goes first.
fn data_or_file(value: &Value, field: &str, folder: &Path) -> Result<Option<Vec<u8>>> {
    if let Some(data) = text(value, &format!("{field}-data")) {
        let compact: String = data.chars().filter(|character| !character.is_whitespace()).collect();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(compact)
            .map_err(|error| Error::settings(format!("{field}-data"), error))?;
        return Ok(Some(bytes));
    }
    let Some(file) = text(value, field) else { return Ok(None) };
    let path = folder.join(file);
    std::fs::read(&path).map(Some).map_err(|error| Error::settings(path.display().to_string(), error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn config() -> Kubeconfig {
        let mut config = Kubeconfig::default();
        config.add(
            &json!({
                "current-context": "a",
                "clusters": [{"name": "c", "cluster": {"server": "https://h:1/", "certificate-authority-data": "Y2E="}}],
                "users": [
                    {"name": "token", "user": {"token": "t"}},
                    {"name": "exec", "user": {"exec": {"apiVersion": "v1", "command": "aws", "args": ["eks"],
                        "env": [{"name": "AWS_PROFILE", "value": "p"}]}}},
                    {"name": "old", "user": {"auth-provider": {"name": "gcp"}}},
                    {"name": "file", "user": {"tokenFile": "tok", "token": "ignored"}},
                ],
                "contexts": [
                    {"name": "a", "context": {"cluster": "c", "user": "token", "namespace": "ns"}},
                    {"name": "b", "context": {"cluster": "c", "user": "exec"}},
                    {"name": "old", "context": {"cluster": "c", "user": "old"}},
                    {"name": "file", "context": {"cluster": "c", "user": "file"}},
                    {"name": "lost", "context": {"cluster": "nowhere", "user": "exec"}},
                ],
            }),
            Path::new("/home/x/.kube/config"),
        );
        config
    }

    #[test]
    fn the_current_context_is_used_unless_another_is_named() {
        let access = config().access(None).unwrap();
        assert_eq!((access.server.as_str(), access.namespace.as_str()), ("https://h:1", "ns"));
        assert_eq!(access.authority.as_deref(), Some(b"ca".as_slice()));
        assert_eq!(access.credentials, Credentials::Token("t".into()));
        let Credentials::Exec(plugin) = config().access(Some("b")).unwrap().credentials else { panic!() };
        assert_eq!((plugin.command.as_str(), plugin.env.len()), ("aws", 1));
    }

    #[test]
    fn relative_files_start_at_the_kubeconfig() {
        let access = config().access(Some("file")).unwrap();
        assert_eq!(access.credentials, Credentials::TokenFile("/home/x/.kube/tok".into()));
    }

    #[test]
    fn what_is_missing_is_named() {
        let cases = [
            (Some("none"), "there is no context \"none\""),
            (Some("lost"), "context \"lost\" names cluster \"nowhere\", which is not there"),
            (Some("old"), "auth-provider is not supported; use a credential plugin (exec)"),
        ];
        for (context, expected) in cases {
            let Error::Settings { source, .. } = config().access(context).unwrap_err() else { panic!() };
            assert_eq!(source.to_string(), expected);
        }
    }

    #[test]
    fn the_first_file_to_set_a_name_wins() {
        let mut both = config();
        both.add(
            &json!({"current-context": "z", "clusters": [{"name": "c", "cluster": {"server": "https://other"}}],
                    "contexts": [{"name": "z", "context": {"cluster": "c"}}]}),
            Path::new("/second"),
        );
        assert_eq!(both.access(None).unwrap().namespace, "ns");
        assert_eq!(both.access(Some("z")).unwrap().server, "https://h:1");
    }
}
