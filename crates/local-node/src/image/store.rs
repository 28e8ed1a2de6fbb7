//! The image store: blobs by digest, unpacked layers, and which reference names which image.
//!
//! ```text
//!   blobs/sha256/<hex>     manifests and configurations as they came
//!   layers/<24 hex>/       unpacked layers, by the digest of the uncompressed tar
//!   names.json             reference → digest of the manifest
//!   incoming/              what is being written; emptied at the start
//! ```
//! A layer or blob appears by a rename, so it is there in full or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::config::ImageConfig;
use super::layer;
use super::manifest::{self, Document};
use super::{ImageError, Reference, digest_of};

/// How much of a digest names a layer's folder: short, because the kernel takes a page of options.
const LAYER_NAME: usize = 24;

/// An image that is ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The digest of its manifest.
    pub digest: String,
    /// The digest of its configuration, which is its id.
    pub id: String,
    /// What it says about running it.
    pub config: ImageConfig,
    /// The names of its layers' folders, lowest first.
    pub layers: Vec<String>,
}

/// The image store of a machine; cheap to clone. Several processes may use one at once.
#[derive(Debug, Clone)]
pub struct ImageStore {
    root: PathBuf,
}

impl ImageStore {
    /// Opens the store in a folder, which is made if it is not there, and clears away what was not
    /// finished when it was last used: nobody else may use it at this moment.
    ///
    /// # Errors
    /// If the folder cannot be used, or its list of names cannot be read.
    pub fn open(root: &Path) -> Result<Self, ImageError> {
        let _ = fs::remove_dir_all(root.join("incoming"));
        Self::join(root)
    }

    /// The same without clearing away anything: another process may be using the store.
    ///
    /// # Errors
    /// If the folder cannot be used, or its list of names cannot be read.
    pub fn join(root: &Path) -> Result<Self, ImageError> {
        for folder in [root.join("blobs/sha256"), root.join("layers"), root.join("incoming")] {
            fs::create_dir_all(&folder).map_err(ImageError::store(format!("make {}", folder.display())))?;
        }
        let store = Self { root: root.to_owned() };
        store.read_names()?;
        Ok(store)
    }

