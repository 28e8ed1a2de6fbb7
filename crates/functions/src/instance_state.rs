//! The states of an instance, and the timers that end them.
//!
//! ```text
//!             Accepted            Ready             NotReady
//!  Requested ─────────► Starting ───────► Running ◄─────────► Unhealthy
//!      │ │                 │ │               │                  │ │
//!      │ └──── Failed ─────┴─┼───────────────┴──────────────────┘ │   timers: start-up, degradation
//!      │                     ▼                                    │
//!      │                  Failed ◄────────────────────────────────┘
//!      └─ Terminate (any) ─► Terminating ── Gone (any) ─► Terminated
//! ```

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Where an instance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InstanceState {
    /// Wanted; no agent has taken it yet.
    Requested,
    /// An agent is making it.
    Starting,
    /// It serves.
    Running,
    /// It served and does not now.
    Unhealthy,
    /// It will not serve; it is being taken away.
    Failed,
    /// It is to go.
    Terminating,
    /// It is gone.
    Terminated,
}

impl InstanceState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Requested,
        Self::Starting,
        Self::Running,
        Self::Unhealthy,
        Self::Failed,
        Self::Terminating,
        Self::Terminated,
    ];

    /// The reference's word.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Requested | Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Unhealthy | Self::Failed => "ERRORED",
            Self::Terminating => "TERMINATED",
            Self::Terminated => "DELETED",
        }
    }

    /// Whether it counts as being on its way.
    #[must_use]
    pub const fn is_starting(self) -> bool {
        matches!(self, Self::Requested | Self::Starting)
    }

    /// Whether it still counts towards what is wanted.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Requested | Self::Starting | Self::Running | Self::Unhealthy)
    }

    /// Whether an agent still has something of it.
    #[must_use]
    pub const fn needs_agent(self) -> bool {
        !matches!(self, Self::Terminated)
    }
}

/// Why an instance failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The cause.
    pub cause: FailureCause,
    /// What was seen: object, reason, last log lines.
    pub message: String,
}

/// The causes reported upward; the texts are the reference's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureCause {
    /// The image cannot be pulled.
    ImagePullIssues,
    /// An init container does not end.
    InitContainerStuck,
    /// A container keeps restarting.
    ContainerRestartLoop,
    /// No node takes a pod.
    PodStuckScheduling,
    /// It never got ready, or stayed unready for too long.
    DegradedWorker,
    /// Rendering or applying failed.
    InstallFailed,
    /// A pod ended.
    PodFailed,
    /// A controller gave up.
    ControllerFailed,
    /// The namespace does not go away.
    NamespaceStuck,
    /// Objects were pending for too long.
    PendingTimeout,
    /// The agent has not been heard.
    AgentLost,
}

impl FailureCause {
    /// The cause as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ImagePullIssues => "image-pull-issues",
            Self::InitContainerStuck => "init-container-stuck",
            Self::ContainerRestartLoop => "container-restart-loop",
            Self::PodStuckScheduling => "pod-stuck-scheduling",
            Self::DegradedWorker => "degraded-worker",
            Self::InstallFailed => "install-failed",
            Self::PodFailed => "pod-failed",
            Self::ControllerFailed => "controller-failed",
            Self::NamespaceStuck => "namespace-stuck",
            Self::PendingTimeout => "pending-timeout",
            Self::AgentLost => "agent-lost",
        }
    }
}

/// What may happen to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceEvent {
    /// An agent took it.
    Accepted,
    /// It serves.
    Ready,
    /// It does not serve.
    NotReady,
    /// It cannot serve.
    Failed(Failure),
    /// It is to go.
    Terminate,
    /// Nothing of it is left on the cluster.
    Gone,
    /// Time passed: how long the state has lasted.
    Elapsed(SignedDuration),
}

