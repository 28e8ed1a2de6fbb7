//! Constants, the dot, fields and variables.

use super::check;

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
