use std::collections::BTreeSet;

use wheelhouse_goyaml::Value;

use super::draft::Draft;
use super::failure::{Failure, Kind, pointer_to};
use super::model::{Schema, SchemaId, Schemas, type_of};
use crate::Error;

/// How many schemas may be tried on the values. References can multiply without end.
const MAX_STEPS: usize = 5_000_000;
/// How deep schemas may lead into one another, and into the values.
pub(super) const MAX_NESTING: usize = 350;

/// Tries the first of the schemas on a value.
///
/// # Errors
/// [`Error::SchemaTooCostly`]: the trying itself was too much.
pub(super) fn validate(schemas: &Schemas, value: &Value) -> Result<Option<Failure>, Error> {
    let mut run = Run { schemas, path: Vec::new(), steps: 0, nesting: 0, is_too_costly: false };
    let outcome = run.try_on(SchemaId(0), value, None, Wanted::Failures);
    match run.is_too_costly {
        true => Err(Error::SchemaTooCostly),
        false => Ok(outcome.err()),
    }
}

/// What the caller does with a failure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Failures,
    /// Only whether there is one.
    Verdict,
}

pub(super) struct Run<'s> {
    pub(super) schemas: &'s Schemas,
    /// Where in the values we are.
    path: Vec<String>,
    steps: usize,
    nesting: usize,
    is_too_costly: bool,
}

/// The schemas on the way to the current one.
pub(super) struct Scope<'p> {
    id: SchemaId,
    /// The keyword of the reference that led here.
    keyword: Option<&'static str>,
    /// How many values up the path ends: scopes of one value share it.
    value: usize,
    parent: Option<&'p Scope<'p>>,
}

/// Properties and items that no keyword has spoken of.
#[derive(Clone, Default)]
pub(super) struct Unevaluated<'v> {
    pub(super) properties: BTreeSet<&'v str>,
    pub(super) items: BTreeSet<usize>,
}

impl Unevaluated<'_> {
    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }

    fn merge(&mut self, other: &Unevaluated<'_>) {
        self.properties.retain(|name| other.properties.contains(name));
        self.items.retain(|index| other.items.contains(index));
    }
}

/// A schema being tried on a value.
pub(super) struct Attempt<'r, 's, 'v, 'p> {
    pub(super) run: &'r mut Run<'s>,
    pub(super) schema: &'s Schema,
    pub(super) value: &'v Value,
    pub(super) scope: Scope<'p>,
    pub(super) unevaluated: Unevaluated<'v>,
    pub(super) wanted: Wanted,
    pub(super) failures: Vec<Failure>,
}

impl<'s> Run<'s> {
    fn try_on<'v>(
        &mut self,
        id: SchemaId,
        value: &'v Value,
        scope: Option<Scope<'_>>,
        wanted: Wanted,
    ) -> Result<Unevaluated<'v>, Failure> {
        let scope = scope.unwrap_or(Scope { id, keyword: None, value: 0, parent: None });
        self.try_needing(id, value, scope, wanted, false)
    }

    fn try_needing<'v>(
        &mut self,
        id: SchemaId,
        value: &'v Value,
        scope: Scope<'_>,
        wanted: Wanted,
        caller_needs: bool,
    ) -> Result<Unevaluated<'v>, Failure> {
        let Some(schema) = self.schemas.get(id) else { return Ok(Unevaluated::default()) };
        self.steps += 1;
        if self.steps > MAX_STEPS || self.nesting >= MAX_NESTING {
            self.is_too_costly = true;
        }
        if self.is_too_costly {
            return Err(Failure { at: String::new(), kind: Box::new(Kind::FalseSchema), causes: Vec::new() });
        }
        self.nesting += 1;
        let unevaluated = not_yet_evaluated(schema, value, caller_needs);
        let attempt = Attempt { run: self, schema, value, scope, unevaluated, wanted, failures: Vec::new() };
        let outcome = attempt.validate();
        self.nesting -= 1;
        outcome
    }
}