/// What has to be done after a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceEffect {
    /// Send calls to it.
    AddRoute,
    /// Send no more calls to it.
    RemoveRoute,
    /// Report its failure in the deployment's health.
    ReportFailure(Failure),
    /// Take its objects away.
    DeleteObjects,
    /// Forget it.
    Forget,
}

/// How long states may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// From asked for to taken by an agent, before another cluster is tried.
    pub accept: SignedDuration,
    /// From taken to serving.
    pub startup: SignedDuration,
    /// From not serving to failed.
    pub degradation: SignedDuration,
}

impl Default for Timers {
    /// The reference's: 3 h pending, 2 h start-up, 30 min degradation.
    fn default() -> Self {
        Self {
            accept: SignedDuration::from_hours(3),
            startup: SignedDuration::from_hours(2),
            degradation: SignedDuration::from_mins(30),
        }
    }
}

/// Decides one transition.
#[must_use]
pub fn step(
    state: InstanceState,
    event: InstanceEvent,
    timers: &Timers,
) -> (InstanceState, Vec<InstanceEffect>) {
    use InstanceEffect as Effect;
    use InstanceState as State;
    match event {
        InstanceEvent::Accepted => match state {
            State::Requested => (State::Starting, Vec::new()),
            State::Starting
            | State::Running
            | State::Unhealthy
            | State::Failed
            | State::Terminating
            | State::Terminated => (state, Vec::new()),
        },
        InstanceEvent::Ready => match state {
            State::Requested | State::Starting | State::Unhealthy => (State::Running, vec![Effect::AddRoute]),
            State::Running | State::Failed | State::Terminating | State::Terminated => (state, Vec::new()),
        },
        InstanceEvent::NotReady => match state {
            State::Running => (State::Unhealthy, vec![Effect::RemoveRoute]),
            State::Requested => (State::Starting, Vec::new()),
            State::Starting | State::Unhealthy | State::Failed | State::Terminating | State::Terminated => {
                (state, Vec::new())
            }
        },
        InstanceEvent::Failed(failure) => match state {
            State::Requested | State::Starting | State::Running | State::Unhealthy => fail(failure),
            State::Failed | State::Terminating | State::Terminated => (state, Vec::new()),
        },
        InstanceEvent::Terminate => match state {
            State::Requested | State::Starting | State::Running | State::Unhealthy | State::Failed => {
                (State::Terminating, vec![Effect::RemoveRoute, Effect::DeleteObjects])
            }
            State::Terminating | State::Terminated => (state, Vec::new()),
        },
        InstanceEvent::Gone => match state {
            State::Terminating | State::Failed | State::Terminated => {
                (State::Terminated, vec![Effect::Forget])
            }
            // Somebody deleted it behind our back: it is replaced like any failed instance.
            State::Starting | State::Running | State::Unhealthy => fail(Failure {
                cause: FailureCause::PodFailed,
                message: "the instance's objects disappeared from the cluster".to_owned(),
            }),
            State::Requested => (state, Vec::new()),
        },
        InstanceEvent::Elapsed(elapsed) => elapsed_in(state, elapsed, timers),
    }
}

fn fail(failure: Failure) -> (InstanceState, Vec<InstanceEffect>) {
    let effects = vec![
        InstanceEffect::RemoveRoute,
        InstanceEffect::ReportFailure(failure),
        InstanceEffect::DeleteObjects,
    ];
    (InstanceState::Failed, effects)
}

