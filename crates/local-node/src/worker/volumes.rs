//! A pod's volumes on disk.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wheelhouse_cluster::Subresource;
use wheelhouse_cluster::resources::{PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, SERVICE_ACCOUNT};
use wheelhouse_objects::Quantity;

use super::handle::{Handle, Token};
use super::prepare::pod_folder;
use crate::host::{Host, PodSource};
use crate::pod::files::{self, Files};
use crate::pod::machine::Event;
use crate::pod::plan::PodPlan;

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn volumes(plan: &PodPlan) -> impl Iterator<Item = &Value> {
    plan.spec.get("volumes").and_then(Value::as_array).into_iter().flatten()
}

fn of<'a>(volume: &'a Value, kind: &str) -> Option<&'a Value> {
    volume.get(kind).filter(|value| !value.is_null())
}

fn own_folder(host: &Host, plan: &PodPlan, name: &str) -> PathBuf {
    pod_folder(host, plan).join("volumes").join(name)
}

/// Whether a volume of the pod is made of an object.
pub(super) fn mentions(plan: &PodPlan, kind: &str, name: &str) -> bool {
    let in_sources = |volume: &Value, part: &str, name: &str| {
        let sources = volume.pointer("/projected/sources").and_then(Value::as_array).into_iter().flatten();
        sources.into_iter().any(|source| text(source, &format!("/{part}/name")) == name)
    };
    volumes(plan).any(|volume| match kind {
        "ConfigMap" => text(volume, "/configMap/name") == name || in_sources(volume, "configMap", name),
        "Secret" => text(volume, "/secret/secretName") == name || in_sources(volume, "secret", name),
        "Pod" => {
            of(volume, "downwardAPI").is_some()
                || volume
                    .pointer("/projected/sources")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .any(|source| of(source, "downwardAPI").is_some())
        }
        _ => false,
    })
}

/// The volumes that are kept in memory: where, and how large they may get.
pub(super) fn in_memory(host: &Host, plan: &PodPlan) -> Vec<(PathBuf, Option<u64>)> {
    volumes(plan)
        .filter(|volume| text(volume, "/emptyDir/medium") == "Memory")
        .map(|volume| {
            let limit = volume
                .pointer("/emptyDir/sizeLimit")
                .and_then(Quantity::of)
                .and_then(|size| u64::try_from(size.units()).ok());
            (own_folder(host, plan, text(volume, "/name")), limit.filter(|limit| *limit > 0))
        })
        .collect()
}

/// How often it is looked how large volumes are.
const MEASURE: std::time::Duration = std::time::Duration::from_secs(2);

/// Has the pod evicted once a volume on disk is larger than it may be; those in memory cannot get so large.
pub(super) async fn watch_sizes(host: &Host, handle: &Handle) {
    let plan = &handle.plan();
    let limited: Vec<(String, String, u64)> = volumes(plan)
        .filter(|volume| text(volume, "/emptyDir/medium") != "Memory")
        .filter_map(|volume| {
            let written = volume.pointer("/emptyDir/sizeLimit")?;
            let limit = u64::try_from(Quantity::of(written)?.units()).ok().filter(|limit| *limit > 0)?;
            let written = written.as_str().map_or_else(|| written.to_string(), str::to_owned);
            Some((text(volume, "/name").to_owned(), written, limit))
        })
        .collect();
    while !limited.is_empty() {
        tokio::time::sleep(MEASURE).await;
        for (name, written, limit) in &limited {
            let folder = own_folder(host, plan, name);
            let size =
                tokio::task::spawn_blocking(move || crate::disk::size(&folder)).await.unwrap_or_default();
            if size > *limit {
                let message = format!("Usage of EmptyDir volume {name:?} exceeds the limit {written:?}. ");
                return handle.happened(Event::Evicted(message)).await;
            }
        }
    }
}

