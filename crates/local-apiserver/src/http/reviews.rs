//! Requests that are answered rather than stored: access and token reviews, tokens, bindings,
//! evictions.

use serde_json::{Map, Value, json};

use super::Reply;
use super::handler::Admitted;
use super::negotiate::Wanted;
use super::objects::shaped;
use crate::auth::{Attributes, Claims, decide, quoted_list, rules_for};
use crate::cluster::{Cluster, Written, kind_subject, parse, subject};
use crate::field::FieldError;
use crate::identity::User;
use crate::meta;
use crate::operations::{self, Context, DeleteOptions, Target};
use crate::selector::picks;
use crate::status::{Status, Subject};

/// Answers a posted review, token request, binding or eviction.
pub(super) async fn answer(
    admitted: &Admitted,
    target: &Target,
    context: &Context,
    mut object: Value,
    wanted: Wanted,
) -> Result<Reply, Status> {
    let cluster = &admitted.cluster;
    // what is only answered is tracked like what is stored
    crate::managed::on_answer(target, context, &mut object);
    let what = if target.subresource.is_empty() {
        target.resource.plural.as_str()
    } else {
        target.subresource.as_str()
    };
    if what.ends_with("accessreviews") {
        check_attributes(target, what, &object)?;
    }
    match what {
        "selfsubjectaccessreviews" => access(cluster, context.user.clone(), &mut object),
        "subjectaccessreviews" | "localsubjectaccessreviews" => {
            let user = review_user(&object);
            if user.name.is_empty() && user.groups.is_empty() {
                return Err(Status::invalid(
                    Subject { kind: "", ..kind_subject(&target.resource, "") },
                    &[FieldError::invalid(
                        "spec.user",
                        "",
                        "at least one of user or group must be specified",
                    )],
                ));
            }
            access(cluster, user, &mut object);
        }
        "selfsubjectrulesreviews" => rules(cluster, &context.user, &mut object)?,
        "selfsubjectreviews" => {
            meta::set(&mut object, "status", json!({"userInfo": context.user.to_value()}))
        }
        "tokenreviews" => token_review(cluster, &mut object)?,
        "token" => token_request(cluster, target, &mut object)?,
        "binding" | "bindings" => return bind(cluster, target, context, &object).await,
        "eviction" => return evict(cluster, target, context, &object).await,
        _ => return Err(Status::method_not_allowed()),
    }
    if what == "selfsubjectreviews" {
        meta::set_metadata(&mut object, "creationTimestamp", Some(meta::now().into()));
        meta::set_metadata(&mut object, "managedFields", None);
    }
    Ok(shaped(admitted, 201, &target.resource, wanted, &object))
}

/// A review asks about one thing.
fn check_attributes(target: &Target, what: &str, object: &Value) -> Result<(), Status> {
    let given = |key: &str| meta::at(object, &["spec", key]).filter(|attributes| !attributes.is_null());
    let error = match (given("resourceAttributes"), given("nonResourceAttributes")) {
        (Some(_), Some(other)) => FieldError::invalid(
            "spec.nonResourceAttributes",
            json!({"Path": meta::text(other, &["path"]), "Verb": meta::text(other, &["verb"])}),
            "cannot be specified in combination with resourceAttributes",
        ),
        (None, None) => FieldError::invalid(
            "spec.resourceAttributes",
            Value::Null,
            "exactly one of nonResourceAttributes or resourceAttributes must be specified",
        ),
        (Some(attributes), None)
            if what.starts_with("local") && meta::text(attributes, &["namespace"]) != target.namespace =>
        {
            let namespace = meta::text(attributes, &["namespace"]);
            FieldError::invalid(
                "spec.resourceAttributes.namespace",
                namespace,
                "must match metadata.namespace",
            )
        }
        _ => return Ok(()),
    };
    Err(Status::invalid(Subject { kind: "", ..kind_subject(&target.resource, "") }, &[error]))
}

fn review_user(object: &Value) -> User {
    let mut user = User {
        name: meta::text(object, &["spec", "user"]).to_owned(),
        uid: meta::text(object, &["spec", "uid"]).to_owned(),
        ..User::default()
    };
    user.groups = meta::items(object, &["spec", "groups"])
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    user
}

