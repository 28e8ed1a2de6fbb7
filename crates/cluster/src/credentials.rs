//! How requests are authorised: a token, a token file, a password, or a credential plugin.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::error::{Error, Result};

/// How long a token read from a file is used before the file is read again. Service account tokens
/// are renewed in place at 80 % of their life, which is at least ten minutes.
const FILE_LIFE: Duration = Duration::from_secs(60);

/// How long before its end a plugin's token is renewed.
const RENEW_BEFORE: Duration = Duration::from_secs(60);

/// How long a credential plugin may take.
const PLUGIN_DEADLINE: Duration = Duration::from_secs(60);

/// A credential plugin: a command that prints an `ExecCredential`, as `aws eks get-token` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecPlugin {
    /// The `client.authentication.k8s.io` version spoken.
    pub api_version: String,
    /// The command.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables added to its environment.
    pub env: Vec<(String, String)>,
    /// What to tell a user who does not have the command.
    pub install_hint: Option<String>,
}

/// How requests are authorised.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Not at all, or by the client certificate alone.
    None,
    /// By a fixed bearer token.
    Token(String),
    /// By a bearer token in a file that is renewed in place.
    TokenFile(PathBuf),
    /// By user name and password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// By the token that a plugin gives.
    Exec(ExecPlugin),
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => formatter.write_str("None"),
            Self::Token(_) => formatter.write_str("Token(..)"),
            Self::TokenFile(path) => write!(formatter, "TokenFile({})", path.display()),
            Self::Basic { user, .. } => write!(formatter, "Basic({user})"),
            Self::Exec(plugin) => write!(formatter, "Exec({})", plugin.command),
        }
    }
}

/// The current `Authorization` header, renewed when it is due.
#[derive(Debug, Clone)]
pub(crate) struct Authorizer {
    credentials: Credentials,
    server: String,
    current: Arc<Mutex<Option<Current>>>,
}

#[derive(Clone)]
struct Current {
    header: String,
    renew_at: Option<Instant>,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Current(..)")
    }
}

impl Authorizer {
    pub(crate) fn new(credentials: Credentials, server: &str) -> Self {
        Self { credentials, server: server.to_owned(), current: Arc::default() }
    }

    /// Forgets the current token, because the server refused it.
    pub(crate) async fn forget(&self) {
        *self.current.lock().await = None;
    }

    /// Whether a refused request is worth another try with a new token.
    pub(crate) fn renewable(&self) -> bool {
        matches!(self.credentials, Credentials::TokenFile(_) | Credentials::Exec(_))
    }

    /// The header to send, or none.
    pub(crate) async fn header(&self) -> Result<Option<String>> {
        let mut current = self.current.lock().await;
        if let Some(kept) = &*current
            && kept.renew_at.is_none_or(|at| Instant::now() < at)
        {
            return Ok(Some(kept.header.clone()));
        }
        let fresh = match &self.credentials {
            Credentials::None => return Ok(None),
            Credentials::Token(token) => bearer(token, None),
            Credentials::TokenFile(path) => {
                let token = std::fs::read_to_string(path)
                    .map_err(|error| Error::settings(path.display().to_string(), error))?;
                bearer(token.trim(), Some(FILE_LIFE))
            }
            Credentials::Basic { user, password } => {
                let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
                Current { header: format!("Basic {pair}"), renew_at: None }
            }
            Credentials::Exec(plugin) => run(plugin, &self.server).await?,
        };
        let header = fresh.header.clone();
        *current = Some(fresh);
        Ok(Some(header))
    }
}

fn bearer(token: &str, life: Option<Duration>) -> Current {
    Current { header: format!("Bearer {token}"), renew_at: life.map(|life| Instant::now() + life) }
}

