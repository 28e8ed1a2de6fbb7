//! Functions of many signatures, the same as those of the Go program in `tests/go`.

use wheelhouse_gotemplate::{
    Arguments, CallError, Context, Function, GoString, List, ListKind, Map, MapType, Method, Parameter,
    Signature, Value, format,
};

type Answer = Result<Value, CallError>;

const ANY: &[Parameter] = &[Parameter::Any];
const STRING: &[Parameter] = &[Parameter::String];

const fn function(
    name: &'static str,
    signature: Signature,
    call: fn(&mut dyn Context, Arguments<'_>) -> Answer,
) -> Function {
    Function { name, signature, call }
}

static NAMED: MapType = MapType {
    name: "main.named",
    element: wheelhouse_gotemplate::value::Element::Any,
    methods: &[
        Method {
            name: "AsMap",
            signature: Signature::fixed(&[], Parameter::Map),
            call: |_, receiver, _| Ok(Value::Map(receiver.as_map().unwrap().with_type(MapType::ANY))),
        },
        Method {
            name: "Get",
            signature: Signature::fixed(STRING, Parameter::Any),
            call: |_, receiver, arguments| {
                let key = arguments[0].as_string().unwrap();
                Ok(receiver.as_map().unwrap().get(key).unwrap_or_default())
            },
        },
        Method {
            name: "Add",
            signature: Signature::variadic(&[Parameter::Int, Parameter::Float64], Parameter::String),
            call: |context, _, arguments| {
                let rest = Value::list(arguments[1..].to_vec());
                format::sprint(context, &[arguments[0].clone(), rest]).map(Value::String)
            },
        },
    ],
};

/// All of them.
pub(crate) fn all() -> Vec<Function> {
    vec![
        function("upper", Signature::fixed(STRING, Parameter::String), |_, arguments| {
            Ok(Value::from(arguments.string(0)?.to_string().to_uppercase()))
        }),
        function(
            "add",
            Signature::fixed(&[Parameter::Int, Parameter::Int], Parameter::Int),
            |_, arguments| Ok(Value::Int(arguments.int(0)?.wrapping_add(arguments.int(1)?))),
        ),
        function(
            "addf",
            Signature::fixed(&[Parameter::Float64, Parameter::Float64], Parameter::Float64),
            |_, arguments| Ok(Value::Float64(arguments.float64(0)? + arguments.float64(1)?)),
        ),
        function("u32", Signature::fixed(&[Parameter::Uint32], Parameter::Uint32), |_, arguments| {
            Ok(arguments.any(0).clone())
        }),
        function("i64", Signature::fixed(&[Parameter::Int64], Parameter::Int64), |_, arguments| {
            Ok(arguments.any(0).clone())
        }),
        function("flag", Signature::fixed(&[Parameter::Bool], Parameter::Bool), |_, arguments| {
            Ok(arguments.any(0).clone())
        }),
        function("list", Signature::variadic(ANY, Parameter::List), |_, arguments| {
            Ok(Value::list(arguments.0.to_vec()))
        }),
        function("strs", Signature::variadic(STRING, Parameter::Strings), |_, arguments| {
            Ok(Value::List(List::new(ListKind::String, arguments.0.to_vec())))
        }),
        function("dict", Signature::variadic(ANY, Parameter::Map), |context, arguments| {
            let map = Map::new();
            for pair in arguments.0.chunks_exact(2) {
                let key = format::sprint(context, &pair[..1])?;
                map.insert(key, pair[1].clone());
            }
            Ok(Value::Map(map))
        }),
        function("id", Signature::fixed(ANY, Parameter::Any), |_, arguments| Ok(arguments.any(0).clone())),
        function("keysof", Signature::fixed(&[Parameter::Map], Parameter::Int), |_, arguments| {
            Ok(Value::Int(arguments.map(0)?.len() as i64))
        }),
        function("count", Signature::fixed(&[Parameter::List], Parameter::Int), |_, arguments| {
            Ok(Value::Int(arguments.list(0)?.len() as i64))
        }),
        function("fail", Signature::fixed(STRING, Parameter::String), |_, arguments| {
            Err(CallError::message(arguments.string(0)?.to_string()))
        }),
        function("none", Signature::fixed(&[], Parameter::Any), |_, _| Ok(Value::Nil)),
        function("seven", Signature::fixed(&[], Parameter::Int), |_, _| Ok(Value::Int(7))),
        function("nilmap", Signature::fixed(&[], Parameter::Map), |_, _| Ok(Value::Nil)),
        function("nillist", Signature::fixed(&[], Parameter::List), |_, _| Ok(Value::Nil)),
        function("bytes", Signature::fixed(STRING, Parameter::Bytes), |_, arguments| {
            Ok(Value::Bytes(arguments.string(0)?.as_bytes().into()))
        }),
        function(
            "pair",
            Signature::variadic(&[Parameter::String, Parameter::Int], Parameter::String),
            |context, arguments| {
                let rest = Value::List(List::new(ListKind::Int, arguments.rest(1).to_vec()));
                format::sprint(context, &[arguments.any(0).clone(), rest]).map(Value::String)
            },
        ),
        function(
            "named",
            Signature::fixed(&[Parameter::Map], Parameter::Named("main.named")),
            |_, arguments| Ok(Value::Map(arguments.map(0)?.with_type(&NAMED))),
        ),
        function(
            "indent",
            Signature::fixed(&[Parameter::Int, Parameter::String], Parameter::String),
            |_, arguments| {
                let pad = " ".repeat(usize::try_from(arguments.int(0)?).unwrap_or(0));
                let text = arguments.string(1)?.to_string().replace('\n', &format!("\n{pad}"));
                Ok(Value::from(format!("{pad}{text}")))
            },
        ),
        function(
            "include",
            Signature::fixed(&[Parameter::String, Parameter::Any], Parameter::String),
            |context, arguments| {
                let name = arguments.string(0)?.to_string();
                context.execute_template(&name, arguments.any(1).clone()).map(Value::String)
            },
        ),
        function(
            "tpl",
            Signature::fixed(&[Parameter::String, Parameter::Any], Parameter::String),
            |context, arguments| {
                let text: GoString = arguments.string(0)?.clone();
                context.execute_text(&text, arguments.any(1).clone()).map(Value::String)
            },
        ),
    ]
}
