//! Paths: Go's `path`, and `path/filepath` as it is on Unix, where both do the same.

use wheelhouse_gotemplate::Parameter::{Bool, String as Str};
use wheelhouse_gotemplate::{Arguments, Context, Function, Signature, Value};

use crate::call::{Outcome, function, text};

const PATH_TO_TEXT: Signature = Signature::fixed(&[Str], Str);
const PATH_TO_BOOL: Signature = Signature::fixed(&[Str], Bool);

pub(crate) const TABLE: &[Function] = &[
    function("base", PATH_TO_TEXT, |context, arguments| on_path(context, arguments, base)),
    function("osBase", PATH_TO_TEXT, |context, arguments| on_path(context, arguments, base)),
    function("dir", PATH_TO_TEXT, |context, arguments| on_path(context, arguments, dir)),
    function("osDir", PATH_TO_TEXT, |context, arguments| on_path(context, arguments, dir)),
    function("clean", PATH_TO_TEXT, |context, arguments| on_path(context, arguments, clean)),
    function("osClean", PATH_TO_TEXT, |context, arguments| on_path(context, arguments, clean)),
    function("ext", PATH_TO_TEXT, |context, arguments| on_path(context, arguments, ext)),
    function("osExt", PATH_TO_TEXT, |context, arguments| on_path(context, arguments, ext)),
    function("isAbs", PATH_TO_BOOL, is_absolute),
    function("osIsAbs", PATH_TO_BOOL, is_absolute),
];

fn on_path(
    context: &mut dyn Context,
    arguments: Arguments<'_>,
    part: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Outcome {
    text(context, part(arguments.string(0)?.as_bytes()))
}

fn is_absolute(_: &mut dyn Context, arguments: Arguments<'_>) -> Outcome {
    Ok(Value::Bool(arguments.string(0)?.as_bytes().starts_with(b"/")))
}

/// `path.Base`: the last element; `.` of an empty path, `/` of one of slashes only.
fn base(path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return b".".to_vec();
    }
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let path = path.get(..end).unwrap_or_default();
    match path.rsplit(|byte| *byte == b'/').next() {
        Some(last) if !last.is_empty() => last.to_vec(),
        _ => b"/".to_vec(),
    }
}

/// `path.Dir`: everything but the last element, cleaned.
fn dir(path: &[u8]) -> Vec<u8> {
    let end = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    clean(path.get(..end).unwrap_or_default())
}

/// `path.Ext`: the last element from its last dot on.
fn ext(path: &[u8]) -> Vec<u8> {
    match path.iter().rposition(|byte| matches!(byte, b'.' | b'/')) {
        Some(at) if path.get(at) == Some(&b'.') => path.get(at..).unwrap_or_default().to_vec(),
        _ => Vec::new(),
    }
}

/// `path.Clean`: the shortest path of the same meaning, by its text alone.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for element in path.split(|byte| *byte == b'/') {
        match element {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|last| *last != b"..") => {
                kept.pop();
            }
            b".." if rooted => {}
            element => kept.push(element),
        }
    }
    let joined = kept.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(part: impl FnOnce(&[u8]) -> Vec<u8>, path: &str, expect: &str) {
        assert_eq!(String::from_utf8(part(path.as_bytes())).unwrap(), expect, "{path}");
    }

    #[test]
    fn base_is_the_last_element() {
        for (path, expect) in
            [("", "."), (".", "."), ("/", "/"), ("////", "/"), ("a/", "a"), ("a/b//", "b"), ("/a", "a")]
        {
            check(base, path, expect);
        }
    }

    #[test]
    fn dir_is_the_rest() {
        for (path, expect) in [("", "."), ("/", "/"), ("a", "."), ("a/b", "a"), ("/a", "/"), ("a//b/", "a/b")]
        {
            check(dir, path, expect);
        }
    }

    #[test]
    fn ext_begins_at_the_last_dot() {
        for (path, expect) in [("a.b.c", ".c"), ("a.b/c", ""), ("a.", "."), ("", ""), ("/.x", ".x")] {
            check(ext, path, expect);
        }
    }

    #[test]
    fn clean_shortens() {
        for (path, expect) in [
            ("", "."),
            ("a//b/./c/..", "a/b"),
            ("/../a", "/a"),
            ("../../a", "../../a"),
            ("a/..", "."),
            ("a/../..", ".."),
            ("/", "/"),
            ("/..", "/"),
            ("./a/", "a"),
        ] {
            check(clean, path, expect);
        }
    }
}
