//! The rules of server-side apply, told as stories.

use serde_json::{Value, json};

use super::*;

struct Story {
    object: Value,
    managers: Managers,
}

impl Story {
    fn new() -> Self {
        Story { object: json!({}), managers: Managers::default() }
    }

    fn write(&self, manager: &'static str) -> (Shape, Set, &'static str) {
        (Shape::Ref { name: "apps.v1.Deployment".to_owned(), atomic: false }, Set::default(), manager)
    }

    fn apply(&mut self, manager: &'static str, config: Value, force: bool) -> Result<(), ApplyError> {
        let (shape, ignored, manager) = self.write(manager);
        let write = Write {
            shape: &shape,
            version: "apps/v1",
            manager,
            subresource: "",
            ignored: &ignored,
            now: "t",
        };
        let (object, managers) = write.apply(&self.object, &config, self.managers.clone(), force)?;
        self.object = object;
        self.managers = managers;
        Ok(())
    }

    fn update(&mut self, manager: &'static str, object: Value) {
        let (shape, ignored, manager) = self.write(manager);
        let write = Write {
            shape: &shape,
            version: "apps/v1",
            manager,
            subresource: "",
            ignored: &ignored,
            now: "t",
        };
        self.managers = write.update(&self.object, &object, self.managers.clone());
        self.object = object;
    }

    fn owned(&self, name: &str) -> Value {
        let owned = self.managers.0.iter().find(|(manager, _)| manager.name == name);
        owned.map_or(Value::Null, |(_, owned)| owned.fields.encode())
    }
}

#[test]
fn an_applier_owns_what_it_applies() {
    let mut story = Story::new();
    let config = json!({"metadata": {"name": "a", "labels": {"x": "1"}}, "spec": {"replicas": 1}});
    story.apply("me", config.clone(), false).unwrap();
    assert_eq!(story.object, config);
    assert_eq!(
        story.owned("me"),
        json!({"f:metadata": {"f:labels": {"f:x": {}}}, "f:spec": {"f:replicas": {}}})
    );
}

#[test]
fn another_value_is_a_conflict_and_the_same_is_shared() {
    let mut story = Story::new();
    story.apply("a", json!({"spec": {"replicas": 1}}), false).unwrap();
    story.apply("b", json!({"spec": {"replicas": 1}}), false).unwrap();
    let refused = story.apply("b", json!({"spec": {"replicas": 2}}), false).unwrap_err();
    let conflict = Conflict { manager: "\"a\"".to_owned(), path: ".spec.replicas".to_owned() };
    assert_eq!(refused, ApplyError::Conflicts(vec![conflict]));
    story.apply("b", json!({"spec": {"replicas": 2}}), true).unwrap();
    assert_eq!(story.object["spec"]["replicas"], 2);
    assert_eq!(story.owned("a"), Value::Null);
}

#[test]
fn what_is_left_out_goes_unless_another_owns_it() {
    let mut story = Story::new();
    story.apply("a", json!({"metadata": {"labels": {"x": "1", "y": "2", "z": "3"}}}), false).unwrap();
    story.apply("b", json!({"metadata": {"labels": {"y": "2"}}}), false).unwrap();
    story.apply("a", json!({"metadata": {"labels": {"z": "3"}}}), false).unwrap();
    assert_eq!(story.object, json!({"metadata": {"labels": {"y": "2", "z": "3"}}}));
}

#[test]
fn list_items_are_owned_by_key() {
    let mut story = Story::new();
    let pod = |containers: Value| json!({"spec": {"template": {"spec": {"containers": containers}}}});
    story.apply("a", pod(json!([{"name": "x", "image": "1"}, {"name": "y", "image": "1"}])), false).unwrap();
    story.apply("b", pod(json!([{"name": "z", "image": "1"}])), false).unwrap();
    story.apply("a", pod(json!([{"name": "y", "image": "2"}])), false).unwrap();
    assert_eq!(story.object, pod(json!([{"name": "y", "image": "2"}, {"name": "z", "image": "1"}])));
    assert_eq!(
        story.owned("b")["f:spec"]["f:template"]["f:spec"]["f:containers"],
        json!({"k:{\"name\":\"z\"}": {".": {}, "f:image": {}, "f:name": {}}})
    );
}

#[test]
fn updates_take_over_without_asking() {
    let mut story = Story::new();
    story.apply("a", json!({"spec": {"replicas": 1, "paused": true}}), false).unwrap();
    story.update("u", json!({"spec": {"replicas": 5, "paused": true}}));
    assert_eq!(story.owned("u"), json!({"f:spec": {"f:replicas": {}}}));
    assert_eq!(story.owned("a"), json!({"f:spec": {"f:paused": {}}}));
    let refused = story.apply("a", json!({"spec": {"replicas": 1, "paused": true}}), false).unwrap_err();
    let conflict = Conflict { manager: "\"u\" using apps/v1".to_owned(), path: ".spec.replicas".to_owned() };
    assert_eq!(refused, ApplyError::Conflicts(vec![conflict]));
}

#[test]
fn atomic_values_are_owned_as_one() {
    let mut story = Story::new();
    let selector = json!({"spec": {"selector": {"matchLabels": {"a": "b"}}}});
    story.apply("a", selector, false).unwrap();
    assert_eq!(story.owned("a"), json!({"f:spec": {"f:selector": {}}}));
}

#[test]
fn undeclared_fields_are_refused() {
    let mut story = Story::new();
    let refused = story.apply("a", json!({"spec": {"foo": 1}}), false).unwrap_err();
    assert_eq!(refused, ApplyError::Untyped(vec![".spec.foo: field not declared in schema".to_owned()]));
}

#[test]
fn many_updates_are_put_together() {
    let mut story = Story::new();
    let names = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "n0", "n1", "n2"];
    for (index, name) in names.into_iter().enumerate() {
        let mut object = story.object.clone();
        object["metadata"]["labels"][format!("l{index}")] = json!("x");
        story.update(name, object);
    }
    assert_eq!(story.managers.0.len(), 10);
    assert!(story.managers.0.keys().any(|manager| manager.name == "ancient-changes"));
}
