//! Parsed files and the names they are known by.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::compile::{self, compile};
use crate::error::ParseError;
use crate::function_table::FunctionTable;
use crate::node::{Arena, NodeId};
use crate::parser::{self, Parsed, multiple_definition, parse};
use crate::program::Program;
use crate::stack::StackGuard;
use crate::value::GoString;
use foldhash::HashMap;

/// Share of the native stack parsing may use where the caller names none: fits any thread.
const DEFAULT_STACK: usize = 512 * 1024;

/// More templates than most charts have.
const USUAL_FILES: usize = 200;

/// A parsed text. It knows no name of its own, so that equal files of different
/// charts can share it, between threads too.
pub struct ParsedFile {
    source: GoString,
    parsed: Parsed,
    /// What bodies are compiled with; its functions are what they call.
    shared: Arc<Shared>,
    /// The bodies, compiled once they run: the file's own, then its definitions'. Most charts bring
    /// far more than they use.
    programs: Box<[OnceLock<Program>]>,
    body_is_empty: bool,
}

impl ParsedFile {
    /// The text that was parsed.
    #[must_use]
    pub fn source(&self) -> &GoString {
        &self.source
    }

    /// The syntax tree's nodes.
    #[must_use]
    pub fn arena(&self) -> &Arena {
        &self.parsed.arena
    }

    /// The list of the file's own body.
    #[must_use]
    pub fn root(&self) -> NodeId {
        self.parsed.root
    }

    /// What the file defines: names and bodies, in order of first definition.
    pub fn definitions(&self) -> impl Iterator<Item = (&GoString, NodeId)> {
        self.parsed.definitions.iter().map(|definition| (&definition.name, definition.root))
    }

    /// About how many bytes of memory it takes.
    fn memory(&self) -> usize {
        /// A node and what it is compiled to.
        const NODE: usize = 128;
        /// What the smallest file takes.
        const FILE: usize = 1024;
        self.source.len().saturating_add(self.parsed.arena.len().saturating_mul(NODE)).saturating_add(FILE)
    }

    pub(crate) fn functions(&self) -> &FunctionTable {
        &self.shared.functions
    }

    /// A body as it is run, by its index.
    pub(crate) fn program(&self, body: usize) -> Option<&Program> {
        let program = self.programs.get(body)?;
        Some(program.get_or_init(|| {
            let definition = body.checked_sub(1).and_then(|index| self.parsed.definitions.get(index));
            let root = definition.map_or(self.parsed.root, |definition| definition.root);
            let Shared { functions, compiling, .. } = self.shared.as_ref();
            let mut scratch = lock(compiling).pop().unwrap_or_default();
            let program = compile(&self.parsed.arena, root, functions, &mut scratch);
            if self.parsed.arena.is_small() {
                lock(compiling).push(scratch);
            }
            program
        }))
    }

    /// Compiles all bodies where that might take more of the stack than a running template can
    /// spare.
    fn compile_if_deep(&self) {
        /// Deeper than any public chart's; a level takes a few hundred bytes of stack.
        const DEEP: u32 = 32;
        if self.parsed.depth > DEEP {
            for body in 0..self.programs.len() {
                self.program(body);
            }
        }
    }
}

impl fmt::Debug for ParsedFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ParsedFile").field("bytes", &self.source.len()).finish_non_exhaustive()
    }
}

/// What all files of a parser share.
#[derive(Debug, Default)]
struct Shared {
    functions: FunctionTable,
    /// What parsing and compiling work in: one for each thread that does so.
    parsing: Mutex<Vec<parser::Scratch>>,
    compiling: Mutex<Vec<compile::Scratch>>,
}

/// Parses texts against one table of functions, each text once.
#[derive(Debug)]
pub struct Parser {
    shared: Arc<Shared>,
    stack_bytes: usize,
    /// Most bytes of memory that kept files take.
    capacity: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    files: HashMap<GoString, Arc<ParsedFile>>,
    bytes: usize,
}

impl Parser {
    /// A parser for texts that call these functions.
    #[must_use]
    pub fn new(functions: FunctionTable) -> Self {
        Self {
            shared: Arc::new(Shared { functions, ..Shared::default() }),
            stack_bytes: DEFAULT_STACK,
            capacity: 64 << 20,
            known: Mutex::default(),
        }
    }

    /// Lets parsing use this many bytes of the native stack. Text nested deeper than fits is a
    /// parse error.
    #[must_use]
    pub fn with_stack(mut self, bytes: usize) -> Self {
        self.stack_bytes = bytes;
        self
    }

