//! Where each value was written, through all the merging.

use serde_json::Value as Json;
use wheelhouse_chart::values::{Coalescer, Mark, Origins, ValuesFlags};
use wheelhouse_chart::{Compat, LoadOptions, load_files, process_dependencies};
use wheelhouse_gotemplate::{Map, Value};

use crate::support::files;

/// What is known of the value at a dotted path; list items by number.
fn origin(values: &Map, origins: &Origins, path: &str) -> String {
    let show = |mark: Option<&Mark>| mark.map_or("-".to_owned(), ToString::to_string);
    let (mut value, mut shown) = (Value::Map(values.clone()), "-".to_owned());
    for name in path.split('.') {
        (value, shown) = match &value {
            Value::Map(map) => (map.get(name).unwrap_or_default(), show(origins.of_key(map.address(), name))),
            Value::List(list) => {
                let index: usize = name.parse().unwrap();
                (list.items()[index].clone(), show(origins.of_index(list.address(), index)))
            }
            other => panic!("nothing below {other:?}"),
        };
    }
    shown
}

fn trace(flags: &ValuesFlags, trace: bool) -> (Map, Origins) {
    let texts = [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: p\nversion: 1.0.0\ndependencies:\n- {name: s, version: '*', alias: t, import-values: [{child: data, parent: imported}]}\n",
        ),
        (
            "values.yaml",
            "# parent\na: 1\nt:\n  b: parent\nglobal:\n  g: {x: 1}\nbase: &base {k: 1}\nmerged:\n  <<: *base\n",
        ),
        ("charts/s-dir/Chart.yaml", "name: s\nversion: 1.0.0\n"),
        ("charts/s-dir/values.yaml", "b: child\nc: [x, {d: 1}]\n---\ndata:\n  e: |\n    text\n"),
    ];
    let options = LoadOptions { trace, ..LoadOptions::default() };
    let mut warnings = Vec::new();
    let mut chart = load_files(files(&texts), options, &mut warnings).unwrap();
    let user = flags
        .merge(Compat::V4, trace, &mut |path| match path {
            "user.yaml" => Ok(b"u:\n  v: 1\na: {k: 1}\n".to_vec()),
            _ => Err(format!("open {path}: no such file or directory")),
        })
        .unwrap();
    process_dependencies(&mut chart, &user, Compat::V4, trace, &mut warnings).unwrap();
    let mut origins = if trace { Origins::on() } else { Origins::off() };
    let values = Coalescer::new(Compat::V4, &mut origins, &mut warnings).coalesce(&chart, &user).unwrap();
    (values, origins)
}

#[test]
fn every_value_knows_where_it_was_written() {
    let flags = ValuesFlags {
        files: vec!["user.yaml".into()],
        set: vec!["u.w=1,t.set=2".into(), "global.h=3".into()],
        json: vec![r#"{"j": {"k": [1]}}"#.into()],
        ..ValuesFlags::default()
    };
    let (values, origins) = trace(&flags, true);
    for (path, expected) in [
        ("a", "user.yaml:3:1"),
        ("a.k", "user.yaml:3:8"),
        ("u.v", "user.yaml:2:6"),
        ("u.w", "--set u.w=1,t.set=2"),
        ("t.set", "--set u.w=1,t.set=2"),
        ("t.b", "values.yaml:4:6"),
        ("t.c.0", "charts/s-dir/values.yaml:2:5"),
        ("t.c.1.d", "charts/s-dir/values.yaml:2:12"),
        ("t.data.e", "charts/s-dir/values.yaml:5:6"),
        ("imported.e", "charts/s-dir/values.yaml:5:6"),
        ("global.h", "--set global.h=3"),
        ("t.global.g.x", "values.yaml:6:10"),
        ("t.global.h", "--set global.h=3"),
        ("merged.k", "values.yaml:7:17"),
        ("j.k.0", "--set-json {\"j\": {\"k\": [1]}}"),
        // Made by the rules, not written.
        ("t.global", "values.yaml:5:1"),
    ] {
        assert_eq!(origin(&values, &origins, path), expected, "{path}");
    }
    let flag = origins.of_key(values.get("u").unwrap().as_map().unwrap().address(), "w").unwrap();
    assert_eq!((flag.line(), flag.column()), (1, 1));
}

#[test]
fn tracing_changes_no_value_and_off_means_nothing_is_kept() {
    let flags = ValuesFlags { set: vec!["t.b=null,x[1]=2".into()], ..ValuesFlags::default() };
    let (traced, _) = trace(&flags, true);
    let (plain, origins) = trace(&flags, false);
    let json = |map: &Map| -> Json { crate::support::map_to_json(map) };
    assert_eq!(json(&traced), json(&plain));
    assert_eq!(origin(&plain, &origins, "a"), "-");
    assert!(!origins.is_on());
}
