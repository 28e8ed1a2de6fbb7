//! What holds for every chart, whatever it renders.

use proptest::prelude::*;
use wheelhouse_objects::{Content, Node};
use wheelhouse_policy::{Additions, ChartFacts, Facts, FunctionFacts, Intake, VariableSource, check, mutate};

/// Keys that rules look at, so that random objects are not all alike to them.
const KEYS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "labels",
    "annotations",
    "spec",
    "template",
    "selector",
    "matchLabels",
    "containers",
    "initContainers",
    "ephemeralContainers",
    "securityContext",
    "capabilities",
    "add",
    "drop",
    "volumes",
    "hostPath",
    "projected",
    "sources",
    "emptyDir",
    "medium",
    "ports",
    "port",
    "targetPort",
    "hostPort",
    "nodePort",
    "type",
    "rules",
    "verbs",
    "resources",
    "apiGroups",
    "roleRef",
    "subjects",
    "items",
    "limits",
    "requests",
    "nvidia.com/gpu",
    "cpu",
    "memory",
    "replicas",
    "env",
    "valueFrom",
    "configMapKeyRef",
    "key",
    "affinity",
    "tolerations",
    "livenessProbe",
    "httpGet",
    "host",
    "jobTemplate",
    "volumeClaimTemplates",
    "data",
    "helm.sh/hook",
    "function-id",
    "imagePullSecrets",
    "serviceName",
    "volumeMounts",
    "mountPath",
    "image",
    "<<",
];
const TEXTS: &[&str] = &[
    "v1",
    "apps/v1",
    "batch/v1",
    "rbac.authorization.k8s.io/v1",
    "Pod",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "Job",
    "Service",
    "ConfigMap",
    "Secret",
    "Role",
    "RoleBinding",
    "ServiceAccount",
    "PersistentVolumeClaim",
    "List",
    "PodList",
    "web",
    "nvcf-x",
    "",
    "*",
    "ALL",
    "Memory",
    "1Gi",
    "-1",
    "9e999",
    "ClusterRole",
    "\u{0}",
    "é",
];

fn any_node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Content::Null),
        any::<bool>().prop_map(Content::Bool),
        any::<i64>().prop_map(Content::Integer),
        any::<f64>().prop_map(Content::Float),
        prop::sample::select(TEXTS).prop_map(|text| Content::String(text.to_owned())),
    ]
    .prop_map(Node::made);
    leaf.prop_recursive(7, 200, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| Node::made(Content::Sequence(items))),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..7).prop_map(Node::mapping),
        ]
    })
}

/// An object of a kind that rules know, with a random spec.
fn any_object() -> impl Strategy<Value = Node> {
    let head = prop::sample::select(
        &[
            ("v1", "Pod"),
            ("apps/v1", "Deployment"),
            ("apps/v1", "StatefulSet"),
            ("batch/v1", "CronJob"),
            ("batch/v1", "Job"),
            ("v1", "Service"),
            ("v1", "Secret"),
            ("v1", "PersistentVolumeClaim"),
            ("v1", "List"),
            ("rbac.authorization.k8s.io/v1", "Role"),
            ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ][..],
    );
    (head, any_node(), any_node(), any_node()).prop_map(|((version, kind), metadata, spec, other)| {
        let template = Node::mapping([("metadata", metadata.clone()), ("spec", spec.clone())]);
        let job = Node::mapping([("spec", Node::mapping([("template", template.clone())]))]);
        let mut spec = spec;
        spec.put("template", template);
        spec.put("jobTemplate", job);
        Node::mapping([
            ("apiVersion", Node::text(version)),
            ("kind", Node::text(kind)),
            ("metadata", metadata),
            ("spec", spec),
            ("rules", other.clone()),
            ("subjects", other.clone()),
            ("items", other),
        ])
    })
}

fn facts() -> Facts {
    Facts {
        chart: ChartFacts { name: "web".into(), version: "1.0.0".into(), ..ChartFacts::default() },
        function: Some(FunctionFacts {
            service_name: "web".into(),
            inference_port: Some(80),
            health_port: Some(81),
            ..FunctionFacts::default()
        }),
        namespace: "instance".into(),
        ..Facts::default()
    }
}

fn additions() -> Additions {
    Additions {
        pull_secrets: vec!["nvcf-pull".into()],
        environment: vec![
            ("NVCF_REGION".into(), VariableSource::Text("here".into())),
            ("NVCF_FUNCTION_ID".into(), VariableSource::Field("metadata.labels['function-id']".into())),
        ],
        labels: vec![("function-id".into(), "f".into()), ("function-version-id".into(), "v".into())],
        annotations: vec![("nca-id".into(), "a".into())],
        service_account: "platform".into(),
        instance_type_label: Some(("instance-type".into(), "X.GPU.L40".into())),
        tolerations: vec!["nvidia.com/gpu".into()],
        ..Additions::default()
    }
}

