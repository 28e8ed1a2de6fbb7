//! What the state machine is fed with: nodes, and the ends of collections.

use crate::chars::is_alpha;
use crate::emit::Emitter;
use crate::emit::analysis::{Analysis, analyze};
use crate::resolve::{long_tag, short_tag, tag_of_plain};
use crate::tree::{NodeKind, ScalarStyle, TreeNode};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    Alias,
    Scalar,
    SequenceStart,
    SequenceEnd,
    MappingStart,
    MappingEnd,
}

/// A tag as it is written.
#[derive(Clone, Debug)]
pub(super) enum Tag {
    /// `!suffix` or `!!suffix`
    Short(&'static str, String),
    /// `!<tag>`
    Verbatim(String),
}

/// A node or the end of one.
#[derive(Clone, Debug)]
pub(super) struct Item<'t> {
    pub(super) kind: ItemKind,
    pub(super) head: &'t str,
    pub(super) line: &'t str,
    pub(super) foot: &'t str,
    /// The foot of the entry before.
    pub(super) tail: &'t str,
    /// The node's own name, or the one an alias gives.
    pub(super) anchor: &'t str,
    pub(super) tag: Option<Tag>,
    pub(super) value: &'t str,
    /// The style wanted for a scalar.
    pub(super) style: ScalarStyle,
    pub(super) flow: bool,
    /// Whether a collection has nothing in it.
    pub(super) is_empty: bool,
    pub(super) analysis: Option<Analysis>,
}

impl<'t> Item<'t> {
    fn new(kind: ItemKind, head: &'t str, tail: &'t str) -> Self {
        Item {
            kind,
            head,
            line: "",
            foot: "",
            tail,
            anchor: "",
            tag: None,
            value: "",
            style: ScalarStyle::Plain,
            flow: false,
            is_empty: false,
            analysis: None,
        }
    }

    /// A node, or the beginning of a collection: its other comments come with the end. A scalar
    /// has its `foot` with it.
    pub(super) fn begin(node: &'t TreeNode, tail: &'t str, foot: &'t str) -> Self {
        let head = node.head_comment.as_str();
        let flow = node.style.flow;
        match node.kind {
            NodeKind::Alias => Item {
                line: &node.line_comment,
                foot,
                anchor: &node.value,
                ..Self::new(ItemKind::Alias, head, "")
            },
            NodeKind::Sequence => Item {
                anchor: &node.anchor,
                tag: wanted_tag(node, "!!seq"),
                flow,
                is_empty: node.content.is_empty(),
                ..Self::new(ItemKind::SequenceStart, head, "")
            },
            NodeKind::Mapping | NodeKind::Document => Item {
                anchor: &node.anchor,
                tag: wanted_tag(node, "!!map"),
                flow,
                is_empty: node.content.len() < 2,
                ..Self::new(ItemKind::MappingStart, head, tail)
            },
            NodeKind::Scalar => {
                let (tag, style) = scalar_tag_and_style(node);
                Item {
                    line: &node.line_comment,
                    foot,
                    anchor: &node.anchor,
                    tag,
                    value: &node.value,
                    style,
                    analysis: Some(analyze(&node.value, true)),
                    ..Self::new(ItemKind::Scalar, head, tail)
                }
            }
        }
    }

    /// The end of a collection.
    pub(super) fn end(node: &'t TreeNode, foot: &'t str, tail: &'t str) -> Self {
        let kind = if node.kind == NodeKind::Sequence { ItemKind::SequenceEnd } else { ItemKind::MappingEnd };
        Item { line: &node.line_comment, foot, ..Self::new(kind, "", tail) }
    }

    /// Whether the item can be a key without a `?`.
    pub(super) fn is_simple_key(&self) -> bool {
        const LONGEST: usize = 128;
        let tag = self.tag.as_ref().map_or(0, Tag::len);
        let length = match self.kind {
            ItemKind::Alias => self.anchor.len(),
            ItemKind::Scalar if !self.analysis.is_some_and(|analysis| analysis.multiline) => {
                self.anchor.len() + tag + self.value.len()
            }
            ItemKind::SequenceStart | ItemKind::MappingStart if self.is_empty => self.anchor.len() + tag,
            _ => return false,
        };
        length <= LONGEST
    }
}

/// The tag of a collection, unless it goes without saying.
fn wanted_tag(node: &TreeNode, own: &str) -> Option<Tag> {
    let goes_without = !node.style.tagged && short_tag(&node.tag) == own;
    (!goes_without && !node.tag.is_empty()).then(|| Tag::new(&node.tag))
}

/// The tag of a scalar, unless it goes without saying, and the style: a string that would be
/// read as something else is quoted.
fn scalar_tag_and_style(node: &TreeNode) -> (Option<Tag>, ScalarStyle) {
    let mut tag = node.tag.as_ref();
    let mut quote = false;
    if !tag.is_empty() && !node.style.tagged {
        let short = short_tag(tag);
        let is_string = short == "!!str";
        let is_quoted = is_string && node.style.scalar != ScalarStyle::Plain;
        let goes_without = is_quoted || tag_of_plain(&node.value) == short;
        quote = is_string && !goes_without;
        if goes_without || is_string {
            tag = "";
        }
    }
    let style = match node.style.scalar {
        ScalarStyle::Plain if node.value.contains('\n') => ScalarStyle::Literal,
        ScalarStyle::Plain if quote => ScalarStyle::DoubleQuoted,
        style => style,
    };
    ((!tag.is_empty()).then(|| Tag::new(tag)), style)
}

impl Tag {
    fn new(tag: &str) -> Self {
        let long = long_tag(tag);
        for (handle, prefix) in [("!", "!"), ("!!", crate::resolve::TAG_PREFIX)] {
            if let Some(suffix) = long.strip_prefix(prefix) {
                return Tag::Short(handle, suffix.to_owned());
            }
        }
        Tag::Verbatim(long.into_owned())
    }

    fn len(&self) -> usize {
        match self {
            Tag::Short(handle, suffix) => handle.len() + suffix.len(),
            Tag::Verbatim(tag) => tag.len(),
        }
    }

    pub(super) fn write(&self, page: &mut Emitter<'_>) {
        match self {
            Tag::Short(handle, suffix) => {
                page.copy(handle.as_bytes());
                write_tag_text(suffix, page);
            }
            Tag::Verbatim(tag) => {
                page.copy(b"!<");
                write_tag_text(tag, page);
                page.copy(b">");
            }
        }
    }
}

/// Writes a tag, what cannot stand in one as `%41`.
fn write_tag_text(text: &str, page: &mut Emitter<'_>) {
    for byte in text.bytes() {
        if is_alpha(byte) || b";/?:@&=+$,_.~*'()[]".contains(&byte) {
            page.put(byte);
        } else {
            page.copy(format!("%{byte:02X}").as_bytes());
        }
    }
}
