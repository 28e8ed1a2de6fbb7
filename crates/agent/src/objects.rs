//! What the platform itself puts into an instance's namespace. Pure: names and facts in, objects out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use wheelhouse_functions::definition::HealthProtocol;
use wheelhouse_functions::instance::namespace_of;
use wheelhouse_functions::instance_type::InstanceType;
use wheelhouse_functions::work::{DesiredInstance, DesiredWorkload};

// Names of what the platform makes in an instance's namespace start with `RESERVED_PREFIX`: no chart may use them.

/// The label that says which agent's namespace this is.
pub(crate) const MANAGED_BY: &str = "wheelhouse.dev/cluster";
/// The service account of an instance's pods: it holds no rights.
pub(crate) const SERVICE_ACCOUNT: &str = "nvcf-workload";
/// The secret with registry credentials.
pub(crate) const PULL_SECRET: &str = "nvcf-pull";
/// The secret with the function's secrets, as files `secrets.json` and one per secret.
pub(crate) const SECRETS: &str = "nvcf-secrets";
/// The field manager of everything we apply.
pub(crate) const MANAGER: &str = "wheelhouse-agent";

/// Namespace, service account, pull secret, secrets, quotas and network policies, in the order to apply them.
pub(crate) fn base(instance: &DesiredInstance, cluster: &str) -> Vec<Value> {
    let namespace = namespace_of(instance.id);
    let labels = labels(instance);
    let meta = |name: &str| json!({ "name": name, "namespace": namespace, "labels": labels });
    let mut namespace_labels = labels.clone();
    namespace_labels.insert(MANAGED_BY.to_owned(), json!(cluster));
    // What the rule catalogue enforces now is enforced here too; the rest only warns.
    namespace_labels.insert("pod-security.kubernetes.io/enforce".to_owned(), json!("baseline"));
    namespace_labels.insert("pod-security.kubernetes.io/warn".to_owned(), json!("restricted"));
    if instance.policy.unrestricted {
        namespace_labels.insert("pod-security.kubernetes.io/enforce".to_owned(), json!("privileged"));
    }
    let mut objects = vec![
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace, "labels": namespace_labels } }),
        json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta(SERVICE_ACCOUNT),
            "automountServiceAccountToken": false,
        }),
        quota(instance, meta("nvcf-limits")),
    ];
    objects.extend(network_policies(instance, &meta));
    if !instance.pull.is_empty() {
        objects.push(pull_secret(instance, meta(PULL_SECRET)));
    }
    if !instance.secrets.is_empty() {
        objects.push(secrets(instance, meta(SECRETS)));
    }
    objects
}

/// Names of the pull secrets of an instance.
pub(crate) fn pull_secrets(instance: &DesiredInstance) -> Vec<String> {
    if instance.pull.is_empty() { Vec::new() } else { vec![PULL_SECRET.to_owned()] }
}

/// The Secret with the function's secrets, if it has any.
pub(crate) fn secret_files(instance: &DesiredInstance) -> Option<&'static str> {
    (!instance.secrets.is_empty()).then_some(SECRETS)
}

/// The labels of everything that belongs to an instance.
fn labels(instance: &DesiredInstance) -> Map<String, Value> {
    let pairs = [
        ("function-id", instance.function.to_string()),
        ("function-version-id", instance.version.to_string()),
        ("wheelhouse.dev/instance", instance.id.to_string()),
    ];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::String(value))).collect()
}

/// No more GPUs than the instance type has, and no more pods than the reference allows.
fn quota(instance: &DesiredInstance, metadata: Value) -> Value {
    let gpus = instance.instance_type.parse::<InstanceType>().map_or(0, |kind| kind.gpus());
    json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata,
        "spec": { "hard": {
            "requests.nvidia.com/gpu": gpus.to_string(), "pods": "100", "services": "300", "configmaps": "301",
            "secrets": "303", "persistentvolumeclaims": "300",
        } },
    })
}

/// Pods of an instance reach each other, names and the internet, and nothing of the cluster or the node.
fn network_policies(instance: &DesiredInstance, meta: &dyn Fn(&str) -> Value) -> Vec<Value> {
    let own = json!({ "podSelector": {} });
    let dns = json!({
        "to": [{ "namespaceSelector": {} }],
        "ports": [{ "protocol": "UDP", "port": 53 }, { "protocol": "TCP", "port": 53 }],
    });
    let private =
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"];
    let internet = json!({ "to": [{ "ipBlock": { "cidr": "0.0.0.0/0", "except": private } }] });
    let mut ports = vec![json!({ "protocol": "TCP" })];
    if matches!(instance.workload, DesiredWorkload::Container { .. }) {
        ports = vec![json!({ "protocol": "TCP", "port": instance.inference_port })];
    }
    vec![
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta("nvcf-egress"),
            "spec": { "podSelector": {}, "policyTypes": ["Egress"], "egress": [{ "to": [own] }, dns, internet] },
        }),
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta("nvcf-ingress"),
            "spec": { "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [
                { "from": [own] },
                // The gateway and the probes come from outside the cluster's pods or from the node itself.
                { "from": [{ "ipBlock": { "cidr": "0.0.0.0/0" } }], "ports": ports },
            ] },
        }),
    ]
}

