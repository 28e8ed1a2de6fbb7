//! Images: named by a reference, kept by digest, unpacked once for all containers.

mod archive;
mod config;
mod layer;
mod manifest;
mod pull;
mod reference;
mod store;

pub use archive::load;
pub use config::ImageConfig;
pub use pull::{ImagePuller, Login, RegistryPuller};
pub use reference::Reference;
pub use store::{Image, ImageStore};

/// What can go wrong with images.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The text names no image.
    #[error("invalid reference format: {0:?}")]
    Reference(String),
    /// The image is not there and may not be pulled.
    #[error("Container image {0:?} is not present with pull policy of Never")]
    Absent(String),
    /// The registry has no such image.
    #[error("{image}: not found")]
    NotFound {
        /// The image.
        image: String,
    },
    /// The registry wants a login, or refuses the one given.
    #[error("{image}: pull access denied: {message}")]
    Denied {
        /// The image.
        image: String,
        /// The registry's words.
        message: String,
    },
    /// The registry cannot be reached, or answers something else than an image.
    #[error("failed to pull {image}: {message}")]
    Pull {
        /// The image.
        image: String,
        /// What happened.
        message: String,
    },
    /// A file's contents are not what its digest says.
    #[error("{what} has the digest {found} instead of {wanted}")]
    Digest {
        /// What was read.
        what: String,
        /// The digest that was promised.
        wanted: String,
        /// The digest that it has.
        found: String,
    },
    /// The contents are not an image that we can use.
    #[error("not a usable image: {0}")]
    Content(String),
    /// The store's files cannot be read or written.
    #[error("{what}")]
    Store {
        /// What was being done.
        what: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl ImageError {
    pub(crate) fn store(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Store { what, source }
    }
}

/// The digest of bytes, as `sha256:…`.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex_digest(&sha2::Sha256::digest(bytes))
}

pub(crate) fn hex_digest(hash: &[u8]) -> String {
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
