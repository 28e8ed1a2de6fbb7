//! The OpenAPI document, made from the endpoints themselves.

use super::endpoint::{Access, Endpoint, SchemaOf};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use wheelhouse_functions::scope::Scope;

/// Makes the document.
pub(crate) fn document(endpoints: &[Endpoint]) -> Value {
    let mut generator = SchemaSettings::openapi3().into_generator();
    let mut paths = Map::new();
    for endpoint in endpoints {
        let operation = operation(endpoint, &mut |schema| schema(&mut generator).to_value());
        let item = paths.entry(endpoint.path.clone()).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(endpoint.method.as_str().to_lowercase(), operation);
        }
    }
    let schemas: Map<String, Value> = generator.take_definitions(true).into_iter().collect();
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Wheelhouse, an NVCF-compatible API",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0" }
        },
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "responses": { "Problem": {
                "description": "What went wrong (RFC 7807)",
                "content": { "application/problem+json": { "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "instance"],
                    "properties": {
                        "type": { "type": "string" }, "title": { "type": "string" },
                        "status": { "type": "integer" }, "detail": { "type": "string" },
                        "instance": { "type": "string" }, "findings": { "type": "array", "items": {} }
                    }
                } } }
            } }
        }
    })
}

fn operation(endpoint: &Endpoint, schema: &mut dyn FnMut(SchemaOf) -> Value) -> Value {
    let names = |prefix: &str, scopes: &[Scope]| -> Vec<String> {
        scopes.iter().map(|scope| format!("{prefix}{scope}")).collect()
    };
    let scopes = match endpoint.access {
        Access::Own(scopes) => names("", scopes),
        Access::Account(scopes) | Access::Everywhere(scopes) => names("admin:", scopes),
    };
    let parameters: Vec<Value> = endpoint
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let answer = match endpoint.response {
        Some(of) => json!({ "200": {
            "description": "Done", "content": { "application/json": { "schema": schema(of) } }
        } }),
        None => json!({ "204": { "description": "Done" } }),
    };
    let mut operation = json!({
        "summary": endpoint.summary,
        "description": format!("Needs any of: {}", scopes.join(", ")),
        "x-scopes": scopes,
        "parameters": parameters,
        "responses": answer,
    });
    if let Value::Object(operation) = &mut operation {
        if let Some(Value::Object(responses)) = operation.get_mut("responses") {
            responses.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
        }
        if let Some(of) = endpoint.request {
            let content = json!({ "application/json": { "schema": schema(of) } });
            operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
        }
    }
    operation
}
