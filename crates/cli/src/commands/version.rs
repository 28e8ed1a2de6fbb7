use std::any::Any;

use wheelhouse_gotemplate::{
    Engine, FunctionTable, GoString, Kind, Object, Options, ParseError, Parser, TemplateSet, Value,
};

use super::Failure;
use crate::arguments::Version;
use crate::printer::Printer;

/// The Helm whose behaviour is matched, in Helm's own form: scripts read it.
pub(crate) const HELM_VERSION: &str = "v4.2";
/// The Go and Kubernetes client versions that Helm names beside its own.
pub(crate) const GO_VERSION: &str = "go1.26.8";
/// The Kubernetes client library whose API versions are known.
pub(crate) const KUBE_CLIENT_VERSION: &str = "v1.36";

/// Prints the version as Helm does.
pub(super) fn run(options: &Version, printer: Printer) -> Result<(), Failure> {
    if !options.arguments.is_empty() {
        return Err(Failure::new("\"helm version\" accepts no arguments\n\nUsage:  helm version [flags]"));
    }
    if !options.template.is_empty() {
        printer.data(from_template(&options.template)?);
    } else if options.short {
        printer.data(format!("{HELM_VERSION}\n"));
    } else {
        let fields: Vec<String> =
            BUILD_INFO.iter().map(|(name, value)| format!("{name}:\"{value}\"")).collect();
        printer.data(format!("version.BuildInfo{{{}}}\n", fields.join(", ")));
    }
    Ok(())
}

/// What Helm tells of itself, field by field.
const BUILD_INFO: [(&str, &str); 5] = [
    ("Version", HELM_VERSION),
    ("GitCommit", ""),
    ("GitTreeState", ""),
    ("GoVersion", GO_VERSION),
    ("KubeClientVersion", KUBE_CLIENT_VERSION),
];

/// [`BUILD_INFO`] as templates see it.
#[derive(Debug)]
struct BuildInfo;

impl Object for BuildInfo {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        BUILD_INFO.iter().map(|(name, value)| (*name, Value::string(*value))).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Renders a template that knows only Go's own functions.
fn from_template(template: &str) -> Result<Vec<u8>, Failure> {
    const NAME: &str = "_";
    let parser = Parser::new(FunctionTable::new());
    let failed = |error: ParseError| Failure::new(error.named(NAME).to_string());
    let file = parser.parse(&GoString::from(template)).map_err(failed)?;
    let mut set = TemplateSet::new(NAME);
    set.add(NAME, &file).map_err(failed)?;
    let mut engine = Engine::new(&parser, &set, Options::default());
    engine
        .execute(NAME, Value::object(BuildInfo))
        .map(|output| output.bytes)
        .map_err(|error| Failure::new(error.to_string()))
}
