//! `registry-credential`: what the platform fetches charts and images with. Passwords go in and
//! never come out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::Failure;
use crate::api::Api;
use crate::arguments::{
    Account, RegistryCredential, RegistryCredentialAction, RegistryCredentialAdd, RegistryCredentialId,
    RegistryCredentialList, RegistryCredentialUpdate,
};
use crate::output::{items, text};
use crate::printer::Printer;

const ALL: &str = "/v2/nvcf/registry-credentials";

/// Runs what is asked for.
pub(super) fn run(options: &RegistryCredential, printer: Printer) -> Result<(), Failure> {
    match &options.action {
        RegistryCredentialAction::Add(options) => add(options, printer),
        RegistryCredentialAction::List(options) => list(options, printer),
        RegistryCredentialAction::Get(options) => get(options, printer),
        RegistryCredentialAction::Update(options) => update(options, printer),
        RegistryCredentialAction::Delete(options) => delete(options, printer),
    }
}

fn add(options: &RegistryCredentialAdd, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let kinds = if options.kinds.is_empty() {
        vec!["CONTAINER".to_owned(), "HELM".to_owned()]
    } else {
        options.kinds.iter().map(|kind| kind.to_uppercase()).collect()
    };
    let name = options.name.clone().unwrap_or_else(|| name_of(&options.host));
    let mut body = json!({
        "registryHostname": options.host,
        "artifactTypes": kinds,
        "secret": { "name": name, "value": secret(&options.account, api.curl)? },
    });
    if let (Some(text), Some(members)) = (&options.description, body.as_object_mut()) {
        members.insert("description".to_owned(), text.clone().into());
    }
    let answer = api.ask("add the registry credential", Method::POST, ALL, Some(&body))?;
    show(&api, answer)
}

/// A credential's name out of a host's: the characters names may have.
fn name_of(host: &str) -> String {
    host.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).take(48).collect()
}

/// `user:password` in base64, or where the call is only shown, a word about it.
fn secret(account: &Account, shown: bool) -> Result<String, Failure> {
    if shown {
        return Ok("<base64 of user:password>".to_owned());
    }
    let (user, password) = super::registry::account(account)?;
    Ok(STANDARD.encode(format!("{user}:{password}")))
}

fn list(options: &RegistryCredentialList, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let answer = api.ask("list the registry credentials", Method::GET, ALL, None)?;
    let Some(answer) = answer else { return Ok(()) };
    api.output.print(&answer, || rows(items(&answer, "/registryCredentials")), printer)
}

fn get(options: &RegistryCredentialId, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let answer = api.ask("see the registry credential", Method::GET, &one(&options.id), None)?;
    show(&api, answer)
}

fn update(options: &RegistryCredentialUpdate, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let path = one(&options.id);
    let mut body = json!({});
    let Some(members) = body.as_object_mut() else { return Ok(()) };
    if options.account.username.is_some() || options.account.password_stdin {
        let host = match api.curl {
            true => String::new(),
            false => text(
                &api.call("see the registry credential", Method::GET, &path, None)?,
                "/registryCredential/registryCredentialName",
            ),
        };
        members.insert(
            "secret".to_owned(),
            json!({ "name": host, "value": secret(&options.account, api.curl)? }),
        );
    }
    if !options.kinds.is_empty() {
        let kinds: Vec<String> = options.kinds.iter().map(|kind| kind.to_uppercase()).collect();
        members.insert("artifactTypes".to_owned(), kinds.into());
    }
    if members.is_empty() {
        return Err(Failure::new("nothing is to be changed")
            .with_advice("  fix: give --username with --password-stdin, or --type"));
    }
    let answer = api.ask("change the registry credential", Method::PATCH, &path, Some(&body))?;
    show(&api, answer)
}

fn delete(options: &RegistryCredentialId, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    if api.ask("delete the registry credential", Method::DELETE, &one(&options.id), None)?.is_some() {
        printer.talk(&format!("registry credential {} is deleted", options.id));
    }
    Ok(())
}

fn one(id: &str) -> String {
    format!("{ALL}/{id}")
}

fn show(api: &Api, answer: Option<Value>) -> Result<(), Failure> {
    let Some(answer) = answer else { return Ok(()) };
    api.output.print(&answer, || rows(answer.get("registryCredential")), api.printer)
}

fn rows<'a>(credentials: impl IntoIterator<Item = &'a Value>) -> Vec<[String; 5]> {
    let mut rows = vec![["ID", "HOST", "NAME", "KINDS", "UPDATED"].map(str::to_owned)];
    for credential in credentials {
        let members = [
            "registryCredentialId",
            "registryHostname",
            "registryCredentialName",
            "artifactTypes",
            "lastUpdatedAt",
        ];
        rows.push(members.map(|name| text(credential, &format!("/{name}"))));
    }
    rows
}
