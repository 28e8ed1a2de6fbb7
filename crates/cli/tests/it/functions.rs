//! Functions from nothing to answers on this machine, with real containers.
#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::time::Instant;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::machine::{Machine, NO_CONTAINERS, has};

const CREATE: &str = include_str!("../../src/commands/demo/create.sh");
const DEPLOY: &str = include_str!("../../src/commands/demo/deploy.sh");
const ASKED: &str = r#"{"inputs":[{"name":"text","datatype":"BYTES","shape":[1],"data":["world"]}]}"#;

#[test]
fn the_demo_goes_from_nothing_to_answers_and_leaves_nothing() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_wheelhouse")).args(["demo", "--output=json"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let document: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    // What needs no containers is done everywhere.
    assert!(document["timingsMs"]["create"].is_number(), "{document}");
    if output.status.code() == Some(NO_CONTAINERS) {
        assert!(said.contains("this machine cannot run containers:\n- "), "{said}");
        eprintln!("SKIPPED: this machine cannot run containers");
        return;
    }
    assert!(output.status.success(), "{said}");
    eprintln!("{said}");
    let answers = &document["answers"];
    assert_eq!(answers["http"]["text"], "hello, wheelhouse from a chart");
    assert_eq!(answers["events"]["text"], "hello, | wheelhouse | from | a | chart");
    assert_eq!(answers["grpc"]["text"], "hello, wheelhouse from a chart");
    assert!(document["timingsMs"]["delete"].is_number(), "{document}");
}

/// Creates and deploys with the documents' own commands; gives the function, its version and the version's path.
fn create_and_deploy(machine: &Machine) -> (String, String, String) {
    let begun = Instant::now();
    let created = machine.shell(CREATE, &[]);
    eprintln!("create took {:?}", begun.elapsed());
    let created: Value = serde_json::from_str(&created).unwrap_or_else(|_| panic!("{created}"));
    let id =
        |name: &str| created["function"][name].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    let (function, version) = (id("id"), id("versionId"));
    let begun = Instant::now();
    let ids = [("FUNCTION_ID", function.as_str()), ("FUNCTION_VERSION_ID", version.as_str())];
    let deployed: Value = serde_json::from_str(&machine.shell(DEPLOY, &ids)).unwrap();
    assert_eq!(deployed["deployment"]["functionStatus"], "DEPLOYING", "{deployed}");
    let path = format!("/v2/nvcf/functions/{function}/versions/{version}");
    machine.until(&path, "ACTIVE");
    eprintln!("deploy to ACTIVE took {:?}", begun.elapsed());
    (function, version, path)
}

/// The function's answer over HTTP, as curl prints it.
fn ask(machine: &Machine, function: &str, asked: &str) -> Value {
    let call = r#"curl -s "http://${GATEWAY_ADDR}/v2/models/m/versions/1/infer" -H "Host: ${FUNCTION_ID}.invocation.${GATEWAY_ADDR}" -H "Authorization: Bearer $NVCF_TOKEN" -d "$ASKED""#;
    let said = machine.shell(call, &[("FUNCTION_ID", function), ("ASKED", asked)]);
    serde_json::from_str(&said).unwrap_or(Value::String(said))
}

#[test]
fn the_documents_own_commands_lead_to_an_answer_that_survives_restart_and_kill() {
    if !has("curl") || !has("bash") {
        return;
    }
    let Some(mut machine) = Machine::start(1) else { return };
    machine.push("inference-test", |values| values, true);
    let (function, _, path) = create_and_deploy(&machine);
    let answers = |machine: &Machine| {
        let answer = ask(machine, &function, ASKED);
        (answer["outputs"][0]["data"][0] == "hello, world").then_some(answer)
    };
    machine.eventually("the function answers", || answers(&machine));

    // In another shell, with nothing set: `up` left a context.
    let run = |words: &[&str]| {
        let (code, output, said) = machine.wheelhouse(words);
        assert_eq!(code, Some(0), "{words:?}: {output}{said}");
        output
    };
    let listed: Value = serde_json::from_str(&run(&["function", "list", "-o", "json"])).unwrap();
    assert_eq!(listed["functions"][0]["id"], function.as_str());
    let contexts: Value = serde_json::from_str(&run(&["context", "list", "-o", "json"])).unwrap();
    assert_eq!((&contexts[0]["name"], &contexts[0]["current"]), (&json!("local"), &json!(true)));
    assert!(run(&["doctor"]).contains("GPUs"));
    // What the container wrote comes through agent and control plane.
    let logs = run(&["function", "logs", &function]);
    assert!(logs.contains("serves on port 8001") && logs.contains("/infer 200"), "{logs}");
    let tail = run(&["function", "logs", &function, "--tail", "1", "-o", "json"]);
    assert_eq!(tail.lines().count(), 1, "{tail}");

    for signal in [Signal::TERM, Signal::KILL] {
        machine.end(signal);
        let begun = Instant::now();
        assert!(machine.up(1));
        machine.eventually("the function answers again", || answers(&machine));
        machine.until(&path, "ACTIVE");
        eprintln!("answers again {:?} after the start", begun.elapsed());
        // A start that makes no token keeps the one that is known.
        let (code, _, said) = machine.wheelhouse(&["function", "get", &function]);
        assert_eq!(code, Some(0), "{said}");
    }
    let instances = &machine.until(&path, "ACTIVE")["activeInstances"];
    assert_eq!(instances.as_array().map(Vec::len), Some(1), "{instances}");
}

