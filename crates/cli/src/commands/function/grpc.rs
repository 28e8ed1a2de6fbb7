//! A gRPC call: one encoded message there, each message of the answer written as it comes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use wheelhouse_platform::client::ClientError;

use super::super::Failure;
use super::invoke::{body, borrowed};
use crate::api::{Api, refused};
use crate::arguments::FunctionInvoke;
use crate::output::{OutputFormat, printable};

/// Calls a method. Messages are raw: no one here knows their types. With `-o json` each is a line
/// with its bytes in base64.
pub(super) fn run(
    api: &Api,
    options: &FunctionInvoke,
    path: &str,
    headers: &[(String, String)],
) -> Result<(), Failure> {
    if api.curl {
        let failure = Failure::new("curl does not speak gRPC");
        return Err(
            failure.with_advice("  fix: use grpcurl, with the same metadata: authorization, function-id")
        );
    }
    let message = body(options)?;
    let print = |message: &[u8]| match api.output {
        OutputFormat::Table => api.printer.data(message),
        _ => api.printer.data(format!("{}\n", json!({ "message": STANDARD.encode(message) }))),
    };
    let server = options.grpc_server.as_deref();
    let headers = borrowed(headers);
    let call = api.client.grpc(server, path, &headers, &message, print);
    let status = api.block_on(call).map_err(|error| refused("invoke the function", &error))?;
    if options.include {
        api.printer.talk(&format!("grpc-status: {} {}", status.code, printable(&status.message)));
    }
    if status.code == 0 {
        return Ok(());
    }
    let detail = format!("gRPC status {}: {}", status.code, printable(&status.message));
    // The statuses the gateway gives have their counterparts in HTTP.
    let http = match status.code {
        7 => 403,
        16 => 401,
        5 => 404,
        8 => 429,
        4 | 13 | 14 => 503,
        _ => 400,
    };
    Err(refused("invoke the function", &ClientError::Refused { status: http, detail, findings: Vec::new() }))
}
