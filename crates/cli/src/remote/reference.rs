//! From what a user calls a chart to the chart's archive.

use std::fs;
use std::path::{Path, PathBuf};

use wheelhouse_registry::{Digest, Login};

use super::repositories::{fetch_failed, host_of, index_file, resolve};
use super::{
    Index, LIMIT, Logins, OciReference, Remote, Repositories, Repository, Tls, download_index, path_of,
};
use crate::arguments::ChartPathOptions;
use crate::commands::Failure;
use crate::filesystem::{go_error, read, write};
use crate::printer::Printer;
use crate::settings::Settings;
use crate::signatures::{self, Verify};

const UNDERSCORE: &str = "
OCI artifact references (e.g. tags) do not support the plus sign (+). To support
storing semantic versions, Helm adopts the convention of changing plus (+) to
an underscore (_) in chart version tags when pushing to a registry and back to
a plus (+) when pulling from a registry.";

/// A chart's archive from elsewhere.
pub(crate) struct Fetched {
    /// `NAME-VERSION.tgz`
    pub file_name: String,
    /// The archive.
    pub archive: Vec<u8>,
    /// Its signature.
    pub provenance: Provenance,
    /// What Helm tells about it.
    pub told: String,
    /// What it was fetched as.
    pub reference: String,
}

/// The signature of an archive from elsewhere.
pub(crate) enum Provenance {
    /// Nobody asked for it.
    NotAsked,
    /// Where it should be, and why it is not there.
    Missing { address: String, reason: String },
    /// A provenance file.
    Found(Vec<u8>),
}

impl Fetched {
    /// Looks at the signature as far as that is wanted; gives what Helm tells about the signer. `warn` takes a
    /// line where a signature is missing that need not be there.
    ///
    /// # Errors
    /// A signature that is missing though it must be there, or that does not hold.
    pub(crate) fn verify(
        &self,
        verify: Verify,
        keyring: &Path,
        warn: impl FnOnce(&str),
    ) -> Result<Option<String>, Failure> {
        match &self.provenance {
            Provenance::Found(provenance) if matches!(verify, Verify::IfPossible | Verify::Always) => {
                signatures::verify_fetched(&self.file_name, &self.archive, provenance, keyring).map(Some)
            }
            Provenance::Missing { address, .. } if verify == Verify::Always => {
                Err(Failure::new(format!("failed to fetch provenance {address:?}")))
            }
            Provenance::Missing { reason, .. } => {
                warn(&format!("WARNING: Verification not found for {}: {reason}", self.reference));
                Ok(None)
            }
            Provenance::Found(_) | Provenance::NotAsked => Ok(None),
        }
    }
}

/// Fetches a chart by `oci://`, by address, as `REPOSITORY/CHART`, or by its name in `--repo`; its signature too
/// if that is wanted.
pub(crate) fn fetch(
    reference: &str,
    options: &ChartPathOptions,
    verify: Verify,
    settings: &Settings,
    printer: Printer,
) -> Result<Fetched, Failure> {
    // Helm makes its client of registries first, whatever it will ask.
    if let Err(failure) = Tls::of_chart(options).trust() {
        return Err(Failure::new(format!("missing registry client: {}", failure.message)));
    }
    let reference = reference.trim();
    let version = options.version.trim();
    let version = if version.is_empty() && options.devel { ">0.0.0-0" } else { version };
    if reference.starts_with("oci://") && options.repo.is_none() {
        return from_registry(reference, version, options, verify, settings);
    }
    let (url, repository, digest) = locate(reference, version, options, settings, printer)?;
    let fetched = if url.starts_with("oci://") {
        from_registry(&url, "", options, verify, settings)?
    } else {
        from_address(&url, &repository, &digest, verify, settings)?
    };
    // What `--repo` finds is asked for by its address.
    let reference = if options.repo.is_some() { url } else { reference.to_owned() };
    Ok(Fetched { reference, ..fetched })
}

