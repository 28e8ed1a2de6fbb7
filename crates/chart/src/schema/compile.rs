use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use wheelhouse_goregex::Regex;
use wheelhouse_goyaml::{Map, Value};

use super::decimal::Decimal;
use super::document::{Document, Target, below, lookup};
use super::draft::{Draft, entry};
use super::error::CompileError;
use super::format::Format;
use super::location::{self, append, join, split_fragment};
use super::metaschemas;
use super::model::{
    Additional, ArrayRules, Constant, Dependency, NumberRules, ObjectRules, Schema, SchemaId, Schemas,
    StringRules, Types,
};
use super::source::Source;

/// How many subschemas a schema may have. Helm has no bound, and pays for it.
const MAX_SCHEMAS: usize = 100_000;

/// Whether `format` is checked where a draft takes it as a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Formats {
    AsDrafted,
    Checked,
}

/// Compiles the schema at the root of a document, with everything it refers to.
/// `check` is asked about every document and schema that is taken in, by its draft's metaschema.
pub(super) fn compile<'c>(
    document: Document,
    formats: Formats,
    check: &'c dyn Fn(Draft, &Value) -> Result<(), String>,
    source: Source<'c>,
) -> Result<Schemas, CompileError> {
    let url = Arc::clone(&document.url);
    let mut schemas = Schemas(Vec::with_capacity(document.count().min(MAX_SCHEMAS)));
    let mut compiler = Compiler {
        documents: HashMap::new(),
        formats,
        check,
        source,
        queue: Vec::new(),
        ids: HashMap::new(),
    };
    compiler.take_in(document)?;
    compiler.enqueue(&url, String::new())?;
    while let Some((url, pointer)) = compiler.queue.get_mut(schemas.0.len()).map(std::mem::take) {
        let schema = compiler.compile(url, pointer)?;
        schemas.0.push(schema);
    }
    Ok(schemas)
}

struct Compiler<'c> {
    documents: HashMap<Arc<str>, Document>,
    formats: Formats,
    check: &'c dyn Fn(Draft, &Value) -> Result<(), String>,
    source: Source<'c>,
    /// Schemas to compile, by document and pointer; a schema's id is its place here. Those that are
    /// compiled are taken out.
    queue: Vec<(Arc<str>, String)>,
    /// The ids of all, by document and pointer.
    ids: HashMap<Arc<str>, HashMap<String, SchemaId>>,
}

