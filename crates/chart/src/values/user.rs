use std::sync::Arc;

use wheelhouse_goyaml::json::{DecodeOptions, decode_map};

use super::{
    Data, Mark, SetFlag, Table, ValueSource, from_yaml_at, merge_user_values, read_limits, read_values,
};
use crate::strvals::{MAX_EMPTY_SLOTS, ReadFile, SetContext, set};
use crate::{Compat, Error};

/// The values flags of a command, each kind in the order given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValuesFlags {
    /// `-f`, `--values`: names of files; `-` is standard input.
    pub files: Vec<String>,
    /// `--set-json`
    pub json: Vec<String>,
    /// `--set`
    pub set: Vec<String>,
    /// `--set-string`
    pub string: Vec<String>,
    /// `--set-file`
    pub file: Vec<String>,
    /// `--set-literal`
    pub literal: Vec<String>,
}

impl ValuesFlags {
    /// The user's values: files one upon the other, then `--set-json`, `--set`, `--set-string`,
    /// `--set-file`, `--set-literal`. `read` gives the content of a file, or the error's message;
    /// marks are kept when `trace` is set.
    ///
    /// # Errors
    /// [`Error::ReadFile`] when a file cannot be read, [`Error::ParseFile`] when it is no values
    /// file, [`Error::SetFlag`] when a flag's text is malformed.
    pub fn merge(&self, compat: Compat, trace: bool, read: &mut ReadFile<'_>) -> Result<Table, Error> {
        let mut values = Table::new();
        for path in &self.files {
            let text = read(path).map_err(Error::ReadFile)?;
            let source = trace.then(|| Arc::new(ValueSource::ValuesFile { path: path.clone() }));
            let table = read_values(&text, source.as_ref(), compat)
                .map_err(|error| Error::ParseFile { path: path.clone(), source: Box::new(error) })?;
            merge_user_values(&mut values, table);
        }
        let mut empty_slots = MAX_EMPTY_SLOTS;
        let flags = [
            (SetFlag::SetJson, &self.json),
            (SetFlag::Set, &self.set),
            (SetFlag::SetString, &self.string),
            (SetFlag::SetFile, &self.file),
            (SetFlag::SetLiteral, &self.literal),
        ];
        for (flag, texts) in flags {
            for (index, text) in texts.iter().enumerate() {
                let source = Arc::new(ValueSource::Flag { flag, index, text: text.clone() });
                let is_object = text.trim().starts_with('{');
                if flag == SetFlag::SetJson && is_object && compat == Compat::V4 {
                    merge_object(&mut values, text, &source)?;
                    continue;
                }
                let mut context = SetContext { compat, source, empty_slots, read_file: read };
                let result = set(flag, text.as_bytes(), &mut values, &mut context);
                empty_slots = context.empty_slots;
                result.map_err(|error| {
                    // Helm does not tell what is wrong with JSON.
                    let problem = match flag {
                        SetFlag::SetJson => format!(" {text}"),
                        _ => format!(": {error}"),
                    };
                    Error::SetFlag { flag: flag.name(), problem }
                })?;
            }
        }
        Ok(values)
    }
}

/// `--set-json '{…}'`: a whole object laid over the values.
fn merge_object(values: &mut Table, text: &str, source: &Arc<ValueSource>) -> Result<(), Error> {
    let options = DecodeOptions { limits: read_limits(), ..DecodeOptions::default() };
    let object = decode_map(text.trim().as_bytes(), &options)
        .map_err(|_| Error::SetFlag { flag: SetFlag::SetJson.name(), problem: format!(" JSON: {text}") })?;
    let Some(object) = object else { return Ok(()) };
    let mark = Mark::new(source.clone(), 1, 1);
    if let Data::Table(table) = from_yaml_at(wheelhouse_goyaml::Value::Map(object), &mark) {
        merge_user_values(values, table);
    }
    Ok(())
}
