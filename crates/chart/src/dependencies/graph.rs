use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use crate::chart::Contents;
use crate::values::Table;
use crate::{Chart, Compat, Dependency, Metadata};

/// A chart as Helm holds it while it decides dependencies: an object with a parent, whose copies
/// for aliases share more than they should. What one alias does to shared requirements and
/// subcharts the next alias sees, so the sharing decides what is rendered.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) metadata: Rc<SharedMetadata>,
    pub(super) values: RefCell<Arc<Table>>,
    subcharts: RefCell<Vec<Rc<Node>>>,
    contents: Arc<Contents>,
    parent: RefCell<Weak<Node>>,
    /// Held because subcharts may still name it as their parent.
    _copied_from: Option<Rc<Node>>,
}

#[derive(Debug)]
pub(super) struct SharedMetadata {
    /// Without the requirements.
    pub(super) own: RefCell<Metadata>,
    pub(super) requirements: RefCell<Option<Requirements>>,
}

pub(super) type Requirements = Vec<Rc<RefCell<Dependency>>>;

impl Node {
    pub(super) fn new(mut chart: Chart) -> Rc<Node> {
        // Charts are checked when they are loaded: no requirement is null.
        let requirements = chart.metadata.dependencies.take().map(|entries| {
            entries.into_iter().flatten().map(|requirement| Rc::new(RefCell::new(requirement))).collect()
        });
        let node = Rc::new(Node {
            metadata: Rc::new(SharedMetadata {
                own: RefCell::new(chart.metadata),
                requirements: RefCell::new(requirements),
            }),
            values: RefCell::new(chart.values),
            subcharts: RefCell::default(),
            contents: chart.contents,
            parent: RefCell::default(),
            _copied_from: None,
        });
        node.set_subcharts(chart.dependencies.into_iter().map(Node::new).collect());
        node
    }

    /// The chart as it is now, with its subcharts.
    pub(super) fn to_chart(&self) -> Chart {
        self.to_chart_at(&self.full_path())
    }

    fn to_chart_at(&self, expected_path: &str) -> Chart {
        let path = self.full_path();
        let mut metadata = self.metadata.own.borrow().clone();
        metadata.dependencies = self.requirements().map(|requirements| {
            requirements.iter().map(|requirement| Some(requirement.borrow().clone())).collect()
        });
        let subcharts = self.subcharts.borrow();
        let dependencies = subcharts
            .iter()
            .map(|subchart| subchart.to_chart_at(&format!("{path}/charts/{}", subchart.name())));
        Chart {
            metadata,
            values: self.values.borrow().clone(),
            contents: self.contents.clone(),
            dependencies: dependencies.collect(),
            path: (path != expected_path).then_some(path.clone()),
        }
    }

    pub(super) fn name(&self) -> String {
        self.metadata.own.borrow().name.clone()
    }

    pub(super) fn version(&self) -> String {
        self.metadata.own.borrow().version.clone()
    }

    pub(super) fn requirements(&self) -> Option<Requirements> {
        self.metadata.requirements.borrow().clone()
    }

    pub(super) fn subcharts(&self) -> Vec<Rc<Node>> {
        self.subcharts.borrow().clone()
    }

    pub(super) fn set_subcharts(self: &Rc<Self>, subcharts: Vec<Rc<Node>>) {
        for subchart in &subcharts {
            *subchart.parent.borrow_mut() = Rc::downgrade(self);
        }
        *self.subcharts.borrow_mut() = subcharts;
    }

    /// The copy a requirement gets. Helm 4 copies the requirements, and the subcharts one level
    /// down (but not their metadata); Helm 3 shares both.
    pub(super) fn copy_for_requirement(self: &Rc<Self>, alias: &str, compat: Compat) -> Rc<Node> {
        let requirements = self.requirements().map(|requirements| match compat {
            Compat::V3 => requirements,
            Compat::V4 => {
                let copy = |requirement: &Rc<RefCell<Dependency>>| {
                    Rc::new(RefCell::new(requirement.borrow().clone()))
                };
                requirements.iter().map(copy).collect()
            }
        });
        let mut own = self.metadata.own.borrow().clone();
        if !alias.is_empty() {
            alias.clone_into(&mut own.name);
        }
        let metadata =
            Rc::new(SharedMetadata { own: RefCell::new(own), requirements: RefCell::new(requirements) });
        let copy = Rc::new(Node { metadata, ..self.shallow_copy() });
        if compat == Compat::V4 {
            let subcharts =
                self.subcharts().iter().map(|subchart| Rc::new(subchart.shallow_copy())).collect();
            copy.set_subcharts(subcharts);
        }
        copy
    }

    fn shallow_copy(self: &Rc<Self>) -> Node {
        Node {
            metadata: self.metadata.clone(),
            values: self.values.clone(),
            subcharts: self.subcharts.clone(),
            contents: self.contents.clone(),
            parent: self.parent.clone(),
            _copied_from: Some(self.clone()),
        }
    }

    /// The path of the chart's files by its parents, which for a shared subchart are those of one
    /// of the charts it is in.
    fn full_path(&self) -> String {
        match self.parent.borrow().upgrade() {
            None => self.name(),
            Some(parent) => format!("{}/charts/{}", parent.full_path(), self.name()),
        }
    }
}
