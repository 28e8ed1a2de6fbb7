use std::fmt;

use wheelhouse_gotemplate::strconv::{FloatStyle, format_float};

use super::{Data, Node, Table};

/// A value as Go's `%v` prints it: `map[a:1 b:[x <nil>]]`.
pub(crate) struct Shown<'a>(pub(crate) &'a Data);

/// A value as Go's `%t` prints it, which wants a bool: `%!t(string=x)`.
pub(crate) struct ShownAsBool<'a>(pub(crate) &'a Data);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Data::Null => formatter.write_str("<nil>"),
            Data::Bool(value) => write!(formatter, "{value}"),
            Data::Int(value) => write!(formatter, "{value}"),
            Data::Float(value) => formatter.write_str(&format_float(*value, FloatStyle::General, None)),
            Data::String(text) => write!(formatter, "{text}"),
            Data::List(nodes) => {
                show_list(formatter, nodes, |node, out| write!(out, "{}", Shown(&node.data)))
            }
            Data::Table(table) => {
                show_table(formatter, table, |node, out| write!(out, "{}", Shown(&node.data)), false)
            }
        }
    }
}

impl fmt::Display for ShownAsBool<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = |node: &Node, out: &mut fmt::Formatter<'_>| match node.data {
            Data::Null => out.write_str("<nil>"),
            _ => write!(out, "{}", ShownAsBool(&node.data)),
        };
        match self.0 {
            Data::Null => formatter.write_str("%!t(<nil>)"),
            Data::Bool(value) => write!(formatter, "{value}"),
            Data::Int(_) | Data::Float(_) | Data::String(_) => {
                write!(formatter, "%!t({}={})", self.0.type_name(), Shown(self.0))
            }
            Data::List(nodes) => show_list(formatter, nodes, element),
            Data::Table(table) => show_table(formatter, table, element, true),
        }
    }
}

type ShowNode = fn(&Node, &mut fmt::Formatter<'_>) -> fmt::Result;

fn show_list(out: &mut fmt::Formatter<'_>, nodes: &[Node], show: ShowNode) -> fmt::Result {
    out.write_str("[")?;
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            out.write_str(" ")?;
        }
        show(node, out)?;
    }
    out.write_str("]")
}

fn show_table(out: &mut fmt::Formatter<'_>, table: &Table, show: ShowNode, bad_keys: bool) -> fmt::Result {
    out.write_str("map[")?;
    for (index, (key, node)) in table.iter().enumerate() {
        if index > 0 {
            out.write_str(" ")?;
        }
        match bad_keys {
            true => write!(out, "%!t(string={key}):")?,
            false => write!(out, "{key}:")?,
        }
        show(node, out)?;
    }
    out.write_str("]")
}
