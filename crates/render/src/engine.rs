//! Rendering: parse every template of a chart, then execute file after file.

use std::collections::HashSet;
use std::sync::Arc;

use wheelhouse_chart::{Chart, Compat};
use wheelhouse_gotemplate::error::LimitReached;
use wheelhouse_gotemplate::{
    Clock, Engine, FunctionTable, GoString, Limits, Map, MissingKey, Options, ParsedFile, Parser, Piece,
    TemplateCost, TemplateSet, TextRole, Trace, Usage, Value,
};
use wheelhouse_source::Span;
use wheelhouse_sprig::Environment;

use crate::capabilities::Capabilities;
use crate::error::RenderError;
use crate::manifest::RenderedFile;
use crate::scope::{self, Renderable, Shared};

/// The release a chart is rendered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// `.Release.Name`
    pub name: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// `.Release.Revision`
    pub revision: i64,
    /// What is done with it.
    pub operation: Operation,
}

/// What is done with a release: `.Release.IsInstall`, `.Release.IsUpgrade`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is new.
    Install,
    /// There is an earlier revision.
    Upgrade,
    /// Neither: the chart is only looked at.
    Lint,
}

impl Release {
    fn value(&self) -> Value {
        Value::Map(Map::from_entries([
            (GoString::from("Name"), Value::from(self.name.as_str())),
            (GoString::from("Namespace"), Value::from(self.namespace.as_str())),
            (GoString::from("IsUpgrade"), Value::Bool(self.operation == Operation::Upgrade)),
            (GoString::from("IsInstall"), Value::Bool(self.operation == Operation::Install)),
            (GoString::from("Revision"), Value::Int(self.revision)),
            (GoString::from("Service"), Value::from("Helm")),
        ]))
    }
}

/// What to render.
pub struct Job<'a> {
    /// The chart, its dependencies processed.
    pub chart: &'a Chart,
    /// The coalesced values.
    pub values: &'a Map,
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
    /// Whether places are recorded.
    pub trace: bool,
    /// A clock, to count what each template costs.
    pub clock: Option<Clock<'a>>,
}

/// What a render gave.
#[derive(Debug)]
pub struct Rendered {
    /// Every rendered file, in the order of rendering.
    pub files: Vec<RenderedFile>,
    /// What it used.
    pub usage: Usage,
    /// What each template cost, the dearest first, if a clock was given.
    pub costs: Vec<TemplateCost>,
    /// What the pieces of the files name, if places were recorded.
    pub trace: Option<Trace>,
    /// The missing values that were left out, with the names of their files, if places were recorded.
    pub missing: Vec<(String, Piece)>,
}

/// An `if`, `with` or `range` of a chart's templates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BranchSite {
    /// The template's file: `chart/templates/deployment.yaml`.
    pub file: String,
    /// Where it stands in the file.
    pub span: Span,
    /// The texts that its condition compares with.
    pub constants: Vec<String>,
}

/// Functions whose results depend on the clock, on randomness, on a cluster or on a network.
const WATCHED: &[&str] = &[
    "ago",
    "bcrypt",
    "encryptAES",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "getHostByName",
    "htpasswd",
    "lookup",
    "now",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "uuidv4",
];

/// Renders charts. One renderer serves many charts and threads: a text is parsed once.
pub struct Renderer {
    parser: Parser,
    compat: Compat,
}

impl Renderer {
    /// A renderer that follows the given Helm.
    #[must_use]
    pub fn new(compat: Compat) -> Self {
        let functions = FunctionTable::new()
            .with(wheelhouse_sprig::functions(compat).iter().copied())
            .with_role("include", TextRole::Include)
            .with_role("indent", TextRole::Indent)
            .with_role("nindent", TextRole::NewlineIndent);
        Renderer { parser: Parser::new(functions), compat }
    }

    /// The Helm it follows.
    #[must_use]
    pub fn compat(&self) -> Compat {
        self.compat
    }

