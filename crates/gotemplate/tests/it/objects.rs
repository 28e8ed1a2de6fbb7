//! Structs, pointers and types with methods.

use std::any::Any;

use wheelhouse_gotemplate::{
    Engine, FunctionTable, GoString, Kind, List, Map, Method, Object, Options, Parameter, Parser, Signature,
    TemplateSet, Value,
};

/// `struct { X int; Y string; Z any }`, as it is or behind a pointer.
#[derive(Debug)]
struct Point {
    kind: Kind,
    y: &'static str,
}

const METHODS: &[Method] = &[
    Method {
        name: "Sum",
        signature: Signature::fixed(&[Parameter::Int], Parameter::Int),
        call: |_, receiver, arguments| {
            let x = match receiver {
                Value::Object(object) => object.field("X").and_then(|x| x.as_signed()).unwrap_or(0),
                _ => 0,
            };
            Ok(Value::Int(x + arguments[0].as_signed().unwrap_or(0)))
        },
    },
    Method {
        name: "Fail",
        signature: Signature::fixed(&[], Parameter::String),
        call: |_, _, _| Err(wheelhouse_gotemplate::CallError::message("no")),
    },
];

impl Object for Point {
    fn type_name(&self) -> &'static str {
        if self.kind == Kind::Pointer { "*main.point" } else { "main.point" }
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("X", Value::Int(1)), ("Y", Value::from(self.y)), ("Z", Value::Nil)]
    }

    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Point>().is_some_and(|other| other.y == self.y)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `time.Duration`: an integer that prints as words.
#[derive(Debug)]
struct Span(i64);

impl Object for Span {
    fn type_name(&self) -> &'static str {
        "main.span"
    }

    fn kind(&self) -> Kind {
        Kind::Int64
    }

    fn display(&self) -> Option<GoString> {
        Some(format!("{}s", self.0).into())
    }

    fn as_int64(&self) -> Option<i64> {
        Some(self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A named slice.
#[derive(Debug)]
struct Versions;

impl Object for Versions {
    fn type_name(&self) -> &'static str {
        "main.versions"
    }

    fn kind(&self) -> Kind {
        Kind::Slice
    }

    fn elements(&self) -> Option<List> {
        Some(List::strings(["v1", "apps/v1"]))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn check(text: &str, expect: Result<&str, &str>) {
    let parser = Parser::new(FunctionTable::new());
    let mut set = TemplateSet::new("gotpl");
    set.add("t", &parser.parse(&text.into()).unwrap()).unwrap();
    let data = Map::from_entries([
        ("p".into(), Value::object(Point { kind: Kind::Struct, y: "y" })),
        ("q".into(), Value::object(Point { kind: Kind::Pointer, y: "y" })),
        ("o".into(), Value::object(Point { kind: Kind::Struct, y: "other" })),
        ("d".into(), Value::object(Span(90))),
        ("v".into(), Value::object(Versions)),
    ]);
    let found = Engine::new(&parser, &set, Options::default()).execute("t", Value::Map(data));
    let found =
        found.map(|output| String::from_utf8(output.bytes).unwrap()).map_err(|error| error.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), expect, "{text}");
}

#[test]
fn fields_and_methods() {
    check("{{.p.X}}{{.p.Y}}{{.q.X}}{{.p.Z}}", Ok("1y1<no value>"));
    check("{{.p.Sum 2}}{{.q.Sum 3}}{{4 | .p.Sum}}", Ok("345"));
    check(
        "{{.p.Nope}}",
        Err("template: t:1:4: executing \"t\" at <.p.Nope>: can't evaluate field Nope in type interface {}"),
    );
    check(
        "{{(.p).Nope}}",
        Err("template: t:1:3: executing \"t\" at <.p>: can't evaluate field Nope in type main.point"),
    );
    check(
        "{{.p.X 1}}",
        Err("template: t:1:4: executing \"t\" at <.p.X>: X has arguments but cannot be invoked as function"),
    );
    check(
        "{{.p.Sum}}",
        Err("template: t:1:4: executing \"t\" at <.p.Sum>: wrong number of args for Sum: want 1 got 0"),
    );
    check("{{.p.Fail}}", Err("template: t:1:4: executing \"t\" at <.p.Fail>: error calling Fail: no"));
    check(
        "{{.p.Z.x}}",
        Err("template: t:1:4: executing \"t\" at <.p.Z.x>: nil pointer evaluating interface {}.x"),
    );
}

#[test]
fn printing() {
    check(
        "{{.p}}|{{print .p}}|{{printf \"%+v|%#v\" .p .p}}",
        Ok("{1 y <nil>}|{1 y <nil>}|{X:1 Y:y Z:<nil>}|main.point{X:1, Y:\"y\", Z:interface {}(nil)}"),
    );
    check("{{.q}}|{{print .q}}|{{html .q}}", Ok("{1 y <nil>}|&{1 y <nil>}|{1 y &lt;nil&gt;}"));
    check("{{.d}}|{{print .d}}|{{printf \"%d %v %q %x\" .d .d .d .d}}", Ok("90s|90s|90 90s \"90s\" 393073"));
    check(
        "{{.v}}|{{printf \"%#v\" .v}}|{{len .v}}|{{index .v 1}}",
        Ok("[v1 apps/v1]|main.versions{\"v1\", \"apps/v1\"}|2|apps/v1"),
    );
}

#[test]
fn control_and_comparison() {
    check("{{if .p}}p{{end}}{{if .d}}d{{end}}{{range .v}}<{{.}}>{{end}}", Ok("pd<v1><apps/v1>"));
    check(
        "{{eq .p .p}} {{eq .p .o}} {{eq .q .q}} {{eq .d 90}} {{lt .d 91}}",
        Ok("true false true true true"),
    );
    check(
        "{{eq .p .d}}",
        Err(
            "template: t:1:2: executing \"t\" at <eq .p .d>: error calling eq: incompatible types for comparison: \
             main.point and main.span",
        ),
    );
}
