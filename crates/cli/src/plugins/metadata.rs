//! `plugin.yaml`: version 1, and the older form without `apiVersion`.

use wheelhouse_goyaml::{Document, Kind, Limits, Node};
use wheelhouse_semver::Version;

use super::command::PlatformCommand;

/// What a plugin says of itself.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    /// `postrenderer/v1`, `cli/v1`, …
    pub(crate) kind: String,
    pub(crate) runtime: Runtime,
}

/// How a plugin is run.
#[derive(Debug)]
pub(crate) enum Runtime {
    /// A program, one for each platform.
    Subprocess(Vec<PlatformCommand>),
    /// A WebAssembly module (`extism/v1`).
    Wasm,
}

const FIELDS: &[&str] =
    &["apiVersion", "name", "type", "runtime", "version", "sourceURL", "config", "runtimeConfig"];

impl Metadata {
    /// Reads `plugin.yaml`; the error is Helm's.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let peek = |error: String| format!("failed to peek plugin.yaml API version: {error}");
        let document = Document::parse(text, &Limits::default()).map_err(|error| peek(error.to_string()))?;
        let root = document.root().ok_or_else(|| peek("EOF".to_owned()))?.resolved();
        match text_of(root, "apiVersion").map_err(peek)?.as_str() {
            "" => Self::older(root),
            "v1" => Self::version_1(root),
            other => Err(format!("invalid plugin apiVersion: {other:?}")),
        }
    }

    fn version_1(root: Node<'_>) -> Result<Self, String> {
        check_fields(root, FIELDS, "plugin.MetadataV1")?;
        let name = text_of(root, "name")?;
        let version = text_of(root, "version")?;
        let kind = text_of(root, "type")?;
        let runtime = text_of(root, "runtime")?;
        if !is_plugin_name(&name) {
            return Err("invalid plugin `name`".to_owned());
        }
        if version.is_empty() {
            return Err("plugin `version` is required".to_owned());
        }
        if Version::parse_strict(&version).is_err() {
            return Err(format!("invalid plugin `version` {version:?}: must be valid semver"));
        }
        if kind.is_empty() {
            return Err("`type` missing".to_owned());
        }
        if runtime.is_empty() {
            return Err("`runtime` missing".to_owned());
        }
        let runtime = version_1_runtime(root, &kind, &runtime)
            .map_err(|error| format!("failed to convert MetadataV1 to Metadata: {error}"))?;
        Ok(Metadata { name, kind, runtime })
    }

    /// Plugins of the older form are commands and downloaders.
    fn older(root: Node<'_>) -> Result<Self, String> {
        let name = text_of(root, "name")?;
        let version = text_of(root, "version")?;
        if !is_plugin_name(&name) {
            return Err(format!("invalid plugin name {name:?}: must contain only a-z, A-Z, 0-9, _ and -"));
        }
        if !version.is_empty() && Version::parse_strict(&version).is_err() {
            return Err(format!("invalid plugin version {version:?}: must be valid semver"));
        }
        let both = |left: &str, right: &str| {
            field(root, left).is_some_and(|value| !value.is_empty())
                && field(root, right).is_some_and(|value| {
                    !value.is_empty() || value.scalar().is_some_and(|text| !text.is_empty())
                })
        };
        if both("platformCommand", "command") {
            return Err("both platformCommand and command are set".to_owned());
        }
        if both("platformHooks", "hooks") {
            return Err("both platformHooks and hooks are set".to_owned());
        }
        let downloads = field(root, "downloaders").is_some_and(|list| !list.is_empty());
        let kind = if downloads { "getter/v1" } else { "cli/v1" }.to_owned();
        Ok(Metadata { name, kind, runtime: Runtime::Subprocess(Vec::new()) })
    }
}

fn version_1_runtime(root: Node<'_>, kind: &str, runtime: &str) -> Result<Runtime, String> {
    let known: &[&str] = match kind {
        "postrenderer/v1" | "test/v1" => &[],
        "cli/v1" => &["usage", "shortHelp", "longHelp", "ignoreFlags"],
        "getter/v1" => &["protocols"],
        _ => return Err(format!("unknown plugin type {kind:?}")),
    };
    if let (Some(config), "postrenderer/v1") = (field(root, "config"), kind) {
        check_fields(config, known, "schema.ConfigPostRendererV1")?;
    }
    let config = field(root, "runtimeConfig");
    match runtime {
        "subprocess" => {
            let commands = config.and_then(|config| field(config, "platformCommand"));
            let commands = commands.map(platform_commands).transpose().map_err(|error| {
                format!("failed to unmarshal runtimeConfig for subprocess runtime: {error}")
            })?;
            Ok(Runtime::Subprocess(commands.unwrap_or_default()))
        }
        "extism/v1" => Ok(Runtime::Wasm),
        _ => Err(format!("unsupported plugin runtime type: {runtime:?}")),
    }
}

fn platform_commands(list: Node<'_>) -> Result<Vec<PlatformCommand>, String> {
    match list.kind() {
        Kind::Sequence => {}
        Kind::Scalar if is_null(list) => return Ok(Vec::new()),
        _ => return Err(wrong_type(list, "[]plugin.PlatformCommand")),
    }
    list.items()
        .map(Node::resolved)
        .map(|command| {
            let arguments = match field(command, "args") {
                Some(list) if list.kind() == Kind::Sequence => {
                    list.items().map(|item| text(item.resolved())).collect::<Result<_, _>>()?
                }
                Some(list) if !is_null(list) => return Err(wrong_type(list, "[]string")),
                _ => Vec::new(),
            };
            Ok(PlatformCommand {
                system: text_of(command, "os")?,
                architecture: text_of(command, "arch")?,
                command: text_of(command, "command")?,
                arguments,
            })
        })
        .collect()
}

/// A field of a mapping, the last of equal ones.
fn field<'d>(node: Node<'d>, name: &str) -> Option<Node<'d>> {
    let found = node.entries().filter(|(key, _)| key.resolved().scalar() == Some(name)).last();
    found.map(|(_, value)| value.resolved())
}

/// A field as text; empty if it is missing or null.
fn text_of(node: Node<'_>, name: &str) -> Result<String, String> {
    field(node, name).map_or_else(|| Ok(String::new()), text)
}

fn text(node: Node<'_>) -> Result<String, String> {
    if is_null(node) {
        return Ok(String::new());
    }
    node.scalar().map(str::to_owned).ok_or_else(|| wrong_type(node, "string"))
}

fn is_null(node: Node<'_>) -> bool {
    node.is_implicit() && matches!(node.scalar(), Some("" | "~" | "null" | "Null" | "NULL"))
}

fn wrong_type(node: Node<'_>, wanted: &str) -> String {
    let found = match node.kind() {
        Kind::Sequence => "!!seq".to_owned(),
        Kind::Mapping => "!!map".to_owned(),
        _ => format!("!!str `{}`", node.scalar().unwrap_or_default()),
    };
    format!("yaml: unmarshal errors:\n  line {}: cannot unmarshal {found} into {wanted}", node.place().line)
}

/// Refuses fields that nobody knows.
fn check_fields(node: Node<'_>, known: &[&str], type_name: &str) -> Result<(), String> {
    let mut problems = String::new();
    for (key, _) in node.entries() {
        let name = key.resolved().scalar().unwrap_or_default();
        if !known.contains(&name) {
            let line = key.place().line;
            problems.push_str(&format!("\n  line {line}: field {name} not found in type {type_name}"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(format!("yaml: unmarshal errors:{problems}")) }
}

fn is_plugin_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