impl Compiler<'_> {
    fn enqueue(&mut self, url: &Arc<str>, pointer: String) -> Result<SchemaId, CompileError> {
        let ids = self.ids.entry(Arc::clone(url)).or_default();
        if let Some(id) = ids.get(&pointer) {
            return Ok(*id);
        }
        if self.queue.len() >= MAX_SCHEMAS {
            return Err(CompileError::TooManySchemas(MAX_SCHEMAS));
        }
        let id = SchemaId(self.queue.len());
        ids.insert(pointer.clone(), id);
        self.queue.push((Arc::clone(url), pointer));
        Ok(id)
    }

    fn take_in(&mut self, document: Document) -> Result<(), CompileError> {
        if !metaschemas::is_metaschema(&document.url) {
            self.validate(&document, "", &document.value)?;
        }
        self.documents.insert(Arc::clone(&document.url), document);
        Ok(())
    }

    fn validate(&self, document: &Document, pointer: &str, value: &Value) -> Result<(), CompileError> {
        let draft = document.resource(pointer).map_or(Draft::LATEST, |(_, resource)| resource.draft);
        (self.check)(draft, value).map_err(|problem| CompileError::Metaschema {
            location: location::to_text(&document.url, pointer),
            problem,
        })
    }

    /// Makes sure a document is there.
    fn load(&mut self, url: &str) -> Result<(), CompileError> {
        if self.documents.contains_key(url) {
            return Ok(());
        }
        let json = self.source.load(url)?;
        let document = Document::new(url, json, &mut self.source)?;
        self.take_in(document)
    }

    fn compile(&mut self, url: Arc<str>, at: String) -> Result<Schema, CompileError> {
        let pointer = at.as_str();
        let Some(document) = self.documents.get(&url) else {
            return Err(missing(&url));
        };
        // Shared, as compiling takes in other documents meanwhile.
        let root = Rc::clone(&document.value);
        let value = lookup(&root, &document.url, pointer)?;
        if !document.knows(pointer) {
            self.validate(document, pointer, value)?;
            if let Some(document) = self.documents.get_mut(&url) {
                document.add(pointer, &mut self.source)?;
            }
        }
        let Some((own, resource)) = self.documents.get(&url).and_then(|document| document.resource(pointer))
        else {
            return Err(missing(&url));
        };
        let (own, resource) = (own.to_owned(), Rc::clone(resource));
        let mut schema = Schema {
            url: Arc::clone(&url),
            pointer: String::new(),
            draft: resource.draft,
            resource: self.enqueue(&url, own.clone())?,
            dynamic_anchors: BTreeMap::new(),
            boolean: None,
            reference: None,
            recursive_reference: None,
            is_recursive_anchor: false,
            dynamic_reference: None,
            dynamic_anchor: None,
            types: Types::default(),
            constant: None,
            choices: None,
            format: None,
            not: None,
            all_of: Vec::new(),
            any_of: Vec::new(),
            one_of: Vec::new(),
            condition: None,
            then: None,
            otherwise: None,
            object: ObjectRules::default(),
            array: ArrayRules::default(),
            string: StringRules::default(),
            number: NumberRules::default(),
        };
        if own == pointer {
            for anchor in &resource.dynamic_anchors {
                if let Some(pointer) = resource.anchors.get(anchor) {
                    let id = self.enqueue(&url, pointer.clone())?;
                    schema.dynamic_anchors.insert(anchor.clone(), id);
                }
            }
        }
        match value {
            Value::Bool(value) => schema.boolean = Some(*value),
            Value::Map(entries) if entries.is_empty() => schema.boolean = Some(true),
            Value::Map(entries) => {
                let (base, draft) = (&resource.id, resource.draft);
                Keywords { compiler: self, entries, url: &url, pointer, base, draft }
                    .read_into(&mut schema)?;
            }
            _ => {}
        }
        schema.pointer = at;
        Ok(schema)
    }
}

/// A document that was never taken in, though something in it is to be compiled.
fn missing(url: &str) -> CompileError {
    CompileError::Load { url: url.to_owned(), problem: "it was not loaded".to_owned() }
}

/// The keywords of one schema.
struct Keywords<'a, 'c> {
    compiler: &'a mut Compiler<'c>,
    entries: &'a Map,
    url: &'a Arc<str>,
    pointer: &'a str,
    base: &'a str,
    draft: Draft,
}

