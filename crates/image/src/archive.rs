//! An image as a file: an OCI layout in a tar, which `ctr`, `podman`, `skopeo`, Docker and our own nodes load.

use crate::image::{Error, Image, MANIFEST, digest_of};
use crate::layer::append;
use serde_json::json;
use std::io::{self, Write};
use tar::EntryType;

impl Image {
    /// Writes the image under a name such as `localhost/inference-server:1.0`.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn write_archive(&self, name: &str, to: &mut dyn Write) -> Result<(), Error> {
        self.write_layout(name, to).map_err(Error::Write)
    }

    fn write_layout(&self, name: &str, to: &mut dyn Write) -> io::Result<()> {
        let mut builder = tar::Builder::new(to);
        let mut file =
            |path: &str, content: &[u8]| append(&mut builder, path, EntryType::Regular, 0o644, content);
        file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        let tag = name.rsplit_once('/').map_or(name, |(_, last)| last).rsplit_once(':').map(|(_, tag)| tag);
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [{
                "mediaType": MANIFEST,
                "digest": self.digest(),
                "size": self.manifest().len(),
                "annotations": {
                    "io.containerd.image.name": name,
                    "org.opencontainers.image.ref.name": tag.unwrap_or("latest"),
                },
            }],
        });
        file("index.json", index.to_string().as_bytes())?;
        let blobs = self.layers().iter().chain([self.config()]).map(|layer| &layer.bytes);
        for blob in blobs.chain([self.manifest()]) {
            let hex = digest_of(blob);
            file(&format!("blobs/sha256/{}", hex.trim_start_matches("sha256:")), blob)?;
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Image, Program};
    use serde_json::Value;
    use std::collections::BTreeMap;
    use std::io::Read as _;
    use std::process::Command;

    fn program(executable: &str) -> Program {
        Program {
            executable: executable.into(),
            path: "/usr/bin/program".into(),
            arguments: vec!["first".into()],
            ports: vec![8001],
            labels: vec![("a".into(), "b".into())],
        }
    }

    fn files(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut reader = tar::Archive::new(archive);
        let entries = reader.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.path().unwrap().to_string_lossy().into_owned(), content)
        });
        entries.collect()
    }

    #[test]
    fn an_image_is_the_same_each_time_and_leads_to_all_its_parts() {
        let write = || {
            let image = Image::of_program(&program("/bin/true")).unwrap();
            let mut archive = Vec::new();
            image.write_archive("localhost/x:1.0", &mut archive).unwrap();
            (image, archive)
        };
        let (image, archive) = write();
        assert_eq!(archive, write().1);
        let files = files(&archive);
        let json = |path: &str| serde_json::from_slice::<Value>(&files[path]).unwrap();
        let blob = |descriptor: &Value| {
            let digest = descriptor["digest"].as_str().unwrap();
            let bytes = &files[&format!("blobs/sha256/{}", digest.trim_start_matches("sha256:"))];
            assert_eq!(crate::image::digest_of(bytes), digest);
            assert_eq!(descriptor["size"].as_u64(), Some(bytes.len() as u64));
            bytes.clone()
        };
        let entry = json("index.json")["manifests"][0].clone();
        assert_eq!(entry["digest"], image.digest());
        assert_eq!(entry["annotations"]["org.opencontainers.image.ref.name"], "1.0");
        let manifest: Value = serde_json::from_slice(&blob(&entry)).unwrap();
        let config: Value = serde_json::from_slice(&blob(&manifest["config"])).unwrap();
        assert_eq!(config["config"]["Entrypoint"], serde_json::json!(["/usr/bin/program", "first"]));
        for (layer, diff_id) in manifest["layers"]
            .as_array()
            .unwrap()
            .iter()
            .zip(config["rootfs"]["diff_ids"].as_array().unwrap())
        {
            blob(layer);
            assert_eq!(layer["digest"], *diff_id);
        }
    }

    /// The layers hold all that the program needs: it runs where there is nothing else.
    #[test]
    fn the_program_runs_on_its_layers_alone() {
        let image = Image::of_program(&program("/bin/cat")).unwrap();
        let root = tempfile::tempdir().unwrap();
        for layer in image.layers() {
            tar::Archive::new(&layer.bytes[..]).unpack(root.path()).unwrap();
        }
        let output =
            Command::new("chroot").arg(root.path()).args(["/usr/bin/program", "/etc/passwd"]).output();
        match output {
            Ok(output) if output.status.success() => {
                assert!(String::from_utf8(output.stdout).unwrap().contains("nonroot:x:65532:"));
            }
            Ok(output) if String::from_utf8_lossy(&output.stderr).contains("cannot change root") => {
                eprintln!("SKIPPED: changing the root folder needs root");
            }
            Ok(output) => panic!("{output:?}"),
            Err(error) => eprintln!("SKIPPED: no chroot: {error}"),
        }
    }

    #[test]
    fn what_is_no_program_is_named() {
        let refused = |path: &str| {
            let error = Image::of_program(&program(path)).unwrap_err();
            std::error::Error::source(&error).unwrap().to_string()
        };
        assert!(refused("/etc/passwd").starts_with("not a 64-bit little-endian ELF program"));
        assert!(refused("/nothing/there").starts_with("No such file"));
    }
}
