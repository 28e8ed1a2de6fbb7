use std::collections::HashSet;

use crate::document::Node;
use crate::error::{Error, Place};
use crate::limits::{Limit, Limits};

/// Counts what decoding costs, as go-yaml does it and by our limits.
pub(super) struct Meter<'o> {
    limits: &'o Limits,
    decoded: usize,
    aliased: usize,
    alias_depth: usize,
    /// Bytes of scalars that aliases stand for.
    aliased_bytes: usize,
    depth: usize,
    /// Where the outermost alias being followed stands: what is too much is its doing.
    alias_place: Place,
    /// The aliases being followed.
    following: HashSet<u32>,
}

impl<'o> Meter<'o> {
    pub(super) fn new(limits: &'o Limits) -> Self {
        // go-yaml counts the document itself.
        Self {
            limits,
            decoded: 1,
            aliased: 0,
            alias_depth: 0,
            aliased_bytes: 0,
            depth: 0,
            alias_place: Place::default(),
            following: HashSet::new(),
        }
    }

    pub(super) fn limits(&self) -> &'o Limits {
        self.limits
    }

    pub(super) fn count(&mut self, node: Node<'_>) -> Result<(), Error> {
        self.decoded += 1;
        if self.alias_depth > 0 {
            self.aliased += 1;
            // Go's strings share their bytes, ours are copied.
            self.aliased_bytes += node.scalar().map_or(0, str::len);
        }
        if self.aliased > 100 && self.decoded > 1000 {
            let ratio = self.aliased as f64 / self.decoded as f64;
            if ratio > allowed_alias_ratio(self.decoded) {
                return Err(Error::plain("document contains excessive aliasing", self.alias_place));
            }
        }
        if self.decoded - 1 > self.limits.max_nodes {
            return self.reached(Limit::Nodes, self.limits.max_nodes, node);
        }
        if self.aliased_bytes > self.limits.max_bytes {
            return self.reached(Limit::Bytes, self.limits.max_bytes, node);
        }
        Ok(())
    }

    pub(super) fn enter(&mut self, node: Node<'_>) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > self.limits.max_depth + 1 {
            return self.reached(Limit::Depth, self.limits.max_depth, node);
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn follow(&mut self, alias: Node<'_>) -> Result<(), Error> {
        if !self.following.insert(alias.index()) {
            let name = alias.anchor().unwrap_or_default();
            return Err(Error::plain(format!("anchor '{name}' value contains itself"), alias.place()));
        }
        if self.alias_depth == 0 {
            self.alias_place = alias.place();
        }
        self.alias_depth += 1;
        Ok(())
    }

    pub(super) fn followed(&mut self, alias: Node<'_>) {
        self.alias_depth -= 1;
        self.following.remove(&alias.index());
    }

    fn reached(&self, limit: Limit, max: usize, node: Node<'_>) -> Result<(), Error> {
        let place = if self.alias_depth > 0 { self.alias_place } else { node.place() };
        Err(Error::Limit { limit, max, place })
    }
}

/// The share of nodes that may come from aliases: 99 % of 400,000, falling to 10 % of 4 million.
fn allowed_alias_ratio(decoded: usize) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    let decoded = decoded as f64;
    if decoded <= LOW {
        0.99
    } else if decoded >= HIGH {
        0.10
    } else {
        0.99 - 0.89 * ((decoded - LOW) / (HIGH - LOW))
    }
}
