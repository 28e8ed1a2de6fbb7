//! Where every byte of an output comes from.
//!
//! A traced [`Engine`](crate::Engine) gives, with each output, its [`Piece`]s: which template text
//! or action wrote which bytes, through which calls, and for printed values from which lookups.
//! Frames and origins are kept once, in the engine's [`Trace`].

mod align;
mod pieces;

pub(crate) use align::align;
pub use pieces::{Piece, Pieces};

use std::sync::Arc;

use wheelhouse_source::Span;

use crate::template_set::NamedFile;
use crate::value::GoString;

/// Names a [`Frame`] of a [`Trace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FrameId(pub(crate) u32);

/// Names an [`Origin`] of a [`Trace`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OriginId(pub(crate) u32);

impl OriginId {
    /// No lookup: a constant, or text.
    pub const NONE: OriginId = OriginId(0);

    /// Whether this names an origin at all.
    #[must_use]
    pub fn is_some(self) -> bool {
        self != Self::NONE
    }
}

/// How a template came to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// The caller of the engine asked for it.
    Root,
    /// `{{template "name"}}`
    Template,
    /// A function that runs a named template: `include`.
    Include,
    /// A function that runs a text: `tpl`.
    Text,
}

/// A template that ran, with the call that made it run.
#[derive(Clone, Debug)]
pub struct Frame {
    /// How it came to run.
    pub kind: CallKind,
    /// The template's name.
    pub template: GoString,
    pub(crate) file: Arc<NamedFile>,
    /// The frame of the caller, and where in it the call stands; none for a root.
    pub caller: Option<(FrameId, Span)>,
    /// For [`CallKind::Text`]: where the text itself came from.
    pub text: OriginId,
}

impl Frame {
    /// The file that holds the template's text, as it was called when it was parsed.
    #[must_use]
    pub fn file(&self) -> &GoString {
        &self.file.name
    }

    /// That file's whole text: what spans count in.
    #[must_use]
    pub fn source(&self) -> &GoString {
        self.file.parsed.source()
    }
}

/// What a lookup was by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A map's key.
    Name(GoString),
    /// A list's index.
    Index(usize),
}

/// Where a value came from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// It was read from a map or a list.
    Lookup {
        /// Where the map or list came from.
        parent: OriginId,
        /// Which map or list: its [`Map::address`](crate::Map::address) or
        /// [`List::address`](crate::List::address).
        container: usize,
        /// By what it was read.
        key: Key,
    },
    /// A function made it from these.
    Made(Box<[OriginId]>),
}

/// How many lookups behind one value are told.
pub const MOST_LOOKUPS: usize = 64;
/// An `if`, `with` or `range` that ran.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The frame it ran in the first time.
    pub frame: FrameId,
    /// Where it stands in the frame's file.
    pub span: Span,
    /// Whether its block ran.
    pub taken: bool,
    /// Whether its block was passed over.
    pub passed: bool,
    /// Where its conditions came from.
    pub conditions: Vec<OriginId>,
}

/// A call of a function that is watched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WatchedCall {
    /// The function.
    pub name: String,
    /// The frame it was called in.
    pub frame: FrameId,
    /// Where the call stands in the frame's file.
    pub span: Span,
}

/// The frames and origins that pieces name.
#[derive(Debug, Default)]
pub struct Trace {
    /// What was decided, in the order of first runs.
    pub branches: Vec<Branch>,
    /// Calls of watched functions, each place once.
    pub calls: Vec<WatchedCall>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) origins: Vec<Origin>,
}

impl Trace {
    /// The frame of an id this trace gave out.
    #[must_use]
    pub fn frame(&self, id: FrameId) -> Option<&Frame> {
        self.frames.get(id.0 as usize)
    }

    /// All frames with their ids.
    pub fn frames(&self) -> impl Iterator<Item = (FrameId, &Frame)> {
        (0_u32..).map(FrameId).zip(&self.frames)
    }

    /// All origins with their ids.
    pub fn origins(&self) -> impl Iterator<Item = (OriginId, &Origin)> {
        (1_u32..).map(OriginId).zip(&self.origins)
    }

    /// The frame and those that led to it, innermost first.
    pub fn stack(&self, id: FrameId) -> impl Iterator<Item = &Frame> {
        let mut next = self.frame(id);
        std::iter::from_fn(move || {
            let frame = next?;
            next = frame.caller.and_then(|(caller, _)| self.frame(caller));
            Some(frame)
        })
    }

    /// The origin of an id this trace gave out; `None` for [`OriginId::NONE`].
    #[must_use]
    pub fn origin(&self, id: OriginId) -> Option<&Origin> {
        self.origins.get((id.0 as usize).checked_sub(1)?)
    }

    /// The lookups behind an origin: itself if it is one, else those its makers were given; of a
    /// great many the first [`MOST_LOOKUPS`].
    #[must_use]
    pub fn lookups(&self, id: OriginId) -> Vec<OriginId> {
        let mut found = Vec::new();
        let mut waiting = vec![id];
        // Values made of each other over and over have more ways through them than can be walked.
        let mut seen = foldhash::HashSet::default();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.origin(id) {
                Some(Origin::Lookup { .. }) if found.len() < MOST_LOOKUPS => found.push(id),
                Some(Origin::Made(parts)) => waiting.extend(parts.iter().rev()),
                _ => {}
            }
        }
        found
    }

    /// The keys from the outermost container to the value: `["Values", "image", "tag"]`.
    /// Empty for an origin that is no lookup; cut where a function made a container on the way.
    #[must_use]
    pub fn path(&self, id: OriginId) -> Vec<&Key> {
        let mut path = Vec::new();
        let mut next = id;
        while let Some(Origin::Lookup { parent, key, .. }) = self.origin(next) {
            path.push(key);
            next = *parent;
        }
        path.reverse();
        path
    }
}
