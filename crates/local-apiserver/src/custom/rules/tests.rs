use serde_json::{Value, json};

use super::*;

fn schema() -> Value {
    json!({"type": "object", "properties": {
        "spec": {
            "type": "object",
            "x-kubernetes-validations": [
                {"rule": "self.least <= self.most", "message": "least must not exceed most", "fieldPath": ".least"},
                {"rule": "!has(oldSelf.name) || self.name == oldSelf.name", "reason": "FieldValueForbidden",
                    "messageExpression": "'name was ' + oldSelf.name"},
                {"rule": "oldSelf.hasValue() || self.most < 100", "optionalOldSelf": true}
            ],
            "properties": {
                "least": {"type": "integer"}, "most": {"type": "integer"},
                "name": {"type": "string", "x-kubernetes-validations": [{"rule": "self.startsWith('n')"}]},
                "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                    "items": {"type": "object",
                        "x-kubernetes-validations": [{"rule": "self.port >= oldSelf.port", "message": "ports only grow"}],
                        "properties": {"name": {"type": "string"}, "port": {"type": "integer"}}}},
                "labels": {"type": "object", "additionalProperties": {"type": "string",
                    "x-kubernetes-validations": [{"rule": "size(self) < 3"}]}}
            }
        }
    }})
}

fn broken(object: &Value, old: Option<&Value>) -> Vec<String> {
    let rules = Rules::of(&schema()).unwrap();
    let mut warnings = Vec::new();
    let errors = rules.broken(object, old, &mut warnings);
    let warnings = warnings.into_iter().map(|text| format!("warning: {text}"));
    errors.iter().map(ToString::to_string).chain(warnings).collect()
}

#[test]
fn broken_rules_read_as_the_api_writes_them() {
    let spec = |spec: Value| json!({"metadata": {"name": "a"}, "spec": spec});
    let check = |new: Value, old: Option<Value>, expect: &[&str]| {
        assert_eq!(broken(&spec(new), old.map(spec).as_ref()), expect);
    };
    check(json!({"least": 1, "most": 2, "name": "n"}), None, &[]);
    check(
        json!({"least": 3, "most": 2, "name": "n"}),
        None,
        &["spec.least: Invalid value: least must not exceed most"],
    );
    check(
        json!({"least": 1, "most": 2, "name": "x", "labels": {"a": "long"}}),
        None,
        &[
            "spec.name: Invalid value: \"x\": failed rule: self.startsWith('n')",
            "spec.labels[a]: Invalid value: \"long\": failed rule: size(self) < 3",
        ],
    );
    check(
        json!({"least": 1, "most": 2, "name": "n2"}),
        Some(json!({"least": 1, "most": 2, "name": "n1"})),
        &["spec: Forbidden: name was n1"],
    );
    // the third rule looks at new objects only
    check(
        json!({"least": 1, "most": 200, "name": "n"}),
        None,
        &["spec: Invalid value: failed rule: oldSelf.hasValue() || self.most < 100"],
    );
    check(
        json!({"least": 1, "most": 200, "name": "n"}),
        Some(json!({"least": 1, "most": 2, "name": "n"})),
        &[],
    );
}

#[test]
fn items_are_compared_with_the_item_of_their_key() {
    let spec = |ports: Value| json!({"spec": {"least": 1, "most": 2, "name": "n", "ports": ports}});
    let old = spec(json!([{"name": "a", "port": 5}, {"name": "b", "port": 9}]));
    let new = spec(json!([{"name": "b", "port": 8}, {"name": "a", "port": 6}, {"name": "c", "port": 1}]));
    assert_eq!(broken(&new, Some(&old)), ["spec.ports[0]: Invalid value: ports only grow"]);
}

#[test]
fn what_was_broken_before_is_only_warned_of() {
    let object = |name: &str, most: i64| json!({"spec": {"least": 1, "most": most, "name": name}});
    assert_eq!(
        broken(&object("x", 3), Some(&object("x", 2))),
        ["warning: spec.name: Invalid value: \"x\": failed rule: self.startsWith('n')"]
    );
}

#[test]
fn what_cannot_be_run_is_told() {
    let rules = |rule: &str| {
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}},
            "x-kubernetes-validations": [{ "rule": rule }]});
        let errors = Rules::of(&schema).unwrap().broken(&json!({"n": 1}), None, &mut Vec::new());
        errors.iter().map(|error| error.detail_text()).collect::<Vec<_>>()
    };
    assert_eq!(
        rules("self.x == 1"),
        ["Invalid value: \"object\": no such key: x evaluating rule: self.x == 1"]
    );
    assert_eq!(
        rules("self.n / 0 == 1"),
        ["Invalid value: \"object\": division by zero evaluating rule: self.n / 0 == 1"]
    );
    assert!(
        rules("(")[0]
            .starts_with("Invalid value: \"object\": rule compile error: compilation failed: ERROR:")
    );
    let deep = format!("{}1{} == 1", "(".repeat(5000), ")".repeat(5000));
    assert!(rules(&deep)[0].contains("nests too deeply"));
}

#[test]
fn functions_give_what_those_of_the_api_give() {
    let scope = functions();
    let check = |text: &str, expect: Result<Cel, &str>| {
        let got = evaluate(&compile(text).unwrap(), &scope).map_err(|error| error.to_string());
        assert_eq!(got, expect.map_err(str::to_owned), "{text}");
    };
    let text = |text: &str| Ok(Cel::String(Arc::new(text.to_owned())));
    check("string(timestamp('2024-05-06T07:08:09Z'))", text("2024-05-06T07:08:09Z"));
    check("string(timestamp('2024-05-06T07:08:09.120Z'))", text("2024-05-06T07:08:09.12Z"));
    check("string(timestamp('2024-05-06T07:08:09+02:00'))", text("2024-05-06T07:08:09+02:00"));
    check("string(7)", text("7"));
    check("url('https://a.b:80/c?d=e&d=f%20g').getHost()", text("a.b:80"));
    check("url('https://a.b:80/c?d=e&d=f%20g').getQuery()['d'][1]", text("f g"));
    check("url('https://a/b') == url('https://a/b')", Ok(Cel::Bool(true)));
    check("isURL('/a') && !isURL('a')", Ok(Cel::Bool(true)));
    check(
        "url('a')",
        Err(
            "Error executing function 'url': URL parse error during conversion from string: parse \"a\": invalid URI for request",
        ),
    );
}
