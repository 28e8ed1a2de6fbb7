use super::TreeWriter;
use super::item::Item;
use crate::chars::{at, is_break};

/// Comments handed over and not yet written. What nobody writes stays until it is replaced.
#[derive(Debug, Default)]
pub(super) struct PendingComments<'t> {
    head: &'t str,
    pub(super) line: &'t str,
    foot: &'t str,
    tail: &'t str,
    /// The line comment of a key, until its value shows where it can go.
    pub(super) key_line: &'t str,
    /// An empty line is due before what is next written at this indentation.
    separated_at: Option<i64>,
}

impl<'t> PendingComments<'t> {
    pub(super) fn add(&mut self, item: &Item<'t>) {
        self.add_head(item.head);
        replace(&mut self.line, item.line);
        self.add_foot(item.foot);
        replace(&mut self.tail, item.tail);
    }

    pub(super) fn add_head(&mut self, head: &'t str) {
        replace(&mut self.head, head);
    }

    pub(super) fn add_foot(&mut self, foot: &'t str) {
        replace(&mut self.foot, foot);
    }

    pub(super) fn has_head(&self) -> bool {
        !self.head.is_empty()
    }

    /// Whether something comes after the item on its line or the next.
    pub(super) fn has_line_foot_or_tail(&self) -> bool {
        !(self.line.is_empty() && self.foot.is_empty() && self.tail.is_empty())
    }

    pub(super) fn has_head_foot_or_tail(&self) -> bool {
        !(self.head.is_empty() && self.foot.is_empty() && self.tail.is_empty())
    }

    pub(super) fn separate_at(&mut self, indent: i64) {
        self.separated_at = Some(indent.max(0));
    }

    pub(super) fn is_separated_at(&self, indent: i64) -> bool {
        self.separated_at == Some(indent)
    }

    pub(super) fn forget_separation(&mut self) {
        self.separated_at = None;
    }
}

fn replace<'t>(old: &mut &'t str, new: &'t str) {
    if !new.is_empty() {
        *old = new;
    }
}

impl TreeWriter<'_> {
    /// Writes the foot of the entry before, then the head of this one.
    pub(super) fn write_head_comment(&mut self) {
        let tail = std::mem::take(&mut self.comments.tail);
        if !tail.is_empty() {
            self.write_indent();
            self.write_comment(tail);
            self.comments.separate_at(self.page.indent);
        }
        let head = std::mem::take(&mut self.comments.head);
        if !head.is_empty() {
            self.write_indent();
            self.write_comment(head);
        }
    }

    pub(super) fn write_line_comment(&mut self) {
        let line = std::mem::take(&mut self.comments.line);
        if !line.is_empty() {
            if !self.page.whitespace {
                self.page.put(b' ');
            }
            self.write_comment(line);
        }
    }

    pub(super) fn write_foot_comment(&mut self) {
        let foot = std::mem::take(&mut self.comments.foot);
        if !foot.is_empty() {
            self.write_indent();
            self.write_comment(foot);
            self.comments.separate_at(self.page.indent);
        }
    }

    /// Writes comment lines; one without its `#` gets it.
    fn write_comment(&mut self, comment: &str) {
        let bytes = comment.as_bytes();
        let (mut after_break, mut marked) = (false, false);
        let mut index = 0;
        while index < bytes.len() {
            if is_break(bytes, index) {
                index = self.page.copy_break(bytes, index);
                self.page.indention = true;
                (after_break, marked) = (true, false);
            } else {
                if after_break {
                    self.write_indent();
                }
                if !marked && at(bytes, index) != b'#' {
                    self.page.copy(b"# ");
                }
                marked = true;
                index = self.page.copy_char(bytes, index);
                self.page.indention = false;
                after_break = false;
            }
        }
        if !after_break {
            self.page.put_break();
        }
        self.page.whitespace = true;
    }
}
