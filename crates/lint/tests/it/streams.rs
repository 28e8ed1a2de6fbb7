//! Files of several documents, in YAML and in JSON.

use wheelhouse_chart::Compat;
use wheelhouse_lint::document_heads;

/// The kinds that are read, or the error.
fn check(text: &str, expected: &[Result<&str, &str>]) {
    let heads = document_heads(text.as_bytes(), Compat::V4);
    let found: Vec<Result<&str, &str>> = heads
        .iter()
        .map(|head| head.as_ref().map(|head| head.kind.as_str()).map_err(String::as_str))
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn yaml() {
    check("kind: A\n---\n# nothing\n---\nkind: B\n", &[Ok("A"), Ok("B")]);
    check("kind: 1\n", &[Ok("1")]);
    check("kind: A\n--- x\nkind: B\n", &[Err("invalid Yaml document separator: x")]);
    check(
        "kind: A\n---\n- b\n---\nkind: C\n",
        &[
            Ok("A"),
            Err(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type rules.k8sYamlStruct",
            ),
        ],
    );
}

#[test]
fn json() {
    check("{\"kind\":\"A\"}\n{\"kind\":\"B\"}\n", &[Ok("A"), Ok("B")]);
    check("{\"kind\":\"A\"}\n---\n{\"kind\":\"B\"}\n", &[Ok("A"), Ok("B")]);
    check("{kind: A}\n", &[Ok("A")]);
    check(
        "{\"kind\":1,\"metadata\":[]}",
        &[Err("json: cannot unmarshal number into Go struct field k8sYamlStruct.Kind of type string")],
    );
    check(
        "{\"kind\":\"A\"}{\"kind\":\"B\"} x",
        &[Ok("A"), Ok("B"), Err("invalid character 'x' looking for beginning of value")],
    );
    check("{\"kind\": bad]", &[Err("json: offset 10: invalid character 'b' looking for beginning of value")]);
}
