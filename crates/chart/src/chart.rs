use std::sync::Arc;

use crate::text::extension;
use crate::values::Table;
use crate::{File, Lock, Metadata};

/// A loaded chart with its subcharts. Cheap to clone: what rendering does not change is shared.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// Chart.yaml, with the requirements of requirements.yaml.
    pub metadata: Metadata,
    pub(crate) values: Arc<Table>,
    pub(crate) contents: Arc<Contents>,
    pub(crate) dependencies: Vec<Chart>,
    /// The path of the chart where it is not that of the charts it is in.
    pub(crate) path: Option<String>,
}

/// What a chart's files hold, by role.
#[derive(Debug, Default)]
pub struct Contents {
    /// The directory the chart was loaded from, below the root chart's (`charts/redis`,
    /// `charts/redis-1.0.0.tgz`); empty for the root chart. Chart names and directory names differ.
    pub directory: String,
    /// Every file as it was.
    pub raw: Vec<File>,
    /// Chart.lock or requirements.lock.
    pub lock: Option<Lock>,
    /// Files under `templates/`.
    pub templates: Vec<File>,
    /// values.schema.json.
    pub schema: Option<File>,
    /// Everything that has no other role.
    pub files: Vec<File>,
}

/// A custom resource definition of a chart's `crds/` directory.
#[derive(Clone, Debug)]
pub struct Crd<'a> {
    /// The file's path under the charts it is in: `parent/charts/child/crds/x.yaml`.
    pub path: String,
    /// The file.
    pub file: &'a File,
}

impl Chart {
    /// The chart's name: that of Chart.yaml, or the alias a parent gives it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The default values.
    #[must_use]
    pub fn values(&self) -> &Table {
        &self.values
    }

    /// The files.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The subcharts: all that were found, or after [`crate::process_dependencies`] the enabled ones.
    #[must_use]
    pub fn dependencies(&self) -> &[Chart] {
        &self.dependencies
    }

    /// Whether this is a library chart, which renders nothing by itself.
    #[must_use]
    pub fn is_library(&self) -> bool {
        self.metadata.chart_type.eq_ignore_ascii_case("library")
    }

    /// The path under which the chart's files are known (`root/charts/child`), given that of the
    /// chart it is in; `None` for the root. A subchart that two aliases of a chart share goes by
    /// the path of one of them, as in Helm.
    #[must_use]
    pub fn full_path(&self, parent: Option<&str>) -> String {
        match (&self.path, parent) {
            (Some(path), _) => path.clone(),
            (None, Some(parent)) => format!("{parent}/charts/{}", self.name()),
            (None, None) => self.name().to_owned(),
        }
    }

    /// The custom resource definitions under `crds/` of this chart, then of its subcharts.
    #[must_use]
    pub fn crds(&self) -> Vec<Crd<'_>> {
        let mut crds = Vec::new();
        self.collect_crds(&self.full_path(None), &mut crds);
        crds
    }

    fn collect_crds<'a>(&'a self, path: &str, crds: &mut Vec<Crd<'a>>) {
        let is_crd = |file: &&File| file.name.starts_with("crds/") && has_manifest_extension(&file.name);
        crds.extend(
            self.contents
                .files
                .iter()
                .filter(is_crd)
                .map(|file| Crd { path: format!("{path}/{}", file.name), file }),
        );
        for subchart in &self.dependencies {
            subchart.collect_crds(&subchart.full_path(Some(path)), crds);
        }
    }
}

fn has_manifest_extension(name: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|wanted| extension(name).eq_ignore_ascii_case(wanted))
}
