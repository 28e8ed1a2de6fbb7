use std::sync::OnceLock;

use regex_automata::meta;
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Repetition};

use crate::haystack::Haystack;

/// The most memory a compiled pattern may take, in bytes.
const MAX_COMPILED_SIZE: usize = 16 * 1024 * 1024;

/// What a pattern is compiled to.
///
/// Nearly all texts are ASCII, and nearly all classes hold other characters too (`[^a-z]`): spelling
/// these out in UTF-8 takes most of the time of compiling. So a short pattern is compiled when it is
/// first needed, for an ASCII text without what cannot stand there.
#[derive(Debug, Clone)]
pub(crate) struct Engines {
    hir: Hir,
    ascii: OnceLock<Option<meta::Regex>>,
    any: OnceLock<Option<meta::Regex>>,
    memory: usize,
}

impl Engines {
    /// `None` if the pattern, whose automaton has about `size` states, would take too much memory.
    pub(crate) fn new(hir: Hir, pattern_length: usize, size: u64) -> Option<Self> {
        /// Patterns up to this length and size are no deeper nested than `ascii` can recurse, and
        /// take a small part of the memory that is allowed.
        const SHORT: usize = 128;
        const SMALL: u64 = 4096;
        /// About the bytes that a state takes, in all automata.
        const STATE: usize = 256;
        if pattern_length <= SHORT && size <= SMALL {
            let memory = (size as usize + 8) * STATE;
            return Some(Self { hir, ascii: OnceLock::new(), any: OnceLock::new(), memory });
        }
        let engine = compile(&hir)?;
        let memory = engine.memory_usage();
        let engine = OnceLock::from(Some(engine));
        Some(Self { hir: Hir::empty(), ascii: engine.clone(), any: engine, memory })
    }

    /// Bytes of memory they take, without what searches use.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// The one for a text. What is small enough to be compiled late can be compiled.
    fn get(&self, haystack: &Haystack<'_>) -> Option<&meta::Regex> {
        let engine = if haystack.is_ascii() {
            self.ascii.get_or_init(|| compile(&ascii(&self.hir)))
        } else {
            self.any.get_or_init(|| compile(&self.hir))
        };
        engine.as_ref()
    }

    pub(crate) fn find(&self, haystack: &Haystack<'_>, position: usize) -> Option<std::ops::Range<usize>> {
        self.get(haystack)?.search(&input(haystack, position)).map(|found| found.range())
    }

    /// The match at or behind a position and its groups; `captures` is kept for the next one.
    pub(crate) fn captures<'c>(
        &self,
        haystack: &Haystack<'_>,
        position: usize,
        captures: &'c mut Option<Captures>,
    ) -> Option<&'c Captures> {
        let engine = self.get(haystack)?;
        let captures = captures.get_or_insert_with(|| engine.create_captures());
        engine.search_captures(&input(haystack, position), captures);
        Some(captures)
    }
}

fn compile(hir: &Hir) -> Option<meta::Regex> {
    let config = meta::Config::new().utf8_empty(true).nfa_size_limit(Some(MAX_COMPILED_SIZE));
    meta::Builder::new().configure(config).build_from_hir(hir).ok()
}

/// What the tree means where there is nothing but ASCII.
fn ascii(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => hir.clone(),
        HirKind::Literal(literal) if literal.0.is_ascii() => hir.clone(),
        HirKind::Literal(_) => Hir::fail(),
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            class.intersect(&ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Repetition(Repetition { min, max, greedy, sub }) => {
            let sub = Box::new(ascii(sub));
            Hir::repetition(Repetition { min: *min, max: *max, greedy: *greedy, sub })
        }
        HirKind::Capture(Capture { index, name, sub }) => {
            let sub = Box::new(ascii(sub));
            Hir::capture(Capture { index: *index, name: name.clone(), sub })
        }
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(ascii).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(ascii).collect()),
    }
}

fn input<'h>(haystack: &'h Haystack<'_>, position: usize) -> Input<'h> {
    Input::new(haystack.text()).range(position..).anchored(Anchored::No)
}
