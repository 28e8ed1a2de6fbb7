//! `registry`: who one is in registries.

use std::io::IsTerminal as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wheelhouse_registry::Login;

use super::{Failure, require_arguments};
use crate::arguments::{Account, Registry, RegistryAction, RegistryLogin, RegistryLogout};
use crate::printer::Printer;
use crate::remote::{Logins, Remote, Tls};
use crate::settings::Settings;

/// The variable a password is read from where nobody types one.
const PASSWORD: &str = "WHEELHOUSE_REGISTRY_PASSWORD";

/// Runs what is asked for.
pub(super) fn run(options: &Registry, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    match &options.action {
        RegistryAction::Login(options) => login(options, settings, printer),
        RegistryAction::Logout(options) => logout(options, settings, printer),
    }
}

fn login(options: &RegistryLogin, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    require_arguments("registry login [host]", &options.arguments, 1)?;
    let host = options.arguments.first().map(String::as_str).unwrap_or_default();
    let (user, password) = user_and_password(options, printer)?;
    if host.contains('/') {
        printer.talk(&format!(
            "level=WARN msg=\"registry login currently only supports registry hostname, not a repository path\" \
             host={host}"
        ));
    }
    let host = host.split('/').next().unwrap_or(host);
    let tls = Tls {
        plain_http: options.plain_http,
        insecure: options.insecure,
        ca_file: options.ca_file.clone().unwrap_or_default(),
        identity: [&options.cert_file, &options.key_file].map(|file| file.clone().unwrap_or_default()),
    };
    let login = Login { host: host.to_owned(), auth: STANDARD.encode(format!("{user}:{password}")) };
    let remote = Remote::new(host, &tls)?;
    remote
        .block_on(remote.client.ping(&login))
        .map_err(|error| Failure::new(format!("authenticating to {host:?}: {error}")))?;
    Logins::load(settings)?.put(&login)?;
    printer.data("Login Succeeded\n");
    Ok(())
}

fn logout(options: &RegistryLogout, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    require_arguments("registry logout [host]", &options.arguments, 1)?;
    let host = options.arguments.first().map(String::as_str).unwrap_or_default();
    Logins::load(settings)?.remove(host)?;
    printer.data(format!("Removing login credentials for {host}\n"));
    Ok(())
}

fn user_and_password(options: &RegistryLogin, printer: Printer) -> Result<(String, String), Failure> {
    let user = options.username.clone();
    if options.password_stdin {
        return Ok((user, from_stdin()?));
    }
    if !options.password.is_empty() {
        printer.talk("level=WARN msg=\"using --password via the CLI is insecure. Use --password-stdin\"");
        return Ok((user, options.password.clone()));
    }
    let account = Account { username: Some(user).filter(|user| !user.is_empty()), password_stdin: false };
    self::account(&account)
}

/// A user's name and password: the password from standard input or the environment, never from the
/// command line, which every user of the machine can see.
pub(super) fn account(account: &Account) -> Result<(String, String), Failure> {
    let user = account.username.clone().unwrap_or_default();
    if user.is_empty() {
        return Err(Failure::new("a user name is needed").with_advice("  fix: give --username NAME"));
    }
    if account.password_stdin {
        return Ok((user, from_stdin()?));
    }
    match std::env::var(PASSWORD) {
        Ok(password) if !password.is_empty() => Ok((user, password)),
        _ => Err(Failure::new("password required")
            .with_advice(format!("  fix: give --password-stdin, or set {PASSWORD}"))),
    }
}

fn from_stdin() -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(Failure::new("password required").with_advice(
            "  why: standard input is a terminal, which would show the password\n  fix: pipe it in",
        ));
    }
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stdin.lock(), &mut text)?;
    Ok(text.trim_end_matches('\n').trim_end_matches('\r').to_owned())
}
