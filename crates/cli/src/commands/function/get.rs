//! `function get`: a version, its instances, and what its deployment says of itself.

use http::Method;
use serde_json::Value;

use super::super::Failure;
use crate::api::Api;
use crate::arguments::FunctionGet;
use crate::output::{items, text};
use crate::printer::Printer;

/// Shows a version.
pub(super) fn run(options: &FunctionGet, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let version = api.version(&options.target)?;
    let look = || {
        let answer = api.ask("get the function", Method::GET, &version.path(), None)?;
        let Some(mut answer) = answer else { return Ok(None) };
        // A key that may look at functions need not be one that may look at deployments.
        let deployment = api.call("get the deployment", Method::GET, &version.deployment(), None);
        if let (Ok(deployment), Some(members)) = (deployment, answer.as_object_mut())
            && let Some(deployment) = deployment.get("deployment")
        {
            members.insert("deployment".to_owned(), deployment.clone());
        }
        Ok(Some(answer))
    };
    api.remember(&version.function, Some(&version.version))?;
    api.show(options.watch, look, rows)
}

fn rows(answer: &Value) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            rows.push([name.to_owned(), value]);
        }
    };
    for (name, pointer) in [
        ("NAME", "name"),
        ("FUNCTION", "id"),
        ("VERSION", "versionId"),
        ("STATUS", "status"),
        ("DESCRIPTION", "description"),
        ("TAGS", "tags"),
        ("CHART", "helmChart"),
        ("CHART DIGEST", "helmChartDigest"),
        ("SERVICE", "helmChartServiceName"),
        ("IMAGE", "containerImage"),
        ("INFERENCE URL", "inferenceUrl"),
        ("INFERENCE PORT", "inferencePort"),
        ("RATE LIMIT", "rateLimit/rateLimit"),
        ("SECRETS", "secrets"),
        ("CREATED", "createdAt"),
    ] {
        row(name, text(answer, &format!("/function/{pointer}")));
    }
    for specification in items(answer, "/deployment/deploymentSpecifications") {
        let bounds = format!(
            "{} {}, {} to {} instances",
            text(specification, "/gpu"),
            text(specification, "/instanceType"),
            text(specification, "/minInstances"),
            text(specification, "/maxInstances"),
        );
        row("DEPLOYED ON", bounds);
    }
    for instance in items(answer, "/function/activeInstances") {
        let shown = format!(
            "{} {} {} {}",
            text(instance, "/instanceId"),
            text(instance, "/instanceStatus"),
            text(instance, "/instanceType"),
            text(instance, "/backend"),
        );
        row("INSTANCE", shown);
    }
    for health in items(answer, "/deployment/healthInfo") {
        row("ERROR", text(health, "/error"));
    }
    rows
}
