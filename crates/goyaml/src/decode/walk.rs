//! The walk over the nodes of a document, with aliases followed and merges done: go-yaml's
//! `decoder.unmarshal`. It keeps its own stack, so that no nesting can exhaust the thread's.

use super::key::Key;
use super::meter::Meter;
use super::{object, resolve_scalar};
use crate::document::{Entries, Items, Kind, Node};
use crate::error::Error;
use crate::limits::Limits;

/// What the walk makes values of.
pub(super) trait Target<'d> {
    type Value;
    type Map: Default;

    /// Whether keys given twice are errors.
    fn is_strict(&self) -> bool;
    /// The value of this key comes next; it is done when it is inserted.
    fn begin_entry(&mut self, _key: &Key<'d>) {}
    fn scalar(&mut self, node: Node<'d>) -> Result<Self::Value, Error>;
    fn seq(&mut self, items: Vec<Self::Value>) -> Self::Value;
    fn insert(&mut self, map: &mut Self::Map, key: Key<'d>, value: Self::Value, value_node: Node<'d>);
    fn map(&mut self, map: Self::Map) -> Self::Value;
}

/// Something begun and not yet done.
enum Frame<'d, V> {
    Sequence {
        items: Items<'d>,
        values: Vec<V>,
    },
    /// The entries of a mapping go to the innermost map; `merged`: that map is another mapping's.
    Mapping {
        entries: Entries<'d>,
        merged: bool,
        pending: Option<(Key<'d>, Node<'d>)>,
    },
    /// An alias whose target is being walked.
    Alias(Node<'d>),
    /// The mappings still to be merged, the next one last.
    Merge(Vec<Node<'d>>),
    /// A key that is a list or mapping, which is an error once it is known to be sound itself.
    CollectionKey(Node<'d>),
}

struct Walk<'d, 't, T: Target<'d>> {
    target: &'t mut T,
    meter: Meter<'t>,
    frames: Vec<Frame<'d, T::Value>>,
    maps: Vec<T::Map>,
}

/// Walks a node.
pub(super) fn walk<'d, T: Target<'d>>(
    root: Node<'d>,
    limits: &Limits,
    target: &mut T,
) -> Result<T::Value, Error> {
    let mut walk = Walk { target, meter: Meter::new(limits), frames: Vec::new(), maps: Vec::new() };
    let mut done = walk.begin(root)?;
    loop {
        done = match (walk.frames.pop(), done) {
            (None, Some(value)) => return Ok(value),
            (Some(frame), done) => walk.step(frame, done)?,
            // Every node makes a value.
            (None, None) => walk.begin(root)?,
        };
    }
}

impl<'d, T: Target<'d>> Walk<'d, '_, T> {
    /// Begins a node; a scalar is done at once.
    fn begin(&mut self, node: Node<'d>) -> Result<Option<T::Value>, Error> {
        self.meter.count(node)?;
        match node.kind() {
            Kind::Scalar => return self.target.scalar(node).map(Some),
            Kind::Alias => {
                self.meter.follow(node)?;
                self.frames.push(Frame::Alias(node));
                return self.begin(node.resolved());
            }
            Kind::Sequence => {
                self.meter.enter(node)?;
                let values = Vec::with_capacity(node.len());
                self.frames.push(Frame::Sequence { items: node.items(), values });
            }
            Kind::Mapping => {
                self.maps.push(T::Map::default());
                self.begin_entries(node, false)?;
            }
        }
        Ok(None)
    }

    fn begin_entries(&mut self, node: Node<'d>, merged: bool) -> Result<(), Error> {
        self.meter.enter(node)?;
        self.frames.push(Frame::Mapping { entries: node.entries(), merged, pending: None });
        Ok(())
    }

    /// Goes on with what was begun last; `done` is the value it waited for, if it did.
    fn step(
        &mut self,
        frame: Frame<'d, T::Value>,
        done: Option<T::Value>,
    ) -> Result<Option<T::Value>, Error> {
        match frame {
            Frame::Sequence { mut items, mut values } => {
                values.extend(done);
                if let Some(item) = items.next() {
                    self.frames.push(Frame::Sequence { items, values });
                    return self.begin(item);
                }
                self.meter.leave();
                Ok(Some(self.target.seq(values)))
            }
            Frame::Mapping { entries, merged, pending } => {
                if let (Some((key, node)), Some(value), Some(map)) = (pending, done, self.maps.last_mut()) {
                    self.target.insert(map, key, value, node);
                }
                self.step_entries(entries, merged)
            }
            Frame::Alias(node) => {
                self.meter.followed(node);
                Ok(done)
            }
            Frame::Merge(mut sources) => {
                if let Some(source) = sources.pop() {
                    self.frames.push(Frame::Merge(sources));
                    self.begin_merge(source)?;
                }
                Ok(None)
            }
            Frame::CollectionKey(node) => {
                Err(object::invalid_key(node, self.meter.limits(), self.target.is_strict()))
            }
        }
    }

    fn step_entries(&mut self, mut entries: Entries<'d>, merged: bool) -> Result<Option<T::Value>, Error> {
        let Some((key, value)) = entries.next() else {
            self.meter.leave();
            return Ok(match self.maps.pop() {
                Some(map) if !merged => Some(self.target.map(map)),
                map => {
                    self.maps.extend(map);
                    None
                }
            });
        };
        if is_merge(key) {
            self.frames.push(Frame::Mapping { entries, merged, pending: None });
            self.frames.push(Frame::Merge(merge_sources(value)));
            return Ok(None);
        }
        self.meter.count(key)?;
        if key.kind() == Kind::Alias {
            self.meter.follow(key)?;
            self.meter.count(key.resolved())?;
        }
        let resolved = key.resolved();
        if resolved.kind() != Kind::Scalar {
            self.frames.push(Frame::CollectionKey(resolved));
            return self.begin(resolved);
        }
        let name = Key::new(resolved, resolve_scalar(resolved)?)?;
        if key.kind() == Kind::Alias {
            self.meter.followed(key);
        }
        self.target.begin_entry(&name);
        self.frames.push(Frame::Mapping { entries, merged, pending: Some((name, value)) });
        self.begin(value)
    }

    /// Begins a mapping whose entries go to the map at hand.
    fn begin_merge(&mut self, source: Node<'d>) -> Result<(), Error> {
        if source.resolved().kind() != Kind::Mapping {
            let text = "map merge requires map or sequence of maps as the value";
            return Err(Error::plain(text, source.place()));
        }
        self.meter.count(source)?;
        if source.kind() == Kind::Alias {
            self.meter.follow(source)?;
            self.frames.push(Frame::Alias(source));
            self.meter.count(source.resolved())?;
        }
        self.begin_entries(source.resolved(), true)
    }
}

/// Whether a key asks for a merge.
pub(super) fn is_merge(key: Node<'_>) -> bool {
    key.scalar() == Some("<<") && (key.is_implicit() || key.tag() == Some("tag:yaml.org,2002:merge"))
}

/// The mappings a `<<` value names. They are merged from the last one on, as earlier ones count
/// more: popping them gives that order.
pub(super) fn merge_sources(value: Node<'_>) -> Vec<Node<'_>> {
    match value.kind() {
        Kind::Sequence => value.items().collect(),
        Kind::Mapping | Kind::Alias | Kind::Scalar => vec![value],
    }
}
