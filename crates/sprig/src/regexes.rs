//! Regular expressions in Go's syntax.
//!
//! Sprig's functions panic where the pattern is wrong, the `must` ones return the error; a template
//! sees both as an error, with different words. Only `regexMatch` answers with false.

use std::sync::Arc;

use wheelhouse_goregex::{Error, Regex, Step, quote_meta};
use wheelhouse_gotemplate::Parameter::{Bool, Int, String as Str, Strings};
use wheelhouse_gotemplate::strconv::{can_backquote, quote};
use wheelhouse_gotemplate::{
    Arguments, CallError, Context, Function, GoString, List, ListKind, Signature, Value,
};

use crate::call::{Outcome, function, text};
use crate::environment::environment;

const MATCH: Signature = Signature::fixed(&[Str, Str], Bool);
const FIND: Signature = Signature::fixed(&[Str, Str], Str);
const FIND_ALL: Signature = Signature::fixed(&[Str, Str, Int], Strings);
const REPLACE: Signature = Signature::fixed(&[Str, Str, Str], Str);

pub(crate) const TABLE: &[Function] = &[
    function("regexMatch", MATCH, |context, arguments| matches(context, arguments, Wrong::IsFalse)),
    function("mustRegexMatch", MATCH, |context, arguments| matches(context, arguments, Wrong::IsError)),
    function("regexFind", FIND, |context, arguments| find(context, arguments, Wrong::Panics)),
    function("mustRegexFind", FIND, |context, arguments| find(context, arguments, Wrong::IsError)),
    function("regexFindAll", FIND_ALL, |context, arguments| find_all(context, arguments, Wrong::Panics)),
    function("mustRegexFindAll", FIND_ALL, |context, arguments| find_all(context, arguments, Wrong::IsError)),
    function("regexReplaceAll", REPLACE, |context, arguments| {
        replace(context, arguments, Wrong::Panics, Replacement::Template)
    }),
    function("mustRegexReplaceAll", REPLACE, |context, arguments| {
        replace(context, arguments, Wrong::IsError, Replacement::Template)
    }),
    function("regexReplaceAllLiteral", REPLACE, |context, arguments| {
        replace(context, arguments, Wrong::Panics, Replacement::Literal)
    }),
    function("mustRegexReplaceAllLiteral", REPLACE, |context, arguments| {
        replace(context, arguments, Wrong::IsError, Replacement::Literal)
    }),
    function("regexSplit", FIND_ALL, |context, arguments| split(context, arguments, Wrong::Panics)),
    function("mustRegexSplit", FIND_ALL, |context, arguments| split(context, arguments, Wrong::IsError)),
    function("regexQuoteMeta", Signature::fixed(&[Str], Str), |context, arguments| {
        text(context, quote_meta(arguments.string(0)?.as_bytes()))
    }),
];

/// What a wrong pattern leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    IsFalse,
    IsError,
    Panics,
}

#[derive(Clone, Copy)]
enum Replacement {
    /// `$1` stands for a group.
    Template,
    Literal,
}

/// Steps of a matching automaton that cost as much as one step of the engine.
const MATCHING_STEPS: u64 = 64;

/// The same where a search follows another. It seldom looks at all of the rest, so that counts less.
const FURTHER_MATCHING_STEPS: u64 = 8192;

/// Bytes a search may look at in one step, if all goes well.
const BYTES_A_STEP: u64 = 512;

/// Pays for one match among many: the search, and so many bytes of the result.
fn pay_for_match(
    context: &mut dyn Context,
    regex: &Regex,
    step: Step,
    bytes: usize,
) -> Result<(), CallError> {
    let at_worst = regex.cost(step.searched) / FURTHER_MATCHING_STEPS;
    context.charge_steps(at_worst.max(step.searched as u64 / BYTES_A_STEP) + 1)?;
    context.charge_bytes(bytes)
}

