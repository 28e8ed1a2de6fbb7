//! The states of a function version.
//!
//! ```text
//!              Deploy                    every specification at its minimum
//!  Inactive ───────────────► Deploying ─────────────────────────────────► Active
//!   ▲  ▲ ▲                       │ the whole first batch failed            │  ▲
//!   │  │ └── 7 days ─── Error ◄──┘                                         │  │ back at the minimum
//!   │  │                                  some, fewer than the minimum ◄───┘  │
//!   │  │                                        Degrading ────────────────────┤
//!   │  │ Undeploy (any state)                      │ none left                │
//!   │  └──────────────────────────────────── Degraded ────────────────────────┘
//!   └── Draining ◄── Undeploy, graceful (any deployed state)
//! ```
//!
//! `Draining` is reported as `INACTIVE`: new calls are refused, queued ones still finish.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VersionState {
    /// Not deployed.
    Inactive,
    /// Not deployed any more for callers; its queue is still being drained.
    Draining,
    /// Deployed; not yet enough instances.
    Deploying,
    /// Enough instances.
    Active,
    /// Fewer instances than asked for, but some.
    Degrading,
    /// No instance left although some are asked for.
    Degraded,
    /// No instance of the first batch came up.
    Error,
}

impl VersionState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Inactive,
        Self::Draining,
        Self::Deploying,
        Self::Active,
        Self::Degrading,
        Self::Degraded,
        Self::Error,
    ];

    /// The status shown to clients.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Inactive | Self::Draining => "INACTIVE",
            Self::Deploying => "DEPLOYING",
            Self::Active => "ACTIVE",
            Self::Degrading => "DEGRADING",
            Self::Degraded => "DEGRADED",
            Self::Error => "ERROR",
        }
    }

    /// Whether calls are accepted.
    #[must_use]
    pub const fn is_invocable(self) -> bool {
        matches!(self, Self::Active | Self::Degrading)
    }

    /// Whether a deployment exists.
    #[must_use]
    pub const fn is_deployed(self) -> bool {
        !matches!(self, Self::Inactive)
    }

    /// Whether instances are kept running.
    #[must_use]
    pub const fn wants_instances(self) -> bool {
        matches!(self, Self::Deploying | Self::Active | Self::Degrading | Self::Degraded)
    }

    /// Whether the queue endpoint answers (the reference: active or deploying).
    #[must_use]
    pub const fn has_queue(self) -> bool {
        matches!(self, Self::Active | Self::Deploying | Self::Degrading)
    }
}

impl fmt::Display for VersionState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.status())
    }
}

/// What is known of a version's instances, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Sum of the specifications' minimums.
    pub required: u32,
    /// Instances that serve.
    pub running: u32,
    /// Instances on their way.
    pub starting: u32,
    /// Whether every specification has at least its minimum running.
    pub every_minimum_met: bool,
    /// Whether every required instance of the first batch has reported failure.
    pub first_batch_failed: bool,
}

/// What may happen to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionEvent {
    /// A deployment was asked for. Its minimums may all be zero.
    Deploy {
        /// Whether every specification's minimum is zero.
        all_minimums_zero: bool,
    },
    /// The deployment is to be removed.
    Undeploy {
        /// Whether the queue is to be drained first.
        graceful: bool,
    },
    /// The instances were counted.
    Counted(Census),
    /// The queue of a draining version is empty and nothing is running.
    Drained,
    /// The version has been in error for the whole retention (7 days).
    RetentionOver,
}

/// What has to be done after a transition; carried out by the caller, each safe to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionEffect {
    /// Take calls for this version (or keep them in its queue).
    OpenQueue,
    /// Refuse new calls; what is queued may finish.
    CloseQueue,
    /// Drop what is queued and cancel what runs.
    DropQueue,
    /// Stop every instance.
    TerminateInstances,
    /// Keep the failing instances' words for the deployment's health information.
    KeepHealth,
    /// Remove the deployment's record.
    DeleteDeployment,
}

/// The event is refused in this state; the text is the reference's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Deployed already, and failed.
    #[error("Function already has a deployment with errors")]
    DeployedWithErrors,
    /// Deployed already.
    #[error("Function already has a deployment; use PATCH endpoint to update gpu-specification")]
    AlreadyDeployed,
    /// An earlier deployment still drains.
    #[error("Wait for current deployment to be gracefully completed")]
    StillDraining,
    /// There is nothing to remove.
    #[error("Function does not have a deployment")]
    NotDeployed,
}

