//! values.schema.json: Helm's messages, every draft, and schemas that mean harm.

use serde_json::{Value, json};
use wheelhouse_chart::schema::{no_documents, validate_against, validate_values};
use wheelhouse_chart::values::{Coalescer, Origins};
use wheelhouse_chart::{Chart, Compat, Error, Warning};
use wheelhouse_gotemplate::Map;

use crate::support::{chart, table};

fn values(chart: &Chart, user: &Value) -> Map {
    let mut origins = Origins::off();
    Coalescer::new(Compat::V4, &mut origins, &mut Vec::new()).coalesce(chart, &table(user)).unwrap()
}

/// The list of failures; empty if there is none.
fn validate(schema: &str, user: &Value) -> String {
    let bare = chart(&[("Chart.yaml", "name: a\nversion: 1.0.0")]);
    let result = validate_against(schema.as_bytes(), &values(&bare, user), &no_documents, &mut Vec::new());
    result.map_or_else(|error| error.to_string(), |()| String::new())
}

fn check(schema: Value, user: Value, expected: &str) {
    let found = validate(&schema.to_string(), &user);
    assert_eq!(found.trim_end_matches('\n'), expected, "{schema}");
}

fn check_property(rule: Value, value: Value, expected: &str) {
    check(json!({"properties": {"a": rule}}), json!({"a": value}), &format!("- at '/a': {expected}"));
}

#[test]
fn messages_are_those_of_helms_validator() {
    check_property(json!({"type": "integer"}), json!("x"), "got string, want integer");
    check_property(json!({"type": ["string", "null"]}), json!(1), "got number, want null or string");
    check_property(json!({"type": "integer"}), json!(1.5), "got number, want integer");
    check_property(json!({"minimum": 0}), json!(-5), "minimum: got -5, want 0");
    check_property(json!({"maximum": 65535}), json!(70000), "maximum: got 70,000, want 65,535");
    check_property(json!({"exclusiveMaximum": 1}), json!(1_000_000), "exclusiveMaximum: got 1×10⁰⁶, want 1");
    check_property(json!({"multipleOf": 0.1}), json!(0.35), "multipleOf: got 0.35, want 0.1");
    check_property(
        json!({"enum": ["x", 1, null, true]}),
        json!("y"),
        "value must be one of 'x', 1, <nil>, true",
    );
    check_property(json!({"enum": [{}]}), json!("y"), "'enum' failed");
    check_property(json!({"const": "it's"}), json!("y"), "value must be 'it\\'s'");
    check_property(
        json!({"pattern": "^[a-z]+$"}),
        json!("A\"\n"),
        "'A\"\\n' does not match pattern '^[a-z]+$'",
    );
    check_property(json!({"minLength": 3}), json!("é"), "minLength: got 1, want 3");
    check_property(json!({"required": ["x"]}), json!({}), "missing property 'x'");
    check_property(json!({"required": ["x", "y"]}), json!({}), "missing properties 'x', 'y'");
    check_property(
        json!({"additionalProperties": false}),
        json!({"b": 1, "c": 1}),
        "additional properties 'b', 'c' not allowed",
    );
    check_property(json!({"minProperties": 2000}), json!({}), "minProperties: got 0, want 2,000");
    check_property(json!({"uniqueItems": true}), json!([1, "a", 1.0]), "items at 0 and 2 are equal");
    check_property(json!({"not": {}}), json!(1), "'not' failed");
    check_property(json!(false), json!(1), "false schema");
    check_property(json!({"oneOf": [{}, true]}), json!(1), "'oneOf' failed, subschemas 0, 1 matched");
    check_property(
        json!({"contains": {"type": "string"}, "minContains": 2}),
        json!([1, "a"]),
        "min 2 items required to match contains schema, but matched 1 items at 1\n  - at '/a/0': got number, want string",
    );
    check_property(
        json!({"dependentRequired": {"x": ["y"]}}),
        json!({"x": 1}),
        "properties 'y' required, if 'x' exists",
    );
}