/// The compiled pattern, and the text it is for; the work of one search is paid for.
fn pattern<'a>(
    context: &mut dyn Context,
    arguments: &Arguments<'a>,
) -> Result<Result<(Arc<Regex>, &'a GoString), Error>, CallError> {
    let (pattern, text) = (arguments.string(0)?, arguments.string(1)?);
    context.charge_steps(pattern.len() as u64)?;
    let mut patterns = environment(context)?.patterns.borrow_mut();
    let is_new = !patterns.contains(pattern.as_bytes());
    let compiled = patterns.get(pattern.as_bytes());
    drop(patterns);
    match compiled {
        Ok(regex) => {
            if is_new {
                context.charge_steps(regex.compile_cost() / MATCHING_STEPS)?;
            }
            context.charge_steps(regex.cost(text.len()) / MATCHING_STEPS)?;
            Ok(Ok((regex, text)))
        }
        Err(error) => Ok(Err(error)),
    }
}

/// The same, where a wrong pattern is an error.
fn valid_pattern<'a>(
    context: &mut dyn Context,
    arguments: &Arguments<'a>,
    wrong: Wrong,
) -> Result<(Arc<Regex>, &'a GoString), CallError> {
    pattern(context, arguments)?.map_err(|error| {
        if wrong != Wrong::Panics {
            return CallError::message(error.to_string());
        }
        let pattern = arguments.string(0).map(GoString::as_bytes).unwrap_or_default();
        let quoted = if can_backquote(pattern) {
            format!("`{}`", String::from_utf8_lossy(pattern))
        } else {
            quote(pattern)
        };
        CallError::message(format!("regexp: Compile({quoted}): {error}"))
    })
}

fn matches(context: &mut dyn Context, arguments: Arguments<'_>, wrong: Wrong) -> Outcome {
    if wrong == Wrong::IsFalse {
        let found = pattern(context, &arguments)?;
        return Ok(Value::Bool(found.is_ok_and(|(regex, text)| regex.is_match(text.as_bytes()))));
    }
    let (regex, text) = valid_pattern(context, &arguments, wrong)?;
    Ok(Value::Bool(regex.is_match(text.as_bytes())))
}

fn find(context: &mut dyn Context, arguments: Arguments<'_>, wrong: Wrong) -> Outcome {
    let (regex, searched) = valid_pattern(context, &arguments, wrong)?;
    let found = regex.find(searched.as_bytes()).and_then(|range| searched.as_bytes().get(range));
    text(context, found.unwrap_or_default())
}

fn find_all(context: &mut dyn Context, arguments: Arguments<'_>, wrong: Wrong) -> Outcome {
    let (regex, searched) = valid_pattern(context, &arguments, wrong)?;
    let limit = usize::try_from(arguments.int(2)?).ok();
    let found = regex.find_all(searched.as_bytes(), limit, |step| {
        pay_for_match(context, &regex, step, step.made + size_of::<Value>())
    })?;
    // Where nothing was found Go gives no slice at all.
    if found.is_empty() {
        return Ok(Value::List(List::nil(ListKind::String)));
    }
    Ok(pieces(searched, found))
}

fn split(context: &mut dyn Context, arguments: Arguments<'_>, wrong: Wrong) -> Outcome {
    let (regex, searched) = valid_pattern(context, &arguments, wrong)?;
    let limit = usize::try_from(arguments.int(2)?).ok();
    if limit == Some(0) {
        return Ok(Value::List(List::nil(ListKind::String)));
    }
    context.charge_bytes(searched.len())?;
    let found = regex
        .split(searched.as_bytes(), limit, |step| pay_for_match(context, &regex, step, size_of::<Value>()))?;
    Ok(pieces(searched, found))
}

fn pieces(searched: &GoString, ranges: Vec<std::ops::Range<usize>>) -> Value {
    let bytes = searched.as_bytes();
    Value::List(List::strings(ranges.into_iter().map(|range| bytes.get(range).unwrap_or_default())))
}

fn replace(
    context: &mut dyn Context,
    arguments: Arguments<'_>,
    wrong: Wrong,
    replacement: Replacement,
) -> Outcome {
    let (regex, searched) = valid_pattern(context, &arguments, wrong)?;
    let with = arguments.string(2)?.as_bytes();
    let mut pay = |step: Step| pay_for_match(context, &regex, step, step.made);
    let replaced = match replacement {
        Replacement::Template => regex.replace_all(searched.as_bytes(), with, &mut pay)?,
        Replacement::Literal => regex.replace_all_literal(searched.as_bytes(), with, &mut pay)?,
    };
    context.charge_bytes(searched.len())?;
    Ok(Value::string(replaced))
}
