//! What controllers make of workloads.

use crate::cluster::{IMAGE, Namespace, PATIENCE, deployment};
use crate::eventually;

pub(crate) fn a_deployment_rolls_out_scales_and_goes(namespace: &Namespace<'_>) {
    let manifest = |greeting: &str| {
        let more = format!(
            "env: [{{name: GREETING, value: {greeting}}}]\nports: [{{containerPort: 8080, name: http}}]\n\
             readinessProbe: {{httpGet: {{path: /, port: http}}, periodSeconds: 1}}"
        );
        deployment("web", "2", "serve 8080", &more)
    };
    namespace.apply(&manifest("one"));
    namespace.ok("rollout status deployment/web --timeout=300s");
    let table = namespace.ok("get deployment web");
    let columns: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(columns[0], ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]);
    assert_eq!(columns[1][..4], ["web", "2/2", "2", "2"]);
    let table = namespace.ok("get pods");
    let columns: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(columns[0], ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
    assert_eq!(columns[1][1..4], ["1/1", "Running", "0"]);
    assert_eq!(columns.len(), 3);

    namespace.ok("scale deployment web --replicas=3");
    namespace.until("deployment/web", ".status.readyReplicas", "3");
    namespace.apply(&manifest("two"));
    namespace.ok("rollout status deployment/web --timeout=300s");
    assert_eq!(
        namespace
            .ok("rollout history deployment/web")
            .lines()
            .filter(|line| line.starts_with(['1', '2']))
            .count(),
        2
    );
    namespace.until("pods", ".items[*].spec.containers[0].env[0].value", "two two");
    namespace.ok("rollout undo deployment/web");
    namespace.ok("rollout status deployment/web --timeout=300s");
    namespace.until("pods", ".items[*].spec.containers[0].env[0].value", "one one");

    namespace.ok("delete deployment web --wait");
    namespace.until("pods,replicasets", ".items", "[]");
}

pub(crate) fn a_stateful_set_keeps_names_and_volumes(namespace: &Namespace<'_>) {
    namespace.apply(&format!(
        "
apiVersion: v1
kind: Service
metadata: {{name: db}}
spec: {{clusterIP: None, selector: {{app: db}}, ports: [{{port: 8080}}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db}}
spec:
  serviceName: db
  replicas: 2
  selector: {{matchLabels: {{app: db}}}}
  template:
    metadata: {{labels: {{app: db}}}}
    spec:
      terminationGracePeriodSeconds: 0
      securityContext: {{runAsUser: 0}}
      containers:
      - name: main
        image: {IMAGE}
        args: [serve, '8080']
        readinessProbe: {{tcpSocket: {{port: 8080}}, periodSeconds: 1}}
        volumeMounts: [{{name: data, mountPath: /data}}]
  volumeClaimTemplates:
  - metadata: {{name: data}}
    spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Mi}}}}}}
"
    ));
    namespace.ok("rollout status statefulset/db --timeout=300s");
    assert_eq!(namespace.ok("get pods -o jsonpath={.items[*].metadata.name}"), "db-0 db-1");
    let index = r"get pod db-1 -o jsonpath={.metadata.labels.apps\.kubernetes\.io/pod-index}";
    assert_eq!(namespace.ok(index), "1");
    namespace.until("pvc", ".items[*].metadata.name", "data-db-0 data-db-1");
    namespace.until("pvc", ".items[*].status.phase", "Bound Bound");
    namespace.ok("exec db-1 -- /guest write /data/kept yes");
    let before = namespace.ok("get pod db-1 -o jsonpath={.metadata.uid}");
    namespace.ok("delete pod db-1 --wait");
    namespace.until_it("pod/db-1", ".metadata.uid", |uid| !uid.is_empty() && uid != before);
    namespace.wait("condition=Ready", "pod/db-1");
    assert_eq!(namespace.ok("exec db-1 -- /guest cat /data/kept"), "yes");
    // Its own name, through the headless service.
    namespace.pod("asks", "get db-1.db:8080", "");
    assert_eq!(namespace.log_of("asks"), "db-1\n");
    namespace.ok("scale statefulset db --replicas=1");
    namespace.until("pods", ".items[?(@.metadata.labels.app==\"db\")].metadata.name", "db-0");
    assert_eq!(namespace.ok("get pvc -o jsonpath={.items[*].metadata.name}"), "data-db-0 data-db-1");
}

