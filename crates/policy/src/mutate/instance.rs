use super::{Additions, Pair, VariableSource};

/// What the platform sets for one instance. Before there is one, words stand for it.
#[derive(Clone, Debug)]
pub struct InstanceFacts {
    /// The function's id.
    pub function: String,
    /// The version's id.
    pub version: String,
    /// The instance's id.
    pub instance: String,
    /// The account's id.
    pub account: String,
    /// The function's name.
    pub name: String,
    /// The cluster's region.
    pub region: String,
    /// The cluster's name.
    pub backend: String,
    /// The name of the environment.
    pub environment: String,
    /// The instance type, as `<CSP>.GPU.<GPU>_<n>x[.x<nodes>]`; empty where none is chosen yet.
    pub instance_type: String,
    /// Names of the pull secrets in the namespace.
    pub pull_secrets: Vec<String>,
    /// The account pods run under.
    pub service_account: String,
    /// The Secret with the function's secrets, if it has any.
    pub secrets: Option<String>,
    /// Whether nodes carry the label of instance types.
    pub bind_to_instance_type: bool,
}

impl Default for InstanceFacts {
    fn default() -> Self {
        let word = |word: &str| word.to_owned();
        InstanceFacts {
            function: word("FUNCTION-ID"),
            version: word("VERSION-ID"),
            instance: word("INSTANCE-ID"),
            account: word("ACCOUNT-ID"),
            name: word("FUNCTION-NAME"),
            region: word("REGION"),
            backend: word("BACKEND"),
            environment: word("ENVIRONMENT"),
            instance_type: String::new(),
            pull_secrets: vec![word("PULL-SECRET")],
            service_account: word("PLATFORM-ACCOUNT"),
            secrets: None,
            bind_to_instance_type: true,
        }
    }
}

impl Additions {
    /// What the platform sets on the objects of an instance, in the reference's names.
    #[must_use]
    pub fn of(facts: InstanceFacts) -> Self {
        let pair = |key: &str, value: &str| -> Pair { (key.to_owned(), value.to_owned()) };
        let value = facts.instance_type.split('_').next().unwrap_or_default();
        let annotations = vec![
            pair("function-name", &facts.name),
            pair("nca-id", &facts.account),
            pair("nvcf.nvidia.io/backend", &facts.backend),
            pair("nvcf.nvidia.io/environment", &facts.environment),
            pair("nvcf.nvidia.io/instance-type-name", &facts.instance_type),
            pair("nvcf.nvidia.io/instance-type-value", value),
            pair("nvcf.nvidia.io/region", &facts.region),
        ];
        let field = |variable: &str, part: &str, key: &str| {
            (variable.to_owned(), VariableSource::Field(format!("metadata.{part}['{key}']")))
        };
        let environment = vec![
            field("NVCF_REGION", "annotations", "nvcf.nvidia.io/region"),
            field("NVCF_INSTANCETYPE", "annotations", "nvcf.nvidia.io/instance-type-name"),
            field("NVCF_INSTANCETYPE_VALUE", "annotations", "nvcf.nvidia.io/instance-type-value"),
            field("NVCF_BACKEND", "annotations", "nvcf.nvidia.io/backend"),
            field("NVCF_ENV", "annotations", "nvcf.nvidia.io/environment"),
            field("NVCF_NCA_ID", "annotations", "nca-id"),
            field("NVCF_FUNCTION_ID", "labels", "function-id"),
            field("NVCF_FUNCTION_VERSION_ID", "labels", "function-version-id"),
            field("NVCF_FUNCTION_NAME", "annotations", "function-name"),
        ];
        Additions {
            environment,
            labels: vec![
                pair("function-id", &facts.function),
                pair("function-version-id", &facts.version),
                pair("nvcf.nvidia.io/instance-id", &facts.instance),
            ],
            annotations,
            instance_type_label: (facts.bind_to_instance_type && !value.is_empty())
                .then(|| pair("nvca.nvcf.nvidia.io/instance-type", value)),
            tolerations: vec!["nvidia.com/gpu".to_owned()],
            pull_secrets: facts.pull_secrets,
            service_account: facts.service_account,
            secrets: facts.secrets,
            ..Additions::default()
        }
    }
}
