//! The form of the case files.
//!
//! ```text
//! ## name of the case
//! > POST /api/v1/namespaces/$ns/configmaps      a request; $variables are replaced
//! > Content-Type: application/json              more headers
//! {metadata: {name: a}}                         its body: YAML, sent as JSON; or raw text after `|`
//! = rv metadata.resourceVersion                 keeps a value of the answer in a variable
//! < 201                                         the recorded answer: code,
//! < Warning: 299 - "…"                          warnings,
//! < {"kind":"ConfigMap",…}                      body
//! ```

use std::path::PathBuf;

#[derive(Debug, Clone, Default)]
pub(crate) struct Step {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<String>,
    pub(crate) keeps: Vec<(String, String)>,
    pub(crate) answer: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) cases: Vec<Case>,
}

impl File {
    pub(crate) fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut cases: Vec<Case> = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("## ") {
                cases.push(Case { name: name.to_owned(), steps: Vec::new() });
                continue;
            }
            let Some(case) = cases.last_mut() else { continue };
            if let Some(rest) = line.strip_prefix("> ") {
                let fresh = case.steps.last().is_none_or(|step| {
                    !step.body.is_empty() || !step.answer.is_empty() || !step.keeps.is_empty()
                });
                match rest.split_once(": ").filter(|(name, _)| !name.contains(' ')) {
                    Some((name, value)) => {
                        case.steps.last_mut().unwrap().headers.push((name.to_owned(), value.to_owned()));
                    }
                    None => {
                        let _ = fresh;
                        let (method, path) = rest.split_once(' ').unwrap();
                        case.steps.push(Step {
                            method: method.to_owned(),
                            path: path.to_owned(),
                            ..Step::default()
                        });
                    }
                }
                continue;
            }
            let Some(step) = case.steps.last_mut() else { continue };
            if let Some(rest) = line.strip_prefix("< ") {
                step.answer.push(rest.to_owned());
            } else if let Some(rest) = line.strip_prefix("= ") {
                let (name, path) = rest.split_once(' ').unwrap();
                step.keeps.push((name.to_owned(), path.to_owned()));
            } else if !line.is_empty() {
                step.body.push(line.to_owned());
            }
        }
        File { path, cases }
    }

    pub(crate) fn write(&self) {
        let mut text = String::new();
        for case in &self.cases {
            text.push_str(&format!("## {}\n", case.name));
            for step in &case.steps {
                text.push_str(&format!("> {} {}\n", step.method, step.path));
                for (name, value) in &step.headers {
                    text.push_str(&format!("> {name}: {value}\n"));
                }
                for line in &step.body {
                    text.push_str(&format!("{line}\n"));
                }
                for (name, path) in &step.keeps {
                    text.push_str(&format!("= {name} {path}\n"));
                }
                for line in &step.answer {
                    text.push_str(&format!("< {line}\n"));
                }
            }
            text.push('\n');
        }
        std::fs::write(&self.path, text).unwrap();
    }
}
