use super::item::{Item, ItemKind};
use super::{State, TreeWriter};

impl<'t> TreeWriter<'t> {
    pub(super) fn write_flow_sequence_item(&mut self, item: &Item<'t>, first: bool, trail: bool) {
        if first {
            self.open_flow(b'[');
        }
        if item.kind == ItemKind::SequenceEnd {
            self.flow_level -= 1;
            self.decrease_indent();
            if self.page.column == 0 {
                self.write_indent();
            }
            self.close_flow(b']');
            return;
        }
        self.begin_flow_item(first, trail);
        let commented = self.comments.has_line_foot_or_tail();
        self.states.push(if commented { State::FlowSequenceTrailItem } else { State::FlowSequenceItem });
        self.write_node(item, false, false);
        self.end_flow_item();
    }

    pub(super) fn write_flow_mapping_key(&mut self, item: &Item<'t>, first: bool, trail: bool) {
        if first {
            self.open_flow(b'{');
        }
        if item.kind == ItemKind::MappingEnd {
            if self.comments.has_head_foot_or_tail() && !first && !trail {
                self.page.write_indicator(b',', false, false);
            }
            self.write_head_comment();
            self.flow_level -= 1;
            self.decrease_indent();
            self.close_flow(b'}');
            return;
        }
        self.begin_flow_item(first, trail);
        if item.is_simple_key() {
            self.states.push(State::FlowMappingSimpleValue);
            self.write_node(item, true, true);
        } else {
            self.page.write_indicator(b'?', true, false);
            self.states.push(State::FlowMappingValue);
            self.write_node(item, true, false);
        }
    }

    pub(super) fn write_flow_mapping_value(&mut self, item: &Item<'t>, simple: bool) {
        self.page.write_indicator(b':', !simple, false);
        let commented = self.comments.has_line_foot_or_tail();
        self.states.push(if commented { State::FlowMappingTrailKey } else { State::FlowMappingKey });
        self.write_node(item, true, false);
        self.end_flow_item();
    }

    fn open_flow(&mut self, indicator: u8) {
        self.page.write_indicator(indicator, true, false);
        self.page.whitespace = true;
        self.increase_indent(true, false);
        self.flow_level += 1;
    }

    fn close_flow(&mut self, indicator: u8) {
        self.page.write_indicator(indicator, false, false);
        self.write_line_comment();
        self.write_foot_comment();
        self.pop_state();
    }

    /// What stands before an item. After a trail the comma is written already.
    fn begin_flow_item(&mut self, first: bool, trail: bool) {
        if !first && !trail {
            self.page.write_indicator(b',', false, false);
        }
        self.write_head_comment();
        if self.page.column == 0 {
            self.write_indent();
        }
    }

    /// A comma has to stand before the comments on an item.
    fn end_flow_item(&mut self) {
        if self.comments.has_line_foot_or_tail() {
            self.page.write_indicator(b',', false, false);
        }
        self.write_line_comment();
        self.write_foot_comment();
    }
}
