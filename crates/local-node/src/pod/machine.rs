//! The state machine of a pod.
//!
//! ```text
//!   New ─Prepare─► Preparing ─prepared─► Running ─all ended─► Stopped
//!                     │ failed: waits,      │ delete, deadline
//!                     ▼ tries again         ▼
//!                   New                  Stopping ─all ended─► Stopped
//!
//!   container:  Waiting ─► Pulling ─► Creating ─► Running ─► Ended ─┐
//!                  ▲          │ failed    │ failed               │ restart policy, after a wait
//!                  └──────────┴───────────┴──────────────────────┘
//! ```
//! [`step`] takes a state and an event and gives the next state and what to do. It does nothing itself
//! and reads no clock; times are milliseconds since 1970.

use super::plan::{ContainerPlan, PodPlan, RestartPolicy, Role};

/// The first wait after a container has ended for the second time, as the kubelet.
const BACKOFF_START: i64 = 10_000;
/// The longest wait.
const BACKOFF_END: i64 = 300_000;
/// A container that ran this long is given a fresh start.
const BACKOFF_RESET: i64 = 600_000;
/// How long until what could not be prepared is tried again.
const PREPARE_AGAIN: i64 = 2_000;

/// How long the containers of an evicted pod have to stop, as with the kubelet.
const EVICTION_GRACE: i64 = 1_000;

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// The signal, if one ended it.
    pub signal: Option<i32>,
    /// One word: `Completed`, `Error`, `OOMKilled`, `StartError`.
    pub reason: String,
    /// More words: of the container's termination message, or of what went wrong.
    pub message: String,
    /// When it began.
    pub started: i64,
    /// When it ended.
    pub finished: i64,
    /// The container's id.
    pub id: String,
}

/// Where a container is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Now {
    /// Not begun, or between two runs.
    Waiting {
        /// One word, as `PodInitializing`, `CrashLoopBackOff`, `ImagePullBackOff`.
        reason: String,
        /// More words.
        message: String,
        /// Not before this time.
        until: i64,
    },
    /// Its image is being fetched.
    Pulling,
    /// It is being made.
    Creating,
    /// It runs.
    Running {
        /// Since when.
        since: i64,
        /// The container's id.
        id: String,
        /// When it will be killed, if it has been asked to stop.
        stopping: Option<i64>,
    },
    /// It has ended, for now or for good.
    Ended(Ended),
}

/// One container of a pod's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerState {
    /// Where it is.
    pub now: Now,
    /// How often it was made again: with 0 for the first, the number of the run that was made last.
    pub restarts: u32,
    /// How it ended before.
    pub last: Option<Ended>,
    /// Its startup probe has succeeded, or it has none and runs.
    pub started: bool,
    /// It is ready for traffic.
    pub ready: bool,
    /// The image that it runs, as resolved.
    pub image: Option<(String, String)>,
    /// Its last run has ended and the next one has not been made.
    between: bool,
    /// The wait after its next end.
    backoff: i64,
    /// The wait after the next failure to pull or create.
    retry: i64,
}

impl ContainerState {
    fn new() -> Self {
        let now = Now::Waiting { reason: "PodInitializing".to_owned(), message: String::new(), until: 0 };
        Self {
            now,
            restarts: 0,
            last: None,
            started: false,
            ready: false,
            image: None,
            between: false,
            backoff: 0,
            retry: BACKOFF_START,
        }
    }

    /// The number of the run that runs or ran last.
    #[must_use]
    pub fn latest_run(&self) -> Option<u32> {
        match self.now {
            Now::Running { .. } | Now::Ended(_) => Some(self.restarts),
            Now::Waiting { .. } | Now::Pulling | Now::Creating => self.ended_run(),
        }
    }

    /// The number of the last run that has ended and that another one follows.
    #[must_use]
    pub fn ended_run(&self) -> Option<u32> {
        if self.between { Some(self.restarts) } else { self.restarts.checked_sub(1) }
    }

