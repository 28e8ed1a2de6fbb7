use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::{HashSet, HashSetExt as _};
use wheelhouse_goyaml::Value;

use super::draft::{Draft, entry};
use super::error::CompileError;
use super::format::{check_escapes, check_url};
use super::location::{self, append, join, split_fragment, unescape};
use super::source::{Json, Source};

/// A schema document: its value, and what is named in it.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) url: Arc<str>,
    pub(super) value: Rc<Value>,
    /// Numbers as they are written, by pointer.
    literals: Rc<BTreeMap<String, String>>,
    /// Schemas with a name of their own, by pointer; the root is one.
    resources: BTreeMap<String, Rc<Resource>>,
    /// Pointers of known schemas.
    known: HashSet<String>,
}

/// A schema with a name, and the anchors in it.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) id: String,
    pub(super) draft: Draft,
    pub(super) anchors: BTreeMap<String, String>,
    pub(super) dynamic_anchors: HashSet<String>,
}

/// What a reference within a document leads to.
pub(super) enum Target {
    /// A pointer in this document.
    Here(String),
    /// Another document.
    Elsewhere,
}

impl Document {
    /// Reads what is named in a document.
    ///
    /// # Errors
    /// Names that are given twice or cannot be read, and drafts that are not known.
    pub(super) fn new(url: &str, json: Json, source: &mut Source<'_>) -> Result<Document, CompileError> {
        let value = Rc::new(json.value);
        let mut document = Document {
            url: url.into(),
            value: Rc::clone(&value),
            literals: Rc::new(json.literals),
            resources: BTreeMap::new(),
            known: HashSet::new(),
        };
        document.collect(&value, url, "", Draft::LATEST, source)?;
        Ok(document)
    }

    /// A number's text at a pointer, if its value does not tell it.
    pub(super) fn literal(&self, pointer: &str) -> Option<&str> {
        self.literals.get(pointer).map(String::as_str)
    }

