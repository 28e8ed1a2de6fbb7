//! Rules for values.yaml.

use wheelhouse_chart::schema::validate_against;
use wheelhouse_chart::values::{Coalescer, Origins, read_values};
use wheelhouse_chart::{Compat, Error as ChartError};
use wheelhouse_goyaml::Error as YamlError;
use wheelhouse_goyaml::json::Error as JsonError;
use wheelhouse_render::values_type;

use crate::linter::Subject;
use crate::message::Severity::{Error, Info};

const FILE: &str = "values.yaml";
const SCHEMA: &str = "values.schema.json";

pub(crate) fn run(subject: &mut Subject<'_, '_>) {
    let exists = match subject.status(FILE) {
        Ok(_) => Ok(()),
        Err(_) => Err("file does not exist".to_owned()),
    };
    if subject.note(Info, FILE, exists) {
        let found = check(subject);
        subject.note(Error, FILE, found);
    }
}

/// The file is YAML, and with the user's values over it fits the schema. Only its first document is
/// looked at, and the values of subcharts only as far as the chart's own schema speaks of them.
fn check(subject: &mut Subject<'_, '_>) -> Result<(), String> {
    let unable = |problem: String| format!("unable to parse YAML: {problem}");
    let text = subject.directory.read(FILE).map_err(|error| unable(error.to_string()))?;
    let options = subject.options;
    let defaults =
        read_values(&text, None, Compat::V3).map_err(|error| unable(describe(&error, options.compat)))?;
    let (mut origins, mut warnings) = (Origins::off(), Vec::new());
    let values =
        Coalescer::new(options.compat, &mut origins, &mut warnings).tables(options.values, &defaults);
    subject.tell_all(&warnings);
    let values = values.map_err(|error| error.to_string())?;
    let Ok(schema) = subject.directory.read(SCHEMA) else { return Ok(()) };
    // Helm 3 looks at the schema here even where it was asked not to.
    let is_skipped = options.skip_schema_validation && options.compat == Compat::V4;
    if schema.is_empty() || is_skipped {
        return Ok(());
    }
    let mut warnings = Vec::new();
    let documents = |url: &str| options.environment.host.schema_document(url);
    let found =
        validate_against(&schema, &values, &documents, &mut warnings).map_err(|error| error.to_string());
    subject.tell_all(&warnings);
    found
}

/// What is wrong with the file; here Helm reads it into a type of its own.
fn describe(error: &ChartError, compat: Compat) -> String {
    match error {
        ChartError::Yaml(YamlError::Unmarshaling(JsonError::Type { value, .. })) => {
            let target = values_type(compat).name;
            YamlError::Unmarshaling(JsonError::Type { value: value.clone(), target }).to_string()
        }
        other => other.to_string(),
    }
}
