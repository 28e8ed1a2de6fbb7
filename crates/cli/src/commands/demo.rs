//! `demo`: the main job end to end, on this machine alone. The example chart and its image are pushed into the
//! embedded registry, the user documents' own calls create and deploy a function, it is called over HTTP, events and
//! gRPC, and taken away again.

mod documents;
mod example;
mod invocation;
mod story;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use wheelhouse_local::{Gpu, doctor};
use wheelhouse_platform::client::ApiClient;
use wheelhouse_platform::{Build, Options, Platform, Ready};

use super::Failure;
use crate::arguments::Demo;
use crate::engine::engine;
use crate::narrator;
use crate::printer::Printer;
use crate::running::{block_on, stop_signal};
use crate::settings::Settings;
use crate::stack::{NO_CONTAINERS, Stack, StackOptions, chained, platform_folder};
use documents::{CREATE, Call, DEPLOY, Variables};
use example::Pusher;
use invocation::Caller;
use story::Story;

/// The hidden command by which this program becomes the example function's server.
pub(crate) const INFERENCE_SERVER: &str = "inference-server";

/// The GPU that the documents' deploy call asks for; the local nodes declare it.
const GPU: &str = "L40";
/// How long the function may take to become active.
const PATIENCE: Duration = Duration::from_secs(120);
/// How many calls the latency is measured with.
const CALLS: usize = 200;

/// Runs the demo in a folder of its own, which is removed unless it is to be kept.
pub(super) fn run(options: &Demo, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    narrator::listen(printer, settings.debug);
    let folder = tempfile::Builder::new().prefix("wheelhouse-demo-").tempdir()?;
    let mut story = Story::new(printer, options.output);
    let machine = doctor::examine();
    let told = block_on(async {
        if machine.is_fit() {
            with_containers(options, folder.path(), &mut story, printer).await
        } else {
            without_containers(folder.path(), &mut story).await?;
            Err(Failure {
                exit_code: NO_CONTAINERS,
                ..Failure::new(format!(
                    "the function was created and not deployed, because this machine cannot run containers:\n{machine}"
                ))
            })
        }
    });
    if options.keep && machine.is_fit() {
        printer
            .talk(&format!("\nkept: `wheelhouse up --state {}` goes on from there", folder.keep().display()));
    }
    told
}

/// The whole of it.
async fn with_containers(
    options: &Demo,
    folder: &Path,
    story: &mut Story,
    printer: Printer,
) -> Result<(), Failure> {
    let stop = stop_signal()?;
    let stack = tokio::select! {
        stack = Stack::start(StackOptions {
            state: folder.to_owned(),
            nodes: 1,
            gpus: vec![Gpu { model: GPU.to_owned(), count: 1 }],
            platform: platform_options(folder),
        }) => stack?,
        () = stop.cancelled() => return Ok(()),
    };
    story.step("cluster", "a Kubernetes cluster with one node", stack.cluster_took);
    story.step("platform", "registry, control plane, gateway, agent", stack.platform_took);
    let ready = stack.ready.clone();
    let told = tokio::select! {
        told = tell(&ready, options.keep, story) => told,
        () = stop.cancelled() => Err(Failure { exit_code: 130, ..Failure::new("interrupted") }),
    };
    if told.is_ok() && options.keep {
        story.addresses(&ready, &stack.kubeconfig);
        story.end();
        printer.talk("\neverything runs until Ctrl-C");
        return stack.run(stop).await;
    }
    let started = Instant::now();
    let stopped = stack.stop().await;
    story.step("stop", "everything is stopped and removed", started.elapsed());
    if told.is_ok() {
        story.end();
    }
    told.and(stopped)
}

/// What needs no containers: everything up to the deployment.
async fn without_containers(folder: &Path, story: &mut Story) -> Result<(), Failure> {
    let started = Instant::now();
    let parts = Build { engine: engine(), options: platform_options(folder) };
    let platform = Platform::build(parts).await.map_err(chained)?;
    let ready = platform.ready().clone();
    let stop = tokio_util::sync::CancellationToken::new();
    let task = tokio::spawn(platform.run(None, stop.clone()));
    story.step("platform", "registry, control plane, gateway", started.elapsed());
    let told = push_and_create(&ready, story).await;
    stop.cancel();
    task.await?.map_err(chained)?;
    told?;
    story.end();
    Ok(())
}

