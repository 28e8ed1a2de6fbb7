//! Arithmetic: whole numbers wrap as Go's do, fractions go through decimal arithmetic.

mod decimal;
mod sequences;

use wheelhouse_gotemplate::Parameter::{Any, Float64, Int, Int64, Ints, String as Str};
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, Signature, Value};

use crate::call::{Outcome, function};
use crate::convert::{to_float64, to_int64};
use decimal::Decimal;

const OF_ONE: Signature = Signature::fixed(&[Any], Int64);
const OF_TWO: Signature = Signature::fixed(&[Any, Any], Int64);
const OF_MANY: Signature = Signature::variadic(&[Any, Any], Int64);
const FLOAT_OF_ONE: Signature = Signature::fixed(&[Any], Float64);
const FLOAT_OF_MANY: Signature = Signature::variadic(&[Any, Any], Float64);

pub(crate) const TABLE: &[Function] = &[
    function("add1", OF_ONE, |_, arguments| Ok(Value::Int64(to_int64(arguments.any(0)).wrapping_add(1)))),
    function("add", Signature::variadic(&[Any], Int64), |_, arguments| {
        let sum = arguments.rest(0).iter().map(to_int64).fold(0, i64::wrapping_add);
        Ok(Value::Int64(sum))
    }),
    function("sub", OF_TWO, |_, arguments| {
        Ok(Value::Int64(to_int64(arguments.any(0)).wrapping_sub(to_int64(arguments.any(1)))))
    }),
    function("mul", OF_MANY, |_, arguments| whole(arguments, i64::wrapping_mul)),
    function("div", OF_TWO, |_, arguments| {
        let divisor = divisor(arguments)?;
        Ok(Value::Int64(to_int64(arguments.any(0)).wrapping_div(divisor)))
    }),
    function("mod", OF_TWO, |_, arguments| {
        let divisor = divisor(arguments)?;
        Ok(Value::Int64(to_int64(arguments.any(0)).wrapping_rem(divisor)))
    }),
    function("max", OF_MANY, |_, arguments| whole(arguments, i64::max)),
    function("biggest", OF_MANY, |_, arguments| whole(arguments, i64::max)),
    function("min", OF_MANY, |_, arguments| whole(arguments, i64::min)),
    function("add1f", FLOAT_OF_ONE, |_, arguments| {
        let one = [Value::Int(1)];
        decimal(arguments.any(0), &one, |left, right| Ok(left.add(right)))
    }),
    function("addf", Signature::variadic(&[Any], Float64), |_, arguments| {
        decimal(&Value::Float64(0.0), arguments.rest(0), |left, right| Ok(left.add(right)))
    }),
    function("subf", FLOAT_OF_MANY, |_, arguments| {
        decimal(arguments.any(0), arguments.rest(1), |left, right| Ok(left.subtract(right)))
    }),
    function("mulf", FLOAT_OF_MANY, |_, arguments| {
        decimal(arguments.any(0), arguments.rest(1), |left, right| Ok(left.multiply(right)))
    }),
    function("divf", FLOAT_OF_MANY, |_, arguments| {
        decimal(arguments.any(0), arguments.rest(1), |left, right| {
            left.divide(right).ok_or_else(|| CallError::message("decimal division by 0"))
        })
    }),
    function("maxf", FLOAT_OF_MANY, |_, arguments| fraction(arguments, go_max)),
    function("minf", FLOAT_OF_MANY, |_, arguments| fraction(arguments, |left, right| -go_max(-left, -right))),
    function("floor", FLOAT_OF_ONE, |_, arguments| Ok(Value::Float64(to_float64(arguments.any(0)).floor()))),
    function("ceil", FLOAT_OF_ONE, |_, arguments| Ok(Value::Float64(to_float64(arguments.any(0)).ceil()))),
    function("round", Signature::variadic(&[Any, Int, Float64], Float64), round),
    function("until", Signature::fixed(&[Int], Ints), sequences::until),
    function("untilStep", Signature::fixed(&[Int, Int, Int], Ints), sequences::until_step),
    function("seq", Signature::variadic(&[Int], Str), sequences::seq),
];

fn divisor(arguments: Arguments<'_>) -> Result<i64, CallError> {
    match to_int64(arguments.any(1)) {
        0 => Err(CallError::message("runtime error: integer divide by zero")),
        divisor => Ok(divisor),
    }
}

fn whole(arguments: Arguments<'_>, operation: impl Fn(i64, i64) -> i64) -> Outcome {
    let first = to_int64(arguments.any(0));
    Ok(Value::Int64(arguments.rest(1).iter().map(to_int64).fold(first, operation)))
}