    fn is_live(&self) -> bool {
        matches!(self.now, Now::Running { .. } | Now::Creating)
    }

    fn wait(&mut self, reason: &str, message: &str, until: i64) {
        self.now = Now::Waiting { reason: reason.to_owned(), message: message.to_owned(), until };
    }
}

/// Where a pod is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing is done yet; not before the time given.
    New(i64),
    /// Volumes, network and sandbox are being made.
    Preparing,
    /// Containers come and go.
    Running,
    /// All containers are to end; those left are killed at the time given.
    Stopping(i64),
    /// Everything has ended and is being cleared away.
    Stopped,
}

/// A pod's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodState {
    /// Where it is.
    pub stage: Stage,
    /// Its containers, in the plan's order.
    pub containers: Vec<ContainerState>,
    /// Why the pod as a whole failed: a word and more words.
    pub failed: Option<(String, String)>,
    /// Why it cannot be prepared just now.
    pub trouble: Option<(String, String)>,
    /// It is to be removed.
    pub deleted: bool,
    /// When the node took it on.
    pub since: i64,
}

/// Which of a container's probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProbeKind {
    /// Has it started?
    Startup,
    /// Must it be started again?
    Liveness,
    /// Is it ready?
    Readiness,
}

/// Something that happened. Containers are named by their place in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// Volumes, network and sandbox are there.
    Prepared,
    /// They cannot be made: a word and more words.
    PrepareFailed(String, String),
    /// The image is there: as named, and its digest.
    Pulled(usize, String, String),
    /// The image cannot be had: a word and more words.
    PullFailed(usize, String, String),
    /// The container runs, under this id.
    Started(usize, String),
    /// The container cannot be made or begun: a word and more words.
    StartFailed(usize, String, String),
    /// The container has ended.
    Exited {
        /// Which.
        container: usize,
        /// The exit code.
        code: i32,
        /// The signal.
        signal: Option<i32>,
        /// It wanted too much memory.
        out_of_memory: bool,
        /// Its termination message.
        message: String,
    },
    /// A probe's verdict has changed.
    Probed(usize, ProbeKind, bool),
    /// The pod is to go, with this grace period in milliseconds.
    Delete(i64),
    /// The sandbox is gone, and every container with it.
    SandboxGone,
    /// The pod takes more of the node than it may: why.
    Evicted(String),
}

/// Something to do. Containers are named by their place in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make volumes, network and sandbox.
    Prepare,
    /// Get the image.
    Pull(usize),
    /// Make and begin the container.
    Create(usize),
    /// Ask the container to stop: run its handler, then send its signal.
    Stop(usize),
    /// Kill the container.
    Kill(usize),
    /// Begin a probe.
    Probe(usize, ProbeKind),
    /// Tell of something: which container if any, whether it is trouble, a word, more words.
    Tell(Option<usize>, bool, &'static str, String),
    /// Clear everything away.
    TearDown,
}

/// A pod just taken on.
#[must_use]
pub fn begin(plan: &PodPlan, now: i64) -> PodState {
    PodState {
        stage: Stage::New(0),
        containers: plan.containers.iter().map(|_| ContainerState::new()).collect(),
        failed: None,
        trouble: None,
        deleted: false,
        since: now,
    }
}

/// The next state and what to do.
#[must_use]
pub fn step(mut state: PodState, event: Event, plan: &PodPlan, now: i64) -> (PodState, Vec<Effect>) {
    let mut effects = Vec::new();
    // The plan may have grown by ephemeral containers.
    state.containers.resize_with(plan.containers.len(), ContainerState::new);
    take_in(&mut state, event, plan, now, &mut effects);
    advance(&mut state, plan, now, &mut effects);
    (state, effects)
}

