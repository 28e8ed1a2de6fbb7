//! String functions: Go's `strings`, Sprig's own and those of `goutils`.

mod abbreviate;
mod wrap;

use std::collections::HashSet;

use wheelhouse_gotemplate::Parameter::{Any, Bool, Int, String as Str, StringMap, Strings};
use wheelhouse_gotemplate::format::display;
use wheelhouse_gotemplate::{
    Arguments, CallError, Context, Function, GoString, List, ListKind, Map, MapType, Signature, Value,
    strconv,
};

use crate::call::{Outcome, charge_elements, function, slice_out_of_range, text};
use crate::convert::{self, strval};
use crate::text::{self as runes, count, replace, split, trim, trim_space};

pub(crate) const TABLE: &[Function] = &[
    function("hello", Signature::fixed(&[], Str), |context, _| text(context, "Hello!")),
    function("abbrev", Signature::fixed(&[Int, Str], Str), abbreviate::abbrev),
    function("abbrevboth", Signature::fixed(&[Int, Int, Str], Str), abbreviate::abbrevboth),
    function("trunc", Signature::fixed(&[Int, Str], Str), trunc),
    function("trim", Signature::fixed(&[Str], Str), |context, arguments| {
        text(context, trim_space(arguments.string(0)?.as_bytes()))
    }),
    function("trimAll", Signature::fixed(&[Str, Str], Str), trim_all),
    function("trimall", Signature::fixed(&[Str, Str], Str), trim_all),
    function("trimSuffix", Signature::fixed(&[Str, Str], Str), |context, arguments| {
        let (suffix, whole) = (arguments.string(0)?, arguments.string(1)?);
        match whole.as_bytes().strip_suffix(suffix.as_bytes()) {
            Some(rest) => text(context, rest),
            None => Ok(Value::String(whole.clone())),
        }
    }),
    function("trimPrefix", Signature::fixed(&[Str, Str], Str), |context, arguments| {
        let (prefix, whole) = (arguments.string(0)?, arguments.string(1)?);
        match whole.as_bytes().strip_prefix(prefix.as_bytes()) {
            Some(rest) => text(context, rest),
            None => Ok(Value::String(whole.clone())),
        }
    }),
    function("substr", Signature::fixed(&[Int, Int, Str], Str), substr),
    function("repeat", Signature::fixed(&[Int, Str], Str), |context, arguments| {
        let repeated = repeat(context, arguments.string(1)?.as_bytes(), arguments.int(0)?)?;
        Ok(Value::string(repeated))
    }),
    function("nospace", Signature::fixed(&[Str], Str), nospace),
    function("initials", Signature::fixed(&[Str], Str), initials),
    function("wrap", Signature::fixed(&[Int, Str], Str), wrap::wrap),
    function("wrapWith", Signature::fixed(&[Int, Str, Str], Str), wrap::wrap_with),
    function("contains", Signature::fixed(&[Str, Str], Bool), |_, arguments| {
        let (part, whole) = (arguments.string(0)?, arguments.string(1)?);
        Ok(Value::Bool(memchr::memmem::find(whole.as_bytes(), part.as_bytes()).is_some()))
    }),
    function("hasPrefix", Signature::fixed(&[Str, Str], Bool), |_, arguments| {
        Ok(Value::Bool(arguments.string(1)?.as_bytes().starts_with(arguments.string(0)?.as_bytes())))
    }),
    function("hasSuffix", Signature::fixed(&[Str, Str], Bool), |_, arguments| {
        Ok(Value::Bool(arguments.string(1)?.as_bytes().ends_with(arguments.string(0)?.as_bytes())))
    }),
    function("quote", Signature::variadic(&[Any], Str), quote),
    function("squote", Signature::variadic(&[Any], Str), squote),
    function("cat", Signature::variadic(&[Any], Str), cat),
    function("indent", Signature::fixed(&[Int, Str], Str), |context, arguments| {
        indent(context, "", arguments)
    }),
    function("nindent", Signature::fixed(&[Int, Str], Str), |context, arguments| {
        indent(context, "\n", arguments)
    }),
    function("replace", Signature::fixed(&[Str, Str, Str], Str), replace_all),
    function("plural", Signature::fixed(&[Str, Str, Int], Str), |_, arguments| {
        let form = if arguments.int(2)? == 1 { 0 } else { 1 };
        Ok(Value::String(arguments.string(form)?.clone()))
    }),
    function("toString", Signature::fixed(&[Any], Str), |context, arguments| {
        let string = strval(context, arguments.any(0))?;
        Ok(Value::String(string))
    }),
    function("toStrings", Signature::fixed(&[Any], Strings), |context, arguments| {
        Ok(Value::List(convert::strings(context, arguments.any(0))?))
    }),
    function("join", Signature::fixed(&[Str, Any], Str), join),
    function("sortAlpha", Signature::fixed(&[Any], Strings), sort_alpha),
    function("split", Signature::fixed(&[Str, Str], StringMap), |context, arguments| {
        split_map(context, arguments.string(0)?, -1, arguments.string(1)?)
    }),
    function("splitn", Signature::fixed(&[Str, Int, Str], StringMap), |context, arguments| {
        split_map(context, arguments.string(0)?, arguments.int(1)?, arguments.string(2)?)
    }),
    function("splitList", Signature::fixed(&[Str, Str], Strings), split_list),
];

