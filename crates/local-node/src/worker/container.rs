//! Getting a container's image and running it.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use wheelhouse_objects::Quantity;

use super::handle::{Handle, Live};
use super::prepare::{group, pod_folder};
use super::{probing, volumes};
use crate::console::Console;
use crate::devices::{Edits, Lease};
use crate::host::{Had, Host, PodSource};
use crate::image::{Image, ImageError};
use crate::logs::{self, LogWriter};
use crate::oci::{self, ContainerConfig, Limits, Mount, ProcessNamespace, User};
use crate::pod::environment::{expand, variables};
use crate::pod::machine::Event;
use crate::pod::plan::{ContainerPlan, PodPlan};
use crate::sandbox::{Exit, Root, Stdio};

/// The longest termination message.
const MESSAGE: usize = 4_096;

/// The folder of a pod's logs.
pub(crate) fn log_folder(host: &Host, plan: &PodPlan) -> PathBuf {
    host.options.state.join("logs").join(format!("{}_{}_{}", plan.namespace, plan.name, plan.uid))
}

/// The log of one run of a container.
pub(crate) fn log_path(host: &Host, plan: &PodPlan, container: &str, attempt: u32) -> PathBuf {
    log_folder(host, plan).join(container).join(format!("{attempt}.log"))
}

/// Gets the image.
pub(super) async fn pull(host: &Host, handle: &Handle, place: usize) {
    let pod_plan = handle.plan();
    let Some(plan) = pod_plan.containers.get(place) else { return };
    let pod = handle.pod();
    let tell = |reason: &str, text: &str| host.events.tell(&pod, Some(&plan.name), false, reason, text);
    let pulling = || tell("Pulling", &format!("Pulling image {:?}", plan.image));
    let event = match host.image(&pod, &plan.image, plan.pull_policy, pulling).await {
        Ok((reference, image, had)) => {
            tell("Pulled", &pulled(&plan.image, had));
            let digest = format!("{}/{}@{}", reference.registry, reference.repository, image.digest);
            handle.set_image(&plan.name, image);
            Event::Pulled(place, plan.image.clone(), digest)
        }
        Err(error) => {
            let reason = match &error {
                ImageError::Reference(_) => "InvalidImageName",
                ImageError::Absent(_) => "ErrImageNeverPull",
                _ => "ErrImagePull",
            };
            let message = match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            };
            Event::PullFailed(place, reason.to_owned(), message)
        }
    };
    handle.happened(event).await;
}

/// How an image was had, in the kubelet's words.
fn pulled(image: &str, had: Had) -> String {
    // As Go writes durations, to the millisecond.
    let text = |time: Duration| {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        wheelhouse_gotime::Duration(millis.saturating_mul(1_000_000)).to_string()
    };
    match had {
        Had::Already => {
            format!("Container image {image:?} already present on machine and can be accessed by the pod")
        }
        Had::Pulled { took, waited, bytes } => format!(
            "Successfully pulled image {image:?} in {} ({} including waiting). Image size: {bytes} bytes.",
            text(took),
            text(waited)
        ),
    }
}

