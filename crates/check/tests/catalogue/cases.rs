//! The cases: for each rule a chart that breaks it and one, as near to it as can be, that keeps it.

use std::collections::BTreeMap;

use wheelhouse_objects::Quantity;
use wheelhouse_policy::ExtraKind;

use crate::chart::{CHART, CONTAINER, SERVICE, Try, deployment};

pub(crate) struct Case {
    pub(crate) rule: &'static str,
    pub(crate) broken: Try,
    pub(crate) kept: Try,
}

struct Cases(Vec<Case>);

impl Cases {
    fn add(&mut self, rule: &'static str, broken: Try, kept: Try) {
        self.0.push(Case { rule, broken, kept });
    }

    /// Documents beside the sound chart.
    fn documents(&mut self, rule: &'static str, broken: &str, kept: &str) {
        let with = |text: &str| Try::default().file("templates/more.yaml", text);
        self.add(rule, with(broken), with(kept));
    }

    /// Lines of the pod spec of the sound chart.
    fn pods(&mut self, rule: &'static str, broken: &str, kept: &str) {
        let with = |text: &str| Try::default().file("templates/web.yaml", deployment(text, CONTAINER));
        self.add(rule, with(broken), with(kept));
    }

    /// The container of the sound chart with one text in place of another; it is kept as it is.
    fn container(&mut self, rule: &'static str, from: &str, to: &str) {
        assert!(CONTAINER.contains(from), "{rule}: {from}");
        let text = CONTAINER.replace(from, to);
        self.add(rule, Try::default().file("templates/web.yaml", deployment("", &text)), Try::default());
    }

    /// More lines for the container of the sound chart.
    fn container_and(&mut self, rule: &'static str, broken: &str, kept: &str) {
        let with = |text: &str| {
            Try::default().file("templates/web.yaml", deployment("", &format!("{CONTAINER}{text}")))
        };
        self.add(rule, with(broken), with(kept));
    }

    /// The entry Service of the sound chart with one text in place of another.
    fn service(&mut self, rule: &'static str, from: &str, to: &str) {
        assert!(SERVICE.contains(from), "{rule}: {from}");
        let text = SERVICE.replace(from, to);
        self.add(rule, Try::default().file("templates/service.yaml", text), Try::default());
    }
}

fn object(api_version: &str, kind: &str, rest: &str) -> String {
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: x}}\n{rest}\n")
}

fn with(change: impl Fn(&mut Try)) -> Try {
    let mut tried = Try::default();
    change(&mut tried);
    tried
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Cases(Vec::new());
    package(&mut cases);
    objects(&mut cases);
    entry(&mut cases);
    storage(&mut cases);
    baseline(&mut cases);
    restricted(&mut cases);
    resources(&mut cases);
    rbac(&mut cases);
    references(&mut cases);
    placement(&mut cases);
    advice(&mut cases);
    cases.0
}

fn package(cases: &mut Cases) {
    let chart = |text: &str| Try::default().file("Chart.yaml", text);
    cases.add("WH-001", chart("apiVersion: v2\nname: web\nversion: 1.0.0-rc1\n"), Try::default());
    cases.add("WH-002", chart("apiVersion: v2\nname: my_web\nversion: 1.0.0\n"), Try::default());
    let reference = |text: &'static str| with(|tried| tried.request.reference = Some(text.to_owned()));
    cases.add("WH-003", reference("http://h/web-1.0.0.tgz"), reference("https://h/web-1.0.0.tgz"));
    cases.add("WH-003", reference("oci://h/a/web-1.0.1.tgz"), reference("oci://h/a/web-1.0.0.tgz"));
    cases.add("WH-003", reference("oci://h/a/other:1.0.0"), reference("oci://h/a/web:1.0.0"));
    cases.add(
        "WH-004",
        chart(&format!("{CHART}type: library\n")),
        chart(&format!("{CHART}type: application\n")),
    );
    let needs = format!(
        "{CHART}dependencies: [{{name: db, version: ^1.0.0, repository: \"\", condition: db.enabled}}]\n"
    );
    cases.add("WH-005", chart(&needs), chart(&needs).file("values.yaml", "db: {enabled: false}\n"));
    let subchart = |version: &str| {
        chart(&needs).file("charts/db/Chart.yaml", format!("apiVersion: v2\nname: db\nversion: {version}\n"))
    };
    cases.add("WH-005", subchart("2.0.0"), subchart("1.2.0"));
    let kube = |range: &str| chart(&format!("{CHART}kubeVersion: \"{range}\"\n"));
    cases.add("WH-006", kube(">=9.0.0"), kube(">=1.20.0"));
    let schema = r#"{"properties": {"port": {"type": "integer"}}}"#;
    let typed = |values: &str| Try::default().file("values.schema.json", schema).file("values.yaml", values);
    cases.add("WH-007", typed("port: eighty\n"), typed("port: 80\n"));
    cases.add("WH-008", with(|tried| tried.archive = Some(b"no archive".to_vec())), Try::default());
    cases.documents("WH-009", "{{ fail \"no\" }}", "{{/* nothing */}}");
    cases.documents("WH-009", "{{ range until 300000 }}{{ end }}", "{{ range until 3 }}{{ end }}");
    cases.documents("WH-009", "a: b: c", "# nothing");
}

