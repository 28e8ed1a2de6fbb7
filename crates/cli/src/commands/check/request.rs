use wheelhouse_check::CheckRequest;
use wheelhouse_policy::{Additions, ExtraKind, FunctionFacts, InstanceFacts, Policy, PolicyName, rule};

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
    let instance_type = options.instance_type.clone().unwrap_or_default();
    let mut additions = Additions::of(InstanceFacts { instance_type, ..InstanceFacts::default() });
    additions.switched_off.extend(options.no_mutate.iter().cloned());
    Ok(if is_unrestricted(options) { additions.only_what_is_needed() } else { additions })
}

fn is_unrestricted(options: &Check) -> bool {
    options.policy == "unrestricted"
}
