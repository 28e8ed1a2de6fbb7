use wheelhouse_policy::{Facts, FunctionFacts};

use crate::support::{facts, messages, of_rule};

const CHART: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: entrypoint\nspec:\n  selector: {app: web}\n  ports:\n  - port: 8000\n    targetPort: http\n\
    ---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  labels: {app: web}\nspec:\n  containers:\n  - name: c\n    image: i\n    ports: [{name: http, containerPort: 80}]\n";

fn function(name: &str, port: i64) -> Facts {
    let function = FunctionFacts {
        service_name: name.into(),
        inference_port: Some(port),
        inference_url: "/infer".into(),
        ..FunctionFacts::default()
    };
    Facts { function: Some(function), ..facts() }
}

#[test]
fn a_sound_entry_point_has_no_finding() {
    for id in ["WH-020", "WH-021", "WH-022", "WH-023", "WH-024", "WH-025", "WH-026", "WH-027"] {
        assert_eq!(of_rule(id, CHART, &function("entrypoint", 8000)), Vec::<String>::new(), "{id}");
    }
}

#[test]
fn the_named_service_must_be_there() {
    assert_eq!(
        messages("WH-020", CHART, &function("entrypont", 8000)),
        ["no Service named \"entrypont\" in the rendered chart; Services: entrypoint"]
    );
}

#[test]
fn the_inference_port_must_be_one_of_its_ports() {
    assert_eq!(
        messages("WH-021", CHART, &function("entrypoint", 9)),
        ["Service/entrypoint has no port 9; it has 8000"]
    );
}

#[test]
fn it_must_select_a_pod() {
    let chart = CHART.replace("selector: {app: web}", "selector: {app: wep}");
    assert_eq!(
        of_rule("WH-022", &chart, &function("entrypoint", 8000)),
        ["error spec.selector = {app: wep}"]
    );
    let without = CHART.replace("  selector: {app: web}\n", "");
    assert_eq!(of_rule("WH-022", &without, &function("entrypoint", 8000)).len(), 1);
}

#[test]
fn its_target_must_be_declared() {
    let name = CHART.replace("targetPort: http", "targetPort: grpc");
    assert_eq!(
        of_rule("WH-023", &name, &function("entrypoint", 8000)),
        ["error spec.ports[*].targetPort = grpc"]
    );
    let number = CHART.replace("targetPort: http", "targetPort: 81");
    assert_eq!(
        of_rule("WH-023", &number, &function("entrypoint", 8000)),
        ["warning spec.ports[*].targetPort = 81"]
    );
}

#[test]
fn the_health_port_must_be_one_of_its_ports() {
    let mut facts = function("entrypoint", 8000);
    facts.function.as_mut().unwrap().health_port = Some(9);
    assert_eq!(messages("WH-024", CHART, &facts), ["health port 9 is not a port of Service/entrypoint"]);
}

#[test]
fn a_templated_name_is_refused() {
    assert_eq!(
        messages("WH-025", CHART, &function("{{ .Release.Name }}", 8000)),
        ["helmChartServiceName \"{{ .Release.Name }}\" contains a template"]
    );
}

#[test]
fn a_grpc_function_says_so_twice() {
    let mut facts = function("entrypoint", 8000);
    let function = facts.function.as_mut().unwrap();
    function.inference_url = "/gRPC".into();
    function.health_protocol = Some("HTTP".into());
    assert_eq!(messages("WH-026", CHART, &facts).len(), 1);
    facts.function.as_mut().unwrap().health_protocol = Some("gRPC".into());
    assert_eq!(messages("WH-026", CHART, &facts).len(), 0);
}

#[test]
fn the_entry_port_of_a_grpc_function_speaks_grpc() {
    let mut facts = function("entrypoint", 8000);
    facts.function.as_mut().unwrap().inference_url = "/grpc".into();
    let with = |protocol: &str| {
        CHART.replace("    targetPort: http", &format!("    targetPort: http\n    appProtocol: {protocol}"))
    };
    for (protocol, found) in [("grpc", 0), ("kubernetes.io/h2c", 0), ("http", 1)] {
        assert_eq!(of_rule("WH-026", &with(protocol), &facts).len(), found, "{protocol}");
    }
    assert_eq!(of_rule("WH-026", &with("http"), &facts), ["warning spec.ports[*].appProtocol = http"]);
}

#[test]
fn the_nearest_pods_are_named() {
    let chart = CHART.replace("selector: {app: web}", "selector: {app: wep}");
    let found = crate::support::findings_with(&chart, &function("entrypoint", 8000));
    let fix = found
        .iter()
        .find(|(finding, _)| finding.rule.id == "WH-022")
        .map(|(finding, _)| finding.fix.as_str());
    assert_eq!(fix, Some("select {app: web}, the labels of the pods of Pod/p"));
}

#[test]
fn a_headless_entry_is_warned_of() {
    let chart = CHART.replace("  selector:", "  clusterIP: None\n  selector:");
    assert_eq!(of_rule("WH-027", &chart, &function("entrypoint", 8000)), ["warning spec.clusterIP = None"]);
}