fn trunc(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let width = arguments.int(0)?;
    let whole = arguments.string(1)?;
    let kept = match usize::try_from(width) {
        Ok(end) => whole.as_bytes().get(..end),
        Err(_) => usize::try_from(width.unsigned_abs())
            .ok()
            .and_then(|from_end| whole.len().checked_sub(from_end))
            .and_then(|start| whole.as_bytes().get(start..)),
    };
    match kept {
        Some(kept) if kept.len() < whole.len() => text(context, kept),
        _ => Ok(Value::String(whole.clone())),
    }
}

fn trim_all(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let (cutset, whole) = (arguments.string(0)?.as_bytes(), arguments.string(1)?.as_bytes());
    if let [byte @ 0..=0x7f] = cutset {
        let start = whole.iter().position(|other| other != byte).unwrap_or(whole.len());
        let end = whole.iter().rposition(|other| other != byte).map_or(start, |last| last + 1);
        return text(context, whole.get(start..end).unwrap_or_default());
    }
    let drops: HashSet<char> = runes::runes(cutset).map(|(rune, _)| rune).collect();
    text(context, trim(whole, |rune| drops.contains(&rune)))
}

/// Sprig's `substring`: a negative start means "up to `end`", a negative or too great end means
/// "from `start`"; everything else is a Go slice expression with its panics.
fn substr(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let (start, end) = (arguments.int(0)?, arguments.int(1)?);
    let whole = arguments.string(2)?.as_bytes();
    let length = i64::try_from(whole.len()).unwrap_or(i64::MAX);
    let (start, end) = if start < 0 {
        if end < 0 {
            return Err(slice_out_of_range(format_args!("[:{end}]")));
        }
        if end > length {
            return Err(slice_out_of_range(format_args!("[:{end}] with length {length}")));
        }
        (0, end)
    } else {
        (start, if end < 0 || end > length { length } else { end })
    };
    let part = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    match part.and_then(|(start, end)| whole.get(start..end)) {
        Some(part) => text(context, part),
        None => Err(slice_out_of_range(format_args!("[{start}:{end}]"))),
    }
}

/// Go's `strings.Repeat`, paid for before it is made.
pub(crate) fn repeat(context: &mut dyn Context, part: &[u8], times: i64) -> Result<Vec<u8>, CallError> {
    let Ok(times) = usize::try_from(times) else {
        return Err(CallError::message("strings: negative Repeat count"));
    };
    let length = part.len().checked_mul(times).filter(|length| isize::try_from(*length).is_ok());
    let Some(length) = length else {
        return Err(CallError::message("strings: Repeat output length overflow"));
    };
    context.charge_bytes(length)?;
    Ok(part.repeat(times))
}

/// `goutils.DeleteWhiteSpace`, which takes each byte for a rune: text beyond ASCII comes out
/// garbled if there is any white space in it.
fn nospace(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let whole = arguments.string(0)?;
    let kept: String =
        whole.as_bytes().iter().map(|byte| char::from(*byte)).filter(|rune| !rune.is_whitespace()).collect();
    if kept.chars().count() == whole.len() {
        return Ok(Value::String(whole.clone()));
    }
    text(context, kept)
}

/// `goutils.Initials`, which takes each byte for a rune.
fn initials(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let mut letters = String::new();
    let mut after_gap = true;
    for byte in arguments.string(0)?.as_bytes() {
        let rune = char::from(*byte);
        if rune.is_whitespace() {
            after_gap = true;
        } else if after_gap {
            letters.push(rune);
            after_gap = false;
        }
    }
    text(context, letters)
}

