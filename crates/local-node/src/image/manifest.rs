//! Manifests and indexes: of which blobs an image consists.

use serde_json::Value;

use super::ImageError;

/// The kinds of document that a registry may answer with, best first.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// A blob as a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) digest: String,
    pub(super) media_type: String,
}

/// What a document turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Document {
    /// An image: its configuration and its layers, lowest first.
    Image { config: Descriptor, layers: Vec<Descriptor> },
    /// An index: the digest of the image for this machine.
    Index { chosen: Descriptor },
}

/// The architecture of this machine, in Go's words.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn descriptor(value: &Value) -> Result<Descriptor, ImageError> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let digest = text("digest");
    if !is_digest(&digest) {
        return Err(ImageError::Content(format!("the manifest names a blob with the digest {digest:?}")));
    }
    Ok(Descriptor { digest, media_type: text("mediaType") })
}

/// Whether a text is a SHA-256 digest and nothing else; it becomes a file's name.
pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Reads a manifest or index.
pub(super) fn read(bytes: &[u8]) -> Result<Document, ImageError> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| ImageError::Content(error.to_string()))?;
    if let Some(manifests) = value.get("manifests").and_then(Value::as_array) {
        let platform = |manifest: &Value, field: &str| {
            manifest
                .pointer(&format!("/platform/{field}"))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let fits = |manifest: &&Value| {
            let (os, here) = (platform(manifest, "os"), platform(manifest, "architecture"));
            (os == "linux" && here == architecture()) || (os.is_empty() && here.is_empty())
        };
        let chosen = manifests.iter().find(fits).ok_or_else(|| {
            ImageError::Content(format!("no match for platform in manifest: linux/{}", architecture()))
        })?;
        return Ok(Document::Index { chosen: descriptor(chosen)? });
    }
    let config = value
        .get("config")
        .ok_or_else(|| ImageError::Content("the manifest has no configuration".to_owned()))?;
    let layers = value.get("layers").and_then(Value::as_array).into_iter().flatten();
    Ok(Document::Image {
        config: descriptor(config)?,
        layers: layers.map(descriptor).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn digest(letter: &str) -> String {
        format!("sha256:{}", letter.repeat(64))
    }

    #[test]
    fn the_image_for_this_machine_is_chosen() {
        let index = json!({"manifests": [
            {"digest": digest("a"), "platform": {"os": "windows", "architecture": architecture()}},
            {"digest": digest("b"), "platform": {"os": "linux", "architecture": "s390x"}},
            {"digest": digest("c"), "platform": {"os": "linux", "architecture": architecture()}}]});
        let Document::Index { chosen } = read(index.to_string().as_bytes()).unwrap() else { panic!() };
        assert_eq!(chosen.digest, digest("c"));
    }

    #[test]
    fn a_digest_that_is_a_path_is_refused() {
        let manifest = json!({"config": {"digest": "sha256:../../etc/passwd"}, "layers": []});
        assert!(read(manifest.to_string().as_bytes()).is_err());
        assert!(read(b"{}").is_err());
        assert!(read(b"<html>").is_err());
    }
}
