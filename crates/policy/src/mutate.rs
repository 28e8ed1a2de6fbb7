//! What the platform changes in a chart's objects: as a ledger, with a proof that nothing breaks.
//!
//! One function makes the changes for check, for create and for deploy. Applying it twice gives
//! the same objects.

mod ledger;
mod metadata;
mod placement;
mod pods;
mod proof;

pub use ledger::{Change, Ledger, segments};

use wheelhouse_objects::{Object, pod_spec};

/// A name with its value.
pub type Pair = (String, String);

/// What the platform sets on the pods of an instance.
#[derive(Clone, Debug, Default)]
pub struct Additions {
    /// Names of the pull secrets in the namespace.
    pub pull_secrets: Vec<String>,
    /// Variables of every container and init container; these replace the chart's own.
    pub environment: Vec<(String, VariableSource)>,
    /// Labels of objects and pods.
    pub labels: Vec<Pair>,
    /// Annotations of objects and pods.
    pub annotations: Vec<Pair>,
    /// The account pods run under, without rights.
    pub service_account: String,
    /// The node label that pods with GPUs are bound to.
    pub instance_type_label: Option<Pair>,
    /// Taints that pods tolerate: keys, tolerated whatever their value.
    pub tolerations: Vec<String>,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableSource {
    /// A text.
    Text(String),
    /// A field of the pod: `metadata.labels['function-id']`.
    Field(String),
}

/// A change that would break the chart; the chart is refused instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {message}")]
pub struct BrokenChart {
    /// The rule whose mutation it is.
    pub rule: &'static str,
    /// What would break.
    pub message: String,
}

/// Makes the platform's changes and proves that selectors, references and the entry point still
/// hold.
///
/// # Errors
/// For the first thing that a change would break; the objects are then not to be used.
pub fn mutate(objects: &mut [Object], additions: &Additions) -> Result<Ledger, BrokenChart> {
    let before = proof::Facts::of(objects);
    let mut ledger = Ledger::default();
    for object in objects.iter_mut() {
        metadata::clean(object, &mut ledger);
        metadata::add(object, additions, &mut ledger);
        let name = object.to_string();
        let path =
            pod_spec::pod_holder(object.group(), &object.kind).map(|place| place.spec).unwrap_or_default();
        if let Some(holder) = pod_spec::pod_holder_mut(object) {
            let mut pod = pods::PodToChange { name: &name, path, holder };
            placement::change(&mut pod, additions, &mut ledger);
            pods::change(&mut pod, additions, &mut ledger);
        }
    }
    before.still_hold(objects)?;
    Ok(ledger)
}
