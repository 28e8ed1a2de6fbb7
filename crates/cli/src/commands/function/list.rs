//! `function list`

use http::Method;
use serde_json::{Value, json};

use super::super::Failure;
use super::rows;
use crate::api::Api;
use crate::arguments::FunctionList;
use crate::output::{items, text};
use crate::printer::Printer;

/// Lists every version that may be seen, over all pages.
pub(super) fn run(options: &FunctionList, printer: Printer) -> Result<(), Failure> {
    let api = Api::open(&options.platform, printer)?;
    let query = options.visibility.as_ref().map(|list| format!("visibility={list}"));
    if api.curl {
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        api.ask("list the functions", Method::GET, &format!("/v2/nvcf/functions{query}"), None)?;
        return Ok(());
    }
    let query = query.map(|query| format!("&{query}")).unwrap_or_default();
    let look = || {
        let mut listed = api.all_versions(&query)?;
        if let Some(status) = &options.status {
            let wanted = |version: &&Value| text(version, "/status").eq_ignore_ascii_case(status);
            let kept: Vec<Value> = items(&listed, "/functions").iter().filter(wanted).cloned().collect();
            listed = json!({ "functions": kept });
        }
        Ok(Some(listed))
    };
    api.show(options.watch, look, |listed| rows(items(listed, "/functions")))
}