/// Makes and begins the container, and waits for its end.
pub(super) async fn create(host: &Arc<Host>, handle: &Arc<Handle>, place: usize, attempt: u32) {
    let pod_plan = handle.plan();
    let Some(plan) = pod_plan.containers.get(place) else { return };
    let begun = match begin(host, handle, plan, attempt).await {
        Ok(begun) => begun,
        Err((reason, message)) => {
            return handle.happened(Event::StartFailed(place, reason.to_owned(), message)).await;
        }
    };
    handle.happened(Event::Started(place, begun.live.id.clone())).await;
    if let Some(hook) = &plan.after_start {
        let ran = probing::hook(handle, plan, hook).await;
        if let Err(message) = ran {
            // The message may quote secrets, so events do not have it.
            tracing::debug!(container = %plan.name, message, "a handler after the start failed");
            let tell = |warning, reason, text| {
                host.events.tell(&handle.pod(), Some(&plan.name), warning, reason, text);
            };
            tell(true, "FailedPostStartHook", "PostStartHook failed");
            tell(false, "Killing", "FailedPostStartHook");
            super::stopping::kill(handle, place).await;
        }
    }
    // If the sandbox ends first, the machine is told of that instead.
    let Ok(exit) = begun.exit.await else { return };
    // The log is complete when both outputs have ended; a process left behind may hold them open.
    let _ = tokio::time::timeout(Duration::from_secs(2), begun.recording).await;
    let message = termination_message(host, handle, plan, attempt, &exit).await;
    if let Some(sandbox) = handle.sandbox()
        && let Err(error) = sandbox.delete(&begun.live.id, &begun.live.bundle).await
    {
        tracing::debug!(container = %plan.name, %error, "what was left of a container was not removed");
    }
    let _ = std::fs::remove_dir_all(&begun.live.bundle);
    handle.set_live(&plan.name, None);
    handle
        .happened(Event::Exited {
            container: place,
            code: exit.code,
            signal: exit.signal,
            out_of_memory: exit.out_of_memory,
            message,
        })
        .await;
}

struct Begun {
    live: Live,
    /// Given back when the container has ended.
    _devices: Lease,
    exit: tokio::sync::oneshot::Receiver<Exit>,
    recording: tokio::task::JoinHandle<()>,
}