/// Makes all volumes.
pub(super) async fn make(host: &Host, handle: &Handle) -> Result<(), String> {
    let plan = &handle.plan();
    for volume in volumes(plan) {
        let name = text(volume, "/name");
        let fail = |message: String| format!("MountVolume.SetUp failed for volume {name:?} : {message}");
        if of(volume, "emptyDir").is_some() {
            let folder = own_folder(host, plan, name);
            fs::create_dir_all(&folder)
                .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)))
                .map_err(|error| fail(error.to_string()))?;
            give_to_group(plan, &folder).map_err(|error| fail(error.to_string()))?;
        } else if let Some(path) = of(volume, "hostPath") {
            host_path(path).map_err(fail)?;
        } else if let Some(folder) = claimed(host, plan, volume).map_err(fail)? {
            fs::create_dir_all(&folder).map_err(|error| fail(error.to_string()))?;
            give_to_group(plan, &folder).map_err(|error| fail(error.to_string()))?;
        }
    }
    write_all(host, handle).await
}

/// Writes the volumes that are made of objects, where their contents have changed.
pub(super) async fn write_all(host: &Host, handle: &Handle) -> Result<(), String> {
    let _one_at_a_time = handle.writing.lock().await;
    let plan = &handle.plan();
    let mut pod = (*handle.pod()).clone();
    if let (Some(address), Some(status)) =
        (handle.address(), pod.get_mut("status").and_then(Value::as_object_mut))
    {
        status.insert("podIP".to_owned(), address.to_string().into());
        status.insert("podIPs".to_owned(), json!([{"ip": address.to_string()}]));
    }
    let source = PodSource { host, namespace: &plan.namespace, node: &handle.node };
    for volume in volumes(plan) {
        let name = text(volume, "/name");
        let fail = |message: String| format!("MountVolume.SetUp failed for volume {name:?} : {message}");
        let mut tokens = Vec::new();
        for (audience, life, _) in files::tokens(volume) {
            tokens.push(token(host, handle, &pod, audience, life).await.map_err(fail)?);
        }
        let Some(files) = files::files(volume, &pod, &source, &tokens) else { continue };
        let files = files.map_err(fail)?;
        let group = group(plan);
        write(&own_folder(host, plan, name), &files, group).map_err(|error| fail(error.to_string()))?;
    }
    Ok(())
}

/// A token of the pod's service account, bound to the pod; the one that it has, until it is to be renewed.
async fn token(
    host: &Host,
    handle: &Handle,
    pod: &Value,
    audience: Option<String>,
    life: i64,
) -> Result<String, String> {
    let wanted = (audience, life);
    let known = handle.token(&wanted);
    if let Some(token) = &known
        && super::now() < token.renew_at
    {
        return Ok(token.text.clone());
    }
    match request_token(host, pod, wanted.0.as_deref(), life).await {
        Ok(token) => {
            handle.set_token(wanted, token.clone());
            Ok(token.text)
        }
        // The one at hand may still be good for a while; it is asked again.
        Err(error) => known.map(|token| token.text).ok_or(error),
    }
}

async fn request_token(host: &Host, pod: &Value, audience: Option<&str>, life: i64) -> Result<Token, String> {
    let account =
        Some(text(pod, "/spec/serviceAccountName")).filter(|name| !name.is_empty()).unwrap_or("default");
    let audiences: Vec<&str> = audience.into_iter().collect();
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"audiences": audiences, "expirationSeconds": life,
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": text(pod, "/metadata/name"), "uid": text(pod, "/metadata/uid")}},
    });
    let namespace = text(pod, "/metadata/namespace");
    let answer = host
        .cluster
        .create_sub(&SERVICE_ACCOUNT, Some(namespace), account, Subresource::Token, &request)
        .await;
    let answer = answer.map_err(|error| format!("failed to fetch token: {error}"))?;
    // The server may have given it another life than was asked for.
    let life = answer.pointer("/spec/expirationSeconds").and_then(Value::as_i64).unwrap_or(life);
    let expires = text(&answer, "/status/expirationTimestamp")
        .parse::<jiff::Timestamp>()
        .map_err(|error| format!("failed to fetch token: {error}"))?;
    let renew_at = files::renewal(expires.as_millisecond(), life);
    Ok(Token { text: text(&answer, "/status/token").to_owned(), renew_at })
}

