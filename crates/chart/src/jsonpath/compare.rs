use std::cmp::Ordering;

use wheelhouse_goyaml::Value;

/// Go's comparison of two basic values; none if they are of different types, or of one that has no
/// order.
pub(super) fn passes(left: &Value, operator: &str, right: &Value) -> Option<bool> {
    Some(match operator {
        "==" => is_equal(left, right)?,
        "!=" => !is_equal(left, right)?,
        "<" => is_less(left, right)?,
        ">=" => !is_less(left, right)?,
        "<=" => is_less(left, right)? || is_equal(left, right)?,
        ">" => !(is_less(left, right)? || is_equal(left, right)?),
        _ => return None,
    })
}

fn is_equal(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        _ => order(left, right).map(|order| order == Some(Ordering::Equal)),
    }
}

fn is_less(left: &Value, right: &Value) -> Option<bool> {
    order(left, right).map(|order| order == Some(Ordering::Less))
}

/// The order of two values of one type; inner none for not-a-number.
fn order(left: &Value, right: &Value) -> Option<Option<Ordering>> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(Some(left.cmp(right))),
        (Value::Uint(left), Value::Uint(right)) => Some(Some(left.cmp(right))),
        (Value::Int(left), Value::Uint(right)) => Some(i128::from(*left).partial_cmp(&i128::from(*right))),
        (Value::Uint(left), Value::Int(right)) => Some(i128::from(*left).partial_cmp(&i128::from(*right))),
        (Value::Float(left), Value::Float(right)) => Some(left.partial_cmp(right)),
        (Value::String(left), Value::String(right)) => Some(Some(left.cmp(right))),
        _ => None,
    }
}
