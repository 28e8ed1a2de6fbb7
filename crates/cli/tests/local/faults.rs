//! What goes wrong in clusters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, IMAGE, Namespace, PATIENCE, READY_WHEN_LISTENING, deployment, service};
use crate::eventually;

pub(crate) fn a_container_that_ignores_sigterm_is_killed(namespace: &Namespace<'_>) {
    namespace.pod("stubborn", "ignore-term -- sleep 600", "");
    namespace.wait("condition=Ready", "pod/stubborn");
    let begun = Instant::now();
    namespace.ok("delete pod stubborn --grace-period=2 --wait");
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(2), "it had {took:?}, not the grace it was given");
}

pub(crate) fn a_crashing_pod_waits_longer_each_time(namespace: &Namespace<'_>) {
    namespace.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: crash}}
spec:
  containers: [{{name: main, image: {IMAGE}, args: [echo, begun, '--', exit, '9']}}]
"
    ));
    namespace.until("pod/crash", ".status.containerStatuses[0].state.waiting.reason", "CrashLoopBackOff");
    namespace.until_it("pod/crash", ".status.containerStatuses[0].restartCount", |count| {
        count.parse::<u32>().is_ok_and(|count| count >= 1)
    });
    namespace.until("pod/crash", ".status.containerStatuses[0].lastState.terminated.exitCode", "9");
    assert_eq!(namespace.ok("logs crash --previous"), "begun\n");
    namespace.until_it("pod/crash", ".status.containerStatuses[0].state.waiting.message", |message| {
        message.starts_with("back-off ")
    });
}

pub(crate) fn an_unreachable_registry_is_told(namespace: &Namespace<'_>) {
    let pod = |name: &str, image: &str, policy: &str| {
        namespace.apply(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers: [{{name: main, image: '{image}', imagePullPolicy: {policy}}}]\n"
        ));
    };
    // Nobody listens on this port.
    pod("away", "127.0.0.1:1/team/web:1", "IfNotPresent");
    pod("absent", "test/other:1", "Never");
    namespace.until_it("pod/away", ".status.containerStatuses[0].state.waiting.reason", |reason| {
        matches!(reason, "ErrImagePull" | "ImagePullBackOff")
    });
    namespace.until("pod/away", ".status.containerStatuses[0].state.waiting.reason", "ImagePullBackOff");
    for (reason, text) in [
        ("Pulling", "Pulling image \"127.0.0.1:1/team/web:1\""),
        ("Failed", "Failed to pull image \"127.0.0.1:1/team/web:1\": "),
        ("Failed", "refused"),
        ("Failed", "Error: ErrImagePull"),
        ("BackOff", "Back-off pulling image \"127.0.0.1:1/team/web:1\""),
        ("Failed", "Error: ImagePullBackOff"),
    ] {
        namespace.until_told("away", reason, text);
    }
    namespace.until("pod/absent", ".status.containerStatuses[0].state.waiting.reason", "ErrImageNeverPull");
    let text = "Container image \"test/other:1\" is not present with pull policy of Never";
    namespace.until_told("absent", "ErrImageNeverPull", text);
    // Pods that never ran have nothing to stop: without a kill they would have half a minute.
    namespace.ok("delete pod away absent --wait");
    let killed = "get events --field-selector reason=Killing -o name";
    assert_eq!(namespace.ok(killed), "");
}

pub(crate) fn two_hundred_pods(namespace: &Namespace<'_>) {
    let begun = Instant::now();
    namespace.apply(&deployment("many", "200", "sleep 600", ""));
    eventually("all are ready", PATIENCE * 2, || {
        let ready = namespace.ok("get deployment many -o jsonpath={.status.readyReplicas}");
        if ready == "200" { Ok(()) } else { Err(ready) }
    });
    eprintln!("200 pods ready in {:.1?}", begun.elapsed());
    let addresses = namespace.ok("get pods -o jsonpath={.items[*].status.podIP}");
    let distinct: std::collections::BTreeSet<&str> = addresses.split(' ').collect();
    assert_eq!(distinct.len(), 200);
    let begun = Instant::now();
    namespace.ok("delete deployment many --wait");
    eventually("all are gone", PATIENCE * 2, || {
        let left = namespace.json("get pods")["items"].as_array().unwrap().len();
        if left == 0 { Ok(()) } else { Err(format!("{left} pods")) }
    });
    eprintln!("200 pods gone in {:.1?}", begun.elapsed());
}

/// The whole process is killed again and again while clients write: each acknowledged object is there afterwards with
/// the version it was given, and no version is given twice.
pub(crate) fn nothing_acknowledged_is_lost_by_kills(cluster: &Cluster) {
    const ROUNDS: usize = 3;
    const WRITERS: usize = 3;
    const WRITES_OF_A_ROUND: usize = 6;
    let namespace = cluster.namespace("writes");
    let acknowledged = Mutex::new(BTreeMap::new());
    for round in 0..ROUNDS {
        let killed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (namespace, acknowledged, killed) = (&namespace, &acknowledged, &killed);
                scope.spawn(move || {
                    for number in 0.. {
                        if killed.load(Ordering::Relaxed) {
                            break;
                        }
                        let name = format!("r{round}-w{writer}-{number}");
                        let version = "jsonpath={.metadata.resourceVersion}";
                        let created = namespace.kubectl(&["create", "configmap", &name, "-o", version], "");
                        if created.code == 0 {
                            acknowledged.lock().unwrap().insert(name, created.out.trim().to_owned());
                        }
                    }
                });
            }
            eventually("clients write", PATIENCE, || {
                let count = acknowledged.lock().unwrap().len();
                if count >= (round + 1) * WRITES_OF_A_ROUND { Ok(()) } else { Err(format!("{count} writes")) }
            });
            cluster.kill_and_start();
            killed.store(true, Ordering::Relaxed);
        });
        let format = r#"jsonpath={range .items[*]}{.metadata.name}={.metadata.resourceVersion}{"\n"}{end}"#;
        let listed = namespace.kubectl(&["get", "configmaps", "-o", format], "");
        assert_eq!(listed.code, 0, "{listed:?}");
        let found: BTreeMap<&str, &str> =
            listed.out.lines().filter_map(|line| line.split_once('=')).collect();
        let versions: BTreeSet<&str> = found.values().copied().collect();
        assert_eq!(versions.len(), found.len(), "two objects have the same version: {found:?}");
        for (name, version) in acknowledged.lock().unwrap().iter() {
            assert_eq!(found.get(name.as_str()), Some(&version.as_str()), "{name} after kill {round}");
        }
    }
}

pub(crate) fn pods_come_up_again_after_a_kill(cluster: Cluster) {
    let namespace = cluster.namespace("again");
    namespace.apply(&(deployment("web", "1", "serve 8080", READY_WHEN_LISTENING) + &service("web")));
    namespace.ok("rollout status deployment/web --timeout=300s");
    let before = namespace.ok("get pods -o jsonpath={.items[0].metadata.uid}");
    cluster.kill_and_start();
    eventually("the pod runs again", PATIENCE, || {
        let namespace = cluster.again("again");
        let outcome = namespace.kubectl(&["exec", "deployment/web", "--", "/guest", "get", "web:80"], "");
        if outcome.code == 0 && outcome.out.starts_with("web-") {
            Ok(())
        } else {
            Err(format!("{outcome:?}"))
        }
    });
    assert_eq!(cluster.again("again").ok("get pods -o jsonpath={.items[0].metadata.uid}"), before);
}
