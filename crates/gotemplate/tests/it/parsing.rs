//! Whatever the text, parsing ends in a tree or an error.

use proptest::prelude::*;
use wheelhouse_gotemplate::{
    Engine, FunctionTable, GoString, Limits, Options, ParsedFile, Parser, TemplateSet, Value,
};

use crate::functions;

fn parser() -> Parser {
    Parser::new(FunctionTable::new().with(functions::all()))
}

fn shown(file: &ParsedFile) -> String {
    file.arena().text(file.root(), file.source().as_bytes())
}

/// Pieces that make templates more often than random characters do.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{",
        "}}",
        "{{- ",
        " -}}",
        " ",
        "\n",
        "text",
        "if ",
        "else ",
        "end",
        "range ",
        "with ",
        "define ",
        "template ",
        "block ",
        "break",
        "continue",
        "nil",
        "true",
        "$",
        "$x",
        " := ",
        " = ",
        ", ",
        "|",
        "(",
        ")",
        ".",
        ".a",
        ".a.b",
        "\"s\"",
        "`r`",
        "'c'",
        "1",
        "-1.5",
        "0x1F",
        "1e3",
        "1+2i",
        "upper ",
        "print ",
        "and ",
        "/*",
        "*/",
        "\"",
        "`",
        "é",
        "\u{1}",
        "{{if .}}",
        "{{end}}",
        "{{else}}",
        "{{range .}}",
        "{{$x := 1}}",
        "{{$x}}",
        "{{/* c */}}",
    ]);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn bytes_parse_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parser().parse(&GoString::from(bytes));
    }

    #[test]
    fn soup_parses_or_fails_and_runs_or_fails(text in soup()) {
        let parser = parser();
        if let Ok(file) = parser.parse(&text.as_str().into()) {
            let mut set = TemplateSet::new("gotpl");
            if set.add("t", &file).is_ok() {
                let limits = Limits { steps: 10_000, bytes: 100_000, ..Limits::default() };
                let traced = Options { limits, trace: true, ..Options::default() };
                let plain = Options { limits, ..Options::default() };
                let traced = Engine::new(&parser, &set, traced).execute("t", Value::from("dot"));
                let plain = Engine::new(&parser, &set, plain).execute("t", Value::from("dot"));
                let text = |result: Result<wheelhouse_gotemplate::Output, wheelhouse_gotemplate::CallError>| {
                    result.map(|output| output.bytes).map_err(|error| error.to_string())
                };
                prop_assert_eq!(text(traced), text(plain));
            }
        }
    }

    /// A tree's text parses to a tree of the same text.
    #[test]
    fn a_trees_text_is_its_own(seed in any::<u64>()) {
        let text = crate::generate::job(seed).files.swap_remove(0).1;
        let parser = parser();
        if let Ok(file) = parser.parse(&text.as_str().into()) {
            let once = shown(&file);
            // A block shows as the call it is, without the definition.
            let again = parser.parse(&once.as_str().into()).map(|file| shown(&file));
            prop_assert_eq!(again.as_deref().map_err(ToString::to_string), Ok(once.as_str()));
        }
    }
}

#[test]
fn parsed_files_are_shared_between_threads() {
    let parser = parser();
    let file = parser.parse(&"{{ .a }}".into()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(shown(&file), "{{.a}}"));
        scope.spawn(|| assert!(std::sync::Arc::ptr_eq(&file, &parser.parse(&"{{ .a }}".into()).unwrap())));
    });
}

#[test]
fn a_later_body_replaces_an_earlier_one_unless_it_is_empty() {
    let parser = parser();
    let mut set = TemplateSet::new("gotpl");
    let mut add = |name: &str, text: &str| set.add(name, &parser.parse(&text.into()).unwrap());
    add("a", "{{define \"x\"}}first{{end}}body").unwrap();
    add("b", "{{define \"x\"}}second{{end}}").unwrap();
    add("c", "{{define \"x\"}} {{/* nothing */}}\n{{end}}").unwrap();
    add("a", " \n").unwrap();
    assert_eq!(
        add("d", "{{define \"d\"}}x{{end}}\ny").unwrap_err().to_string(),
        "template: d:2: template: multiple definition of template \"d\""
    );
    add("e", "{{define \"e\"}}defined{{end}}\n").unwrap();
    let run = |name: &str| {
        let output = Engine::new(&parser, &set, Options::default()).execute(name, Value::Nil);
        output.map(|output| String::from_utf8(output.bytes).unwrap()).map_err(|error| error.to_string())
    };
    assert_eq!(run("x").as_deref(), Ok("second"));
    assert_eq!(run("a").as_deref(), Ok("body"));
    assert_eq!(run("e").as_deref(), Ok("defined"));
    assert_eq!(run("nope").unwrap_err(), "template: no template \"nope\" associated with template \"gotpl\"");
}
