//! From create to active, and every way off that path.

use crate::harness::{Harness, chart_function, deployment};
use axum::http::Method;
use serde_json::{Value, json};
use wheelhouse_functions::route::VersionLoad;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documents_calls_lead_to_an_active_function() {
    let harness = Harness::start().await;
    let cluster = harness.cluster(8).await;
    let answer = harness.post("/v2/nvcf/functions", chart_function()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let function = &answer.body["function"];
    assert_eq!(function["status"], "INACTIVE");
    assert_eq!(function["ncaId"], "nvcf-default");
    assert_eq!(function["helmChartServiceName"], "service_name");
    assert_eq!(function["health"]["port"], 8001);
    assert_eq!(function["health"]["timeout"], "PT10S");
    assert_eq!(answer.body["findings"][0]["id"], "WH-016");
    let (id, version) = (function["id"].as_str().unwrap(), function["versionId"].as_str().unwrap());

    let path = format!("/v2/nvcf/deployments/functions/{id}/versions/{version}");
    assert_eq!(harness.get(&path).await.status, 404);
    let deployed = harness.post(&path, deployment()).await;
    assert_eq!(deployed.status, 200, "{}", deployed.body);
    let deployed = &deployed.body["deployment"];
    assert_eq!(deployed["functionStatus"], "DEPLOYING");
    // The documents' call names no instance type: the group's default is taken.
    assert_eq!(deployed["deploymentSpecifications"][0]["instanceType"], "ON-PREM.GPU.L40_1x");
    assert_eq!(deployed["deploymentSpecifications"][0]["maxRequestConcurrency"], 1);
    assert_eq!(harness.post(&path, deployment()).await.status, 400);

    let work = harness.work(&cluster, |instances| !instances.is_empty()).await;
    let instance = &work[0];
    assert_eq!(instance["workload"]["service"], "service-name");
    assert_eq!(instance["workload"]["values"]["key_two"]["key_two_subkey_one"], "<value>");
    assert_eq!(instance["wanted"], true);
    harness.report(&cluster, instance, json!({ "phase": "starting" })).await;
    // What it waits for is told while it is being deployed, and no longer once it is ready.
    let waiting = json!({
        "id": instance["id"], "phase": { "phase": "starting" }, "endpoints": [], "revision": 1,
        "waiting": "StatefulSet/w: 0 of 1 ready",
    });
    let report = format!("/v1/agent/clusters/{cluster}/report");
    assert_eq!(harness.post(&report, json!({ "instances": [waiting] })).await.status, 204);
    let seen = harness.get(&path).await;
    assert_eq!(seen.body["deployment"]["healthInfo"][0]["error"], "waiting: StatefulSet/w: 0 of 1 ready");
    assert_eq!(seen.body["deployment"]["functionStatus"], "DEPLOYING");
    harness.report(&cluster, instance, json!({ "phase": "ready" })).await;
    assert_eq!(harness.get(&path).await.body["deployment"].get("healthInfo"), None);
    let active = harness.wait_for_status(id, version, "ACTIVE").await;
    assert_eq!(active["activeInstances"][0]["instanceStatus"], "RUNNING");
    assert_eq!(active["activeInstances"][0]["backend"], "nvcf-default");
    let mut routes = harness.routes.clone();
    let (id_of_version, wait) = (version.parse().unwrap(), std::time::Duration::from_secs(5));
    let one = routes
        .wait_for(|routes| routes.version(id_of_version).is_some_and(|version| version.instances.len() == 1));
    tokio::time::timeout(wait, one).await.expect("the route is published").unwrap();

    // The instance stops serving: nothing is left.
    harness.report(&cluster, instance, json!({ "phase": "notReady" })).await;
    harness.wait_for_status(id, version, "DEGRADED").await;
    harness.report(&cluster, instance, json!({ "phase": "ready" })).await;
    harness.wait_for_status(id, version, "ACTIVE").await;

    // It dies: another one is asked for.
    let failure = json!({ "phase": "failed", "cause": "pod-failed", "message": "exit code 3" });
    harness.report(&cluster, instance, failure).await;
    let work = harness.work(&cluster, |all| all.iter().any(|one| one["id"] != instance["id"])).await;
    let old = work.iter().find(|one| one["id"] == instance["id"]).unwrap();
    assert_eq!(old["wanted"], false);
    let replacement = work.iter().find(|one| one["id"] != instance["id"]).unwrap();
    harness.report(&cluster, instance, json!({ "phase": "gone" })).await;
    harness.report(&cluster, replacement, json!({ "phase": "ready" })).await;
    harness.wait_for_status(id, version, "ACTIVE").await;
    let seen = harness.get(&path).await;
    assert_eq!(seen.body["deployment"]["healthInfo"][0]["error"], "pod-failed: exit code 3");

    let removed = harness.call(Some(&harness.admin), Method::DELETE, &path, None).await;
    assert_eq!((removed.status, &removed.body["function"]["status"]), (200, &json!("INACTIVE")));
    assert_eq!(harness.get(&path).await.status, 404);
    harness.work(&cluster, |all| all.iter().all(|one| one["wanted"] == false)).await;
    harness.report(&cluster, replacement, json!({ "phase": "gone" })).await;
    harness.work(&cluster, <[Value]>::is_empty).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_batch_that_fails_ends_in_error_with_its_words() {
    let harness = Harness::start().await;
    let cluster = harness.cluster(8).await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    harness.post(&path, deployment()).await;
    let work = harness.work(&cluster, |instances| !instances.is_empty()).await;
    let failure = json!({ "phase": "failed", "cause": "image-pull-issues", "message": "no such image" });
    harness.report(&cluster, &work[0], failure).await;
    harness.wait_for_status(&function, &version, "ERROR").await;
    let seen = harness.get(&path).await;
    assert_eq!(seen.body["deployment"]["healthInfo"][0]["error"], "image-pull-issues: no such image");
    let again = harness.post(&path, deployment()).await;
    assert_eq!(again.body["detail"], "Invalid request: Function already has a deployment with errors");
    let removed = harness.call(Some(&harness.admin), Method::DELETE, &path, None).await;
    assert_eq!(removed.status, 200);
    assert_eq!(harness.post(&path, deployment()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_at_create_and_deploy() {
    let harness = Harness::start().await;
    harness.cluster(8).await;
    let create = async |change: &dyn Fn(&mut Value)| {
        let mut body = chart_function();
        change(&mut body);
        harness.post("/v2/nvcf/functions", body).await
    };
    let refused = create(&|body| body["helmChartServiceName"] = json!("missing")).await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.body["detail"],
        "Invalid request: Helm chart validation error(s): no Service named \"missing\""
    );
    assert_eq!(refused.body["findings"].as_array().unwrap().len(), 2);
    let private = create(&|body| body["helmChart"] = json!("oci://private/a:1")).await;
    assert_eq!(
        private.body["detail"],
        "Invalid request: Missing HELM registry credential for hostname 'private'"
    );
    let down = create(&|body| body["helmChart"] = json!("oci://down/a:1")).await;
    assert_eq!(down.status, 502);
    let both = create(&|body| body["containerImage"] = json!("image")).await;
    assert_eq!(
        both.body["detail"],
        "Invalid request: Cannot specify both 'helmChart' and 'containerImage' properties in the payload"
    );
    let broken =
        harness.call(Some(&harness.admin), Method::POST, "/v2/nvcf/functions", Some(json!([]))).await;
    assert_eq!(broken.status, 400);

    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    let deploy = async |change: &dyn Fn(&mut Value)| {
        let mut body = deployment();
        change(&mut body["deploymentSpecifications"][0]);
        harness.post(&path, body).await.body["detail"].as_str().unwrap_or("accepted").to_owned()
    };
    assert_eq!(deploy(&|spec| spec["gpu"] = json!("X")).await, "Invalid request: Invalid GPU 'X' specified");
    assert_eq!(
        deploy(&|spec| spec["backend"] = json!("other")).await,
        "Invalid request: Invalid Backend 'other' specified"
    );
    assert_eq!(
        deploy(&|spec| spec["clusters"] = json!(["local"])).await,
        "Invalid request: Backend and Clusters could not be specified at the same time"
    );
    assert_eq!(
        deploy(&|spec| spec["configuration"] = json!({ "refuse": 1 })).await,
        "Invalid request: Helm chart validation error(s): refused: 1"
    );
    assert!(deploy(&|spec| spec["minInstances"] = json!(3)).await.contains("must not be greater than"));
    assert_eq!(harness.post(&path, json!({ "deploymentSpecifications": [] })).await.status, 400);
    assert_eq!(deploy(&|_| {}).await, "accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sleeping_function_wakes_for_a_queued_call_and_scales_within_its_bounds() {
    let harness = Harness::start().await;
    let cluster = harness.cluster(2).await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    let mut body = deployment();
    body["deploymentSpecifications"][0]["minInstances"] = json!(0);
    let deployed = harness.post(&path, body).await;
    assert_eq!(deployed.body["deployment"]["functionStatus"], "ACTIVE");
    let queue = VersionLoad { queued: 1, ..VersionLoad::default() };
    harness.set_load(&version, queue);
    let queues = harness.get(&format!("/v2/nvcf/queues/functions/{function}")).await;
    assert_eq!(queues.body["queues"][0]["queueDepth"], 1);
    let work = harness.work(&cluster, |instances| instances.len() == 1).await;
    harness.report(&cluster, &work[0], json!({ "phase": "ready" })).await;
    harness.wait_for_status(&function, &version, "ACTIVE").await;

    // Bounds can be changed while it runs.
    let seen = harness.get(&path).await.body["deployment"].clone();
    let specification = seen["deploymentSpecifications"][0]["gpuSpecificationId"].as_str().unwrap();
    let patch = format!(
        "/v2/nvcf/deployments/{}/gpu-specifications/{specification}",
        seen["deploymentId"].as_str().unwrap()
    );
    let changed =
        harness.call(Some(&harness.admin), Method::PATCH, &patch, Some(json!({ "minInstances": 2 }))).await;
    assert_eq!(changed.body["gpuSpecification"]["minInstances"], 2, "{}", changed.body);
    harness.work(&cluster, |instances| instances.len() == 2).await;
    let empty = harness.call(Some(&harness.admin), Method::PATCH, &patch, Some(json!({}))).await;
    assert_eq!(empty.status, 400);
    let crossed = json!({ "minInstances": 9 });
    assert_eq!(harness.call(Some(&harness.admin), Method::PATCH, &patch, Some(crossed)).await.status, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_cluster_is_reported_and_graceful_removal_waits_for_the_queue() {
    let harness = Harness::start().await;
    let cluster = harness.cluster(1).await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    harness.post(&path, deployment()).await;
    let work = harness.work(&cluster, |instances| instances.len() == 1).await;
    harness.report(&cluster, &work[0], json!({ "phase": "ready" })).await;
    harness.wait_for_status(&function, &version, "ACTIVE").await;
    let (other, other_version) = harness.create(|body| body["name"] = json!("other")).await;
    let other_path = format!("/v2/nvcf/deployments/functions/{other}/versions/{other_version}");
    harness.post(&other_path, deployment()).await;
    let mut said = Value::Null;
    for _ in 0..6000 {
        said = harness.get(&other_path).await.body["deployment"]["healthInfo"][0]["error"].clone();
        if said != Value::Null {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(said, "pod-stuck-scheduling: no cluster has ON-PREM.GPU.L40_1x free for another instance");

    harness.set_load(&version, VersionLoad { busy: 1, ..VersionLoad::default() });
    let graceful = format!("{path}?graceful=true");
    let removed = harness.call(Some(&harness.admin), Method::DELETE, &graceful, None).await;
    assert_eq!(removed.body["function"]["status"], "INACTIVE");
    let again = harness.post(&path, deployment()).await;
    assert_eq!(
        again.body["detail"],
        "Invalid request: Wait for current deployment to be gracefully completed"
    );
    harness.set_load(&version, VersionLoad::default());
    for _ in 0..6000 {
        if harness.get(&path).await.status == 404 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(harness.get(&path).await.status, 404);
    // Its GPU becomes free for the one that waits.
    harness.report(&cluster, &work[0], json!({ "phase": "gone" })).await;
    harness.work(&cluster, |all| all.iter().any(|one| one["name"] == "other")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_llm_function_says_of_its_models_is_kept_and_may_change() {
    let harness = Harness::start().await;
    let models = json!([{
        "name": "llama", "version": "1", "uri": "/models/llama",
        "llmConfig": {
            "uris": ["/v1/chat/completions"], "tokenRateLimit": "1000-S,5000-M", "tokenizer": "llama-3",
            "routingMethod": "round-robin",
        },
    }]);
    let llm = |body: &mut Value| {
        body["functionType"] = json!("LLM");
        body["models"] = models.clone();
        body["llmInvocationConfig"] =
            json!({ "priority": { "defaultPriority": 3, "perAccountPriority": { "friend": 1 } } });
    };
    let (function, version) = harness.create(llm).await;
    let path = format!("/v2/nvcf/functions/{function}/versions/{version}");
    let seen = harness.get(&path).await.body["function"].clone();
    assert_eq!(seen["models"], models);
    assert_eq!(seen["llmInvocationConfig"]["priority"]["perAccountPriority"], json!({ "friend": 1 }));

    let change = json!({ "modelUpdates": [{
        "modelName": "llama", "llmConfig": { "tokenRateLimit": "7-H", "routingMethod": "random" },
    }] });
    let changed = harness.call(Some(&harness.admin), Method::PUT, &path, Some(change)).await;
    let config = &changed.body["function"]["models"][0]["llmConfig"];
    assert_eq!((&config["tokenRateLimit"], &config["routingMethod"]), (&json!("7-H"), &json!("random")));
    assert_eq!(
        (&config["tokenizer"], &config["uris"]),
        (&json!("llama-3"), &json!(["/v1/chat/completions"]))
    );

    let refused = async |path: &str, method: Method, body: Value, expect: &str| {
        let answer = harness.call(Some(&harness.admin), method, path, Some(body)).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(expect), "{detail}");
    };
    let update = |model: &str, method: &str| json!({ "modelUpdates": [{ "modelName": model, "llmConfig": { "routingMethod": method } }] });
    refused(&path, Method::PUT, update("other", "random"), "Model 'other' has no 'llmConfig'").await;
    refused(&path, Method::PUT, update("llama", "best"), "Invalid routingMethod 'best'").await;
    // One kind for all versions of a function.
    let versions = format!("/v2/nvcf/functions/{function}/versions");
    refused(&versions, Method::POST, crate::harness::chart_function(), "must be of that type").await;
    let mut body = crate::harness::chart_function();
    llm(&mut body);
    assert_eq!(harness.post(&versions, body.clone()).await.status, 200);
    body["models"][0].as_object_mut().unwrap().remove("llmConfig");
    refused("/v2/nvcf/functions", Method::POST, body, "at least one model with 'llmConfig.uris'").await;
    let (other, other_version) = harness.create(|_| {}).await;
    let other = format!("/v2/nvcf/functions/{other}/versions/{other_version}");
    refused(&other, Method::PUT, update("llama", "random"), "of type 'LLM' only").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_specification_wishes_is_kept_and_orders_the_specifications() {
    let harness = Harness::start().await;
    harness.cluster(8).await;
    let (function, version) = harness.create(|_| {}).await;
    let path = format!("/v2/nvcf/deployments/functions/{function}/versions/{version}");
    let wishes = json!({
        "availabilityZones": ["a"], "cpuArch": "AMD64", "os": "LINUX", "driverVersion": "570", "storage": "1Ti",
        "systemMemory": "64Gi", "gpuMemory": "48Gi", "preferredOrder": 2,
    });
    let mut late = json!({ "gpu": "L40", "minInstances": 0, "maxInstances": 1 });
    late.as_object_mut().unwrap().extend(wishes.as_object().unwrap().clone());
    let first = json!({ "gpu": "L40", "minInstances": 0, "maxInstances": 2, "preferredOrder": 1 });
    let any = json!({ "gpu": "L40", "minInstances": 0, "maxInstances": 3 });
    let wrong = json!({ "deploymentSpecifications": [{
        "gpu": "L40", "minInstances": 0, "maxInstances": 1, "preferredOrder": 100,
    }] });
    let refused = harness.post(&path, wrong).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body["detail"].as_str().unwrap().contains("preferredOrder"), "{}", refused.body);
    let body = json!({ "deploymentSpecifications": [any, late, first] });
    let deployed = harness.post(&path, body).await.body["deployment"]["deploymentSpecifications"].clone();
    let orders: Vec<&Value> = deployed.as_array().unwrap().iter().map(|one| &one["maxInstances"]).collect();
    assert_eq!(orders, [&json!(2), &json!(1), &json!(3)]);
    for (name, value) in wishes.as_object().unwrap() {
        assert_eq!(deployed[1][name], *value);
    }
}