fn access(cluster: &Cluster, user: User, object: &mut Value) {
    let text = |path: &[&str]| meta::text(object, path).to_owned();
    let attributes = if meta::at(object, &["spec", "nonResourceAttributes"]).is_some_and(|a| !a.is_null()) {
        Attributes {
            verb: text(&["spec", "nonResourceAttributes", "verb"]),
            path: text(&["spec", "nonResourceAttributes", "path"]),
            ..Attributes::default()
        }
    } else {
        let of = |key: &str| text(&["spec", "resourceAttributes", key]);
        Attributes {
            verb: of("verb"),
            group: of("group"),
            version: of("version"),
            resource: of("resource"),
            subresource: of("subresource"),
            namespace: of("namespace"),
            name: of("name"),
            path: String::new(),
        }
    };
    let decision = decide(cluster, &user, &attributes);
    let mut status = json!({"allowed": decision.allowed});
    if !decision.reason.is_empty() {
        meta::set(&mut status, "reason", decision.reason);
    }
    meta::set(object, "status", status);
}

fn rules(cluster: &Cluster, user: &User, object: &mut Value) -> Result<(), Status> {
    let namespace = meta::text(object, &["spec", "namespace"]).to_owned();
    if namespace.is_empty() {
        return Err(Status::bad_request("no namespace on request"));
    }
    let (plain, resource): (Vec<Value>, Vec<Value>) = rules_for(cluster, user, &namespace)
        .into_iter()
        .partition(|rule| !meta::items(rule, &["nonResourceURLs"]).is_empty());
    let status = json!({"resourceRules": resource, "nonResourceRules": plain, "incomplete": false});
    meta::set(object, "status", status);
    // the answer repeats nothing of the question
    meta::set(object, "spec", json!({}));
    meta::set_metadata(object, "managedFields", None);
    Ok(())
}

fn token_review(cluster: &Cluster, object: &mut Value) -> Result<(), Status> {
    let token = meta::text(object, &["spec", "token"]).to_owned();
    if token.is_empty() {
        return Err(Status::bad_request("token is required for TokenReview in authentication"));
    }
    let asked: Vec<String> = meta::items(object, &["spec", "audiences"])
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let own = vec![cluster.authenticator.issuer.clone()];
    let audiences = if asked.is_empty() { own.clone() } else { asked.clone() };
    let found = match cluster.authenticator.service_account(cluster, &token, &audiences) {
        Some(found) => Some(found),
        None => cluster
            .authenticator
            .user(cluster, &token)
            .filter(|_| asked.is_empty() || asked == own)
            .map(|user| (user, own)),
    };
    let status = match found {
        Some((user, audiences)) => {
            json!({"authenticated": true, "user": user.to_value(), "audiences": audiences})
        }
        None => json!({"user": {}, "error": refused_token(cluster, &token, &audiences)}),
    };
    meta::set(object, "status", status);
    Ok(())
}

/// Why a token is not taken: it is none, or it is for others.
fn refused_token(cluster: &Cluster, token: &str, wanted: &[String]) -> String {
    const NONE: &str = "invalid bearer token";
    match cluster.authenticator.audiences(token) {
        Some(audiences) if !audiences.iter().any(|audience| wanted.contains(audience)) => format!(
            "[{NONE}, token audiences {} is invalid for the target audiences {}]",
            quoted_list(&audiences),
            quoted_list(wanted)
        ),
        _ => NONE.to_owned(),
    }
}

/// Shortest life of a token.
const LEAST_SECONDS: i64 = 600;