type Failure = (&'static str, String);

/// A container's id: unique on the machine, and of the usual length.
fn container_id(plan: &PodPlan, name: &str, attempt: u32) -> String {
    crate::image::digest_of(format!("{}/{name}/{attempt}", plan.uid).as_bytes())
        .trim_start_matches("sha256:")
        .to_owned()
}

async fn begin(
    host: &Arc<Host>,
    handle: &Arc<Handle>,
    plan: &ContainerPlan,
    attempt: u32,
) -> Result<Begun, Failure> {
    let config_error = |message: String| ("CreateContainerConfigError", message);
    let run_error = |message: String| ("StartError", message);
    let pod = &handle.plan();
    let sandbox = handle.sandbox().ok_or_else(|| run_error("the pod's sandbox has ended".to_owned()))?;
    let image = handle.image(&plan.name).ok_or_else(|| config_error("the image is not there".to_owned()))?;
    let id = container_id(pod, &plan.name, attempt);
    let bundle = pod_folder(host, pod).join("containers").join(format!("{}-{attempt}", plan.name));
    let _ = std::fs::remove_dir_all(&bundle);
    std::fs::create_dir_all(&bundle).map_err(|error| run_error(error.to_string()))?;
    let layers: Vec<String> = image.layers.iter().rev().cloned().collect();
    sandbox
        .mount(Root { layers, bundle: bundle.clone() })
        .await
        .map_err(|error| run_error(error.to_string()))?;
    // The root filesystem is mounted in the sandbox's namespace; this is the way to it from outside.
    let root = PathBuf::from(format!("/proc/{}/root", sandbox.pid()))
        .join(bundle.strip_prefix("/").unwrap_or(&bundle))
        .join("rootfs");
    let devices = host.devices.get(&handle.node).map(|pool| pool.take(asked_devices(&plan.spec)));
    let devices =
        devices.transpose().map_err(|error| ("UnexpectedAdmissionError", error))?.unwrap_or_default();
    let mut config = configure(host, handle, plan, &image, &bundle, &root, &id).map_err(config_error)?;
    add_devices(&mut config, devices.edits()).map_err(run_error)?;
    let terminal = config.terminal;
    std::fs::write(bundle.join("config.json"), oci::runtime_config(&config).to_string())
        .map_err(|error| run_error(error.to_string()))?;
    let log = LogWriter::open(&log_path(host, pod, &plan.name, attempt))
        .await
        .map_err(|error| run_error(error.to_string()))?;
    let wants_input = plan.spec.get("stdin").and_then(Value::as_bool).unwrap_or_default();
    let output = logs::output();
    let started = if terminal {
        let console = Console::listen(&bundle).map_err(|error| run_error(error.to_string()))?;
        let started = sandbox
            .run(&id, &bundle, Some(console.path().to_owned()), null_files().map_err(run_error)?)
            .await;
        let pid = started.map_err(|error| run_error(error.to_string()))?.pid;
        let terminal = console.accept().await.map_err(|error| run_error(error.to_string()))?;
        let file = || terminal.file().map_err(|error| run_error(error.to_string()));
        let stdin = if wants_input { Some(feed(file()?)) } else { None };
        let recording = tokio::spawn(logs::record(log, file()?, None::<tokio::io::Empty>, output.clone()));
        (pid, stdin, recording, Some(terminal.descriptor()))
    } else {
        let (files, ours) = pipes(wants_input).map_err(run_error)?;
        let pid =
            sandbox.run(&id, &bundle, None, files).await.map_err(|error| run_error(error.to_string()))?.pid;
        let recording = tokio::spawn(logs::record(log, ours.stdout, Some(ours.stderr), output.clone()));
        (pid, ours.stdin.map(feed), recording, None)
    };
    let (pid, stdin, recording, terminal) = started;
    let exit = handle.wait_for(pid);
    let live = Live { id, pid, bundle, output, stdin, terminal };
    handle.set_live(&plan.name, Some(live.clone()));
    Ok(Begun { live, _devices: devices, exit, recording })
}

/// The node's ends of a process's files.
pub(crate) struct Ends {
    pub(crate) stdin: Option<tokio::net::unix::pipe::Sender>,
    pub(crate) stdout: tokio::net::unix::pipe::Receiver,
    pub(crate) stderr: tokio::net::unix::pipe::Receiver,
}

fn null() -> Result<OwnedFd, String> {
    File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .map(OwnedFd::from)
        .map_err(|error| error.to_string())
}

/// Files that lead nowhere.
pub(crate) fn null_files() -> Result<Stdio, String> {
    Ok(Stdio { stdin: null()?, stdout: null()?, stderr: null()? })
}

/// Pipes for a process's files.
pub(crate) fn pipes(input: bool) -> Result<(Stdio, Ends), String> {
    use tokio::net::unix::pipe::{Receiver, Sender};
    let text = |error: std::io::Error| error.to_string();
    let pipe =
        || rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(|error| error.to_string());
    // Only our own ends are non-blocking: the flag belongs to one end, and theirs must block.
    let (out_reader, stdout) = pipe()?;
    let (err_reader, stderr) = pipe()?;
    let (stdin, writer) = if input {
        let (reader, writer) = pipe()?;
        (reader, Some(Sender::from_owned_fd(writer).map_err(text)?))
    } else {
        (null()?, None)
    };
    let ends = Ends {
        stdin: writer,
        stdout: Receiver::from_owned_fd(out_reader).map_err(text)?,
        stderr: Receiver::from_owned_fd(err_reader).map_err(text)?,
    };
    Ok((Stdio { stdin, stdout, stderr }, ends))
}

/// Writes what comes through a channel to a process's input, until an empty part comes or the channel closes.
fn feed(mut writer: impl tokio::io::AsyncWrite + Unpin + Send + 'static) -> mpsc::Sender<bytes::Bytes> {
    let (sender, mut receiver) = mpsc::channel::<bytes::Bytes>(64);
    tokio::spawn(async move {
        while let Some(part) = receiver.recv().await {
            // Nothing is the end: others may hold the channel open.
            if part.is_empty() || writer.write_all(&part).await.is_err() {
                break;
            }
        }
    });
    sender
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn strings(value: &Value, pointer: &str) -> Vec<String> {
    let list = value.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A setting of the container's security context, or else of the pod's.
fn security<'a>(pod: &'a PodPlan, plan: &'a ContainerPlan, field: &str) -> Option<&'a Value> {
    let pointer = format!("/securityContext/{field}");
    plan.spec.pointer(&pointer).or_else(|| pod.spec.pointer(&pointer)).filter(|value| !value.is_null())
}

fn configure(
    host: &Host,
    handle: &Handle,
    plan: &ContainerPlan,
    image: &Image,
    bundle: &Path,
    root: &Path,
    id: &str,
) -> Result<ContainerConfig, String> {
    let pod = &handle.plan();
    let source = PodSource { host, namespace: &pod.namespace, node: &handle.node };
    let mut shown = (*handle.pod()).clone();
    let host_ip = host.node_addresses.get(&handle.node).map(ToString::to_string).unwrap_or_default();
    let pod_ip = handle.address().map_or_else(|| host_ip.clone(), |address| address.to_string());
    crate::json::set(&mut shown, &["status", "hostIP"], host_ip.as_str().into());
    crate::json::set(&mut shown, &["status", "hostIPs"], json!([{"ip": host_ip}]));
    crate::json::set(&mut shown, &["status", "podIP"], pod_ip.as_str().into());
    crate::json::set(&mut shown, &["status", "podIPs"], json!([{"ip": pod_ip}]));
    let mut environment = variables(&plan.spec, &shown, &image.config.env, &source)?;
    environment
        .entry("PATH".to_owned())
        .or_insert_with(|| "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned());
    let hostname = if pod.host_network { String::new() } else { pod.name.clone() };
    environment.entry("HOSTNAME".to_owned()).or_insert(hostname);
    let args = arguments(plan, image, &environment)?;
    let user = user(pod, plan, image, root)?;
    let working_dir = [text(&plan.spec, "/workingDir"), image.config.working_dir.as_str(), "/"]
        .into_iter()
        .find(|path| !path.is_empty())
        .unwrap_or("/")
        .to_owned();
    make_folder(root, &working_dir, &user);
    let flag = |field: &str| security(pod, plan, field).and_then(Value::as_bool);
    let privileged = flag("privileged").unwrap_or_default();
    let pod_flag = |field: &str| pod.spec.get(field).and_then(Value::as_bool).unwrap_or_default();
    let target = handle.live(text(&plan.spec, "/targetContainerName"));
    let process_namespace = if pod_flag("hostPID") {
        ProcessNamespace::Host
    } else if let Some(target) = target {
        ProcessNamespace::Of(target.pid)
    } else {
        shared_processes(handle, pod_flag("shareProcessNamespace"))
    };
    Ok(ContainerConfig {
        args,
        env: environment.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
        working_dir,
        user,
        terminal: plan.spec.get("tty").and_then(Value::as_bool).unwrap_or_default(),
        hostname: pod.name.clone(),
        mounts: mounts(host, handle, plan, bundle)?,
        read_only_root: flag("readOnlyRootFilesystem").unwrap_or_default(),
        privileged,
        no_new_privileges: flag("allowPrivilegeEscalation") == Some(false),
        filtered: filtered(pod, plan)?,
        add_capabilities: strings(&plan.spec, "/securityContext/capabilities/add"),
        drop_capabilities: strings(&plan.spec, "/securityContext/capabilities/drop"),
        process_namespace,
        host_network: pod.host_network,
        cgroup: format!("{}/{}", group(host, pod), id.get(..12).unwrap_or(id)),
        limits: limits(&plan.spec),
        oom_score: oom_score(pod),
        devices: Vec::new(),
        hooks: Vec::new(),
        shared_memory: (!pod_flag("hostIPC")).then(|| pod_folder(host, pod).join("shm")),
    })
}

/// Whether the system calls of a container are filtered, as its profile or else the pod's asks; as with the
/// kubelet's defaults, they are not where neither names one.
fn filtered(pod: &PodPlan, plan: &ContainerPlan) -> Result<bool, String> {
    match security(pod, plan, "seccompProfile").map(|profile| text(profile, "/type")) {
        Some("RuntimeDefault") => Ok(true),
        Some("Localhost") => {
            Err("the seccomp profile is of type Localhost, and local nodes have no folder of profiles: use RuntimeDefault".to_owned())
        }
        _ => Ok(false),
    }
}

/// The process namespace of a pod whose containers share one: that of its first container that runs.
fn shared_processes(handle: &Handle, shared: bool) -> ProcessNamespace {
    if !shared {
        return ProcessNamespace::Own;
    }
    let first = handle.plan().containers.iter().find_map(|plan| handle.live(&plan.name));
    first.map_or(ProcessNamespace::Own, |live| ProcessNamespace::Of(live.pid))
}

/// How willingly the kernel kills it for want of memory. Best effort goes first; others are left as
/// they are, because lowering the score needs a right that not every machine gives.
fn oom_score(pod: &PodPlan) -> Option<i32> {
    (crate::pod::status::quality(pod) == "BestEffort").then_some(1_000)
}

fn limits(spec: &Value) -> Limits {
    let amount = |pointer: &str| spec.pointer(pointer).and_then(Quantity::of);
    Limits {
        cpu_millis: amount("/resources/limits/cpu").map(Quantity::millis),
        cpu_request_millis: amount("/resources/requests/cpu").map(Quantity::millis),
        memory: amount("/resources/limits/memory").map(Quantity::units),
        processes: None,
    }
}

/// The resources with a domain in their names that a container asks for, with how many of each.
fn asked_devices(spec: &Value) -> impl Iterator<Item = (&str, usize)> {
    let limits = spec.pointer("/resources/limits").and_then(Value::as_object).into_iter().flatten();
    limits.filter(|(name, _)| name.contains('/')).filter_map(|(name, amount)| {
        Some((name.as_str(), usize::try_from(Quantity::of(amount)?.units()).ok()?))
    })
}

/// Gives a container what its devices need.
fn add_devices(config: &mut ContainerConfig, edits: &Edits) -> Result<(), String> {
    for node in &edits.nodes {
        let found = std::fs::metadata(&node.host)
            .map_err(|error| format!("the device {}: {error}", node.host.display()))?;
        let number = std::os::unix::fs::MetadataExt::rdev(&found);
        config.devices.push(oci::Device {
            path: node.path.clone(),
            major: i64::try_from(nix::sys::stat::major(number)).unwrap_or_default(),
            minor: i64::try_from(nix::sys::stat::minor(number)).unwrap_or_default(),
        });
    }
    config.env.extend_from_slice(&edits.env);
    config.mounts.extend(edits.mounts.iter().map(|mount| Mount {
        source: mount.source.clone(),
        target: mount.target.clone(),
        read_only: mount.read_only,
        propagation: "rprivate",
    }));
    config.hooks.extend_from_slice(&edits.hooks);
    Ok(())
}

/// The program and its arguments: the pod's, or else the image's.
fn arguments(
    plan: &ContainerPlan,
    image: &Image,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<String>, String> {
    let own = |field: &str| -> Vec<String> {
        strings(&plan.spec, field).iter().map(|part| expand(part, environment)).collect()
    };
    let (command, args) = (own("/command"), own("/args"));
    let mut all = match (command.is_empty(), args.is_empty()) {
        (false, _) => command,
        (true, _) => image.config.entrypoint.clone(),
    };
    if !args.is_empty() {
        all.extend(args);
    } else if all == image.config.entrypoint {
        all.extend(image.config.command.clone());
    }
    if all.is_empty() {
        return Err("no command specified".to_owned());
    }
    Ok(all)
}

fn user(pod: &PodPlan, plan: &ContainerPlan, image: &Image, root: &Path) -> Result<User, String> {
    let number = |field: &str| {
        security(pod, plan, field).and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok())
    };
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap_or_default();
    let asked = number("runAsUser").map_or_else(|| image.config.user.clone(), |uid| uid.to_string());
    let mut user = oci::resolve(&asked, &read("etc/passwd"), &read("etc/group"))?;
    if let Some(gid) = number("runAsGroup") {
        user.gid = gid;
    }
    let groups = |pointer: &str| pod.spec.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let more = groups("/securityContext/supplementalGroups")
        .filter_map(Value::as_u64)
        .filter_map(|id| u32::try_from(id).ok());
    user.groups.extend(more);
    let fs_group = pod
        .spec
        .pointer("/securityContext/fsGroup")
        .and_then(Value::as_u64)
        .and_then(|id| u32::try_from(id).ok());
    user.groups.extend(fs_group);
    user.groups.sort_unstable();
    user.groups.dedup();
    let not_root = security(pod, plan, "runAsNonRoot").and_then(Value::as_bool).unwrap_or_default();
    if not_root && user.uid == 0 {
        return Err(format!(
            "container has runAsNonRoot and image will run as root (pod: \"{}_{}({})\", container: {})",
            pod.name, pod.namespace, pod.uid, plan.name
        ));
    }
    Ok(user)
}

/// Makes the folder that a container starts in, if the image lacks it. A link on the way is left to the
/// runtime: followed from here, it would lead to the host.
fn make_folder(root: &Path, path: &str, user: &User) {
    let mut here = root.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != "." && *part != "..") {
        here.push(part);
        match std::fs::symlink_metadata(&here) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return,
            Err(_) => {
                if std::fs::create_dir(&here).is_err() {
                    return;
                }
                let _ = std::os::unix::fs::chown(&here, Some(user.uid), Some(user.gid));
            }
        }
    }
}

fn mounts(host: &Host, handle: &Handle, plan: &ContainerPlan, bundle: &Path) -> Result<Vec<Mount>, String> {
    let pod = &handle.plan();
    let etc = pod_folder(host, pod).join("etc");
    let mount = |source: PathBuf, target: &str, read_only: bool, propagation: &'static str| Mount {
        source,
        target: target.to_owned(),
        read_only,
        propagation,
    };
    let mut all = Vec::new();
    for name in ["hosts", "resolv.conf", "hostname"] {
        all.push(mount(etc.join(name), &format!("/etc/{name}"), false, "rprivate"));
    }
    let message = bundle.join("termination-log");
    File::create(&message).map_err(|error| error.to_string())?;
    let path = Some(text(&plan.spec, "/terminationMessagePath"))
        .filter(|path| !path.is_empty())
        .unwrap_or("/dev/termination-log");
    all.push(mount(message, path, false, "rprivate"));
    for entry in plan.spec.get("volumeMounts").and_then(Value::as_array).into_iter().flatten() {
        let (folder, fixed) = volumes::folder(host, pod, text(entry, "/name"))?;
        let target = text(entry, "/mountPath");
        let part = match entry.get("subPathExpr").and_then(Value::as_str) {
            Some(expression) => {
                let source = PodSource { host, namespace: &pod.namespace, node: &handle.node };
                expand(expression, &variables(&plan.spec, &handle.pod(), &[], &source)?)
            }
            None => text(entry, "/subPath").to_owned(),
        };
        let source = if part.is_empty() { folder } else { inner(&folder, &part)? };
        let read_only = fixed || entry.get("readOnly").and_then(Value::as_bool).unwrap_or_default();
        let propagation = match text(entry, "/mountPropagation") {
            "HostToContainer" => "rslave",
            "Bidirectional" => "rshared",
            _ => "rprivate",
        };
        all.retain(|known: &Mount| known.target != target);
        all.push(mount(source, target, read_only, propagation));
    }
    Ok(all)
}

/// A part of a volume, made if it is not there; a link may not lead out of the volume.
fn inner(folder: &Path, part: &str) -> Result<PathBuf, String> {
    let fail = || format!("subPath {part:?} leads out of its volume");
    if part.starts_with('/') || part.split('/').any(|step| step == "..") {
        return Err(fail());
    }
    let path = folder.join(part);
    if std::fs::symlink_metadata(&path).is_err() {
        std::fs::create_dir_all(&path).map_err(|error| error.to_string())?;
    }
    let real = std::fs::canonicalize(&path).map_err(|error| error.to_string())?;
    let within = std::fs::canonicalize(folder).map_err(|error| error.to_string())?;
    if real.starts_with(within) { Ok(real) } else { Err(fail()) }
}

/// What the container says about its end: its message file, or the end of its log if asked for.
async fn termination_message(
    host: &Host,
    handle: &Handle,
    plan: &ContainerPlan,
    attempt: u32,
    exit: &Exit,
) -> String {
    let bundle = handle.live(&plan.name).map(|live| live.bundle);
    let written =
        bundle.and_then(|bundle| std::fs::read(bundle.join("termination-log")).ok()).unwrap_or_default();
    if !written.is_empty() {
        let end = written.len().min(MESSAGE);
        return String::from_utf8_lossy(written.get(..end).unwrap_or_default()).into_owned();
    }
    if exit.code == 0 || text(&plan.spec, "/terminationMessagePolicy") != "FallbackToLogsOnError" {
        return String::new();
    }
    let (sender, mut receiver) = mpsc::channel(128);
    let path = log_path(host, &handle.plan(), &plan.name, attempt);
    let selection = logs::Selection { tail: Some(80), ..logs::Selection::default() };
    let reading = tokio::spawn(async move { logs::read(&path, &selection, || true, &sender).await });
    let mut all = Vec::new();
    while let Some(part) = receiver.recv().await {
        all.extend_from_slice(&part);
    }
    let _ = reading.await;
    let start = all.len().saturating_sub(2_048);
    String::from_utf8_lossy(all.get(start..).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::ImageConfig;

    fn container(spec: Value) -> ContainerPlan {
        let pod = PodPlan::of(&json!({"spec": {"containers": [spec]}}));
        pod.containers.into_iter().next().unwrap()
    }

    fn image() -> Image {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        let config =
            ImageConfig { entrypoint: words(&["/e"]), command: words(&["c"]), ..ImageConfig::default() };
        Image { digest: String::new(), id: String::new(), config, layers: vec![] }
    }

    #[test]
    fn the_pods_command_goes_before_the_images() {
        let environment = [("X".to_owned(), "y".to_owned())].into();
        let cases = [
            (json!({}), vec!["/e", "c"]),
            (json!({"args": ["$(X)"]}), vec!["/e", "y"]),
            (json!({"command": ["/own"]}), vec!["/own"]),
            (json!({"command": ["/own"], "args": ["a"]}), vec!["/own", "a"]),
        ];
        for (spec, expected) in cases {
            assert_eq!(arguments(&container(spec), &image(), &environment).unwrap(), expected);
        }
        let empty = Image { config: ImageConfig::default(), ..image() };
        assert!(arguments(&container(json!({})), &empty, &environment).is_err());
    }

    #[test]
    fn the_profile_of_the_container_goes_before_the_pods() {
        let asked = |pod: &str, container: Value| {
            let spec = json!({"spec": {"securityContext": {"seccompProfile": {"type": pod}}, "containers": [container]}});
            let pod = PodPlan::of(&spec);
            filtered(&pod, &pod.containers[0])
        };
        let own = |kind: &str| json!({"securityContext": {"seccompProfile": {"type": kind}}});
        assert_eq!(asked("RuntimeDefault", json!({})), Ok(true));
        assert_eq!(asked("RuntimeDefault", own("Unconfined")), Ok(false));
        assert_eq!(asked("Unconfined", own("RuntimeDefault")), Ok(true));
        assert!(asked("Unconfined", own("Localhost")).unwrap_err().contains("Localhost"));
    }

    #[test]
    fn a_part_of_a_volume_stays_in_it() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", folder.path().join("out")).unwrap();
        assert!(inner(folder.path(), "a/b").unwrap().is_dir());
        assert!(inner(folder.path(), "../x").is_err());
        assert!(inner(folder.path(), "out").is_err());
        assert!(inner(folder.path(), "/etc").is_err());
    }

    #[test]
    fn root_is_refused_where_the_pod_says_so() {
        let pod =
            PodPlan::of(&json!({"spec": {"securityContext": {"runAsNonRoot": true}, "containers": [{}]}}));
        let error = user(&pod, &pod.containers[0], &image(), Path::new("/nowhere")).unwrap_err();
        assert!(error.starts_with("container has runAsNonRoot and image will run as root"));
        let pod = PodPlan::of(
            &json!({"spec": {"securityContext": {"runAsNonRoot": true, "runAsUser": 7, "fsGroup": 9}, "containers": [{}]}}),
        );
        let found = user(&pod, &pod.containers[0], &image(), Path::new("/nowhere")).unwrap();
        assert_eq!((found.uid, found.groups), (7, vec![9]));
    }
}