    /// Renders a chart with its subcharts.
    ///
    /// Evaluation takes native stack: the thread must have what `job.limits.stack` says, and some
    /// more.
    ///
    /// # Errors
    /// When a template does not parse, fails, or a limit is reached.
    pub fn render(&self, job: &Job<'_>) -> Result<Rendered, RenderError> {
        let shared = Shared {
            release: job.release.value(),
            capabilities: job.capabilities.value(self.compat),
            compat: self.compat,
        };
        let mut templates = Vec::new();
        scope::collect(job.chart, job.chart.name(), None, job.values, &shared, &mut templates);
        sort(&mut templates);
        let set = self.parse(&templates)?;
        let options = Options {
            missing_key: MissingKey::Zero,
            limits: job.limits,
            checkpoint: job.checkpoint,
            environment: job.environment,
            trace: job.trace,
            clock: job.clock,
            watch: WATCHED,
        };
        let mut engine = Engine::new(&self.parser, &set, options);
        let mut files = Vec::new();
        let mut missing = Vec::new();
        for template in &templates {
            if template.name.rsplit('/').next().unwrap_or_default().starts_with('_') {
                continue;
            }
            template.scope.insert("Template", Value::Map(self.template_value(template)));
            let mut output = engine
                .execute(&template.name, Value::Map(template.scope.clone()))
                .map_err(|error| RenderError::exec(&template.name, &error, self.compat))?;
            let gone = output.remove(NO_VALUE);
            missing.extend(gone.into_iter().map(|piece| (template.name.clone(), piece)));
            files.push(RenderedFile {
                name: template.name.clone(),
                text: output.bytes,
                pieces: output.pieces,
            });
        }
        let (usage, costs) = (engine.usage(), engine.costs());
        Ok(Rendered { files, usage, costs, trace: engine.into_trace(), missing })
    }

    fn parse(&self, templates: &[Renderable]) -> Result<TemplateSet, RenderError> {
        let mut set = TemplateSet::new("gotpl");
        let mut nodes = Nodes::default();
        for template in templates {
            let failed = |error: wheelhouse_gotemplate::error::ParseError| {
                RenderError::parse(&template.name, &error.named(&template.name), &template.text)
            };
            let file = self.parser.parse(&template.text).map_err(failed)?;
            nodes.add(&file, &template.name)?;
            set.add(&template.name, &file).map_err(failed)?;
        }
        Ok(set)
    }

    /// Every branch of a chart's templates, its dependencies processed: what coverage counts.
    ///
    /// # Errors
    /// When a template does not parse.
    pub fn branch_sites(&self, chart: &Chart) -> Result<Vec<BranchSite>, RenderError> {
        let mut sites = Vec::new();
        self.branch_sites_below(chart, chart.name(), &mut sites)?;
        Ok(sites)
    }

    fn branch_sites_below(
        &self,
        chart: &Chart,
        path: &str,
        sites: &mut Vec<BranchSite>,
    ) -> Result<(), RenderError> {
        for template in &chart.contents().templates {
            let file = format!("{path}/{}", template.name);
            let text = GoString::from(Arc::clone(&template.data));
            let parsed = self
                .parser
                .parse(&text)
                .map_err(|error| RenderError::parse(&file, &error.named(&file), &text))?;
            for (span, pipe) in parsed.arena().branches() {
                let constants = parsed.arena().texts_below(pipe);
                sites.push(BranchSite { file: file.clone(), span, constants });
            }
        }
        for child in chart.dependencies() {
            self.branch_sites_below(child, &format!("{path}/charts/{}", child.name()), sites)?;
        }
        Ok(())
    }

    fn template_value(&self, template: &Renderable) -> Map {
        Map::of_type(scope::values_type(self.compat)).filled([
            (GoString::from("Name"), Value::from(template.name.as_str())),
            (GoString::from("BasePath"), Value::from(template.base_path.as_str())),
        ])
    }
}

/// Syntax nodes of all templates together: what they take of the memory.
#[derive(Default)]
struct Nodes {
    counted: HashSet<*const ParsedFile>,
    total: usize,
}

impl Nodes {
    /// About 150 megabytes; the largest public charts have a tenth of it. Helm has no bound.
    const MOST: usize = 1_500_000;

    /// Counts a file, unless an equal one was counted: they share their nodes.
    fn add(&mut self, file: &Arc<ParsedFile>, name: &str) -> Result<(), RenderError> {
        if self.counted.insert(Arc::as_ptr(file)) {
            self.total = self.total.saturating_add(file.arena().len());
        }
        if self.total > Self::MOST {
            return Err(RenderError::too_large(name, LimitReached::Nodes { limit: Self::MOST }));
        }
        Ok(())
    }
}

/// Helm's order: the deepest files first, and among those of one depth the last name first, so that
/// a parent's definitions replace those of its subcharts.
fn sort(templates: &mut [Renderable]) {
    let depth = |template: &Renderable| template.name.matches('/').count();
    templates.sort_by(|left, right| depth(right).cmp(&depth(left)).then_with(|| right.name.cmp(&left.name)));
}

/// What Go prints for a missing value, which Helm takes out of the finished text.
const NO_VALUE: &[u8] = b"<no value>";
