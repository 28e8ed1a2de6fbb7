//! `until`, `untilStep` and `seq`: rows of whole numbers, paid for before they are made.

use wheelhouse_gotemplate::{Arguments, CallError, Context, List, ListKind, Value};

use crate::call::{Outcome, charge_elements, text};

/// A row of numbers: Sprig's `untilStep`.
#[derive(Clone, Copy)]
struct Row {
    start: i64,
    step: i64,
    count: u64,
}

impl Row {
    /// The numbers from `start` to before `stop`; none if the step leads away from it.
    fn new(start: i64, stop: i64, step: i64) -> Self {
        let leads_away = if stop < start { step >= 0 } else { step <= 0 };
        let count = if leads_away { 0 } else { start.abs_diff(stop).div_ceil(step.unsigned_abs()) };
        Self { start, step, count }
    }

    fn numbers(self) -> impl Iterator<Item = i64> {
        let mut next = self.start;
        (0..self.count).map(move |_| {
            let number = next;
            next = next.wrapping_add(self.step);
            number
        })
    }

    fn charge(self, context: &mut dyn Context) -> Result<(), CallError> {
        charge_elements(context, usize::try_from(self.count).unwrap_or(usize::MAX))
    }
}

pub(super) fn until(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let count = arguments.int(0)?;
    list(context, Row::new(0, count, if count < 0 { -1 } else { 1 }))
}

pub(super) fn until_step(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    list(context, Row::new(arguments.int(0)?, arguments.int(1)?, arguments.int(2)?))
}

fn list(context: &mut dyn Context, row: Row) -> Outcome {
    row.charge(context)?;
    Ok(Value::List(List::new(ListKind::Int, row.numbers().map(Value::Int).collect())))
}

/// `seq`, which counts up to and including its end and gives the numbers as one text.
pub(super) fn seq(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let row = match arguments.len() {
        1 => inclusive(1, arguments.int(0)?, None),
        2 => inclusive(arguments.int(0)?, arguments.int(1)?, None),
        3 => inclusive(arguments.int(0)?, arguments.int(2)?, Some(arguments.int(1)?)),
        _ => Row::new(0, 0, 1),
    };
    row.charge(context)?;
    let numbers: Vec<String> = row.numbers().map(|number| number.to_string()).collect();
    text(context, numbers.join(" "))
}

fn inclusive(start: i64, end: i64, step: Option<i64>) -> Row {
    let direction = if end < start { -1 } else { 1 };
    Row::new(start, end.wrapping_add(direction), step.unwrap_or(direction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_end_before_their_stop() {
        #[track_caller]
        fn check(row: Row, expect: &[i64]) {
            assert_eq!(row.numbers().collect::<Vec<_>>(), expect);
        }
        check(Row::new(0, 3, 1), &[0, 1, 2]);
        check(Row::new(0, -3, -1), &[0, -1, -2]);
        check(Row::new(0, 7, 3), &[0, 3, 6]);
        check(Row::new(0, 7, -3), &[]);
        check(Row::new(7, 0, 3), &[]);
        check(Row::new(0, 0, 1), &[]);
        check(Row::new(0, 1, 0), &[]);
        check(inclusive(1, -2, None), &[1, 0, -1, -2]);
        check(inclusive(5, 1, Some(-2)), &[5, 3, 1]);
        check(inclusive(5, 1, Some(2)), &[]);
        check(inclusive(1, 5, Some(-1)), &[]);
    }

    #[test]
    fn a_row_of_a_billion_is_counted_at_once() {
        assert_eq!(Row::new(0, 1_000_000_000, 1).count, 1_000_000_000);
        assert_eq!(Row::new(i64::MIN, i64::MAX, 1).count, u64::MAX);
    }
}
