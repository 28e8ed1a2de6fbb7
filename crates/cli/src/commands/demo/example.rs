//! The example chart and the image it runs, both out of this very program.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::json;
use wheelhouse_chart::{Compat, File, LoadOptions, Package, Stamp, load_files, package};
use wheelhouse_image::{Image, Program};
use wheelhouse_registry::{Blob, Client, Login, Options, Target};

use super::INFERENCE_SERVER;
use crate::commands::Failure;
use crate::stack::chained;

/// The repository that chart and image are pushed below.
pub(super) const REPOSITORY: &str = "demo";
const CHART: &str = "inference-test";
const VERSION: &str = "1.0";
/// Where the chart expects its image, unless its values say otherwise.
const UNPUSHED: &str = "localhost/inference-server";

macro_rules! chart {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../../examples/inference-test/", $path)))),*]
    };
}

const FILES: &[(&str, &str)] = chart!(
    "Chart.yaml",
    "values.yaml",
    "templates/NOTES.txt",
    "templates/_helpers.tpl",
    "templates/configmap.yaml",
    "templates/deployment.yaml",
    "templates/service.yaml",
);

/// The name of the image in a registry.
pub(super) fn image_repository(registry: &str) -> String {
    format!("{registry}/{REPOSITORY}/inference-server")
}

/// Packs the example chart, with the image of a registry in its values.
pub(super) fn chart(registry: &str) -> Result<Package, Failure> {
    let files = FILES.iter().map(|(path, text)| {
        let text = text.replace(UNPUSHED, &image_repository(registry));
        File::new(*path, text.as_bytes())
    });
    let chart = load_files(files.collect(), LoadOptions::default(), &mut Vec::new())?;
    Ok(package(&chart, Compat::V4, Stamp::Fixed(SystemTime::UNIX_EPOCH))?)
}

/// The image of the example server: this program, started as the server, with the libraries it needs.
pub(super) fn image() -> Result<Image, Failure> {
    let program = Program {
        executable: std::env::current_exe()?,
        path: "/usr/bin/wheelhouse".to_owned(),
        arguments: vec![INFERENCE_SERVER.to_owned()],
        ports: vec![8001],
        labels: vec![("org.opencontainers.image.title".to_owned(), "wheelhouse inference server".to_owned())],
    };
    Image::of_program(&program).map_err(chained)
}

/// Pushes into the embedded registry.
pub(super) struct Pusher {
    client: Client,
    registry: String,
    logins: [Login; 1],
}

impl Pusher {
    /// With an API key for a password.
    pub(super) fn new(registry: &str, token: &str) -> Self {
        let mut options = Options::default();
        options.policy.private_hosts.push(registry.to_owned());
        options.policy.plain_hosts.push(registry.to_owned());
        let auth = base64_of(&format!("demo:{token}"));
        let logins = [Login { host: registry.to_owned(), auth }];
        Pusher { client: Client::new(options), registry: registry.to_owned(), logins }
    }

    /// Pushes the chart where the create call looks for it.
    pub(super) async fn chart(&self, chart: &Package) -> Result<String, Failure> {
        let repository = format!("{REPOSITORY}/charts/{CHART}");
        let target = self.target(&repository);
        let metadata = json!({ "apiVersion": "v2", "name": CHART, "version": VERSION });
        let archive = Bytes::from(chart.archive.clone());
        let pushed = self.client.push_chart(&target, &metadata, archive, BTreeMap::new()).await;
        Ok(pushed.map_err(chained)?.digest.to_string())
    }

    /// Pushes the image where the chart's values say it is.
    pub(super) async fn image(&self, image: &Image) -> Result<String, Failure> {
        let repository = format!("{REPOSITORY}/inference-server");
        let blob = |layer: &wheelhouse_image::Layer| Blob::new(layer.media_type, layer.bytes.clone());
        let layers = image.layers().iter().map(blob).collect();
        let target = self.target(&repository);
        let pushed = self.client.push(&target, blob(image.config()), layers, BTreeMap::new()).await;
        Ok(pushed.map_err(chained)?.digest.to_string())
    }

    fn target<'a>(&'a self, repository: &'a str) -> Target<'a> {
        Target { host: &self.registry, repository, tag: VERSION, logins: &self.logins }
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wheelhouse_chart::load_archive;

    #[test]
    fn the_chart_asks_for_the_image_of_the_registry() {
        let packed = chart("127.0.0.1:5000").unwrap();
        assert_eq!(packed.file_name, "inference-test-1.0.tgz");
        let chart = load_archive(&packed.archive, LoadOptions::default(), &mut Vec::new()).unwrap();
        let values = chart.contents().raw.iter().find(|file| file.name == "values.yaml").unwrap();
        let text = String::from_utf8(values.data.to_vec()).unwrap();
        assert!(text.contains("repository: 127.0.0.1:5000/demo/inference-server\n"), "{text}");
        assert!(!text.contains(UNPUSHED));
    }
}
