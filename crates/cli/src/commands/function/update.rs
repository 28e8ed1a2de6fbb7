//! `function update`

use http::Method;
use serde_json::{Value, json};

use super::super::Failure;
use super::{deploy, rows, set};
use crate::api::{Api, Version};
use crate::arguments::FunctionUpdate;
use crate::output::{items, text};
use crate::printer::Printer;

/// Changes tags and rate limit, and bounds and values of the deployment: all else of a version never changes.
pub(super) fn run(options: &FunctionUpdate, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let mut body = json!({});
    set(&mut body, "tags", Some(options.tag.clone()).filter(|tags| !tags.is_empty()));
    let limit = options.rate_limit.as_ref().map(|limit| json!({ "rateLimit": limit }));
    set(&mut body, "rateLimit", limit);
    let mut specification = json!({});
    set(&mut specification, "minInstances", options.min);
    set(&mut specification, "maxInstances", options.max);
    set(&mut specification, "maxRequestConcurrency", options.concurrency);
    set(&mut specification, "configuration", deploy::configuration(&options.values)?);
    let nothing = json!({});
    if body == nothing && specification == nothing {
        return Err(Failure::new("nothing is to be changed").with_advice(
            "  fix: give --tag or --rate-limit, or of its deployment --min, --max, --concurrency or values; to change anything else, make a version with `wheelhouse function create --version-of`",
        ));
    }
    let version = api.version(&options.target)?;
    if body != nothing {
        let Some(answer) = api.ask("update the function", Method::PUT, &version.path(), Some(&body))? else {
            return if specification == nothing {
                Ok(())
            } else {
                update_deployment(&api, options, &version, &specification)
            };
        };
        api.remember(&version.function, Some(&version.version))?;
        if specification == nothing {
            return api.output.print(&answer, || rows(answer.get("function")), printer);
        }
    }
    update_deployment(&api, options, &version, &specification)
}

/// Changes one GPU specification of the version's deployment, and shows the deployment as it then is.
fn update_deployment(
    api: &Api,
    options: &FunctionUpdate,
    version: &Version,
    changes: &Value,
) -> Result<(), Failure> {
    const WHAT: &str = "update the deployment";
    let path = version.deployment();
    let deployment = api.call(WHAT, Method::GET, &path, None)?;
    let specifications = items(&deployment, "/deployment/deploymentSpecifications");
    let wanted = |one: &&Value| options.gpu.as_ref().is_none_or(|gpu| text(one, "/gpu") == *gpu);
    let id = match specifications.iter().filter(wanted).collect::<Vec<_>>().as_slice() {
        [one] => text(one, "/gpuSpecificationId"),
        none_or_several => {
            let names: Vec<String> = specifications.iter().map(|one| text(one, "/gpu")).collect();
            let few = if none_or_several.is_empty() { "no" } else { "more than one" };
            return Err(Failure::new(format!("the deployment has {few} part to change"))
                .with_advice(format!("  fix: choose with --gpu: {}", names.join(", "))));
        }
    };
    let deployment_id = text(&deployment, "/deployment/deploymentId");
    let patch = format!("/v2/nvcf/deployments/{deployment_id}/gpu-specifications/{id}");
    if api.ask(WHAT, Method::PATCH, &patch, Some(changes))?.is_none() {
        return Ok(());
    }
    api.remember(&version.function, Some(&version.version))?;
    let answer = api.call("get the deployment", Method::GET, &path, None)?;
    api.output.print(&answer, || deploy::rows(&answer), api.printer)
}
