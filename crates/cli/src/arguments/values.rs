use clap::Args;
use wheelhouse_chart::values::ValuesFlags;

/// How values are given.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ValueOptions {
    /// A file of values, or - for standard input; may be given again
    #[arg(short = 'f', long = "values", value_name = "FILE", value_delimiter = ',')]
    pub values: Vec<String>,
    /// Set values: key1=val1,key2=val2; may be given again
    #[arg(long, value_name = "ASSIGNMENTS")]
    pub set: Vec<String>,
    /// Set values that are texts; may be given again
    #[arg(long, value_name = "ASSIGNMENTS")]
    pub set_string: Vec<String>,
    /// Set values from files: key1=path1,key2=path2; may be given again
    #[arg(long, value_name = "ASSIGNMENTS")]
    pub set_file: Vec<String>,
    /// Set values as JSON: key1=json1,key2=json2, or one object; may be given again
    #[arg(long, value_name = "ASSIGNMENTS")]
    pub set_json: Vec<String>,
    /// Set a value to a text taken as it is; may be given again
    #[arg(long, value_name = "ASSIGNMENT")]
    pub set_literal: Vec<String>,
}

impl ValueOptions {
    /// The flags as the chart crate reads them.
    pub(crate) fn flags(&self) -> ValuesFlags {
        ValuesFlags {
            // An empty list is a list of none.
            files: self.values.iter().filter(|file| !file.is_empty()).cloned().collect(),
            json: self.set_json.clone(),
            set: self.set.clone(),
            string: self.set_string.clone(),
            file: self.set_file.clone(),
            literal: self.set_literal.clone(),
        }
    }
}