fn pull_secret(instance: &DesiredInstance, metadata: Value) -> Value {
    let auths: Map<String, Value> =
        instance.pull.iter().map(|login| (login.host.clone(), json!({ "auth": login.auth }))).collect();
    let config = json!({ "auths": auths }).to_string();
    json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": STANDARD.encode(config) },
    })
}

fn secrets(instance: &DesiredInstance, metadata: Value) -> Value {
    let all: Map<String, Value> = instance
        .secrets
        .iter()
        .map(|secret| {
            // A JSON object is kept as its text; in the file it is an object again.
            let parsed = serde_json::from_str::<Value>(&secret.value).ok().filter(Value::is_object);
            (secret.name.clone(), parsed.unwrap_or_else(|| Value::String(secret.value.clone())))
        })
        .collect();
    let mut data: Map<String, Value> = instance
        .secrets
        .iter()
        .map(|secret| (secret.name.clone(), Value::String(STANDARD.encode(&secret.value))))
        .collect();
    data.insert("secrets.json".to_owned(), Value::String(STANDARD.encode(Value::Object(all).to_string())));
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data })
}

/// The service of a container function.
pub(crate) const CONTAINER_SERVICE: &str = "function";

/// The objects of a container function: one pod behind one service.
pub(crate) fn container(instance: &DesiredInstance, region: &str) -> Vec<Value> {
    let DesiredWorkload::Container { image, arguments, environment } = &instance.workload else {
        return Vec::new();
    };
    let namespace = namespace_of(instance.id);
    let mut labels = labels(instance);
    labels.insert("app".to_owned(), json!("function"));
    let mut variables: Vec<Value> =
        environment.iter().map(|variable| json!({ "name": variable.key, "value": variable.value })).collect();
    for (name, value) in [
        ("NVCF_FUNCTION_ID", instance.function.to_string()),
        ("NVCF_FUNCTION_VERSION_ID", instance.version.to_string()),
        ("NVCF_FUNCTION_NAME", instance.name.clone()),
        ("NVCF_NCA_ID", instance.account.to_string()),
        ("NVCF_BACKEND", instance.backend.clone()),
        ("NVCF_INSTANCETYPE", instance.instance_type.clone()),
        ("NVCF_REGION", region.to_owned()),
    ] {
        // The platform's variables replace those of the same name.
        variables.retain(|variable| variable.get("name") != Some(&json!(name)));
        variables.push(json!({ "name": name, "value": value }));
    }
    let port = instance.inference_port;
    let health = &instance.health;
    let probe = match health.protocol {
        HealthProtocol::Http => json!({ "httpGet": { "path": health.uri, "port": health.port } }),
        HealthProtocol::Grpc => json!({ "grpc": { "port": health.port } }),
    };
    let mut probe = probe;
    if let Some(probe) = probe.as_object_mut() {
        probe.insert("periodSeconds".to_owned(), json!(1));
        probe.insert("timeoutSeconds".to_owned(), json!(health.timeout.as_secs().clamp(1, 60)));
        probe.insert("failureThreshold".to_owned(), json!(3));
    }
    let gpus = instance.instance_type.parse::<InstanceType>().map_or(0, |kind| kind.gpus_per_node());
    let mut container = json!({
        "name": "function", "image": image, "env": variables,
        "ports": [{ "name": "inference", "containerPort": port }],
        "readinessProbe": probe,
        "securityContext": { "allowPrivilegeEscalation": false },
    });
    if let Some(container) = container.as_object_mut() {
        if let Some(arguments) = arguments {
            let words: Vec<&str> = arguments.split_whitespace().collect();
            container.insert("args".to_owned(), json!(words));
        }
        if gpus > 0 {
            container
                .insert("resources".to_owned(), json!({ "limits": { "nvidia.com/gpu": gpus.to_string() } }));
        }
        if !instance.secrets.is_empty() {
            let mount = json!([{ "name": "secrets", "mountPath": "/var/secrets", "readOnly": true }]);
            container.insert("volumeMounts".to_owned(), mount);
        }
    }
    let mut pod = json!({
        "containers": [container],
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
    });
    if let Some(pod) = pod.as_object_mut() {
        let names: Vec<Value> =
            pull_secrets(instance).into_iter().map(|name| json!({ "name": name })).collect();
        if !names.is_empty() {
            pod.insert("imagePullSecrets".to_owned(), Value::Array(names));
        }
        if !instance.secrets.is_empty() {
            pod.insert(
                "volumes".to_owned(),
                json!([{ "name": "secrets", "secret": { "secretName": SECRETS } }]),
            );
        }
    }
    let mut ports = vec![json!({ "name": "inference", "port": port, "targetPort": port })];
    if health.port != port {
        ports.push(json!({ "name": "health", "port": health.port, "targetPort": health.port }));
    }
    vec![
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": { "name": CONTAINER_SERVICE, "namespace": namespace, "labels": labels },
            "spec": { "selector": { "app": "function" }, "ports": ports },
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "function", "namespace": namespace, "labels": labels },
            "spec": {
                "replicas": 1,
                "selector": { "matchLabels": { "app": "function" } },
                "template": { "metadata": { "labels": labels }, "spec": pod },
            },
        }),
    ]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use wheelhouse_functions::definition::{EnvironmentVariable, Health};
    use wheelhouse_functions::gpu_specification::ValidationPolicy;
    use wheelhouse_functions::id::{AccountId, FunctionId, InstanceId, VersionId};
    use wheelhouse_functions::work::{PullCredential, SecretValue};

    pub(crate) fn instance() -> DesiredInstance {
        DesiredInstance {
            id: InstanceId::from_parts(1, [1; 10]),
            wanted: true,
            function: FunctionId::from_parts(1, [2; 10]),
            version: VersionId::from_parts(1, [3; 10]),
            name: "f".into(),
            account: AccountId::default_account(),
            workload: DesiredWorkload::Container {
                image: "registry/image:1".into(),
                arguments: Some("--a  b".into()),
                environment: vec![
                    EnvironmentVariable { key: "A".into(), value: "1".into() },
                    EnvironmentVariable { key: "NVCF_FUNCTION_NAME".into(), value: "forged".into() },
                ],
            },
            revision: 1,
            inference_port: 8000,
            inference_url: "/".into(),
            health: Health::default_for(8000, false),
            instance_type: "ON-PREM.GPU.B200_8x.x2".into(),
            backend: "group".into(),
            policy: ValidationPolicy::default(),
            pull: vec![PullCredential { host: "registry".into(), auth: "dTpw".into() }],
            secrets: vec![
                SecretValue { name: "plain".into(), value: "v".into() },
                SecretValue { name: "object".into(), value: "{\"a\":1}".into() },
            ],
        }
    }

    fn find<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
        objects.iter().find(|object| object["kind"] == kind).unwrap()
    }

    #[test]
    fn the_namespace_comes_first_and_says_whose_it_is() {
        let objects = base(&instance(), "local");
        assert_eq!(objects[0]["kind"], "Namespace");
        assert_eq!(objects[0]["metadata"]["labels"][MANAGED_BY], "local");
        assert_eq!(objects[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "baseline");
        assert_eq!(find(&objects, "ServiceAccount")["automountServiceAccountToken"], false);
        assert_eq!(find(&objects, "ResourceQuota")["spec"]["hard"]["requests.nvidia.com/gpu"], "16");
        let quiet = DesiredInstance { pull: vec![], secrets: vec![], ..instance() };
        assert!(base(&quiet, "local").iter().all(|object| object["kind"] != "Secret"));
    }

    #[test]
    fn no_chart_can_name_what_the_platform_makes() {
        for object in base(&instance(), "local").iter().skip(1) {
            let name = object["metadata"]["name"].as_str().unwrap();
            assert!(name.starts_with(wheelhouse_objects::names::RESERVED_PREFIX), "{name}");
        }
    }

    #[test]
    fn secrets_become_files() {
        let objects = base(&instance(), "local");
        let secrets = objects.iter().find(|object| object["metadata"]["name"] == SECRETS).unwrap();
        let text = |key: &str| {
            String::from_utf8(STANDARD.decode(secrets["data"][key].as_str().unwrap()).unwrap()).unwrap()
        };
        assert_eq!(text("secrets.json"), r#"{"plain":"v","object":{"a":1}}"#);
        assert_eq!(text("plain"), "v");
        let pull = objects.iter().find(|object| object["metadata"]["name"] == PULL_SECRET).unwrap();
        assert_eq!(pull["type"], "kubernetes.io/dockerconfigjson");
    }

    #[test]
    fn egress_reaches_no_private_network() {
        let objects = base(&instance(), "local");
        let egress = objects.iter().find(|object| object["metadata"]["name"] == "nvcf-egress").unwrap();
        let except = &egress["spec"]["egress"][2]["to"][0]["ipBlock"]["except"];
        assert!(except.as_array().unwrap().contains(&json!("169.254.0.0/16")));
    }

    #[test]
    fn a_container_becomes_a_pod_behind_a_service() {
        let objects = container(&instance(), "here");
        let spec = &find(&objects, "Deployment")["spec"]["template"]["spec"];
        let container = &spec["containers"][0];
        assert_eq!(container["args"], json!(["--a", "b"]));
        assert_eq!(container["resources"]["limits"]["nvidia.com/gpu"], "8");
        let environment = container["env"].as_array().unwrap();
        let names: Vec<&Value> = environment.iter().filter(|v| v["name"] == "NVCF_FUNCTION_NAME").collect();
        assert_eq!(names, [&json!({ "name": "NVCF_FUNCTION_NAME", "value": "f" })]);
        assert_eq!(spec["imagePullSecrets"], json!([{ "name": PULL_SECRET }]));
        assert_eq!(find(&objects, "Service")["spec"]["ports"].as_array().unwrap().len(), 1);
    }
}
