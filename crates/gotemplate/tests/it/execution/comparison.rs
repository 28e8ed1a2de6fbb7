//! `eq`, `lt` and their kin.

use super::check;

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
