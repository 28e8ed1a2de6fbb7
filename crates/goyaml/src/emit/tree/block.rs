use super::item::{Item, ItemKind};
use super::{State, TreeWriter};

impl<'t> TreeWriter<'t> {
    pub(super) fn write_block_sequence_item(&mut self, item: &Item<'t>, first: bool) {
        if first {
            let page = &self.page;
            let compact = self.in_mapping && (page.column == 0 || !page.indention) && !self.wide_sequences;
            self.increase_indent(false, compact);
        }
        if item.kind == ItemKind::SequenceEnd {
            self.decrease_indent();
            self.pop_state();
            return;
        }
        self.write_head_comment();
        self.write_indent();
        self.page.write_indicator(b'-', true, true);
        self.states.push(State::BlockSequenceItem);
        self.write_node(item, false, false);
        self.write_line_comment();
        self.write_foot_comment();
    }

    pub(super) fn write_block_mapping_key(&mut self, item: &Item<'t>, first: bool) {
        if first {
            self.increase_indent(false, false);
        }
        self.write_head_comment();
        if item.kind == ItemKind::MappingEnd {
            self.decrease_indent();
            self.pop_state();
            return;
        }
        self.write_indent();
        if !self.comments.line.is_empty() {
            self.comments.key_line = std::mem::take(&mut self.comments.line);
        }
        if item.is_simple_key() {
            self.states.push(State::BlockMappingSimpleValue);
            self.write_node(item, true, true);
        } else {
            self.page.write_indicator(b'?', true, true);
            self.states.push(State::BlockMappingValue);
            self.write_node(item, true, false);
        }
    }

    pub(super) fn write_block_mapping_value(&mut self, item: &Item<'t>, simple: bool) {
        if simple {
            self.page.write_indicator(b':', false, false);
        } else {
            self.write_indent();
            self.page.write_indicator(b':', true, true);
        }
        if !self.comments.key_line.is_empty() {
            self.place_key_line_comment(item);
        }
        self.states.push(State::BlockMappingKey);
        self.write_node(item, true, false);
        self.write_line_comment();
        self.write_foot_comment();
    }

    /// The line comment of a key goes after a scalar that has none of its own, or before a block.
    fn place_key_line_comment(&mut self, item: &Item<'t>) {
        match item.kind {
            ItemKind::Scalar if self.comments.line.is_empty() => {
                self.comments.line = std::mem::take(&mut self.comments.key_line);
            }
            ItemKind::SequenceStart | ItemKind::MappingStart if !item.flow => {
                let comments = &mut self.comments;
                std::mem::swap(&mut comments.line, &mut comments.key_line);
                self.write_line_comment();
                let comments = &mut self.comments;
                std::mem::swap(&mut comments.line, &mut comments.key_line);
            }
            _ => {}
        }
    }
}
