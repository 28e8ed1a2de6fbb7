use std::rc::Rc;

use crate::error::ParseError;
use crate::template_set::{ParsedFile, Template, TemplateSet, bodies};
use crate::value::GoString;

/// The templates a running template can name: those a `tpl` text defines, then those around it.
#[derive(Clone)]
pub(super) struct Scope<'e> {
    set: &'e TemplateSet,
    inner: Option<Rc<Layer>>,
}

struct Layer {
    templates: Vec<Template>,
    outer: Option<Rc<Layer>>,
}

impl<'e> Scope<'e> {
    pub(super) fn new(set: &'e TemplateSet) -> Self {
        Self { set, inner: None }
    }

    /// What the set is called in errors, and every `tpl` text too.
    pub(super) fn name(&self) -> &'e GoString {
        self.set.name()
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Template> {
        let mut layer = self.inner.as_ref();
        while let Some(here) = layer {
            if let Some(template) = here.templates.iter().find(|template| template.name.as_bytes() == name) {
                return Some(template.clone());
            }
            layer = here.outer.as_ref();
        }
        self.set.get(name).cloned()
    }

    /// The scope inside a text, and the text's own body.
    pub(super) fn within(
        &self,
        parsed: &std::sync::Arc<ParsedFile>,
    ) -> Result<(Scope<'e>, Option<Template>), ParseError> {
        let mut own = None;
        let mut templates = Vec::new();
        for (template, is_empty) in bodies(self.name(), parsed)? {
            if template.name == *self.name() {
                own = Some(template.clone());
            }
            if !is_empty || self.get(template.name.as_bytes()).is_none() {
                templates.push(template);
            }
        }
        let inner = Some(Rc::new(Layer { templates, outer: self.inner.clone() }));
        Ok((Scope { set: self.set, inner }, own))
    }
}
