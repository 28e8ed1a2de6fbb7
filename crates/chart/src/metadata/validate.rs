use std::collections::HashSet;

use wheelhouse_semver::Version;

use super::{Dependency, Maintainer, Metadata};
use crate::Error;
use crate::text::{base_name, quote, sanitise};

impl Metadata {
    /// Sanitises every text and checks the rules Helm loads charts by, in its order and words.
    ///
    /// # Errors
    /// [`Error::Validation`] with the first rule broken.
    pub fn validate(&mut self) -> Result<(), Error> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            *text = sanitise(text);
        }
        for text in self.sources.iter_mut().chain(&mut self.keywords) {
            *text = sanitise(text);
        }
        if self.api_version.is_empty() {
            return refuse("chart.metadata.apiVersion is required");
        }
        if self.name.is_empty() {
            return refuse("chart.metadata.name is required");
        }
        if self.name == "." || self.name == ".." {
            return refuse(format!("chart.metadata.name {} is not allowed", quote(&self.name)));
        }
        if self.name != base_name(&self.name) {
            return refuse(format!("chart.metadata.name {} is invalid", quote(&self.name)));
        }
        if self.version.is_empty() {
            return refuse("chart.metadata.version is required");
        }
        if Version::parse(&self.version).is_err() {
            return refuse(format!("chart.metadata.version {} is invalid", quote(&self.version)));
        }
        if !matches!(self.chart_type.as_str(), "" | "application" | "library") {
            return refuse("chart.metadata.type must be application or library");
        }
        for maintainer in &mut self.maintainers {
            match maintainer {
                Some(maintainer) => maintainer.sanitise(),
                None => return refuse("maintainers must not contain empty or null nodes"),
            }
        }
        let mut names = HashSet::new();
        for dependency in self.dependencies.iter_mut().flatten() {
            let Some(dependency) = dependency else {
                return refuse("dependencies must not contain empty or null nodes");
            };
            dependency.validate()?;
            let name = dependency.name_in_parent();
            if !names.insert(name.to_owned()) {
                return refuse(format!("more than one dependency with name or alias {}", quote(name)));
            }
        }
        Ok(())
    }
}

impl Maintainer {
    fn sanitise(&mut self) {
        for text in [&mut self.name, &mut self.email, &mut self.url] {
            *text = sanitise(text);
        }
    }
}

impl Dependency {
    fn validate(&mut self) -> Result<(), Error> {
        for text in [&mut self.name, &mut self.version, &mut self.repository, &mut self.condition] {
            *text = sanitise(text);
        }
        for tag in &mut self.tags {
            *tag = sanitise(tag);
        }
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        if !self.alias.chars().all(allowed) {
            let name = quote(&self.name);
            return refuse(format!("dependency {name} has disallowed characters in the alias"));
        }
        Ok(())
    }
}

fn refuse(message: impl Into<String>) -> Result<(), Error> {
    Err(Error::Validation(message.into()))
}
