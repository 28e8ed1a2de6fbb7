//! The life of a pod.

use crate::cluster::{IMAGE, Namespace};

pub(crate) fn probes_decide_on_readiness_and_restarts(namespace: &Namespace<'_>) {
    namespace.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: shy}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: {IMAGE}
    args: [serve, '8080']
    startupProbe: {{tcpSocket: {{port: 8080}}, periodSeconds: 1, failureThreshold: 30}}
    readinessProbe: {{httpGet: {{path: /healthy, port: 8080}}, periodSeconds: 1}}
    livenessProbe: {{exec: {{command: [/guest, list, /tmp]}}, periodSeconds: 1}}
---
apiVersion: v1
kind: Pod
metadata: {{name: sick}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: {IMAGE}
    args: [serve, '8080']
    livenessProbe: {{httpGet: {{path: /fail, port: 8080}}, periodSeconds: 1, failureThreshold: 1}}
"
    ));
    namespace.until("pod/shy", ".status.containerStatuses[0].started", "true");
    assert_eq!(namespace.ok("get pod shy -o jsonpath={.status.containerStatuses[0].ready}"), "false");
    namespace.ok("exec shy -- /guest write /tmp/healthy yes");
    namespace.wait("condition=Ready", "pod/shy");
    assert_eq!(namespace.ok("get pod shy -o jsonpath={.status.containerStatuses[0].restartCount}"), "0");
    namespace.until_it("pod/sick", ".status.containerStatuses[0].restartCount", |count| {
        count.parse::<u32>().is_ok_and(|count| count >= 1)
    });
    for (reason, text) in [
        ("Pulled", "Container image \"test/guest:1\" already present on machine"),
        ("Created", "Container created"),
        ("Started", "Container started"),
        ("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500"),
        ("Killing", "Container main failed liveness probe, will be restarted"),
    ] {
        namespace.until_told("sick", reason, text);
    }
}

pub(crate) fn init_containers_go_before_and_sidecars_beside(namespace: &Namespace<'_>) {
    namespace.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: ordered}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  securityContext: {{runAsUser: 0}}
  volumes: [{{name: shared, emptyDir: {{}}}}]
  initContainers:
  - {{name: first, image: {IMAGE}, args: [write, /shared/a, one], volumeMounts: [{{name: shared, mountPath: /shared}}]}}
  - {{name: beside, image: {IMAGE}, args: [serve, '9000'], restartPolicy: Always, startupProbe: {{tcpSocket: {{port: 9000}}, periodSeconds: 1}}}}
  - {{name: second, image: {IMAGE}, args: [get, '127.0.0.1:9000']}}
  containers:
  - {{name: main, image: {IMAGE}, args: [cat, /shared/a], volumeMounts: [{{name: shared, mountPath: /shared}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: blocked}}
spec:
  restartPolicy: Never
  initContainers: [{{name: first, image: {IMAGE}, args: [exit, '4']}}]
  containers: [{{name: main, image: {IMAGE}, args: [echo, never]}}]
"
    ));
    assert_eq!(namespace.log_of("ordered"), "one");
    assert_eq!(namespace.ok("logs ordered -c second"), "ordered\n");
    namespace.until("pod/blocked", ".status.phase", "Failed");
    let code = "get pod blocked -o jsonpath={.status.initContainerStatuses[0].state.terminated.exitCode}";
    assert_eq!(namespace.ok(code), "4");
    assert_eq!(namespace.ok("get pod blocked --no-headers").split_whitespace().nth(2), Some("Init:Error"));
}

pub(crate) fn security_settings_hold(namespace: &Namespace<'_>) {
    namespace.pod(
        "confined",
        "id -- unshare -- write /x y -- write /tmp/x y",
        "securityContext: {seccompProfile: {type: RuntimeDefault}, runAsUser: 1234, runAsGroup: 99}",
    );
    let expected = "uid=1234 gid=99 pid=1\nunshare: Operation not permitted (os error 1)\na thread runs\n\
        cannot write /x: permission denied\nwrote /tmp/x\n";
    assert_eq!(namespace.log_of("confined"), expected);
    namespace.pod(
        "local",
        "echo never",
        "securityContext: {seccompProfile: {type: Localhost, localhostProfile: x}}",
    );
    namespace.until(
        "pod/local",
        ".status.containerStatuses[0].state.waiting.reason",
        "CreateContainerConfigError",
    );
    namespace.pod("root", "echo never", "securityContext: {runAsNonRoot: true, runAsUser: 0}");
    namespace.until(
        "pod/root",
        ".status.containerStatuses[0].state.waiting.reason",
        "CreateContainerConfigError",
    );
    // More memory than allowed.
    namespace.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: hungry}}
