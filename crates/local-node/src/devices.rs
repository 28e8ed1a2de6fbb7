//! Devices of the machine that containers get, as GPUs: found as the Container Device Interface describes
//! them, counted out to the containers that ask for them.
//!
//! Who installs a device's driver describes in a file what a container needs for each device: device
//! nodes, files, variables, hooks (`nvidia-ctk cdi generate` does so for NVIDIA's). A description of the
//! kind `nvidia.com/gpu` is the resource of that name.

mod description;
mod pool;

use std::path::{Path, PathBuf};

pub use description::{Bind, Device, Edits, Node};
pub(crate) use pool::{Lease, Pool};

/// Where descriptions lie.
pub const FOLDERS: [&str; 2] = ["/etc/cdi", "/var/run/cdi"];

/// The model of the machine's NVIDIA GPUs in one word, as `L40S`, from what the driver says.
#[must_use]
pub fn nvidia_model() -> Option<String> {
    let folders = std::fs::read_dir("/proc/driver/nvidia/gpus").ok()?;
    let mut texts = folders
        .flatten()
        .filter_map(|folder| std::fs::read_to_string(folder.path().join("information")).ok());
    texts.find_map(|text| model_of(&text))
}

fn model_of(information: &str) -> Option<String> {
    let line = information.lines().find_map(|line| line.strip_prefix("Model:"))?;
    let name = line.trim().trim_start_matches("NVIDIA").trim();
    let word: Vec<&str> = name.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    Some(word.join("-")).filter(|name| !name.is_empty())
}

/// The devices that the descriptions in these folders name, each once. A later folder goes before an
/// earlier one; what cannot be read is left out and said.
#[must_use]
pub fn discover<P: AsRef<Path>>(folders: impl IntoIterator<Item = P>) -> Vec<Device> {
    let mut found: Vec<Device> = Vec::new();
    for folder in folders {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.as_ref())
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let kind = path.extension().and_then(|kind| kind.to_str());
                matches!(kind, Some("json" | "yaml" | "yml"))
            })
            .collect();
        files.sort();
        for file in files {
            let read = std::fs::read(&file).map_err(|error| error.to_string());
            match read.and_then(|bytes| description::read(&bytes)) {
                Ok(devices) => {
                    found.retain(|known| {
                        !devices.iter().any(|new| new.resource == known.resource && new.name == known.name)
                    });
                    found.extend(devices);
                }
                Err(error) => {
                    tracing::warn!(file = %file.display(), error, "a description of devices cannot be used");
                }
            }
        }
    }
    description::distinct(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_one_word() {
        for (line, model) in [
            ("Model: \t\t NVIDIA L40S\nIRQ: 7\n", Some("L40S")),
            ("Model: NVIDIA H100 80GB HBM3\n", Some("H100-80GB-HBM3")),
            ("Model: NVIDIA\n", None),
            ("IRQ: 7\n", None),
        ] {
            assert_eq!(model_of(line).as_deref(), model, "{line}");
        }
    }

    #[test]
    fn a_later_folder_goes_before_an_earlier_one() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |folder: &tempfile::TempDir, name: &str, path: &str| {
            let text = format!(
                "{{kind: a.b/c, devices: [{{name: x, containerEdits: {{deviceNodes: [{{path: {path}}}]}}}}]}}"
            );
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write(&one, "a.yaml", "/dev/one");
        write(&two, "a.json", "/dev/two");
        write(&two, "readme.txt", "/dev/three");
        std::fs::write(two.path().join("broken.json"), "{").unwrap();
        let found = discover([one.path(), two.path(), Path::new("/nowhere")]);
        let paths: Vec<&str> = found.iter().map(|device| device.own.nodes[0].path.as_str()).collect();
        assert_eq!(paths, ["/dev/two"]);
    }
}