fn token_request(cluster: &Cluster, target: &Target, object: &mut Value) -> Result<(), Status> {
    let Some(account) = cluster.object("serviceaccounts", &target.namespace, &target.name) else {
        return Err(Status::not_found(subject(&target.resource, &target.name)));
    };
    let seconds = meta::at(object, &["spec", "expirationSeconds"]).and_then(Value::as_i64).unwrap_or(3600);
    let invalid = |error| {
        let subject =
            crate::status::Subject { group: "authentication.k8s.io", kind: "TokenRequest", name: "" };
        Status::invalid(subject, &[error])
    };
    if seconds < LEAST_SECONDS {
        return Err(invalid(FieldError::invalid(
            "spec.expirationSeconds",
            seconds,
            "may not specify a duration less than 10 minutes",
        )));
    }
    if seconds > 1 << 32 {
        return Err(invalid(FieldError::invalid(
            "spec.expirationSeconds",
            seconds,
            "may not specify a duration larger than 2^32 seconds",
        )));
    }
    let mut audiences: Vec<String> = meta::items(object, &["spec", "audiences"])
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if audiences.is_empty() {
        audiences = vec![cluster.authenticator.issuer.clone()];
    }
    let mut kubernetes = json!({
        "namespace": target.namespace,
        "serviceaccount": {"name": target.name, "uid": meta::uid(&account)}
    });
    if let Some(bound) = meta::at(object, &["spec", "boundObjectRef"]).filter(|b| b.is_object()) {
        let kind = meta::text(bound, &["kind"]);
        let name = meta::text(bound, &["name"]);
        let (table, scope) = match kind {
            "Pod" => ("pods", target.namespace.as_str()),
            "Secret" => ("secrets", target.namespace.as_str()),
            "Node" => ("nodes", ""),
            other => {
                let (group, version) = meta::group_version(meta::text(bound, &["apiVersion"]));
                return Err(Status::bad_request(format!(
                    "cannot bind token to object of type {group}/{version}, Kind={other}"
                )));
            }
        };
        let Some(found) = cluster.object(table, scope, name) else {
            return Err(Status::not_found(crate::status::Subject { group: "", kind: table, name }));
        };
        let uid = meta::text(bound, &["uid"]);
        if !uid.is_empty() && uid != meta::uid(&found) {
            return Err(Status::conflict(
                crate::status::Subject { group: "", kind: table, name },
                &format!(
                    "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
                ),
            ));
        }
        if kind == "Pod" && meta::text(&found, &["spec", "serviceAccountName"]) != target.name {
            return Err(Status::bad_request(format!(
                "cannot bind token for serviceaccount {:?} to pod running with different serviceaccount name.",
                target.name
            )));
        }
        let mut bind = |kind: &str, object: &Value| {
            meta::set(&mut kubernetes, kind, json!({"name": meta::name(object), "uid": meta::uid(object)}));
        };
        bind(&kind.to_lowercase(), &found);
        let node = meta::text(&found, &["spec", "nodeName"]);
        if let Some(node) = (kind == "Pod").then(|| cluster.object("nodes", "", node)).flatten() {
            bind("node", &node);
        }
    }
    let now = jiff::Timestamp::now();
    let claims = Claims {
        aud: audiences.clone(),
        exp: now.as_second() + seconds,
        iat: now.as_second(),
        iss: cluster.authenticator.issuer.clone(),
        jti: meta::new_uid(),
        nbf: now.as_second(),
        sub: format!("system:serviceaccount:{}:{}", target.namespace, target.name),
        kubernetes,
    };
    let token = cluster.authenticator.sign(&claims).map_err(|error| Status::internal(error.to_string()))?;
    let expires = now + jiff::SignedDuration::from_secs(seconds);
    if let Some(spec) = meta::map_mut(object, "spec") {
        spec.insert("audiences".to_owned(), json!(audiences));
        spec.insert("expirationSeconds".to_owned(), seconds.into());
    }
    meta::set_metadata(object, "uid", Some(meta::uid(&account).into()));
    meta::set_metadata(object, "creationTimestamp", Some(meta::now().into()));
    meta::set_metadata(object, "name", Some(target.name.clone().into()));
    meta::set_metadata(object, "namespace", Some(target.namespace.clone().into()));
    meta::set(
        object,
        "status",
        json!({"token": token, "expirationTimestamp": crate::decode::format_seconds(expires)}),
    );
    Ok(())
}

fn success(code: u16) -> Reply {
    super::json(
        code,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}),
    )
}

