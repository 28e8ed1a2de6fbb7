//! The platform as commands see it: a server, a token, and calls whose refusals are explained.

mod refusal;
mod target;

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use wheelhouse_platform::client::ApiClient;

use crate::arguments::PlatformOptions;
use crate::commands::Failure;
use crate::contexts::{Context, Contexts, Token};
use crate::output::OutputFormat;
use crate::printer::Printer;

pub(crate) use refusal::{findings, refused};
pub(crate) use target::Version;

/// Where a platform of this machine listens.
const LOCAL: &str = "http://127.0.0.1:8080";
/// How often a watched answer is asked for again.
const WATCH: Duration = Duration::from_secs(1);

/// Exit codes beyond Helm's 0 and 1; see docs/commands.md.
pub(crate) mod exit {
    /// The token is not accepted or may not do this.
    pub(crate) const ACCESS: u8 = 3;
    /// There is no such thing.
    pub(crate) const NOT_FOUND: u8 = 4;
    /// The platform cannot be reached or failed.
    pub(crate) const UNAVAILABLE: u8 = 5;
    /// What was waited for did not happen.
    pub(crate) const NOT_REACHED: u8 = 7;
}

/// A platform, and how its answers are printed.
pub(crate) struct Api {
    pub(crate) client: ApiClient,
    runtime: Runtime,
    /// The context's name, where ids are remembered.
    context: Option<String>,
    remembered: (Option<String>, Option<String>),
    server: String,
    pub(crate) output: OutputFormat,
    /// Whether calls are printed and not made.
    pub(crate) curl: bool,
    pub(crate) printer: Printer,
}

/// The server and token a command uses, and the context they are of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub server: String,
    pub token: Option<Token>,
    pub context: Option<String>,
}

/// Finds server and token: flag, then variable, then context. A context's token is sent to its own
/// server only.
pub(crate) fn access(
    flag: Option<&str>,
    variables: (Option<String>, Option<String>),
    chosen: Option<(&str, &Context)>,
) -> Access {
    let (server, token) = variables;
    let asked = flag.map(ToOwned::to_owned).or(server);
    let trimmed = |server: &str| server.trim_end_matches('/').to_owned();
    let own = chosen.filter(|(_, context)| {
        asked.as_deref().is_none_or(|asked| trimmed(asked) == trimmed(&context.server))
    });
    let server = asked.or_else(|| own.map(|(_, context)| context.server.clone()));
    let token =
        token.map(|token| Token::new(&token)).or_else(|| own.and_then(|(_, context)| context.token.clone()));
    Access {
        server: trimmed(&server.unwrap_or_else(|| LOCAL.to_owned())),
        token,
        context: own.map(|(name, _)| name.to_owned()),
    }
}