spec:
  restartPolicy: Never
  containers: [{{name: main, image: {IMAGE}, args: [eat, '200'], resources: {{limits: {{memory: 32Mi}}}}}}]
"
    ));
    namespace.until("pod/hungry", ".status.containerStatuses[0].state.terminated.reason", "OOMKilled");
}

pub(crate) fn handlers_run_after_the_start_and_before_the_stop(namespace: &Namespace<'_>) {
    namespace.apply(&format!(
        "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: notes}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Mi}}}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: polite}}
spec:
  volumes: [{{name: notes, persistentVolumeClaim: {{claimName: notes}}}}]
  securityContext: {{runAsUser: 0}}
  containers:
  - name: main
    image: {IMAGE}
    args: [await, /notes/last]
    env: [{{name: NAME, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}]
    volumeMounts: [{{name: notes, mountPath: /notes, subPathExpr: of-$(NAME)}}]
    lifecycle:
      postStart: {{exec: {{command: [/guest, write, /notes/first, began]}}}}
      preStop: {{exec: {{command: [/guest, write, /notes/last, ended]}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: rude}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: {IMAGE}
    args: [sleep, '600']
    lifecycle: {{postStart: {{exec: {{command: [/guest, exit, '3']}}}}}}
"
    ));
    namespace.wait("condition=Ready", "pod/polite");
    crate::eventually("the first handler has run", crate::cluster::PATIENCE, || {
        let said = namespace.ok("exec polite -- /guest cat /notes/first");
        if said == "began" { Ok(()) } else { Err(said) }
    });
    // It ends because of what the handler writes: without, it would be killed at the end of the grace period.
    namespace.ok("delete pod polite --grace-period=600 --wait --timeout=300s");
    namespace.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: after}}
spec:
  restartPolicy: Never
  securityContext: {{runAsUser: 0}}
  volumes: [{{name: notes, persistentVolumeClaim: {{claimName: notes}}}}]
  containers:
  - {{name: main, image: {IMAGE}, args: [cat, /notes/of-polite/last], volumeMounts: [{{name: notes, mountPath: /notes}}]}}
"
    ));
    assert_eq!(namespace.log_of("after"), "ended");
    namespace.until_told("rude", "FailedPostStartHook", "PostStartHook failed");
    namespace.until_told("rude", "Killing", "FailedPostStartHook");
    namespace.until_it("pod/rude", ".status.containerStatuses[0].restartCount", |count| {
        count.parse::<u32>().is_ok_and(|count| count >= 1)
    });
}

pub(crate) fn an_ephemeral_container_looks_into_a_pod(namespace: &Namespace<'_>) {
    namespace.pod("seen", "sleep 600", "");
    namespace.wait("condition=Ready", "pod/seen");
    // It sees the processes of the container that it is to look into.
    namespace.ok(&format!(
        "debug seen --image={IMAGE} --container=look --target=main -- /guest cat /proc/1/cmdline"
    ));
    let status = ".status.ephemeralContainerStatuses[0]";
    namespace.until("pod/seen", &format!("{status}.state.terminated.reason"), "Completed");
    assert_eq!(namespace.ok("logs seen -c look").replace(char::from(0), " "), "/guest sleep 600 ");
    // What it ends with is no matter of the pod.
    namespace.ok(&format!("debug seen --image={IMAGE} --container=fail -- /guest exit 3"));
    namespace.until("pod/seen", ".status.ephemeralContainerStatuses[1].state.terminated.exitCode", "3");
    let path =
        "{.status.phase}:{.status.containerStatuses[0].restartCount}:{.status.containerStatuses[0].ready}";
    assert_eq!(namespace.ok(&format!("get pod seen -o jsonpath={path}")), "Running:0:true");
}