/// Decides one transition.
///
/// # Errors
/// A [`Refusal`] when a client asked for what the state does not permit. Observations are never refused.
pub fn step(state: VersionState, event: VersionEvent) -> Result<(VersionState, Vec<VersionEffect>), Refusal> {
    use VersionEffect as Effect;
    use VersionState as State;
    Ok(match event {
        VersionEvent::Deploy { all_minimums_zero } => match state {
            State::Inactive if all_minimums_zero => (State::Active, vec![Effect::OpenQueue]),
            State::Inactive => (State::Deploying, vec![Effect::OpenQueue]),
            State::Draining => return Err(Refusal::StillDraining),
            State::Error => return Err(Refusal::DeployedWithErrors),
            State::Deploying | State::Active | State::Degrading | State::Degraded => {
                return Err(Refusal::AlreadyDeployed);
            }
        },
        VersionEvent::Undeploy { graceful } => match state {
            State::Inactive => return Err(Refusal::NotDeployed),
            State::Draining if graceful => (State::Draining, Vec::new()),
            State::Deploying | State::Active | State::Degrading | State::Degraded if graceful => {
                (State::Draining, vec![Effect::CloseQueue])
            }
            State::Draining
            | State::Deploying
            | State::Active
            | State::Degrading
            | State::Degraded
            | State::Error => (
                State::Inactive,
                vec![Effect::DropQueue, Effect::TerminateInstances, Effect::DeleteDeployment],
            ),
        },
        VersionEvent::Counted(census) => counted(state, census),
        VersionEvent::Drained => match state {
            State::Draining => (
                State::Inactive,
                vec![Effect::DropQueue, Effect::TerminateInstances, Effect::DeleteDeployment],
            ),
            State::Inactive
            | State::Deploying
            | State::Active
            | State::Degrading
            | State::Degraded
            | State::Error => (state, Vec::new()),
        },
        VersionEvent::RetentionOver => match state {
            State::Error => (State::Inactive, vec![Effect::TerminateInstances, Effect::DeleteDeployment]),
            State::Inactive
            | State::Draining
            | State::Deploying
            | State::Active
            | State::Degrading
            | State::Degraded => (state, Vec::new()),
        },
    })
}

