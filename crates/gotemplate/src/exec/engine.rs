use std::any::Any;

use wheelhouse_source::Span;

use super::limits::Meter;
use super::profiler::{Clock, Profiler};
use super::scope::Scope;
use super::tracer::Tracer;
use super::{Limits, Operand, Output, Usage};
use crate::error::LimitReached;
use crate::function::{CallError, Function};
use crate::node::{Many, Name, Node, NodeId, Number};
use crate::program::Program;
use crate::stack::StackGuard;
use crate::template_set::{NamedFile, Parser, Template, TemplateSet};
use crate::trace::{CallKind, Trace};
use crate::value::{GoString, Value};

/// What a map without the key gives: Go's `missingkey` option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// `missingkey=default`: an invalid value.
    Invalid,
    /// `missingkey=zero`: the zero of the map's element type; Helm's choice.
    #[default]
    Zero,
    /// `missingkey=error`: an error.
    Error,
}

/// How an [`Engine`] runs.
#[derive(Clone, Copy)]
pub struct Options<'e> {
    /// What a map without the key gives.
    pub missing_key: MissingKey,
    /// What may be used up.
    pub limits: Limits,
    /// Asked now and then whether to go on: how wall time is limited.
    pub checkpoint: Option<&'e dyn Fn() -> Result<(), LimitReached>>,
    /// What functions get from [`Context::environment`](crate::Context::environment).
    pub environment: &'e dyn Any,
    /// Whether to note where every byte of the output comes from.
    pub trace: bool,
    /// A clock, to count what each template costs; see [`Engine::costs`].
    pub clock: Option<Clock<'e>>,
    /// Functions whose calls a traced run notes.
    pub watch: &'static [&'static str],
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            missing_key: MissingKey::default(),
            limits: Limits::default(),
            checkpoint: None,
            environment: &(),
            trace: false,
            clock: None,
            watch: &[],
        }
    }
}

/// Executes the templates of one set.
///
/// **Stack.** Evaluation recurses natively, and every nested `include` costs some kilobytes of
/// stack; [`Limits::stack`] says how much there is, and going beyond it is an ordinary error.
/// Helm's deepest nesting, 1000 `include`s, fits in 64 MiB in every build.
pub struct Engine<'e> {
    pub(super) parser: &'e Parser,
    pub(super) options: Options<'e>,
    pub(super) scope: Scope<'e>,
    pub(super) meter: Meter,
    pub(super) stack: StackGuard,
    /// Variables of all templates being run; each has its own stretch.
    pub(super) variables: Vec<Operand>,
    /// The node an error would be told of.
    pub(super) node: NodeId,
    /// How many templates are open since one was included last: Go counts each execution for itself.
    pub(super) depth: u64,
    /// The names open in `include`.
    pub(super) included: Vec<GoString>,
    /// How many texts are open in `tpl`, and their syntax nodes together.
    pub(super) texts: Texts,
    pub(super) output: Output,
    pub(super) tracer: Option<Box<Tracer>>,
    pub(super) profiler: Option<Box<Profiler<'e>>>,
    pub(super) spare_values: Vec<Vec<Value>>,
    pub(super) spare_operands: Vec<Vec<Operand>>,
}

/// The texts that are open in `tpl`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Texts {
    pub(super) count: u32,
    pub(super) nodes: usize,
}

/// A template being run.
#[derive(Clone, Copy)]
pub(super) struct Unit<'u> {
    pub(super) template: &'u Template,
    pub(super) file: &'u NamedFile,
    pub(super) program: &'u Program,
    /// Where its variables start.
    pub(super) base: usize,
}

impl<'u> Unit<'u> {
    /// `None` where the template has no such body, which cannot be.
    pub(super) fn new(template: &'u Template, base: usize) -> Option<Self> {
        let file = template.file.as_ref();
        file.parsed.program(template.body).map(|program| Self { template, file, program, base })
    }