/// When the machine wants to be asked again even if nothing happens.
#[must_use]
pub fn wake_at(state: &PodState, plan: &PodPlan) -> Option<i64> {
    let mut times = Vec::new();
    match state.stage {
        Stage::New(at) => times.push(at),
        Stage::Stopping(at) => times.push(at),
        Stage::Running => times.extend(plan.deadline.map(|deadline| state.since + deadline)),
        Stage::Preparing | Stage::Stopped => {}
    }
    for container in &state.containers {
        match &container.now {
            Now::Waiting { until, .. } if *until > 0 && state.stage == Stage::Running => times.push(*until),
            Now::Running { stopping: Some(at), .. } => times.push(*at),
            _ => {}
        }
    }
    times.into_iter().filter(|at| *at < i64::MAX).min()
}

fn take_in(state: &mut PodState, event: Event, plan: &PodPlan, now: i64, effects: &mut Vec<Effect>) {
    match event {
        Event::Tick => {}
        Event::Prepared => {
            if state.stage == Stage::Preparing {
                state.stage = Stage::Running;
                state.trouble = None;
            }
        }
        Event::PrepareFailed(reason, message) => {
            if state.stage == Stage::Preparing {
                if state.trouble.as_ref() != Some(&(reason.clone(), message.clone())) {
                    effects.push(Effect::Tell(None, true, "FailedCreatePodSandBox", message.clone()));
                }
                state.stage = Stage::New(now + PREPARE_AGAIN);
                state.trouble = Some((reason, message));
            }
        }
        Event::Delete(grace) => {
            state.deleted = true;
            stop_all(state, plan, now, grace, effects);
        }
        Event::SandboxGone => {
            for container in state.containers.iter_mut().filter(|container| container.is_live()) {
                end(container, 255, None, "Error", "the pod's sandbox has ended", now);
            }
            if matches!(state.stage, Stage::Running) {
                state.stage = Stage::New(now);
            }
        }
        Event::Evicted(message) => {
            if !matches!(state.stage, Stage::Stopping(_) | Stage::Stopped) {
                effects.push(Effect::Tell(None, true, "Evicted", message.clone()));
                state.failed = Some(("Evicted".to_owned(), message));
                stop_all(state, plan, now, EVICTION_GRACE, effects);
            }
        }
        Event::Pulled(place, name, digest) => with(state, plan, place, |container, _| {
            if container.now == Now::Pulling {
                container.image = Some((name, digest));
                container.now = Now::Creating;
                container.restarts += u32::from(std::mem::take(&mut container.between));
                effects.push(Effect::Create(place));
            }
        }),
        Event::PullFailed(place, reason, message) => with(state, plan, place, |container, plan| {
            if container.now == Now::Pulling {
                let mut tell = |warning, word, text| {
                    effects.push(Effect::Tell(Some(place), warning, word, text));
                };
                let (word, text) = match reason.as_str() {
                    "ErrImageNeverPull" => ("ErrImageNeverPull", message.clone()),
                    "InvalidImageName" => (
                        "InspectFailed",
                        format!("Failed to apply default image tag {:?}: {message}", plan.image),
                    ),
                    _ => ("Failed", format!("Failed to pull image {:?}: {message}", plan.image)),
                };
                tell(true, word, text);
                tell(true, "Failed", format!("Error: {reason}"));
                if reason == "ErrImagePull" {
                    let text = format!("Back-off pulling image {:?}", plan.image);
                    tell(false, "BackOff", text.clone());
                    tell(true, "Failed", "Error: ImagePullBackOff".to_owned());
                    let message = format!("{text}: {reason}: {message}");
                    container.wait("ImagePullBackOff", &message, now + container.retry);
                } else {
                    container.wait(&reason, &message, now + container.retry);
                }
                container.retry = (container.retry * 2).min(BACKOFF_END);
            }
        }),
        Event::Started(place, id) => with(state, plan, place, |container, plan| {
            if container.now == Now::Creating {
                container.now = Now::Running { since: now, id, stopping: None };
                container.retry = BACKOFF_START;
                container.started = plan.startup.is_none();
                container.ready = container.started && plan.readiness.is_none();
                for (reason, text) in [("Created", "Container created"), ("Started", "Container started")] {
                    effects.push(Effect::Tell(Some(place), false, reason, text.to_owned()));
                }
                match &plan.startup {
                    Some(_) => effects.push(Effect::Probe(place, ProbeKind::Startup)),
                    None => probe(place, plan, effects),
                }
            }
        }),
        Event::StartFailed(place, reason, message) => with(state, plan, place, |container, _| {
            if container.now == Now::Creating {
                effects.push(Effect::Tell(Some(place), true, "Failed", format!("Error: {message}")));
                if reason == "CreateContainerConfigError" {
                    // Something that it needs may still come; nothing has run.
                    container.wait(&reason, &message, now + BACKOFF_START / 5);
                } else {
                    end(container, 128, None, &reason, &message, now);
                }
            }
        }),
        Event::Exited { container: place, code, signal, out_of_memory, message } => {
            with(state, plan, place, |container, _| {
                if container.is_live() {
                    let reason = match (out_of_memory, code) {
                        (true, _) => "OOMKilled",
                        (false, 0) => "Completed",
                        (false, _) => "Error",
                    };
                    end(container, code, signal, reason, &message, now);
                }
            })
        }
        Event::Probed(place, kind, success) => probed(state, plan, place, kind, success, now, effects),
    }
}