/// A chart as authors write them: workloads with labels of their own, Services over them, and what
/// they mount.
fn any_chart() -> impl Strategy<Value = Vec<Node>> {
    let label = prop::sample::select(&["app", "tier", "function-id", "app.kubernetes.io/name"][..]);
    let value = prop::sample::select(&["web", "db", "1"][..]);
    let labels = prop::collection::btree_map(label, value, 1..4);
    let kind = prop::sample::select(&["Deployment", "StatefulSet", "ReplicaSet"][..]);
    let wishes = (any::<bool>(), any::<bool>(), any::<bool>());
    let workload = (kind, labels.clone(), labels.clone(), wishes);
    (prop::collection::vec(workload, 1..5), prop::collection::vec(labels, 1..4)).prop_map(
        |(workloads, services)| {
            let texts = |labels: &std::collections::BTreeMap<&str, &str>| {
                Node::mapping(labels.iter().map(|(key, value)| (*key, Node::text(*value))))
            };
            let named = |name: String| Node::mapping([("name", Node::text(name))]);
            let mut documents = vec![Node::mapping([
                ("apiVersion", Node::text("v1")),
                ("kind", Node::text("ConfigMap")),
                ("metadata", named("settings".into())),
                ("data", Node::mapping([("mode", Node::text("fast"))])),
            ])];
            for (index, (kind, selector, more, (node, affinity, secrets))) in
                workloads.into_iter().enumerate()
            {
                let mut all = more;
                all.extend(selector.clone());
                let mut container = Node::mapping([("name", Node::text("c")), ("image", Node::text("i:1"))]);
                let source = Node::mapping([("configMapRef", named("settings".into()))]);
                container.put("envFrom", Node::made(Content::Sequence(vec![source])));
                let mut spec =
                    Node::mapping([("containers", Node::made(Content::Sequence(vec![container])))]);
                if node {
                    spec.put("nodeName", Node::text("node-1"));
                    spec.put("nodeSelector", texts(&selector));
                }
                if affinity {
                    spec.put(
                        "affinity",
                        Node::mapping([("nodeAffinity", Node::mapping([("x", Node::text("y"))]))]),
                    );
                    let anything = Node::mapping([("operator", Node::text("Exists"))]);
                    spec.put("tolerations", Node::made(Content::Sequence(vec![anything])));
                }
                if secrets {
                    let own = vec![named("own".into()), Node::mapping([("name", Node::made(Content::Null))])];
                    spec.put("imagePullSecrets", Node::made(Content::Sequence(own)));
                }
                let template =
                    Node::mapping([("metadata", Node::mapping([("labels", texts(&all))])), ("spec", spec)]);
                documents.push(Node::mapping([
                    ("apiVersion", Node::text("apps/v1")),
                    ("kind", Node::text(kind)),
                    ("metadata", named(format!("w{index}"))),
                    (
                        "spec",
                        Node::mapping([
                            ("selector", Node::mapping([("matchLabels", texts(&selector))])),
                            ("template", template),
                        ]),
                    ),
                ]));
            }
            for (index, selector) in services.into_iter().enumerate() {
                documents.push(Node::mapping([
                    ("apiVersion", Node::text("v1")),
                    ("kind", Node::text("Service")),
                    ("metadata", named(format!("s{index}"))),
                    ("spec", Node::mapping([("selector", texts(&selector))])),
                ]));
            }
            documents
        },
    )
}

fn intake(documents: Vec<Node>) -> Intake {
    Intake::new(documents.into_iter().enumerate())
}

/// The rules and objects of findings about selectors and references.
fn connections(intake: &Intake) -> Vec<(&'static str, String, String)> {
    const IDS: &[&str] = &[
        "WH-020", "WH-021", "WH-022", "WH-023", "WH-032", "WH-033", "WH-160", "WH-161", "WH-162", "WH-164",
        "WH-165", "WH-167", "WH-168", "WH-169",
    ];
    let findings = check(intake, &facts()).findings.into_iter();
    findings
        .filter(|finding| IDS.contains(&finding.rule.id))
        .map(|finding| (finding.rule.id, finding.object, finding.path))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_objects_make_a_check_panic(documents in prop::collection::vec(prop_oneof![any_node(), any_object()], 0..6)) {
        let intake = intake(documents);
        let report = check(&intake, &facts());
        prop_assert_eq!(report.counted, intake.objects.len());
    }

    #[test]
    fn no_objects_make_the_changes_panic(documents in prop::collection::vec(prop_oneof![any_node(), any_object()], 0..6)) {
        let mut objects = intake(documents).objects;
        let before: Vec<String> = objects.iter().map(ToString::to_string).collect();
        if mutate(&mut objects, &additions()).is_ok() {
            let after: Vec<String> = objects.iter().map(ToString::to_string).collect();
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn changes_keep_selectors_and_references(documents in any_chart()) {
        let mut changed = intake(documents);
        let before = connections(&changed);
        let is_foreseen = check(&changed, &facts()).findings.iter().any(|finding| finding.rule.id == "WH-019");
        match mutate(&mut changed.objects, &additions()) {
            Ok(_) => {
                prop_assert_eq!(before, connections(&changed));
                let once = changed.objects.clone();
                let ledger = mutate(&mut changed.objects, &additions()).unwrap();
                prop_assert_eq!(once, changed.objects, "a second time changes nothing");
                prop_assert!(ledger.changes.is_empty(), "{:?}", ledger.changes);
            }
            // Only a selector by a label of the platform's own breaks, and the check says so before.
            Err(broken) => prop_assert!(is_foreseen, "{} is not foreseen", broken),
        }
    }
}