fn elapsed_in(
    state: InstanceState,
    elapsed: SignedDuration,
    timers: &Timers,
) -> (InstanceState, Vec<InstanceEffect>) {
    let over = |limit: SignedDuration, cause, what: &str| {
        (elapsed >= limit).then(|| fail(Failure { cause, message: format!("{what} for {limit:#}") }))
    };
    let ended = match state {
        InstanceState::Requested => {
            over(timers.accept, FailureCause::PendingTimeout, "no agent took the instance")
        }
        InstanceState::Starting => {
            over(timers.startup, FailureCause::DegradedWorker, "the instance did not get ready")
        }
        InstanceState::Unhealthy => {
            over(timers.degradation, FailureCause::DegradedWorker, "the instance was not ready")
        }
        InstanceState::Running
        | InstanceState::Failed
        | InstanceState::Terminating
        | InstanceState::Terminated => None,
    };
    ended.unwrap_or((state, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::InstanceState::*;
    use super::*;
    use proptest::prelude::*;

    fn failure() -> Failure {
        Failure { cause: FailureCause::PodFailed, message: "x".into() }
    }

    fn next(event: &InstanceEvent) -> [InstanceState; 7] {
        InstanceState::ALL.map(|state| step(state, event.clone(), &Timers::default()).0)
    }

    #[test]
    fn the_table() {
        //                         Requested  Starting  Running  Unhealthy  Failed  Terminating Terminated
        assert_eq!(
            next(&InstanceEvent::Accepted),
            [Starting, Starting, Running, Unhealthy, Failed, Terminating, Terminated]
        );
        assert_eq!(
            next(&InstanceEvent::Ready),
            [Running, Running, Running, Running, Failed, Terminating, Terminated]
        );
        assert_eq!(
            next(&InstanceEvent::NotReady),
            [Starting, Starting, Unhealthy, Unhealthy, Failed, Terminating, Terminated]
        );
        assert_eq!(
            next(&InstanceEvent::Failed(failure())),
            [Failed, Failed, Failed, Failed, Failed, Terminating, Terminated]
        );
        assert_eq!(
            next(&InstanceEvent::Terminate),
            [Terminating, Terminating, Terminating, Terminating, Terminating, Terminating, Terminated]
        );
        assert_eq!(
            next(&InstanceEvent::Gone),
            [Requested, Failed, Failed, Failed, Terminated, Terminated, Terminated]
        );
    }

    #[test]
    fn timers_end_states() {
        let after = |state, hours: i64| {
            step(state, InstanceEvent::Elapsed(SignedDuration::from_hours(hours)), &Timers::default()).0
        };
        assert_eq!([after(Requested, 2), after(Requested, 3)], [Requested, Failed]);
        assert_eq!([after(Starting, 1), after(Starting, 2)], [Starting, Failed]);
        assert_eq!([after(Unhealthy, 0), after(Unhealthy, 1)], [Unhealthy, Failed]);
        assert_eq!(after(Running, 10_000), Running);
        let effects =
            step(Starting, InstanceEvent::Elapsed(SignedDuration::from_hours(2)), &Timers::default()).1;
        assert!(format!("{effects:?}").contains("the instance did not get ready for 2h"), "{effects:?}");
    }

    fn any_event() -> impl Strategy<Value = InstanceEvent> {
        prop_oneof![
            Just(InstanceEvent::Accepted),
            Just(InstanceEvent::Ready),
            Just(InstanceEvent::NotReady),
            Just(InstanceEvent::Failed(failure())),
            Just(InstanceEvent::Terminate),
            Just(InstanceEvent::Gone),
            (0i64..20_000).prop_map(|seconds| InstanceEvent::Elapsed(SignedDuration::from_secs(seconds))),
        ]
    }

    proptest! {
        #[test]
        fn routes_exist_exactly_while_running(events in prop::collection::vec(any_event(), 0..60)) {
            let mut state = Requested;
            let mut routed = false;
            for event in events {
                let before = state;
                let (after, effects) = step(state, event, &Timers::default());
                for effect in &effects {
                    match effect {
                        InstanceEffect::AddRoute => routed = true,
                        InstanceEffect::RemoveRoute => routed = false,
                        InstanceEffect::ReportFailure(_) | InstanceEffect::DeleteObjects | InstanceEffect::Forget => {}
                    }
                }
                state = after;
                prop_assert_eq!(routed, state == Running);
                // What failed or is going never comes back.
                if matches!(before, Failed | Terminating | Terminated) { prop_assert!(!state.is_live()); }
            }
        }
    }
}
