//! Go's `fmt` for template values: `Sprint`, `Sprintln`, `Sprintf` and `%v`.

mod directive;
mod integer;
mod nested;
mod number;
mod printer;
mod string;

pub(crate) use printer::Printer;

use crate::function::{CallError, Context};
use crate::value::{GoString, Value};

/// Go's `fmt.Sprint`: the values with `%v`, a space between two that are both no strings.
///
/// # Errors
/// When the text would be larger than the render may make.
pub fn sprint(context: &mut dyn Context, values: &[Value]) -> Result<GoString, CallError> {
    make(context, |printer| printer.print(values))
}

/// [`sprint`] of what pointers point to, as templates print them.
pub(crate) fn sprint_through(context: &mut dyn Context, values: &[Value]) -> Result<GoString, CallError> {
    make(context, |printer| {
        printer.looks_through = true;
        printer.print(values);
    })
}

/// Go's `fmt.Sprintln`: the values with `%v`, a space between any two, and a newline.
///
/// # Errors
/// When the text would be larger than the render may make.
pub fn sprintln(context: &mut dyn Context, values: &[Value]) -> Result<GoString, CallError> {
    make(context, |printer| printer.print_line(values))
}

/// Go's `fmt.Sprintf`.
///
/// # Errors
/// When the text would be larger than the render may make. Wrong verbs are no errors: their
/// place says so.
pub fn sprintf(context: &mut dyn Context, format: &[u8], values: &[Value]) -> Result<GoString, CallError> {
    make(context, |printer| printer.print_format(format, values))
}

/// One value with `%v`; a string is given back as it is.
///
/// # Errors
/// When the text would be larger than the render may make.
pub fn display(context: &mut dyn Context, value: &Value) -> Result<GoString, CallError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => make(context, |printer| printer.print(std::slice::from_ref(value))),
    }
}

fn make(context: &mut dyn Context, print: impl FnOnce(&mut Printer)) -> Result<GoString, CallError> {
    let left = context.bytes_left();
    let mut printer = Printer::new(Vec::new(), left);
    print(&mut printer);
    match printer.finish() {
        Ok(text) => {
            context.charge_bytes(text.len())?;
            Ok(GoString::from(text))
        }
        Err(_) => {
            // More than is left: this says so.
            context.charge_bytes(left.saturating_add(1))?;
            Err(CallError::message("value is nested too deep to print"))
        }
    }
}
