//! Answers of the platform for people and programs: one table, or the whole as JSON or YAML.

use std::borrow::Cow;

use clap::ValueEnum;
use serde_json::Value;
use wheelhouse_goyaml::json_to_yaml;

use crate::commands::Failure;
use crate::printer::Printer;
use crate::table::table;

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    #[default]
    Table,
    /// As one JSON document
    Json,
    /// As one YAML document
    Yaml,
}

impl OutputFormat {
    /// Writes an answer; `rows` makes the table, its heads first.
    pub(crate) fn print<const COLUMNS: usize>(
        self,
        answer: &Value,
        rows: impl FnOnce() -> Vec<[String; COLUMNS]>,
        printer: Printer,
    ) -> Result<(), Failure> {
        printer.data(self.text(answer, rows)?);
        Ok(())
    }

    /// The text [`OutputFormat::print`] writes.
    pub(crate) fn text<const COLUMNS: usize>(
        self,
        answer: &Value,
        rows: impl FnOnce() -> Vec<[String; COLUMNS]>,
    ) -> Result<Vec<u8>, Failure> {
        match self {
            OutputFormat::Table => {
                let laid_out = table(&rows().map_cells(), 0);
                let lines: Vec<&str> = laid_out.lines().map(str::trim_end).collect();
                Ok(format!("{}\n", lines.join("\n")).into_bytes())
            }
            OutputFormat::Json => Ok(format!("{answer:#}\n").into_bytes()),
            OutputFormat::Yaml => Ok(json_to_yaml(answer.to_string().as_bytes())?),
        }
    }
}

/// Rows whose cells hold nothing that could move a terminal's cursor.
trait Cells {
    fn map_cells(self) -> Self;
}

impl<const COLUMNS: usize> Cells for Vec<[String; COLUMNS]> {
    fn map_cells(self) -> Self {
        self.into_iter().map(|row| row.map(|cell| printable(&to_the_second(&cell)))).collect()
    }
}

/// A time as tables show it; programs read the whole. All else stays as it is.
fn to_the_second(cell: &str) -> Cow<'_, str> {
    let shape = |letter: char| if letter.is_ascii_digit() { '0' } else { letter };
    match cell.split_once('.') {
        Some((seconds, fraction))
            if seconds.chars().map(shape).eq("0000-00-00T00:00:00".chars())
                && fraction.strip_suffix('Z').is_some_and(|digits| digits.parse::<u64>().is_ok()) =>
        {
            format!("{seconds}Z").into()
        }
        _ => cell.into(),
    }
}

/// A text of the platform as it may be shown on a terminal: control characters escaped.
pub(crate) fn printable(text: &str) -> String {
    text.chars().flat_map(escaped).collect()
}

fn escaped(letter: char) -> Vec<char> {
    if letter.is_control() { letter.escape_default().collect() } else { vec![letter] }
}

/// The text of a member, or nothing.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let texts =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
            texts.collect::<Vec<_>>().join(",")
        }
        Some(other) => other.to_string(),
    }
}

/// The items of a member that is a list.
pub(crate) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_answer_in_three_forms() {
        let answer = json!({ "name": "a", "tags": ["x", "y"] });
        let rows =
            || vec![["NAME", "TAGS"].map(str::to_owned), [text(&answer, "/name"), text(&answer, "/tags")]];
        let shown = |format: OutputFormat| String::from_utf8(format.text(&answer, rows).unwrap()).unwrap();
        assert_eq!(shown(OutputFormat::Table), "NAME\tTAGS\na   \tx,y\n");
        assert_eq!(shown(OutputFormat::Yaml), "name: a\ntags:\n- x\n- \"y\"\n");
        assert!(shown(OutputFormat::Json).starts_with("{\n  \"name\": \"a\""));
    }

    #[test]
    fn tables_show_times_to_the_second() {
        assert_eq!(to_the_second("2026-11-22T00:30:51.149523273Z"), "2026-11-22T00:30:51Z");
        for other in ["2026-11-22T00:30:51Z", "", "10.5Z", "v1.2", "2026-11-22T00:30:51.x"] {
            assert_eq!(to_the_second(other), other);
        }
    }

    #[test]
    fn no_answer_moves_the_cursor() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }
}