fn objects(cases: &mut Cases) {
    cases.documents("WH-010", &object("apps/v1", "DaemonSet", ""), &object("v1", "ConfigMap", ""));
    let many = |count: usize| {
        format!(
            "{{{{ range until {count} }}}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: \"c{{{{ . }}}}\"}}\n{{{{ end }}}}"
        )
    };
    cases.documents("WH-011", &many(299), &many(298));
    cases.documents(
        "WH-012",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n",
        &object("v1", "ConfigMap", ""),
    );
    let pair = |second: &str| {
        format!(
            "{}---\napiVersion: v1\nkind: {second}\nmetadata: {{name: x}}\n",
            object("v1", "ConfigMap", "")
        )
    };
    cases.documents("WH-013", &pair("ConfigMap"), &pair("Secret"));
    let namespace =
        |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x, namespace: {name}}}\n");
    cases.documents("WH-014", &namespace("other"), &namespace("{{ .Release.Namespace }}"));
    let annotated = |key: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x, annotations: {{{key}: post-install}}}}\n"
        )
    };
    cases.documents("WH-015", &annotated("helm.sh/hook"), &annotated("example.com/hook"));
    let definition = object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "");
    cases.documents("WH-016", &definition, &object("v1", "ConfigMap", ""));
    let widget = |tried: Try| {
        let mut tried = tried;
        let kind = ExtraKind { group: "example.com".into(), version: "v1".into(), kind: "Widget".into() };
        tried.request.policy.extra_kinds.push(kind);
        tried
    };
    let widgets = Try::default().file("templates/more.yaml", object("example.com/v1", "Widget", ""));
    cases.add("WH-017", widget(widgets.clone()), widget(Try::default()));
    cases.add("WH-010", widgets.clone(), widget(widgets));
    let config = |name: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{config.yaml: \"\"}}\n")
    };
    cases.documents("WH-018", &config("nvcf-workload-config"), &config("workload-config"));
    cases.documents("WH-019", &config("nvcf-pull"), &config("pull"));
}

fn entry(cases: &mut Cases) {
    cases.service("WH-020", "name: entry", "name: other");
    cases.service("WH-021", "port: 8000", "port: 8001");
    cases.service("WH-022", "app: web", "app: nobody");
    cases.service("WH-023", "targetPort: http", "targetPort: grpc");
    let health = |port: i64| with(|tried| tried.request.function.as_mut().unwrap().health_port = Some(port));
    cases.add("WH-024", health(9000), health(8000));
    let name = |name: &'static str| {
        with(|tried| tried.request.function.as_mut().unwrap().service_name = name.to_owned())
    };
    cases.add("WH-025", name("{{ .Release.Name }}"), name("entry"));
    let from_value = SERVICE.replace("name: entry", "name: {{ .Values.service }}");
    let from_value =
        Try::default().file("values.yaml", "service: entry\n").file("templates/service.yaml", from_value);
    cases.add("WH-025", from_value, Try::default());
    let from_release = |named: &str| {
        let text = SERVICE.replace("name: entry", named);
        with(|tried| tried.request.function.as_mut().unwrap().service_name = "mini-service".to_owned())
            .file("templates/service.yaml", text)
    };
    cases.add("WH-025", from_release("name: {{ .Release.Name }}"), from_release("name: mini-service"));
    let protocol = |protocol: &'static str| {
        with(|tried| tried.request.function.as_mut().unwrap().health_protocol = Some(protocol.to_owned()))
    };
    cases.add("WH-026", protocol("gRPC"), protocol("HTTP"));
    cases.service("WH-027", "spec:\n", "spec:\n  clusterIP: None\n");
    cases.service("WH-030", "spec:\n", "spec:\n  type: NodePort\n");
    cases.service("WH-031", "spec:\n", "spec:\n  externalIPs: [192.0.2.1]\n");
    let second = |app: &str, target: &str| {
        object(
            "v1",
            "Service",
            &format!("spec: {{selector: {{app: {app}}}, ports: [{{port: 80, targetPort: {target}}}]}}"),
        )
    };
    cases.documents("WH-032", &second("nobody", "http"), &second("web", "http"));
    cases.documents("WH-033", &second("web", "grpc"), &second("web", "http"));
    cases.service("WH-034", "spec:\n", "spec:\n  sessionAffinity: ClientIP\n");
}