async fn run(plugin: &ExecPlugin, server: &str) -> Result<Current> {
    let refuse = |source: String| Error::Credentials { url: server.to_owned(), source: source.into() };
    let info = json!({
        "apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": {"interactive": false},
    });
    let child = tokio::process::Command::new(&plugin.command)
        .args(&plugin.args)
        .envs(plugin.env.iter().map(|(name, value)| (name, value)))
        .env("KUBERNETES_EXEC_INFO", info.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            let hint = plugin.install_hint.as_deref().unwrap_or_default();
            refuse(format!("{}: {error} {hint}", plugin.command).trim_end().to_owned())
        })?;
    let output = tokio::time::timeout(PLUGIN_DEADLINE, child.wait_with_output())
        .await
        .map_err(|_| refuse(format!("{} did not answer in {} s", plugin.command, PLUGIN_DEADLINE.as_secs())))?
        .map_err(|error| refuse(format!("{}: {error}", plugin.command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(refuse(format!("{} failed ({}): {}", plugin.command, output.status, said.trim())));
    }
    let answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| refuse(format!("{} printed no ExecCredential: {error}", plugin.command)))?;
    let token = answer
        .pointer("/status/token")
        .and_then(Value::as_str)
        .ok_or_else(|| refuse(format!("{} gave no token", plugin.command)))?;
    let life = answer
        .pointer("/status/expirationTimestamp")
        .and_then(Value::as_str)
        .and_then(unix_seconds)
        .map(|end| remaining(end, SystemTime::now()));
    Ok(bearer(token, life))
}

fn remaining(end: u64, now: SystemTime) -> Duration {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(end).saturating_sub(now).saturating_sub(RENEW_BEFORE)
}

/// Seconds since 1970 of an RFC 3339 time in UTC, as Kubernetes writes it.
fn unix_seconds(text: &str) -> Option<u64> {
    let (date, rest) = text.split_once('T')?;
    let clock = rest.strip_suffix('Z')?.split('.').next()?;
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<i64>().ok());
    let mut parts = date.split('-');
    let (year, month, day) = (number(parts.next())?, number(parts.next())?, number(parts.next())?);
    let mut parts = clock.split(':');
    let (hour, minute, second) = (number(parts.next())?, number(parts.next())?, number(parts.next())?);
    // Days from the civil calendar: years begin in March, so that the leap day comes last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days =
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    u64::try_from(days * 86_400 + hour * 3_600 + minute * 60 + second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(script: &str) -> Authorizer {
        let plugin = ExecPlugin {
            api_version: "client.authentication.k8s.io/v1".into(),
            command: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: vec![("GREETING".into(), "hello".into())],
            install_hint: None,
        };
        Authorizer::new(Credentials::Exec(plugin), "https://x")
    }

    #[test]
    fn expiry_times_are_read() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-21T10:54:49Z", Some(1_795_258_489)),
            ("2024-02-29T12:00:00.5Z", Some(1_709_208_000)),
            ("soon", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(unix_seconds(text), seconds, "{text}");
        }
    }

    #[tokio::test]
    async fn a_plugin_is_asked_once_while_its_token_lives() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let script = format!(
            r#"echo x >> {}; echo "{{\"status\":{{\"token\":\"$GREETING\",\"expirationTimestamp\":\"2999-01-01T00:00:00Z\"}}}}""#,
            count.display()
        );
        let authorizer = plugin(&script);
        for _ in 0..3 {
            assert_eq!(authorizer.header().await.unwrap().as_deref(), Some("Bearer hello"));
        }
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\n");
        authorizer.forget().await;
        authorizer.header().await.unwrap();
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\nx\n");
    }

    #[tokio::test]
    async fn a_failing_plugin_is_quoted() {
        let Error::Credentials { source, .. } =
            plugin("echo no session >&2; exit 3").header().await.unwrap_err()
        else {
            panic!("not a credential error")
        };
        assert!(source.to_string().contains("no session"), "{source}");
    }

    #[tokio::test]
    async fn a_password_becomes_a_basic_header() {
        let basic = Credentials::Basic { user: "a".into(), password: "b".into() };
        assert_eq!(Authorizer::new(basic, "").header().await.unwrap().as_deref(), Some("Basic YTpi"));
    }
}