fn fraction(arguments: Arguments<'_>, operation: impl Fn(f64, f64) -> f64) -> Outcome {
    let first = to_float64(arguments.any(0));
    Ok(Value::Float64(arguments.rest(1).iter().map(to_float64).fold(first, operation)))
}

/// `math.Max`: NaN wins over every number but infinity, and +0 is more than -0.
fn go_max(left: f64, right: f64) -> f64 {
    if left == f64::INFINITY || right == f64::INFINITY {
        f64::INFINITY
    } else if left.is_nan() || right.is_nan() {
        f64::NAN
    } else if left == 0.0 && right == 0.0 {
        if left.is_sign_negative() { right } else { left }
    } else {
        left.max(right)
    }
}

/// Sprig's `execDecimalOp`: from left to right in decimals, the result as the nearest float.
fn decimal(
    first: &Value,
    rest: &[Value],
    operation: impl Fn(&Decimal, &Decimal) -> Result<Decimal, CallError>,
) -> Outcome {
    let mut result = to_decimal(first)?;
    for value in rest {
        result = operation(&result, &to_decimal(value)?)?;
    }
    Ok(Value::Float64(result.to_f64()))
}

fn to_decimal(value: &Value) -> Result<Decimal, CallError> {
    let number = to_float64(value);
    Decimal::from_f64(number).ok_or_else(|| {
        let name = match number {
            f64::INFINITY => "+Inf",
            f64::NEG_INFINITY => "-Inf",
            _ => "NaN",
        };
        CallError::message(format!("Cannot create a Decimal from {name}"))
    })
}

/// Sprig's `round`: up when the fraction that is cut off is at least the third argument, one half
/// if there is none. Fractions of negative numbers are negative, so those always go down.
fn round(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let round_on = if arguments.len() > 2 { arguments.float64(2)? } else { 0.5 };
    let power = power_of_ten(arguments.int(1)?);
    let shifted = power * to_float64(arguments.any(0));
    let fraction = if shifted.is_infinite() { f64::NAN } else { shifted.fract() };
    let rounded = if fraction >= round_on { shifted.ceil() } else { shifted.floor() };
    Ok(Value::Float64(rounded / power))
}

/// `math.Pow(10, exponent)`, step by step as Go computes it: the last bit can differ from the
/// nearest float.
fn power_of_ten(exponent: i64) -> f64 {
    match exponent {
        0 => return 1.0,
        1 => return 10.0,
        _ => {}
    }
    // 10 is 0.625 · 2^4.
    let (mut factor, mut factor_exponent) = (0.625, 4_i64);
    let (mut result, mut result_exponent) = (1.0, 0_i64);
    let mut rest = exponent.unsigned_abs();
    while rest != 0 {
        if factor_exponent > 1 << 12 {
            result_exponent += factor_exponent;
            break;
        }
        if rest & 1 == 1 {
            result *= factor;
            result_exponent += factor_exponent;
        }
        factor *= factor;
        factor_exponent <<= 1;
        if factor < 0.5 {
            factor += factor;
            factor_exponent -= 1;
        }
        rest >>= 1;
    }
    if exponent < 0 {
        result = 1.0 / result;
        result_exponent = -result_exponent;
    }
    times_power_of_two(result, result_exponent)
}

/// `math.Ldexp` of a number near one.
fn times_power_of_two(number: f64, exponent: i64) -> f64 {
    let exponent = i32::try_from(exponent.clamp(-4000, 4000)).unwrap_or(0);
    let half = exponent / 2;
    if exponent >= -1021 {
        // Both factors are exact, and so is each product unless it overflows.
        return number * 2_f64.powi(half) * 2_f64.powi(exponent - half);
    }
    // Into the subnormal numbers: only the last step may round.
    number * 2_f64.powi(-1000) * 2_f64.powi(exponent + 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten() {
        for (exponent, expect) in
            [(0, 1.0), (1, 10.0), (2, 100.0), (22, 1e22), (-1, 0.1), (400, f64::INFINITY), (-400, 0.0)]
        {
            #[allow(clippy::float_cmp)]
            {
                assert_eq!(power_of_ten(exponent), expect, "{exponent}");
            }
        }
    }

    #[test]
    fn go_knows_which_zero_is_more() {
        assert!(go_max(-0.0, 0.0).is_sign_positive());
        assert!(go_max(0.0, f64::NAN).is_nan());
        assert!(go_max(f64::NAN, f64::INFINITY).is_infinite());
    }
}