fn claim(spec: &str) -> String {
    object("v1", "PersistentVolumeClaim", &format!("spec: {{{spec}}}"))
}

fn storage(cases: &mut Cases) {
    let volume = |source: &str| format!("volumes: [{{name: v, {source}}}]\n");
    cases.pods("WH-040", &volume("hostPath: {path: /}"), &volume("emptyDir: {}"));
    cases.pods("WH-104", &volume("hostPath: {path: /}"), &volume("emptyDir: {}"));
    let projected = |source: &str| volume(&format!("projected: {{sources: [{{{source}}}]}}"));
    cases.pods(
        "WH-041",
        &projected("serviceAccountToken: {path: t}"),
        &projected("secret: {name: s, optional: true}"),
    );
    let size = |size: &str| claim(&format!("resources: {{requests: {{storage: {size}}}}}"));
    cases.documents("WH-042", &claim("dataSource: {kind: PersistentVolumeClaim, name: other}"), &size("1Gi"));
    let quota = |text: &str| {
        let mut tried = Try::default().file("templates/more.yaml", size(text));
        tried.request.cluster.storage_quota = Quantity::parse("10Gi");
        tried.request.cluster.storage_classes = Some(vec!["fast".to_owned()]);
        tried
    };
    cases.add("WH-042", quota("11Gi"), quota("10Gi"));
    let class =
        |name: &str| quota("1Gi").file("templates/more.yaml", claim(&format!("storageClassName: {name}")));
    cases.add("WH-042", class("slow"), class("fast"));
    cases.documents("WH-043", &claim("volumeName: pv-7"), &size("1Gi"));
    cases.pods(
        "WH-044",
        &volume("emptyDir: {medium: Memory}"),
        &volume("emptyDir: {medium: Memory, sizeLimit: 64Mi}"),
    );
    cases.pods(
        "WH-044",
        &volume("emptyDir: {medium: Memory, sizeLimit: 2Gi}"),
        &volume("emptyDir: {medium: Memory, sizeLimit: 1Gi}"),
    );
    let disk = |size: &str| {
        let text = deployment(&volume(&format!("emptyDir: {{sizeLimit: {size}}}")), CONTAINER);
        on_node(Try::default().file("templates/web.yaml", text))
    };
    cases.add("WH-045", disk("200Gi"), disk("100Gi"));
}

/// On a cluster whose nodes have 8 processors, 32 GiB of memory and 100 GiB of disk.
fn on_node(mut tried: Try) -> Try {
    let node = [("cpu", "8"), ("memory", "32Gi"), ("ephemeral-storage", "100Gi")];
    let quantity = |text: &str| Quantity::parse(text).unwrap();
    tried.request.cluster.node_is_complete = true;
    tried.request.cluster.node =
        Some(node.into_iter().map(|(name, text)| (name.to_owned(), quantity(text))).collect());
    tried
}

