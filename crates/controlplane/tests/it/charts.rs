//! Checking and rendering charts over HTTP with the real chart engine: what is told, and that a
//! hostile chart does not hurt the next one.

use crate::harness::{Harness, chart_function, deployment};
use axum::http::Method;
use base64::Engine as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use wheelhouse_chart::{Compat, File, LoadOptions, Stamp, load_files, package};
use wheelhouse_check::Engine;
use wheelhouse_controlplane::Options;
use wheelhouse_gotemplate::error::LimitReached;
use wheelhouse_sprig::Host;

struct FixedHost;

impl Host for FixedHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
    fn fill_random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

/// An engine whose renders may take a minute, on a slow machine too; steps and bytes end most before.
pub(crate) fn engine() -> Engine {
    let deadline = || {
        let start = Instant::now();
        let check = move || match start.elapsed() > Duration::from_secs(60) {
            true => Err(LimitReached::Time { limit_ms: 60_000 }),
            false => Ok(()),
        };
        Box::new(check) as Box<dyn Fn() -> Result<(), LimitReached>>
    };
    Engine::new(Box::new(|| Box::new(FixedHost)), Box::new(deadline))
}

/// A chart archive with one template beside a sound entry Service, in base64.
fn archive(template: &str, values: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(packed(template, values))
}

