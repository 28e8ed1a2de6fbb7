//! The image of a program.

use crate::elf::{Elf, NotAProgram};
use crate::layer::Files;
use crate::libraries::libraries;
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// Media types of the OCI image specification 1.1.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// Whom the program runs as, unless the pod says otherwise: `nonroot` of the images this one stands for.
const USER: u32 = 65_532;

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no program.
    #[error("cannot use {path}")]
    Program {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: NotAProgram,
    },
    /// The program's libraries are not known.
    #[error("cannot find the libraries of {program}: {reason}")]
    Libraries {
        /// The program.
        program: String,
        /// What its loader said.
        reason: String,
    },
    /// The tar cannot be written.
    #[error("cannot write the image")]
    Write(#[source] io::Error),
}

/// What an image is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The program's file on this machine.
    pub executable: PathBuf,
    /// Where it lies in the image.
    pub path: String,
    /// Arguments that always come first.
    pub arguments: Vec<String>,
    /// The TCP ports it listens on.
    pub ports: Vec<u16>,
    /// Labels of the image.
    pub labels: Vec<(String, String)>,
}

/// A part of an image, with the media type it is pushed under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The media type.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Bytes,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    config: Layer,
    layers: Vec<Layer>,
    manifest: Bytes,
}

impl Image {
    /// Makes the image of a program: one layer of what it needs, one of the program itself. Of the program's file,
    /// what only debuggers read is left out.
    ///
    /// # Errors
    /// When a file cannot be read, is no program, or misses a library.
    pub fn of_program(program: &Program) -> Result<Self, Error> {
        let file = read(&program.executable)?;
        let elf = Elf::read(&file)
            .map_err(|source| Error::Program { path: program.executable.display().to_string(), source })?;
        let mut base = Files::default();
        for (path, mode) in [("dev", 0o755), ("etc", 0o755), ("proc", 0o555), ("sys", 0o555), ("tmp", 0o1777)]
        {
            base.folder(path, mode);
        }
        let users =
            format!("root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:{USER}:{USER}:nonroot:/:/sbin/nologin\n");
        base.file("etc/passwd", 0o644, users.into_bytes());
        base.file("etc/group", 0o644, format!("root:x:0:\nnonroot:x:{USER}:\n").into_bytes());
        if let Some(interpreter) = &elf.interpreter {
            let interpreter = Path::new(interpreter);
            let mut needed = libraries(interpreter, &program.executable)?;
            needed.push(interpreter.to_owned());
            for path in needed {
                base.file(&path.to_string_lossy(), 0o755, read(&path)?);
            }
        }
        let mut own = Files::default();
        own.file(&program.path, 0o755, elf.stripped(file));
        let layers = [base, own]
            .iter()
            .map(|files| {
                Ok(Layer { media_type: LAYER, bytes: files.archive().map_err(Error::Write)?.into() })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Self::assemble(program, elf.architecture, layers))
    }

    fn assemble(program: &Program, architecture: &str, layers: Vec<Layer>) -> Self {
        let entrypoint: Vec<&str> =
            std::iter::once(&program.path).chain(&program.arguments).map(String::as_str).collect();
        let ports: serde_json::Map<String, Value> =
            program.ports.iter().map(|port| (format!("{port}/tcp"), json!({}))).collect();
        let labels: serde_json::Map<String, Value> =
            program.labels.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        let diff_ids: Vec<String> = layers.iter().map(|layer| digest_of(&layer.bytes)).collect();
        let config = json!({
            "architecture": architecture,
            "os": "linux",
            "config": {
                "User": format!("{USER}:{USER}"),
                "ExposedPorts": ports,
                "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
                "Entrypoint": entrypoint,
                "WorkingDir": "/",
                "Labels": labels,
                "StopSignal": "SIGTERM",
            },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let config = Layer { media_type: CONFIG, bytes: config.to_string().into() };
        let descriptor = |layer: &Layer| {
            json!({
                "mediaType": layer.media_type, "digest": digest_of(&layer.bytes), "size": layer.bytes.len(),
            })
        };
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(&config),
            "layers": layers.iter().map(descriptor).collect::<Vec<_>>(),
        });
        Self { config, layers, manifest: manifest.to_string().into() }
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Layer {
        &self.config
    }

    /// The layers, lowest first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The manifest, as JSON.
    #[must_use]
    pub const fn manifest(&self) -> &Bytes {
        &self.manifest
    }

    /// The manifest's digest, which is the image's: `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> String {
        digest_of(&self.manifest)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.display().to_string(), source })
}

pub(crate) fn digest_of(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