fn from_registry(
    reference: &str,
    version: &str,
    options: &ChartPathOptions,
    verify: Verify,
    settings: &Settings,
) -> Result<Fetched, Failure> {
    let parsed = OciReference::parse(reference)?;
    let remote = Remote::new(&parsed.host, &Tls::of_chart(options))?;
    let logins = match given(options, &parsed.host) {
        Some(login) => vec![login],
        None => Logins::load(settings)?.of(&parsed.host),
    };
    let resolved = parsed.resolve(version, &remote, &logins)?;
    let pulled = resolved.pull(&remote, &logins, verify != Verify::Never)?;
    let base = resolved.repository.rsplit('/').next().unwrap_or_default();
    let suffix = resolved.tag.clone().or_else(|| resolved.digest.clone()).unwrap_or_default();
    let mut told = format!("Pulled: {}\nDigest: {}\n", pulled.reference, pulled.digest);
    if pulled.reference.contains('_') {
        told.push_str(&underscore(&pulled.reference));
    }
    let provenance = match pulled.provenance {
        _ if verify == Verify::Never => Provenance::NotAsked,
        Ok(provenance) => {
            // Helm pulls the signature as it pulls the chart, and tells it again.
            told = told.repeat(2);
            Provenance::Found(provenance)
        }
        Err(reason) => Provenance::Missing { address: format!("oci://{}.prov", pulled.reference), reason },
    };
    Ok(Fetched {
        file_name: format!("{base}-{}.tgz", suffix.trim_start_matches("sha256:")),
        archive: pulled.archive,
        provenance,
        told,
        reference: reference.to_owned(),
    })
}

/// What Helm says of references with an underscore.
pub(crate) fn underscore(reference: &str) -> String {
    format!("{reference} contains an underscore.\n{UNDERSCORE}\n")
}

fn given(options: &ChartPathOptions, host: &str) -> Option<Login> {
    let (username, password) = (options.username.clone()?, options.password.clone()?);
    Repository { username, password, url: format!("https://{host}/"), ..Repository::default() }.login()
}

/// The address of a chart, the repository it is of, and its digest where the index has it.
fn locate(
    reference: &str,
    version: &str,
    options: &ChartPathOptions,
    settings: &Settings,
    printer: Printer,
) -> Result<(String, Repository, String), Failure> {
    let own = |url: &str| Repository {
        url: url.to_owned(),
        username: options.username.clone().unwrap_or_default(),
        password: options.password.clone().unwrap_or_default(),
        cert_file: options.cert_file.clone().unwrap_or_default(),
        key_file: options.key_file.clone().unwrap_or_default(),
        ca_file: options.ca_file.clone().unwrap_or_default(),
        insecure_skip_tls_verify: options.insecure_skip_tls_verify,
        pass_credentials_all: options.pass_credentials,
        ..Repository::default()
    };
    if let Some(url) = &options.repo {
        let repository = own(url);
        let (index, _) = download_index(&repository, printer).map_err(|failure| {
            Failure::new(format!(
                "looks like {url:?} is not a valid chart repository or cannot be reached: {}",
                failure.message
            ))
        })?;
        let what = match version {
            "" => format!("chart {reference:?}"),
            version => format!("chart {reference:?} version {version:?}"),
        };
        let entry = index
            .get(reference, version)
            .map_err(|_| Failure::new(format!("{what} not found in {url} repository")))?;
        let address = entry.url.ok_or_else(|| Failure::new(format!("{what} has no downloadable URLs")))?;
        return Ok((resolve(url, &address), repository, String::new()));
    }
    if reference.starts_with("http://") || reference.starts_with("https://") {
        return Ok((reference.to_owned(), own(reference), String::new()));
    }
    if let Some((scheme, _)) = reference.split_once("://") {
        return Err(Failure::new(format!("scheme {scheme:?} not supported")));
    }
    let Some((name, chart)) = reference.split_once('/') else {
        return Err(Failure::new(format!(
            "non-absolute URLs should be in form of repo_name/path_to_chart, got: {reference}"
        )));
    };
    let repositories = Repositories::load(settings)?.unwrap_or_default();
    let repository =
        repositories.get(name).ok_or_else(|| Failure::new(format!("repo {name} not found")))?.clone();
    if repository.url.is_empty() {
        return Err(Failure::new(format!("no URL found for repository {name}")));
    }
    let file = index_file(settings, name);
    let cached = read(&file)
        .map_err(|error| Failure::new(format!("no cached repo found. (try 'helm repo update'): {error}")))?;
    let index = Index::parse(&cached, &file.display().to_string(), printer).map_err(|failure| {
        let message = failure.message;
        Failure::new(format!(
            "no cached repo found. (try 'helm repo update'): error loading {}: {message}",
            file.display()
        ))
    })?;
    let entry = index.get(chart, version).map_err(|failure| {
        Failure::new(format!(
            "chart {chart:?} matching {version} not found in {name} index. (try 'helm repo update'): {}",
            failure.message
        ))
    })?;
    let address =
        entry.url.ok_or_else(|| Failure::new(format!("chart {reference:?} has no downloadable URLs")))?;
    Ok((resolve(&repository.url, &address), repository, entry.digest))
}