fn with(
    state: &mut PodState,
    plan: &PodPlan,
    place: usize,
    change: impl FnOnce(&mut ContainerState, &ContainerPlan),
) {
    if let (Some(container), Some(plan)) = (state.containers.get_mut(place), plan.containers.get(place)) {
        change(container, plan);
    }
}

fn end(
    container: &mut ContainerState,
    code: i32,
    signal: Option<i32>,
    reason: &str,
    message: &str,
    now: i64,
) {
    let (started, id) = match &container.now {
        Now::Running { since, id, .. } => (*since, id.clone()),
        _ => (now, String::new()),
    };
    if now - started >= BACKOFF_RESET {
        container.backoff = 0;
    }
    container.started = false;
    container.ready = false;
    container.now = Now::Ended(Ended {
        code,
        signal,
        reason: reason.to_owned(),
        message: message.to_owned(),
        started,
        finished: now,
        id,
    });
}

fn probe(place: usize, plan: &ContainerPlan, effects: &mut Vec<Effect>) {
    if plan.liveness.is_some() {
        effects.push(Effect::Probe(place, ProbeKind::Liveness));
    }
    if plan.readiness.is_some() {
        effects.push(Effect::Probe(place, ProbeKind::Readiness));
    }
}

fn probed(
    state: &mut PodState,
    pod: &PodPlan,
    place: usize,
    kind: ProbeKind,
    success: bool,
    now: i64,
    effects: &mut Vec<Effect>,
) {
    with(state, pod, place, |container, plan| {
        let Now::Running { stopping, .. } = &mut container.now else { return };
        match (kind, success) {
            (ProbeKind::Startup, true) => {
                if !container.started {
                    container.started = true;
                    container.ready = plan.readiness.is_none();
                    probe(place, plan, effects);
                }
            }
            (ProbeKind::Readiness, ready) => container.ready = ready && container.started,
            (ProbeKind::Liveness, true) => {}
            (ProbeKind::Startup | ProbeKind::Liveness, false) => {
                if stopping.is_none() {
                    let asked = if kind == ProbeKind::Startup { &plan.startup } else { &plan.liveness };
                    let word = if kind == ProbeKind::Startup { "startup" } else { "liveness" };
                    let grace = asked.as_ref().and_then(|probe| probe.grace).unwrap_or(pod.grace);
                    *stopping = Some(now + grace);
                    container.ready = false;
                    let text = format!("Container {} failed {word} probe, will be restarted", plan.name);
                    effects.push(Effect::Tell(Some(place), false, "Killing", text));
                    effects.push(Effect::Stop(place));
                }
            }
        }
    });
}