impl<'a> Keywords<'a, '_> {
    fn read_into(&mut self, schema: &mut Schema) -> Result<(), CompileError> {
        schema.reference = self.reference("$ref")?;
        if self.draft >= Draft::V6 {
            schema.constant =
                self.get("const").map(|value| self.constant(value, &append(self.pointer, "const")));
        }
        // Beside a reference nothing else counts in old drafts; Helm's validator lets a constant.
        if self.draft < Draft::V2019 && schema.reference.is_some() {
            return Ok(());
        }
        self.read_applicators(schema)?;
        self.read_object_rules(&mut schema.object)?;
        self.read_array_rules(&mut schema.array)?;
        self.read_assertions(schema)?;
        if self.draft >= Draft::V7 {
            self.read_condition(schema)?;
        }
        if self.draft >= Draft::V2019 {
            schema.recursive_reference = self.reference("$recursiveRef")?;
            schema.is_recursive_anchor = self.flag("$recursiveAnchor");
        }
        if self.draft >= Draft::V2020 {
            if let Some(target) = self.reference("$dynamicRef")? {
                let (_, fragment) = split_fragment(self.text("$dynamicRef").unwrap_or_default());
                let anchor = Some(fragment).filter(|anchor| !anchor.is_empty() && !anchor.starts_with('/'));
                schema.dynamic_reference = Some((target, anchor));
            }
            schema.dynamic_anchor = self.text("$dynamicAnchor").map(str::to_owned);
        }
        Ok(())
    }

    fn read_applicators(&mut self, schema: &mut Schema) -> Result<(), CompileError> {
        schema.all_of = self.list("allOf")?;
        schema.any_of = self.list("anyOf")?;
        schema.one_of = self.list("oneOf")?;
        schema.not = self.one("not")?;
        Ok(())
    }

    fn read_object_rules(&mut self, rules: &mut ObjectRules) -> Result<(), CompileError> {
        rules.properties = self.map("properties")?;
        for (pattern, schema) in self.map("patternProperties")? {
            rules.pattern_properties.push((self.regex("patternProperties", &pattern)?, schema));
        }
        rules.additional = self.additional("additionalProperties")?;
        if let Some(Value::Map(entries)) = self.get("dependencies") {
            for (key, value) in entries {
                let dependency = match value {
                    Value::Seq(names) => Dependency::Properties(texts(names)),
                    _ => Dependency::Schema(self.enqueue(below(self.pointer, "dependencies", key))?),
                };
                rules.dependencies.insert(key.clone(), dependency);
            }
        }
        rules.min_properties = self.count("minProperties");
        rules.max_properties = self.count("maxProperties");
        if let Some(Value::Seq(names)) = self.get("required") {
            rules.required = texts(names);
        }
        if self.draft >= Draft::V6 {
            rules.property_names = self.one("propertyNames")?;
        }
        if self.draft >= Draft::V2019 {
            if let Some(Value::Map(entries)) = self.get("dependentRequired") {
                for (key, value) in entries {
                    if let Value::Seq(names) = value {
                        rules.dependent_required.insert(key.clone(), texts(names));
                    }
                }
            }
            rules.dependent_schemas = self.map("dependentSchemas")?;
            rules.unevaluated = self.one("unevaluatedProperties")?;
        }
        Ok(())
    }

    fn read_array_rules(&mut self, rules: &mut ArrayRules) -> Result<(), CompileError> {
        if self.draft >= Draft::V2020 {
            rules.first_items = self.list("prefixItems")?;
            rules.items = self.one("items")?;
        } else if let Some(Value::Seq(_)) = self.get("items") {
            rules.first_items = self.list("items")?;
            rules.additional = self.additional("additionalItems")?;
        } else {
            rules.items = self.one("items")?;
        }
        rules.min_items = self.count("minItems");
        rules.max_items = self.count("maxItems");
        rules.unique_items = self.flag("uniqueItems");
        if self.draft >= Draft::V6 {
            rules.contains = self.one("contains")?;
        }
        if self.draft >= Draft::V2019 {
            if rules.contains.is_some() {
                rules.min_contains = self.count("minContains");
                rules.max_contains = self.count("maxContains");
            }
            rules.unevaluated = self.one("unevaluatedItems")?;
        }
        Ok(())
    }

    fn read_assertions(&mut self, schema: &mut Schema) -> Result<(), CompileError> {
        match self.get("type") {
            Some(Value::String(name)) => schema.types.add(name),
            Some(Value::Seq(names)) => texts(names).iter().for_each(|name| schema.types.add(name)),
            _ => {}
        }
        if let Some(Value::Seq(values)) = self.get("enum") {
            let choice = |(index, value): (usize, &Value)| {
                self.constant(value, &below(self.pointer, "enum", &index.to_string()))
            };
            schema.choices = Some(values.iter().enumerate().map(choice).collect());
        }
        if self.draft < Draft::V2019 || self.compiler.formats == Formats::Checked {
            schema.format = self.text("format").and_then(Format::named);
        }
        let number = &mut schema.number;
        number.multiple_of = self.number("multipleOf");
        number.maximum = self.number("maximum");
        number.exclusive_maximum = match self.flag("exclusiveMaximum") {
            true => number.maximum.take(),
            false => self.number("exclusiveMaximum"),
        };
        number.minimum = self.number("minimum");
        number.exclusive_minimum = match self.flag("exclusiveMinimum") {
            true => number.minimum.take(),
            false => self.number("exclusiveMinimum"),
        };
        schema.string.min_length = self.count("minLength");
        schema.string.max_length = self.count("maxLength");
        if let Some(pattern) = self.text("pattern").map(str::to_owned) {
            let regex = self.regex("pattern", &pattern)?;
            schema.string.pattern = Some((pattern, regex));
        }
        Ok(())
    }

    fn read_condition(&mut self, schema: &mut Schema) -> Result<(), CompileError> {
        schema.condition = self.one("if")?;
        if schema.condition.is_some() {
            let constant = match self.get("if") {
                Some(Value::Bool(value)) => Some(*value),
                _ => None,
            };
            if constant != Some(false) {
                schema.then = self.one("then")?;
            }
            if constant != Some(true) {
                schema.otherwise = self.one("else")?;
            }
        }
        Ok(())
    }

    fn enqueue(&mut self, pointer: String) -> Result<SchemaId, CompileError> {
        self.compiler.enqueue(self.url, pointer)
    }

    fn one(&mut self, keyword: &str) -> Result<Option<SchemaId>, CompileError> {
        match self.get(keyword).is_some() {
            true => self.enqueue(append(self.pointer, keyword)).map(Some),
            false => Ok(None),
        }
    }

    fn list(&mut self, keyword: &str) -> Result<Vec<SchemaId>, CompileError> {
        let Some(Value::Seq(items)) = self.get(keyword) else { return Ok(Vec::new()) };
        (0..items.len()).map(|index| self.enqueue(below(self.pointer, keyword, &index.to_string()))).collect()
    }

    fn map(&mut self, keyword: &str) -> Result<BTreeMap<String, SchemaId>, CompileError> {
        let Some(Value::Map(entries)) = self.get(keyword) else { return Ok(BTreeMap::new()) };
        entries
            .keys()
            .map(|key| Ok((key.clone(), self.enqueue(below(self.pointer, keyword, key))?)))
            .collect()
    }

    fn additional(&mut self, keyword: &str) -> Result<Option<Additional>, CompileError> {
        match self.get(keyword) {
            Some(Value::Bool(allowed)) => Ok(Some(Additional::Allowed(*allowed))),
            _ => Ok(self.one(keyword)?.map(Additional::Schema)),
        }
    }

    fn reference(&mut self, keyword: &str) -> Result<Option<SchemaId>, CompileError> {
        let Some(reference) = self.text(keyword) else { return Ok(None) };
        let (url, fragment) = split_fragment(reference);
        let url = join(self.base, url);
        let own = self.compiler.documents.get(&**self.url);
        if let Some(Target::Here(pointer)) = own.map(|own| own.resolve(&url, &fragment)).transpose()? {
            return self.enqueue(pointer).map(Some);
        }
        let url: Arc<str> = url.into();
        self.compiler.load(&url)?;
        let target = match self.compiler.documents.get(&url) {
            Some(document) => document.resolve(&url, &fragment)?,
            None => Target::Elsewhere,
        };
        match target {
            Target::Here(pointer) => self.compiler.enqueue(&url, pointer).map(Some),
            Target::Elsewhere => Err(missing(&url)),
        }
    }

    fn regex(&self, keyword: &str, pattern: &str) -> Result<Regex, CompileError> {
        Regex::new(pattern).map_err(|error| CompileError::InvalidRegex {
            regex: pattern.to_owned(),
            location: location::to_text(self.url, &append(self.pointer, keyword)),
            problem: error.to_string(),
        })
    }

    fn get(&self, keyword: &str) -> Option<&'a Value> {
        entry(self.entries, keyword)
    }

    fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword)?.as_str()
    }

    fn flag(&self, keyword: &str) -> bool {
        self.get(keyword) == Some(&Value::Bool(true))
    }

    fn number(&self, keyword: &str) -> Option<Decimal> {
        let number = Decimal::of(self.get(keyword)?)?;
        Some(self.literal(&append(self.pointer, keyword)).map_or(number, Decimal::parse))
    }

    fn literal(&self, pointer: &str) -> Option<&str> {
        self.compiler.documents.get(&**self.url)?.literal(pointer)
    }

    fn constant(&self, value: &Value, pointer: &str) -> Constant {
        let literal = self.literal(pointer).filter(|_| Decimal::of(value).is_some()).map(str::to_owned);
        Constant { value: value.clone(), literal }
    }

    fn count(&self, keyword: &str) -> Option<usize> {
        match self.get(keyword)? {
            Value::Int(count) => usize::try_from(*count).ok(),
            Value::Float(count) if count.fract() == 0.0 && *count >= 0.0 => {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "whole and not negative"
                )]
                let count = *count as usize;
                Some(count)
            }
            _ => None,
        }
    }
}

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