fn counted(state: VersionState, census: Census) -> (VersionState, Vec<VersionEffect>) {
    use VersionEffect as Effect;
    use VersionState as State;
    match state {
        State::Deploying if census.every_minimum_met => (State::Active, Vec::new()),
        State::Deploying if census.first_batch_failed && census.running == 0 && census.starting == 0 => {
            (State::Error, vec![Effect::KeepHealth, Effect::DropQueue, Effect::TerminateInstances])
        }
        State::Active | State::Degrading | State::Degraded => {
            let next = if census.every_minimum_met {
                State::Active
            } else if census.running > 0 {
                State::Degrading
            } else {
                State::Degraded
            };
            (next, Vec::new())
        }
        State::Inactive | State::Draining | State::Deploying | State::Error => (state, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::VersionState::*;
    use super::*;
    use proptest::prelude::*;

    const MET: Census =
        Census { required: 2, running: 2, starting: 0, every_minimum_met: true, first_batch_failed: false };
    const SOME: Census =
        Census { required: 2, running: 1, starting: 1, every_minimum_met: false, first_batch_failed: false };
    const NONE: Census =
        Census { required: 2, running: 0, starting: 1, every_minimum_met: false, first_batch_failed: false };
    const FAILED: Census =
        Census { required: 2, running: 0, starting: 0, every_minimum_met: false, first_batch_failed: true };

    fn row(event: VersionEvent) -> Vec<String> {
        VersionState::ALL
            .iter()
            .map(|&state| match step(state, event) {
                Ok((next, effects)) => {
                    let effects: Vec<String> = effects.iter().map(|effect| format!("{effect:?}")).collect();
                    format!("{state:?} -> {next:?} {}", effects.join("+")).trim_end().to_owned()
                }
                Err(refusal) => format!("{state:?} -- {refusal}"),
            })
            .collect()
    }

    #[test]
    fn deploy() {
        assert_eq!(
            row(VersionEvent::Deploy { all_minimums_zero: false }),
            [
                "Inactive -> Deploying OpenQueue",
                "Draining -- Wait for current deployment to be gracefully completed",
                "Deploying -- Function already has a deployment; use PATCH endpoint to update gpu-specification",
                "Active -- Function already has a deployment; use PATCH endpoint to update gpu-specification",
                "Degrading -- Function already has a deployment; use PATCH endpoint to update gpu-specification",
                "Degraded -- Function already has a deployment; use PATCH endpoint to update gpu-specification",
                "Error -- Function already has a deployment with errors",
            ]
        );
        assert_eq!(step(Inactive, VersionEvent::Deploy { all_minimums_zero: true }).unwrap().0, Active);
    }

    #[test]
    fn undeploy() {
        let now = "Inactive DropQueue+TerminateInstances+DeleteDeployment";
        assert_eq!(
            row(VersionEvent::Undeploy { graceful: false }),
            [
                "Inactive -- Function does not have a deployment".to_owned(),
                format!("Draining -> {now}"),
                format!("Deploying -> {now}"),
                format!("Active -> {now}"),
                format!("Degrading -> {now}"),
                format!("Degraded -> {now}"),
                format!("Error -> {now}"),
            ]
        );
        assert_eq!(
            row(VersionEvent::Undeploy { graceful: true }),
            [
                "Inactive -- Function does not have a deployment".to_owned(),
                "Draining -> Draining".to_owned(),
                "Deploying -> Draining CloseQueue".to_owned(),
                "Active -> Draining CloseQueue".to_owned(),
                "Degrading -> Draining CloseQueue".to_owned(),
                "Degraded -> Draining CloseQueue".to_owned(),
                format!("Error -> {now}"),
            ]
        );
        assert_eq!(row(VersionEvent::Drained)[1], format!("Draining -> {now}"));
    }

    #[test]
    fn counting() {
        let next =
            |census| VersionState::ALL.map(|state| step(state, VersionEvent::Counted(census)).unwrap().0);
        assert_eq!(next(MET), [Inactive, Draining, Active, Active, Active, Active, Error]);
        assert_eq!(next(SOME), [Inactive, Draining, Deploying, Degrading, Degrading, Degrading, Error]);
        assert_eq!(next(NONE), [Inactive, Draining, Deploying, Degraded, Degraded, Degraded, Error]);
        assert_eq!(next(FAILED), [Inactive, Draining, Error, Degraded, Degraded, Degraded, Error]);
    }

    #[test]
    fn errors_are_cleaned_up_after_their_retention() {
        assert_eq!(step(Error, VersionEvent::RetentionOver).unwrap().0, Inactive);
        assert_eq!(step(Active, VersionEvent::RetentionOver).unwrap(), (Active, vec![]));
    }

    fn any_event() -> impl Strategy<Value = VersionEvent> {
        prop_oneof![
            any::<bool>().prop_map(|all_minimums_zero| VersionEvent::Deploy { all_minimums_zero }),
            any::<bool>().prop_map(|graceful| VersionEvent::Undeploy { graceful }),
            prop_oneof![Just(MET), Just(SOME), Just(NONE), Just(FAILED)].prop_map(VersionEvent::Counted),
            Just(VersionEvent::Drained),
            Just(VersionEvent::RetentionOver),
        ]
    }

    proptest! {
        #[test]
        fn inactive_versions_own_nothing(events in prop::collection::vec(any_event(), 0..40)) {
            let mut state = Inactive;
            let mut queue_open = false;
            let mut deployment = false;
            for event in events {
                let Ok((next, effects)) = step(state, event) else { continue };
                for effect in effects {
                    match effect {
                        VersionEffect::OpenQueue => { queue_open = true; deployment = true; }
                        VersionEffect::CloseQueue | VersionEffect::DropQueue => queue_open = false,
                        VersionEffect::DeleteDeployment => deployment = false,
                        VersionEffect::TerminateInstances | VersionEffect::KeepHealth => {}
                    }
                }
                state = next;
                prop_assert_eq!(deployment, state.is_deployed());
                if state.is_invocable() { prop_assert!(queue_open); }
                if matches!(state, Inactive | Draining | Error) { prop_assert!(!queue_open); }
            }
        }
    }
}
