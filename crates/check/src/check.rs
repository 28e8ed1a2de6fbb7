use std::collections::BTreeMap;

use wheelhouse_chart::{Chart, Compat, Warning, process_dependencies};
use wheelhouse_functions::instance_type::InstanceType;
use wheelhouse_objects::{Node, RepeatedKey, read_noting_repeats};
use wheelhouse_policy::{
    ChartFacts, ClusterFacts, DeploymentFacts, Facts, FunctionFacts, Intake, Level, Machines, Policy, check,
};
use wheelhouse_render::{PipelineError, RenderedChart, Renderer, Request, Tree, documents};
use wheelhouse_source::Span;

use crate::located::Located;
use crate::notes::{Notes, changes, entry, package, render, values};

/// What a chart is checked for.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// The function, if the chart is checked for one.
    pub function: Option<FunctionFacts>,
    /// The chart reference as the function writes it.
    pub reference: Option<String>,
    /// The instance type of a deployment, if one is made.
    pub instance_type: Option<String>,
    /// The cluster, as far as it is known.
    pub cluster: ClusterFacts,
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

/// A chart that did not render: there are no objects to check.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct NotRendered {
    /// Why.
    pub error: PipelineError,
    /// The same as a finding, with those of the package.
    pub findings: Vec<Located>,
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
) -> Result<Checked, Box<NotRendered>> {
    let mut facts = facts(&chart, request, check_request);
    let mut notes = Notes::new(&check_request.policy);
    package::reference(&mut notes, &chart, check_request.reference.as_deref());
    package::instance_type(&mut notes, &chart, check_request.instance_type.as_deref());
    // A breach of a schema or of kubeVersion is a finding; the objects are checked all the same.
    let lenient = Request { lenient: true, ..*request };
    let unprocessed = chart.clone();
    let mut rendered = match renderer.release(chart, &lenient, warnings) {
        Ok(rendered) => rendered,
        Err(error) => {
            let mut processed = unprocessed;
            // What fails here is what the render failed with.
            let _ = process_dependencies(&mut processed, request.values, Compat::V4, false, &mut Vec::new());
            package::dependencies(&mut notes, &processed);
            render::failed(&mut notes, &error);
            return Err(Box::new(NotRendered { error, findings: notes.found }));
        }
    };
    package::dependencies(&mut notes, &rendered.chart);
    package::refusals(&mut notes, &rendered, check_request.instance_type.is_some());
    render::broken_manifest(&mut notes, &rendered);
    let mut repeats = Vec::new();
    let trees = match &mut rendered.manifests {
        Ok(manifests) => std::mem::take(&mut manifests.trees),
        Err(_) => BTreeMap::new(),
    };
    let intake = Intake::new(nodes(&rendered, renderer, trees, &mut repeats));
    facts.files = rendered.files.iter().map(|file| file.name.clone()).collect();
    let report = check(&intake, &facts);
    let refused = report.refused();
    let mut findings = notes.found;
    findings.extend(report.findings.into_iter().map(|finding| Located::new(finding, &rendered)));
    let mut notes = Notes::new(&check_request.policy);
    if !refused {
        changes::hold(&mut notes, &rendered, &intake);
    }
    entry::name(&mut notes, &rendered, &intake, facts.function.as_ref());
    render::repeats(&mut notes, &rendered, repeats);
    render::calls(&mut notes, &rendered);
    render::numbers(&mut notes, &rendered, &intake);
    render::missing_values(&mut notes, &rendered, &intake);
    values::as_code(&mut notes, &rendered);
    values::unused(&mut notes, &rendered, request.values);
    findings.extend(notes.found);
    Ok(Checked { intake, findings, counted: report.counted, rendered })
}

fn facts(chart: &Chart, request: &Request<'_>, check_request: &CheckRequest) -> Facts {
    let machines = check_request.instance_type.as_deref().and_then(machines);
    Facts {
        chart: ChartFacts {
            name: chart.metadata.name.clone(),
            version: chart.metadata.version.clone(),
            chart_type: chart.metadata.chart_type.clone(),
            api_version: chart.metadata.api_version.clone(),
        },
        function: check_request.function.clone(),
        deployment: machines.map(|machines| DeploymentFacts { machines: Some(machines) }),
        cluster: check_request.cluster.clone(),
        policy: check_request.policy.clone(),
        namespace: request.release.namespace.clone(),
        files: Vec::new(),
    }
}

/// The machines of an instance type; one that cannot be read is a finding of its own (WH-147).
fn machines(instance_type: &str) -> Option<Machines> {
    let parsed = instance_type.parse::<InstanceType>().ok()?;
    Some(Machines {
        instance_type: instance_type.to_owned(),
        gpus_per_node: i64::from(parsed.gpus_per_node()),
        nodes: i64::from(parsed.nodes()),
    })
}

/// Every document of every rendered file, in install order where the heads could be read. A file
/// that is no YAML gives no nodes: `rendered.manifests` tells the error.
fn nodes(
    rendered: &RenderedChart,
    renderer: &Renderer,
    mut trees: BTreeMap<(usize, usize), Tree>,
    repeats: &mut Vec<(usize, RepeatedKey)>,
) -> Vec<(usize, Node)> {
    match &rendered.manifests {
        Ok(manifests) => {
            let hooks = manifests.hooks.iter().map(|hook| &hook.manifest);
            let order = manifests.manifests.iter().chain(hooks).chain(&manifests.dropped);
            let mut nodes = Vec::with_capacity(trees.len());
            for manifest in order {
                match trees.remove(&(manifest.file, manifest.span.start)) {
                    Some(Tree { root, repeats: found }) => {
                        repeats.extend(found.into_iter().map(|repeat| (manifest.file, repeat)));
                        nodes.push((manifest.file, root));
                    }
                    None => nodes.extend(read(rendered, manifest.file, manifest.span, repeats)),
                }
            }
            nodes
        }
        Err(_) => rendered
            .files
            .iter()
            .enumerate()
            .flat_map(|(index, file)| {
                documents(&file.text, renderer.compat()).into_iter().map(move |span| (index, span))
            })
            .filter_map(|(file, span)| read(rendered, file, span, repeats))
            .collect(),
    }
}

/// Reads one document of a file; nothing where it is no YAML.
fn read(
    rendered: &RenderedChart,
    file: usize,
    span: Span,
    repeats: &mut Vec<(usize, RepeatedKey)>,
) -> Option<(usize, Node)> {
    let text = rendered.files.get(file)?.text.get(span.range())?;
    let mut found = Vec::new();
    let node = read_noting_repeats(text, span.start, &mut found).ok()?;
    repeats.extend(found.into_iter().map(|repeat| (file, repeat)));
    Some((file, node))
}