    /// The named schema a pointer is in: its own pointer, and what is known of it.
    pub(super) fn resource(&self, pointer: &str) -> Option<(&str, &Rc<Resource>)> {
        if self.resources.len() == 1
            && let Some(("", root)) = self.resources.first_key_value().map(|(at, found)| (at.as_str(), found))
        {
            return Some(("", root));
        }
        let mut pointer = pointer;
        loop {
            if let Some((pointer, resource)) = self.resources.get_key_value(pointer) {
                return Some((pointer, resource));
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
    }

    /// Whether a schema is known to stand at a pointer.
    pub(super) fn knows(&self, pointer: &str) -> bool {
        self.known.contains(pointer)
    }

    /// How many schemas are known to stand in it.
    pub(super) fn count(&self) -> usize {
        self.known.len()
    }

    /// Takes in a schema at a pointer where no keyword puts one.
    ///
    /// # Errors
    /// As [`Document::new`], and a pointer to nothing.
    pub(super) fn add(&mut self, pointer: &str, source: &mut Source<'_>) -> Result<(), CompileError> {
        let root = Rc::clone(&self.value);
        let value = lookup(&root, &self.url, pointer)?;
        let (base, draft) = self
            .resource(pointer)
            .map_or((self.url.to_string(), Draft::LATEST), |(_, found)| (found.id.clone(), found.draft));
        self.collect(value, &base, pointer, draft, source)
    }

    /// Where an absolute reference leads.
    ///
    /// # Errors
    /// An anchor that is not there.
    pub(super) fn resolve(&self, url: &str, fragment: &str) -> Result<Target, CompileError> {
        let resource = match url == &*self.url {
            true => self.resources.get_key_value(""),
            false => self.resources.iter().find(|(_, resource)| resource.id == url),
        };
        let Some((pointer, resource)) = resource else { return Ok(Target::Elsewhere) };
        if fragment.is_empty() || fragment.starts_with('/') {
            return Ok(Target::Here(format!("{pointer}{fragment}")));
        }
        match resource.anchors.get(fragment) {
            Some(pointer) => Ok(Target::Here(pointer.clone())),
            None => Err(CompileError::AnchorNotFound {
                url: self.url.to_string(),
                reference: location::to_text(&resource.id, fragment),
            }),
        }
    }

    fn collect(
        &mut self,
        schema: &Value,
        base: &str,
        pointer: &str,
        fallback: Draft,
        source: &mut Source<'_>,
    ) -> Result<(), CompileError> {
        if !self.known.insert(pointer.to_owned()) {
            return Ok(());
        }
        let is_root = pointer.is_empty();
        let Value::Map(entries) = schema else {
            if is_root {
                self.add_resource(pointer, base, fallback)?;
            }
            return Ok(());
        };
        let mut draft = self.draft_of(schema, pointer, fallback, source)?;
        let mut id = draft.id_of(entries);
        if id.is_empty() && !is_root {
            draft = fallback;
            id = draft.id_of(entries);
        }
        let mut base = base.to_owned();
        if !id.is_empty() || is_root {
            check_url(id).map_err(|_| CompileError::InvalidId(location::to_text(&self.url, pointer)))?;
            base = join(&base, id);
            self.add_resource(pointer, &base, draft)?;
        }
        let draft = self.resource(pointer).map_or(draft, |(_, resource)| resource.draft);
        self.collect_anchors(entries, pointer, draft)?;
        for (pointer, schema) in draft.subschemas(entries, pointer) {
            self.collect(schema, &base, &pointer, draft, source)?;
        }
        Ok(())
    }

    /// The draft a schema follows: what its `$schema` names, or the schema there names, and so on.
    fn draft_of(
        &self,
        schema: &Value,
        pointer: &str,
        fallback: Draft,
        source: &mut Source<'_>,
    ) -> Result<Draft, CompileError> {
        let named = |schema: &Value| match schema {
            Value::Map(entries) => entry(entries, "$schema").and_then(Value::as_str).map(str::to_owned),
            _ => None,
        };
        let mut seen: Vec<String> = Vec::new();
        let mut next = named(schema);
        while let Some(url) = next {
            if let Some(draft) = Draft::from_url(&url) {
                return Ok(draft);
            }
            let url = url.split_once('#').map_or(url.as_str(), |(url, _)| url);
            let (within, pointer) = seen.last().map_or((&*self.url, pointer), |last| (last, ""));
            check_url(url).map_err(|problem| CompileError::InvalidMetaschemaUrl {
                location: location::to_text(within, pointer),
                problem,
            })?;
            if pointer.is_empty() && url == within {
                return Err(CompileError::UnsupportedDraft(url.to_owned()));
            }
            if seen.iter().any(|seen| seen == url) {
                return Err(CompileError::MetaschemaCycle(url.to_owned()));
            }
            next = match url == &*self.url {
                true => named(&self.value),
                false => named(&source.load(url)?.value),
            };
            seen.push(url.to_owned());
        }
        Ok(fallback)
    }

    fn add_resource(&mut self, pointer: &str, id: &str, draft: Draft) -> Result<(), CompileError> {
        if let Some((other, _)) =
            self.resources.iter().find(|(other, found)| found.id == id && *other != pointer)
        {
            return Err(CompileError::DuplicateId {
                id: id.to_owned(),
                url: self.url.to_string(),
                pointers: [pointer.to_owned(), other.clone()],
            });
        }
        let resource =
            Resource { id: id.to_owned(), draft, anchors: BTreeMap::new(), dynamic_anchors: HashSet::new() };
        self.resources.insert(pointer.to_owned(), Rc::new(resource));
        Ok(())
    }

    fn collect_anchors(
        &mut self,
        schema: &wheelhouse_goyaml::Map,
        pointer: &str,
        draft: Draft,
    ) -> Result<(), CompileError> {
        let text = |keyword: &str| entry(schema, keyword).and_then(Value::as_str);
        if draft < Draft::V2019 {
            if entry(schema, "$ref").is_some() {
                return Ok(());
            }
            let id = text(draft.id_keyword()).unwrap_or_default();
            check_escapes(id.split_once('#').map_or("", |(_, anchor)| anchor))
                .map_err(|_| CompileError::InvalidAnchor(location::to_text(&self.url, pointer)))?;
            let (_, anchor) = split_fragment(id);
            return match anchor.is_empty() || anchor.starts_with('/') {
                true => Ok(()),
                false => self.add_anchor(&anchor, pointer, false),
            };
        }
        if let Some(anchor) = text("$anchor") {
            self.add_anchor(anchor, pointer, false)?;
        }
        match text("$dynamicAnchor").filter(|_| draft >= Draft::V2020) {
            Some(anchor) => self.add_anchor(anchor, pointer, true),
            None => Ok(()),
        }
    }

    fn add_anchor(&mut self, anchor: &str, pointer: &str, is_dynamic: bool) -> Result<(), CompileError> {
        let Some(owner) = self.resource(pointer).map(|(owner, _)| owner.to_owned()) else { return Ok(()) };
        let Some(resource) = self.resources.get_mut(&owner).map(Rc::make_mut) else { return Ok(()) };
        match resource.anchors.get(anchor) {
            Some(other) if other != pointer => {
                return Err(CompileError::DuplicateAnchor {
                    anchor: anchor.to_owned(),
                    url: self.url.to_string(),
                    pointers: [other.clone(), pointer.to_owned()],
                });
            }
            _ => resource.anchors.insert(anchor.to_owned(), pointer.to_owned()),
        };
        if is_dynamic {
            resource.dynamic_anchors.insert(anchor.to_owned());
        }
        Ok(())
    }
}

/// The value at a pointer in the document of this address.
///
/// # Errors
/// A malformed pointer, or one to nothing.
pub(super) fn lookup<'v>(document: &'v Value, url: &str, pointer: &str) -> Result<&'v Value, CompileError> {
    let mut value = document;
    for token in pointer.split('/').skip(1) {
        let token =
            unescape(token).ok_or_else(|| CompileError::InvalidPointer(location::to_text(url, pointer)))?;
        let inner = match value {
            Value::Map(entries) => entries.get(&token),
            Value::Seq(items) => token.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => None,
        };
        value = inner.ok_or_else(|| CompileError::PointerNotFound(location::to_text(url, pointer)))?;
    }
    Ok(value)
}

/// The pointer of an entry below another.
pub(super) fn below(pointer: &str, keyword: &str, key: &str) -> String {
    append(&append(pointer, keyword), key)
}