    /// Parses a text, or gives back what the same text was parsed to before.
    ///
    /// # Errors
    /// When the text is no template; the error does not know the file's name yet.
    pub fn parse(&self, source: &GoString) -> Result<Arc<ParsedFile>, ParseError> {
        self.parse_within(source, StackGuard::new(self.stack_bytes))
    }

    pub(crate) fn parse_within(
        &self,
        source: &GoString,
        stack: StackGuard,
    ) -> Result<Arc<ParsedFile>, ParseError> {
        if let Some(file) = lock(&self.known).files.get(source) {
            return Ok(Arc::clone(file));
        }
        let Shared { functions, parsing, .. } = self.shared.as_ref();
        let mut scratch = lock(parsing).pop().unwrap_or_default();
        let parsed = parse(source.as_bytes(), functions, stack, &mut scratch);
        if scratch.is_small() {
            lock(parsing).push(scratch);
        }
        let parsed = parsed?;
        let body_is_empty = parsed.arena.is_empty_tree(parsed.root, source.as_bytes());
        let programs = std::iter::repeat_with(OnceLock::new).take(1 + parsed.definitions.len()).collect();
        let shared = Arc::clone(&self.shared);
        let file = ParsedFile { source: source.clone(), parsed, shared, programs, body_is_empty };
        file.compile_if_deep();
        let file = Arc::new(file);
        let mut known = lock(&self.known);
        let bytes = file.memory();
        if known.bytes.saturating_add(bytes) > self.capacity {
            *known = Known::default();
        }
        known.bytes = known.bytes.saturating_add(bytes);
        if known.files.is_empty() {
            // Growing would hash all texts anew.
            known.files.reserve(USUAL_FILES);
        }
        known.files.insert(source.clone(), Arc::clone(&file));
        Ok(file)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves what is inside as good as it was.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A body under a name.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) name: GoString,
    pub(crate) file: Arc<NamedFile>,
    /// Index among the file's bodies.
    pub(crate) body: usize,
}

/// A file under the name it was parsed by.
#[derive(Debug)]
pub(crate) struct NamedFile {
    pub(crate) name: GoString,
    pub(crate) parsed: Arc<ParsedFile>,
}

/// The bodies a file brings: its own under the file's name, and its definitions. The flag tells
/// empty ones, which never replace another.
pub(crate) fn bodies(name: &GoString, parsed: &Arc<ParsedFile>) -> Result<Vec<(Template, bool)>, ParseError> {
    let file = Arc::new(NamedFile { name: name.clone(), parsed: Arc::clone(parsed) });
    let template = |name: &GoString, body| Template { name: name.clone(), file: Arc::clone(&file), body };
    let own = (template(name, 0), parsed.body_is_empty);
    let mut all: Vec<(Template, bool)> = Vec::with_capacity(1 + parsed.parsed.definitions.len());
    let mut own_is_defined = false;
    for (index, definition) in parsed.parsed.definitions.iter().enumerate() {
        if definition.name == *name && !definition.is_empty {
            if !parsed.body_is_empty {
                let offset = parsed.source.len();
                let message = multiple_definition(name);
                let error =
                    ParseError::new(parsed.parsed.last.line(parsed.source.as_bytes()), message, offset);
                return Err(error.named(&name.to_str_lossy()));
            }
            own_is_defined = true;
        }
        all.push((template(&definition.name, index + 1), definition.is_empty));
    }
    if !own_is_defined {
        all.retain(|(template, _)| template.name != *name);
        all.push(own);
    }
    Ok(all)
}

/// The templates that know each other, by name: Go's associated templates.
#[derive(Clone, Debug)]
pub struct TemplateSet {
    name: GoString,
    templates: HashMap<GoString, Template>,
}

impl TemplateSet {
    /// An empty set; `name` is what errors call it (Helm's is `gotpl`).
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: GoString::from(name), templates: HashMap::default() }
    }

    /// The name errors use.
    #[must_use]
    pub fn name(&self) -> &GoString {
        &self.name
    }

    /// Adds a file under a name, with what it defines. A later body of a name replaces an earlier
    /// one, unless the later one is only white space and comments.
    ///
    /// # Errors
    /// When the file both defines a template of its own name and has a body of its own.
    pub fn add(&mut self, name: &str, file: &Arc<ParsedFile>) -> Result<(), ParseError> {
        for (template, is_empty) in bodies(&GoString::from(name), file)? {
            if !is_empty || !self.templates.contains_key(&template.name) {
                self.templates.insert(template.name.clone(), template);
            }
        }
        Ok(())
    }

    /// Whether there is a template of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.templates.contains_key(name.as_bytes())
    }

    pub(crate) fn get(&self, name: &[u8]) -> Option<&Template> {
        self.templates.get(name)
    }
}