fn from_address(
    url: &str,
    repository: &Repository,
    digest: &str,
    verify: Verify,
    settings: &Settings,
) -> Result<Fetched, Failure> {
    let reference = url.to_owned();
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let file_name = path.rsplit('/').next().unwrap_or_default().to_owned();
    if file_name.is_empty() || file_name == ".." {
        return Err(Failure::new(format!("invalid chart URL format: {url}")));
    }
    let digest = digest.trim_start_matches("sha256:");
    let told = String::new();
    let is_kept = !digest.is_empty() && verify == Verify::Never;
    if let (true, Ok(archive)) = (is_kept, fs::read(cached(settings, digest, "chart")))
        && Digest::of(&archive).to_string() == format!("sha256:{digest}")
    {
        return Ok(Fetched { file_name, archive, provenance: Provenance::NotAsked, told, reference });
    }
    let same = |url: &str| (url.split("://").next().map(str::to_owned), host_of(url).to_owned());
    let login =
        repository.login().filter(|_| repository.pass_credentials_all || same(url) == same(&repository.url));
    let tls = Tls { plain_http: url.starts_with("http://"), ..repository.tls() };
    let remote = Remote::new(host_of(url), &tls)?;
    let get = |url: &str| {
        let fetched = remote.block_on(remote.client.fetch_url(url, login.as_ref(), LIMIT));
        fetched.map(|bytes| bytes.to_vec()).map_err(|error| fetch_failed(url, &error))
    };
    let archive = get(url)?;
    // Helm takes what it gets; we hold it against the index, as a mirror may be lying.
    let found = Digest::of(&archive).to_string();
    if !digest.is_empty() && found != format!("sha256:{digest}") {
        return Err(Failure::new(format!(
            "{url}: the archive's digest is {found}, the index says sha256:{digest}"
        )));
    }
    let address = format!("{url}.prov");
    let provenance = match verify {
        Verify::Never => Provenance::NotAsked,
        _ => match get(&address) {
            Ok(provenance) => Provenance::Found(provenance),
            Err(failure) => Provenance::Missing { address, reason: failure.message },
        },
    };
    Ok(Fetched { file_name, archive, provenance, told, reference })
}

/// Fetches an archive of a repository by its address.
pub(crate) fn fetch_address(
    url: &str,
    repository: &Repository,
    verify: Verify,
    settings: &Settings,
) -> Result<Fetched, Failure> {
    from_address(url, repository, "", verify, settings)
}

/// Where Helm keeps charts, and their signatures, by the charts' digests.
fn cached(settings: &Settings, digest: &str, what: &str) -> PathBuf {
    let first: String = digest.chars().take(2).collect();
    path_of(settings, "HELM_CONTENT_CACHE").join(first).join(format!("{digest}.{what}"))
}

/// Keeps an archive and its signature by the archive's digest; gives the archive's path.
fn keep(settings: &Settings, fetched: &Fetched) -> Result<PathBuf, Failure> {
    let digest = Digest::of(&fetched.archive).to_string();
    let digest = digest.trim_start_matches("sha256:");
    let path = cached(settings, digest, "chart");
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(|error| go_error("mkdir", directory, &error))?;
    }
    write(&path, &fetched.archive)?;
    if let Provenance::Found(provenance) = &fetched.provenance {
        write(&cached(settings, digest, "prov"), provenance)?;
    }
    Ok(path)
}

/// Fetches a chart into the cache, and gives its path.
pub(crate) fn fetch_to_cache(
    reference: &str,
    options: &ChartPathOptions,
    settings: &Settings,
    printer: Printer,
) -> Result<PathBuf, Failure> {
    let verify = if options.verify { Verify::Always } else { Verify::Never };
    let fetched = fetch(reference, options, verify, settings, printer)?;
    if !fetched.told.is_empty() {
        printer.talk(fetched.told.trim_end());
    }
    let path = keep(settings, &fetched)?;
    fetched.verify(verify, &signatures::keyring(options.keyring.as_ref()), |_| {})?;
    Ok(path)
}
