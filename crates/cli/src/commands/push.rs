//! `push`: a chart's archive to a registry, as Helm pushes it.

use std::collections::BTreeMap;
use std::path::Path;

use wheelhouse_chart::{LoadOptions, Metadata};
use wheelhouse_registry::{Blob, CHART_CONFIG, CHART_CONTENT, Digest, Target};

use super::{Failure, require_arguments};
use crate::arguments::Push;
use crate::charts;
use crate::filesystem::{go_error, read};
use crate::printer::Printer;
use crate::remote::{Logins, OciReference, PROVENANCE, Remote, Repository, Tls, underscore};
use crate::settings::Settings;

/// Pushes a chart, its signature beside it if there is one.
pub(super) fn run(options: &Push, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    require_arguments("push [chart] [remote]", &options.arguments, 2)?;
    let [chart, remote, ..] = options.arguments.as_slice() else { return Ok(()) };
    let Some(base) = remote.strip_prefix("oci://") else {
        let scheme = remote.split_once("://").map(|(scheme, _)| scheme).unwrap_or_default();
        return Err(if scheme.is_empty() {
            Failure::new(format!("scheme prefix missing from remote (e.g. \"oci://\"): {remote}"))
        } else {
            Failure::new(format!("scheme {scheme:?} not supported"))
        });
    };
    let path = Path::new(chart);
    let status = match path.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Failure::new(format!("{chart}: no such file")));
        }
        Err(error) => return Err(go_error("stat", path, &error).into()),
        Ok(status) if status.is_dir() => {
            return Err(Failure::new("cannot push directory, must provide chart archive (.tgz)"));
        }
        Ok(status) => status,
    };
    let metadata = charts::load(path, LoadOptions::default(), printer)?.metadata;
    let archive = read(path)?;
    let reference = format!("{}/{}:{}", base.trim_end_matches('/'), metadata.name, metadata.version);
    let target = OciReference::parse(&reference)?;
    let mut layers = vec![Blob::new(CHART_CONTENT, archive)];
    if let Ok(provenance) = std::fs::read(format!("{chart}.prov")) {
        layers.push(Blob::new(PROVENANCE, provenance));
    }
    layers.sort_by_key(|layer| Digest::of(&layer.bytes).to_string());
    let created = status.modified().ok().and_then(|time| jiff::Timestamp::try_from(time).ok());
    let created = created.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()).unwrap_or_default();
    let client = Remote::new(&target.host, &Tls::of_registry(&options.registry))
        .map_err(|failure| Failure::new(format!("missing registry client: {}", failure.message)))?;
    let given = options.registry.username.clone().zip(options.registry.password.clone());
    let given = given.and_then(|(username, password)| {
        Repository { username, password, url: format!("https://{}/", target.host), ..Repository::default() }
            .login()
    });
    let logins = match given {
        Some(login) => vec![login],
        None => Logins::load(settings)?.of(&target.host),
    };
    let tag = metadata.version.replace('+', "_");
    let config = Blob::new(CHART_CONFIG, metadata.to_json()?);
    let to = Target { host: &target.host, repository: &target.repository, tag: &tag, logins: &logins };
    let pushed = client.block_on(client.client.push(&to, config, layers, annotations(&metadata, &created)));
    let pushed = pushed.map_err(|error| target.refused(&error))?;
    let told = format!("{}/{}:{tag}", target.host, target.repository);
    let mut text = format!("Pushed: {told}\nDigest: {}\n", pushed.digest);
    if tag.contains('_') {
        text.push_str(&underscore(&told));
    }
    printer.data(text);
    Ok(())
}

/// What Helm writes into the manifest about a chart; the chart's own annotations win, except over
/// its name and version.
fn annotations(metadata: &Metadata, created: &str) -> BTreeMap<String, String> {
    const PREFIX: &str = "org.opencontainers.image.";
    let authors: Vec<String> = metadata
        .maintainers
        .iter()
        .flatten()
        .map(|maintainer| match maintainer.email.as_str() {
            "" => maintainer.name.clone(),
            email => format!("{} ({email})", maintainer.name),
        })
        .collect();
    let own = [
        ("description", metadata.description.as_str()),
        ("title", &metadata.name),
        ("version", &metadata.version),
        ("url", &metadata.home),
        ("created", created),
        ("source", metadata.sources.first().map(String::as_str).unwrap_or_default()),
        ("authors", &authors.join(", ")),
    ];
    let mut all: BTreeMap<String, String> = own
        .into_iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| (format!("{PREFIX}{name}"), value.to_owned()))
        .collect();
    for (name, value) in metadata.annotations.iter().flatten() {
        if ![format!("{PREFIX}title"), format!("{PREFIX}version")].contains(name) {
            all.insert(name.clone(), value.clone());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use wheelhouse_chart::Maintainer;

    #[test]
    fn a_charts_annotations_win_except_over_its_name() {
        let maintainer = |name: &str, email: &str| {
            Some(Maintainer { name: name.into(), email: email.into(), ..Maintainer::default() })
        };
        let own =
            [("org.opencontainers.image.title", "x"), ("org.opencontainers.image.url", "u"), ("k", "v")];
        let metadata = Metadata {
            name: "web".into(),
            version: "1.0.0".into(),
            home: "h".into(),
            maintainers: vec![maintainer("A", "a@x"), maintainer("B", "")],
            annotations: Some(own.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()),
            ..Metadata::default()
        };
        let found = annotations(&metadata, "2026-01-02T03:04:05Z");
        let shown: Vec<String> = found
            .iter()
            .map(|(name, value)| format!("{}={value}", name.trim_start_matches("org.opencontainers.image.")))
            .collect();
        assert_eq!(
            shown,
            [
                "k=v",
                "authors=A (a@x), B",
                "created=2026-01-02T03:04:05Z",
                "title=web",
                "url=u",
                "version=1.0.0"
            ]
        );
    }
}