fn platform_options(folder: &Path) -> Options {
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut options = Options::on_loopback(platform_folder(folder));
    (options.listen, options.listen_grpc, options.listen_registry) = (free, None, Some(free));
    options.gateway.drain = Duration::from_secs(2);
    options
}

/// What the calls to come need.
struct Created {
    variables: Variables,
    function: String,
    version: String,
    client: ApiClient,
}

async fn push_and_create(ready: &Ready, story: &mut Story) -> Result<Created, Failure> {
    let registry = ready.registry.map(|address| address.to_string()).unwrap_or_default();
    let token = ready.first_token.clone().unwrap_or_default();
    let pusher = Pusher::new(&registry, &token);

    let started = Instant::now();
    let image = tokio::task::spawn_blocking(example::image).await??;
    let size: usize = image.layers().iter().map(|layer| layer.bytes.len()).sum();
    let digest = pusher.image(&image).await?;
    let what = format!("image of the example server, {:.1} MB, {}", size as f64 / 1e6, short(&digest));
    story.step("image", &what, started.elapsed());
    drop(image);

    let started = Instant::now();
    let chart = example::chart(&registry)?;
    let digest = pusher.chart(&chart).await?;
    story.step("chart", &format!("{} pushed, {}", chart.file_name, short(&digest)), started.elapsed());

    let mut variables: Variables = [
        ("GATEWAY_ADDR", ready.gateway.to_string()),
        ("NVCF_TOKEN", token.clone()),
        ("REGISTRY", registry),
        ("REPOSITORY", example::REPOSITORY.to_owned()),
    ]
    .into();
    let client = ApiClient::new(&format!("http://{}", ready.gateway), &token);
    let started = Instant::now();
    let created = send(&client, CREATE, &variables).await?;
    let id = |name: &str| {
        let found = created.pointer(&format!("/function/{name}")).and_then(Value::as_str);
        found
            .map(ToOwned::to_owned)
            .ok_or_else(|| Failure::new(format!("no function was created: {created}")))
    };
    let (function, version) = (id("id")?, id("versionId")?);
    story.step("create", &format!("function {function}, its chart rendered and checked"), started.elapsed());
    variables.insert("FUNCTION_ID", function.clone());
    variables.insert("FUNCTION_VERSION_ID", version.clone());
    Ok(Created { variables, function, version, client })
}

async fn tell(ready: &Ready, keep: bool, story: &mut Story) -> Result<(), Failure> {
    let Created { variables, function, version, client } = push_and_create(ready, story).await?;
    let started = Instant::now();
    send(&client, DEPLOY, &variables).await?;
    let progress = |status: &str, _| story.progress(status, started.elapsed());
    client.wait_until_active(&function, &version, PATIENCE, progress).await?;
    story.step("deploy", "ACTIVE: a container runs and is healthy", started.elapsed());

    let scopes = json!({ "authorizations": { "policies": [{ "scopes": ["invoke_function"] }] } });
    let key = client.call(Method::POST, "/v1/keys", Some(&scopes)).await?;
    let key = key.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
    let caller = Caller::new(ready.gateway, &function, &key);
    let answer = caller.http().await?;
    story.answer("http", "HTTP", &answer);
    let answer = caller.events().await?;
    story.answer("events", "server-sent events", &answer);
    let answer = caller.grpc().await?;
    story.answer("grpc", "gRPC", &answer);

    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        times.push(caller.http().await?.whole);
    }
    story.latency(&mut times);
    if keep {
        story.try_yourself(&key, &caller.curl());
        return Ok(());
    }
    let started = Instant::now();
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    client.call(Method::DELETE, &path, None).await?;
    client.call(Method::DELETE, &format!("/v2/nvcf/functions/{function}/versions/{version}"), None).await?;
    story.step("delete", "the function is undeployed and deleted", started.elapsed());
    Ok(())
}

/// Sends a call of the documents.
async fn send(client: &ApiClient, command: &str, variables: &Variables) -> Result<Value, Failure> {
    let call = Call::read(command, variables).map_err(Failure::new)?;
    let headers: Vec<(&str, &str)> =
        call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let response = client.send(call.method, &call.path, &headers, call.body).await?;
    let status = response.status();
    let body = http_body_util::BodyExt::collect(response.into_body()).await?.to_bytes();
    let text = String::from_utf8_lossy(&body);
    if !status.is_success() {
        return Err(Failure::new(format!("{}{} answered {status}: {text}", call.server, call.path)));
    }
    Ok(serde_json::from_str(&text)?)
}

/// The first digits of a digest.
fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}
