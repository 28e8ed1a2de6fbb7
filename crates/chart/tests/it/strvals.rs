//! The grammar of the `--set` family, as a specification.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use wheelhouse_chart::strvals::{MAX_EMPTY_SLOTS, SetContext, set};
use wheelhouse_chart::values::{SetFlag, Table, ValueSource};
use wheelhouse_chart::{Compat, Error};

use crate::support::{table, to_json};

fn apply(flag: SetFlag, text: &[u8], values: &mut Table, compat: Compat) -> Result<(), Error> {
    let source = ValueSource::Flag { flag, index: 0, text: String::from_utf8_lossy(text).into_owned() };
    let mut read_file = |path: &str| match path {
        "there.txt" => Ok(b"content\n".to_vec()),
        _ => Err(format!("open {path}: no such file or directory")),
    };
    let mut context = SetContext {
        compat,
        source: Arc::new(source),
        empty_slots: MAX_EMPTY_SLOTS,
        read_file: &mut read_file,
    };
    set(flag, text, values, &mut context)
}

fn check(flag: SetFlag, text: &str, expected: Value) {
    let mut values = Table::new();
    apply(flag, text.as_bytes(), &mut values, Compat::V4).unwrap();
    assert_eq!(to_json(&values), expected, "{text:?}");
}

fn check_error(flag: SetFlag, base: Value, text: &str, expected: &str) {
    let mut values = table(&base);
    let error = apply(flag, text.as_bytes(), &mut values, Compat::V4).unwrap_err();
    assert_eq!(error.to_string(), expected, "{text:?}");
}

#[test]
fn set_gives_typed_values() {
    check(
        SetFlag::Set,
        "a=1,b=true,c=null,d=1.5,e=0123",
        json!({"a": 1, "b": true, "c": null, "d": "1.5", "e": "0123"}),
    );
    check(SetFlag::Set, "a.b.c=x,a.b.d=y", json!({"a": {"b": {"c": "x", "d": "y"}}}));
    check(SetFlag::Set, r"a\.b=x\,y,c=\{z", json!({"a.b": "x,y", "c": "{z"}));
    check(SetFlag::Set, "a={x,1,true},b={}", json!({"a": ["x", 1, true], "b": [""]}));
    check(SetFlag::Set, "a[2]=x", json!({"a": [null, null, "x"]}));
    check(SetFlag::Set, "a[0].b=x,a[0].c=y,a[1][0]=z", json!({"a": [{"b": "x", "c": "y"}, ["z"]]}));
    check(SetFlag::Set, "a=", json!({"a": ""}));
    check(SetFlag::Set, "a=,b=1", json!({"a": "", "b": 1}));
    check(SetFlag::Set, "", json!({}));
    check(SetFlag::Set, "=x", json!({}));
}

#[test]
fn the_other_flags_have_rules_of_their_own() {
    check(SetFlag::SetString, "a=1,b={2,true}", json!({"a": "1", "b": ["2", "true"]}));
    check(SetFlag::SetLiteral, r"a.b=1,c={x}\n=", json!({"a": {"b": r"1,c={x}\n="}}));
    check(SetFlag::SetLiteral, "a[1].b=,", json!({"a": [null, {"b": ","}]}));
    check(SetFlag::SetFile, "a=there.txt,b[0]=there.txt", json!({"a": "content\n", "b": ["content\n"]}));
    check(
        SetFlag::SetJson,
        r#"a={"b":[1,null]} ,c.d="x",e="#,
        json!({"a": {"b": [1, null]}, "c": {"d": "x"}, "e": null}),
    );
}