/// Puts a pod on a node.
async fn bind(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    binding: &Value,
) -> Result<Reply, Status> {
    let name = if target.subresource.is_empty() { meta::name(binding) } else { target.name.as_str() };
    let catalog = cluster.catalog();
    let pods = catalog.find("", "v1", "pods").ok_or_else(Status::no_such_path)?;
    if name != meta::name(binding) {
        return Err(Status::bad_request("name in URL does not match name in Binding object"));
    }
    let kind = meta::text(binding, &["target", "kind"]);
    let node = meta::text(binding, &["target", "name"]).to_owned();
    let mut errors = Vec::new();
    if !kind.is_empty() && kind != "Node" {
        errors.push(FieldError::not_supported("target.kind", kind, &["Node", "<empty>"]));
    }
    if node.is_empty() {
        errors.push(FieldError::required("target.name", ""));
    }
    if !errors.is_empty() {
        // the real server passes the list on as a plain error here
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let text = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        return Err(Status::plain(500, "", text));
    }
    loop {
        let Some(record) = cluster.store.get("pods", &target.namespace, name) else {
            return Err(Status::not_found(subject(&pods, name)));
        };
        let mut pod = parse(&record).unwrap_or_default();
        let conflict =
            |why: &str| Err(Status::conflict(Subject { kind: "pods/binding", ..subject(&pods, name) }, why));
        let uid = meta::uid(binding);
        if !uid.is_empty() && uid != meta::uid(&pod) {
            return conflict(&format!(
                "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                meta::uid(&pod)
            ));
        }
        if meta::deleting(&pod) {
            return conflict(&format!("pod {name} is being deleted, cannot be assigned to a host"));
        }
        let present = meta::text(&pod, &["spec", "nodeName"]);
        if !present.is_empty() {
            return conflict(&format!("pod {name} is already assigned to node {present:?}"));
        }
        if !meta::items(&pod, &["spec", "schedulingGates"]).is_empty() {
            return conflict(&format!("pod {name} has non-empty .spec.schedulingGates"));
        }
        if let Some(spec) = meta::map_mut(&mut pod, "spec") {
            spec.insert("nodeName".to_owned(), node.clone().into());
        }
        for (key, value) in meta::text_map(binding, &["metadata", "annotations"]) {
            if let Some(metadata) = meta::at_mut(&mut pod, &["metadata"])
                && let Some(annotations) = meta::map_mut(metadata, "annotations")
            {
                annotations.insert(key, value.into());
            }
        }
        let condition = json!({"type": "PodScheduled", "status": "True", "lastProbeTime": null,
            "lastTransitionTime": meta::now()});
        if let Some(status) = meta::map_mut(&mut pod, "status") {
            let conditions = status.entry("conditions".to_owned()).or_insert_with(|| json!([]));
            if let Some(list) = conditions.as_array_mut() {
                list.retain(|c| meta::text(c, &["type"]) != "PodScheduled");
                list.push(condition);
            }
        }
        if context.dry_run {
            return Ok(success(201));
        }
        match cluster.put(record.key.clone(), Some(record.revision), &pod).await? {
            Written::Done(_) => return Ok(success(201)),
            Written::Changed => {}
        }
    }
}

/// Deletes a pod if the disruption budgets allow it.
async fn evict(
    cluster: &Cluster,
    target: &Target,
    context: &Context,
    eviction: &Value,
) -> Result<Reply, Status> {
    let catalog = cluster.catalog();
    let pods = catalog.find("", "v1", "pods").ok_or_else(Status::no_such_path)?;
    let name = meta::name(eviction);
    if !name.is_empty() && name != target.name {
        return Err(Status::bad_request("name in URL does not match name in Eviction object"));
    }
    let Some(pod) = cluster.object("pods", &target.namespace, &target.name) else {
        return Err(Status::not_found(subject(&pods, &target.name)));
    };
    let empty = json!({});
    let options = DeleteOptions::from_value(
        meta::at(eviction, &["deleteOptions"]).filter(|o| o.is_object()).unwrap_or(&empty),
    )?;
    let context = Context {
        user: context.user.clone(),
        field_manager: context.field_manager.clone(),
        warnings: std::sync::Mutex::default(),
        dry_run: context.dry_run
            || meta::items(eviction, &["deleteOptions", "dryRun"]).iter().any(|d| d == "All"),
        ..*context
    };
    let ended = matches!(meta::text(&pod, &["status", "phase"]), "Succeeded" | "Failed" | "Pending")
        || meta::deleting(&pod);
    if !ended {
        budget(cluster, &target.namespace, &pod, context.dry_run).await?;
    }
    let aim = Target { subresource: String::new(), ..target.clone() };
    operations::delete(cluster, &aim, &context, &options).await?;
    Ok(success(201))
}

