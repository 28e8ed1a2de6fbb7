//! From a loaded chart and the user's values to sorted manifests: the one way every command takes.

use wheelhouse_chart::schema::validate_values;
use wheelhouse_chart::values::{Coalescer, Origins, Table};
use wheelhouse_chart::{Chart, Error as ChartError, Warning, is_compatible_range, process_dependencies};
use wheelhouse_gotemplate::error::LimitReached;
use wheelhouse_gotemplate::{Clock, Limits, Map, Piece, TemplateCost, Trace, Usage};
use wheelhouse_sprig::Environment;

use crate::capabilities::Capabilities;
use crate::engine::{Job, Release, Renderer};
use crate::error::RenderError;
use crate::manifest::{ManifestError, Manifests, RenderedFile, manifests};

/// What a chart is rendered with.
pub struct Request<'a> {
    /// The user's values.
    pub values: &'a Table,
    /// The release.
    pub release: &'a Release,
    /// The cluster.
    pub capabilities: &'a Capabilities,
    /// What functions need from outside.
    pub environment: &'a Environment,
    /// What may be used up.
    pub limits: Limits,
    /// Asked now and then whether to go on: how wall time is limited.
    pub checkpoint: Option<&'a dyn Fn() -> Result<(), LimitReached>>,
    /// Whether values are not held against the charts' schemas.
    pub skip_schema_validation: bool,
    /// Whether places are recorded, to tell where each byte came from.
    pub trace: bool,
    /// A clock, to count what each template costs.
    pub clock: Option<Clock<'a>>,
    /// Whether values that break a schema and a chart that is for another Kubernetes are told in
    /// [`RenderedChart::refusals`] instead of ending the render.
    pub lenient: bool,
}

/// A rendered chart.
#[derive(Debug)]
pub struct RenderedChart {
    /// The chart, its dependencies processed.
    pub chart: Chart,
    /// Every rendered file but the notes.
    pub files: Vec<RenderedFile>,
    /// The rendered NOTES.txt files, the chart's own and those of its subcharts.
    pub notes: Vec<RenderedFile>,
    /// The documents of the files, sorted out; or the first that is no manifest.
    pub manifests: Result<Manifests, ManifestError>,
    /// Where values came from, if places were recorded.
    pub origins: Origins,
    /// What the render used.
    pub usage: Usage,
    /// What each template cost, the dearest first, if a clock was given.
    pub costs: Vec<TemplateCost>,
    /// What the pieces of the files name, if places were recorded.
    pub trace: Option<Trace>,
    /// The values as templates saw them.
    pub values: Map,
    /// What a lenient request did not end for.
    pub refusals: Vec<PipelineError>,
    /// The missing values that were left out, with the names of their files, if places were recorded.
    pub missing: Vec<(String, Piece)>,
}

impl RenderedChart {
    /// The bytes of a manifest.
    #[must_use]
    pub fn text(&self, manifest: &crate::Manifest) -> &[u8] {
        self.files
            .get(manifest.file)
            .and_then(|file| file.text.get(manifest.span.range()))
            .unwrap_or_default()
    }

    /// The name of a manifest's file.
    #[must_use]
    pub fn file_name(&self, manifest: &crate::Manifest) -> &str {
        self.files.get(manifest.file).map(|file| file.name.as_str()).unwrap_or_default()
    }
}

/// Why a chart gave no manifests.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The subcharts could not be decided.
    #[error("chart dependencies processing failed: {0}")]
    Dependencies(ChartError),
    /// The values do not fit together, or not the schemas.
    #[error("{0}")]
    Values(ChartError),
    /// The chart is for another Kubernetes.
    #[error("chart requires kubeVersion: {range} which is incompatible with Kubernetes {version}")]
    KubeVersion {
        /// What the chart asks for.
        range: String,
        /// What there is.
        version: String,
    },
    /// A template failed.
    #[error("{0}")]
    Render(#[from] RenderError),
}

const NOTES: &str = "NOTES.txt";

impl Renderer {
    /// Renders a loaded chart for a release: dependencies, values, schemas, templates, sorting.
    ///
    /// # Errors
    /// Whatever stops before there are rendered files.
    pub fn release(
        &self,
        mut chart: Chart,
        request: &Request<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Result<RenderedChart, PipelineError> {
        let compat = self.compat();
        process_dependencies(&mut chart, request.values, compat, request.trace, warnings)
            .map_err(PipelineError::Dependencies)?;
        let mut origins = if request.trace { Origins::on() } else { Origins::off() };
        let values = Coalescer::new(compat, &mut origins, warnings)
            .coalesce(&chart, request.values)
            .map_err(PipelineError::Values)?;
        let schema = if request.skip_schema_validation {
            Ok(())
        } else {
            let documents = |url: &str| request.environment.host.schema_document(url);
            validate_values(&chart, &values, &documents, warnings).map_err(PipelineError::Values)
        };
        let mut refusals = Vec::new();
        for checked in [schema, check_kube_version(&chart, request.capabilities)] {
            match checked {
                Err(error) if request.lenient => refusals.push(error),
                checked => checked?,
            }
        }
        let rendered = self.render(&Job {
            chart: &chart,
            values: &values,
            release: request.release,
            capabilities: request.capabilities,
            environment: request.environment,
            limits: request.limits,
            checkpoint: request.checkpoint,
            trace: request.trace,
            clock: request.clock,
        })?;
        let (notes, files): (Vec<_>, Vec<_>) =
            rendered.files.into_iter().partition(|file| file.name.ends_with(NOTES));
        let manifests = manifests(&files, compat, request.trace);
        Ok(RenderedChart {
            chart,
            files,
            notes,
            manifests,
            origins,
            usage: rendered.usage,
            costs: rendered.costs,
            trace: rendered.trace,
            values,
            refusals,
            missing: rendered.missing,
        })
    }
}

fn check_kube_version(chart: &Chart, capabilities: &Capabilities) -> Result<(), PipelineError> {
    let range = &chart.metadata.kube_version;
    let version = &capabilities.kube_version;
    if range.is_empty() || is_compatible_range(range, &version.normalized) {
        return Ok(());
    }
    Err(PipelineError::KubeVersion { range: range.clone(), version: version.version.clone() })
}
