use std::collections::BTreeMap;

use crate::values::{Data, Table};

/// The `apiVersion` of charts from Helm 2 times.
pub const API_VERSION_V1: &str = "v1";
/// The `apiVersion` of charts since Helm 3.
pub const API_VERSION_V2: &str = "v2";

/// What Chart.yaml says. A text that is not given is empty, as in Go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// The chart's name; a parent's alias replaces it.
    pub name: String,
    /// A page about the project.
    pub home: String,
    /// Pages with the source.
    pub sources: Vec<String>,
    /// The chart's version: semantic, loosely.
    pub version: String,
    /// One sentence about the chart.
    pub description: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Who looks after it; an entry may be null.
    pub maintainers: Vec<Option<Maintainer>>,
    /// Address of an icon.
    pub icon: String,
    /// `v1` or `v2`.
    pub api_version: String,
    /// A condition; only kept for old charts.
    pub condition: String,
    /// Tags; only kept for old charts.
    pub tags: String,
    /// The version of what is inside.
    pub app_version: String,
    /// Whether the chart should no longer be used.
    pub deprecated: bool,
    /// Anything else, by name.
    pub annotations: Option<BTreeMap<String, String>>,
    /// A range of Kubernetes versions.
    pub kube_version: String,
    /// The subcharts asked for; `None` is not the same as none, and an entry may be null.
    pub dependencies: Option<Vec<Option<Dependency>>>,
    /// `application`, `library` or nothing. `type` in the file.
    pub chart_type: String,
}

/// Somebody who looks after a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// Name of a person or organisation.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Web address.
    pub url: String,
}

/// A subchart asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dependency {
    /// The subchart's name.
    pub name: String,
    /// A version, or a range of versions.
    pub version: String,
    /// Where it comes from.
    pub repository: String,
    /// Dotted paths of values, by commas; the first that holds true or false decides.
    pub condition: String,
    /// Names that switch groups of subcharts under `tags` in the values.
    pub tags: Vec<String>,
    /// Whether conditions and tags leave it on; set by [`crate::process_dependencies`].
    pub enabled: bool,
    /// Tables of the subchart's values to copy into the parent's.
    pub import_values: Option<Vec<ImportValue>>,
    /// The name to use instead of the subchart's own.
    pub alias: String,
}

/// An entry of `import-values`.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportValue {
    /// A name below the subchart's `exports`, copied to the root of the parent's values.
    Export(String),
    /// A table as written: `child` and `parent` name tables by dotted paths.
    Table(Table),
    /// What a processed entry becomes: both paths.
    Paths {
        /// Path in the subchart's values.
        child: String,
        /// Path in the parent's values; `.` is their root.
        parent: String,
    },
    /// Anything else: ignored.
    Other(Data),
}

impl Metadata {
    /// The requirements that are not null.
    pub fn requirements(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().flatten().flatten()
    }
}

impl Dependency {
    /// The name the subchart goes by in its parent: the alias if there is one.
    #[must_use]
    pub fn name_in_parent(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }
}