/// Says in the status of a budget that it allows no more.
fn none_allowed(status: &mut Map<String, Value>) {
    const KIND: &str = "DisruptionAllowed";
    let generation = status.get("observedGeneration").cloned().unwrap_or_default();
    let conditions = status.entry("conditions".to_owned()).or_insert_with(|| json!([]));
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    let Some(conditions) = conditions.as_array_mut() else { return };
    let present = conditions.iter().position(|condition| meta::text(condition, &["type"]) == KIND);
    let since = present
        .and_then(|index| conditions.get(index))
        .filter(|condition| meta::text(condition, &["status"]) == "False")
        .map(|condition| meta::text(condition, &["lastTransitionTime"]).to_owned())
        .unwrap_or_else(meta::now);
    let condition = json!({"type": KIND, "status": "False", "observedGeneration": generation,
        "lastTransitionTime": since, "reason": "InsufficientPods", "message": ""});
    match present.and_then(|index| conditions.get_mut(index)) {
        Some(slot) => *slot = condition,
        None => conditions.push(condition),
    }
}

/// Takes one disruption from the budget that covers a pod.
async fn budget(cluster: &Cluster, namespace: &str, pod: &Value, dry_run: bool) -> Result<(), Status> {
    const TABLE: &str = "poddisruptionbudgets.policy";
    let labels = meta::labels(pod);
    loop {
        let (_, records) = cluster.store.list(TABLE, Some(namespace));
        let covering: Vec<_> = records
            .iter()
            .filter_map(|record| Some((record, parse(record)?)))
            .filter(|(_, budget)| {
                let selector = meta::at(budget, &["spec", "selector"]).cloned().unwrap_or_default();
                selector.is_object() && picks(&selector, &labels)
            })
            .collect();
        let (record, mut budget) = match covering.as_slice() {
            [] => return Ok(()),
            [(record, budget)] => ((*record).clone(), budget.clone()),
            _ => {
                return Err(Status::internal(
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                ));
            }
        };
        let name = meta::name(&budget).to_owned();
        let number = |key: &str| meta::at(&budget, &["status", key]).and_then(Value::as_i64).unwrap_or(0);
        let refuse = |message: &str, detail: String, again: Option<u32>| {
            let mut details = json!({"causes": [{"reason": "DisruptionBudget", "message": detail}]});
            if let Some(seconds) = again {
                meta::set(&mut details, "retryAfterSeconds", seconds);
            }
            Err(Status::plain(429, "TooManyRequests", message).with_details(details))
        };
        let generation = meta::at(&budget, &["metadata", "generation"]).and_then(Value::as_i64).unwrap_or(0);
        const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
        if number("observedGeneration") < generation {
            return refuse(
                REFUSED,
                format!("The disruption budget {name} is still being processed by the server."),
                Some(10),
            );
        }
        let allowed = number("disruptionsAllowed");
        if allowed <= 0 {
            return refuse(
                REFUSED,
                format!(
                    "The disruption budget {name} needs {} healthy pods and has {} currently",
                    number("desiredHealthy"),
                    number("currentHealthy")
                ),
                None,
            );
        }
        if dry_run {
            return Ok(());
        }
        let before = budget.clone();
        if let Some(status) = meta::map_mut(&mut budget, "status") {
            status.insert("disruptionsAllowed".to_owned(), (allowed - 1).into());
            if allowed == 1 {
                none_allowed(status);
            }
            let disrupted = status.entry("disruptedPods".to_owned()).or_insert_with(|| json!({}));
            meta::set(disrupted, meta::name(pod), meta::now());
        }
        if let Some(resource) = cluster.catalog().find("policy", "v1", "poddisruptionbudgets") {
            let aim = Target {
                resource,
                namespace: namespace.to_owned(),
                name: name.clone(),
                subresource: "status".to_owned(),
            };
            crate::managed::on_update(&aim, &Context::internal(), &mut budget, &before);
        }
        match cluster.put(record.key.clone(), Some(record.revision), &budget).await? {
            Written::Done(_) => return Ok(()),
            Written::Changed => {}
        }
    }
}
