use super::Failure;
use crate::arguments::Env;
use crate::printer::Printer;
use crate::settings::Settings;

/// Prints one variable's value, or all of them as Helm does: `NAME="value"`.
pub(super) fn run(options: &Env, settings: &Settings, printer: Printer) -> Result<(), Failure> {
    let mut text = String::new();
    for (name, value) in settings.variables() {
        match &options.name {
            Some(wanted) if wanted == name => text.push_str(&format!("{value}\n")),
            Some(_) => {}
            None => text.push_str(&format!("{name}=\"{value}\"\n")),
        }
    }
    if text.is_empty() {
        text.push('\n');
    }
    printer.data(text);
    Ok(())
}
