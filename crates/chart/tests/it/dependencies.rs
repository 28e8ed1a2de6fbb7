//! Which subcharts take part.

use serde_json::{Value, json};
use wheelhouse_chart::{Chart, Compat, check_dependencies, is_compatible_range};

use crate::support::{chart, rendered_values};

/// A chart with subcharts `a` 1.0.0 (with `inner` in it), `b` v2.1.0 and `c`, asked for as given.
fn parent(dependencies: &str, values: &str) -> Chart {
    let chart_file = format!("apiVersion: v2\nname: p\nversion: 1.0.0\ndependencies: {dependencies}\n");
    chart(&[
        ("Chart.yaml", &chart_file),
        ("values.yaml", values),
        (
            "charts/a/Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: [{name: inner, version: 1.x, alias: m, condition: m.enabled}]",
        ),
        ("charts/a/values.yaml", "own: 1\ndata: {x: 1}\nexports: {data: {e: 1}}\n"),
        ("charts/a/charts/inner/Chart.yaml", "name: inner\nversion: 1.5.0"),
        ("charts/b/Chart.yaml", "name: b\nversion: v2.1.0"),
        ("charts/c/Chart.yaml", "name: c\nversion: 0.1.0-rc1"),
    ])
}

/// The paths of all charts that take part.
fn paths(chart: &Chart, parent: Option<&str>) -> Vec<String> {
    let path = chart.full_path(parent);
    let inner = chart.dependencies().iter().flat_map(|chart| paths(chart, Some(&path)));
    std::iter::once(path.clone()).chain(inner.collect::<Vec<_>>()).collect()
}

fn check(dependencies: &str, values: &str, user: Value, expected: &str) {
    for compat in [Compat::V4, Compat::V3] {
        let (chart, _, _) = rendered_values(&parent(dependencies, values), &user, compat);
        let found =
            paths(&chart, None).iter().map(|path| path.replace("/charts", "")).collect::<Vec<_>>().join(" ");
        assert_eq!(found, expected, "{compat:?} {dependencies} {values} {user}");
    }
}

#[test]
fn requirements_choose_by_name_and_range() {
    check("[]", "", json!({}), "p p/a p/a/m p/b p/c");
    check("[{name: a, version: ^1}, {name: b, version: 2.1.0}]", "", json!({}), "p p/c p/a p/a/m p/b");
    // A requirement that no version fits chooses nothing, and the chart stays.
    check("[{name: a, version: 2.x}, {name: c, version: '*'}]", "", json!({}), "p p/a p/a/m p/b p/c");
    check(
        "[{name: c, version: '>0.0.0-0'}, {name: gone, version: 1.x}]",
        "",
        json!({}),
        "p p/a p/a/m p/b p/c",
    );
}

#[test]
fn aliases_make_copies() {
    check(
        "[{name: b, version: 2.x, alias: b1}, {name: b, version: 2.x, alias: b2}]",
        "",
        json!({"b2": {"x": 1}}),
        "p p/a p/a/m p/c p/b1 p/b2",
    );
}

#[test]
fn conditions_switch() {
    let one = "[{name: b, version: '*', condition: 'b.enabled,any'}]";
    check(one, "", json!({}), "p p/a p/a/m p/c p/b");
    check(one, "b: {enabled: false}", json!({}), "p p/a p/a/m p/c");
    check(one, "b: {enabled: false}", json!({"b": {"enabled": true}}), "p p/a p/a/m p/c p/b");
    check(one, "any: false", json!({}), "p p/a p/a/m p/c");
    check(one, "b: {enabled: true}\nany: false", json!({}), "p p/a p/a/m p/c p/b");
    check(one, "b: {enabled: 'no'}\nany: false", json!({}), "p p/a p/a/m p/c");
    // Conditions of subcharts look into the subchart's part of the values.
    check("[{name: a, version: '*'}]", "a: {m: {enabled: false}}", json!({}), "p p/b p/c p/a");
    check("[{name: a, version: '*'}]", "m: {enabled: false}", json!({}), "p p/b p/c p/a p/a/m");
}