fn quote(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let mut quoted = Vec::new();
    for value in arguments.rest(0).iter().filter(|value| !matches!(value, Value::Nil)) {
        if !quoted.is_empty() {
            quoted.push(b' ');
        }
        let string = strval(context, value)?;
        quoted.extend_from_slice(strconv::quote(string.as_bytes()).as_bytes());
    }
    text(context, quoted)
}

fn squote(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let mut quoted = Vec::new();
    for value in arguments.rest(0).iter().filter(|value| !matches!(value, Value::Nil)) {
        if !quoted.is_empty() {
            quoted.push(b' ');
        }
        quoted.push(b'\'');
        quoted.extend_from_slice(display(context, value)?.as_bytes());
        quoted.push(b'\'');
    }
    text(context, quoted)
}

fn cat(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let mut joined = Vec::new();
    let given = arguments.rest(0).iter().filter(|value| !matches!(value, Value::Nil));
    for (index, value) in given.enumerate() {
        if index > 0 {
            joined.push(b' ');
        }
        joined.extend_from_slice(display(context, value)?.as_bytes());
    }
    text(context, joined)
}

fn indent(context: &mut dyn Context, before: &str, arguments: Arguments<'_>) -> Outcome {
    let whole = arguments.string(1)?.as_bytes();
    let width = arguments.int(0)?;
    let Ok(width) = usize::try_from(width) else {
        return Err(CallError::message("strings: negative Repeat count"));
    };
    let breaks = memchr::memchr_iter(b'\n', whole).count();
    let padding = width.saturating_mul(breaks + 1);
    let length = whole.len().saturating_add(padding).saturating_add(before.len());
    context.charge_bytes(length)?;
    let mut indented = Vec::with_capacity(length);
    indented.extend_from_slice(before.as_bytes());
    for (index, line) in whole.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            indented.push(b'\n');
        }
        indented.resize(indented.len() + width, b' ');
        indented.extend_from_slice(line);
    }
    Ok(Value::string(indented))
}

fn replace_all(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let (old, new) = (arguments.string(0)?.as_bytes(), arguments.string(1)?.as_bytes());
    let whole = arguments.string(2)?;
    let found = count(whole.as_bytes(), old);
    if found == 0 || old == new {
        return Ok(Value::String(whole.clone()));
    }
    context.charge_bytes(whole.len().saturating_add(found.saturating_mul(new.len())))?;
    Ok(Value::string(replace(whole.as_bytes(), old, new)))
}

fn join(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let separator = arguments.string(0)?.as_bytes();
    let parts = convert::strings(context, arguments.any(1))?;
    let parts: Vec<&[u8]> =
        parts.items().iter().filter_map(Value::as_string).map(GoString::as_bytes).collect();
    let joints = separator.len().saturating_mul(parts.len().saturating_sub(1));
    context.charge_bytes(joints.saturating_add(parts.iter().map(|part| part.len()).sum()))?;
    Ok(Value::string(parts.join(separator)))
}

fn sort_alpha(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let value = arguments.any(0);
    let strings = convert::strings(context, value)?;
    if crate::elements::slice(value).is_none() {
        let whole = strval(context, value)?;
        return Ok(Value::List(List::strings([whole])));
    }
    // What sorting compares, beside what making the list cost.
    let comparisons = strings.len().saturating_mul(strings.len().max(1).ilog2() as usize);
    context.charge_steps(comparisons as u64 / 4)?;
    let mut sorted: Vec<GoString> = strings.items().iter().filter_map(Value::as_string).cloned().collect();
    sorted.sort();
    Ok(Value::List(List::exact(ListKind::String, sorted.into_iter().map(Value::String).collect())))
}

fn split_map(context: &mut dyn Context, separator: &GoString, limit: i64, whole: &GoString) -> Outcome {
    let parts = charged_split(context, separator, limit, whole)?;
    let entries = parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| (GoString::from(format!("_{index}")), Value::string(part)));
    Ok(Value::Map(Map::of_type(MapType::STRINGS).filled(entries)))
}

fn split_list(context: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    let parts = charged_split(context, arguments.string(0)?, -1, arguments.string(1)?)?;
    Ok(Value::List(List::exact(ListKind::String, parts.into_iter().map(Value::string).collect())))
}

fn charged_split<'a>(
    context: &mut dyn Context,
    separator: &GoString,
    limit: i64,
    whole: &'a GoString,
) -> Result<Vec<&'a [u8]>, CallError> {
    charge_elements(context, count(whole.as_bytes(), separator.as_bytes()) + 1)?;
    context.charge_bytes(whole.len())?;
    Ok(split(whole.as_bytes(), separator.as_bytes(), limit))
}
