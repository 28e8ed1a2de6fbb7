//! `function queue`

use http::Method;
use serde_json::Value;

use super::super::Failure;
use crate::api::Api;
use crate::arguments::FunctionQueue;
use crate::output::{items, text};
use crate::printer::Printer;

/// Shows a function's queues, or where one request stands.
pub(super) fn run(options: &FunctionQueue, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let path = match (&options.request, &options.target.version) {
        (Some(request), _) => format!("/v2/nvcf/queues/{request}/position"),
        (None, Some(version)) => {
            format!("/v2/nvcf/queues/functions/{}/versions/{version}", api.function(&options.target)?)
        }
        (None, None) => format!("/v2/nvcf/queues/functions/{}", api.function(&options.target)?),
    };
    api.show(options.watch, || api.ask("see the queue", Method::GET, &path, None), rows)
}

fn rows(answer: &Value) -> Vec<[String; 4]> {
    if answer.get("positionInQueue").is_some() {
        let heads = ["FUNCTION", "VERSION", "POSITION", ""].map(str::to_owned);
        let place = ["functionId", "functionVersionId", "positionInQueue", "none"];
        return vec![heads, place.map(|name| text(answer, &format!("/{name}")))];
    }
    let mut rows = vec![["NAME", "VERSION", "STATUS", "WAITING"].map(str::to_owned)];
    for queue in items(answer, "/queues") {
        let members = ["functionName", "functionVersionId", "functionStatus", "queueDepth"];
        rows.push(members.map(|name| text(queue, &format!("/{name}"))));
    }
    rows
}
