use super::{Data, Table};

/// Lays the values of `over` upon those of `base`: tables merge, everything else replaces, null
/// included. This is how values files and `--set-json` objects follow one another.
pub fn merge_user_values(base: &mut Table, over: Table) {
    for (key, node) in over {
        match (base.get_mut(&key).map(|node| &mut node.data), node.data) {
            (Some(Data::Table(inner)), Data::Table(over)) => merge_user_values(inner, over),
            (_, data) => {
                base.insert(key, super::Node::new(data, node.mark));
            }
        }
    }
}