#[test]
fn tags_switch_and_conditions_win() {
    let tagged =
        "[{name: b, version: '*', tags: [x, w]}, {name: c, version: '>0.0.0-0', tags: [w], condition: c.ok}]";
    check(tagged, "tags: {x: false}", json!({}), "p p/a p/a/m p/c");
    check(tagged, "tags: {x: false, w: true}", json!({}), "p p/a p/a/m p/b p/c");
    check(tagged, "tags: {w: false}\nc: {ok: true}", json!({}), "p p/a p/a/m p/c");
    check(tagged, "", json!({"tags": {"w": false}}), "p p/a p/a/m");
}

#[test]
fn values_are_imported_below_the_parents_own() {
    for (import, values, expected) in [
        ("[data]", "", json!({"e": 1})),
        ("[{child: data, parent: imported.here}]", "", json!({"imported": {"here": {"x": 1}}})),
        ("[{child: data, parent: .}]", "x: mine", json!({"x": "mine"})),
        ("[{child: data, parent: t}]", "t: {x: ~, z: 2}", json!({"t": {"z": 2}})),
        ("[gone, {child: gone, parent: t}, 5]", "", json!({})),
    ] {
        let chart = parent(&format!("[{{name: a, version: '*', import-values: {import}}}]"), values);
        let (_, mut values, _) = rendered_values(&chart, &json!({}), Compat::V4);
        for subchart in ["a", "b", "c"] {
            values.as_object_mut().unwrap().remove(subchart);
        }
        assert_eq!(values, expected, "{import}");
    }
}

#[test]
fn odd_switches_are_told() {
    let chart = parent(
        "[{name: b, version: '*', condition: b.ok, tags: [t], import-values: [gone, {child: x, parent: y}]}]",
        "b: {ok: 'yes'}\ntags: {t: 1}",
    );
    let warnings = rendered_values(&chart, &json!({}), Compat::V3).2;
    assert_eq!(
        warnings,
        [
            "Warning: Tag 't' for chart b returned non-bool value",
            "Warning: Condition path 'b.ok' for chart b returned non-bool value",
            "Warning: ImportValues missing table: \"exports\" is not a table",
            "Warning: ImportValues missing table from chart b: \"x\" is not a table",
        ]
    );
}

/// Two aliases of a chart whose subchart has a requirement with an alias: in Helm 3 the first
/// renames it for both; Helm 4 has the same fault one level further down.
#[test]
fn aliases_share_what_helm_shares() {
    let requirement = "[{name: a, version: '*', alias: a1}, {name: a, version: '*', alias: a2}]";
    let found = |compat| {
        let (chart, _, _) = rendered_values(&parent(requirement, ""), &json!({}), compat);
        paths(&chart, None).iter().map(|path| path.replace("/charts", "")).collect::<Vec<_>>()
    };
    assert_eq!(found(Compat::V4), ["p", "p/b", "p/c", "p/a1", "p/a1/m", "p/a2", "p/a2/m"]);
    assert_eq!(found(Compat::V3), ["p", "p/b", "p/c", "p/a1", "p/a1/m", "p/a2", "p/a2/inner"]);
}

#[test]
fn missing_charts_are_told() {
    let chart =
        parent("[{name: gone, version: 1.x}, {name: b, version: 9.x}, {name: lost, version: 1.x}]", "");
    assert_eq!(
        check_dependencies(&chart).unwrap_err().to_string(),
        "found in Chart.yaml, but missing in charts/ directory: gone, lost"
    );
}

#[test]
fn ranges_are_loose() {
    for (range, version, expected) in [
        (">=1.25.0-0", "v1.36.0", true),
        ("v1.18.2", "1.18.2", true),
        ("1.x", "v1.2", true),
        ("^2", "1.9.0", false),
        ("nonsense range", "1.0.0", false),
        ("*", "nonsense", false),
    ] {
        assert_eq!(is_compatible_range(range, version), expected, "{range} {version}");
    }
}
