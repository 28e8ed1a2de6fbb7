//! How values of the user, of parents and of charts come together.

use proptest::prelude::*;
use serde_json::{Value, json};
use wheelhouse_chart::values::{Coalescer, Origins};
use wheelhouse_chart::{Compat, Error, process_dependencies};

use crate::support::{chart, rendered_values, table};

/// A chart `p` with a subchart `s`, of these values files.
fn coalesced(parent: &str, child: &str, user: &Value, compat: Compat) -> (Value, Vec<String>) {
    let chart = chart(&[
        ("Chart.yaml", "apiVersion: v2\nname: p\nversion: 1.0.0\n"),
        ("values.yaml", parent),
        ("charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0\n"),
        ("charts/s/values.yaml", child),
    ]);
    let (_, values, warnings) = rendered_values(&chart, user, compat);
    (values, warnings)
}

fn check(parent: &str, child: &str, user: Value, expected: Value) {
    for compat in [Compat::V4, Compat::V3] {
        assert_eq!(coalesced(parent, child, &user, compat).0, expected, "{compat:?}");
    }
}

#[test]
fn the_user_wins_over_parents_over_charts() {
    check(
        "a: 1\ns: {b: parent, c: parent, l: [1]}\n",
        "b: child\nc: child\nd: child\nl: [2, 3]\n",
        json!({"s": {"c": "user"}}),
        json!({"a": 1, "s": {"b": "parent", "c": "user", "d": "child", "l": [1], "global": {}}}),
    );
}

#[test]
fn null_takes_defaults_away() {
    check(
        "a: 1\nt: {x: 1, z: 2}\ns: {c: 1}\n",
        "b: child\nt: {x: 1}\n",
        json!({"a": null, "t": {"x": null, "new": null}, "s": {"b": null, "t": {"x": null}}}),
        json!({"t": {"z": 2, "new": null}, "s": {"c": 1, "t": {}, "global": {}}}),
    );
}

#[test]
fn helm_4_takes_nulls_out_of_defaults() {
    let (parent, child) = ("a: ~\nt: {x: ~, l: [~]}\n", "b: ~\nt: {x: ~}\n");
    let v4 = coalesced(parent, child, &json!({}), Compat::V4).0;
    assert_eq!(v4, json!({"t": {"l": [null]}, "s": {"t": {}, "global": {}}}));
    let v3 = coalesced(parent, child, &json!({}), Compat::V3).0;
    assert_eq!(
        v3,
        json!({"a": null, "t": {"x": null, "l": [null]}, "s": {"b": null, "t": {"x": null}, "global": {}}})
    );
}

#[test]
fn globals_go_down_and_win() {
    check(
        "global: {a: parent, t: {x: 1}}\n",
        "global: {a: child, b: child, t: {x: 2, z: 3}}\n",
        json!({"global": {"u": "user"}}),
        json!({
            "global": {"a": "parent", "t": {"x": 1}, "u": "user"},
            "s": {"global": {"a": "parent", "b": "child", "t": {"x": 1, "z": 3}, "u": "user"}}
        }),
    );
}

#[test]
fn what_does_not_fit_is_told() {
    for (parent, child, expected) in [
        (
            "s: {a: {b: {}}}",
            "a: {b: 5}",
            "warning: destination for p.s.a.b is a table. Ignoring non-table value (5)",
        ),
        ("s: {a: {b: 1}}", "a: 5", "warning: skipped value for p.s.a: Not a table."),
        (
            "s: {t: {a: 5}}",
            "t: {a: {x: 1, l: [q, ~]}}",
            "warning: cannot overwrite table with non table for p.s.t.a (map[l:[q <nil>] x:1])",
        ),
        ("global: 5", "", "warning: skipping globals because source global is not a table."),
        ("s: {global: 5}", "", "warning: skipping globals because destination global is not a table."),
        (
            "global: {a: {}}\ns: {global: {a: 1}}",
            "",
            "Conflict: cannot merge map onto non-map for \"a\". Skipping.",
        ),
        ("global: {a: 1}\ns: {global: {a: {}}}", "", "key a is table. Skipping"),
    ] {
        // Helm 3 keeps nulls of defaults, and so shows them.
        let warnings = coalesced(parent, child, &json!({}), Compat::V3).1;
        assert_eq!(warnings, [expected], "{parent}");
    }
}

