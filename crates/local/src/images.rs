//! The images of a cluster, also of one that another process runs.

use std::path::Path;

use wheelhouse_local_node::image::{ImageStore, load};

use crate::error::Error;

/// The images of the cluster on a state directory.
#[derive(Debug, Clone)]
pub struct Images {
    store: ImageStore,
}

impl Images {
    /// The images of the cluster on a state directory, whether it runs or not.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub fn of(state: &Path) -> Result<Self, Error> {
        Ok(Self { store: ImageStore::join(&state.join("node/images"))? })
    }

    /// Loads all images of an archive (an OCI layout or what `docker save` writes, as a tar, gzipped or
    /// not) and gives their names. Pods find them at once.
    ///
    /// # Errors
    /// If the file is no archive of images, or its contents are not what their digests say.
    pub fn load(&self, archive: &Path) -> Result<Vec<String>, Error> {
        Ok(load(&self.store, archive)?)
    }

    /// All names with the digests of their manifests.
    #[must_use]
    pub fn names(&self) -> Vec<(String, String)> {
        self.store.names()
    }
}
