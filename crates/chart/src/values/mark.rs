use std::fmt;
use std::sync::Arc;

/// Where a value comes from, as people name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ValueSource {
    /// A chart's own defaults.
    ChartDefaults {
        /// The values file's path below the root chart: `values.yaml`, `charts/redis/values.yaml`.
        path: String,
    },
    /// A file given with `-f`.
    ValuesFile {
        /// As given on the command line; `-` is standard input.
        path: String,
    },
    /// A flag of the `--set` family.
    Flag {
        /// Which flag.
        flag: SetFlag,
        /// The how-manieth of its kind, from 0.
        index: usize,
        /// The flag's text.
        text: String,
    },
}

/// The flags that set single values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetFlag {
    /// `--set`
    Set,
    /// `--set-string`
    SetString,
    /// `--set-file`
    SetFile,
    /// `--set-json`
    SetJson,
    /// `--set-literal`
    SetLiteral,
}

impl SetFlag {
    /// The flag as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SetFlag::Set => "--set",
            SetFlag::SetString => "--set-string",
            SetFlag::SetFile => "--set-file",
            SetFlag::SetJson => "--set-json",
            SetFlag::SetLiteral => "--set-literal",
        }
    }
}

impl fmt::Display for ValueSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueSource::ChartDefaults { path } | ValueSource::ValuesFile { path } => {
                formatter.write_str(path)
            }
            ValueSource::Flag { flag, text, .. } => write!(formatter, "{} {text}", flag.name()),
        }
    }
}

/// The place a value was written at: its source, line and column.
///
/// The default mark names no place: the value was made, not written (an empty table for a
/// subchart, a filled-up list slot).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    source: Option<Arc<ValueSource>>,
    line: u32,
    column: u32,
}

impl Mark {
    /// A place in a source; lines and columns count from 1, columns in characters.
    #[must_use]
    pub fn new(source: Arc<ValueSource>, line: u32, column: u32) -> Self {
        Mark { source: Some(source), line, column }
    }

    /// The source, unless the value was made by Helm's own rules.
    #[must_use]
    pub fn source(&self) -> Option<&Arc<ValueSource>> {
        self.source.as_ref()
    }

    /// The line, from 1; 0 when there is no source.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column in characters, from 1; 0 when there is no source.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            None => formatter.write_str("(made by the chart rules)"),
            Some(source) if matches!(**source, ValueSource::Flag { .. }) => write!(formatter, "{source}"),
            Some(source) => write!(formatter, "{source}:{}:{}", self.line, self.column),
        }
    }
}
