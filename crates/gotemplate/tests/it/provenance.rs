//! Every byte of a traced output knows where it comes from.

use serde_json::json;
use wheelhouse_gotemplate::trace::{CallKind, Frame, Key, Origin, OriginId};
use wheelhouse_gotemplate::{
    Arguments, Engine, Function, FunctionTable, Options, Parameter, Parser, Piece, Signature, TemplateSet,
    Trace, Value,
};

use crate::functions;
use crate::support::Job;

fn path(trace: &Trace, origin: OriginId) -> String {
    let keys = trace.path(origin).into_iter().map(|key| match key {
        Key::Name(name) => name.to_string(),
        Key::Index(index) => index.to_string(),
    });
    keys.collect::<Vec<_>>().join(".")
}

fn place(frame: &Frame, offset: usize) -> String {
    let at = wheelhouse_source::LineIndex::new(frame.source().as_bytes()).position(offset);
    let kind = match frame.kind {
        CallKind::Root => "",
        CallKind::Template => "template ",
        CallKind::Include => "include ",
        CallKind::Text => "tpl ",
    };
    format!("{kind}{}@{}:{}:{}", frame.template, frame.file(), at.line, at.column)
}

/// One piece: its text, its place with the stack, and the paths of the lookups behind its value.
fn show(trace: &Trace, bytes: &[u8], piece: &Piece) -> String {
    let text = String::from_utf8_lossy(&bytes[piece.bytes.range()]).into_owned();
    let mut line = format!("{text:?}");
    let mut offset = piece.source.start;
    for frame in trace.stack(piece.frame) {
        line.push_str(" < ");
        line.push_str(&place(frame, offset));
        if frame.text.is_some() {
            line.push_str(&format!(" [{}]", path(trace, frame.text)));
        }
        if let Some((_, call)) = frame.caller {
            offset = call.start;
        }
    }
    if piece.is_value {
        let paths: Vec<String> =
            trace.lookups(piece.origin).into_iter().map(|origin| path(trace, origin)).collect();
        line.push_str(&format!(" = {}", paths.join(" + ")));
    }
    line
}

fn text_functions() -> Vec<Function> {
    let make = |name, call| {
        let signature = Signature::fixed(&[Parameter::Int, Parameter::String], Parameter::String);
        Function { name, signature, call }
    };
    vec![
        make("nindent", |_, arguments: Arguments<'_>| {
            let pad = " ".repeat(arguments.int(0)? as usize);
            Ok(Value::from(format!(
                "\n{pad}{}",
                arguments.string(1)?.to_string().replace('\n', &format!("\n{pad}"))
            )))
        }),
        Function {
            name: "default",
            signature: Signature::fixed(&[Parameter::Any, Parameter::Any], Parameter::Any),
            call: |_, arguments| {
                Ok(if arguments.any(1).truth() { arguments.any(1) } else { arguments.any(0) }.clone())
            },
        },
    ]
}

fn check(job: &Job, expect: &[&str]) {
    let parser = Parser::new(FunctionTable::new().with(functions::all()).with(text_functions()));
    let mut set = TemplateSet::new("gotpl");
    for (name, text) in &job.files {
        set.add(name, &parser.parse(&text.as_str().into()).unwrap()).unwrap();
    }
    let mut engine = Engine::new(&parser, &set, Options { trace: true, ..Options::default() });
    let mut output = engine.execute(&job.files[0].0, crate::values::value(&job.data)).unwrap();
    output.remove(b"<no value>");
    let pieces = output.pieces.as_ref().unwrap();
    let trace = engine.trace().unwrap();
    let shown: Vec<String> = pieces.all().iter().map(|piece| show(trace, &output.bytes, piece)).collect();
    assert_eq!(shown, expect);
    let covered: usize = pieces.all().iter().map(|piece| piece.bytes.len()).sum();
    assert_eq!(covered, output.bytes.len(), "no byte without a piece");
    assert_eq!(
        String::from_utf8_lossy(&output.bytes),
        job.run_plain(&parser, &set),
        "tracing changes nothing"
    );
}

impl Job {
    fn run_plain(&self, parser: &Parser, set: &TemplateSet) -> String {
        let mut engine = Engine::new(parser, set, Options::default());
        let mut output = engine.execute(&self.files[0].0, crate::values::value(&self.data)).unwrap();
        output.remove(b"<no value>");
        String::from_utf8(output.bytes).unwrap()
    }
}

#[test]
fn text_and_values() {
    check(
        &Job::new("a: {{ .image.tag }}\nb: {{ .image.tag | upper }}{{ 3 }}{{ .nope }}\n")
            .data(json!({"image": {"tag": "v1"}})),
        &[
            "\"a: \" < t@t:1:1",
            "\"v1\" < t@t:1:4 = image.tag",
            "\"\\nb: \" < t@t:1:20",
            "\"V1\" < t@t:2:4 = image.tag",
            "\"3\" < t@t:2:28 = ",
            "\"\\n\" < t@t:2:46",
        ],
    );
}