#[test]
fn failures_nest_as_their_keywords_do() {
    check(
        json!({"properties": {"a": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/port"}]}}, "required": ["b"],
               "$defs": {"port": {"type": "integer", "minimum": 1}}}),
        json!({"a": 0}),
        "- at '': missing property 'b'\n- at '/a': 'anyOf' failed\n  - at '/a': got number, want string\n  - at '/a': minimum: got 0, want 1",
    );
    check(
        json!({"allOf": [{"$ref": "#/$defs/two"}], "$defs": {"two": {"required": ["a"], "maxProperties": 0}}}),
        json!({"b": 1}),
        "- at '': 'allOf' failed\n  - at '': validation failed\n    - at '': maxProperties: got 1, want 0\n    - at '': missing property 'a'",
    );
    check(
        json!({"propertyNames": {"pattern": "^x"}}),
        json!({"y": 1}),
        "- at '': invalid propertyName 'y'\n  - at '': 'y' does not match pattern '^x'",
    );
}

#[test]
fn each_draft_has_its_own_rules() {
    let draft = |name: &str| format!("http://json-schema.org/{name}/schema#");
    check(
        json!({"$schema": draft("draft-04"), "properties": {"a": {"minimum": 1, "exclusiveMinimum": true}}}),
        json!({"a": 1}),
        "- at '/a': exclusiveMinimum: got 1, want 1",
    );
    check(
        json!({"$schema": draft("draft-07"), "properties": {"a": {"$ref": "#/definitions/x", "type": "string"}},
               "definitions": {"x": {"format": "ipv4"}}}),
        json!({"a": "1.2.3"}),
        "- at '/a': '1.2.3' is not valid ipv4: expected four decimals",
    );
    // Newer drafts take formats as remarks, and keywords beside a reference count.
    check(json!({"properties": {"a": {"format": "ipv4"}}}), json!({"a": "x"}), "");
    check(
        json!({"$schema": "https://json-schema.org/draft/2019-09/schema", "unevaluatedProperties": false,
               "$ref": "#/$defs/x", "$defs": {"x": {"properties": {"a": true}}}}),
        json!({"a": 1, "b": 1}),
        "- at '/b': false schema",
    );
    check(
        json!({"$id": "https://example.com/tree", "$dynamicAnchor": "node", "properties": {"a": {"$dynamicRef": "#node"}}, "required": ["v"]}),
        json!({"v": 1, "a": {"v": 1, "a": {}}}),
        "- at '/a/a': missing property 'v'",
    );
    check(json!({"items": [{}], "$schema": draft("draft-06"), "if": false, "else": false}), json!({}), "");
}

#[test]
fn schemas_that_are_none_are_told() {
    for (schema, expected) in [
        (
            r#"{"type": "strin"}"#,
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/type': 'anyOf' failed\n    - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n    - at '/type': got string, want array",
        ),
        (
            r#"{"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "("}"#,
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'http://json-schema.org/draft-07/schema#'\n- at '/pattern': '(' is not valid regex: error parsing regexp: missing closing ): `(`",
        ),
        (r##"{"$ref": "#/nope"}"##, "json-pointer in \"file:///values.schema.json#/nope\" not found"),
        (
            r##"{"$ref": "#nope"}"##,
            "anchor in \"file:///values.schema.json#nope\" not found in schema \"file:///values.schema.json\"",
        ),
        ("{} x", "invalid character after top-level value"),
        ("{", "unexpected EOF"),
    ] {
        assert_eq!(validate(schema, &json!({})), expected);
    }
}

#[test]
fn numbers_of_a_schema_are_told_as_they_are_written() {
    let told = |rule: &str, value: Value| {
        let schema = format!("{{\"properties\": {{\"a/b\": {rule}}}}}");
        let told = validate(&schema, &json!({ "a/b": value }));
        told.strip_prefix("- at '/a~1b': ").unwrap_or(&told).trim_end().to_owned()
    };
    for (rule, value, expected) in [
        (
            r#"{"enum": [1.50, 1E3, 1e+400, 0.10, 100000000000000000000, -0]}"#,
            json!(2),
            "value must be one of 1.50, 1E3, 1e+400, 0.10, 100000000000000000000, -0",
        ),
        (r#"{"const": 2.0}"#, json!("2"), "value must be 2.0"),
        (r#"{"const": 2.0}"#, json!(2), ""),
        (r#"{"enum": [1e2, 0.10]}"#, json!(100), ""),
        (r#"{"enum": [1e2, 0.10]}"#, json!(0.1), ""),
        (
            r#"{"const": 12345678901234567890123}"#,
            json!(1.234_567_890_123_456_8e22),
            "value must be 12345678901234567890123",
        ),
        (r#"{"minimum": 1.50}"#, json!(1), "minimum: got 1, want 1.5"),
        (r#"{"maximum": 1e400}"#, json!(1), ""),
        (r#"{"multipleOf": 1e400}"#, json!(1), "multipleOf: got 1, want ∞"),
        (r#"{"minimum": -1e400}"#, json!(1), ""),
        (r#"{"maximum": -1e400}"#, json!(1), "maximum: got 1, want -∞"),
        (r#"{"const": [1.0]}"#, json!([2]), "'const' failed"),
    ] {
        assert_eq!(told(rule, value), expected, "{rule}");
    }
}

#[test]
fn schemas_of_schemas_are_loaded_to_find_the_draft() {
    let documents = |url: &str| match url {
        "https://example.com/old" => Ok(br#"{"$schema": "https://example.com/older#"}"#.to_vec()),
        "https://example.com/older" => {
            Ok(br#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#.to_vec())
        }
        "https://example.com/round" => Ok(br#"{"$schema": "https://example.com/round2"}"#.to_vec()),
        "https://example.com/round2" => Ok(br#"{"$schema": "https://example.com/round"}"#.to_vec()),
        "https://example.com/itself" => Ok(br#"{"$schema": "https://example.com/itself"}"#.to_vec()),
        other => Err(format!("open {other}: no such file or directory")),
    };
    let bare = chart(&[("Chart.yaml", "name: a\nversion: 1.0.0")]);
    // Draft 7 knows lists of `items`, later drafts do not.
    let seventh = "- at '/a/0': got number, want string";
    for (named, expected) in [
        ("https://example.com/old", seventh),
        (
            "json-schema.org/draft-07/schema#",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'http://json-schema.org/draft-07/schema#'\n- at '/$schema': 'json-schema.org/draft-07/schema#' is not valid uri: relative url",
        ),
        ("http://json-schema.org/draft-07/schema#there", seventh),
        ("https://example.com/round", "cycle in resolving $schema in \"https://example.com/round\""),
        ("https://example.com/itself", "draft \"https://example.com/itself\" is not supported"),
        ("file:///values.schema.json", "draft \"file:///values.schema.json\" is not supported"),
        ("mine", "failing loading \"mine\": no URLLoader registered for \"mine\""),
        ("", "failing loading \"\": no URLLoader registered for \"\""),
        ("::", "invalid $schema in \"file:///values.schema.json#\": parse \"::\": missing protocol scheme"),
        ("file:///none", "failing loading \"file:///none\": open file:///none: no such file or directory"),
    ] {
        let schema = json!({"$schema": named, "properties": {"a": {"items": [{"type": "string"}]}}});
        let values = values(&bare, &json!({"a": [1]}));
        let found = validate_against(schema.to_string().as_bytes(), &values, &documents, &mut Vec::new());
        assert_eq!(found.unwrap_err().to_string().trim_end(), expected, "{named}");
    }
    for (schema, expected) in [
        (
            r#"{"properties": {"a": {"$id": "%zz"}}}"#,
            "error in parsing id at \"file:///values.schema.json#/properties/a\"",
        ),
        (
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "#%zz"}"##,
            "error in parsing anchor at \"file:///values.schema.json#\"",
        ),
    ] {
        assert_eq!(validate(schema, &json!({})), expected);
    }
}

#[test]
fn nothing_outside_of_the_schema_is_read() {
    for reference in ["file:///etc/passwd", "http://localhost/x", "other.json", "/dev/zero"] {
        let found = validate(&json!({"$ref": reference}).to_string(), &json!({}));
        assert!(found.ends_with("references out of the schema are not followed"), "{found}");
    }
    let bare = chart(&[("Chart.yaml", "name: a\nversion: 1.0.0")]);
    let mut warnings = Vec::new();
    let schema = json!({"$ref": "urn:example:x"}).to_string();
    validate_against(schema.as_bytes(), &values(&bare, &json!({})), &no_documents, &mut warnings).unwrap();
    assert_eq!(warnings, [Warning::UnresolvedUrn { urn: "urn:example:x".into() }]);
}

#[test]
fn what_a_schema_refers_to_is_asked_for() {
    let documents = |url: &str| match url {
        "https://example.com/sizes.json" => {
            Ok(br##"{"$defs": {"size": {"$ref": "more/small.json"}}}"##.to_vec())
        }
        "https://example.com/more/small.json" => Ok(br#"{"type": "integer", "maximum": 9}"#.to_vec()),
        "file:///charts/broken.json" => Ok(b"{} x".to_vec()),
        other => Err(format!("open {other}: no such file or directory")),
    };
    let bare = chart(&[("Chart.yaml", "name: a\nversion: 1.0.0")]);
    for (reference, expected) in [
        ("https://example.com/sizes.json#/$defs/size", "- at '/n': maximum: got 10, want 9"),
        (
            "charts/broken.json",
            "failing loading \"file:///charts/broken.json\": invalid character after top-level value",
        ),
        (
            "none.json",
            "failing loading \"file:///none.json\": open file:///none.json: no such file or directory",
        ),
        ("ftp://a/b", "failing loading \"ftp://a/b\": no URLLoader registered for \"ftp://a/b\""),
    ] {
        let schema = json!({"properties": {"n": {"$ref": reference}}}).to_string();
        let values = values(&bare, &json!({"n": 10}));
        let found = validate_against(schema.as_bytes(), &values, &documents, &mut Vec::new()).unwrap_err();
        assert_eq!(found.to_string().trim_end(), expected);
    }
}

#[test]
fn every_chart_is_checked_with_its_part_of_the_values() {
    let schema = r#"{"properties": {"n": {"type": "number"}}}"#;
    let chart = chart(&[
        ("Chart.yaml", "name: p\nversion: 1.0.0"),
        ("values.schema.json", schema),
        ("charts/s/Chart.yaml", "name: s\nversion: 1.0.0"),
        ("charts/s/values.schema.json", schema),
    ]);
    let user = json!({"n": "x", "s": {"n": "y"}});
    let error = validate_values(&chart, &values(&chart, &user), &no_documents, &mut Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "values don't meet the specifications of the schema(s) in the following chart(s):\n\
         p:\n- at '/n': got string, want number\ns:\n- at '/n': got string, want number\n"
    );
    assert_eq!(
        validate_values(&chart, &values(&chart, &json!({"n": 1})), &no_documents, &mut Vec::new()),
        Ok(())
    );
}

#[test]
fn schemas_that_lead_into_themselves_end_in_errors() {
    check(
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
        json!({}),
        "- at '': both /$ref/$ref/$ref and /$ref resolve to \"file:///values.schema.json#/$defs/a\" causing reference cycle",
    );
    // Twice as many schemas at each step.
    let mut definitions = serde_json::Map::new();
    for step in 0..60 {
        let next = json!({"$ref": format!("#/$defs/d{}", step + 1)});
        definitions.insert(format!("d{step}"), json!({"allOf": [next, next]}));
    }
    definitions.insert("d60".into(), json!({}));
    let costly = json!({"$ref": "#/$defs/d0", "$defs": definitions});
    let bare = chart(&[("Chart.yaml", "name: a\nversion: 1.0.0")]);
    let result = validate_against(
        costly.to_string().as_bytes(),
        &values(&bare, &json!({})),
        &no_documents,
        &mut Vec::new(),
    );
    assert_eq!(result, Err(Error::SchemaTooCostly));
}

#[test]
fn depth_does_not_overflow_the_stack() {
    let deep_schema = format!("{}true{}", r#"{"not":"#.repeat(10_000), "}".repeat(10_000));
    assert!(!validate(&deep_schema, &json!({})).is_empty());
    let deep_enough = format!("{}true{}", r#"{"not":"#.repeat(60), "}".repeat(60));
    assert_eq!(validate(&deep_enough, &json!({})), "");
    let mut deep = json!({});
    for _ in 0..400 {
        deep = json!({"a": deep});
    }
    let recursive = json!({"properties": {"a": {"$ref": "#"}}});
    let found = validate(&recursive.to_string(), &deep);
    assert_eq!(found, Error::SchemaTooCostly.to_string());
}
