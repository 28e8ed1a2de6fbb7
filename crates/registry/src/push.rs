//! Pushing: blobs first, then the manifest that names them.

use crate::Error;
use crate::client::{Client, Login, Repository, resolve};
use crate::digest::Digest;
use crate::manifest::{CHART_CONFIG, CHART_CONTENT, Descriptor, IMAGE_MANIFEST, Manifest};
use ::http::{HeaderMap, HeaderValue, Method, Uri, header};
use bytes::Bytes;
use std::collections::BTreeMap;

/// A blob and its media type.
#[derive(Debug, Clone)]
pub struct Blob {
    /// Media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
    /// Annotations of its descriptor.
    pub annotations: BTreeMap<String, String>,
}

impl Blob {
    /// A blob without annotations.
    #[must_use]
    pub fn new(media_type: &str, bytes: impl Into<Bytes>) -> Self {
        Self { media_type: media_type.to_owned(), bytes: bytes.into(), annotations: BTreeMap::new() }
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor {
            media_type: self.media_type.clone(),
            digest: Digest::of(&self.bytes).to_string(),
            size: u64::try_from(self.bytes.len()).unwrap_or(u64::MAX),
            annotations: self.annotations.clone(),
        }
    }
}

/// What was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The manifest's digest.
    pub digest: Digest,
    /// The manifest's size in bytes.
    pub size: usize,
}

/// Where something is pushed to, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The registry's host, with port when it has one.
    pub host: &'a str,
    /// The repository.
    pub repository: &'a str,
    /// The tag.
    pub tag: &'a str,
    /// Logins to choose from.
    pub logins: &'a [Login],
}

impl Client {
    /// Pushes a chart archive as Helm does: its Chart.yaml as JSON for the configuration, the archive as the layer.
    ///
    /// # Errors
    /// When the registry refuses or cannot be reached.
    pub async fn push_chart(
        &self,
        target: &Target<'_>,
        metadata: &serde_json::Value,
        archive: Bytes,
        annotations: BTreeMap<String, String>,
    ) -> Result<Pushed, Error> {
        let config = Blob::new(CHART_CONFIG, metadata.to_string());
        self.push(target, config, vec![Blob::new(CHART_CONTENT, archive)], annotations).await
    }

    /// Pushes an artefact: configuration, layers, manifest, tag.
    ///
    /// # Errors
    /// When the registry refuses or cannot be reached.
    pub async fn push(
        &self,
        target: &Target<'_>,
        config: Blob,
        layers: Vec<Blob>,
        annotations: BTreeMap<String, String>,
    ) -> Result<Pushed, Error> {
        let Target { host, repository, tag, logins } = *target;
        let repository = Repository { host, name: repository, logins, push: true };
        let mut known = None;
        for blob in layers.iter().chain([&config]) {
            self.push_blob(&repository, blob, &mut known).await?;
        }
        let manifest = Manifest {
            schema_version: 2,
            // Helm leaves it out of charts' manifests: a chart has the same digest, whoever pushes it.
            media_type: (config.media_type != CHART_CONFIG).then(|| IMAGE_MANIFEST.to_owned()),
            artifact_type: None,
            config: config.descriptor(),
            layers: layers.iter().map(Blob::descriptor).collect(),
            subject: None,
            annotations,
        };
        let bytes = serde_json::to_vec(&manifest)
            .map_err(|error| Error::Invalid { host: host.to_owned(), reason: error.to_string() })?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(IMAGE_MANIFEST));
        let size = bytes.len();
        let digest = Digest::of(&bytes);
        let path = format!("manifests/{tag}");
        self.call_again(&repository, Method::PUT, &path, headers, bytes.into(), &mut known).await?;
        Ok(Pushed { digest, size })
    }

    async fn push_blob(
        &self,
        repository: &Repository<'_>,
        blob: &Blob,
        known: &mut Option<HeaderValue>,
    ) -> Result<(), Error> {
        let digest = Digest::of(&blob.bytes);
        // What authorizes reading may not authorize writing, so it is not taken over.
        let there = self
            .call(repository, Method::HEAD, &format!("blobs/{digest}"), HeaderMap::new(), Bytes::new())
            .await;
        match there {
            Ok(_) => return Ok(()),
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        let none = HeaderMap::new();
        let begun =
            self.call_again(repository, Method::POST, "blobs/uploads/", none, Bytes::new(), known).await?;
        let location = begun.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let invalid =
            |reason: &str| Error::Invalid { host: repository.host.to_owned(), reason: reason.to_owned() };
        let location = location.ok_or_else(|| invalid("it began an upload without a location"))?;
        let scheme = if self.http.policy().is_plain(repository.host) { "http" } else { "https" };
        let base = format!("{scheme}://{}/v2/{}/blobs/uploads/", repository.host, repository.name);
        let base: Uri = base.parse().map_err(|_| invalid("the repository is not an address"))?;
        let to = resolve(&base, location)?;
        if to.authority() != base.authority() {
            return Err(invalid("it wants the upload somewhere else"));
        }
        let path = to.path_and_query().map_or("/", |path| path.as_str());
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        let path = format!("{path}{separator}digest={digest}");
        self.call_again(repository, Method::PUT, &path, headers, blob.bytes.clone(), known).await?;
        Ok(())
    }
}
