//! Nothing a template says makes a render run, grow or nest without end.

use std::cell::Cell;
use std::time::{Duration, Instant};

use wheelhouse_gotemplate::{
    Engine, FunctionTable, LimitReached, Limits, Map, Options, Parser, TemplateSet, Value,
};

use crate::support::Job;

/// Runs on a thread with this much stack and a little more.
fn on_stack<T: Send>(bytes: usize, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(bytes + (1 << 20));
        builder.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

fn check(text: &str, limits: Limits, expect: &str) {
    let started = Instant::now();
    let error = Job::new(text).run_with(Options { limits, ..Options::default() }).unwrap_err();
    assert_eq!(error, expect);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn endless_loops_end_at_their_line() {
    check(
        "a\n{{range 100000000000}}{{end}}",
        Limits::default(),
        "template: t:2:8: executing \"t\" at <100000000000>: range over 100000000000 goes on for \
         more than 10000000 rounds",
    );
    check(
        "{{range 100000}}\n{{range 100000}}{{end}}{{end}}",
        Limits { steps: 1_000_000, ..Limits::default() },
        "template: t:2:8: executing \"t\" at <100000>: the render took more than 1000000 \
         evaluation steps",
    );
    check(
        "{{range 1000}}\n{{upper \"0123456789\"}}{{end}}",
        Limits { bytes: 10_000, ..Limits::default() },
        "template: t:2:2: executing \"t\" at <{{upper \"0123456789\"}}>: the render made more than 10000 \
         bytes of text",
    );
    check(
        "{{printf \"%1000000d\" 1}}{{printf \"%1000000d\" 1}}",
        Limits { bytes: 1_500_000, ..Limits::default() },
        "template: t:1:26: executing \"t\" at <printf \"%1000000d\" 1>: error calling printf: the render made \
         more than 1500000 bytes of text",
    );
}

#[test]
fn including_oneself_ends_as_in_helm() {
    let error = on_stack(256 << 20, || {
        let limits = Limits { stack: 256 << 20, ..Limits::default() };
        let text = "{{define \"x\"}}{{include \"x\" .}}{{end}}{{include \"x\" .}}";
        Job::new(text).run_with(Options { limits, ..Options::default() }).unwrap_err()
    });
    let last = error.rsplit("executing").next().unwrap();
    assert_eq!(
        last,
        " \"x\" at <include \"x\" .>: error calling include: rendering template has a nested reference name: x: \
         unable to execute template"
    );
    assert_eq!(error.matches("error calling include").count(), 1002);
}

#[test]
fn calling_oneself_ends_in_an_error() {
    let error = Job::new("{{template \"t\" .}}").run().unwrap_err();
    assert!(
        error.ends_with("exceeded maximum evaluation depth: it took more than 1048576 bytes of stack"),
        "{error}"
    );
    check(
        "{{template \"t\" .}}",
        Limits { depth: 50, ..Limits::default() },
        "template: t:1:11: executing \"t\" at <{{template \"t\" .}}>: exceeded maximum \
         template depth (50)",
    );
    // Go counts from the outermost template, which is none.
    check(
        "{{define \"a\"}}{{template \"b\"}}{{end}}{{define \"b\"}}{{template \"a\"}}{{end}}{{template \"a\"}}",
        Limits { depth: 50, ..Limits::default() },
        "template: t:1:62: executing \"b\" at <{{template \"a\"}}>: exceeded maximum template depth (50)",
    );
    let error = Job::new("{{tpl .t .}}").data(serde_json::json!({"t": "{{tpl .t .}}"})).run().unwrap_err();
    assert!(
        error.ends_with("exceeded maximum evaluation depth: it took more than 1048576 bytes of stack"),
        "{error}"
    );
}

#[test]
fn deep_expressions_fit_a_big_stack_or_are_refused() {
    let text = format!("{{{{{}1{}}}}}", "(".repeat(10_000), ")".repeat(10_000));
    let error = Job::new(&text).run().unwrap_err();
    assert_eq!(error, "template: t:1: max expression depth exceeded");
    let output = on_stack(512 << 20, || {
        let parser = Parser::new(FunctionTable::new()).with_stack(500 << 20);
        let mut set = TemplateSet::new("gotpl");
        set.add("t", &parser.parse(&text.as_str().into()).unwrap()).unwrap();
        let limits = Limits { stack: 500 << 20, ..Limits::default() };
        let options = Options { limits, ..Options::default() };
        Engine::new(&parser, &set, options).execute("t", Value::Nil).unwrap().bytes
    });
    assert_eq!(output, b"1");
}

#[test]
fn a_map_in_itself_does_not_print_forever() {
    let parser = Parser::new(FunctionTable::new());
    let mut set = TemplateSet::new("gotpl");
    set.add("t", &parser.parse(&"x{{.}}".into()).unwrap()).unwrap();
    let map = Map::new();
    map.insert("self", Value::Map(map.clone()));
    let mut engine = Engine::new(&parser, &set, Options::default());
    let error = engine.execute("t", Value::Map(map.clone())).unwrap_err();
    assert!(matches!(error.limit(), Some(LimitReached::Bytes { .. })), "{error}");
    map.remove("self");
}

#[test]
fn the_clock_is_asked_now_and_then() {
    let asked = Cell::new(0);
    let checkpoint = || {
        asked.set(asked.get() + 1);
        if asked.get() > 5 { Err(LimitReached::Time { limit_ms: 7 }) } else { Ok(()) }
    };
    let options = Options { checkpoint: Some(&checkpoint), ..Options::default() };
    let error = Job::new("{{range 1000000}}{{end}}").run_with(options).unwrap_err();
    assert!(error.ends_with("the render took longer than 7 ms"), "{error}");
}

#[test]
fn usage_counts_over_executions() {
    let parser = Parser::new(FunctionTable::new());
    let mut set = TemplateSet::new("gotpl");
    set.add("t", &parser.parse(&"ab{{range 10}}{{.}}{{end}}".into()).unwrap()).unwrap();
    let mut engine = Engine::new(&parser, &set, Options::default());
    engine.execute("t", Value::Nil).unwrap();
    let once = engine.usage();
    assert_eq!(once.bytes, 12);
    engine.execute("t", Value::Nil).unwrap();
    assert_eq!((engine.usage().steps, engine.usage().bytes), (2 * once.steps, 24));
}

/// Bytes of native stack per nested `include`, which the documentation of `Engine` quotes.
#[test]
fn a_thousand_includes_fit_in_64_mib() {
    const LEVELS: usize = 1000;
    let text = "{{define \"x\"}}{{if .n}}{{with .n}}{{range list 1}}{{printf \"%s\" (print (include \"x\" (dict \
                \"n\" $.n.n)))}}{{end}}{{end}}{{end}}{{end}}{{include \"x\" .}}";
    let mut data = serde_json::json!(null);
    for _ in 0..LEVELS {
        data = serde_json::json!({ "n": data });
    }
    let job = Job::new(text).data(data);
    let enough = |bytes: usize| {
        let limits = Limits { stack: bytes, ..Limits::default() };
        let job = &job;
        on_stack(bytes, move || job.run_with(Options { limits, ..Options::default() }).is_ok())
    };
    assert!(enough(64 << 20));
    let (mut low, mut high) = (0, 64 << 20);
    while high - low > 64 << 10 {
        let middle = usize::midpoint(low, high);
        if enough(middle) { high = middle } else { low = middle }
    }
    eprintln!("an include inside if, with, range and two calls takes {} bytes of stack", high / LEVELS);
}