impl Api {
    /// Opens the platform the options, the environment and the contexts name.
    pub(crate) fn open(options: &PlatformOptions, printer: Printer) -> Result<Self, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let contexts = Contexts::load()?;
        let chosen = contexts.chosen(options.context.as_deref())?;
        let variables = (variable("WHEELHOUSE_SERVER"), variable("WHEELHOUSE_TOKEN"));
        let found = access(options.server.as_deref(), variables, chosen);
        let token = match &found.token {
            Some(token) => token.reveal(),
            // The call is only shown: no token is needed.
            None if options.curl => "",
            None => {
                return Err(Failure {
                    exit_code: exit::ACCESS,
                    ..Failure::new(format!("there is no token for {}", found.server)).with_advice(
                        "  fix: set WHEELHOUSE_TOKEN, or keep one with `wheelhouse context set NAME --server URL --token-stdin`",
                    )
                });
            }
        };
        let context = found.context.as_deref().and_then(|name| contexts.contexts.get(name));
        Ok(Api {
            client: ApiClient::new(&found.server, token),
            runtime: Builder::new_current_thread().enable_all().build()?,
            remembered: context
                .map(|context| (context.function.clone(), context.version.clone()))
                .unwrap_or_default(),
            context: found.context,
            server: found.server,
            output: options.output,
            curl: options.curl,
            printer,
        })
    }

    /// Runs a future of the client to its end.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The base address.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Makes a call. `what` says what cannot be done when it is refused: "create the function".
    pub(crate) fn call(
        &self,
        what: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        self.block_on(self.client.call(method, path, body)).map_err(|error| refused(what, &error))
    }

    /// Makes a call, or with `--curl` prints it and gives nothing.
    pub(crate) fn ask(
        &self,
        what: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Option<Value>, Failure> {
        if self.curl {
            self.printer.data(format!("{}\n", self.client.curl(&method, path, body)));
            return Ok(None);
        }
        self.call(what, method, path, body).map(Some)
    }

    /// With `--curl`, prints a call and gives true: there is nothing more to do.
    pub(crate) fn ask_only(&self, method: Method, path: &str) -> bool {
        if self.curl {
            self.printer.data(format!("{}\n", self.client.curl(&method, path, None)));
        }
        self.curl
    }

    /// Remembers what was created or named, for the commands to come.
    pub(crate) fn remember(&self, function: &str, version: Option<&str>) -> Result<(), Failure> {
        match &self.context {
            Some(context) => Contexts::remember(context, function, version),
            None => Ok(()),
        }
    }

    /// The function and version remembered.
    pub(crate) fn remembered(&self) -> (Option<&str>, Option<&str>) {
        (self.remembered.0.as_deref(), self.remembered.1.as_deref())
    }

    /// Prints what `look` gives; with `watch`, again whenever it changes, until interrupted.
    pub(crate) fn show<const COLUMNS: usize>(
        &self,
        watch: bool,
        mut look: impl FnMut() -> Result<Option<Value>, Failure>,
        rows: impl Fn(&Value) -> Vec<[String; COLUMNS]>,
    ) -> Result<(), Failure> {
        let mut last = Vec::new();
        loop {
            let Some(answer) = look()? else { return Ok(()) };
            let text = self.output.text(&answer, || rows(&answer))?;
            if text != last {
                self.printer.data(&text);
                last = text;
            }
            if !watch {
                return Ok(());
            }
            #[allow(clippy::disallowed_methods, reason = "a terminal is looked at again now and then")]
            std::thread::sleep(WATCH);
        }
    }

    /// Tells how waiting goes: a line for people, or JSON where JSON is printed.
    pub(crate) fn progress(&self, status: &str, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        if self.output == OutputFormat::Json {
            self.printer
                .talk(&serde_json::json!({ "status": status, "elapsedSeconds": seconds }).to_string());
        } else {
            self.printer.talk(&format!("  {seconds:>6.1} s  {status}"));
        }
    }
}

/// Asks before something is taken away that is in use. Without a terminal nobody can be asked.
pub(crate) fn confirm(question: &str, yes: bool, printer: Printer) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure::new(question.to_owned()).with_advice("  fix: say --yes if it is to be"));
    }
    printer.talk(&format!("{question}. Go on? [y/N]"));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(Failure::new("left as it was")) }
}

/// Calls `holds` until it does or time is up; gives whether it did.
pub(crate) fn until(
    timeout: Duration,
    mut holds: impl FnMut(Duration) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let started = Instant::now();
    loop {
        let elapsed = started.elapsed();
        if holds(elapsed)? {
            return Ok(true);
        }
        if elapsed >= timeout {
            return Ok(false);
        }
        #[allow(clippy::disallowed_methods, reason = "the platform tells nobody when it is done")]
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stays_with_its_server() {
        let context =
            Context { server: "http://a:1/".into(), token: Some(Token::new("of-a")), ..Context::default() };
        let check =
            |flag: Option<&str>, server: Option<&str>, token: Option<&str>, expect: (&str, Option<&str>)| {
                let variables = (server.map(str::to_owned), token.map(str::to_owned));
                let found = access(flag, variables, Some(("a", &context)));
                let token = found.token.as_ref().map(|token| token.reveal().to_owned());
                assert_eq!((found.server.as_str(), token.as_deref()), expect, "{flag:?} {server:?}");
            };
        check(None, None, None, ("http://a:1", Some("of-a")));
        check(Some("http://a:1"), None, None, ("http://a:1", Some("of-a")));
        check(Some("http://b:1"), None, None, ("http://b:1", None));
        check(None, Some("http://b:1"), None, ("http://b:1", None));
        check(None, Some("http://b:1"), Some("of-b"), ("http://b:1", Some("of-b")));
        check(Some("http://c:1"), Some("http://b:1"), None, ("http://c:1", None));
        let nothing = access(None, (None, None), None);
        assert_eq!((nothing.server.as_str(), nothing.token), (LOCAL, None));
    }
}