/// Begins the end: main containers are asked to stop now, sidecars after them.
fn stop_all(state: &mut PodState, plan: &PodPlan, now: i64, grace: i64, effects: &mut Vec<Effect>) {
    let kill_at = now + grace.max(0);
    state.stage = match state.stage {
        Stage::Stopped => Stage::Stopped,
        // A second, shorter order counts; a longer one does not.
        Stage::Stopping(at) => Stage::Stopping(at.min(kill_at)),
        Stage::New(_) | Stage::Preparing | Stage::Running => Stage::Stopping(kill_at),
    };
    for (place, container) in state.containers.iter().enumerate() {
        if let (Now::Running { stopping: None, .. }, Some(plan)) =
            (&container.now, plan.containers.get(place))
        {
            effects.push(Effect::Tell(
                Some(place),
                false,
                "Killing",
                format!("Stopping container {}", plan.name),
            ));
        }
    }
}

/// Does all that the state allows.
fn advance(state: &mut PodState, plan: &PodPlan, now: i64, effects: &mut Vec<Effect>) {
    if state.stage == Stage::Running
        && let Some(deadline) = plan.deadline
        && now >= state.since + deadline
    {
        let message = "Pod was active on the node longer than the specified deadline".to_owned();
        effects.push(Effect::Tell(None, false, "DeadlineExceeded", message.clone()));
        state.failed = Some(("DeadlineExceeded".to_owned(), message));
        stop_all(state, plan, now, plan.grace, effects);
    }
    match state.stage {
        Stage::New(at) if now >= at => {
            state.stage = Stage::Preparing;
            effects.push(Effect::Prepare);
        }
        Stage::New(_) | Stage::Preparing | Stage::Stopped => {}
        Stage::Running => run(state, plan, now, effects),
        Stage::Stopping(kill_at) => {
            stop(state, plan, now, kill_at, effects);
        }
    }
    for (place, container) in state.containers.iter_mut().enumerate() {
        if let Now::Running { stopping: Some(at), .. } = &mut container.now
            && now >= *at
        {
            // Once is enough; the exit will be told.
            *at = i64::MAX;
            effects.push(Effect::Kill(place));
        }
    }
}

/// Whether a container that has ended is started again.
fn restarts(plan: &PodPlan, container: &ContainerPlan, ended: &Ended) -> bool {
    match (container.role, plan.restart_policy) {
        (Role::Sidecar, _) => true,
        (Role::Init, RestartPolicy::Always | RestartPolicy::OnFailure)
        | (Role::Main, RestartPolicy::OnFailure) => ended.code != 0,
        (Role::Main, RestartPolicy::Always) => true,
        (Role::Ephemeral, _) | (_, RestartPolicy::Never) => false,
    }
}

/// Whether the init containers before a place let it begin.
fn may_begin(state: &PodState, plan: &PodPlan, place: usize) -> bool {
    state.containers.iter().zip(&plan.containers).take(place).all(|(container, plan)| match plan.role {
        Role::Init => matches!(&container.now, Now::Ended(ended) if ended.code == 0),
        Role::Sidecar => container.started,
        Role::Main | Role::Ephemeral => true,
    })
}

