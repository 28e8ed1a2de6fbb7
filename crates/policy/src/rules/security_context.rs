//! Security contexts of a pod and its containers, visited one way by all rules.

use wheelhouse_objects::{Container, Node, PodTemplate};
use wheelhouse_source::Span;

use crate::finding::Edit;
use crate::pods::Pod;

/// Whose security context it is.
pub(crate) enum Owner<'a> {
    /// The pod's own.
    Pod,
    /// A container's.
    Container(Container<'a>),
}

impl Owner<'_> {
    /// `pod` or `container "c"`
    pub(crate) fn shown(&self) -> String {
        match self {
            Owner::Pod => "pod".to_owned(),
            Owner::Container(container) => format!("container \"{}\"", container.name()),
        }
    }
}

/// One security context, or the place where it would be.
pub(crate) struct SecurityContext<'a> {
    pub(crate) owner: Owner<'a>,
    pub(crate) node: Option<&'a Node>,
    /// Its path in the object: `spec.template.spec.containers[0].securityContext`.
    pub(crate) path: String,
    /// Where to point when something is missing in it.
    pub(crate) span: Span,
}

impl<'a> SecurityContext<'a> {
    /// A field at a dotted path, if it is set.
    pub(crate) fn field(&self, path: &str) -> Option<&'a Node> {
        self.node?.at(path).filter(|node| node.value != wheelhouse_objects::Content::Null)
    }

    /// The edit that adds a field that is missing, and the context itself if there is none.
    pub(crate) fn adding(&self, field: &str, value: &str) -> Edit {
        let key = if self.node.is_some() { field.to_owned() } else { format!("securityContext.{field}") };
        Edit::Add(key, value.to_owned())
    }
}

/// The pod's security context and those of all its containers.
pub(crate) struct SecurityContexts<'a> {
    pub(crate) of_pod: SecurityContext<'a>,
    pub(crate) of_containers: Vec<SecurityContext<'a>>,
}

impl<'a> SecurityContexts<'a> {
    pub(crate) fn new(template: &PodTemplate<'a>) -> Self {
        let spec = template.spec;
        let node = spec.set("securityContext");
        let of_pod = SecurityContext {
            owner: Owner::Pod,
            node,
            path: format!("{}.securityContext", template.path),
            span: node.map_or(spec.span, |node| node.span),
        };
        let of_containers = template.containers().into_iter().map(|container| {
            let node = container.node.set("securityContext");
            SecurityContext {
                path: format!("{}.{}.securityContext", template.path, container.path()),
                span: node.map_or(container.node.span, |node| node.span),
                node,
                owner: Owner::Container(container),
            }
        });
        SecurityContexts { of_containers: of_containers.collect(), of_pod }
    }
}

/// The pod's security context.
pub(crate) fn of_pod<'p, 'a>(pod: &'p Pod<'a>) -> &'p SecurityContext<'a> {
    &pod.contexts().of_pod
}

/// The security contexts of all containers.
pub(crate) fn of_containers<'p, 'a>(pod: &'p Pod<'a>) -> &'p [SecurityContext<'a>] {
    &pod.contexts().of_containers
}

/// The pod's security context and those of all containers.
pub(crate) fn all<'p, 'a>(pod: &'p Pod<'a>) -> impl Iterator<Item = &'p SecurityContext<'a>> {
    std::iter::once(of_pod(pod)).chain(of_containers(pod))
}
