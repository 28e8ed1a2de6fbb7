//! A schema, and values to hold against it.

use wheelhouse_chart::schema::{no_documents, validate_values};
use wheelhouse_chart::values::{Coalescer, Origins, Table};
use wheelhouse_chart::{Compat, File, LoadOptions, load_files};

use crate::parts;

pub(crate) fn run(input: &[u8]) {
    let [schema, values] = parts(input);
    let files = vec![
        File::new("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 0.1.0\n"),
        File::new("values.yaml", values),
        File::new("values.schema.json", schema),
    ];
    let mut warnings = Vec::new();
    let Ok(chart) = load_files(files, LoadOptions::default(), &mut warnings) else { return };
    let mut origins = Origins::off();
    let coalesced = Coalescer::new(Compat::V4, &mut origins, &mut warnings).coalesce(&chart, &Table::new());
    let Ok(values) = coalesced else { return };
    let text = |result: Result<(), wheelhouse_chart::Error>| result.map_err(|error| error.to_string());
    let first = text(validate_values(&chart, &values, &no_documents, &mut warnings));
    let second = text(validate_values(&chart, &values, &no_documents, &mut warnings));
    assert_eq!(first, second, "the same check says something else");
}
