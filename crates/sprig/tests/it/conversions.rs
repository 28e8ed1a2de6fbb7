//! From any kind to numbers; what does not convert is zero.

use crate::support::check;

#[test]
fn text_to_integers() {
    check(
        r#"{{ int "08" }} {{ int "010" }} {{ int "0x1F" }} {{ int "0b11" }} {{ int "1_000" }}"#,
        "0 8 31 3 1000",
    );
    check(r#"{{ int "1.0" }} {{ int "1.9" }} {{ int "1." }} {{ int "10.000" }}"#, "1 0 0 10");
    check(r#"{{ int " 1" }} {{ int "abc" }} {{ int "" }}"#, "0 0 0");
    check(r#"{{ int64 "99999999999999999999" }}"#, "0");
    check(
        r#"{{ atoi "12a" }} {{ atoi "010" }} {{ atoi "-5" }} {{ atoi "99999999999999999999" }} {{ atoi "1_0" }}"#,
        "0 10 -5 9223372036854775807 0",
    );
    check(r#"{{ toDecimal 777 }} {{ toDecimal "0777" }} {{ toDecimal 8 }}"#, "511 511 0");
}

#[test]
fn other_values_to_integers() {
    check("{{ int 1.9 }} {{ int -1.9 }} {{ int true }} {{ int nil }} {{ int .Values.l }}", "1 -1 1 0 0");
    check("{{ int 1e300 }} {{ int64 .Values.big }}", "-9223372036854775808 -9223372036854775808");
    check("{{ typeOf (int 1) }} {{ typeOf (int64 1) }}", "int int64");
}

#[test]
fn floats() {
    check(
        r#"{{ float64 "1.5" }} {{ float64 "1e3" }} {{ float64 "inf" }} {{ float64 "x" }} {{ float64 true }}"#,
        "1.5 1000 +Inf 0 1",
    );
    check(
        r#"{{ float64 "0x1p-2" }} {{ float64 "1_0.5" }} {{ float64 nil }} {{ float64 3 }}"#,
        "0.25 10.5 0 3",
    );
}
