//! What `helm lint` lets pass, names that resolve, and how refusals are told.

use wheelhouse_gotemplate::{Map, Value};
use wheelhouse_sprig::helm::refusal;
use wheelhouse_sprig::{Compat, Environment, Lookup, LookupRequest, functions};

use crate::support::{FixedHost, Render};

fn render(template: &str, environment: Environment) -> Result<String, String> {
    let render = Render { environment, ..Render::new(template) };
    render.run().map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn missing_values_and_failures_are_noted() {
    let host = FixedHost::default();
    let mut environment = Environment::new(Box::new(host.clone()), Compat::V4);
    environment.lint_mode = true;
    let template = r#"[{{ required "a" nil }}{{ required "b" "" }}{{ fail "c" }}{{ required "d" 0 }}]"#;
    assert_eq!(render(template, environment).as_deref(), Ok("[0]"));
    assert_eq!(*host.notes.borrow(), [r#"MissingValue("a")"#, r#"EmptyValue("b")"#, r#"Failure("c")"#]);
}

#[test]
fn a_refusal_is_found_in_the_chain_of_errors() {
    let environment = || Environment::new(Box::new(FixedHost::default()), Compat::V4);
    let template =
        r#"{{ define "x" }}{{ required "need: it\nnow" nil }}{{ end }}{{ tpl "{{ include \"x\" . }}" . }}"#;
    let error = render(template, environment()).unwrap_err();
    assert_eq!(refusal(&error), Some("need: it\nnow"));
    assert_eq!(refusal(&render("{{ first nil }}", environment()).unwrap_err()), None);
}

#[test]
fn names_resolve_where_the_host_lets_them() {
    let with = |addresses: &[&str]| {
        let addresses = Some(addresses.iter().map(|address| (*address).to_owned()).collect());
        let host = FixedHost { addresses, ..FixedHost::default() };
        render(r#"{{ getHostByName "h" }}"#, Environment::new(Box::new(host), Compat::V4))
    };
    assert_eq!(with(&["10.0.0.1"]).as_deref(), Ok("10.0.0.1"));
    assert!(with(&[]).unwrap_err().ends_with("error calling getHostByName: invalid argument to Intn"));
}

struct OneObject;

impl Lookup for OneObject {
    fn lookup(&self, request: LookupRequest<'_>) -> Result<Map, String> {
        match request {
            LookupRequest { api_version: "v1", kind: "ConfigMap", namespace: "ns", name: "n" } => {
                Ok(Map::from_entries([("kind".into(), Value::string("ConfigMap"))]))
            }
            LookupRequest { kind: "Nope", .. } => Err(String::from("unable to get apiresource")),
            _ => Ok(Map::new()),
        }
    }
}

#[test]
fn lookup_asks_the_cluster() {
    let lookup = |arguments: &str| {
        let mut environment = Environment::new(Box::new(FixedHost::default()), Compat::V4);
        environment.lookup = Box::new(OneObject);
        render(&format!("{{{{ lookup {arguments} }}}}"), environment)
    };
    assert_eq!(lookup(r#""v1" "ConfigMap" "ns" "n""#).as_deref(), Ok("map[kind:ConfigMap]"));
    assert_eq!(lookup(r#""v1" "ConfigMap" "ns" "other""#).as_deref(), Ok("map[]"));
    let error = lookup(r#""v1" "Nope" "" """#).unwrap_err();
    assert!(error.ends_with("error calling lookup: unable to get apiresource"), "{error}");
}

#[test]
fn helm_three_lacks_what_came_with_four() {
    let names =
        |compatibility| functions(compatibility).iter().map(|function| function.name).collect::<Vec<_>>();
    assert!(names(Compat::V4).contains(&"mustToYaml"));
    assert!(!names(Compat::V3).contains(&"mustToYaml"));
    for name in ["env", "expandenv"] {
        assert!(!names(Compat::V4).contains(&name));
    }
}
