//! What Helm adds: templates in templates, refusals, the cluster.

use wheelhouse_gotemplate::Parameter::{Any, Map as AnyMap, String as Str};
use wheelhouse_gotemplate::{Arguments, CallError, Context, Function, GoString, Signature, Value};

use crate::call::{Outcome, function, text};
use crate::environment::{LintNote, LookupRequest, environment};

pub(crate) const TABLE: &[Function] = &[
    function("include", Signature::fixed(&[Str, Any], Str), include),
    function("tpl", Signature::fixed(&[Str, Any], Str), tpl),
    function("required", Signature::fixed(&[Str, Any], Any), required),
    function("fail", Signature::fixed(&[Str], Str), fail),
    function("lookup", Signature::fixed(&[Str, Str, Str, Str], AnyMap), lookup),
    function("getHostByName", Signature::fixed(&[Str], Str), get_host_by_name),
];

const REFUSAL_START: &str = "HELM_ERR_START";
const REFUSAL_END: &str = "HELM_ERR_END";

/// The text a chart gave to `fail` or `required`, out of the text of an error that came through
/// any number of templates. Helm shows it alone, without the chain of templates around it.
#[must_use]
pub fn refusal(error: &str) -> Option<&str> {
    let (_, rest) = error.split_once(REFUSAL_START)?;
    rest.rsplit_once(REFUSAL_END).map(|(text, _)| text)
}

/// An error's text without the marks that `fail` and `required` put around theirs.
#[must_use]
pub fn without_marks(error: &str) -> String {
    error.replace(REFUSAL_START, "").replace(REFUSAL_END, "")
}

fn refuse(text: &GoString) -> CallError {
    CallError::message(format!("{REFUSAL_START}{text}{REFUSAL_END}"))
}

fn include(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let name = arguments.string(0)?.to_str_lossy();
    Ok(Value::String(context.execute_template(&name, arguments.any(1).clone())?))
}

fn tpl(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    Ok(Value::String(context.execute_text(arguments.string(0)?, arguments.any(1).clone())?))
}

/// Nil and the empty string are missing; zero and false are not.
fn required(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let (warning, value) = (arguments.string(0)?, arguments.any(1));
    let note = match value {
        Value::Nil => LintNote::MissingValue,
        Value::String(text) if text.is_empty() => LintNote::EmptyValue,
        given => return Ok(given.clone()),
    };
    let environment = environment(context)?;
    if !environment.lint_mode {
        return Err(refuse(warning));
    }
    environment.host.note(note(&warning.to_str_lossy()));
    Ok(Value::string(""))
}

fn fail(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let message = arguments.string(0)?;
    let environment = environment(context)?;
    if !environment.lint_mode {
        return Err(refuse(message));
    }
    environment.host.note(LintNote::Failure(&message.to_str_lossy()));
    Ok(Value::string(""))
}

fn lookup(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let [api_version, kind, namespace, name] =
        [0, 1, 2, 3].map(|index| arguments.string(index).map(GoString::to_str_lossy));
    let request =
        LookupRequest { api_version: &api_version?, kind: &kind?, namespace: &namespace?, name: &name? };
    match environment(context)?.lookup.lookup(request) {
        Ok(object) => Ok(Value::Map(object)),
        Err(error) => Err(CallError::message(error)),
    }
}

/// One of the addresses; nothing where looking names up is switched off.
fn get_host_by_name(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let host = &environment(context)?.host;
    let Some(addresses) = host.resolve_host(&arguments.string(0)?.to_str_lossy()) else {
        return Ok(Value::string(""));
    };
    let mut random = [0; 8];
    host.fill_random(&mut random);
    let count = u64::try_from(addresses.len()).unwrap_or(u64::MAX);
    let chosen = u64::from_le_bytes(random)
        .checked_rem(count)
        .and_then(|index| addresses.get(usize::try_from(index).ok()?))
        .ok_or_else(|| CallError::message("invalid argument to Intn"))?;
    text(context, chosen.as_str())
}