    pub(super) fn name(&self, name: Name) -> Option<&'u GoString> {
        self.file.parsed.arena().name(name)
    }

    pub(super) fn number(&self, index: u32) -> Option<&'u Number> {
        self.file.parsed.arena().number(index)
    }

    pub(super) fn function(&self, place: u32) -> Option<&'u Function> {
        self.file.parsed.functions().get(place)
    }

    /// The bytes a node was read from.
    pub(super) fn span(&self, node: NodeId) -> Span {
        self.file.parsed.arena().get(node).map(Node::span).unwrap_or_default()
    }

    /// A node's text, its spacing made regular.
    pub(super) fn text(&self, node: NodeId) -> String {
        self.file.parsed.arena().text(node, self.file.parsed.source().as_bytes())
    }

    pub(super) fn path(&self, path: Many) -> &'u [Name] {
        self.file.parsed.arena().path(path)
    }
}

impl<'e> Engine<'e> {
    /// An engine over the templates of `set`. `parser` is the one that parsed them: `tpl` parses
    /// with it.
    #[must_use]
    pub fn new(parser: &'e Parser, set: &'e TemplateSet, options: Options<'e>) -> Self {
        Self {
            parser,
            options,
            scope: Scope::new(set),
            meter: Meter::new(options.limits),
            stack: StackGuard::new(options.limits.stack),
            variables: Vec::new(),
            node: NodeId::FIRST,
            depth: 0,
            included: Vec::new(),
            texts: Texts::default(),
            output: Output::default(),
            tracer: options.trace.then(|| Box::new(Tracer::new(options.watch))),
            profiler: options.clock.map(|clock| Box::new(Profiler::new(clock))),
            spare_values: Vec::new(),
            spare_operands: Vec::new(),
        }
    }

    /// Executes the template of this name with `data` as its dot.
    ///
    /// # Errors
    /// When there is no such template, it fails, or a limit is reached. What was written until
    /// then is lost.
    pub fn execute(&mut self, name: &str, data: Value) -> Result<Output, CallError> {
        self.stack = StackGuard::new(self.options.limits.stack);
        self.included.clear();
        self.texts = Texts::default();
        if let Some(tracer) = &mut self.tracer {
            tracer.begin();
        }
        let template = self.named(name.as_bytes())?;
        self.run_apart(&template, Operand::concrete(data), CallKind::Root)
    }

    /// What the pieces of the outputs name, if the runs were traced.
    #[must_use]
    pub fn trace(&self) -> Option<&Trace> {
        self.tracer.as_ref().map(|tracer| &tracer.trace)
    }

    /// [`Engine::trace`], to keep when the engine is gone.
    #[must_use]
    pub fn into_trace(self) -> Option<Trace> {
        self.tracer.map(|tracer| tracer.trace)
    }

    /// What was used so far, over all executions.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.meter.usage()
    }

    /// The template of this name.
    pub(super) fn named(&self, name: &[u8]) -> Result<Template, CallError> {
        self.scope.get(name).ok_or_else(|| {
            let name = crate::strconv::quote(name);
            let set = crate::strconv::quote(self.scope.name().as_bytes());
            CallError::Message(format!("template: no template {name} associated with template {set}"))
        })
    }

    /// Runs a template into an output of its own, leaving everything as it was.
    pub(super) fn run_apart(
        &mut self,
        template: &Template,
        dot: Operand,
        kind: CallKind,
    ) -> Result<Output, CallError> {
        let node = self.node;
        let variables = self.variables.len();
        let output = std::mem::take(&mut self.output);
        let traced = self.tracer.as_mut().map(|tracer| {
            tracer.call.1 = kind;
            (std::mem::take(&mut tracer.pieces), tracer.arguments.len(), tracer.frame, tracer.call)
        });
        let depth = std::mem::take(&mut self.depth);
        let result = self.run(template, dot);
        self.depth = depth;
        let mut written = std::mem::replace(&mut self.output, output);
        if let (Some(tracer), Some((pieces, arguments, frame, call))) = (&mut self.tracer, traced) {
            written.pieces = Some(std::mem::replace(&mut tracer.pieces, pieces));
            tracer.arguments.truncate(arguments);
            tracer.frame = frame;
            tracer.call = call;
        }
        self.variables.truncate(variables);
        self.node = node;
        match result {
            Ok(()) => Ok(written),
            Err(error) => Err(CallError::Template(error)),
        }
    }
}