fn run(state: &mut PodState, plan: &PodPlan, now: i64, effects: &mut Vec<Effect>) {
    for place in 0..plan.containers.len() {
        let Some(kind) = plan.containers.get(place) else { continue };
        let begins = kind.role == Role::Ephemeral || may_begin(state, plan, place);
        // A sidecar that has begun once is kept going whatever happens before it.
        let begun = state.containers.get(place).is_some_and(|container| container.last.is_some());
        let Some(container) = state.containers.get_mut(place) else { continue };
        if let Now::Ended(ended) = &container.now
            && restarts(plan, kind, ended)
        {
            let ended = ended.clone();
            let until = ended.finished + container.backoff;
            container.between = true;
            if container.backoff > 0 {
                let text = format!(
                    "back-off {}s restarting failed container={} pod={}_{}({})",
                    container.backoff / 1_000,
                    kind.name,
                    plan.name,
                    plan.namespace,
                    plan.uid
                );
                effects.push(Effect::Tell(
                    Some(place),
                    true,
                    "BackOff",
                    format!(
                        "Back-off restarting failed container {} in pod {}_{}({})",
                        kind.name, plan.name, plan.namespace, plan.uid
                    ),
                ));
                container.wait("CrashLoopBackOff", &text, until);
            } else {
                container.wait("ContainerCreating", "", now);
            }
            container.last = Some(ended);
            container.backoff =
                if container.backoff == 0 { BACKOFF_START } else { (container.backoff * 2).min(BACKOFF_END) };
        }
        if let Now::Waiting { until, .. } = &container.now
            && now >= *until
            && (begins || (begun && kind.role == Role::Sidecar))
        {
            container.now = Now::Pulling;
            effects.push(Effect::Pull(place));
        }
    }
    if is_over(state, plan) {
        stop_all(state, plan, now, plan.grace, effects);
        if let Stage::Stopping(kill_at) = state.stage {
            stop(state, plan, now, kill_at, effects);
        }
    }
}

/// Whether everything that is to run has run: all main containers have ended for good, or an init
/// container has failed for good.
fn is_over(state: &PodState, plan: &PodPlan) -> bool {
    let ended_for_good = |(container, kind): (&ContainerState, &ContainerPlan)| match &container.now {
        Now::Ended(ended) => !restarts(plan, kind, ended),
        _ => false,
    };
    let pairs = || state.containers.iter().zip(&plan.containers);
    let failed_init = pairs().any(|(container, kind)| {
        kind.role == Role::Init
            && matches!(&container.now, Now::Ended(ended) if ended.code != 0)
            && ended_for_good((container, kind))
    });
    let mut mains = pairs().filter(|(_, kind)| kind.role == Role::Main).peekable();
    failed_init || (mains.peek().is_some() && mains.all(ended_for_good))
}

fn stop(state: &mut PodState, plan: &PodPlan, now: i64, kill_at: i64, effects: &mut Vec<Effect>) {
    let mains_live = state
        .containers
        .iter()
        .zip(&plan.containers)
        .any(|(container, plan)| plan.role != Role::Sidecar && container.is_live());
    let mut later_sidecar_lives = false;
    for (place, container) in state.containers.iter_mut().enumerate().rev() {
        let sidecar = plan.containers.get(place).is_some_and(|plan| plan.role == Role::Sidecar);
        let turn = !sidecar || (!mains_live && !later_sidecar_lives);
        if let Now::Running { stopping, .. } = &mut container.now {
            match stopping {
                // Already asked; the earlier end counts.
                Some(at) if *at < i64::MAX => *at = (*at).min(kill_at),
                Some(_) => {}
                None if turn => {
                    *stopping = Some(kill_at);
                    container.ready = false;
                    if now < kill_at {
                        effects.push(Effect::Stop(place));
                    }
                }
                // The end of the grace period is the end for all.
                None if now >= kill_at => *stopping = Some(kill_at),
                None => {}
            }
        }
        if sidecar {
            later_sidecar_lives |= container.is_live();
        }
        if matches!(container.now, Now::Pulling) {
            container.wait("PodInitializing", "", i64::MAX);
        }
    }
    // A container in the making tells soon that it has begun or failed.
    if !state.containers.iter().any(ContainerState::is_live) {
        state.stage = Stage::Stopped;
        effects.push(Effect::TearDown);
    }
}

#[cfg(test)]
mod tests;
