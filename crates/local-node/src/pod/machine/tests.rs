#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn plan(init: Value, main: Value, policy: &str) -> PodPlan {
    PodPlan::of(&json!({"metadata": {"uid": "u", "namespace": "n", "name": "p"},
        "spec": {"initContainers": init, "containers": main, "restartPolicy": policy, "terminationGracePeriodSeconds": 30}}))
}

fn exited(container: usize, code: i32) -> Event {
    Event::Exited { container, code, signal: None, out_of_memory: false, message: String::new() }
}

/// Plays events against a machine whose rim does at once what it is told, and remembers what that was.
struct Play {
    plan: PodPlan,
    state: PodState,
    now: i64,
    done: Vec<String>,
    images: bool,
}

impl Play {
    fn new(plan: PodPlan) -> Self {
        let mut play = Self { state: begin(&plan, 0), plan, now: 0, done: vec![], images: true };
        play.event(Event::Tick);
        play
    }

    fn event(&mut self, event: Event) {
        let mut events = std::collections::VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let (state, effects) = step(self.state.clone(), event, &self.plan, self.now);
            self.state = state;
            for effect in effects {
                let name = |place: usize| self.plan.containers[place].name.clone();
                match effect {
                    Effect::Prepare => events.push_back(Event::Prepared),
                    Effect::Pull(place) if self.images => {
                        events.push_back(Event::Pulled(place, "i".into(), "d".into()))
                    }
                    Effect::Pull(place) => {
                        events.push_back(Event::PullFailed(place, "ErrImagePull".into(), "no".into()))
                    }
                    Effect::Create(place) => {
                        self.done.push(format!("start {}", name(place)));
                        events.push_back(Event::Started(place, format!("id{place}")));
                    }
                    Effect::Stop(place) => self.done.push(format!("stop {}", name(place))),
                    Effect::Kill(place) => {
                        self.done.push(format!("kill {}", name(place)));
                        events.push_back(Event::Exited {
                            container: place,
                            code: 137,
                            signal: Some(9),
                            out_of_memory: false,
                            message: String::new(),
                        });
                    }
                    Effect::Probe(place, kind) => self.done.push(format!("probe {} {kind:?}", name(place))),
                    Effect::TearDown => self.done.push("tear down".into()),
                    Effect::Tell(..) => {}
                }
            }
        }
    }

    fn at(&mut self, now: i64) {
        self.now = now;
        self.event(Event::Tick);
    }

    fn took(&mut self) -> Vec<String> {
        std::mem::take(&mut self.done)
    }

    fn waiting(&self, place: usize) -> &str {
        match &self.state.containers[place].now {
            Now::Waiting { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }
}

fn container(name: &str) -> Value {
    json!({"name": name, "image": "i:1"})
}

fn sidecar(name: &str) -> Value {
    json!({"name": name, "image": "i:1", "restartPolicy": "Always"})
}

#[test]
fn init_containers_run_one_after_another_then_all_others() {
    let mut play = Play::new(plan(
        json!([container("a"), container("b")]),
        json!([container("c"), container("d")]),
        "Always",
    ));
    assert_eq!(play.took(), ["start a"]);
    play.event(exited(0, 0));
    assert_eq!(play.took(), ["start b"]);
    play.event(exited(1, 0));
    assert_eq!(play.took(), ["start c", "start d"]);
    assert!(play.state.containers[2].ready);
}

#[test]
fn a_sidecar_must_have_started_and_stops_last() {
    let mut slow = sidecar("s");
    slow["startupProbe"] = json!({"tcpSocket": {"port": 1}});
    let mut play = Play::new(plan(json!([slow, sidecar("t")]), json!([container("m")]), "Never"));
    assert_eq!(play.took(), ["start s", "probe s Startup"]);
    play.event(Event::Probed(0, ProbeKind::Startup, true));
    assert_eq!(play.took(), ["start t", "start m"]);
    play.event(exited(2, 0));
    assert_eq!(play.took(), ["stop t"]);
    play.event(exited(1, 0));
    assert_eq!(play.took(), ["stop s"]);
    play.event(exited(0, 0));
    assert_eq!(play.took(), ["tear down"]);
    assert_eq!(play.state.stage, Stage::Stopped);
}

#[test]
fn a_crashing_container_waits_longer_each_time() {
    let mut play = Play::new(plan(json!([]), json!([container("m")]), "Always"));
    assert_eq!(play.took(), ["start m"]);
    play.event(exited(0, 1));
    // The first restart is at once.
    assert_eq!(play.took(), ["start m"]);
    for (count, wait) in (1..).zip([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
        play.event(exited(0, 1));
        assert_eq!(play.waiting(0), "CrashLoopBackOff");
        // What waits has not been started again yet; its log is that of the run that ended.
        let container = &play.state.containers[0];
        assert_eq!(
            (container.restarts, container.latest_run(), container.ended_run()),
            (count, Some(count), Some(count))
        );
        assert_eq!(wake_at(&play.state, &play.plan), Some(play.now + wait));
        play.at(play.now + wait - 1);
        assert_eq!(play.took(), Vec::<String>::new());
        play.at(play.now + 1);
        assert_eq!(play.took(), ["start m"]);
    }
    let container = &play.state.containers[0];
    assert_eq!((container.restarts, container.latest_run(), container.ended_run()), (8, Some(8), Some(7)));
    // A long run is forgiven.
    play.now += BACKOFF_RESET;
    play.event(exited(0, 1));
    assert_eq!(play.took(), ["start m"]);
}

#[test]
fn restart_policies_decide_what_is_over() {
    let cases = [
        ("Never", 0, true),
        ("Never", 1, true),
        ("OnFailure", 0, true),
        ("OnFailure", 1, false),
        ("Always", 0, false),
    ];
    for (policy, code, over) in cases {
        let mut play = Play::new(plan(json!([]), json!([container("m")]), policy));
        play.event(exited(0, code));
        assert_eq!(play.state.stage == Stage::Stopped, over, "{policy} {code}");
    }
    let mut play = Play::new(plan(json!([container("i")]), json!([container("m")]), "Never"));
    play.event(exited(0, 2));
    assert_eq!(play.state.stage, Stage::Stopped);
}

#[test]
fn deletion_asks_and_then_kills() {
    let mut play = Play::new(plan(json!([]), json!([container("m")]), "Always"));
    play.took();
    play.event(Event::Delete(5_000));
    assert_eq!(play.took(), ["stop m"]);
    assert_eq!(wake_at(&play.state, &play.plan), Some(5_000));
    play.at(4_999);
    assert_eq!(play.took(), Vec::<String>::new());
    play.at(5_000);
    assert_eq!(play.took(), ["kill m", "tear down"]);
}

#[test]
fn a_container_that_obeys_is_not_killed_and_no_grace_kills_at_once() {
    let mut play = Play::new(plan(json!([]), json!([container("m")]), "Always"));
    play.took();
    play.event(Event::Delete(30_000));
    play.event(exited(0, 0));
    assert_eq!(play.took(), ["stop m", "tear down"]);
    let mut play = Play::new(plan(json!([]), json!([container("m")]), "Always"));
    play.took();
    play.event(Event::Delete(0));
    assert_eq!(play.took(), ["kill m", "tear down"]);
}

#[test]
fn a_failed_liveness_probe_restarts_the_container() {
    let mut main = container("m");
    main["livenessProbe"] = json!({"tcpSocket": {"port": 1}, "terminationGracePeriodSeconds": 3});
    let mut play = Play::new(plan(json!([]), json!([main]), "Always"));
    assert_eq!(play.took(), ["start m", "probe m Liveness"]);
    play.event(Event::Probed(0, ProbeKind::Liveness, false));
    assert_eq!(play.took(), ["stop m"]);
    play.at(3_000);
    assert_eq!(play.took(), ["kill m", "start m", "probe m Liveness"]);
    assert_eq!(play.state.containers[0].restarts, 1);
}

#[test]
fn readiness_follows_its_probe() {
    let mut main = container("m");
    main["readinessProbe"] = json!({"tcpSocket": {"port": 1}});
    let mut play = Play::new(plan(json!([]), json!([main]), "Always"));
    assert!(!play.state.containers[0].ready);
    play.event(Event::Probed(0, ProbeKind::Readiness, true));
    assert!(play.state.containers[0].ready);
    play.event(Event::Probed(0, ProbeKind::Readiness, false));
    assert!(!play.state.containers[0].ready);
}

#[test]
fn an_image_that_cannot_be_had_is_tried_again() {
    let mut play = Play::new(plan(json!([]), json!([container("m")]), "Always"));
    play.images = false;
    play.event(exited(0, 1));
    assert_eq!(play.waiting(0), "ImagePullBackOff");
    play.images = true;
    play.took();
    play.at(10_000);
    assert_eq!(play.took(), ["start m"]);
}

#[test]
fn an_ephemeral_container_runs_once_and_nothing_waits_for_it() {
    let before = plan(json!([container("i")]), json!([container("m")]), "Always");
    let mut play = Play::new(before.clone());
    assert_eq!(play.took(), ["start i"]);
    let pod = json!({"spec": {"ephemeralContainers": [container("e")]}});
    play.plan = before.with_new_ephemeral(&pod).unwrap();
    play.event(Event::Tick);
    // Not even for the init containers, and not for the others.
    assert_eq!(play.took(), ["start e"]);
    play.event(exited(2, 1));
    play.event(exited(0, 0));
    assert_eq!(play.took(), ["start m"]);
    assert_eq!(play.state.stage, Stage::Running);
    assert_eq!(super::super::status::phase(&play.state, &play.plan), "Running");
}

#[test]
fn a_deadline_ends_the_pod_as_failed() {
    let mut pod = plan(json!([]), json!([container("m")]), "Always");
    pod.deadline = Some(7_000);
    let mut play = Play::new(pod);
    assert_eq!(wake_at(&play.state, &play.plan), Some(7_000));
    play.took();
    play.at(7_000);
    assert_eq!(play.took(), ["stop m"]);
    assert_eq!(play.state.failed.as_ref().unwrap().0, "DeadlineExceeded");
}

#[test]
fn an_evicted_pod_fails_with_the_reason() {
    let mut play = Play::new(plan(json!([]), json!([container("m")]), "Always"));
    play.took();
    play.event(Event::Evicted("too much".into()));
    assert_eq!(play.took(), ["stop m"]);
    play.at(1_000);
    assert_eq!(play.took(), ["kill m", "tear down"]);
    assert_eq!(play.state.failed, Some(("Evicted".into(), "too much".into())));
    play.event(Event::Evicted("again".into()));
    assert_eq!(play.state.failed.as_ref().unwrap().1, "too much");
}

#[test]
fn a_lost_sandbox_is_made_anew() {
    let mut play = Play::new(plan(json!([]), json!([container("m")]), "Always"));
    play.took();
    play.event(Event::SandboxGone);
    assert_eq!(play.took(), ["start m"]);
    assert_eq!(play.state.containers[0].restarts, 1);
}

fn any_event(containers: usize) -> impl Strategy<Value = Event> {
    let place = 0..containers;
    prop_oneof![
        Just(Event::Tick),
        Just(Event::Prepared),
        Just(Event::PrepareFailed("r".into(), "m".into())),
        place.clone().prop_map(|p| Event::Pulled(p, "i".into(), "d".into())),
        place.clone().prop_map(|p| Event::PullFailed(p, "ErrImagePull".into(), "m".into())),
        place.clone().prop_map(|p| Event::Started(p, "id".into())),
        place.clone().prop_map(|p| Event::StartFailed(p, "ContainerCannotRun".into(), "m".into())),
        (place.clone(), 0..2_i32).prop_map(|(p, code)| exited(p, code)),
        (place.clone(), any::<bool>()).prop_map(|(p, ok)| Event::Probed(p, ProbeKind::Liveness, ok)),
        (place, any::<bool>()).prop_map(|(p, ok)| Event::Probed(p, ProbeKind::Readiness, ok)),
        (0..60_000_i64).prop_map(Event::Delete),
        Just(Event::SandboxGone),
        Just(Event::Evicted("much".into())),
    ]
}

proptest! {
    /// Whatever happens, in whatever order: a container is made only when none of it runs, nothing
    /// begins after the end, a stopped pod is cleared away once, and a stopped pod runs nothing.
    #[test]
    fn no_sequence_of_events_breaks_the_machine(
        events in prop::collection::vec((any_event(4), 0..20_000_i64), 0..120),
        policy in prop_oneof![Just("Always"), Just("OnFailure"), Just("Never")],
    ) {
        let plan = plan(json!([container("i"), sidecar("s")]), json!([container("m"), container("n")]), policy);
        let mut state = begin(&plan, 0);
        let mut now = 0;
        let mut torn_down = 0;
        for (event, wait) in events {
            now += wait;
            let before = state.clone();
            let (after, effects) = step(state, event, &plan, now);
            for effect in &effects {
                match effect {
                    Effect::Create(place) => {
                        prop_assert_eq!(&before.containers[*place].now, &Now::Pulling);
                        prop_assert_ne!(before.stage, Stage::Stopped);
                    }
                    Effect::Pull(place) => {
                        prop_assert_eq!(after.stage, Stage::Running);
                        prop_assert_eq!(&after.containers[*place].now, &Now::Pulling);
                    }
                    Effect::TearDown => torn_down += 1,
                    _ => {}
                }
            }
            prop_assert!(torn_down <= 1);
            if after.stage == Stage::Stopped {
                prop_assert!(!after.containers.iter().any(ContainerState::is_live));
            }
            for container in &after.containers {
                let runs = matches!(container.now, Now::Running { .. });
                prop_assert!(runs || !container.ready);
            }
            if before.deleted {
                prop_assert!(after.deleted);
            }
            state = after;
        }
        // However it stood: told to go, and with every container ending when killed, it goes.
        let mut events = vec![Event::Delete(0)];
        for _ in 0..50 {
            let Some(event) = events.pop() else { break };
            now += 1;
            let (after, effects) = step(state, event, &plan, now);
            state = after;
            for effect in effects {
                if let Effect::Kill(place) = effect {
                    events.push(exited(place, 137));
                }
            }
            for (place, container) in state.containers.iter().enumerate() {
                if matches!(container.now, Now::Creating) {
                    events.push(Event::StartFailed(place, "ContainerCannotRun".into(), String::new()));
                }
                if matches!(container.now, Now::Running { stopping: Some(i64::MAX), .. }) {
                    events.push(exited(place, 137));
                }
            }
        }
        prop_assert_eq!(state.stage, Stage::Stopped);
    }
}