#[test]
fn variables_dot_and_loops() {
    check(
        &Job::new("{{ $x := .a }}{{ $x }}{{ with .m }}{{ .k }}{{ end }}{{ range $i, $e := .l }}{{ $i }}{{ $e }}{{ . }}{{ end }}{{ range $k, $v := .m }}{{ $k }}{{ $v }}{{ end }}{{ index .l 0 }}{{ index .m \"k\" }}{{ (index $.lm 0).z }}{{ default 5 .none }}")
            .data(json!({"a": 1, "m": {"k": true}, "l": [7], "lm": [{"z": 9}]})),
        &[
            "\"1\" < t@t:1:15 = a",
            "\"true\" < t@t:1:36 = m.k",
            "\"0\" < t@t:1:77 = ",
            "\"7\" < t@t:1:85 = l.0",
            "\"7\" < t@t:1:93 = l.0",
            "\"k\" < t@t:1:133 = m.k",
            "\"true\" < t@t:1:141 = m.k",
            "\"7\" < t@t:1:158 = l.0",
            "\"true\" < t@t:1:174 = m.k",
            "\"9\" < t@t:1:192 = lm.0.z",
            "\"5\" < t@t:1:214 = none",
        ],
    );
}

#[test]
fn includes_keep_their_pieces_through_text_functions() {
    check(
        &Job::new("x:{{ include \"labels\" . | nindent 2 }}\n")
            .file("_h.tpl", "{{ define \"labels\" }}app: {{ .name }}\nrel: {{ template \"rel\" .r }}{{ end }}\n{{ define \"rel\" }}<{{ . }}>{{ end }}")
            .data(json!({"name": "web", "r": "prod"})),
        &[
            "\"x:\" < t@t:1:1",
            "\"\\n  \" < t@t:1:3 = ",
            "\"app: \" < include labels@_h.tpl:1:22 < t@t:1:6",
            "\"web\" < include labels@_h.tpl:1:27 < t@t:1:6 = name",
            "\"\\n  \" < t@t:1:3 = ",
            "\"rel: \" < include labels@_h.tpl:1:38 < t@t:1:6",
            "\"<\" < template rel@_h.tpl:3:19 < include labels@_h.tpl:2:6 < t@t:1:6",
            "\"prod\" < template rel@_h.tpl:3:20 < include labels@_h.tpl:2:6 < t@t:1:6 = r",
            "\">\" < template rel@_h.tpl:3:27 < include labels@_h.tpl:2:6 < t@t:1:6",
            "\"\\n\" < t@t:1:39",
        ],
    );
}

#[test]
fn values_are_followed_through_dicts_and_tpl() {
    check(
        &Job::new("{{ include \"r\" (dict \"value\" .tmpl \"context\" $ \"n\" .port) }}")
            .file("_h.tpl", "{{ define \"r\" }}{{ tpl .value .context }}{{ .n }}{{ end }}")
            .data(json!({"tmpl": "host-{{ .name }}{{ .nope }}!", "name": "a", "port": 80})),
        &[
            "\"host-\" < tpl gotpl@gotpl:1:1 [tmpl] < include r@_h.tpl:1:20 < t@t:1:4",
            "\"a\" < tpl gotpl@gotpl:1:6 [tmpl] < include r@_h.tpl:1:20 < t@t:1:4 = name",
            "\"!\" < tpl gotpl@gotpl:1:28 [tmpl] < include r@_h.tpl:1:20 < t@t:1:4",
            "\"80\" < include r@_h.tpl:1:42 < t@t:1:4 = port",
        ],
    );
}

#[test]
fn containers_are_named_by_address() {
    let parser = Parser::new(FunctionTable::new());
    let mut set = TemplateSet::new("gotpl");
    set.add("t", &parser.parse(&"{{ .a.b }}".into()).unwrap()).unwrap();
    let data = crate::values::value(&json!({"a": {"b": "text"}}));
    let inner = data.as_map().unwrap().get("a").unwrap();
    let text = inner.as_map().unwrap().get("b").unwrap();
    let mut engine = Engine::new(&parser, &set, Options { trace: true, ..Options::default() });
    let output = engine.execute("t", data).unwrap();
    let piece = *output.pieces.unwrap().at(2).unwrap();
    assert_eq!(piece.address, text.as_string().unwrap().address());
    let trace = engine.into_trace().unwrap();
    match trace.origin(piece.origin) {
        Some(Origin::Lookup { container, key, .. }) => {
            assert_eq!(*container, inner.as_map().unwrap().address());
            assert_eq!(*key, Key::Name("b".into()));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_untraced_run_has_no_pieces() {
    let output = Job::new("a{{ 1 }}").run_with(Options::default()).unwrap();
    assert!(output.pieces.is_none());
}
