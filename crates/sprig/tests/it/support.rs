//! Runs templates with every function.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use wheelhouse_gotemplate::value::Element;
use wheelhouse_gotemplate::{
    Engine, FunctionTable, GoString, Limits, Map, MapType, Options, Parser, TemplateSet, Value,
};
use wheelhouse_sprig::{Compat, Environment, Host, LintNote, functions};

/// Helm's type of `.Values` and of the whole scope.
static VALUES: MapType = MapType { name: "common.Values", element: Element::Any, methods: &[] };

const VALUES_YAML: &str = r#"
s: hello
i: 42
f: 1.5
big: 12345678901234567890
n: null
e: ""
t: true
l: [3, 1, 2, 3]
m: {a: 1, b: {c: {d: x, e: null}}, g: "", h: 0}
"#;

/// A machine on which it is always the same time, and whose dice always fall the same way.
#[derive(Clone, Default)]
pub(crate) struct FixedHost {
    /// What lint mode let pass.
    pub(crate) notes: Rc<RefCell<Vec<String>>>,
    /// What every name resolves to.
    pub(crate) addresses: Option<Vec<String>>,
    /// What time it is, in seconds since 1970, if not 2020-01-02 03:04:05.
    pub(crate) now: Option<u64>,
    /// Where the stream of random bytes is.
    pub(crate) state: Rc<Cell<u64>>,
}

impl Host for FixedHost {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.now.unwrap_or(1_577_934_245))
    }

    fn fill_random(&self, buffer: &mut [u8]) {
        // A stream that never comes around: making keys looks for numbers that differ.
        let mut state = self.state.get() ^ 0x9e37_79b9_7f4a_7c15;
        for byte in buffer {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = (state >> 32) as u8;
        }
        self.state.set(state);
    }

    fn resolve_host(&self, _name: &str) -> Option<Vec<String>> {
        self.addresses.clone()
    }

    fn note(&self, note: LintNote<'_>) {
        self.notes.borrow_mut().push(format!("{note:?}"));
    }
}

/// A template to be run.
pub(crate) struct Render<'a> {
    pub(crate) name: &'a str,
    pub(crate) template: &'a str,
    pub(crate) values: Map,
    pub(crate) environment: Environment,
    pub(crate) limits: Limits,
}

impl<'a> Render<'a> {
    pub(crate) fn new(template: &'a str) -> Self {
        let values =
            wheelhouse_goyaml::read_map(VALUES_YAML.as_bytes(), &wheelhouse_goyaml::ReadOptions::default());
        Self {
            name: "t",
            template,
            values: value_map(values.unwrap()),
            environment: Environment::new(Box::new(FixedHost::default()), Compat::V4),
            limits: Limits::default(),
        }
    }

    pub(crate) fn run(self) -> Result<Vec<u8>, String> {
        let table = FunctionTable::new().with(functions(self.environment.compat).iter().copied());
        let parser = Parser::new(table);
        let file = parser.parse(&self.template.into()).map_err(|error| error.named(self.name).to_string())?;
        let mut set = TemplateSet::new("gotpl");
        set.add(self.name, &file).map_err(|error| error.to_string())?;
        let options = Options { environment: &self.environment, limits: self.limits, ..Options::default() };
        let mut engine = Engine::new(&parser, &set, options);
        let release = Map::from_entries([("Name".into(), Value::string("test-release"))]);
        let chart = Map::from_entries([("IsRoot".into(), Value::Bool(true))]);
        let scope = Map::from_entries([
            (GoString::from("Values"), Value::Map(self.values.with_type(&VALUES))),
            (GoString::from("Release"), Value::Map(release)),
            (GoString::from("Chart"), Value::Map(chart)),
            (GoString::from("Subcharts"), Value::Map(Map::new())),
        ]);
        let output = engine.execute(self.name, Value::Map(scope.with_type(&VALUES)));
        output.map(|output| output.bytes).map_err(|error| error.to_string())
    }
}

/// JSON and YAML data as templates see it.
pub(crate) fn value(data: wheelhouse_goyaml::Value) -> Value {
    use wheelhouse_goyaml::Value as Data;
    match data {
        Data::Null => Value::Nil,
        Data::Bool(value) => Value::Bool(value),
        Data::Int(number) => Value::Int64(number),
        Data::Uint(number) => Value::Uint64(number),
        Data::Float(number) => Value::Float64(number),
        Data::String(text) => Value::string(text),
        Data::Seq(items) => Value::list(items.into_iter().map(value).collect()),
        Data::Map(map) => Value::Map(value_map(map)),
    }
}

pub(crate) fn value_map(map: wheelhouse_goyaml::Map) -> Map {
    Map::from_entries(map.into_iter().map(|(key, data)| (GoString::from(key), value(data))))
}

/// A template prints this.
#[track_caller]
pub(crate) fn check(template: &str, expect: &str) {
    let output = Render::new(template).run().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert_eq!(output.as_deref(), Ok(expect), "{template}");
}

/// A template fails with this text behind the place.
#[track_caller]
pub(crate) fn check_error(template: &str, expect: &str) {
    let error = Render::new(template).run().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let error = error.expect_err(template);
    let text = error.strip_prefix("template: t:").unwrap();
    let text = text.split_once(">: ").map_or_else(|| text.split_once(": ").unwrap().1, |(_, text)| text);
    assert_eq!(text, expect, "{template}");
}
