//! The resources this server serves: the built-in ones of `data/resources.txt` and, at run time, one
//! per custom resource definition.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::schema::{self, Shape};

/// One served resource in one version.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// API group; empty for the core group.
    pub(crate) group: String,
    /// API version.
    pub(crate) version: String,
    /// Plural name, the path element.
    pub(crate) plural: String,
    /// Singular name.
    pub(crate) singular: String,
    /// Kind of one object.
    pub(crate) kind: String,
    /// Kind of a list.
    pub(crate) list_kind: String,
    /// Objects live in namespaces.
    pub(crate) namespaced: bool,
    /// Verbs of the resource itself.
    pub(crate) verbs: Vec<String>,
    /// Short names for command lines.
    pub(crate) short_names: Vec<String>,
    /// Categories such as `all`.
    pub(crate) categories: Vec<String>,
    /// Subresources.
    pub(crate) subresources: Vec<Subresource>,
    /// Type of the object.
    pub(crate) shape: Shape,
    /// The custom resource definition behind it.
    pub(crate) custom: Option<Arc<crate::custom::Version>>,
}

/// One subresource.
#[derive(Debug, Clone)]
pub(crate) struct Subresource {
    /// Name, the last path element.
    pub(crate) name: String,
    /// Group, version and kind of the body when not the resource's own.
    pub(crate) foreign: Option<(String, String)>,
    /// Kind of the body.
    pub(crate) kind: String,
    /// Verbs.
    pub(crate) verbs: Vec<String>,
}

impl Resource {
    /// `group/version`, or `v1` for the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `plural.group`, the name used in error messages and as the store's table: `deployments.apps`.
    pub(crate) fn group_resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Where the objects are stored: events of both groups are the same objects.
    pub(crate) fn storage(&self) -> String {
        match (self.group.as_str(), self.plural.as_str()) {
            ("events.k8s.io", "events") => "events".to_owned(),
            _ => self.group_resource(),
        }
    }

    /// The subresource of this name.
    pub(crate) fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|sub| sub.name == name)
    }

    /// Objects of this resource are kept in the store (reviews are answered, not kept).
    pub(crate) fn stored(&self) -> bool {
        self.verbs.iter().any(|verb| verb == "list") && self.plural != "componentstatuses"
    }
}

fn words(text: &str) -> Vec<String> {
    if text == "-" { Vec::new() } else { text.split(',').map(str::to_owned).collect() }
}

fn parse(line: &str) -> Option<Resource> {
    let mut parts = line.split(' ');
    let group = parts.next().filter(|group| *group != "core").unwrap_or_default().to_owned();
    let version = parts.next()?.to_owned();
    let plural = parts.next()?.to_owned();
    let singular = parts.next()?.to_owned();
    let kind = parts.next()?.to_owned();
    let namespaced = parts.next()? == "namespaced";
    let verbs = words(parts.next()?);
    let short_names = words(parts.next()?);
    let categories = words(parts.next()?);
    let subresources = parts
        .filter_map(|text| {
            let mut parts = text.split(':');
            let name = parts.next()?.to_owned();
            let full = parts.next()?;
            let verbs = words(parts.next()?);
            let mut elements = full.rsplitn(3, '/');
            let kind = elements.next()?.to_owned();
            let foreign = elements
                .next()
                .map(|version| (elements.next().unwrap_or_default().to_owned(), version.to_owned()));
            Some(Subresource { name, foreign, kind, verbs })
        })
        .collect();
    let shape = Shape::Ref { name: schema::kind_type(&group, &version, &kind)?, atomic: false };
    let list_kind = format!("{kind}List");
    Some(Resource {
        group,
        version,
        plural,
        singular,
        kind,
        list_kind,
        namespaced,
        verbs,
        short_names,
        categories,
        subresources,
        shape,
        custom: None,
    })
}

static BUILT_IN: LazyLock<Vec<Arc<Resource>>> =
    LazyLock::new(|| include_str!("../data/resources.txt").lines().filter_map(parse).map(Arc::new).collect());

/// The built-in resources in discovery order.
pub(crate) fn built_in() -> &'static [Arc<Resource>] {
    &BUILT_IN
}

/// The resources of one moment: built-in and custom, found by path or by kind.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    all: Vec<Arc<Resource>>,
    by_path: HashMap<(String, String, String), Arc<Resource>>,
}

impl Catalog {
    /// The built-in resources and these custom ones.
    pub(crate) fn new(custom: impl IntoIterator<Item = Arc<Resource>>) -> Self {
        let mut catalog = Catalog::default();
        for resource in built_in().iter().cloned().chain(custom) {
            let path = (resource.group.clone(), resource.version.clone(), resource.plural.clone());
            if let std::collections::hash_map::Entry::Vacant(slot) = catalog.by_path.entry(path) {
                slot.insert(resource.clone());
                catalog.all.push(resource);
            }
        }
        catalog
    }

    /// Every resource, in discovery order.
    pub(crate) fn all(&self) -> &[Arc<Resource>] {
        &self.all
    }

    /// The resource at a path.
    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        self.by_path.get(&(group.to_owned(), version.to_owned(), plural.to_owned())).cloned()
    }

    /// Groups with their versions in discovery order, the core group left out.
    pub(crate) fn groups(&self) -> Vec<(String, Vec<String>)> {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for resource in self.all.iter().filter(|r| !r.group.is_empty()) {
            match groups.iter_mut().find(|(group, _)| *group == resource.group) {
                Some((_, versions)) if versions.contains(&resource.version) => {}
                Some((_, versions)) => versions.push(resource.version.clone()),
                None => groups.push((resource.group.clone(), vec![resource.version.clone()])),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_resource_with_a_type() {
        let lines = include_str!("../data/resources.txt").lines().count();
        assert_eq!(built_in().len(), lines);
    }

    #[test]
    fn resources_are_found_by_path() {
        let catalog = Catalog::new([]);
        let deployments = catalog.find("apps", "v1", "deployments").unwrap();
        assert_eq!(deployments.group_resource(), "deployments.apps");
        assert_eq!(deployments.api_version(), "apps/v1");
        let scale = deployments.subresource("scale").unwrap();
        assert_eq!(scale.foreign, Some(("autoscaling".into(), "v1".into())));
        assert_eq!(catalog.find("", "v1", "pods").unwrap().subresource("status").unwrap().foreign, None);
        assert!(catalog.groups().iter().any(|(g, v)| g == "autoscaling" && v == &["v2", "v1"]));
    }
}
