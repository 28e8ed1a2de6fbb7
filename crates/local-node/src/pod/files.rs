//! The files of configMap, secret, downwardAPI and projected volumes. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::environment::{Source, field, resource};

/// One file: contents and permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) content: Vec<u8>,
    pub(crate) mode: u32,
    /// The user it is given to, where that is not root.
    pub(crate) owner: Option<u32>,
}

/// Files by their path within the volume.
pub(crate) type Files = BTreeMap<String, File>;

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn mode(value: &Value, field: &str, default: u32) -> u32 {
    value.get(field).and_then(Value::as_u64).and_then(|mode| u32::try_from(mode).ok()).unwrap_or(default)
        & 0o7777
}

fn is_optional(value: &Value) -> bool {
    value.get("optional").and_then(Value::as_bool).unwrap_or_default()
}

/// The oldest that a token gets before it is renewed, in milliseconds: a day.
const OLDEST: i64 = 86_400_000;

/// When a token is renewed that expires at a time and lives for so many seconds, as the kubelet does: when a
/// fifth of its life is left, and at the latest after a day. Times are milliseconds since 1970.
pub(crate) fn renewal(expires: i64, life: i64) -> i64 {
    let life = life.saturating_mul(1_000);
    let issued = expires.saturating_sub(life);
    expires.saturating_sub(life / 5).min(issued.saturating_add(OLDEST))
}

/// A path that stays within the volume.
fn inner_path(path: &str) -> Result<&str, String> {
    let stays = !path.is_empty()
        && !path.starts_with('/')
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if stays { Ok(path) } else { Err(format!("invalid path {path:?} in a volume")) }
}

/// Picks keys into files: all of them, or those that `items` lists.
fn pick(
    data: BTreeMap<String, Vec<u8>>,
    reference: &Value,
    what: &str,
    default_mode: u32,
    files: &mut Files,
) -> Result<(), String> {
    if list(reference, "items").next().is_none() {
        for (key, content) in data {
            files.insert(inner_path(&key)?.to_owned(), File { content, mode: default_mode, owner: None });
        }
        return Ok(());
    }
    for item in list(reference, "items") {
        let key = text(item, "key");
        match data.get(key) {
            Some(content) => {
                let file =
                    File { content: content.clone(), mode: mode(item, "mode", default_mode), owner: None };
                files.insert(inner_path(text(item, "path"))?.to_owned(), file);
            }
            None if is_optional(reference) => {}
            None => return Err(format!("references non-existent {what} key: {key}")),
        }
    }
    Ok(())
}

fn config_map(
    reference: &Value,
    name: &str,
    source: &dyn Source,
    mode: u32,
    files: &mut Files,
) -> Result<(), String> {
    match source.config_map(name) {
        Some(data) => {
            let data = data.into_iter().map(|(key, value)| (key, value.into_bytes())).collect();
            pick(data, reference, "config", mode, files)
        }
        None if is_optional(reference) => Ok(()),
        None => Err(format!("configmap {name:?} not found")),
    }
}

fn secret(
    reference: &Value,
    name: &str,
    source: &dyn Source,
    mode: u32,
    files: &mut Files,
) -> Result<(), String> {
    match source.secret(name) {
        Some(data) => pick(data, reference, "secret", mode, files),
        None if is_optional(reference) => Ok(()),
        None => Err(format!("secret {name:?} not found")),
    }
}

fn downward(
    reference: &Value,
    pod: &Value,
    source: &dyn Source,
    default: u32,
    files: &mut Files,
) -> Result<(), String> {
    for item in list(reference, "items") {
        let content = if let Some(path) = item.pointer("/fieldRef/fieldPath").and_then(Value::as_str) {
            field(pod, path).unwrap_or_default()
        } else {
            let wanted = item.get("resourceFieldRef").cloned().unwrap_or_default();
            let name = text(&wanted, "containerName");
            let containers = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
            let container = containers
                .chain(pod.pointer("/spec/initContainers").and_then(Value::as_array).into_iter().flatten());
            let container =
                container.into_iter().find(|each| text(each, "name") == name).cloned().unwrap_or_default();
            resource(&container, &wanted, source)
                .ok_or_else(|| format!("unknown resource {:?}", text(&wanted, "resource")))?
        };
        let file = File { content: content.into_bytes(), mode: mode(item, "mode", default), owner: None };
        files.insert(inner_path(text(item, "path"))?.to_owned(), file);
    }
    Ok(())
}

/// The service account tokens that a volume wants: audience, life in seconds, path.
pub(crate) fn tokens(volume: &Value) -> Vec<(Option<String>, i64, String)> {
    volume
        .pointer("/projected/sources")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|source| source.get("serviceAccountToken").filter(|token| !token.is_null()))
        .map(|token| {
            let audience = Some(text(token, "audience").to_owned()).filter(|audience| !audience.is_empty());
            let life = token.get("expirationSeconds").and_then(Value::as_i64).unwrap_or(3_600);
            (audience, life, text(token, "path").to_owned())
        })
        .collect()
}

/// The user that all containers of a pod are told to run as, if it is one.
fn only_user(pod: &Value) -> Option<u32> {
    let user = |holder: &Value| holder.pointer("/securityContext/runAsUser").and_then(Value::as_u64);
    let spec = pod.get("spec")?;
    let mut users =
        list(spec, "initContainers").chain(list(spec, "containers")).map(|each| user(each).or(user(spec)));
    let first = users.next()??;
    if users.all(|other| other == Some(first)) { u32::try_from(first).ok() } else { None }
}