fn group(plan: &PodPlan) -> Option<u32> {
    plan.spec
        .pointer("/securityContext/fsGroup")
        .and_then(Value::as_u64)
        .and_then(|group| u32::try_from(group).ok())
}

/// Gives a folder and what is in it to the pod's group, if it has one.
fn give_to_group(plan: &PodPlan, folder: &Path) -> io::Result<()> {
    let Some(group) = group(plan) else { return Ok(()) };
    give(folder, group)
}

fn give(path: &Path, group: u32) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    std::os::unix::fs::lchown(path, None, Some(group))?;
    if found.is_symlink() {
        return Ok(());
    }
    // The group may do what the owner may; new files belong to it too.
    let mode = found.permissions().mode();
    let more = (mode & 0o600) >> 3 | if found.is_dir() { 0o2070 } else { 0 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode | more))?;
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), group)?;
        }
    }
    Ok(())
}

/// Checks a path of the host against the type that the pod expects, or makes it.
fn host_path(volume: &Value) -> Result<(), String> {
    let path = Path::new(text(volume, "/path"));
    let kind = text(volume, "/type");
    let found = fs::metadata(path).ok();
    let wrong = |what: &str| Err(format!("hostPath type check failed: {} is not {what}", path.display()));
    match (kind, found) {
        ("", Some(_)) => Ok(()),
        // Without a type nothing is promised; the runtime would refuse a path that is not there.
        ("" | "DirectoryOrCreate", None) => fs::create_dir_all(path).map_err(|error| error.to_string()),
        ("FileOrCreate", None) => fs::File::create(path).map(drop).map_err(|error| error.to_string()),
        ("Directory" | "DirectoryOrCreate", Some(found)) if found.is_dir() => Ok(()),
        ("File" | "FileOrCreate", Some(found)) if found.is_file() => Ok(()),
        ("Directory" | "DirectoryOrCreate", _) => wrong("a directory"),
        ("File" | "FileOrCreate", _) => wrong("a file"),
        (_, Some(_)) => Ok(()),
        (other, None) => wrong(other),
    }
}

/// The folder behind a persistent volume claim; nothing if the volume is of another kind.
fn claimed(host: &Host, plan: &PodPlan, volume: &Value) -> Result<Option<PathBuf>, String> {
    let claim = if of(volume, "ephemeral").is_some() {
        format!("{}-{}", plan.name, text(volume, "/name"))
    } else if of(volume, "persistentVolumeClaim").is_some() {
        text(volume, "/persistentVolumeClaim/claimName").to_owned()
    } else {
        return Ok(None);
    };
    let object = host
        .get(&PERSISTENT_VOLUME_CLAIM, &plan.namespace, &claim)
        .ok_or_else(|| format!("persistentvolumeclaim {claim:?} not found"))?;
    let bound = text(&object, "/spec/volumeName");
    let persistent = host
        .get(&PERSISTENT_VOLUME, "", bound)
        .ok_or_else(|| format!("persistentvolumeclaim {claim:?} is not bound"))?;
    let path = [text(&persistent, "/spec/hostPath/path"), text(&persistent, "/spec/local/path")]
        .into_iter()
        .find(|path| !path.is_empty())
        .ok_or_else(|| format!("persistent volume {bound:?} is of a kind that a local node cannot mount"))?;
    Ok(Some(path.into()))
}

/// Where a volume lies on the host.
pub(super) fn folder(host: &Host, plan: &PodPlan, name: &str) -> Result<(PathBuf, bool), String> {
    let volume = volumes(plan)
        .find(|volume| text(volume, "/name") == name)
        .ok_or_else(|| format!("volume {name:?} is not declared"))?;
    let made_of_objects =
        ["configMap", "secret", "downwardAPI", "projected"].iter().any(|kind| of(volume, kind).is_some());
    if of(volume, "emptyDir").is_some() || made_of_objects {
        return Ok((own_folder(host, plan, name), made_of_objects));
    }
    if let Some(path) = of(volume, "hostPath") {
        return Ok((text(path, "/path").into(), false));
    }
    match claimed(host, plan, volume)? {
        Some(folder) => {
            let read_only = volume
                .pointer("/persistentVolumeClaim/readOnly")
                .and_then(Value::as_bool)
                .unwrap_or_default();
            Ok((folder, read_only))
        }
        None => {
            let kinds: Vec<&str> = volume
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, _)| key.as_str())
                .filter(|key| *key != "name")
                .collect();
            Err(format!("volume {name:?} is of a kind that a local node does not have: {}", kinds.join(", ")))
        }
    }
}

