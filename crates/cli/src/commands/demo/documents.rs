//! The calls of the user documents, as they stand there, and what they ask for: the demo sends exactly that, also
//! where there is no shell and no curl.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Method;

/// Creates a function.
pub(super) const CREATE: &str = include_str!("create.sh");
/// Deploys it. The documents break off with `...` after `configuration`; the braces they leave out are closed here.
pub(super) const DEPLOY: &str = include_str!("deploy.sh");

/// A request as curl would send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Scheme, host and port.
    pub(super) server: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

/// Variables of a call, by name.
pub(super) type Variables = BTreeMap<&'static str, String>;

impl Call {
    /// Reads a curl command, with its variables set. `Err` says what is not understood.
    pub(super) fn read(command: &str, variables: &Variables) -> Result<Self, String> {
        let mut words = words(command, variables)?.into_iter();
        if words.next().as_deref() != Some("curl") {
            return Err("the command is not curl".to_owned());
        }
        let (mut method, mut url, mut headers, mut body) = (Method::GET, None, Vec::new(), String::new());
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} has no value"));
            match word.as_str() {
                "-s" => {}
                "-X" => method = value()?.parse().map_err(|_| "-X names no method".to_owned())?,
                "-d" => body = value()?,
                "-H" => {
                    let header = value()?;
                    let (name, value) =
                        header.split_once(": ").ok_or_else(|| format!("{header:?} is no header"))?;
                    headers.push((name.to_owned(), value.to_owned()));
                }
                _ if word.starts_with('-') => return Err(format!("the flag {word} is not known")),
                _ => url = Some(word),
            }
        }
        let url = url.ok_or("the command has no URL")?;
        let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("{url:?} is no URL"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Call {
            method,
            server: format!("{scheme}://{host}"),
            path: format!("/{path}"),
            headers,
            body: body.into(),
        })
    }
}

/// What is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// The words of a simple shell command: quotes, variables, lines that go on. Unquoted variables are not split: the
/// values here hold no spaces.
fn words(command: &str, variables: &Variables) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, Quote::None);
    let mut letters = command.trim_end().chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Quote::None, '\'') => (quote, word) = (Quote::Single, Some(word.unwrap_or_default())),
            (Quote::None, '"') => (quote, word) = (Quote::Double, Some(word.unwrap_or_default())),
            (Quote::Single, '\'') | (Quote::Double, '"') => quote = Quote::None,
            (Quote::None, '\\') if letters.peek() == Some(&'\n') => {
                letters.next();
            }
            (Quote::None | Quote::Double, '$') => {
                let braced = letters.next_if_eq(&'{').is_some();
                let mut name = String::new();
                while let Some(letter) =
                    letters.next_if(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                {
                    name.push(letter);
                }
                if braced && letters.next() != Some('}') {
                    return Err(format!("${{{name} is not closed"));
                }
                let value =
                    variables.get(name.as_str()).ok_or_else(|| format!("the variable {name} is not set"))?;
                word.get_or_insert_default().push_str(value);
            }
            (Quote::None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    if quote != Quote::None {
        return Err("a quote is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn variables() -> Variables {
        [
            ("GATEWAY_ADDR", "127.0.0.1:8080"),
            ("NVCF_TOKEN", "secret"),
            ("REGISTRY", "127.0.0.1:5000"),
            ("REPOSITORY", "team"),
            ("FUNCTION_ID", "f"),
            ("FUNCTION_VERSION_ID", "v"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into()
    }

    #[test]
    fn the_documents_calls_are_read_as_a_shell_reads_them() {
        let create = Call::read(CREATE, &variables()).unwrap();
        assert_eq!((create.method, create.server.as_str()), (Method::POST, "http://127.0.0.1:8080"));
        assert_eq!(create.path, "/v2/nvcf/functions");
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            create.headers,
            [
                header("Host", "api.127.0.0.1:8080"),
                header("Authorization", "Bearer secret"),
                header("accept", "application/json"),
                header("Content-Type", "application/json"),
            ]
        );
        let body: Value = serde_json::from_slice(&create.body).unwrap();
        assert_eq!(body["helmChart"], "oci://127.0.0.1:5000/team/charts/inference-test-1.0.tgz");

        let deploy = Call::read(DEPLOY, &variables()).unwrap();
        assert_eq!(deploy.path, "/v2/nvcf/deployments/functions/f/versions/v");
        let body: Value = serde_json::from_slice(&deploy.body).unwrap();
        assert_eq!(
            body["deploymentSpecifications"][0]["configuration"]["key_two"]["key_two_subkey_one"],
            json!("<value>")
        );
    }

    #[test]
    fn the_shell_itself_agrees() {
        let print = |command: &str| command.replacen("curl", "printf '%s\\0'", 1);
        for command in [CREATE, DEPLOY] {
            let output =
                std::process::Command::new("sh").arg("-c").arg(print(command)).envs(variables()).output();
            let Ok(output) = output else {
                eprintln!("SKIPPED: there is no sh");
                return;
            };
            let said = String::from_utf8(output.stdout).unwrap();
            let expected: Vec<&str> = said.trim_end_matches('\0').split('\0').collect();
            assert_eq!(words(command, &variables()).unwrap()[1..], expected);
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let wrong = |command: &str| Call::read(command, &variables()).unwrap_err();
        assert_eq!(wrong("wget x"), "the command is not curl");
        assert_eq!(wrong("curl -k http://x"), "the flag -k is not known");
        assert_eq!(wrong("curl \"$NOTHING\""), "the variable NOTHING is not set");
        assert_eq!(wrong("curl 'http://x"), "a quote is not closed");
        assert_eq!(wrong("curl -s"), "the command has no URL");
    }
}
