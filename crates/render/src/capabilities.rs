//! `.Capabilities`: what the cluster can do, as templates see it.

use std::any::Any;

use wheelhouse_chart::Compat;
use wheelhouse_gotemplate::value::ListType;
use wheelhouse_gotemplate::{GoString, Kind, List, ListKind, Method, Object, Parameter, Signature, Value};

use crate::kube_version::KubeVersion;

/// What templates and constraints are told of the cluster and of Helm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The version of Kubernetes.
    pub kube_version: KubeVersion,
    /// API versions the cluster serves: `apps/v1`, with a cluster also `apps/v1/Deployment`.
    pub api_versions: Vec<String>,
    /// Helm's own version: `v4.2`.
    pub helm_version: String,
    /// The Go version Helm names: `go1.26.8`.
    pub go_version: String,
    /// The version of the Kubernetes client library: `v1.36`. Helm 3 has none.
    pub kube_client_version: String,
}

impl Default for Capabilities {
    /// What Helm 4.2 believes in without a cluster.
    fn default() -> Self {
        Capabilities {
            kube_version: KubeVersion::default(),
            api_versions: wheelhouse_objects::KNOWN_API_VERSIONS.iter().map(ToString::to_string).collect(),
            helm_version: "v4.2".to_owned(),
            go_version: "go1.26.8".to_owned(),
            kube_client_version: "v1.36".to_owned(),
        }
    }
}

impl Capabilities {
    /// What the given Helm believes in without a cluster.
    #[must_use]
    pub fn offline(compat: Compat) -> Self {
        match compat {
            Compat::V4 => Capabilities::default(),
            Compat::V3 => Capabilities {
                helm_version: "v3.21".to_owned(),
                kube_client_version: String::new(),
                ..Capabilities::default()
            },
        }
    }

    /// The value of `.Capabilities`.
    pub(crate) fn value(&self, compat: Compat) -> Value {
        Value::object(CapabilitiesObject { capabilities: self.clone(), compat })
    }
}

#[derive(Debug)]
struct CapabilitiesObject {
    capabilities: Capabilities,
    compat: Compat,
}

impl Object for CapabilitiesObject {
    fn type_name(&self) -> &'static str {
        match self.compat {
            Compat::V4 => "*common.Capabilities",
            Compat::V3 => "*chartutil.Capabilities",
        }
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let capabilities = &self.capabilities;
        let kind = match self.compat {
            Compat::V4 => ListKind::Named(&VERSION_SET),
            Compat::V3 => ListKind::Named(&VERSION_SET_V3),
        };
        let versions =
            capabilities.api_versions.iter().map(|version| Value::from(version.as_str())).collect();
        vec![
            (
                "KubeVersion",
                Value::object(KubeVersionObject {
                    version: capabilities.kube_version.clone(),
                    compat: self.compat,
                    has_address: true,
                }),
            ),
            ("APIVersions", Value::List(List::new(kind, versions))),
            (
                "HelmVersion",
                Value::object(HelmVersionObject { capabilities: capabilities.clone(), compat: self.compat }),
            ),
        ]
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| self.capabilities == other.capabilities)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

const HAS: &[Method] = &[Method {
    name: "Has",
    signature: Signature::fixed(&[Parameter::String], Parameter::Bool),
    call: |_, versions, arguments| {
        let wanted = arguments.first().and_then(Value::as_string);
        let found = versions.as_list().is_some_and(|list| {
            wanted.is_some() && list.items().iter().any(|item| item.as_string() == wanted)
        });
        Ok(Value::Bool(found))
    },
}];

static VERSION_SET: ListType =
    ListType { name: "common.VersionSet", underlying: ListKind::String, methods: HAS };
static VERSION_SET_V3: ListType =
    ListType { name: "chartutil.VersionSet", underlying: ListKind::String, methods: HAS };

#[derive(Clone, Debug)]
struct KubeVersionObject {
    version: KubeVersion,
    compat: Compat,
    /// Whether it is the field of `.Capabilities` itself, and no copy: its methods have pointer receivers.
    has_address: bool,
}

fn version_text(receiver: &Value, choose: impl Fn(&KubeVersion) -> &String) -> Value {
    match receiver {
        Value::Object(object) => match object.as_any().downcast_ref::<KubeVersionObject>() {
            Some(object) => Value::from(choose(&object.version).as_str()),
            None => Value::Nil,
        },
        _ => Value::Nil,
    }
}

const KUBE_VERSION_METHODS: &[Method] = &[
    Method {
        name: "GitVersion",
        signature: Signature::fixed(&[], Parameter::String),
        call: |_, receiver, _| Ok(version_text(receiver, |version| &version.version)),
    },
    Method {
        name: "String",
        signature: Signature::fixed(&[], Parameter::String),
        call: |_, receiver, _| Ok(version_text(receiver, |version| &version.normalized)),
    },
];

impl Object for KubeVersionObject {
    fn type_name(&self) -> &'static str {
        match self.compat {
            Compat::V4 => "common.KubeVersion",
            Compat::V3 => "chartutil.KubeVersion",
        }
    }

    fn field(&self, name: &str) -> Option<Value> {
        let version = &self.version;
        match name {
            "Version" => Some(Value::from(version.version.as_str())),
            "Major" => Some(Value::from(version.major.as_str())),
            "Minor" => Some(Value::from(version.minor.as_str())),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let version = &self.version;
        let mut fields = vec![("Version", Value::from(version.version.as_str()))];
        if self.compat == Compat::V4 {
            fields.push(("normalizedVersion", Value::from(version.normalized.as_str())));
        }
        fields.push(("Major", Value::from(version.major.as_str())));
        fields.push(("Minor", Value::from(version.minor.as_str())));
        fields
    }

    fn methods(&self) -> &'static [Method] {
        if self.has_address { KUBE_VERSION_METHODS } else { &[] }
    }

    fn display_by_address(&self) -> Option<GoString> {
        self.has_address.then(|| self.version.normalized.as_str().into())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| other.version == self.version)
    }

    fn without_address(&self) -> Option<Value> {
        self.has_address.then(|| Value::object(KubeVersionObject { has_address: false, ..self.clone() }))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct HelmVersionObject {
    capabilities: Capabilities,
    compat: Compat,
}

impl Object for HelmVersionObject {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let capabilities = &self.capabilities;
        let mut fields = vec![
            ("Version", Value::from(capabilities.helm_version.as_str())),
            ("GitCommit", Value::from("")),
            ("GitTreeState", Value::from("")),
            ("GoVersion", Value::from(capabilities.go_version.as_str())),
        ];
        if self.compat == Compat::V4 {
            fields.push(("KubeClientVersion", Value::from(capabilities.kube_client_version.as_str())));
        }
        fields
    }

    fn json_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let names = ["version", "git_commit", "git_tree_state", "go_version", "kube_client_version"];
        let fields = self.fields().into_iter().zip(names).map(|((_, value), name)| (name, value));
        // All but the last are left out when empty.
        Some(fields.filter(|(name, value)| *name == "kube_client_version" || value.truth()).collect())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let fields = |version: &Self| -> Vec<_> {
            version.fields().into_iter().map(|(_, value)| value.as_string().cloned()).collect()
        };
        other.as_any().downcast_ref::<Self>().is_some_and(|other| fields(other) == fields(self))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