#[test]
fn a_subcharts_values_must_be_a_table() {
    for (value, shown) in [
        (json!(true), "true"),
        (json!("x"), "%!t(string=x)"),
        (json!(1.5), "%!t(float64=1.5)"),
        (json!(null), "%!t(<nil>)"),
        (json!([true, null, "a"]), "[true <nil> %!t(string=a)]"),
    ] {
        let chart = chart(&[
            ("Chart.yaml", "name: p\nversion: 1.0.0"),
            ("charts/s/Chart.yaml", "name: s\nversion: 1.0.0"),
        ]);
        let mut origins = Origins::off();
        let user = table(&json!({"s": value}));
        let error =
            Coalescer::new(Compat::V4, &mut origins, &mut Vec::new()).coalesce(&chart, &user).unwrap_err();
        assert_eq!(error.to_string(), format!("type mismatch on s: {shown}"));
    }
}

#[test]
fn globals_do_not_multiply_without_end() {
    let subcharts: Vec<(String, &str)> =
        (0..300).map(|index| (format!("charts/s{index}/Chart.yaml"), "name: s\nversion: 1.0.0")).collect();
    let global = format!(
        "global: {{t: {{{}}}}}",
        (0..10_000).map(|index| format!("k{index}: 1,")).collect::<String>()
    );
    let names: Vec<String> = (0..300).map(|index| format!("name: s{index}\nversion: 1.0.0")).collect();
    let mut texts = vec![("Chart.yaml", "name: p\nversion: 1.0.0"), ("values.yaml", global.as_str())];
    texts.extend(subcharts.iter().zip(&names).map(|((path, _), text)| (path.as_str(), text.as_str())));
    let chart = chart(&texts);
    let mut origins = Origins::off();
    let result =
        Coalescer::new(Compat::V4, &mut origins, &mut Vec::new()).coalesce(&chart, &table(&json!({})));
    assert!(matches!(result, Err(Error::TooManyValues { .. })));
}

#[test]
fn a_table_imported_into_itself_ends_in_an_error() {
    let mut chart = chart(&[
        (
            "Chart.yaml",
            "apiVersion: v2\nname: p\nversion: 1.0.0\ndependencies:\n- {name: s, version: 1.0.0, import-values: \
             [{child: x, parent: x.y}, {child: x, parent: x.y.z}]}",
        ),
        ("charts/s/Chart.yaml", "name: s\nversion: 1.0.0"),
        ("charts/s/values.yaml", "x: {k: 1}"),
    ]);
    let result = process_dependencies(&mut chart, &table(&json!({})), Compat::V4, false, &mut Vec::new());
    assert!(matches!(result, Err(Error::TooDeep { .. })), "{result:?}");
}

/// Values like those of charts: few names, tables and lists, nulls.
fn values() -> impl Strategy<Value = Value> {
    let scalar =
        prop_oneof![Just(json!(null)), any::<bool>().prop_map(Value::from), (0..5_i64).prop_map(Value::from)];
    let value = scalar.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-c]|global", inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    proptest::collection::btree_map("[a-c]|s", value, 0..4).prop_map(|entries| {
        // A subchart's values are a table.
        let keep = |(key, value): &(String, Value)| key != "s" || value.is_object();
        Value::Object(entries.into_iter().filter(keep).collect())
    })
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(entries) => entries
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn coalescing_its_own_result_changes_nothing(parent in values(), child in values(), user in values()) {
        let (parent, child) = (without_nulls(&parent).to_string(), without_nulls(&child).to_string());
        let once = coalesced(&parent, &child, &without_nulls(&user), Compat::V4).0;
        let twice = coalesced(&parent, &child, &once, Compat::V4).0;
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn what_the_user_gives_and_no_null_takes_stays(parent in values(), user in values()) {
        let result = coalesced(&parent.to_string(), "{}", &user, Compat::V4).0;
        for (key, value) in user.as_object().unwrap() {
            if !value.is_null() && !value.is_object() {
                prop_assert_eq!(&result[key], value);
            }
        }
    }

    #[test]
    fn both_helms_agree_where_no_default_is_null(parent in values(), child in values(), user in values()) {
        let (parent, child) = (without_nulls(&parent).to_string(), without_nulls(&child).to_string());
        let v4 = coalesced(&parent, &child, &user, Compat::V4);
        let v3 = coalesced(&parent, &child, &user, Compat::V3);
        prop_assert_eq!(v4, v3);
    }
}