fn baseline(cases: &mut Cases) {
    let context = |text: &str| format!("securityContext: {{{text}}}\n");
    cases.pods(
        "WH-100",
        &context("windowsOptions: {hostProcess: true}"),
        &context("windowsOptions: {hostProcess: false}"),
    );
    cases.pods("WH-101", "hostPID: true\n", "hostPID: false\n");
    let own = "securityContext:\n";
    cases.container("WH-102", own, "securityContext:\n  privileged: true\n");
    cases.container("WH-103", "drop: [ALL]", "drop: [ALL], add: [SYS_ADMIN]");
    cases.container("WH-105", "containerPort: 8000", "containerPort: 8000, hostPort: 80");
    cases.pods(
        "WH-106",
        &context("appArmorProfile: {type: Unconfined}"),
        &context("appArmorProfile: {type: RuntimeDefault}"),
    );
    cases.pods(
        "WH-107",
        &context("seLinuxOptions: {type: spc_t}"),
        &context("seLinuxOptions: {type: container_t}"),
    );
    cases.container("WH-108", own, "securityContext:\n  procMount: Unmasked\n");
    cases.pods(
        "WH-109",
        &context("seccompProfile: {type: Unconfined}"),
        &context("seccompProfile: {type: RuntimeDefault}"),
    );
    let sysctl = |name: &str| context(&format!("sysctls: [{{name: {name}, value: \"1\"}}]"));
    cases.pods("WH-110", &sysctl("kernel.msgmax"), &sysctl("kernel.shm_rmid_forced"));
    cases.container("WH-111", "httpGet: {path: /", "httpGet: {host: 192.0.2.1, path: /");
}

fn restricted(cases: &mut Cases) {
    cases.pods(
        "WH-120",
        "volumes: [{name: v, hostPath: {path: /}}]\n",
        "volumes: [{name: v, emptyDir: {}}]\n",
    );
    cases.container("WH-121", "  allowPrivilegeEscalation: false\n", "");
    cases.container("WH-122", "  runAsNonRoot: true\n", "");
    cases.container("WH-131", "  runAsNonRoot: true\n", "");
    cases.pods("WH-123", "securityContext: {runAsUser: 0}\n", "securityContext: {runAsUser: 1000}\n");
    cases.container("WH-124", "  seccompProfile: {type: RuntimeDefault}\n", "");
    cases.container("WH-125", "drop: [ALL]", "drop: [NET_RAW]");
    let unmasked = CONTAINER.replace("securityContext:\n", "securityContext:\n  procMount: Unmasked\n");
    let users = |minor: u32| {
        let mut tried =
            Try::default().file("templates/web.yaml", deployment("hostUsers: false\n", &unmasked));
        tried.minor = minor;
        tried
    };
    cases.add("WH-126", users(36), users(34));
    cases.pods("WH-130", "automountServiceAccountToken: true\n", "automountServiceAccountToken: false\n");
    let context = |text: &str| format!("securityContext: {{{text}}}\n");
    cases.pods(
        "WH-132",
        &context("seccompProfile: {type: Localhost, localhostProfile: p.json}"),
        &context("seccompProfile: {type: RuntimeDefault}"),
    );
    cases.pods(
        "WH-133",
        &context("appArmorProfile: {type: Localhost, localhostProfile: p}"),
        &context("appArmorProfile: {type: RuntimeDefault}"),
    );
    cases.pods(
        "WH-134",
        &context("seLinuxOptions: {type: container_init_t}"),
        &context("seLinuxOptions: {type: container_t}"),
    );
    cases.container("WH-137", "  readOnlyRootFilesystem: true\n", "");
}

