//! The pods of a chart, and those that a Service selects.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Deref;

use wheelhouse_objects::{Container, Node, Object, PodTemplate, pod_spec};

use crate::rules::security_context::SecurityContexts;

/// A pod spec and the object it stands in.
pub(crate) struct Pod<'a> {
    pub(crate) object: &'a Object,
    pub(crate) template: PodTemplate<'a>,
    contexts: OnceCell<SecurityContexts<'a>>,
}

impl<'a> Pod<'a> {
    /// Its security contexts.
    pub(crate) fn contexts(&self) -> &SecurityContexts<'a> {
        self.contexts.get_or_init(|| SecurityContexts::new(&self.template))
    }

    /// The path of a field of the pod spec inside the object.
    pub(crate) fn path(&self, field: &str) -> String {
        format!("{}.{field}", self.template.path)
    }

    /// The path of a field of the pod's metadata inside the object.
    pub(crate) fn metadata_path(&self, field: &str) -> String {
        self.template.metadata_path(field)
    }

    /// The path of a container's field inside the object.
    pub(crate) fn container_path(&self, container: &Container<'_>, field: &str) -> String {
        format!("{}.{}.{field}", self.template.path, container.path())
    }
}

/// Every pod spec of a chart, in the order of their objects.
pub(crate) struct Pods<'a> {
    all: Vec<Pod<'a>>,
    /// Those that carry a label, by key and value: a chart of many Services would otherwise look at every pod for
    /// each of them.
    labelled: OnceCell<HashMap<(String, String), Vec<usize>>>,
}

impl<'a> Pods<'a> {
    /// The pod specs of the objects given.
    pub(crate) fn of(objects: &'a [Object]) -> Self {
        let of_object = |object| {
            pod_spec::pod_templates(object).into_iter().map(move |template| Pod {
                object,
                template,
                contexts: OnceCell::new(),
            })
        };
        Pods { all: objects.iter().flat_map(of_object).collect(), labelled: OnceCell::new() }
    }

    /// The pods a Service selects; none if it has no selector.
    pub(crate) fn selected_by(&self, service: &Object) -> Vec<&Pod<'a>> {
        let wanted: Vec<(&str, &str)> = service
            .root
            .at("spec.selector")
            .map(Node::entries)
            .unwrap_or_default()
            .iter()
            .filter_map(|entry| Some((entry.key.as_str(), entry.value.as_str()?)))
            .collect();
        let labelled = self.labelled.get_or_init(|| self.by_label());
        let with = |&(key, value): &(&str, &str)| {
            labelled.get(&(key.to_owned(), value.to_owned())).map(Vec::as_slice).unwrap_or_default()
        };
        let fewest = wanted.iter().map(with).min_by_key(|pods| pods.len()).unwrap_or_default();
        fewest
            .iter()
            .filter_map(|index| self.all.get(*index))
            .filter(|pod| wanted.iter().all(|(key, value)| pod.template.label(key) == Some(value)))
            .collect()
    }

    fn by_label(&self) -> HashMap<(String, String), Vec<usize>> {
        let mut labelled: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, pod) in self.all.iter().enumerate() {
            for key in pod.template.label_keys() {
                if let Some(value) = pod.template.label(key) {
                    labelled.entry((key.to_owned(), value.to_owned())).or_default().push(index);
                }
            }
        }
        labelled
    }
}

impl<'a> Deref for Pods<'a> {
    type Target = [Pod<'a>];

    fn deref(&self) -> &[Pod<'a>] {
        &self.all
    }
}
