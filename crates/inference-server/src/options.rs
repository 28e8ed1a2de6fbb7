//! What the server is told at the start.

use std::time::Duration;

/// The port when none is given: what the example charts use.
const PORT: u16 = 8001;

/// A flag or variable that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}\n\nUsage: inference-server [--port=PORT] [--peer=HOST:PORT]...")]
pub struct InvalidOptions(String);

/// Flags and variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The port to listen on.
    pub port: u16,
    /// All nodes of this instance, this one among them; empty when it is alone.
    pub peers: Vec<String>,
    /// What answers begin with (`GREETING`).
    pub greeting: String,
    /// How long each answer takes, and each event of a stream (`DELAY_MILLISECONDS`).
    pub delay: Duration,
    /// What this server calls itself (`POD_NAME`, else `HOSTNAME`).
    pub name: String,
}

impl Options {
    /// Reads flags, and variables through `variable`.
    ///
    /// # Errors
    /// When a flag is unknown or a value is no number.
    pub fn read(
        arguments: impl IntoIterator<Item = String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidOptions> {
        let mut options = Self {
            port: PORT,
            peers: Vec::new(),
            greeting: variable("GREETING").unwrap_or_else(|| "hello".to_owned()),
            delay: Duration::ZERO,
            name: variable("POD_NAME")
                .or_else(|| variable("HOSTNAME"))
                .unwrap_or_else(|| "inference-server".to_owned()),
        };
        if let Some(text) = variable("DELAY_MILLISECONDS") {
            let milliseconds = text
                .parse()
                .map_err(|_| InvalidOptions(format!("DELAY_MILLISECONDS is no number: {text:?}")))?;
            options.delay = Duration::from_millis(milliseconds);
        }
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (flag, value) = match argument.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (argument.clone(), arguments.next()),
            };
            let value = value.ok_or_else(|| InvalidOptions(format!("{flag} needs a value")))?;
            match flag.as_str() {
                "--port" => {
                    options.port =
                        value.parse().map_err(|_| InvalidOptions(format!("--port is no port: {value:?}")))?;
                }
                "--peer" => options.peers.push(value),
                _ => return Err(InvalidOptions(format!("unknown flag: {flag}"))),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, variables: &[(&str, &str)]) -> Result<Options, InvalidOptions> {
        Options::read(line.split_whitespace().map(str::to_owned), |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn flags_and_variables_are_read() {
        let alone = read("", &[]).unwrap();
        assert_eq!((alone.port, alone.greeting.as_str(), alone.peers.len()), (8001, "hello", 0));
        let variables = [("GREETING", "hi"), ("DELAY_MILLISECONDS", "20"), ("POD_NAME", "p-0")];
        let one = read("--port=9000 --peer a:1 --peer=b:2", &variables).unwrap();
        assert_eq!((one.port, one.peers), (9000, vec!["a:1".to_owned(), "b:2".to_owned()]));
        assert_eq!((one.greeting.as_str(), one.name.as_str()), ("hi", "p-0"));
        assert_eq!(one.delay, Duration::from_millis(20));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let wrong = |line: &str, variables: &[(&str, &str)]| {
            let message = read(line, variables).unwrap_err().to_string();
            message.lines().next().unwrap().to_owned()
        };
        assert_eq!(wrong("--port=x", &[]), "--port is no port: \"x\"");
        assert_eq!(wrong("--port", &[]), "--port needs a value");
        assert_eq!(wrong("--nonsense=1", &[]), "unknown flag: --nonsense");
        assert_eq!(wrong("", &[("DELAY_MILLISECONDS", "soon")]), "DELAY_MILLISECONDS is no number: \"soon\"");
    }
}