fn resources(cases: &mut Cases) {
    let gpu = |container: &str| {
        let text = CONTAINER.replace("memory: 1Gi}", &format!("memory: 1Gi, {container}"));
        Try::default().file("templates/web.yaml", deployment("", &text))
    };
    let of_type = |tried: Try, name: &str| {
        let mut tried = tried;
        tried.request.instance_type = Some(name.to_owned());
        tried
    };
    cases.container("WH-140", "memory: 1Gi", "ephemeral-storage: 1Gi");
    cases.container("WH-141", "memory: 1Gi}", "memory: 1Gi}, requests: {nvidia.com/gpu: 1}");
    let efa = || gpu("vpc.amazonaws.com/efa: 1}");
    let offers = |tried: Try| {
        let mut tried = on_node(tried);
        let node = tried.request.cluster.node.as_mut().unwrap();
        node.insert("vpc.amazonaws.com/efa".to_owned(), Quantity::whole(4));
        tried
    };
    cases.add("WH-142", efa(), offers(efa()));
    cases.add("WH-142", on_node(efa()), offers(efa()));
    let one = || gpu("nvidia.com/gpu: 2}");
    cases.add("WH-143", of_type(one(), "X.GPU.H100_1x"), of_type(one(), "X.GPU.H100_4x"));
    let memory = |size: &str| {
        let text = CONTAINER.replace("memory: 1Gi", &format!("memory: {size}"));
        on_node(Try::default().file("templates/web.yaml", deployment("", &text)))
    };
    cases.add("WH-144", memory("33Gi"), memory("32Gi"));
    let quota = |count: i64| {
        with(|tried| tried.request.cluster.quotas = BTreeMap::from([("deployments".to_owned(), count)]))
    };
    cases.add("WH-145", quota(0), quota(1));
    cases.add("WH-146", of_type(Try::default(), "X.GPU.H100_1x"), of_type(one(), "X.GPU.H100_4x"));
    cases.add("WH-147", of_type(one(), "H100"), of_type(one(), "X.GPU.H100_4x"));
    let gang = |policy: &str| {
        let text = CONTAINER.replace("memory: 1Gi}", "memory: 1Gi, nvidia.com/gpu: 1}");
        let set = deployment("", &text).replace("kind: Deployment", "kind: StatefulSet").replace(
            "spec:\n  selector",
            &format!("spec:\n  replicas: 2\n  serviceName: peers\n{policy}  selector"),
        );
        let peers =
            SERVICE.replace("name: entry", "name: peers").replace("spec:\n", "spec:\n  clusterIP: None\n");
        of_type(
            Try::default().file("templates/web.yaml", set).file("templates/peers.yaml", peers),
            "X.GPU.H100_1x.x2",
        )
    };
    cases.add("WH-148", gang(""), gang("  podManagementPolicy: Parallel\n"));
}

fn rbac(cases: &mut Cases) {
    let role = |groups: &str, resources: &str, verbs: &str| {
        object(
            "rbac.authorization.k8s.io/v1",
            "Role",
            &format!("rules: [{{apiGroups: [{groups}], resources: [{resources}], verbs: [{verbs}]}}]"),
        )
    };
    let sound = role("\"\"", "configmaps", "get");
    cases.documents("WH-150", &role("\"\"", "\"*\"", "get"), &sound);
    cases.documents("WH-151", &role("rbac.authorization.k8s.io", "roles", "bind"), &sound);
    cases.documents("WH-152", &role("\"\"", "secrets", "list"), &sound);
    cases.documents("WH-153", &role("\"\"", "pods", "create"), &sound);
    cases.documents("WH-154", &role("\"\"", "serviceaccounts/token", "create"), &sound);
    cases.documents("WH-157", &role("\"\"", "nodes", "get"), &sound);
    let binding = |kind: &str, name: &str, subject: &str| {
        let text = format!(
            "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: {name}}}\nsubjects: [{{{subject}}}]"
        );
        format!("{sound}---\n{}", object("rbac.authorization.k8s.io/v1", "RoleBinding", &text))
    };
    let account = "kind: ServiceAccount, name: default";
    cases.documents("WH-155", &binding("ClusterRole", "edit", account), &binding("Role", "x", account));
    cases.documents(
        "WH-156",
        &binding("Role", "x", "kind: Group, name: system:authenticated"),
        &binding("Role", "x", account),
    );
    cases.documents(
        "WH-138",
        &binding("Role", "x", account),
        &format!(
            "{}---\n{}",
            object("v1", "ServiceAccount", ""),
            binding("Role", "x", "kind: ServiceAccount, name: x")
        ),
    );
    cases.documents("WH-166", &binding("Role", "z", account), &binding("Role", "x", account));
    cases.documents(
        "WH-158",
        &object("v1", "ServiceAccount", "secrets: [{name: s}]"),
        &object("v1", "ServiceAccount", "imagePullSecrets: []"),
    );
    cases.documents(
        "WH-159",
        &object("v1", "Secret", "type: kubernetes.io/service-account-token"),
        &object("v1", "Secret", "type: Opaque"),
    );
}

