//! Security contexts of a pod and its containers, visited one way by all rules.

use wheelhouse_objects::{Container, Node};
use wheelhouse_source::Span;

use crate::check::Pod;

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
}

/// The pod's security context.
pub(crate) fn of_pod<'a>(pod: &Pod<'a>) -> SecurityContext<'a> {
    let spec = pod.template.spec;
    let node = spec.set("securityContext");
    SecurityContext {
        owner: Owner::Pod,
        node,
        path: pod.path("securityContext"),
        span: node.map_or(spec.span, |node| node.span),
    }
}

/// The security contexts of all containers.
pub(crate) fn of_containers<'a>(pod: &Pod<'a>) -> Vec<SecurityContext<'a>> {
    pod.template
        .containers()
        .into_iter()
        .map(|container| {
            let node = container.node.set("securityContext");
            SecurityContext {
                path: pod.container_path(&container, "securityContext"),
                span: node.map_or(container.node.span, |node| node.span),
                node,
                owner: Owner::Container(container),
            }
        })
        .collect()
}

/// The pod's security context and those of all containers.
pub(crate) fn all<'a>(pod: &Pod<'a>) -> Vec<SecurityContext<'a>> {
    std::iter::once(of_pod(pod)).chain(of_containers(pod)).collect()
}
