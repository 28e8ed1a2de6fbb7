//! Calls of functions: arguments, results and errors.

use super::check;

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
