use wheelhouse_check::CheckRequest;
use wheelhouse_policy::{Additions, ExtraKind, FunctionFacts, Policy, PolicyName, VariableSource, rule};

use super::Failure;
use super::cluster;
use crate::arguments::Check;

/// What the flags ask the chart to be checked for.
pub(super) fn check_request(options: &Check, minor: &str) -> Result<CheckRequest, Failure> {
    let extra_kinds = options.extra_kind.iter().map(|text| extra_kind(text)).collect::<Result<_, _>>()?;
    let function = options.service.as_ref().map(|service| FunctionFacts {
        service_name: service.clone(),
        inference_port: options.port,
        ..FunctionFacts::default()
    });
    let name = if is_unrestricted(options) { PolicyName::Unrestricted } else { PolicyName::Default };
    Ok(CheckRequest {
        function,
        reference: options.reference.clone(),
        instance_type: options.instance_type.clone(),
        cluster: options.cluster.as_ref().map(|path| cluster::read(path)).transpose()?.unwrap_or_default(),
        policy: Policy {
            name,
            extra_kinds,
            enforce_upcoming: options.enforce_upcoming,
            kubernetes_minor: minor.parse().unwrap_or(Policy::default().kubernetes_minor),
        },
    })
}

/// `GROUP/VERSION/KIND`, or `VERSION/KIND` of the core group.
fn extra_kind(text: &str) -> Result<ExtraKind, Failure> {
    let parts: Vec<&str> = text.split('/').collect();
    let (group, version, kind) = match parts.as_slice() {
        [group, version, kind] => (*group, *version, *kind),
        [version, kind] => ("", *version, *kind),
        _ => return Err(Failure::new(format!("extra kind \"{text}\" is not GROUP/VERSION/KIND"))),
    };
    Ok(ExtraKind { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() })
}

/// What the platform sets on pods, with words in place of what only an instance has.
pub(super) fn platform_additions(options: &Check) -> Result<Additions, Failure> {
    for id in &options.no_mutate {
        rule(id).ok_or_else(|| Failure::new(format!("there is no rule {id}")))?;
    }
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let instance_type = options.instance_type.clone().unwrap_or_default();
    let value = instance_type.split('_').next().unwrap_or_default().to_owned();
    let additions = Additions {
        pull_secrets: vec!["PULL-SECRET".to_owned()],
        environment: vec![
            (
                "NVCF_FUNCTION_ID".to_owned(),
                VariableSource::Field("metadata.labels['function-id']".to_owned()),
            ),
            (
                "NVCF_FUNCTION_VERSION_ID".to_owned(),
                VariableSource::Field("metadata.labels['function-version-id']".to_owned()),
            ),
        ],
        labels: vec![
            pair("function-id", "FUNCTION-ID"),
            pair("function-version-id", "VERSION-ID"),
            pair("nvcf.nvidia.io/instance-id", "INSTANCE-ID"),
        ],
        service_account: "PLATFORM-ACCOUNT".to_owned(),
        instance_type_label: (!value.is_empty())
            .then(|| ("nvca.nvcf.nvidia.io/instance-type".to_owned(), value)),
        tolerations: vec!["nvidia.com/gpu".to_owned()],
        switched_off: options.no_mutate.iter().cloned().collect(),
        ..Additions::default()
    };
    Ok(if is_unrestricted(options) { additions.only_what_is_needed() } else { additions })
}

fn is_unrestricted(options: &Check) -> bool {
    options.policy == "unrestricted"
}
