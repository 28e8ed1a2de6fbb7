//! The functions of `text/template` itself.

use super::check;

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
