//! `function update`

use http::Method;
use serde_json::json;

use super::super::Failure;
use super::{rows, set};
use crate::api::Api;
use crate::arguments::FunctionUpdate;
use crate::printer::Printer;

/// Changes tags and rate limit: all else of a version never changes.
pub(super) fn run(options: &FunctionUpdate, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let mut body = json!({});
    set(&mut body, "tags", Some(options.tag.clone()).filter(|tags| !tags.is_empty()));
    let limit = options.rate_limit.as_ref().map(|limit| json!({ "rateLimit": limit }));
    set(&mut body, "rateLimit", limit);
    if body == json!({}) {
        return Err(Failure::new("nothing is to be changed").with_advice(
            "  fix: give --tag or --rate-limit; to change anything else, make a version with `wheelhouse function create --version-of`",
        ));
    }
    let version = api.version(&options.target)?;
    let Some(answer) = api.ask("update the function", Method::PUT, &version.path(), Some(&body))? else {
        return Ok(());
    };
    api.remember(&version.function, Some(&version.version))?;
    api.output.print(&answer, || rows(answer.get("function")), printer)
}
