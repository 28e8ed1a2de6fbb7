//! What templates print and how they fail: every answer is Go's.

use serde_json::json;

use crate::support::Job;

fn check(rows: &[(&str, Result<&str, &str>)]) {
    let data = json!({"s": "hello", "e": "", "i": 3, "z": 0, "f": 1.5, "t": true, "no": false, "n": null, "m": {"b": 1, "a": "x", "c": {"d": null, "e": [1, "two", 3.5]}}, "l": [3, 1, 2], "em": {}, "el": [], "ls": ["b", "a<&>'\"", "é"], "lm": [{"k": 1}, {"k": "v"}, null], "big": 1234567890});
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(text, expect)| {
            let found = Job::new(text).data(data.clone()).run();
            let found = found.as_deref().map_err(String::as_str);
            (found != *expect).then(|| format!("{text}\n  expect {expect:?}\n  found  {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn constants() {
    check(&[
        (
            "{{1}}|{{-3}}|{{+7}}|{{0x1F}}|{{010}}|{{0b11}}|{{1_000}}|{{1.5}}|{{1e3}}|{{100000000.0}}|{{.5}}|{{0x1p4}}",
            Ok("1|-3|7|31|8|3|1000|1.5|1000|1e+08|0.5|16"),
        ),
        (r#"{{'a'}}|{{'\n'}}|{{'\x41'}}|{{'本'}}"#, Ok("97|10|65|26412")),
        (r#"{{"a\tb"}}|{{`a\tb`}}|{{""}}"#, Ok("a\tb|a\\tb|")),
        ("{{true}}|{{false}}", Ok("true|false")),
        ("{{1i}}|{{1+2i}}|{{0i}}|{{-1.5-2i}}", Ok("(0+1i)|(1+2i)|(0+0i)|(-1.5-2i)")),
        ("{{nil}}", Err(r#"template: t:1:2: executing "t" at <nil>: nil is not a command"#)),
        (
            "{{0xFFFFFFFFFFFFFFFF}}",
            Err(
                r#"template: t:1:2: executing "t" at <0xFFFFFFFFFFFFFFFF>: 0xFFFFFFFFFFFFFFFF overflows int"#,
            ),
        ),
        ("{{9223372036854775807}}", Ok("9223372036854775807")),
        ("{{-0}}|{{-0.0}}", Ok("0|-0")),
        (
            "{{1e1}}|{{1e20}}|{{1e21}}|{{1E-7}}|{{123456.0}}|{{1234567.0}}",
            Ok("10|1e+20|1e+21|1e-07|123456|1.234567e+06"),
        ),
    ]);
}

#[test]
fn dot_and_fields() {
    check(&[
        (
            "{{.}}",
            Ok(
                r#"map[big:1.23456789e+09 e: el:[] em:map[] f:1.5 i:3 l:[3 1 2] lm:[map[k:1] map[k:v] <nil>] ls:[b a<&>'" é] m:map[a:x b:1 c:map[d:<nil> e:[1 two 3.5]]] n:<nil> no:false s:hello t:true z:0]"#,
            ),
        ),
        ("{{.s}}|{{.i}}|{{.f}}|{{.t}}|{{.big}}", Ok("hello|3|1.5|true|1.23456789e+09")),
        ("{{.m.a}}|{{.m.c.e}}|{{$.m.b}}", Ok("x|[1 two 3.5]|1")),
        ("{{.nope}}|{{.m.nope}}|{{.n}}", Ok("<no value>|<no value>|<no value>")),
        (
            "{{.nope.x}}",
            Err(r#"template: t:1:7: executing "t" at <.nope.x>: nil pointer evaluating interface {}.x"#),
        ),
        (
            "{{.m.nope.x}}",
            Err(r#"template: t:1:4: executing "t" at <.m.nope.x>: nil pointer evaluating interface {}.x"#),
        ),
        (
            "{{.n.x}}",
            Err(r#"template: t:1:4: executing "t" at <.n.x>: nil pointer evaluating interface {}.x"#),
        ),
        (
            "{{.s.x}}",
            Err(r#"template: t:1:4: executing "t" at <.s.x>: can't evaluate field x in type interface {}"#),
        ),
        (
            "{{.i.x.y}}",
            Err(r#"template: t:1:4: executing "t" at <.i.x.y>: can't evaluate field x in type interface {}"#),
        ),
        (
            "{{.l.x}}",
            Err(r#"template: t:1:4: executing "t" at <.l.x>: can't evaluate field x in type interface {}"#),
        ),
        ("{{(.nope).x}}|{{((.nope).x).y}}", Ok("<no value>|<no value>")),
        ("{{(index .lm 2).k}}", Ok("<no value>")),
        ("{{(index .lm 0).k}}", Ok("1")),
        (
            "{{(.s).x}}",
            Err(r#"template: t:1:3: executing "t" at <.s>: can't evaluate field x in type string"#),
        ),
        ("{{.s 1}}", Err(r#"template: t:1:2: executing "t" at <.s>: s is not a method but has arguments"#)),
        (
            "{{.m.a 1}}",
            Err(r#"template: t:1:4: executing "t" at <.m.a>: a is not a method but has arguments"#),
        ),
        ("{{1 | .s}}", Err(r#"template: t:1:6: executing "t" at <.s>: s is not a method but has arguments"#)),
        ("{{. 1}}", Err(r#"template: t:1:2: executing "t" at <.>: can't give argument to non-function ."#)),
        (
            r#"{{"a" "b"}}"#,
            Err(r#"template: t:1:2: executing "t" at <"a">: can't give argument to non-function "a""#),
        ),
        (
            "{{(1) 2}}",
            Err(r#"template: t:1:2: executing "t" at <(1) 2>: can't give argument to non-function 1"#),
        ),
        ("{{$ 1}}", Err(r#"template: t:1:2: executing "t" at <$>: can't give argument to non-function $"#)),
        (
            "{{true 1}}",
            Err(r#"template: t:1:2: executing "t" at <true>: can't give argument to non-function true"#),
        ),
    ]);
}

#[test]
fn variables() {
    check(&[
        ("{{$x := 1}}{{$x}}", Ok("1")),
        ("{{$x := 1}}{{$x = 2}}{{$x}}", Ok("2")),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", Ok("2")),
        ("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", Ok("21")),
        ("{{$x := .n}}{{$x}}|{{$x.y}}", Ok("<no value>|<no value>")),
        (
            "{{$x := .m}}{{$x.a}}|{{$x.nope}}|{{$x.nope.z}}",
            Err(r#"template: t:1:37: executing "t" at <$x.nope.z>: nil pointer evaluating interface {}.z"#),
        ),
        ("{{$x = 1}}{{$x}}", Err(r#"template: t:1:7: executing "t" at <1>: undefined variable: $x"#)),
        ("{{$x := $x}}", Err(r#"template: t:1:8: executing "t" at <$x>: undefined variable: $x"#)),
        (
            "{{and false ($x := 1)}}{{$x}}",
            Err(r#"template: t:1:25: executing "t" at <$x>: undefined variable: $x"#),
        ),
        ("{{and true ($x := 1)}}{{$x}}", Ok("11")),
        ("{{$x := 5}}{{and false ($x := 1)}}{{$x}}", Ok("false5")),
        ("{{$x := 5}}{{or true ($x := 1)}}{{$x = 6}}{{$x}}", Ok("true6")),
        ("{{with $y := .m}}{{$y.a}}{{.a}}{{else}}{{$y}}{{end}}", Ok("xx")),
        ("{{with $y := .e}}x{{else}}[{{$y}}]{{end}}", Ok("[]")),
        ("{{if $y := .s}}{{$y}}{{end}}", Ok("hello")),
        ("{{range $i, $e := .l}}{{$i}}={{$e}} {{end}}", Ok("0=3 1=1 2=2 ")),
        ("{{range $e := .l}}{{$e}}{{end}}", Ok("312")),
        ("{{range $k, $v := .m}}{{$k}}:{{$v}};{{end}}", Ok("a:x;b:1;c:map[d:<nil> e:[1 two 3.5]];")),
        ("{{$i := 9}}{{$e := 9}}{{range $i, $e = .l}}{{end}}{{$i}}{{$e}}", Ok("22")),
        ("{{$e := 9}}{{range $e = .el}}{{end}}{{$e}}", Ok("[]")),
        ("{{range $x := .el}}a{{else}}{{$x}}{{end}}", Ok("[]")),
        (r#"{{$x := 1}}{{define "v"}}{{$}}{{end}}{{template "v" $x}}"#, Ok("1")),
        (r#"{{$x := 1 | print | printf "%s!"}}{{$x}}"#, Ok("1!")),
        ("{{upper $x}}", Err(r#"template: t:1: undefined variable "$x""#)),
        (
            "{{$x := .n}}{{upper $x}}",
            Err(r#"template: t:1:20: executing "t" at <$x>: invalid value; expected string"#),
        ),
    ]);
}

#[test]
fn control() {
    check(&[
        ("{{if .t}}a{{end}}|{{if .no}}a{{end}}|{{if .no}}a{{else}}b{{end}}", Ok("a||b")),
        (
            r#"{{if 0}}1{{else if 0.0}}2{{else if ""}}3{{else if .el}}4{{else if .em}}5{{else if .n}}6{{else}}7{{end}}"#,
            Ok("7"),
        ),
        ("{{if 1i}}a{{end}}{{if 0i}}b{{end}}", Ok("a")),
        ("{{with .s}}{{.}}{{else}}no{{end}}|{{with .e}}{{.}}{{else}}no{{end}}", Ok("hello|no")),
        ("{{with .e}}1{{else with .s}}{{.}}{{else}}3{{end}}", Ok("hello")),
        (
            "{{range .l}}{{.}},{{end}}|{{range .el}}x{{else}}empty{{end}}|{{range .n}}x{{else}}nil{{end}}|{{range .nope}}x{{else}}none{{end}}",
            Ok("3,1,2,|empty|nil|none"),
        ),
        (
            "{{range 3}}{{.}}{{end}}|{{range $i := 3}}{{$i}}{{end}}|{{range 0}}x{{else}}zero{{end}}|{{range -1}}x{{else}}neg{{end}}",
            Ok("012|012|zero|neg"),
        ),
        (
            "{{range $i, $j := 3}}{{end}}",
            Err(
                r#"template: t:1:18: executing "t" at <3>: can't use 3 to iterate over more than one variable"#,
            ),
        ),
        (
            "{{range .f}}{{end}}",
            Err(r#"template: t:1:8: executing "t" at <.f>: range can't iterate over 1.5"#),
        ),
        (
            "{{range .s}}{{end}}",
            Err(r#"template: t:1:8: executing "t" at <.s>: range can't iterate over hello"#),
        ),
        (
            "{{range .t}}{{end}}",
            Err(r#"template: t:1:8: executing "t" at <.t>: range can't iterate over true"#),
        ),
        (
            "{{range .l}}{{if eq . 1.0}}{{break}}{{end}}{{.}}{{end}}|{{range .l}}{{if eq . 1.0}}{{continue}}{{end}}{{.}}{{end}}",
            Ok("3|32"),
        ),
        ("{{range .l}}{{range $.l}}{{break}}{{end}}{{.}}{{end}}", Ok("312")),
        ("{{range .m}}{{.}};{{end}}", Ok("x;1;map[d:<nil> e:[1 two 3.5]];")),
        (r#"{{range bytes "ab"}}{{.}};{{end}}"#, Ok("97;98;")),
        (r#"{{range u32 2}}{{printf "%T" .}};{{end}}"#, Ok("uint32;uint32;")),
        (
            r#"{{define "x"}}[{{.}}]{{end}}{{template "x"}}{{template "x" .s}}{{template "x" .n}}"#,
            Ok("[<no value>][hello][<no value>]"),
        ),
        (
            r#"{{template "nope"}}"#,
            Err(r#"template: t:1:11: executing "t" at <{{template "nope"}}>: template "nope" not defined"#),
        ),
        (r#"{{block "b" .s}}<{{.}}>{{end}}{{template "b" 1}}"#, Ok("<hello><1>")),
        (r#"{{define "a"}}1{{end}}{{define "a"}} {{end}}{{template "a"}}"#, Ok("1")),
        ("{{if}}{{end}}", Err("template: t:1: missing value for if")),
        (
            "{{.s | .i}}",
            Err(r#"template: t:1:7: executing "t" at <.i>: i is not a method but has arguments"#),
        ),
        (
            r#"{{"x" | print | .s}}"#,
            Err(r#"template: t:1:16: executing "t" at <.s>: s is not a method but has arguments"#),
        ),
    ]);
}

#[test]
fn functions() {
    check(&[
        (r#"{{upper "a"}}|{{"a" | upper}}|{{.s | upper | printf "%s!"}}"#, Ok("A|A|HELLO!")),
        (
            "{{upper}}",
            Err(r#"template: t:1:2: executing "t" at <upper>: wrong number of args for upper: want 1 got 0"#),
        ),
        (
            "{{upper 1 2}}",
            Err(r#"template: t:1:2: executing "t" at <upper>: wrong number of args for upper: want 1 got 2"#),
        ),
        (
            "{{upper .n}}",
            Err(
                r#"template: t:1:8: executing "t" at <.n>: wrong type for value; expected string; got interface {}"#,
            ),
        ),
        (
            "{{.n | upper}}",
            Err(r#"template: t:1:7: executing "t" at <upper>: invalid value; expected string"#),
        ),
        ("{{upper nil}}", Err(r#"template: t:1:8: executing "t" at <nil>: cannot assign nil to string"#)),
        ("{{upper 3}}", Err(r#"template: t:1:8: executing "t" at <3>: expected string; found 3"#)),
        (
            "{{upper .i}}",
            Err(
                r#"template: t:1:8: executing "t" at <.i>: wrong type for value; expected string; got float64"#,
            ),
        ),
        (
            "{{upper .m}}",
            Err(
                r#"template: t:1:8: executing "t" at <.m>: wrong type for value; expected string; got map[string]interface {}"#,
            ),
        ),
        ("{{upper true}}", Err(r#"template: t:1:8: executing "t" at <true>: expected string; found true"#)),
        ("{{upper 'a'}}", Err(r#"template: t:1:8: executing "t" at <'a'>: expected string; found 'a'"#)),
        ("{{add 1 2}}|{{add 'a' 1}}|{{add 1e1 2}}", Ok("3|98|12")),
        ("{{add 1.5 1}}", Err(r#"template: t:1:6: executing "t" at <1.5>: expected integer; found 1.5"#)),
        (r#"{{add "1" 1}}"#, Err(r#"template: t:1:6: executing "t" at <"1">: expected integer; found "1""#)),
        (
            "{{add .i 1}}",
            Err(r#"template: t:1:6: executing "t" at <.i>: wrong type for value; expected int; got float64"#),
        ),
        ("{{addf 1 2.5}}|{{addf .f .i}}", Ok("3.5|4.5")),
        (r#"{{addf "a" 1}}"#, Err(r#"template: t:1:7: executing "t" at <"a">: expected float; found "a""#)),
        (
            "{{addf 1 (add 1 1)}}",
            Err(r#"template: t:1:16: executing "t" at <1>: wrong type for value; expected float64; got int"#),
        ),
        ("{{u32 7}}|{{i64 7}}", Ok("7|7")),
        ("{{u32 -1}}", Err(r#"template: t:1:6: executing "t" at <-1>: expected unsigned integer; found -1"#)),
        (
            "{{u32 .i}}",
            Err(
                r#"template: t:1:6: executing "t" at <.i>: wrong type for value; expected uint32; got float64"#,
            ),
        ),
        ("{{flag true}}", Ok("true")),
        ("{{flag 1}}", Err(r#"template: t:1:7: executing "t" at <1>: expected bool; found 1"#)),
        (
            "{{flag .s}}",
            Err(r#"template: t:1:7: executing "t" at <.s>: wrong type for value; expected bool; got string"#),
        ),
        ("{{keysof .m}}|{{keysof (named .m)}}|{{keysof nilmap}}|{{keysof nil}}", Ok("3|3|0|0")),
        (
            "{{keysof .l}}",
            Err(
                r#"template: t:1:9: executing "t" at <.l>: wrong type for value; expected map[string]interface {}; got []interface {}"#,
            ),
        ),
        (
            r#"{{keysof "a"}}"#,
            Err(
                r#"template: t:1:9: executing "t" at <"a">: can't handle "a" for arg of type map[string]interface {}"#,
            ),
        ),
        (
            "{{keysof 1}}",
            Err(
                r#"template: t:1:9: executing "t" at <1>: can't handle 1 for arg of type map[string]interface {}"#,
            ),
        ),
        ("{{count .l}}|{{count nil}}", Ok("3|0")),
        (
            "{{count .m}}",
            Err(
                r#"template: t:1:8: executing "t" at <.m>: wrong type for value; expected []interface {}; got map[string]interface {}"#,
            ),
        ),
        (
            r#"{{count (strs "a")}}"#,
            Err(
                r#"template: t:1:14: executing "t" at <"a">: wrong type for value; expected []interface {}; got []string"#,
            ),
        ),
        (r#"{{strs "a" "b"}}"#, Ok("[a b]")),
        (r#"{{strs "a" 1}}"#, Err(r#"template: t:1:11: executing "t" at <1>: expected string; found 1"#)),
        (
            r#"{{strs "a" .i}}"#,
            Err(
                r#"template: t:1:11: executing "t" at <.i>: wrong type for value; expected string; got float64"#,
            ),
        ),
        (r#"{{list 1 "a" nil .s}}"#, Ok("[1 a <nil> hello]")),
        (r#"{{pair "a"}}|{{pair "a" 1 2}}|{{1 | pair "a"}}|{{"a" | pair}}"#, Ok("a[]|a[1 2]|a[1]|a[]")),
        (
            "{{pair}}",
            Err(
                r#"template: t:1:2: executing "t" at <pair>: wrong number of args for pair: want at least 1 got 0"#,
            ),
        ),
        ("{{pair 1}}", Err(r#"template: t:1:7: executing "t" at <1>: expected string; found 1"#)),
        (
            r#"{{pair "a" "b"}}"#,
            Err(r#"template: t:1:11: executing "t" at <"b">: expected integer; found "b""#),
        ),
        (
            r#"{{"b" | pair "a"}}"#,
            Err(
                r#"template: t:1:13: executing "t" at <"a">: wrong type for value; expected int; got string"#,
            ),
        ),
        (
            r#"{{fail "boom"}}"#,
            Err(r#"template: t:1:2: executing "t" at <fail "boom">: error calling fail: boom"#),
        ),
        ("{{.s | fail}}", Err(r#"template: t:1:7: executing "t" at <fail>: error calling fail: hello"#)),
        ("{{id nil}}|{{id .n}}|{{id .s}}", Ok("<no value>|<no value>|hello")),
        ("{{none}}|{{(none).x}}", Ok("<no value>|<no value>")),
        (
            "{{none.x}}",
            Err(r#"template: t:1:2: executing "t" at <none>: nil pointer evaluating interface {}.x"#),
        ),
        ("{{seven}}|{{print seven}}|{{add seven 1}}", Ok("7|7|8")),
        (
            "{{seven 1}}",
            Err(r#"template: t:1:2: executing "t" at <seven>: wrong number of args for seven: want 0 got 1"#),
        ),
        (
            "{{1 | seven}}",
            Err(r#"template: t:1:6: executing "t" at <seven>: wrong number of args for seven: want 0 got 1"#),
        ),
        (
            "{{upper seven}}",
            Err(
                r#"template: t:1:8: executing "t" at <seven>: wrong type for value; expected string; got int"#,
            ),
        ),
        ("{{nosuch}}", Err(r#"template: t:1: function "nosuch" not defined"#)),
        ("{{print (nilmap) (nillist)}}", Ok("map[] []")),
        (r#"{{bytes "ab"}}|{{printf "%s" (bytes "ab")}}"#, Ok("[97 98]|ab")),
        (
            r#"{{(named .m).Get "a"}}|{{(named .m).AsMap.b}}|{{(named .m).a}}|{{"a" | (named .m).Get}}"#,
            Ok("x|1|x|x"),
        ),
        (
            "{{(named .m).Get}}",
            Err(r#"template: t:1:9: executing "t" at <.m>: wrong number of args for Get: want 1 got 0"#),
        ),
        ("{{(named .m).Get 1}}", Err(r#"template: t:1:17: executing "t" at <1>: expected string; found 1"#)),
        (
            "{{(named .m).Get .i}}",
            Err(
                r#"template: t:1:17: executing "t" at <.i>: wrong type for value; expected string; got float64"#,
            ),
        ),
        ("{{(named .m).Add 1 2 3.5}}", Ok("1 [2 3.5]")),
        (
            r#"{{(named .m).Add "a"}}"#,
            Err(r#"template: t:1:17: executing "t" at <"a">: expected integer; found "a""#),
        ),
        (
            "{{(named .m).AsMap 1}}",
            Err(r#"template: t:1:9: executing "t" at <.m>: wrong number of args for AsMap: want 0 got 1"#),
        ),
    ]);
}

#[test]
fn builtins() {
    check(&[
        (
            r#"{{and 1 0 2}}|{{and 1 2}}|{{and .n .n.x}}|{{or 0 "x" .n.x}}|{{or 0 ""}}|{{1 | and 2}}|{{1 | or 0}}"#,
            Ok("0|2|<no value>|x||1|1"),
        ),
        (
            "{{and}}",
            Err(
                r#"template: t:1:2: executing "t" at <and>: wrong number of args for and: want at least 1 got 0"#,
            ),
        ),
        (
            "{{or}}",
            Err(
                r#"template: t:1:2: executing "t" at <or>: wrong number of args for or: want at least 1 got 0"#,
            ),
        ),
        (r#"{{not 1}}|{{not .n}}|{{not nil}}|{{not ""}}"#, Ok("false|true|true|true")),
        (
            "{{not}}",
            Err(r#"template: t:1:2: executing "t" at <not>: wrong number of args for not: want 1 got 0"#),
        ),
        (
            r#"{{len .s}}|{{len .l}}|{{len .m}}|{{len "é"}}|{{len (bytes "ab")}}|{{len nillist}}"#,
            Ok("5|3|3|2|2|0"),
        ),
        (
            "{{len 3}}",
            Err(r#"template: t:1:2: executing "t" at <len 3>: error calling len: len of type int"#),
        ),
        (
            "{{len nil}}",
            Err(
                r#"template: t:1:2: executing "t" at <len nil>: error calling len: reflect: call of reflect.Value.Type on zero Value"#,
            ),
        ),
        (
            "{{len .n}}",
            Err(r#"template: t:1:2: executing "t" at <len .n>: error calling len: len of nil pointer"#),
        ),
        (
            "{{len .i}}",
            Err(r#"template: t:1:2: executing "t" at <len .i>: error calling len: len of type float64"#),
        ),
        (
            r#"{{index .l 1}}|{{index .m "a"}}|{{index .m "c" "e" 1}}|{{index .m "nope"}}|{{index "abc" 1}}|{{index .l}}|{{index (bytes "a") 0}}"#,
            Ok("1|x|two|<no value>|98|[3 1 2]|97"),
        ),
        (
            "{{index .l 3}}",
            Err(
                r#"template: t:1:2: executing "t" at <index .l 3>: error calling index: reflect: slice index out of range"#,
            ),
        ),
        (
            "{{index .l 4}}",
            Err(
                r#"template: t:1:2: executing "t" at <index .l 4>: error calling index: index out of range: 4"#,
            ),
        ),
        (
            "{{index .l -1}}",
            Err(
                r#"template: t:1:2: executing "t" at <index .l -1>: error calling index: index out of range: -1"#,
            ),
        ),
        (
            "{{index .l .i}}",
            Err(
                r#"template: t:1:2: executing "t" at <index .l .i>: error calling index: cannot index slice/array with type float64"#,
            ),
        ),
        (
            r#"{{index .l "a"}}"#,
            Err(
                r#"template: t:1:2: executing "t" at <index .l "a">: error calling index: cannot index slice/array with type string"#,
            ),
        ),
        (
            "{{index .l nil}}",
            Err(
                r#"template: t:1:2: executing "t" at <index .l nil>: error calling index: cannot index slice/array with nil"#,
            ),
        ),
        (
            r#"{{index "abc" 3}}"#,
            Err(
                r#"template: t:1:2: executing "t" at <index "abc" 3>: error calling index: reflect: string index out of range"#,
            ),
        ),
        (
            "{{index .m 1}}",
            Err(
                r#"template: t:1:2: executing "t" at <index .m 1>: error calling index: value has type int; should be string"#,
            ),
        ),
        (
            "{{index .m nil}}",
            Err(
                r#"template: t:1:2: executing "t" at <index .m nil>: error calling index: value is nil; should be of type string"#,
            ),
        ),
        (
            "{{index .n 1}}",
            Err(
                r#"template: t:1:2: executing "t" at <index .n 1>: error calling index: index of untyped nil"#,
            ),
        ),
        (
            "{{index nil}}",
            Err(
                r#"template: t:1:2: executing "t" at <index nil>: error calling index: index of untyped nil"#,
            ),
        ),
        (
            r#"{{index .nope "a"}}"#,
            Err(
                r#"template: t:1:2: executing "t" at <index .nope "a">: error calling index: index of untyped nil"#,
            ),
        ),
        (
            r#"{{index .m "nope" "x"}}"#,
            Err(
                r#"template: t:1:2: executing "t" at <index .m "nope" "x">: error calling index: index of nil pointer"#,
            ),
        ),
        (
            "{{index 1 1}}",
            Err(
                r#"template: t:1:2: executing "t" at <index 1 1>: error calling index: can't index item of type int"#,
            ),
        ),
        (
            "{{index}}",
            Err(
                r#"template: t:1:2: executing "t" at <index>: wrong number of args for index: want at least 1 got 0"#,
            ),
        ),
        (
            "{{slice .s 1 3}}|{{slice .s}}|{{slice .s 2}}|{{slice .l 1}}|{{slice .l 0 2 3}}",
            Ok("el|hello|llo|[1 2]|[3 1]"),
        ),
        (
            "{{slice .s 1 2 3}}",
            Err(
                r#"template: t:1:2: executing "t" at <slice .s 1 2 3>: error calling slice: cannot 3-index slice a string"#,
            ),
        ),
        (
            "{{slice .s 9}}",
            Err(
                r#"template: t:1:2: executing "t" at <slice .s 9>: error calling slice: index out of range: 9"#,
            ),
        ),
        (
            "{{slice .s 3 1}}",
            Err(
                r#"template: t:1:2: executing "t" at <slice .s 3 1>: error calling slice: invalid slice index: 3 > 1"#,
            ),
        ),
        (
            "{{slice .s -1}}",
            Err(
                r#"template: t:1:2: executing "t" at <slice .s -1>: error calling slice: index out of range: -1"#,
            ),
        ),
        (
            "{{slice .s .i}}",
            Err(
                r#"template: t:1:2: executing "t" at <slice .s .i>: error calling slice: cannot index slice/array with type interface {}"#,
            ),
        ),
        (
            "{{slice .m 1}}",
            Err(
                r#"template: t:1:2: executing "t" at <slice .m 1>: error calling slice: can't slice item of type map[string]interface {}"#,
            ),
        ),
        (
            "{{slice .l 0 2 1}}",
            Err(
                r#"template: t:1:2: executing "t" at <slice .l 0 2 1>: error calling slice: invalid slice index: 2 > 1"#,
            ),
        ),
        (
            "{{slice .l 0 1 2 3}}",
            Err(
                r#"template: t:1:2: executing "t" at <slice .l 0 1 2 3>: error calling slice: too many slice indexes: 4"#,
            ),
        ),
        (
            "{{slice .n}}",
            Err(r#"template: t:1:2: executing "t" at <slice .n>: error calling slice: slice of untyped nil"#),
        ),
        (
            r#"{{html .ls}}|{{html "<a href=\"x\">'&" "b"}}|{{html .n}}|{{html nil}}|{{html 1 2}}"#,
            Ok(
                "[b a&lt;&amp;&gt;&#39;&#34; é]|&lt;a href=&#34;x&#34;&gt;&#39;&amp;b|&lt;no value&gt;|&lt;no value&gt;|1 2",
            ),
        ),
        (
            r#"{{js "it's \"a\" <b> & = \\ \u0007 é \u00a0"}}"#,
            Ok(r#"it\'s \"a\" \u003Cb\u003E \u0026 \u003D \\ \u0007 é \u00A0"#),
        ),
        (r#"{{urlquery "a b&c=d/é" 1}}"#, Ok("a+b%26c%3Dd%2F%C3%A91")),
        (
            r#"{{print 1 2 "a" "b" 3 nil}}|{{print}}|{{println "a" 1}}|{{println}}"#,
            Ok("1 2ab3 <nil>||a 1\n|\n"),
        ),
        (r#"{{printf "%d-%s" 1 "a"}}"#, Ok("1-a")),
        (
            "{{printf}}",
            Err(
                r#"template: t:1:2: executing "t" at <printf>: wrong number of args for printf: want at least 1 got 0"#,
            ),
        ),
        ("{{printf 1}}", Err(r#"template: t:1:9: executing "t" at <1>: expected string; found 1"#)),
        (
            "{{call .s}}",
            Err(
                r#"template: t:1:2: executing "t" at <call .s>: error calling call: non-function .s of type string"#,
            ),
        ),
        (
            "{{call nil}}",
            Err(r#"template: t:1:2: executing "t" at <call nil>: error calling call: call of nil"#),
        ),
        (
            "{{call}}",
            Err(
                r#"template: t:1:2: executing "t" at <call>: wrong number of args for call: want at least 1 got 0"#,
            ),
        ),
        (
            "{{.s | call}}",
            Err(
                r#"template: t:1:7: executing "t" at <call>: error calling call: non-function hello of type string"#,
            ),
        ),
        (
            "{{call .n 1}}",
            Err(r#"template: t:1:2: executing "t" at <call .n 1>: error calling call: call of nil"#),
        ),
    ]);
}

#[test]
fn comparison() {
    check(&[
        (
            r#"{{eq 1 1}}|{{eq 1 2}}|{{eq "a" "a"}}|{{eq true true}}|{{eq 1.5 1.5}}|{{eq 1i 1i}}|{{eq 1 2 3 1}}|{{eq 'a' 97}}"#,
            Ok("true|false|true|true|true|true|true|true"),
        ),
        (
            "{{eq .i 3}}",
            Err(
                r#"template: t:1:2: executing "t" at <eq .i 3>: error calling eq: incompatible types for comparison: float64 and int"#,
            ),
        ),
        (
            r#"{{eq 1 "1"}}"#,
            Err(
                r#"template: t:1:2: executing "t" at <eq 1 "1">: error calling eq: incompatible types for comparison: int and string"#,
            ),
        ),
        (
            "{{eq}}",
            Err(
                r#"template: t:1:2: executing "t" at <eq>: wrong number of args for eq: want at least 1 got 0"#,
            ),
        ),
        (
            "{{eq 1}}",
            Err(
                r#"template: t:1:2: executing "t" at <eq 1>: error calling eq: missing argument for comparison"#,
            ),
        ),
        (
            "{{eq (u32 1) 1}}|{{eq 1 (u32 1)}}|{{lt (u32 1) 2}}|{{lt -1 (u32 1)}}|{{eq (i64 3) 3}}",
            Ok("true|true|true|true|true"),
        ),
        (
            "{{eq nil nil}}|{{eq .n nil}}|{{eq nil .s}}|{{eq .s nil}}|{{eq .n .nope}}|{{eq nilmap nil}}|{{eq nillist nil}}|{{eq .m nil}}",
            Ok("true|true|false|false|true|true|true|false"),
        ),
        (
            "{{eq .m .m}}",
            Err(
                r#"template: t:1:2: executing "t" at <eq .m .m>: error calling eq: non-comparable type map[a:x b:%!s(float64=1) c:map[d:<nil> e:[%!s(float64=1) two %!s(float64=3.5)]]]: map[string]interface {}"#,
            ),
        ),
        (
            "{{eq .l .l}}",
            Err(
                r#"template: t:1:2: executing "t" at <eq .l .l>: error calling eq: non-comparable type [%!s(float64=3) %!s(float64=1) %!s(float64=2)]: []interface {}"#,
            ),
        ),
        (
            "{{eq .m .l}}",
            Err(
                r#"template: t:1:2: executing "t" at <eq .m .l>: error calling eq: non-comparable types map[a:x b:%!s(float64=1) c:map[d:<nil> e:[%!s(float64=1) two %!s(float64=3.5)]]]: map[string]interface {}, []interface {}: [3 1 2]"#,
            ),
        ),
        (
            "{{eq .l .m}}",
            Err(
                r#"template: t:1:2: executing "t" at <eq .l .m>: error calling eq: non-comparable types [%!s(float64=3) %!s(float64=1) %!s(float64=2)]: []interface {}, map[string]interface {}: map[a:x b:1 c:map[d:<nil> e:[1 two 3.5]]]"#,
            ),
        ),
        (
            "{{eq .m 1}}",
            Err(
                r#"template: t:1:2: executing "t" at <eq .m 1>: error calling eq: incompatible types for comparison: map[string]interface {} and int"#,
            ),
        ),
        (
            r#"{{eq (bytes "a") (bytes "a")}}"#,
            Err(
                r#"template: t:1:2: executing "t" at <eq (bytes "a") (bytes "a")>: error calling eq: non-comparable type a: []uint8"#,
            ),
        ),
        (r#"{{ne 1 2}}|{{ne "a" "a"}}|{{ne .n nil}}"#, Ok("true|false|false")),
        (
            "{{ne 1 2 3}}",
            Err(r#"template: t:1:2: executing "t" at <ne>: wrong number of args for ne: want 2 got 3"#),
        ),
        (
            r#"{{ne 1 "a"}}"#,
            Err(
                r#"template: t:1:2: executing "t" at <ne 1 "a">: error calling ne: incompatible types for comparison: int and string"#,
            ),
        ),
        (
            r#"{{lt 1 2}}|{{lt "a" "b"}}|{{lt 1.5 .f}}|{{le 1 1}}|{{gt 2 1}}|{{ge 1 2}}|{{ge "b" "b"}}"#,
            Ok("true|true|false|true|true|false|true"),
        ),
        (
            "{{lt 1 1.5}}",
            Err(
                r#"template: t:1:2: executing "t" at <lt 1 1.5>: error calling lt: incompatible types for comparison: int and float64"#,
            ),
        ),
        (
            "{{lt true false}}",
            Err(
                r#"template: t:1:2: executing "t" at <lt true false>: error calling lt: invalid type for comparison"#,
            ),
        ),
        (
            "{{lt .n 1}}",
            Err(
                r#"template: t:1:2: executing "t" at <lt .n 1>: error calling lt: invalid type for comparison"#,
            ),
        ),
        (
            "{{lt .m .m}}",
            Err(
                r#"template: t:1:2: executing "t" at <lt .m .m>: error calling lt: invalid type for comparison"#,
            ),
        ),
        (
            "{{le true true}}",
            Err(
                r#"template: t:1:2: executing "t" at <le true true>: error calling le: invalid type for comparison"#,
            ),
        ),
        (
            r#"{{gt 1 "a"}}"#,
            Err(
                r#"template: t:1:2: executing "t" at <gt 1 "a">: error calling gt: incompatible types for comparison: int and string"#,
            ),
        ),
        (
            "{{ge nil nil}}",
            Err(
                r#"template: t:1:2: executing "t" at <ge nil nil>: error calling ge: invalid type for comparison"#,
            ),
        ),
        (
            "{{lt 1}}",
            Err(r#"template: t:1:2: executing "t" at <lt>: wrong number of args for lt: want 2 got 1"#),
        ),
        (
            "{{lt 1i 2i}}",
            Err(
                r#"template: t:1:2: executing "t" at <lt 1i 2i>: error calling lt: invalid type for comparison"#,
            ),
        ),
    ]);
}

#[test]
fn white_space() {
    check(&[
        ("a {{- 1 -}} b", Ok("a1b")),
        ("a\n  {{- /* c */ -}}\n b", Ok("ab")),
        ("{{/* c */}}x", Ok("x")),
        ("a {{-1}} b", Ok("a -1 b")),
        ("{{ 3 -}}\n\n\n.", Ok("3.")),
        ("  \n{{- 3}}", Ok("3")),
        ("{{\n.s\n|\nupper\n}}", Ok("HELLO")),
        ("{{- 1 }}{{- 2 -}}{{ 3 -}}", Ok("123")),
    ]);
}
