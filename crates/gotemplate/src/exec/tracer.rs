//! What a traced run notes: see [`crate::trace`].

use std::rc::Rc;

use wheelhouse_source::Span;

use super::Operand;
use crate::template_set::Template;
use crate::trace::{
    Branch, CallKind, Frame, FrameId, Key, Origin, OriginId, Piece, Pieces, Trace, WatchedCall, align,
};
use crate::value::{GoString, List, Map, Value};
use foldhash::HashMap;

/// Most parts an origin made by a function names.
const MOST_PARTS: usize = 16;
/// Most watched calls that are noted.
const MOST_CALLS: usize = 1000;
/// Largest map whose entries are followed through a function that copies them.
const LARGEST_COPY: usize = 512;

pub(super) struct Tracer {
    pub(super) trace: Trace,
    /// What runs now.
    pub(super) frame: Option<FrameId>,
    /// The call being made: where it stands and how it runs a template.
    pub(super) call: (Span, CallKind),
    /// Where the text came from that a call runs.
    pub(super) text: OriginId,
    /// The pieces of the current output.
    pub(super) pieces: Pieces,
    /// Origins of the arguments of the calls being made, outermost first.
    pub(super) arguments: Vec<OriginId>,
    frames: HashMap<(Option<FrameId>, Span, usize, usize), Vec<FrameId>>,
    lookups: HashMap<(OriginId, usize, Known), OriginId>,
    /// Entries of maps and lists that functions made of values of known origin.
    copies: HashMap<usize, Copies>,
    /// Index of the branch that stands at a place of a parsed file.
    branches: HashMap<(usize, Span), usize>,
    /// Functions whose calls are noted.
    watch: &'static [&'static str],
    /// Texts whose pieces are known, by address.
    texts: HashMap<usize, (GoString, Rc<Pieces>)>,
    /// What noting has cost since the meter was last told.
    cost: Cost,
}

/// What a traced run costs beside running: tracing is metered like everything a chart makes us do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// About as much work as so many steps.
    pub(super) steps: u64,
    /// Bytes that are kept.
    pub(super) bytes: usize,
}

/// Bytes of an origin, with its place in the table of lookups.
const ORIGIN_BYTES: usize = 96;
/// Bytes of a frame, with its place in the table of frames.
const FRAME_BYTES: usize = 192;
/// Bytes of an entry whose origin is known.
const COPY_BYTES: usize = 96;
/// Bytes that may be kept before the meter is told.
const MOST_OWED: usize = 1 << 20;
/// A printed text of more pieces than this becomes one.
const MOST_INNER: usize = 100_000;
/// How many bytes of text are looked through in the time of a step.
const BYTES_PER_STEP: usize = 32;

/// A key by identity: names live as long as the origins that hold them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Known {
    Name(usize),
    Index(usize),
}

struct Copies {
    /// Kept, so that nothing else gets its address.
    _container: Value,
    origins: HashMap<Key, OriginId>,
}

