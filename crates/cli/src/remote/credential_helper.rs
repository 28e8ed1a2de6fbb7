//! Programs that keep logins: `docker-credential-NAME`, as `credHelpers` and `credsStore` of a file of
//! logins name them.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::login::key;
use crate::commands::Failure;

/// The program that keeps the login of a host.
pub(super) struct CredentialHelper {
    program: String,
    server: String,
}

impl CredentialHelper {
    /// The program a file of logins names for a host, or for all hosts.
    pub(super) fn of(document: &Map<String, Value>, host: &str) -> Option<Self> {
        let server = key(host);
        let own = document.get("credHelpers").and_then(|helpers| helpers.get(server));
        let name = own.or_else(|| document.get("credsStore"))?.as_str()?;
        // A name, not a path: the program is looked for where programs are.
        let is_name = !name.is_empty() && !name.contains('/');
        is_name.then(|| Self { program: format!("docker-credential-{name}"), server: server.to_owned() })
    }

    /// `user:password` in base64, where the user `<token>` has an identity token; nothing where the program
    /// keeps none.
    pub(super) fn get(&self) -> Option<String> {
        let answer: Value = serde_json::from_slice(&self.run("get", &self.server).ok()?).ok()?;
        let (user, secret) = (answer.get("Username")?.as_str()?, answer.get("Secret")?.as_str()?);
        Some(STANDARD.encode(format!("{user}:{secret}")))
    }

    /// Has the program keep a login.
    pub(super) fn store(&self, auth: &str) -> Result<(), Failure> {
        let plain = STANDARD.decode(auth).unwrap_or_default();
        let plain = String::from_utf8_lossy(&plain);
        let (user, secret) = plain.split_once(':').unwrap_or_default();
        let login = json!({ "ServerURL": self.server, "Username": user, "Secret": secret });
        self.run("store", &login.to_string()).map(|_| ())
    }

    /// Has the program forget the login.
    pub(super) fn erase(&self) -> Result<(), Failure> {
        self.run("erase", &self.server).map(|_| ())
    }

    fn run(&self, action: &str, input: &str) -> Result<Vec<u8>, Failure> {
        let failed = |reason: &str| Failure::new(format!("{} {action}: {reason}", self.program));
        let mut command = Command::new(&self.program);
        command.arg(action).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => failed("executable file not found in $PATH"),
            _ => failed(&error.to_string()),
        })?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not want to know says so by its exit code.
            drop(stdin.write_all(input.as_bytes()));
        }
        let output = child.wait_with_output().map_err(|error| failed(&error.to_string()))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        // They tell on standard output what is wrong.
        Err(failed(String::from_utf8_lossy(&output.stdout).trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_own_program_goes_before_the_one_for_all() {
        let document =
            json!({ "credHelpers": { "own.example": "a", "bad.example": "../x" }, "credsStore": "b" });
        let Value::Object(document) = document else { panic!() };
        let program = |host| CredentialHelper::of(&document, host).map(|helper| helper.program);
        assert_eq!(program("own.example").as_deref(), Some("docker-credential-a"));
        assert_eq!(program("other.example").as_deref(), Some("docker-credential-b"));
        assert_eq!(program("bad.example"), None);
        assert!(CredentialHelper::of(&Map::new(), "own.example").is_none());
    }
}
