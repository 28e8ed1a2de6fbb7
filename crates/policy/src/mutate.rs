//! What the platform changes in a chart's objects: as a ledger, with a proof that nothing breaks.
//!
//! One function makes the changes for check, for create and for deploy. Applying it twice gives
//! the same objects.

mod instance;
mod ledger;
mod metadata;
mod placement;
mod pods;
mod proof;
mod secret_files;

pub use instance::InstanceFacts;
pub use ledger::{Change, Ledger, segments};

use std::collections::BTreeSet;

use pods::PodToChange;
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
    /// The Secret whose files containers find in `/var/secrets`.
    pub secrets: Option<String>,
    /// Rules whose changes are not made.
    pub switched_off: BTreeSet<String>,
}

/// The rules whose changes take the chart's wishes out: the policy `Unrestricted` leaves them be.
const WISHES: &[&str] =
    &["WH-130", "WH-170", "WH-171", "WH-172", "WH-173", "WH-174", "WH-175", "WH-176", "WH-177"];

impl Additions {
    /// Only what the platform needs to run: the chart's own wishes stay.
    #[must_use]
    pub fn only_what_is_needed(mut self) -> Self {
        self.switched_off.extend(WISHES.iter().map(ToString::to_string));
        self
    }
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

/// Tells what the platform's changes would break, without making them.
///
/// # Errors
/// Where [`mutate`] has one.
pub fn try_changes(objects: &[Object], additions: &Additions) -> Result<(), BrokenChart> {
    if proof::concerns_selectors(objects, &additions.labels) {
        mutate(&mut objects.to_vec(), additions)?;
    }
    Ok(())
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
        metadata::clean(object, additions, &mut ledger);
        metadata::add(object, additions, &mut ledger);
        let name = object.to_string();
        pod_spec::change_pods(object, |path, holder| {
            let mut pod = PodToChange { name: &name, path, holder, switched_off: &additions.switched_off };
            placement::change(&mut pod, additions, &mut ledger);
            pods::change(&mut pod, additions, &mut ledger);
        });
    }
    before.still_hold(objects)?;
    // The platform's own Secret is none that the chart's references could lead to: after the proof of those.
    for object in objects.iter_mut() {
        let name = object.to_string();
        pod_spec::change_pods(object, |path, holder| {
            let mut pod = PodToChange { name: &name, path, holder, switched_off: &additions.switched_off };
            secret_files::change(&mut pod, additions, &mut ledger);
        });
    }
    Ok(ledger)
}
