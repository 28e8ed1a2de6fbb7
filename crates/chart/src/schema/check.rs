//! The keywords for each type of value.

use std::collections::HashMap;

use wheelhouse_goyaml::{Map, Value};

use super::decimal::Decimal;
use super::draft::Draft;
use super::failure::{Failure, Kind};
use super::model::{Additional, Dependency, equal};
use super::validate::{Attempt, Wanted};

impl<'v> Attempt<'_, '_, 'v, '_> {
    pub(super) fn check_object(&mut self, entries: &'v Map) {
        let rules = &self.schema.object;
        if let Some(want) = rules.min_properties.filter(|want| entries.len() < *want) {
            self.fail(Kind::MinProperties { got: entries.len(), want });
        }
        if let Some(want) = rules.max_properties.filter(|want| entries.len() > *want) {
            self.fail(Kind::MaxProperties { got: entries.len(), want });
        }
        if let Some(missing) = missing(entries, &rules.required) {
            self.fail(Kind::Required { missing });
        }
        if self.is_decided() {
            return;
        }
        for (property, dependency) in &rules.dependencies {
            if entries.contains_key(property) {
                match dependency {
                    Dependency::Properties(names) => self.require_properties(entries, property, names),
                    Dependency::Schema(id) => self.require_same(*id),
                }
            }
        }
        self.check_properties(entries);
        if self.schema.draft >= Draft::V6 {
            self.check_property_names(entries);
        }
        for (property, id) in &rules.dependent_schemas {
            if entries.contains_key(property) {
                self.require_same(*id);
            }
        }
        for (property, names) in &rules.dependent_required {
            if entries.contains_key(property) {
                self.require_properties(entries, property, names);
            }
        }
    }

    fn check_properties(&mut self, entries: &'v Map) {
        let rules = &self.schema.object;
        let mut additional = Vec::new();
        for (name, value) in entries {
            if self.is_decided() {
                return;
            }
            let mut is_evaluated = false;
            if let Some(id) = rules.properties.get(name) {
                is_evaluated = true;
                self.require_inner(*id, value, name);
            }
            for (pattern, id) in &rules.pattern_properties {
                if pattern.is_match(name.as_bytes()) {
                    is_evaluated = true;
                    self.require_inner(*id, value, name);
                }
            }
            if let Some(rule) = rules.additional.filter(|_| !is_evaluated) {
                is_evaluated = true;
                match rule {
                    Additional::Allowed(true) => {}
                    Additional::Allowed(false) => additional.push(name.clone()),
                    Additional::Schema(id) => self.require_inner(id, value, name),
                }
            }
            if is_evaluated {
                self.unevaluated.properties.remove(name.as_str());
            }
        }
        if !additional.is_empty() {
            self.fail(Kind::AdditionalProperties { found: additional });
        }
    }

    fn check_property_names(&mut self, entries: &Map) {
        let Some(id) = self.schema.object.property_names else { return };
        for name in entries.keys() {
            if let Err(failure) = self.try_apart(id, &Value::String(name.clone())) {
                let causes = match *failure.kind {
                    Kind::Group => failure.causes,
                    _ => vec![failure],
                };
                let kind = Kind::PropertyName { property: name.clone() };
                // Names stand nowhere in the values, so Helm's validator gives no place.
                self.failures.push(Failure { at: String::new(), kind: Box::new(kind), causes });
            }
        }
    }

    fn require_properties(&mut self, entries: &Map, property: &str, names: &[String]) {
        if let Some(missing) = missing(entries, names) {
            self.fail(Kind::Dependency { property: property.to_owned(), missing });
        }
    }

    pub(super) fn check_array(&mut self, items: &'v [Value]) {
        let rules = &self.schema.array;
        if let Some(want) = rules.min_items.filter(|want| items.len() < *want) {
            self.fail(Kind::MinItems { got: items.len(), want });
        }
        if let Some(want) = rules.max_items.filter(|want| items.len() > *want) {
            self.fail(Kind::MaxItems { got: items.len(), want });
        }
        if rules.unique_items
            && let Some((first, second)) = first_duplicates(items)
        {
            self.fail(Kind::UniqueItems { first, second });
        }
        for (index, (item, id)) in items.iter().zip(&rules.first_items).enumerate() {
            self.require_inner(*id, item, &index.to_string());
        }
        let evaluated = rules.first_items.len().min(items.len());
        let rest = items.get(evaluated..).unwrap_or_default();
        // Helm's validator counts from the first of these, not from the first of all.
        let mut require_rest = |id| {
            for (index, item) in rest.iter().enumerate() {
                self.require_inner(id, item, &index.to_string());
            }
        };
        if let Some(id) = rules.items {
            require_rest(id);
        }
        match rules.additional {
            Some(Additional::Schema(id)) => require_rest(id),
            Some(Additional::Allowed(false)) if !rest.is_empty() => {
                self.fail(Kind::AdditionalItems { count: rest.len() });
            }
            _ => {}
        }
        self.check_contains(items);
    }

    fn check_contains(&mut self, items: &[Value]) {
        let rules = &self.schema.array;
        let Some(id) = rules.contains else { return };
        let mut causes = Vec::new();
        let mut matched = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match self.try_inner(id, item, &index.to_string()) {
                Err(failure) => causes.push(failure),
                Ok(()) => {
                    matched.push(index);
                    if self.schema.draft >= Draft::V2020 {
                        self.unevaluated.items.remove(&index);
                    }
                }
            }
        }
        match rules.min_contains {
            Some(want) if matched.len() < want => {
                self.fail_because(Kind::MinContains { got: matched.clone(), want }, causes);
            }
            None if matched.is_empty() => self.fail_because(Kind::Contains, causes),
            _ => {}
        }
        if let Some(want) = rules.max_contains.filter(|want| matched.len() > *want) {
            self.fail(Kind::MaxContains { got: matched, want });
        }
    }

    pub(super) fn check_string(&mut self, text: &str) {
        let rules = &self.schema.string;
        let got = text.chars().count();
        if let Some(want) = rules.min_length.filter(|want| got < *want) {
            self.fail(Kind::MinLength { got, want });
        }
        if let Some(want) = rules.max_length.filter(|want| got > *want) {
            self.fail(Kind::MaxLength { got, want });
        }
        if let Some((want, _)) = rules.pattern.as_ref().filter(|(_, regex)| !regex.is_match(text.as_bytes()))
        {
            self.fail(Kind::Pattern { got: text.to_owned(), want: want.clone() });
        }
    }

    pub(super) fn check_number(&mut self) {
        let rules = &self.schema.number;
        let Some(got) = Decimal::of(self.value) else { return };
        type Satisfies = fn(&Decimal, &Decimal) -> bool;
        let bounds: [(&'static str, &Option<Decimal>, Satisfies); 5] = [
            ("minimum", &rules.minimum, |got, want| got >= want),
            ("maximum", &rules.maximum, |got, want| got <= want),
            ("exclusiveMinimum", &rules.exclusive_minimum, |got, want| got > want),
            ("exclusiveMaximum", &rules.exclusive_maximum, |got, want| got < want),
            ("multipleOf", &rules.multiple_of, Decimal::is_multiple_of),
        ];
        for (keyword, want, satisfies) in bounds {
            if let Some(want) = want.as_ref().filter(|want| !satisfies(&got, want)) {
                self.fail(Kind::Bound { keyword, got: got.clone(), want: want.clone() });
            }
        }
    }

    /// Whether nothing more can be learned.
    fn is_decided(&self) -> bool {
        self.wanted == Wanted::Verdict && !self.failures.is_empty()
    }
}

fn missing(entries: &Map, required: &[String]) -> Option<Vec<String>> {
    let missing: Vec<String> = required.iter().filter(|name| !entries.contains_key(*name)).cloned().collect();
    (!missing.is_empty()).then_some(missing)
}

/// The first item that equals an earlier one, with that one.
fn first_duplicates(items: &[Value]) -> Option<(usize, usize)> {
    // Equal values have equal JSON, up to how their numbers are written: those are compared.
    let mut seen: HashMap<String, Vec<usize>> = HashMap::new();
    for (second, item) in items.iter().enumerate() {
        let indexes = seen.entry(shape(item)).or_default();
        let equals = |first: &&usize| items.get(**first).is_some_and(|earlier| equal(earlier, item));
        if let Some(first) = indexes.iter().find(equals) {
            return Some((*first, second));
        }
        indexes.push(second);
    }
    None
}

/// A text that equal values share, numbers left out.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => format!("{}", *value as f64),
        Value::Uint(value) => format!("{}", *value as f64),
        Value::Float(value) => format!("{value}"),
        Value::String(text) => format!("{text:?}"),
        Value::Seq(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let shapes: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key:?}:{}", shape(value))).collect();
            format!("{{{}}}", shapes.join(","))
        }
    }
}
