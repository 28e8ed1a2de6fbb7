//! Whole numbers wrap around, fractions are computed in decimals.

use crate::support::{check, check_error};

#[test]
fn whole_numbers() {
    check("{{ add 1 3.9 }}", "4");
    check(r#"{{ add "1.5" 1 }}"#, "1");
    check("{{ sub 5 2.9 }}", "3");
    check("{{ div 7 2 }}", "3");
    check("{{ div -7 2 }}", "-3");
    check("{{ mod -7 3 }}", "-1");
    check(r#"{{ mul 2 "3" 4.9 }}"#, "24");
    check("{{ add1 41 }}", "42");
    check("{{ add }}", "0");
    check(r#"{{ max 1 "7" 3.9 }}"#, "7");
    check("{{ min 5 2 nil }}", "0");
    check("{{ biggest 1 2 }}", "2");
    check_error("{{ div 1 0 }}", "error calling div: runtime error: integer divide by zero");
    check_error("{{ mod 1 nil }}", "error calling mod: runtime error: integer divide by zero");
    check("{{ add 9223372036854775807 1 }}", "-9223372036854775808");
    check("{{ div -9223372036854775808 -1 }}", "-9223372036854775808");
    check("{{ typeOf (add 1 1) }}", "int64");
}

#[test]
fn fractions() {
    check("{{ addf 0.1 0.2 }}", "0.3");
    check("{{ subf 1 0.9 }}", "0.1");
    check("{{ mulf 1.1 1.1 }}", "1.21");
    check("{{ divf 10 3 }}", "3.3333333333333335");
    check("{{ add1f 1.5 }}", "2.5");
    check("{{ addf }}", "0");
    check_error("{{ divf 1 0 }}", "error calling divf: decimal division by 0");
    check_error(r#"{{ addf "inf" 1 }}"#, "error calling addf: Cannot create a Decimal from +Inf");
    check(r#"{{ maxf 1 2.5 "nan" }}"#, "NaN");
    check("{{ minf 1 2.5 }}", "1");
    check("{{ divf 1 3 3 }}", "0.1111111111111111");
    check("{{ mulf 1e300 1e300 }}", "+Inf");
}

#[test]
fn rounding() {
    check("{{ round 123.5555 3 }}", "123.556");
    check("{{ round 2.5 0 }}", "3");
    check("{{ round -2.5 0 }}", "-3");
    check("{{ round -2.4 0 }}", "-3");
    check("{{ round 123.5555 -1 }}", "120");
    check("{{ round 2.3 0 0.2 }}", "3");
    check("{{ floor 1.9 }}", "1");
    check(r#"{{ ceil "1.1" }}"#, "2");
    check("{{ floor -0.5 }}", "-1");
    check("{{ round 1e300 20 }}", "+Inf");
}

#[test]
fn rows() {
    check("{{ until 3 }}", "[0 1 2]");
    check("{{ until -3 }}", "[0 -1 -2]");
    check("{{ until 0 }}", "[]");
    check("{{ untilStep 0 7 3 }}", "[0 3 6]");
    check("{{ untilStep 3 0 -1 }}", "[3 2 1]");
    check("{{ untilStep 3 0 1 }}", "[]");
    check("{{ untilStep 0 3 0 }}", "[]");
    check("{{ seq 3 }}", "1 2 3");
    check("{{ seq -2 }}", "1 0 -1 -2");
    check("{{ seq 5 -2 0 }}", "5 3 1");
    check("{{ seq 0 2 10 }}", "0 2 4 6 8 10");
    check("{{ seq 2 4 }}", "2 3 4");
    check("{{ seq }}|", "|");
    check("{{ seq 1 2 3 4 }}|", "|");
    check("{{ seq 5 2 1 }}|", "|");
    check("{{ typeOf (until 2) }}", "[]int");
    check_error("{{ until .Values.i }}", "wrong type for value; expected int; got float64");
    check("{{ seq 1 }}", "1");
}