    /// The list of names as it is now: another process may have added to it.
    fn read_names(&self) -> Result<BTreeMap<String, String>, ImageError> {
        let file = self.root.join("names.json");
        match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| ImageError::Content(format!("{}: {error}", file.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(ImageError::store(format!("read {}", file.display()))(error)),
        }
    }

    /// The folder of the unpacked layers.
    #[must_use]
    pub fn layers(&self) -> PathBuf {
        self.root.join("layers")
    }

    pub(super) fn incoming(&self) -> Result<tempfolder::Folder, ImageError> {
        tempfolder::Folder::new(&self.root.join("incoming"))
            .map_err(ImageError::store("make a temporary folder"))
    }

    pub(super) fn blob_path(&self, digest: &str) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.trim_start_matches("sha256:"))
    }

    pub(super) fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        fs::read(self.blob_path(digest)).ok().filter(|bytes| digest_of(bytes) == digest)
    }

    /// Keeps a small blob.
    pub(super) fn keep_blob(&self, digest: &str, bytes: &[u8]) -> Result<(), ImageError> {
        let found = digest_of(bytes);
        if found != digest {
            return Err(ImageError::Digest { what: "a blob".to_owned(), wanted: digest.to_owned(), found });
        }
        write_whole(&self.root.join("incoming"), &self.blob_path(digest), bytes)
    }

    pub(super) fn layer_name(diff_id: &str) -> String {
        diff_id.trim_start_matches("sha256:").chars().take(LAYER_NAME).collect()
    }

    pub(super) fn has_layer(&self, diff_id: &str) -> bool {
        self.layers().join(Self::layer_name(diff_id)).is_dir()
    }

    /// Unpacks a layer, if it is not there already.
    pub(super) fn keep_layer(&self, diff_id: &str, blob: &Path) -> Result<(), ImageError> {
        let target = self.layers().join(Self::layer_name(diff_id));
        if target.is_dir() {
            return Ok(());
        }
        let folder = self.incoming()?;
        let found = layer::unpack(blob, folder.path())?;
        if found != diff_id {
            return Err(ImageError::Digest { what: "a layer".to_owned(), wanted: diff_id.to_owned(), found });
        }
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))
            .map_err(ImageError::store("open up a layer"))?;
        match fs::rename(folder.path(), &target) {
            Ok(()) => Ok(()),
            // Somebody else was faster.
            Err(_) if target.is_dir() => Ok(()),
            Err(error) => Err(ImageError::store(format!("keep layer {}", target.display()))(error)),
        }
    }

    /// Gives an image a name.
    ///
    /// # Errors
    /// If the list of names cannot be written.
    pub fn name(&self, reference: &Reference, digest: &str) -> Result<(), ImageError> {
        let path = self.root.join("names.lock");
        let lock = fs::File::create(&path).map_err(ImageError::store(format!("open {}", path.display())))?;
        // One writer at a time, among processes too; the lock goes with the file.
        lock.lock().map_err(ImageError::store(format!("lock {}", path.display())))?;
        let mut names = self.read_names()?;
        names.insert(reference.to_string(), digest.to_owned());
        let bytes =
            serde_json::to_vec_pretty(&names).map_err(|error| ImageError::Content(error.to_string()))?;
        write_whole(&self.root.join("incoming"), &self.root.join("names.json"), &bytes)
    }

    /// The image that a reference names here, if it is complete.
    #[must_use]
    pub fn find(&self, reference: &Reference) -> Option<Image> {
        let digest = match &reference.digest {
            Some(digest) => digest.clone(),
            None => self.read_names().ok()?.remove(&reference.to_string())?,
        };
        self.image(&digest).ok()
    }

    /// All names with the digests of their manifests.
    #[must_use]
    pub fn names(&self) -> Vec<(String, String)> {
        self.read_names().unwrap_or_default().into_iter().collect()
    }

    /// How many bytes the layers of an image take on disk.
    #[must_use]
    pub fn size(&self, image: &Image) -> u64 {
        image.layers.iter().map(|name| crate::disk::size(&self.layers().join(name))).sum()
    }

    /// The image with a manifest's digest.
    pub(super) fn image(&self, digest: &str) -> Result<Image, ImageError> {
        let missing = |what: &str| ImageError::Content(format!("{what} is not in the store"));
        let bytes = self.blob(digest).ok_or_else(|| missing("the manifest"))?;
        let (manifest_digest, config) = match manifest::read(&bytes)? {
            Document::Index { chosen } => {
                return self.image(&chosen.digest).map(|image| Image { digest: digest.to_owned(), ..image });
            }
            Document::Image { config, .. } => (digest.to_owned(), config),
        };
        let bytes = self.blob(&config.digest).ok_or_else(|| missing("the configuration"))?;
        let value: Value =
            serde_json::from_slice(&bytes).map_err(|error| ImageError::Content(error.to_string()))?;
        let parsed = ImageConfig::of(&value);
        for diff_id in &parsed.diff_ids {
            if !manifest::is_digest(diff_id) || !self.has_layer(diff_id) {
                return Err(missing("a layer"));
            }
        }
        let layers = parsed.diff_ids.iter().map(|diff_id| Self::layer_name(diff_id)).collect();
        Ok(Image { digest: manifest_digest, id: config.digest, config: parsed, layers })
    }
}

/// Writes a file so that it is there in full or not at all, even after a crash.
fn write_whole(incoming: &Path, target: &Path, bytes: &[u8]) -> Result<(), ImageError> {
    let folder = tempfolder::Folder::new(incoming).map_err(ImageError::store("make a temporary folder"))?;
    let draft = folder.path().join("file");
    let written = (|| {
        use std::io::Write as _;
        let mut file = fs::File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, target)
    })();
    written.map_err(ImageError::store(format!("write {}", target.display())))
}

pub(super) mod tempfolder {
    //! A folder that goes when it is dropped.

    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU64, Ordering};

    static NEXT: AtomicU64 = AtomicU64::new(0);

    #[derive(Debug)]
    pub(in super::super) struct Folder(PathBuf);

    impl Folder {
        pub(in super::super) fn new(within: &Path) -> std::io::Result<Self> {
            let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = within.join(name);
            std::fs::create_dir_all(&path)?;
            Ok(Self(path))
        }

        pub(in super::super) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