/// What keywords are to speak of, if somebody asks.
fn not_yet_evaluated<'v>(schema: &Schema, value: &'v Value, caller_needs: bool) -> Unevaluated<'v> {
    let mut unevaluated = Unevaluated::default();
    match value {
        Value::Map(entries) => {
            let rules = &schema.object;
            if rules.additional.is_none() && (caller_needs || rules.unevaluated.is_some()) {
                unevaluated.properties = entries.keys().map(String::as_str).collect();
            }
        }
        Value::Seq(items) => {
            let rules = &schema.array;
            let all = match schema.draft {
                Draft::V2020 => rules.items.is_some(),
                _ => rules.additional.is_some() || rules.items.is_some(),
            };
            if !all && (caller_needs || rules.unevaluated.is_some()) {
                unevaluated.items = (rules.first_items.len()..items.len()).collect();
            }
        }
        _ => {}
    }
    unevaluated
}

impl<'s, 'v> Attempt<'_, 's, 'v, '_> {
    fn validate(mut self) -> Result<Unevaluated<'v>, Failure> {
        let (schema, value) = (self.schema, self.value);
        match schema.boolean {
            Some(true) => return Ok(self.unevaluated),
            Some(false) => return Err(self.failure(Kind::FalseSchema)),
            None => {}
        }
        if let Some(kind) = self.cycle() {
            return Err(self.failure(kind));
        }
        if let Some(kind) = self.wrong_value() {
            return Err(self.failure(kind));
        }
        if let Some(reference) = schema.reference {
            let outcome = self.follow(reference, "$ref");
            if schema.draft < Draft::V2019 {
                return outcome.map(|()| self.unevaluated);
            }
            self.failures.extend(outcome.err());
        }
        match value {
            Value::Map(entries) => self.check_object(entries),
            Value::Seq(items) => self.check_array(items),
            Value::String(text) => self.check_string(text),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => self.check_number(),
            Value::Null | Value::Bool(_) => {}
        }
        if self.failures.is_empty() || self.wanted == Wanted::Failures {
            if schema.draft >= Draft::V2019 {
                self.follow_dynamic();
            }
            self.check_combinations();
            if schema.draft >= Draft::V2019 {
                self.check_unevaluated();
            }
        }
        match self.failures.len() {
            0 => Ok(self.unevaluated),
            1 => Err(self.failures.remove(0)),
            _ => {
                let causes = std::mem::take(&mut self.failures);
                Err(Failure { causes, ..self.failure(Kind::Group) })
            }
        }
    }

    /// The first of type, constant, choices and format that the value does not satisfy.
    fn wrong_value(&self) -> Option<Kind> {
        let (schema, value) = (self.schema, self.value);
        let got = type_of(value);
        let is_integer = || super::decimal::Decimal::of(value).is_some_and(|number| number.is_integer());
        let types = schema.types;
        if !(types.is_empty() || types.contains(got) || types.contains("integer") && is_integer()) {
            return Some(Kind::Type { got, want: types.names().collect() });
        }
        if let Some(want) = schema.constant.as_ref().filter(|want| !want.is(value)) {
            return Some(Kind::Const { want: want.clone() });
        }
        if let Some(want) = schema.choices.as_ref().filter(|want| !want.iter().any(|want| want.is(value))) {
            return Some(Kind::Enum { want: want.clone() });
        }
        let format = schema.format?;
        let problem = format.problem(value)?;
        Some(Kind::Format { got: value.clone(), want: format.name(), problem })
    }

    fn cycle(&self) -> Option<Kind> {
        let mut ancestor = self.scope.parent;
        while let Some(scope) = ancestor.filter(|scope| scope.value == self.scope.value) {
            if scope.id == self.scope.id {
                let keywords = [self.keyword_path(&self.scope), self.keyword_path(scope)];
                return Some(Kind::ReferenceCycle { location: self.schema.location(), keywords });
            }
            ancestor = scope.parent;
        }
        None
    }

    /// The keywords that led to a scope, from the root.
    fn keyword_path(&self, scope: &Scope<'_>) -> String {
        let mut path = String::new();
        let mut scope = scope;
        while let Some(parent) = scope.parent {
            path = match scope.keyword {
                Some(keyword) => format!("/{}{path}", super::location::escape(keyword)),
                None => {
                    let location = |id| self.run.schemas.get(id).map(Schema::location).unwrap_or_default();
                    let (here, before) = (location(scope.id), location(parent.id));
                    let step = here.get(before.len()..).unwrap_or_default();
                    format!("{step}{path}")
                }
            };
            scope = parent;
        }
        path
    }

    /// Tries another schema on the same value.
    pub(super) fn try_same(
        &mut self,
        id: SchemaId,
        keyword: Option<&'static str>,
        wanted: Wanted,
    ) -> Result<(), Failure> {
        let scope = Scope { id, keyword, value: self.scope.value, parent: Some(&self.scope) };
        let wanted = if self.wanted == Wanted::Verdict { Wanted::Verdict } else { wanted };
        let needs = !self.unevaluated.is_empty();
        let unevaluated = self.run.try_needing(id, self.value, scope, wanted, needs)?;
        self.unevaluated.merge(&unevaluated);
        Ok(())
    }

    /// Tries a schema on a value in this one.
    pub(super) fn try_inner(&mut self, id: SchemaId, value: &Value, token: &str) -> Result<(), Failure> {
        let scope = Scope { id, keyword: None, value: self.scope.value + 1, parent: Some(&self.scope) };
        self.run.path.push(token.to_owned());
        let outcome = self.run.try_on(id, value, Some(scope), self.wanted);
        self.run.path.pop();
        outcome.map(|_| ())
    }

    /// Tries a schema on a value that stands for itself, such as a property's name.
    pub(super) fn try_apart(&mut self, id: SchemaId, value: &Value) -> Result<(), Failure> {
        let path = std::mem::take(&mut self.run.path);
        let outcome = self.run.try_on(id, value, None, Wanted::Failures);
        self.run.path = path;
        outcome.map(|_| ())
    }

    /// [`Attempt::try_inner`], a failure kept.
    pub(super) fn require_inner(&mut self, id: SchemaId, value: &Value, token: &str) {
        let outcome = self.try_inner(id, value, token);
        self.failures.extend(outcome.err());
    }

    /// [`Attempt::try_same`], a failure kept.
    pub(super) fn require_same(&mut self, id: SchemaId) {
        let outcome = self.try_same(id, None, Wanted::Failures);
        self.failures.extend(outcome.err());
    }

    fn follow(&mut self, id: SchemaId, keyword: &'static str) -> Result<(), Failure> {
        self.try_same(id, Some(keyword), Wanted::Failures).map_err(|failure| {
            let causes = match *failure.kind {
                Kind::Group => failure.causes,
                _ => vec![failure],
            };
            Failure { causes, ..self.failure(Kind::Reference) }
        })
    }

    fn follow_dynamic(&mut self) {
        if let Some(fallback) = self.schema.recursive_reference {
            let is_anchor = self.run.schemas.get(fallback).is_some_and(|schema| schema.is_recursive_anchor);
            let target = match is_anchor {
                true => self.outermost(fallback, |resource| resource.is_recursive_anchor.then_some(None)),
                false => fallback,
            };
            let outcome = self.follow(target, "$recursiveRef");
            self.failures.extend(outcome.err());
        }
        if let Some((fallback, anchor)) = &self.schema.dynamic_reference {
            let named = self.run.schemas.get(*fallback).and_then(|schema| schema.dynamic_anchor.as_ref());
            let target = match anchor {
                Some(anchor) if named == Some(anchor) => self
                    .outermost(*fallback, |resource| resource.dynamic_anchors.get(anchor).copied().map(Some)),
                _ => *fallback,
            };
            let outcome = self.follow(target, "$dynamicRef");
            self.failures.extend(outcome.err());
        }
    }

    /// The outermost schema on the way here whose resource has the anchor: the one it gives, or
    /// itself.
    fn outermost(&self, fallback: SchemaId, find: impl Fn(&Schema) -> Option<Option<SchemaId>>) -> SchemaId {
        let mut target = fallback;
        let mut scope = Some(&self.scope);
        while let Some(current) = scope {
            let schemas = self.run.schemas;
            let resource = schemas.get(current.id).and_then(|schema| schemas.get(schema.resource));
            if let Some(found) = resource.and_then(&find) {
                target = found.unwrap_or(current.id);
            }
            scope = current.parent;
        }
        target
    }

    fn check_combinations(&mut self) {
        let schema = self.schema;
        if let Some(not) = schema.not
            && self.try_same(not, None, Wanted::Verdict).is_ok()
        {
            self.fail(Kind::Not);
        }
        if !schema.all_of.is_empty() {
            let mut causes = Vec::new();
            for id in &schema.all_of {
                causes.extend(self.try_same(*id, None, Wanted::Failures).err());
                if self.wanted == Wanted::Verdict && !causes.is_empty() {
                    break;
                }
            }
            if !causes.is_empty() {
                self.fail_because(Kind::AllOf, causes);
            }
        }
        if !schema.any_of.is_empty() {
            let mut causes = Vec::new();
            let mut is_matched = false;
            for id in &schema.any_of {
                match self.try_same(*id, None, Wanted::Failures) {
                    Err(failure) => causes.push(failure),
                    Ok(()) => {
                        is_matched = true;
                        // All have to speak while something is unevaluated.
                        if self.unevaluated.is_empty() {
                            break;
                        }
                    }
                }
            }
            if !is_matched {
                self.fail_because(Kind::AnyOf, causes);
            }
        }
        if !schema.one_of.is_empty() {
            self.check_one_of();
        }
        if let Some(condition) = schema.condition {
            let branch = match self.try_same(condition, None, Wanted::Verdict) {
                Ok(()) => schema.then,
                Err(_) => schema.otherwise,
            };
            if let Some(branch) = branch {
                self.require_same(branch);
            }
        }
    }

    fn check_one_of(&mut self) {
        let mut causes = Vec::new();
        let mut matched = None;
        for (index, id) in self.schema.one_of.iter().enumerate() {
            let wanted = if matched.is_some() { Wanted::Verdict } else { Wanted::Failures };
            match (self.try_same(*id, None, wanted), matched) {
                (Err(failure), None) => causes.push(failure),
                (Err(_), Some(_)) => {}
                (Ok(()), None) => matched = Some(index),
                (Ok(()), Some(first)) => {
                    self.fail(Kind::OneOf { matched: Some([first, index]) });
                    break;
                }
            }
        }
        if matched.is_none() {
            self.fail_because(Kind::OneOf { matched: None }, causes);
        }
    }

    fn check_unevaluated(&mut self) {
        if let (Some(id), Value::Map(entries)) = (self.schema.object.unevaluated, self.value) {
            for name in std::mem::take(&mut self.unevaluated.properties) {
                if let Some(value) = entries.get(name) {
                    self.require_inner(id, value, name);
                }
            }
        }
        if let (Some(id), Value::Seq(items)) = (self.schema.array.unevaluated, self.value) {
            for index in std::mem::take(&mut self.unevaluated.items) {
                if let Some(value) = items.get(index) {
                    self.require_inner(id, value, &index.to_string());
                }
            }
        }
    }

    pub(super) fn fail(&mut self, kind: Kind) {
        self.fail_because(kind, Vec::new());
    }

    pub(super) fn fail_because(&mut self, kind: Kind, causes: Vec<Failure>) {
        let failure = Failure { causes, ..self.failure(kind) };
        self.failures.push(failure);
    }

    fn failure(&self, kind: Kind) -> Failure {
        let at = match self.wanted {
            Wanted::Failures => pointer_to(&self.run.path),
            Wanted::Verdict => String::new(),
        };
        Failure { at, kind: Box::new(kind), causes: Vec::new() }
    }
}