fn packed(template: &str, values: &str) -> Vec<u8> {
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: entry\nspec:\n  selector:\n    app: web\n  ports:\n    - port: 8000\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels:\n    app: web\nspec:\n  containers:\n    - name: c\n      image: i:1\n      ports:\n        - containerPort: 8000\n";
    let files = vec![
        File::new("Chart.yaml", b"apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        File::new("values.yaml", values.as_bytes()),
        File::new("templates/service.yaml", service.as_bytes()),
        File::new("templates/pod.yaml", pod.as_bytes()),
        File::new("templates/more.yaml", template.as_bytes()),
    ];
    let chart = load_files(files, LoadOptions::default(), &mut Vec::new()).unwrap();
    package(&chart, Compat::V4, Stamp::Fixed(SystemTime::UNIX_EPOCH)).unwrap().archive
}

fn request(archive: &str) -> Value {
    json!({
        "helmChartArchive": archive, "helmChartServiceName": "entry", "helmChartServicePort": 8000,
        "k8sVersion": "v1.36.0", "releaseName": "ignored",
    })
}

async fn harness() -> Harness {
    Harness::start_on(Arc::new(engine()), Options::default()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_chart_is_valid_and_its_objects_are_told() {
    let harness = harness().await;
    let answer = harness.post("/v1/render", request(&archive("", "a: 1\n"))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["valid"], json!(true), "{}", answer.body);
    let kinds: Vec<&str> = answer.body["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Service", "Pod"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_name_rule_object_path_place_level_and_fix() {
    let harness = harness().await;
    let daemon = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: {{ .Values.name }}\n";
    let answer = harness.post("/v1/validate", request(&archive(daemon, "name: agent\n"))).await;
    assert_eq!((answer.status, &answer.body["valid"]), (200, &json!(false)));
    let findings = answer.body["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["rule"] == "WH-010").unwrap();
    for (field, expected) in [
        ("object", json!("DaemonSet/agent")),
        ("level", json!("error")),
        ("file", json!("templates/more.yaml")),
        ("line", json!(2)),
        ("column", json!(7)),
    ] {
        assert_eq!(finding[field], expected, "{field} of {finding}");
    }
    assert!(finding["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{finding}");
    assert_eq!(answer.body["validationErrors"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_policy_has_a_verdict_and_one_that_is_valid_is_enough() {
    let harness = harness().await;
    let widget = "apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nmetadata:\n  name: gang\n";
    let mut body = request(&archive(widget, ""));
    body["validationPolicies"] = json!([
        { "id": "plain", "name": "Default" },
        { "id": "extra", "name": "Default", "allowedExtraKubernetesTypes": [
            { "group": "leaderworkerset.x-k8s.io", "version": "v1", "kind": "LeaderWorkerSet", "resource": "leaderworkersets" },
        ] },
    ]);
    let answer = harness.post("/v1/validate", body).await;
    assert_eq!(answer.body["valid"], json!(true), "{}", answer.body);
    let verdicts: Vec<(&str, bool)> = answer.body["validationPolicies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|verdict| (verdict["id"].as_str().unwrap(), verdict["valid"].as_bool().unwrap()))
        .collect();
    assert_eq!(verdicts, [("plain", false), ("extra", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_charts_end_in_a_finding_and_the_next_chart_is_not_hurt() {
    let harness = harness().await;
    let doubling = "{{- define \"x\" }}{{ $s := . }}{{ range until 60 }}{{ $s = printf \"%s%s\" $s $s }}{{ end }}{{ $s }}{{ end }}{{ include \"x\" \"0123456789\" }}";
    let endless = "{{- define \"x\" }}{{ include \"x\" . }}{{ end }}{{ include \"x\" . }}";
    let slow = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}";
    let laughs = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n";
    let deep = format!("a: {}", "[".repeat(200_000));
    let many = "{{ range until 5000 }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{{ . }}\n{{ end }}";
    for hostile in [doubling, endless, slow, laughs, &deep, many] {
        let answer = harness.post("/v1/render", request(&archive(hostile, ""))).await;
        let shown: String = hostile.chars().take(40).collect();
        assert_eq!(answer.status, 200, "{shown}: {}", answer.body);
        assert_eq!(answer.body["valid"], json!(false), "{shown}");
        assert!(!answer.body["validationErrors"].as_array().unwrap().is_empty(), "{shown}");
        assert!(answer.body["findings"].as_array().unwrap().len() <= 1000, "{shown}");
        let next = harness.post("/v1/render", request(&archive("", ""))).await;
        assert_eq!(next.body["valid"], json!(true), "after {shown}: {}", next.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_chart_is_told_as_a_finding_and_what_is_no_request_as_400() {
    let harness = harness().await;
    let answer = harness.post("/v1/validate", request("bm8gY2hhcnQ=")).await;
    assert_eq!((answer.status, &answer.body["valid"]), (200, &json!(false)));
    assert_eq!(answer.body["findings"][0]["rule"], json!("WH-008"), "{}", answer.body);
    for body in [json!({}), json!({ "helmChartArchive": "***" }), json!({ "helmChart": "ftp://x/y" })] {
        assert_eq!(harness.post("/v1/validate", body.clone()).await.status, 400, "{body}");
    }
    let answer = harness.call(Some(&harness.admin), Method::POST, "/v1/validate", None).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_asked_for_when_wanted() {
    let harness = harness().await;
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n        - name: c\n          image: r.io/missing:1\n";
    let mut body = request(&archive(job, ""));
    assert_eq!(harness.post("/v1/validate", body.clone()).await.body["valid"], json!(true));
    body["validateImages"] = json!(true);
    let answer = harness.post("/v1/validate", body).await;
    assert_eq!(answer.body["valid"], json!(false), "{}", answer.body);
    let findings = answer.body["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["rule"] == "WH-191").unwrap();
    assert_eq!((&finding["file"], &finding["line"]), (&json!("templates/more.yaml"), &json!(11)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_tells_what_is_new_and_which_key_brought_it() {
    let harness = harness().await;
    harness.cluster(8).await;
    let template = "{{ if .Values.debug.on }}\napiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: agent\n{{ end }}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: more\nspec:\n  type: {{ .Values.type }}\n  selector:\n    app: web\n  ports:\n    - port: 1\n      targetPort: 8000\n";
    *harness.archive.lock().unwrap() = packed(template, "debug: {on: false}\ntype: ClusterIP\n");
    let (function, version) = harness
        .create(|body| {
            body["helmChart"] = json!("oci://localhost:5000/team/web:1.0.0");
            body["helmChartServiceName"] = json!("entry");
            body["inferencePort"] = json!(8000);
        })
        .await;
    let mut body = deployment();
    body["deploymentSpecifications"][0]["configuration"] =
        json!({ "debug": { "on": true }, "type": "NodePort", "other": 1 });
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    let refused = harness.post(&path, body).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let findings = refused.body["findings"].as_array().unwrap();
    let of = |rule: &str| findings.iter().find(|finding| finding["rule"] == rule).unwrap();
    assert_eq!(of("WH-010")["newSinceCreation"], json!(true));
    assert_eq!(of("WH-010")["causedBy"], json!(["debug.on"]));
    assert_eq!(of("WH-030")["causedBy"], json!(["type"]));
    // What the chart had when it was created is not new.
    assert_eq!(of("WH-140").get("newSinceCreation"), None, "{}", of("WH-140"));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("(caused by configuration debug.on)"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_with_a_further_kind_is_created_under_the_policy_that_allows_it() {
    let harness = harness().await;
    let gang = "apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nmetadata:\n  name: gang\nspec:\n  leaderWorkerTemplate:\n    workerTemplate:\n      spec:\n        containers: [{name: c, image: 'i:1'}]\n";
    *harness.archive.lock().unwrap() = packed(gang, "");
    let mut body = chart_function();
    body["helmChart"] = json!("oci://localhost:5000/team/web:1.0.0");
    body["helmChartServiceName"] = json!("entry");
    body["inferencePort"] = json!(8000);
    let refused = harness.post("/v2/nvcf/functions", body.clone()).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let kind = json!({ "group": "leaderworkerset.x-k8s.io", "version": "v1", "kind": "LeaderWorkerSet" });
    body["helmValidationPolicy"] = json!({ "name": "Default", "extraKubernetesTypes": [kind] });
    let created = harness.post("/v2/nvcf/functions", body).await;
    assert_eq!(created.status, 200, "{}", created.body);
}