#[test]
fn a_function_of_two_nodes_answers_from_both() {
    if !has("curl") || !has("bash") {
        return;
    }
    let Some(machine) = Machine::start(2) else { return };
    machine.push("multi-node", |values| values, true);
    let helm_chart = format!("oci://{}/team/charts/multi-node-1.0.0.tgz", machine.registry());
    let created = machine.call(
        "POST",
        "/v2/nvcf/functions",
        &json!({
            "name": "two-nodes", "inferenceUrl": "/v2/models/m/versions/1/infer", "inferencePort": 8001,
            "helmChart": helm_chart, "helmChartServiceName": "entrypoint",
        }),
    );
    let id =
        |name: &str| created["function"][name].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    let (function, version) = (id("id"), id("versionId"));
    let deployed = machine.call(
        "POST",
        &format!("/v2/nvcf/deployments/functions/{function}/versions/{version}"),
        &json!({ "deploymentSpecifications": [{
            "gpu": "L40", "backend": "nvcf-default", "instanceType": "ON-PREM.GPU.L40_1x.x2",
            "minInstances": 1, "maxInstances": 1,
        }] }),
    );
    assert_eq!(deployed["deployment"]["functionStatus"], "DEPLOYING", "{deployed}");
    let begun = Instant::now();
    machine.until(&format!("/v2/nvcf/functions/{function}/versions/{version}"), "ACTIVE");
    eprintln!("two nodes: deploy to ACTIVE took {:?}", begun.elapsed());
    let asked = json!({ "inputs": [{
        "name": "text", "datatype": "BYTES", "shape": [4], "data": ["a", "b", "c", "d"],
    }] });
    let answer = ask(&machine, &function, &asked.to_string());
    assert_eq!(
        answer["outputs"][0]["data"],
        json!(["hello, a", "hello, b", "hello, c", "hello, d"]),
        "{answer}"
    );
    let by = &answer["outputs"][2]["data"];
    assert_eq!(*by, json!(["multi-node-0", "multi-node-1", "multi-node-0", "multi-node-1"]), "{answer}");
}

#[test]
fn whichever_part_is_killed_the_function_comes_back_by_itself() {
    if !has("curl") || !has("bash") {
        return;
    }
    let Some(mut machine) = Machine::start_apart() else { return };
    machine.push("inference-test", |values| values, true);
    machine.eventually("the cluster is introduced", || {
        let groups = machine.call("GET", "/v2/nvcf/clusterGroups", &Value::Null);
        groups["clusterGroups"].as_array().is_some_and(|groups| !groups.is_empty()).then_some(())
    });
    let (function, version, path) = create_and_deploy(&machine);
    let answers = |machine: &Machine| {
        let answer = ask(machine, &function, ASKED);
        (answer["outputs"][0]["data"][0] == "hello, world").then_some(())
    };
    let whole = |machine: &Machine, what: &str| {
        machine.eventually(what, || answers(machine));
        let seen = machine.until(&path, "ACTIVE");
        assert_eq!(seen["activeInstances"].as_array().map(Vec::len), Some(1), "{what}: {seen}");
    };
    whole(&machine, "the function answers");

    machine.kill_containers(&function);
    whole(&machine, "it answers after its container was killed");

    // Without its agent it serves; what is asked for meanwhile is done when the agent is back.
    machine.kill_agent();
    assert!(answers(&machine).is_some());
    let ids = [("FUNCTION_ID", function.as_str()), ("FUNCTION_VERSION_ID", version.as_str())];
    let deployment = path.replacen("/functions/", "/deployments/functions/", 1);
    let removed = machine.call("DELETE", &deployment, &Value::Null);
    assert_eq!(removed["function"]["status"], "INACTIVE", "{removed}");
    let deployed: Value = serde_json::from_str(&machine.shell(DEPLOY, &ids)).unwrap();
    assert_eq!(deployed["deployment"]["functionStatus"], "DEPLOYING", "{deployed}");
    machine.start_agent();
    // Again while it works.
    machine.eventually("the agent has taken the instance", || {
        let seen = machine.call("GET", &path, &Value::Null);
        let instances = seen["function"]["activeInstances"].as_array()?.len();
        (instances > 0).then_some(())
    });
    machine.kill_agent();
    machine.start_agent();
    whole(&machine, "it answers after its agent was killed twice");

    machine.end(Signal::KILL);
    assert!(machine.up(0));
    whole(&machine, "it answers after the platform was killed");
}