pub(crate) fn a_daemon_set_has_a_pod_on_each_node(namespace: &Namespace<'_>) {
    namespace.apply(&format!(
        "
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: main
        image: {IMAGE}
        args: [sleep, '600']
        env: [{{name: NODE, valueFrom: {{fieldRef: {{fieldPath: spec.nodeName}}}}}}]
"
    ));
    namespace.ok("rollout status daemonset/agent --timeout=300s");
    let mut nodes: Vec<String> = namespace
        .ok("get pods -o jsonpath={.items[*].spec.nodeName}")
        .split(' ')
        .map(str::to_owned)
        .collect();
    nodes.sort();
    assert_eq!(nodes, ["local-1", "local-2"]);
    let pod =
        namespace.ok("get pods --field-selector spec.nodeName=local-2 -o jsonpath={.items[0].metadata.name}");
    assert_eq!(namespace.ok(&format!("exec {pod} -- /guest env NODE")), "NODE=local-2\n");
    namespace.ok("delete daemonset agent --wait");
    namespace.until("pods", ".items", "[]");
}

pub(crate) fn jobs_complete_or_fail(namespace: &Namespace<'_>) {
    let manifest = |name: &str, spec: &str, words: &str| {
        namespace.apply(&format!(
            "
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}}}
spec:
{spec}
  template:
    spec:
      restartPolicy: Never
      containers: [{{name: main, image: {IMAGE}, args: {words}}}]
"
        ));
    };
    manifest("good", "  completions: 3\n  parallelism: 2", "[echo, done]");
    manifest("bad", "  backoffLimit: 1", "[exit, '3']");
    manifest("indexed", "  completions: 2\n  completionMode: Indexed", "[env, JOB_COMPLETION_INDEX]");
    namespace.wait("condition=Complete", "job/good");
    assert_eq!(namespace.ok("get job good -o jsonpath={.status.succeeded}"), "3");
    namespace.wait("condition=Complete", "job/indexed");
    let index = r"logs -l batch.kubernetes.io/job-completion-index=1,job-name=indexed";
    assert_eq!(namespace.ok(index), "JOB_COMPLETION_INDEX=1\n");
    namespace.wait("condition=Failed", "job/bad");
    assert_eq!(
        namespace.ok("get job bad -o jsonpath={.status.conditions[?(@.type=='Failed')].reason}"),
        "BackoffLimitExceeded"
    );
    assert_eq!(
        namespace.ok("get pods -l job-name=bad -o jsonpath={.items[*].status.phase}"),
        "Failed Failed"
    );
    let code = "get pods -l job-name=bad -o jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}";
    assert_eq!(namespace.ok(code), "3");
    namespace.ok("delete job good bad indexed --wait");
    namespace.until("pods", ".items", "[]");
}

pub(crate) fn a_cron_job_starts_jobs(namespace: &Namespace<'_>) {
    namespace.apply(&format!(
        "
apiVersion: batch/v1
kind: CronJob
metadata: {{name: tick}}
spec:
  schedule: '0 0 1 1 *'
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{{name: main, image: {IMAGE}, args: [echo, tick]}}]
"
    ));
    // By hand, as `kubectl` does it, and when its time has come: one that was last started long ago has
    // missed one, which saves the test the wait for a full minute.
    namespace.ok("create job --from=cronjob/tick now");
    namespace.wait("condition=Complete", "job/now");
    let long_ago = r#"{"status":{"lastScheduleTime":"2020-01-01T00:00:00Z"}}"#;
    let patched = ["patch", "cronjob", "tick", "--subresource=status", "--type=merge", "-p", long_ago];
    let outcome = namespace.kubectl(&patched, "");
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let job = eventually("a job that was missed", PATIENCE, || {
        let jobs = namespace.ok("get jobs -o jsonpath={.items[*].metadata.name}");
        jobs.split(' ').find(|name| name.starts_with("tick-")).map(str::to_owned).ok_or(jobs)
    });
    namespace.wait("condition=Complete", &format!("job/{job}"));
    assert_eq!(namespace.ok(&format!("logs job/{job}")), "tick\n");
    namespace.until_it("cronjob/tick", ".status.lastSuccessfulTime", |time| !time.is_empty());
    namespace.ok("delete cronjob tick --wait");
}