/// Writes files so that readers see all the old ones or all the new ones: each set in a folder of its
/// own, and a link `..data` that is turned from one to the other.
fn write(folder: &Path, files: &Files, group: Option<u32>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let data = folder.join("..data");
    let current = fs::read_link(&data).ok();
    if let Some(current) = &current
        && is_same(&folder.join(current), files)
    {
        return Ok(());
    }
    let version = format!("..{}", jiff::Timestamp::now().as_nanosecond());
    let fresh = folder.join(&version);
    fs::create_dir(&fresh)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755))?;
    for (path, file) in files {
        let target = fresh.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&target, &file.content)?;
        let mut mode = file.mode;
        if group.is_some() || file.owner.is_some() {
            std::os::unix::fs::chown(&target, file.owner, group)?;
        }
        if group.is_some() {
            mode |= (mode & 0o600) >> 3;
        }
        fs::set_permissions(&target, fs::Permissions::from_mode(mode))?;
    }
    let draft = folder.join("..data_tmp");
    let _ = fs::remove_file(&draft);
    symlink(&version, &draft)?;
    fs::rename(&draft, &data)?;
    let tops: std::collections::BTreeSet<&str> =
        files.keys().filter_map(|path| path.split('/').next()).collect();
    for top in &tops {
        let link = folder.join(top);
        if fs::symlink_metadata(&link).is_err() {
            symlink(Path::new("..data").join(top), &link)?;
        }
    }
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if !name.starts_with("..") && !tops.contains(name) {
            fs::remove_file(entry.path())?;
        }
    }
    if let Some(old) = current {
        let _ = fs::remove_dir_all(folder.join(old));
    }
    Ok(())
}

fn is_same(folder: &Path, files: &Files) -> bool {
    let mut count = 0;
    let all_there = files.iter().all(|(path, file)| {
        count += 1;
        fs::read(folder.join(path)).is_ok_and(|content| content == file.content)
    });
    all_there && count == count_files(folder)
}

fn count_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { count_files(&entry.path()) } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::files::File;

    fn files(pairs: &[(&str, &str)]) -> Files {
        pairs
            .iter()
            .map(|(path, text)| {
                ((*path).to_owned(), File { content: text.as_bytes().to_vec(), mode: 0o640, owner: None })
            })
            .collect()
    }

    #[test]
    fn a_set_of_files_is_replaced_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let read = |path: &str| fs::read_to_string(folder.path().join(path)).ok();
        write(folder.path(), &files(&[("a", "1"), ("d/b", "2")]), None).unwrap();
        assert_eq!((read("a").as_deref(), read("d/b").as_deref()), (Some("1"), Some("2")));
        let first = fs::read_link(folder.path().join("..data")).unwrap();
        write(folder.path(), &files(&[("a", "1"), ("d/b", "2")]), None).unwrap();
        assert_eq!(fs::read_link(folder.path().join("..data")).unwrap(), first);
        write(folder.path(), &files(&[("a", "3")]), None).unwrap();
        assert_eq!((read("a").as_deref(), read("d/b")), (Some("3"), None));
        assert!(!folder.path().join(first).exists());
        assert_eq!(fs::metadata(folder.path().join("a")).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn paths_of_the_host_must_be_of_their_type() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, kind: &str| host_path(&json!({"path": folder.path().join(name), "type": kind}));
        assert!(at("none", "Directory").is_err());
        assert!(at("made", "DirectoryOrCreate").is_ok());
        assert!(at("made", "File").is_err());
        assert!(at("file", "FileOrCreate").is_ok());
        assert!(at("file", "File").is_ok());
    }
}
