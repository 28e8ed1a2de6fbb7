//! `repo`: chart repositories over HTTP.

mod index;

use std::fs;

use serde_json::{Value, json};
use wheelhouse_goyaml::json_to_yaml;

use super::{Failure, require_arguments};
use crate::arguments::{ListFormat, Repo, RepoAction, RepoAdd, RepoList, RepoRemove, RepoUpdate};
use crate::filesystem::go_error;
use crate::printer::Printer;
use crate::remote::{Repositories, Repository, charts_file, index_file, refresh};
use crate::settings::Settings;
use crate::table::table;

/// Repositories that are gone, and where their charts went.
const GONE: [(&str, &str); 2] = [
    ("//kubernetes-charts.storage.googleapis.com", "https://charts.helm.sh/stable"),
    ("//kubernetes-charts-incubator.storage.googleapis.com", "https://charts.helm.sh/incubator"),
];

/// Runs what is asked for.
pub(super) fn run(options: &Repo, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    match &options.action {
        RepoAction::Add(options) => add(options, settings, printer),
        RepoAction::List(options) => list(options, settings, printer),
        RepoAction::Update(options) => update(options, settings, printer),
        RepoAction::Remove(options) => remove(options, settings, printer),
        RepoAction::Index(options) => index::run(options, printer),
    }
}

/// Helm's own check of an exact count of arguments.
fn exactly(usage: &str, arguments: &[String], count: usize) -> Result<(), Failure> {
    if arguments.len() == count {
        return Ok(());
    }
    let command = usage.split(" [").next().unwrap_or_default();
    let plural = if count == 1 { "" } else { "s" };
    Err(Failure::new(format!(
        "\"helm {command}\" requires {count} argument{plural}\n\nUsage:  helm {usage} [flags]"
    )))
}

fn add(options: &RepoAdd, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    exactly("repo add [NAME] [URL]", &options.arguments, 2)?;
    let [name, url] = options.arguments.as_slice() else { return Ok(()) };
    if !options.allow_deprecated_repos
        && let Some((_, instead)) = GONE.iter().find(|(gone, _)| url.contains(gone))
    {
        return Err(Failure::new(format!("repo {url:?} is no longer available; try {instead:?} instead")));
    }
    let mut password = options.password.clone();
    if password.is_empty() && options.password_stdin {
        std::io::Read::read_to_string(&mut std::io::stdin().lock(), &mut password)?;
        password = password.trim_end_matches('\n').trim_end_matches('\r').to_owned();
    }
    let repository = Repository {
        name: name.clone(),
        url: url.clone(),
        username: options.username.clone(),
        password,
        cert_file: options.cert_file.clone(),
        key_file: options.key_file.clone(),
        ca_file: options.ca_file.clone(),
        insecure_skip_tls_verify: options.insecure_skip_tls_verify,
        pass_credentials_all: options.pass_credentials,
    };
    if name.contains('/') {
        return Err(Failure::new(format!(
            "repository name ({name}) contains '/', please specify a different name without '/'"
        )));
    }
    let mut file = Repositories::load(settings)?.unwrap_or_default();
    if !options.force_update
        && let Some(known) = file.get(name)
    {
        if *known != repository {
            return Err(Failure::new(format!(
                "repository name ({name}) already exists, please specify a different name"
            )));
        }
        printer.data(format!("{name:?} already exists with the same configuration, skipping\n"));
        return Ok(());
    }
    refresh(&repository, settings, printer).map_err(|failure| {
        Failure::new(format!(
            "looks like {url:?} is not a valid chart repository or cannot be reached: {}",
            failure.message
        ))
    })?;
    match file.repositories.iter_mut().find(|known| known.name == *name) {
        Some(known) => *known = repository,
        None => file.repositories.push(repository),
    }
    file.save(settings)?;
    printer.data(format!("{name:?} has been added to your repositories\n"));
    Ok(())
}

fn list(options: &RepoList, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    if !options.arguments.is_empty() {
        return Err(Failure::new(
            "\"helm repo list\" accepts no arguments\n\nUsage:  helm repo list [flags]",
        ));
    }
    // As Helm does: a file that cannot be read is no repositories.
    let repositories = Repositories::load(settings).ok().flatten().unwrap_or_default().repositories;
    let shown: Vec<Value> =
        repositories.iter().map(|known| json!({ "name": known.name, "url": known.url })).collect();
    match options.output {
        ListFormat::Json => printer.data(format!("{}\n", Value::Array(shown))),
        ListFormat::Yaml => printer.data(json_to_yaml(&serde_json::to_vec(&shown)?)?),
        ListFormat::Table if repositories.is_empty() => printer.talk("no repositories to show"),
        ListFormat::Table => {
            let heads = ["NAME", "URL"].map(str::to_owned);
            let mut rows = if options.no_headers { Vec::new() } else { vec![heads] };
            rows.extend(repositories.iter().map(|known| [known.name.clone(), known.url.clone()]));
            printer.data(format!("{}\n", table(&rows, 0)));
        }
    }
    Ok(())
}

fn update(options: &RepoUpdate, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let none = || Failure::new("no repositories found. You must add one before updating");
    let file = Repositories::load(settings)?.ok_or_else(none)?;
    if file.repositories.is_empty() {
        return Err(none());
    }
    if let Some(unknown) = options.arguments.iter().find(|name| file.get(name).is_none()) {
        return Err(Failure::new(format!(
            "no repositories found matching '{unknown}'.  Nothing will be updated"
        )));
    }
    printer.data("Hang tight while we grab the latest from your chart repositories...\n");
    let mut failed = Vec::new();
    for known in &file.repositories {
        if !options.arguments.is_empty() && !options.arguments.contains(&known.name) {
            continue;
        }
        let Repository { name, url, .. } = known;
        match refresh(known, settings, printer) {
            Ok(()) => {
                printer.data(format!("...Successfully got an update from the {name:?} chart repository\n"));
            }
            Err(failure) => {
                printer.data(format!(
                    "...Unable to get an update from the {name:?} chart repository ({url}):\n\t{}\n",
                    failure.message
                ));
                failed.push(url.clone());
            }
        }
    }
    if !failed.is_empty() {
        return Err(Failure::new(format!(
            "failed to update the following repositories: [{}]",
            failed.join(" ")
        )));
    }
    printer.data("Update Complete. ⎈Happy Helming!⎈\n");
    Ok(())
}

fn remove(options: &RepoRemove, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    require_arguments("repo remove [REPO1 [REPO2 ...]]", &options.arguments, 1)?;
    let mut file = Repositories::load(settings)?.unwrap_or_default();
    if file.repositories.is_empty() {
        return Err(Failure::new("no repositories configured"));
    }
    for name in &options.arguments {
        let before = file.repositories.len();
        file.repositories.retain(|known| known.name != *name);
        if file.repositories.len() == before {
            return Err(Failure::new(format!("no repo named {name:?} found")));
        }
        file.save(settings)?;
        for cached in [charts_file(settings, name), index_file(settings, name)] {
            match fs::remove_file(&cached) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(go_error("remove", &cached, &error).into());
                }
                _ => {}
            }
        }
        printer.data(format!("{name:?} has been removed from your repositories\n"));
    }
    Ok(())
}
