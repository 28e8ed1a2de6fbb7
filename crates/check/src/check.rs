use wheelhouse_chart::{Chart, Warning};
use wheelhouse_objects::{Node, read_document};
use wheelhouse_policy::{ChartFacts, DeploymentFacts, Facts, FunctionFacts, Intake, Level, Policy, check};
use wheelhouse_render::{PipelineError, RenderedChart, Renderer, Request, documents};

use crate::located::Located;

/// What a chart is checked for.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// The function, if the chart is checked for one.
    pub function: Option<FunctionFacts>,
    /// The deployment, if one is made.
    pub deployment: Option<DeploymentFacts>,
    /// The policy.
    pub policy: Policy,
}

/// A checked chart.
#[derive(Debug)]
pub struct Checked {
    /// The rendered chart.
    pub rendered: RenderedChart,
    /// The documents, sorted out.
    pub intake: Intake,
    /// Every finding, with its place.
    pub findings: Vec<Located>,
    /// How many objects count towards the limit.
    pub counted: usize,
}

impl Checked {
    /// Whether the chart is refused.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.findings.iter().any(|located| located.finding.level == Level::Error)
    }
}

/// Renders and checks a chart. Set `request.trace`, or findings have no places.
///
/// # Errors
/// When the chart gives no manifests to check.
pub fn check_chart(
    renderer: &Renderer,
    chart: Chart,
    request: &Request<'_>,
    check_request: &CheckRequest,
    warnings: &mut Vec<Warning>,
) -> Result<Checked, PipelineError> {
    let facts = Facts {
        chart: ChartFacts {
            name: chart.metadata.name.clone(),
            version: chart.metadata.version.clone(),
            chart_type: chart.metadata.chart_type.clone(),
            api_version: chart.metadata.api_version.clone(),
        },
        function: check_request.function.clone(),
        deployment: check_request.deployment.clone(),
        policy: check_request.policy.clone(),
        namespace: request.release.namespace.clone(),
    };
    let rendered = renderer.release(chart, request, warnings)?;
    let intake = Intake::new(nodes(&rendered, renderer));
    let report = check(&intake, &facts);
    let findings = report.findings.into_iter().map(|finding| Located::new(finding, &rendered)).collect();
    Ok(Checked { intake, findings, counted: report.counted, rendered })
}

/// Every document of every rendered file, in install order where the heads could be read. A file
/// that is no YAML gives no nodes: `rendered.manifests` tells the error.
fn nodes(rendered: &RenderedChart, renderer: &Renderer) -> Vec<(usize, Node)> {
    let read = |file: usize, span: wheelhouse_source::Span| -> Option<(usize, Node)> {
        let text = rendered.files.get(file)?.text.get(span.range())?;
        Some((file, read_document(text, span.start).ok()?))
    };
    match &rendered.manifests {
        Ok(manifests) => {
            let hooks = manifests.hooks.iter().map(|hook| &hook.manifest);
            manifests
                .manifests
                .iter()
                .chain(hooks)
                .chain(&manifests.dropped)
                .filter_map(|manifest| read(manifest.file, manifest.span))
                .collect()
        }
        Err(_) => rendered
            .files
            .iter()
            .enumerate()
            .flat_map(|(index, file)| {
                documents(&file.text, renderer.compat()).into_iter().map(move |span| (index, span))
            })
            .filter_map(|(file, span)| read(file, span))
            .collect(),
    }
}
