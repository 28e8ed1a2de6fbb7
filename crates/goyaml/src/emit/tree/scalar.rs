use super::TreeWriter;
use super::item::Item;
use crate::chars::{at, is_blank, is_blankz, is_break, width};
use crate::tree::ScalarStyle;

impl<'t> TreeWriter<'t> {
    pub(super) fn write_scalar_item(&mut self, item: &Item<'t>) {
        let style = self.possible_style(item);
        self.write_properties(item);
        self.increase_indent(true, false);
        match style {
            ScalarStyle::Plain if item.value.is_empty() => self.page.indention = false,
            ScalarStyle::Plain => self.page.write_plain(item.value, false),
            ScalarStyle::SingleQuoted => self.page.write_single_quoted(item.value, false),
            ScalarStyle::DoubleQuoted => self.page.write_double_quoted(item.value, false),
            ScalarStyle::Literal => self.write_literal_item(item.value),
            ScalarStyle::Folded => self.write_folded_item(item.value),
        }
        self.decrease_indent();
        self.pop_state();
    }

    /// The style wanted or, if that cannot hold the text, the next best one.
    fn possible_style(&self, item: &Item<'t>) -> ScalarStyle {
        let Some(analysis) = item.analysis else { return item.style };
        let in_flow = self.flow_level > 0;
        let mut style = item.style;
        if self.in_simple_key && analysis.multiline {
            style = ScalarStyle::DoubleQuoted;
        }
        if style == ScalarStyle::Plain {
            let allowed = analysis.plain_allowed && !(in_flow && has_flow_indicator(item.value));
            let empty = item.value.is_empty() && (in_flow || self.in_simple_key);
            if !allowed || empty {
                style = ScalarStyle::SingleQuoted;
            }
        }
        if style == ScalarStyle::SingleQuoted && !analysis.single_quoted_allowed {
            style = ScalarStyle::DoubleQuoted;
        }
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if is_block && (!analysis.literal_allowed || in_flow || self.in_simple_key) {
            style = ScalarStyle::DoubleQuoted;
        }
        style
    }

    fn write_literal_item(&mut self, text: &str) {
        self.write_block_header(b'|', text);
        self.page.write_literal_lines(text);
    }

    /// The indicators of a block scalar, and its line comment.
    fn write_block_header(&mut self, indicator: u8, text: &str) {
        self.page.write_indicator(indicator, true, false);
        self.page.write_block_hints(text);
        if self.comments.line.is_empty() {
            self.page.put_break();
        } else {
            self.write_line_comment();
        }
        self.page.whitespace = true;
    }

    /// Lines are not folded here, as there is no width they have to fit in; only the line breaks
    /// that reading would fold are doubled.
    fn write_folded_item(&mut self, text: &str) {
        self.write_block_header(b'>', text);
        let bytes = text.as_bytes();
        // go-yaml looks at the beginning of the text each time.
        let mut first = 0;
        while is_break(bytes, first) {
            first += width(at(bytes, first));
        }
        let starts_blank = is_blankz(bytes, first);
        let (mut after_break, mut leading_spaces) = (true, true);
        let mut index = 0;
        while index < bytes.len() {
            if is_break(bytes, index) {
                if !after_break && !leading_spaces && at(bytes, index) == b'\n' && !starts_blank {
                    self.page.put_break();
                }
                index = self.page.copy_break(bytes, index);
                self.page.indention = true;
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                    leading_spaces = is_blank(at(bytes, index));
                }
                index = self.page.copy_char(bytes, index);
                self.page.indention = false;
                after_break = false;
            }
        }
    }
}

/// Whether a flow collection would read something else into a plain text.
fn has_flow_indicator(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b',' | b'?' | b'[' | b']' | b'{' | b'}' | b':'))
}