fn references(cases: &mut Cases) {
    let map = object("v1", "ConfigMap", "data: {k: v}");
    let refer = |reference: &str, other: &str| {
        let text = deployment("", &format!("{CONTAINER}envFrom: [{{{reference}}}]\n"));
        Try::default().file("templates/web.yaml", text).file("templates/more.yaml", other)
    };
    cases.add("WH-160", refer("configMapRef: {name: z}", &map), refer("configMapRef: {name: x}", &map));
    let secret = object("v1", "Secret", "stringData: {k: v}");
    cases.add("WH-161", refer("secretRef: {name: z}", &secret), refer("secretRef: {name: x}", &secret));
    let mounts = |name: &str| {
        let spec = format!("volumes: [{{name: v, persistentVolumeClaim: {{claimName: {name}}}}}]\n");
        Try::default()
            .file("templates/web.yaml", deployment(&spec, CONTAINER))
            .file("templates/more.yaml", claim(""))
    };
    cases.add("WH-162", mounts("z"), mounts("x"));
    let runs_as = |name: &str| {
        Try::default()
            .file("templates/web.yaml", deployment(&format!("serviceAccountName: {name}\n"), CONTAINER))
            .file("templates/more.yaml", object("v1", "ServiceAccount", ""))
    };
    cases.add("WH-163", runs_as("z"), runs_as("x"));
    let selects = |label: &str| {
        let text = deployment("", CONTAINER)
            .replace("matchLabels: {app: web}", &format!("matchLabels: {{app: {label}}}"));
        Try::default().file("templates/web.yaml", text)
    };
    cases.add("WH-164", selects("other"), selects("web"));
    let set = |service: &str| {
        let text = deployment("", CONTAINER)
            .replace("kind: Deployment", "kind: StatefulSet")
            .replace("spec:\n  selector", &format!("spec:\n  serviceName: {service}\n  selector"));
        let peers =
            SERVICE.replace("name: entry", "name: peers").replace("spec:\n", "spec:\n  clusterIP: None\n");
        Try::default().file("templates/web.yaml", text).file("templates/peers.yaml", peers)
    };
    cases.add("WH-165", set("nobody"), set("peers"));
    cases.container("WH-167", "path: /, port: http", "path: /, port: grpc");
    cases.container_and("WH-168", "volumeMounts: [{name: v, mountPath: /v}]\n", "env: []\n");
    let twin = |label: &str| {
        let text = deployment("", CONTAINER)
            .replace("name: web}", "name: twin}")
            .replace("app: web", &format!("app: {label}"));
        Try::default().file("templates/more.yaml", text)
    };
    cases.add("WH-169", twin("web"), twin("other"));
}

fn placement(cases: &mut Cases) {
    cases.pods("WH-170", "nodeName: n\n", "");
    cases.pods("WH-171", "nodeSelector: {disk: ssd}\n", "nodeSelector: {}\n");
    cases.pods("WH-172", "priorityClassName: high\n", "");
    cases.pods("WH-173", "schedulerName: own\n", "");
    cases.pods(
        "WH-174",
        "tolerations: [{operator: Exists}]\n",
        "tolerations: [{key: spot, operator: Exists}]\n",
    );
    cases.pods("WH-175", "runtimeClassName: kata\n", "");
    let affinity = |namespaces: &str| {
        format!(
            "affinity: {{podAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{{topologyKey: h{namespaces}}}]}}}}\n"
        )
    };
    cases.pods("WH-176", &affinity(", namespaces: [other]"), &affinity(""));
    cases.pods("WH-177", "serviceAccountName: own\n", "");
    let mutated = || with(|tried| tried.mutations = true);
    for rule in ["WH-180", "WH-181", "WH-182", "WH-184"] {
        cases.add(rule, mutated(), Try::default());
    }
    let gpu = CONTAINER.replace("memory: 1Gi}", "memory: 1Gi, nvidia.com/gpu: 1}");
    let with_gpu = Try { mutations: true, ..Try::default().file("templates/web.yaml", deployment("", &gpu)) };
    cases.add("WH-183", with_gpu, mutated());
    let finalizers = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, finalizers: [f]}\n";
    let with_finalizers = Try { mutations: true, ..Try::default().file("templates/more.yaml", finalizers) };
    cases.add("WH-185", with_finalizers, mutated());
}