#[test]
fn mistakes_are_told_in_helms_words() {
    for (text, expected) in [
        ("a", r#"key "a" has no value"#),
        ("a,b=1", r#"key "a" has no value (cannot end with ,)"#),
        ("a.=1", r#"key map "a" has no value"#),
        ("a[x]=1", r#"error parsing index: strconv.Atoi: parsing "x": invalid syntax"#),
        (
            "a[99999999999999999999]=1",
            r#"error parsing index: strconv.Atoi: parsing "99999999999999999999": value out of range"#,
        ),
        ("a[0]x=1", "unexpected data at end of array index: ['x']"),
        ("a[-1]=1", "negative -1 index not allowed"),
        ("a[65537]=1", "index of 65537 is greater than maximum supported index of 65536"),
        ("a={b", "list must terminate with '}'"),
    ] {
        check_error(SetFlag::Set, json!({}), text, expected);
    }
    let base = json!({"a": "text", "n": null, "l": [1]});
    for (text, found, wanted) in [
        ("a.b=1", "string", "map[string]interface {}"),
        ("a[0]=1", "string", "[]interface {}"),
        ("n.b=1", "nil", "map[string]interface {}"),
        ("l[0][0]=1", "float64", "[]interface {}"),
    ] {
        let expected =
            format!("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}");
        check_error(SetFlag::Set, base.clone(), text, &expected);
    }
    check_error(SetFlag::SetFile, json!({}), "a=gone.txt", "open gone.txt: no such file or directory");
}

#[test]
fn an_index_that_is_not_closed_ends_the_text_in_helm_4_only() {
    let mut values = Table::new();
    assert_eq!(apply(SetFlag::Set, b"a[0", &mut values, Compat::V4), Ok(()));
    let error = apply(SetFlag::Set, b"a[0", &mut values, Compat::V3).unwrap_err();
    assert_eq!(error.to_string(), "error parsing index: EOF");
}

#[test]
fn hostile_texts_end_in_errors() {
    let deep_names = format!("{}b=1", "a.".repeat(31));
    let deep_lists = format!("a{}=1", "[0]".repeat(1_000_000));
    let wide: String = (0..1000).map(|index| format!("k{index}[65536]=1,")).collect();
    for (text, expected) in [
        (deep_names, "value name nested level is greater than maximum supported nested level of 30"),
        (deep_lists, "list nested level is greater than maximum supported nested level of 100"),
        (wide, "list indexes leave more than 1000000 slots empty"),
    ] {
        check_error(SetFlag::Set, json!({}), &text, expected);
    }
}

#[test]
fn values_know_the_flag_and_column_they_came_from() {
    let mut values = Table::new();
    apply(SetFlag::Set, b"a=1,b.c=2", &mut values, Compat::V4).unwrap();
    let mark = &values.table_at(["b"]).unwrap().get("c").unwrap().mark;
    assert_eq!((mark.line(), mark.column(), mark.to_string().as_str()), (1, 5, "--set a=1,b.c=2"));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in proptest::collection::vec(any::<u8>(), 0..60), flag in 0..5) {
        let flag = [SetFlag::Set, SetFlag::SetString, SetFlag::SetFile, SetFlag::SetJson, SetFlag::SetLiteral][flag as usize];
        let _ = apply(flag, &text, &mut Table::new(), Compat::V4);
    }

    #[test]
    fn no_text_of_the_grammars_own_signs_makes_it_panic(text in r#"[a-c=,.\[\]{}\\01 "-]{0,40}"#) {
        for flag in [SetFlag::Set, SetFlag::SetFile, SetFlag::SetJson, SetFlag::SetLiteral] {
            let mut values = table(&json!({"a": {"b": [1, [2]]}, "b": [{"a": 1}], "c": null}));
            let _ = apply(flag, text.as_bytes(), &mut values, Compat::V3);
        }
    }

    #[test]
    fn setting_twice_is_setting_once(text in r"[a-c](\.[a-c]|\[[0-3]\]){0,3}=[a-z0-9]{0,3}") {
        let mut once = Table::new();
        if apply(SetFlag::Set, text.as_bytes(), &mut once, Compat::V4).is_ok() {
            let mut twice = once.clone();
            apply(SetFlag::Set, text.as_bytes(), &mut twice, Compat::V4).unwrap();
            prop_assert_eq!(once, twice);
        }
    }
}
