//! Values of a chart, of its subchart, and the user's, coalesced and printed by a template:
//! whether places are kept makes no difference.

use wheelhouse_chart::values::ValuesFlags;
use wheelhouse_chart::{Compat, File};

use crate::parts;
use crate::pipeline::render_both_ways;

const PARENT: &[u8] = b"apiVersion: v2
name: parent
version: 0.1.0
dependencies:
- name: child
  version: 0.1.0
  condition: child.enabled
  tags: [t]
  import-values: [exported, {child: a, parent: b}]
";
const CHILD: &[u8] = b"apiVersion: v2\nname: child\nversion: 0.1.0\n";
const DUMP: &[u8] =
    b"kind: Values\nvalues:\n  {{- toYaml .Values | nindent 2 }}\njson: {{ toJson .Values }}\n";

pub(crate) fn run(input: &[u8]) {
    let [parent, child, user] = parts(input);
    let files = [
        File::new("Chart.yaml", PARENT),
        File::new("values.yaml", parent),
        File::new("templates/dump.yaml", DUMP),
        File::new("charts/child/Chart.yaml", CHILD),
        File::new("charts/child/values.yaml", child),
        File::new("charts/child/templates/dump.yaml", DUMP),
    ];
    for compat in [Compat::V4, Compat::V3] {
        let flags = ValuesFlags { files: vec!["user.yaml".to_owned()], ..ValuesFlags::default() };
        let user = |trace: bool| flags.merge(compat, trace, &mut |_| Ok(user.to_vec())).ok();
        render_both_ways(&files, &user, compat);
    }
}