fn advice(cases: &mut Cases) {
    let image = |to: &str| {
        let text = deployment("", CONTAINER);
        let line = text.lines().find(|line| line.contains("image:")).unwrap().to_owned();
        Try::default().file("templates/web.yaml", text.replace(&line, &format!("          image: {to}")))
    };
    cases.add("WH-190", image("\"\""), Try::default());
    let answered = |tried: Try| {
        let mut tried = tried;
        tried.request.cluster.unreachable_images.insert("r.io/a:1".to_owned(), "404".to_owned());
        tried.request.cluster.registries = Some(vec!["r.io".to_owned()]);
        tried
    };
    cases.add("WH-191", answered(image("r.io/a:1")), answered(image("r.io/b:1")));
    cases.add("WH-192", image("r.io/a:1"), Try::default());
    cases.add("WH-193", answered(image("other.io/a:1")), answered(image("r.io/b:1")));
    cases.container("WH-200", "readinessProbe: {httpGet: {path: /, port: http}}\n", "");
    cases.documents("WH-201", "# {{ randAlphaNum 5 }}", "# {{ upper \"x\" }}");
    cases.documents("WH-202", "# {{ lookup \"v1\" \"Secret\" \"\" \"x\" }}", "# {{ upper \"x\" }}");
    let code = |values: &str, own: &str| Try {
        values: own.to_owned(),
        ..Try::default().file("values.yaml", values).file("templates/more.yaml", "# {{ tpl .Values.text . }}")
    };
    cases.add("WH-203", code("text: a", "text: b"), code("text: a", ""));
    let number = |text: &str| {
        Try::default()
            .file("values.yaml", "count: 1000000\n")
            .file("templates/more.yaml", object("v1", "ConfigMap", &format!("data: {{k: {text}}}")))
    };
    cases.add("WH-204", number("\"{{ .Values.count }}\""), number("\"{{ int .Values.count }}\""));
    cases.add("WH-204", number("\"{{ .Values.gone }}\""), number("\"{{ .Values.gone | default 1 }}\""));
    let over = |values: &str| Try {
        values: values.to_owned(),
        ..Try::default()
            .file("values.yaml", "image: {tag: a}\n")
            .file("templates/more.yaml", "# {{ .Values.image.tag }}")
    };
    cases.add("WH-205", over("image: {tga: b}\n"), over("image: {tag: b}\n"));
    let hidden = |kind: &str| {
        let daemon = object("apps/v1", kind, "");
        Try {
            all_values: true,
            ..Try::default()
                .file("values.yaml", "debug: false\n")
                .file("templates/more.yaml", format!("{{{{ if .Values.debug }}}}\n{daemon}{{{{ end }}}}"))
        }
    };
    cases.add("WH-206", hidden("DaemonSet"), Try { all_values: false, ..hidden("DaemonSet") });
    cases.documents(
        "WH-207",
        &object("v1", "Pod", "spec: {restartPolicy: Never, containers: [{name: c, image: i}]}"),
        &object("v1", "Pod", "spec: {containers: [{name: c, image: i}]}"),
    );
    let allow = |comment: &str| {
        let text = CONTAINER.replace("  readOnlyRootFilesystem: true\n", "");
        let text = format!("{text}# {comment}\nimagePullPolicy: Always\n");
        let text = deployment("", &text)
            .replace("        - name: c", &format!("        # {comment}\n        - name: c"));
        Try::default().file(
            "templates/web.yaml",
            text.replace(&format!("          # {comment}\n          imagePull"), "          imagePull"),
        )
    };
    let sound = "wheelhouse:allow WH-137 until=2027-01-01 reason=\"it writes\"";
    cases.add("WH-137", Try { ..allow("nothing") }, allow(sound));
    cases.add("WH-210", allow("wheelhouse:allow WH-137 until=2027-01-01"), allow(sound));
    cases.add("WH-210", allow("wheelhouse:allow WH-012 until=2027-01-01 reason=x"), allow(sound));
    cases.add("WH-211", allow("wheelhouse:allow WH-137 until=2026-01-01 reason=x"), allow(sound));
    cases.add("WH-212", allow("wheelhouse:allow WH-102 until=2027-01-01 reason=x"), allow(sound));
}
