use wheelhouse_gotemplate::{
    Engine, FunctionTable, MissingKey, Options, Output, Parser, TemplateSet, TextRole, Value,
};

use crate::functions;

/// Templates to parse, one of which to run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Job {
    pub(crate) files: Vec<(String, String)>,
    pub(crate) data: serde_json::Value,
    pub(crate) missing_key: MissingKey,
}

impl Job {
    /// One template, `t`.
    pub(crate) fn new(text: &str) -> Self {
        Self { files: vec![("t".to_owned(), text.to_owned())], ..Self::default() }
    }

    pub(crate) fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    pub(crate) fn data(mut self, data: serde_json::Value) -> Self {
        self.data = data;
        self
    }

    /// Runs the first file: its output, or the error's text.
    pub(crate) fn run(&self) -> Result<String, String> {
        let options = Options { missing_key: self.missing_key, ..Options::default() };
        self.run_with(options).map(|output| String::from_utf8_lossy(&output.bytes).into_owned())
    }

    pub(crate) fn run_with(&self, options: Options<'_>) -> Result<Output, String> {
        let table = FunctionTable::new().with(functions::all()).with_role("include", TextRole::Include);
        let parser = Parser::new(table.with_role("indent", TextRole::Indent));
        let mut set = TemplateSet::new("gotpl");
        for (name, text) in &self.files {
            let file = parser.parse(&text.as_str().into()).map_err(|error| error.named(name).to_string())?;
            set.add(name, &file).map_err(|error| error.to_string())?;
        }
        let data: Value = crate::values::value(&self.data);
        let mut engine = Engine::new(&parser, &set, options);
        engine.execute(&self.files[0].0, data).map_err(|error| error.to_string())
    }
}
