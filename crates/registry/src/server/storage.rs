//! Files: `blobs/HEX`, `uploads/ID`, `repositories/NAME/{manifests/HEX,tags/TAG}`.
//!
//! A repository's slashes become `+`, which no name holds, so that names cannot lie inside one another. Files are
//! written under another name, synced and renamed, so that what has a name is whole.

use super::refusal::Refusal;
use crate::digest::{Digest, Hasher};
use axum::http::StatusCode;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

/// The registry's directory.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    root: PathBuf,
}

/// A manifest as it was pushed.
#[derive(Debug, Clone)]
pub(crate) struct StoredManifest {
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Storage {
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        for part in ["blobs", "uploads", "repositories"] {
            std::fs::create_dir_all(root.join(part))?;
        }
        Ok(Self { root: root.to_owned() })
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join(digest.hex())
    }

    fn repository_path(&self, name: &str) -> PathBuf {
        self.root.join("repositories").join(name.replace('/', "+"))
    }

    fn upload_path(&self, id: &str) -> Result<PathBuf, Refusal> {
        // Only ids we made lead to files.
        let id = Uuid::try_parse(id).map_err(|_| upload_unknown())?;
        Ok(self.root.join("uploads").join(id.as_hyphenated().to_string()))
    }

    /// Opens a blob: its file and size.
    pub(crate) async fn blob(&self, digest: &Digest) -> Result<(fs::File, u64), Refusal> {
        match fs::File::open(self.blob_path(digest)).await {
            Ok(file) => {
                let size = file.metadata().await?.len();
                Ok((file, size))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Refusal::not_found("BLOB_UNKNOWN", digest))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn delete_blob(&self, digest: &Digest) -> Result<(), Refusal> {
        match fs::remove_file(self.blob_path(digest)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Refusal::not_found("BLOB_UNKNOWN", digest))
            }
            done => Ok(done?),
        }
    }

    /// Begins an upload.
    pub(crate) async fn begin_upload(&self) -> Result<String, Refusal> {
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "UNKNOWN", "no randomness available")
        })?;
        let id = uuid::Builder::from_random_bytes(random).into_uuid().as_hyphenated().to_string();
        fs::File::create_new(self.upload_path(&id)?).await?;
        Ok(id)
    }

    /// Opens an upload for appending: its file and how much is there.
    pub(crate) async fn upload(&self, id: &str) -> Result<(fs::File, u64), Refusal> {
        let path = self.upload_path(id)?;
        match fs::OpenOptions::new().append(true).open(path).await {
            Ok(file) => {
                let size = file.metadata().await?.len();
                Ok((file, size))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(upload_unknown()),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn drop_upload(&self, id: &str) -> Result<(), Refusal> {
        match fs::remove_file(self.upload_path(id)?).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(upload_unknown()),
            done => Ok(done?),
        }
    }

    /// Gives an upload its name, if it is what it is said to be.
    pub(crate) async fn finish_upload(&self, id: &str, digest: &Digest) -> Result<(), Refusal> {
        let path = self.upload_path(id)?;
        let mut file = fs::File::open(&path).await?;
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; 256 << 10];
        loop {
            let read = file.read(&mut buffer).await?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            hasher.update(bytes);
        }
        let found = hasher.finish();
        if found != *digest {
            fs::remove_file(&path).await?;
            let message = format!("the content's digest is {found}");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message));
        }
        file.sync_all().await?;
        fs::rename(&path, self.blob_path(digest)).await?;
        sync_directory(&self.root.join("blobs")).await?;
        Ok(())
    }

    /// Keeps a manifest, and points a tag to it when there is one.
    pub(crate) async fn put_manifest(
        &self,
        name: &str,
        manifest: &StoredManifest,
        tag: Option<&str>,
    ) -> Result<(), Refusal> {
        let directory = self.repository_path(name);
        self.write(&self.blob_path(&manifest.digest), &manifest.bytes).await?;
        let media_type = manifest.media_type.as_bytes();
        self.write(&directory.join("manifests").join(manifest.digest.hex()), media_type).await?;
        if let Some(tag) = tag {
            self.write(&directory.join("tags").join(tag), manifest.digest.to_string().as_bytes()).await?;
        }
        Ok(())
    }

    /// Finds a manifest by tag or digest.
    pub(crate) async fn manifest(&self, name: &str, reference: &str) -> Result<StoredManifest, Refusal> {
        let unknown = || Refusal::not_found("MANIFEST_UNKNOWN", format_args!("{name}:{reference}"));
        let directory = self.repository_path(name);
        let digest = match reference.parse::<Digest>() {
            Ok(digest) => digest,
            Err(_) => {
                let text = read(&directory.join("tags").join(reference)).await?.ok_or_else(unknown)?;
                String::from_utf8_lossy(&text).parse().map_err(|_| unknown())?
            }
        };
        let media_type = read(&directory.join("manifests").join(digest.hex())).await?.ok_or_else(unknown)?;
        let bytes = read(&self.blob_path(&digest)).await?.ok_or_else(unknown)?;
        Ok(StoredManifest { digest, media_type: String::from_utf8_lossy(&media_type).into_owned(), bytes })
    }

    /// Every manifest of a repository.
    pub(crate) async fn manifests(&self, name: &str) -> Result<Vec<StoredManifest>, Refusal> {
        let mut all = Vec::new();
        for hex in self.list(&self.repository_path(name).join("manifests")).await? {
            if let Ok(manifest) = self.manifest(name, &format!("sha256:{hex}")).await {
                all.push(manifest);
            }
        }
        Ok(all)
    }

    /// Removes a tag, or a manifest with every tag that points to it.
    pub(crate) async fn delete_manifest(&self, name: &str, reference: &str) -> Result<(), Refusal> {
        let manifest = self.manifest(name, reference).await?;
        let directory = self.repository_path(name);
        if reference.parse::<Digest>().is_err() {
            fs::remove_file(directory.join("tags").join(reference)).await?;
            return Ok(());
        }
        for tag in self.list(&directory.join("tags")).await? {
            let path = directory.join("tags").join(&tag);
            if read(&path).await?.is_some_and(|text| text == manifest.digest.to_string().as_bytes()) {
                fs::remove_file(path).await?;
            }
        }
        fs::remove_file(directory.join("manifests").join(manifest.digest.hex())).await?;
        Ok(())
    }

    /// The tags of a repository, sorted.
    pub(crate) async fn tags(&self, name: &str) -> Result<Vec<String>, Refusal> {
        if !fs::try_exists(self.repository_path(name)).await? {
            return Err(Refusal::not_found("NAME_UNKNOWN", name));
        }
        self.list(&self.repository_path(name).join("tags")).await
    }

    async fn list(&self, directory: &Path) -> Result<Vec<String>, Refusal> {
        let mut entries = match fs::read_dir(directory).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// Writes a file whole or not at all.
    async fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
        let directory = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(directory).await?;
        let id = self.begin_upload().await?;
        let (mut file, _) = self.upload(&id).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        fs::rename(self.upload_path(&id)?, path).await?;
        sync_directory(directory).await?;
        Ok(())
    }
}

fn upload_unknown() -> Refusal {
    Refusal::not_found("BLOB_UPLOAD_UNKNOWN", "the upload")
}

async fn read(path: &Path) -> Result<Option<Vec<u8>>, Refusal> {
    match fs::read(path).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes a rename durable.
async fn sync_directory(directory: &Path) -> io::Result<()> {
    fs::File::open(directory).await?.sync_all().await
}
