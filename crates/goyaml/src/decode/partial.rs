//! Decoding of which only some entries of the outermost mapping are kept. The rest is checked as
//! always, but takes no memory.

use super::key::Key;
use super::walk::{Target, walk};
use super::{Entries, ReadOptions, Resolved, ValueTarget, decode_binary, object, resolve_scalar};
use crate::document::{Document, Node};
use crate::error::Error;
use crate::value::Value;

impl Document<'_> {
    /// [`Document::to_value`] without the entries of the outermost mapping that are not `wanted`.
    ///
    /// # Errors
    /// As for [`Document::to_value`], also for what is not wanted.
    pub fn to_partial_value(
        &self,
        options: &ReadOptions,
        wanted: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Value, Error> {
        let Some(root) = self.root() else { return Ok(Value::Null) };
        let mut target = PartialTarget { kept: ValueTarget::new(options), wanted, open: 0, skipping: false };
        let value = walk(root, &options.limits, &mut target)?;
        let kept = target.kept;
        if kept.has_special_float || !kept.duplicates.is_empty() {
            // Rare, and the error names the first of them.
            return self.to_value(options);
        }
        if kept.has_unsupported_key {
            object::check_keys(self, options)?;
        }
        Ok(value)
    }
}

struct PartialTarget<'o> {
    kept: ValueTarget<'o>,
    wanted: &'o dyn Fn(&[u8]) -> bool,
    /// Entries begun and not yet done.
    open: usize,
    /// Whether the outermost of them is not wanted.
    skipping: bool,
}

impl<'d> Target<'d> for PartialTarget<'_> {
    type Value = Value;
    type Map = Entries<'d>;

    fn is_strict(&self) -> bool {
        self.kept.is_strict()
    }

    fn begin_entry(&mut self, key: &Key<'d>) {
        if self.open == 0 {
            self.skipping = !matches!(key, Key::Text(text) if (self.wanted)(text));
        }
        self.open += 1;
    }

    fn scalar(&mut self, node: Node<'d>) -> Result<Value, Error> {
        if !self.skipping {
            return self.kept.scalar(node);
        }
        match resolve_scalar(node)? {
            Resolved::Float(value) => self.kept.has_special_float |= !value.is_finite(),
            Resolved::Binary(text) => drop(decode_binary(node, text)?),
            _ => {}
        }
        Ok(Value::Null)
    }

    fn seq(&mut self, items: Vec<Value>) -> Value {
        if self.skipping { Value::Null } else { self.kept.seq(items) }
    }

    fn insert(&mut self, map: &mut Entries<'d>, key: Key<'d>, value: Value, value_node: Node<'d>) {
        self.open = self.open.saturating_sub(1);
        if !self.skipping || self.kept.is_strict() {
            self.kept.insert(map, key, value, value_node);
        } else if !key.has_text() {
            self.kept.has_unsupported_key = true;
        }
        self.skipping &= self.open > 0;
    }

    fn map(&mut self, map: Entries<'d>) -> Value {
        if self.skipping { Value::Null } else { self.kept.map(map) }
    }
}