/// The files of a volume that is made of objects; nothing where the volume is of another kind.
/// `tokens` are the contents of the tokens that [`tokens`] asked for, in order.
pub(crate) fn files(
    volume: &Value,
    pod: &Value,
    source: &dyn Source,
    tokens: &[String],
) -> Option<Result<Files, String>> {
    let of = |kind: &str| volume.get(kind).filter(|value| !value.is_null());
    let mut files = Files::new();
    let made = if let Some(reference) = of("configMap") {
        config_map(
            reference,
            text(reference, "name"),
            source,
            mode(reference, "defaultMode", 0o644),
            &mut files,
        )
    } else if let Some(reference) = of("secret") {
        secret(
            reference,
            text(reference, "secretName"),
            source,
            mode(reference, "defaultMode", 0o644),
            &mut files,
        )
    } else if let Some(reference) = of("downwardAPI") {
        downward(reference, pod, source, mode(reference, "defaultMode", 0o644), &mut files)
    } else {
        let projected = of("projected")?;
        let default = mode(projected, "defaultMode", 0o644);
        let mut given = tokens.iter();
        list(projected, "sources").try_for_each(|each| {
            let part = |kind: &str| each.get(kind).filter(|value| !value.is_null());
            if let Some(reference) = part("configMap") {
                config_map(reference, text(reference, "name"), source, default, &mut files)
            } else if let Some(reference) = part("secret") {
                secret(reference, text(reference, "name"), source, default, &mut files)
            } else if let Some(reference) = part("downwardAPI") {
                downward(reference, pod, source, default, &mut files)
            } else if let Some(reference) = part("serviceAccountToken") {
                let content = given.next().map(|token| token.clone().into_bytes()).unwrap_or_default();
                let owner = only_user(pod);
                // For its owner alone, where the kubelet knows who that will be; an image may name any user.
                let is_owned = owner.is_some() || pod.pointer("/spec/securityContext/fsGroup").is_some();
                let mode = if is_owned { 0o600 } else { default };
                files.insert(inner_path(text(reference, "path"))?.to_owned(), File { content, mode, owner });
                Ok(())
            } else {
                Err("a projected volume has a source that is not supported".to_owned())
            }
        })
    };
    Some(made.map(|()| files))
}

#[cfg(test)]
mod tests {
    use super::super::environment::tests::Fixed;
    use super::*;
    use serde_json::json;

    fn made(volume: Value) -> Result<Vec<String>, String> {
        let pod = json!({"metadata": {"name": "p", "labels": {"b": "2", "a": "1"}}});
        let files = files(&volume, &pod, &Fixed, &["tok".to_owned()]).unwrap()?;
        Ok(files
            .iter()
            .map(|(path, file)| format!("{path}={} {:o}", String::from_utf8_lossy(&file.content), file.mode))
            .collect())
    }

    #[test]
    fn tokens_are_renewed_before_they_expire() {
        let hour = 3_600;
        assert_eq!(renewal(3_607_000, 3_607), 3_607_000 - 721_400);
        assert_eq!(renewal(10 * hour * 1_000, hour), 10 * hour * 1_000 - 720_000);
        // A year long, and renewed every day.
        assert_eq!(renewal(365 * OLDEST, 365 * 86_400), OLDEST);
    }

    #[test]
    fn volumes_become_files() {
        assert_eq!(made(json!({"configMap": {"name": "conf"}})).unwrap(), ["k=v 644"]);
        assert_eq!(
            made(
                json!({"configMap": {"name": "conf", "items": [{"key": "k", "path": "a/b", "mode": 0o400}]}})
            )
            .unwrap(),
            ["a/b=v 400"]
        );
        assert_eq!(
            made(json!({"secret": {"secretName": "hush", "defaultMode": 0o600}})).unwrap(),
            ["p=w 600"]
        );
        assert_eq!(
            made(json!({"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}})).unwrap(),
            ["labels=a=\"1\"\nb=\"2\" 644"]
        );
        let projected = json!({"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}, {"configMap": {"name": "conf"}}]}});
        assert_eq!(made(projected).unwrap(), ["k=v 644", "token=tok 644"]);
    }

    #[test]
    fn a_token_is_for_its_owner_alone_where_the_pod_says_who_that_is() {
        let volume = json!({"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}});
        let token = |spec: Value| {
            let made = files(&volume, &json!({"spec": spec}), &Fixed, &["tok".to_owned()]).unwrap().unwrap();
            (made["token"].mode, made["token"].owner)
        };
        let run_as = |user: u32| json!({"securityContext": {"runAsUser": user}});
        assert_eq!(token(json!({"containers": [{}]})), (0o644, None));
        assert_eq!(token(json!({"containers": [run_as(7), run_as(7)]})), (0o600, Some(7)));
        assert_eq!(token(json!({"containers": [run_as(7), run_as(8)]})), (0o644, None));
        let of_pod = json!({"securityContext": {"runAsUser": 9}, "containers": [{}], "initContainers": [{}]});
        assert_eq!(token(of_pod), (0o600, Some(9)));
        let group = json!({"securityContext": {"fsGroup": 5}, "containers": [{}]});
        assert_eq!(token(group), (0o600, None));
    }

    #[test]
    fn what_is_missing_or_leads_outside_is_refused() {
        assert_eq!(made(json!({"configMap": {"name": "none"}})).unwrap_err(), "configmap \"none\" not found");
        assert_eq!(
            made(json!({"configMap": {"name": "none", "optional": true}})).unwrap(),
            Vec::<String>::new()
        );
        let outside = json!({"configMap": {"name": "conf", "items": [{"key": "k", "path": "../x"}]}});
        assert_eq!(made(outside).unwrap_err(), "invalid path \"../x\" in a volume");
        assert!(files(&json!({"emptyDir": {}}), &json!({}), &Fixed, &[]).is_none());
    }
}
