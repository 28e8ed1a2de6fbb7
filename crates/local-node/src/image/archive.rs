//! Loading images from a file: an OCI layout or what `docker save` writes, as a tar.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::manifest::{self, Document};
use super::store::ImageStore;
use super::{ImageError, Reference, digest_of};

/// Loads all images of an archive into the store and gives their names.
///
/// # Errors
/// If the file is no archive of images, or its contents are not what their digests say.
pub fn load(store: &ImageStore, archive: &Path) -> Result<Vec<String>, ImageError> {
    let folder = store.incoming()?;
    let file = fs::File::open(archive).map_err(ImageError::store(format!("open {}", archive.display())))?;
    let bad = |error: std::io::Error| ImageError::Content(format!("{}: {error}", archive.display()));
    let mut reader = std::io::BufReader::new(file);
    let gzip = std::io::BufRead::fill_buf(&mut reader).map_err(bad)?.starts_with(&[0x1f, 0x8b]);
    let plain: Box<dyn std::io::Read> =
        if gzip { Box::new(flate2::bufread::MultiGzDecoder::new(reader)) } else { Box::new(reader) };
    let mut tar = tar::Archive::new(plain);
    tar.set_preserve_permissions(false);
    // `unpack` keeps within its folder whatever the names say.
    tar.unpack(folder.path()).map_err(bad)?;
    if folder.path().join("index.json").is_file() {
        from_layout(store, folder.path())
    } else if folder.path().join("manifest.json").is_file() {
        from_docker(store, folder.path())
    } else {
        Err(ImageError::Content(format!("{} has neither index.json nor manifest.json", archive.display())))
    }
}

fn read_json(path: &Path) -> Result<Value, ImageError> {
    let bytes = fs::read(path).map_err(ImageError::store(format!("read {}", path.display())))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| ImageError::Content(format!("{}: {error}", path.display())))
}

/// A file within an unpacked archive; a name that leads outside is refused.
fn within(folder: &Path, name: &str) -> Result<PathBuf, ImageError> {
    let outside = || ImageError::Content(format!("{name:?} is not in the archive"));
    let path = fs::canonicalize(folder.join(name)).map_err(|_| outside())?;
    let root = fs::canonicalize(folder).map_err(|_| outside())?;
    if path.starts_with(root) { Ok(path) } else { Err(outside()) }
}

fn from_layout(store: &ImageStore, folder: &Path) -> Result<Vec<String>, ImageError> {
    let index = read_json(&folder.join("index.json"))?;
    let mut names = Vec::new();
    for entry in index.get("manifests").and_then(Value::as_array).into_iter().flatten() {
        let digest = entry.get("digest").and_then(Value::as_str).unwrap_or_default();
        keep_from_layout(store, folder, digest)?;
        let annotation =
            |name: &str| entry.get("annotations").and_then(|map| map.get(name)).and_then(Value::as_str);
        let name = annotation("io.containerd.image.name")
            .or_else(|| annotation("org.opencontainers.image.ref.name"));
        if let Some(name) = name {
            let reference: Reference = name.parse()?;
            store.name(&reference, digest)?;
            names.push(reference.to_string());
        } else {
            names.push(digest.to_owned());
        }
    }
    Ok(names)
}

fn keep_from_layout(store: &ImageStore, folder: &Path, digest: &str) -> Result<(), ImageError> {
    if !manifest::is_digest(digest) {
        return Err(ImageError::Content(format!("the index names an image with the digest {digest:?}")));
    }
    let blob =
        |digest: &str| within(folder, &format!("blobs/sha256/{}", digest.trim_start_matches("sha256:")));
    let path = blob(digest)?;
    let bytes = fs::read(&path).map_err(ImageError::store(format!("read {}", path.display())))?;
    store.keep_blob(digest, &bytes)?;
    match manifest::read(&bytes)? {
        Document::Index { chosen } => keep_from_layout(store, folder, &chosen.digest),
        Document::Image { config, layers } => {
            let path = blob(&config.digest)?;
            let bytes = fs::read(&path).map_err(ImageError::store(format!("read {}", path.display())))?;
            store.keep_blob(&config.digest, &bytes)?;
            let blobs = layers.iter().map(|layer| blob(&layer.digest)).collect::<Result<Vec<_>, _>>()?;
            keep_layers(store, &bytes, &blobs)
        }
    }
}

fn keep_layers(store: &ImageStore, config: &[u8], blobs: &[PathBuf]) -> Result<(), ImageError> {
    let config: Value =
        serde_json::from_slice(config).map_err(|error| ImageError::Content(error.to_string()))?;
    let diff_ids = super::ImageConfig::of(&config).diff_ids;
    if diff_ids.len() != blobs.len() {
        return Err(ImageError::Content(format!("{} layers for {} digests", blobs.len(), diff_ids.len())));
    }
    for (diff_id, blob) in diff_ids.iter().zip(blobs) {
        store.keep_layer(diff_id, blob)?;
    }
    Ok(())
}

fn from_docker(store: &ImageStore, folder: &Path) -> Result<Vec<String>, ImageError> {
    let list = read_json(&folder.join("manifest.json"))?;
    let mut names = Vec::new();
    for image in list.as_array().into_iter().flatten() {
        let path = within(folder, image.get("Config").and_then(Value::as_str).unwrap_or_default())?;
        let config = fs::read(&path).map_err(ImageError::store(format!("read {}", path.display())))?;
        let files =
            image.get("Layers").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let blobs = files.map(|name| within(folder, name)).collect::<Result<Vec<_>, _>>()?;
        let config_digest = digest_of(&config);
        store.keep_blob(&config_digest, &config)?;
        keep_layers(store, &config, &blobs)?;
        // This form has no manifest; one is made, so that the image has a digest like any other.
        let parsed: Value =
            serde_json::from_slice(&config).map_err(|error| ImageError::Content(error.to_string()))?;
        let layers: Vec<Value> = super::ImageConfig::of(&parsed)
            .diff_ids
            .iter()
            .map(|diff_id| json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": diff_id, "size": 0}))
            .collect();
        let made = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": config.len()},
            "layers": layers,
        })
        .to_string();
        let digest = digest_of(made.as_bytes());
        store.keep_blob(&digest, made.as_bytes())?;
        for tag in
            image.get("RepoTags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            let reference: Reference = tag.parse()?;
            store.name(&reference, &digest)?;
            names.push(reference.to_string());
        }
    }
    Ok(names)
}