impl Tracer {
    pub(super) fn new(watch: &'static [&'static str]) -> Self {
        Self {
            trace: Trace::default(),
            frame: None,
            call: (Span::default(), CallKind::Root),
            text: OriginId::NONE,
            pieces: Pieces::default(),
            arguments: Vec::new(),
            frames: HashMap::default(),
            lookups: HashMap::default(),
            copies: HashMap::default(),
            branches: HashMap::default(),
            watch,
            texts: HashMap::default(),
            cost: Cost::default(),
        }
    }

    /// Whether noting has cost so much that the meter must be told before the next stride.
    pub(super) fn owes_much(&self) -> bool {
        self.cost.bytes > MOST_OWED
    }

    /// What noting has cost since this was last asked.
    pub(super) fn take_cost(&mut self) -> Cost {
        std::mem::take(&mut self.cost)
    }

    /// Notes how a branch went.
    pub(super) fn branched(&mut self, parsed: usize, span: Span, taken: bool, condition: OriginId) {
        let Some(frame) = self.frame else { return };
        let index = *self.branches.entry((parsed, span)).or_insert_with(|| {
            self.trace.branches.push(Branch {
                frame,
                span,
                taken: false,
                passed: false,
                conditions: Vec::new(),
            });
            self.trace.branches.len() - 1
        });
        let Some(branch) = self.trace.branches.get_mut(index) else { return };
        if taken {
            branch.taken = true;
        } else {
            branch.passed = true;
        }
        if condition.is_some()
            && branch.conditions.len() < MOST_PARTS
            && !branch.conditions.contains(&condition)
        {
            branch.conditions.push(condition);
        }
    }

    /// Notes a call if its function is watched.
    fn watched(&mut self, name: &str) {
        if !self.watch.contains(&name) {
            return;
        }
        let Some(frame) = self.frame else { return };
        let call = WatchedCall { name: name.to_owned(), frame, span: self.call.0 };
        if self.trace.calls.len() < MOST_CALLS && !self.trace.calls.contains(&call) {
            self.trace.calls.push(call);
        }
    }

    /// Begins an execution of its own: texts of earlier ones are forgotten.
    pub(super) fn begin(&mut self) {
        self.frame = None;
        self.call = (Span::default(), CallKind::Root);
        self.arguments.clear();
        self.texts.clear();
    }

    /// The frame of a template called from here, made when it is new.
    pub(super) fn enter(&mut self, template: &Template) -> FrameId {
        let (span, kind) = self.call;
        let parsed = std::sync::Arc::as_ptr(&template.file.parsed) as usize;
        let known = self.frames.entry((self.frame, span, parsed, template.body)).or_default();
        let same = known.iter().find(|id| {
            self.trace.frame(**id).is_some_and(|frame| {
                frame.kind == kind && frame.template == template.name && frame.file.name == template.file.name
            })
        });
        if let Some(id) = same {
            return *id;
        }
        let id = FrameId(u32::try_from(self.trace.frames.len()).unwrap_or(u32::MAX));
        known.push(id);
        self.cost.bytes += FRAME_BYTES;
        self.trace.frames.push(Frame {
            kind,
            template: template.name.clone(),
            file: std::sync::Arc::clone(&template.file),
            caller: self.frame.map(|caller| (caller, span)),
            text: self.text,
        });
        id
    }

    /// The origin of what is found at a key of a map or list.
    pub(super) fn lookup(&mut self, parent: OriginId, container: usize, key: Key) -> OriginId {
        if let Some(copies) = self.copies.get(&container)
            && let Some(origin) = copies.origins.get(&key)
        {
            return *origin;
        }
        let known = match &key {
            Key::Name(name) => Known::Name(name.address()),
            Key::Index(index) => Known::Index(*index),
        };
        if let Some(origin) = self.lookups.get(&(parent, container, known)) {
            return *origin;
        }
        let origin = self.origin(Origin::Lookup { parent, container, key });
        self.lookups.insert((parent, container, known), origin);
        origin
    }

    fn origin(&mut self, origin: Origin) -> OriginId {
        self.cost.bytes += ORIGIN_BYTES;
        self.trace.origins.push(origin);
        OriginId(u32::try_from(self.trace.origins.len()).unwrap_or(u32::MAX))
    }

    /// Notes that `index` walked from `item` along `indexes`; gives the origin of what it found.
    pub(super) fn indexed(&mut self, item: &Operand, indexes: &[Operand]) -> OriginId {
        let mut value = item.value.clone();
        let mut origin = item.origin;
        for index in indexes {
            let (container, key, next) = match &value {
                Value::Map(map) => {
                    let Value::String(name) = &index.value else { break };
                    (map.address(), Key::Name(name.clone()), map.get(name))
                }
                Value::List(list) => {
                    let at = index.value.as_signed().and_then(|number| usize::try_from(number).ok());
                    let Some(at) = at else { break };
                    (list.address(), Key::Index(at), list.items().get(at).cloned())
                }
                _ => break,
            };
            origin = self.lookup(origin, container, key);
            value = next.unwrap_or_default();
        }
        origin
    }

    /// Notes that a function made `result` of `arguments`, whose origins are the last ones noted,
    /// and forgets these.
    pub(super) fn called(&mut self, name: &str, arguments: &[Value], result: &Value) -> OriginId {
        self.watched(name);
        let mark = self.arguments.len().saturating_sub(arguments.len());
        let origins = self.arguments.split_off(mark);
        let origin = |index: usize| origins.get(index).copied().unwrap_or_default();
        match (name, result, arguments) {
            ("dict", Value::Map(map), _) => {
                for (index, pair) in arguments.chunks(2).enumerate() {
                    if let Some(Value::String(key)) = pair.first() {
                        self.copied(result, map.address(), Key::Name(key.clone()), origin(2 * index + 1));
                    }
                }
            }
            ("list" | "tuple", Value::List(list), _) => {
                for index in 0..list.len() {
                    self.copied(result, list.address(), Key::Index(index), origin(index));
                }
            }
            ("set", Value::Map(map), [_, Value::String(key), _]) => {
                self.copied(result, map.address(), Key::Name(key.clone()), origin(2));
                return origin(0);
            }
            ("get" | "hasKey", _, [Value::Map(map), Value::String(key)]) => {
                return self.lookup(origin(0), map.address(), Key::Name(key.clone()));
            }
            (_, Value::Map(map), _) => self.copied_map(map, arguments, &origins),
            (_, Value::List(list), _) => self.copied_list(list, arguments, &origins),
            (_, Value::String(text), _) => self.aligned(text, arguments),
            _ => {}
        }
        self.made(&origins)
    }

    /// The origin of a value made from others.
    pub(super) fn made(&mut self, origins: &[OriginId]) -> OriginId {
        let mut parts: Vec<OriginId> = Vec::new();
        for origin in origins.iter().filter(|origin| origin.is_some()) {
            if !parts.contains(origin) && parts.len() < MOST_PARTS {
                parts.push(*origin);
            }
        }
        match parts.as_slice() {
            [] => OriginId::NONE,
            [only] => *only,
            _ => self.origin(Origin::Made(parts.into())),
        }
    }

    fn copied(&mut self, container: &Value, address: usize, key: Key, origin: OriginId) {
        if !origin.is_some() && !self.copies.contains_key(&address) {
            return;
        }
        let copies = self
            .copies
            .entry(address)
            .or_insert_with(|| Copies { _container: container.clone(), origins: HashMap::default() });
        copies.origins.insert(key, origin);
        self.cost.bytes += COPY_BYTES;
    }

    /// Entries of a new map that are those of an argument: `merge`, `pick`, `omit`, `deepCopy`.
    fn copied_map(&mut self, map: &Map, arguments: &[Value], origins: &[OriginId]) {
        let sources: Vec<(&Map, OriginId)> = arguments
            .iter()
            .zip(origins)
            .filter_map(|(argument, origin)| {
                Some((argument.as_map().filter(|from| !from.same(map))?, *origin))
            })
            .collect();
        if sources.is_empty() || map.len() > LARGEST_COPY {
            return;
        }
        self.cost.steps += map.len() as u64;
        for (key, value) in map.entries() {
            let source =
                sources.iter().find(|(from, _)| from.get(&key).is_some_and(|other| is_same(&value, &other)));
            if let Some((from, parent)) = source {
                let origin = self.lookup(*parent, from.address(), Key::Name(key.clone()));
                self.copied(&Value::Map(map.clone()), map.address(), Key::Name(key), origin);
            }
        }
    }

    /// Elements of a new list that are those of an argument list: `append`, `concat`, `rest`.
    fn copied_list(&mut self, list: &List, arguments: &[Value], origins: &[OriginId]) {
        if list.len() > LARGEST_COPY {
            return;
        }
        for (argument, parent) in arguments.iter().zip(origins) {
            let Value::List(from) = argument else { continue };
            if from.len() > LARGEST_COPY || from.address() == list.address() {
                continue;
            }
            let mut next = 0;
            for (index, value) in list.items().iter().enumerate() {
                let rest = from.items().get(next..).unwrap_or_default();
                self.cost.steps += rest.len() as u64 / 8;
                if let Some(ahead) = rest.iter().position(|other| is_same(value, other)) {
                    let at = next + ahead;
                    let origin = self.lookup(*parent, from.address(), Key::Index(at));
                    let container = Value::List(list.clone());
                    self.copied(&container, list.address(), Key::Index(index), origin);
                    next = at + 1;
                }
            }
        }
    }

    /// Finds the pieces of the arguments again in a text made of them.
    fn aligned(&mut self, text: &GoString, arguments: &[Value]) {
        if text.is_empty() || self.texts.contains_key(&text.address()) {
            return;
        }
        let mut found = Vec::new();
        let mut from = 0;
        for argument in arguments {
            let Value::String(input) = argument else { continue };
            if let Some((_, pieces)) = self.texts.get(&input.address()) {
                let length = input.as_bytes().len() + text.as_bytes().len();
                self.cost.steps += (length / BYTES_PER_STEP) as u64;
                from = align(input.as_bytes(), pieces, text.as_bytes(), from, &mut found);
            }
        }
        if !found.is_empty() {
            self.cost.bytes += found.len() * size_of::<Piece>();
            let mut pieces = Pieces::default();
            found.into_iter().for_each(|piece| pieces.push(piece));
            self.know(text, pieces);
        }
    }

    /// Remembers the pieces of a text.
    pub(super) fn know(&mut self, text: &GoString, pieces: Pieces) {
        if !text.is_empty() {
            self.texts.insert(text.address(), (text.clone(), Rc::new(pieces)));
        }
    }

    /// Notes that `bytes` of the output were written by what stands at `source`.
    pub(super) fn wrote(&mut self, bytes: Span, source: Span, value: Option<&Operand>) {
        let Some(frame) = self.frame else { return };
        let piece = Piece {
            bytes,
            frame,
            source,
            is_value: value.is_some(),
            origin: value.map_or(OriginId::NONE, |operand| operand.origin),
            address: value.map_or(0, |operand| address(&operand.value)),
        };
        let inner = match value.map(|operand| &operand.value) {
            Some(Value::String(text)) => self.texts.get(&text.address()).map(|(_, pieces)| Rc::clone(pieces)),
            _ => None,
        };
        let inner = inner.filter(|pieces| pieces.count() <= MOST_INNER);
        let mut from = bytes.start;
        self.cost.bytes += size_of::<Piece>();
        for inner in inner.iter().flat_map(|pieces| pieces.moved(Span::new(0, bytes.len()), bytes.start)) {
            self.cost.bytes += 2 * size_of::<Piece>();
            self.pieces.push(Piece { bytes: Span::new(from, inner.bytes.start), ..piece });
            self.pieces.push(inner);
            from = inner.bytes.end;
        }
        self.pieces.push(Piece { bytes: Span::new(from, bytes.end), ..piece });
    }
}

/// The address of a value that has an identity.
fn address(value: &Value) -> usize {
    match value {
        Value::String(text) => text.address(),
        Value::List(list) => list.address(),
        Value::Map(map) => map.address(),
        _ => 0,
    }
}

/// Whether two values are one, or equal ones without an identity.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::Int(left), Value::Int(right)) | (Value::Int64(left), Value::Int64(right)) => left == right,
        (Value::Float64(left), Value::Float64(right)) => left == right,
        _ => address(left) != 0 && address(left) == address(right),
    }
}
